"""Datasets: what a model can be trained on, and the list through which any module finds one by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

Arrays = dict[str, "np.ndarray"]
"""Arrays by name, all with the same number of rows."""

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True)
class Dataset:
    """A seeded function that makes arrays, and what a person should know of it.

    `make(seed=…, **config)` returns `{"train": (inputs, targets), "validation": …, "test": …}`, each of
    inputs and targets a dict of arrays by name. It is one self-contained function that imports what it
    uses inside itself, so that exported code can carry its source.

    `classes` names the classes of a target, `vocabulary` the words behind the integers of an input.
    """

    name: str
    title: str
    summary: str
    make: Callable[..., dict[str, tuple[Arrays, Arrays]]]
    config: Mapping[str, Any] = field(default_factory=dict)
    classes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    vocabulary: Callable[[], Mapping[str, tuple[str, ...]]] | None = None


class UnknownDataset(ValueError):
    """No dataset of that name is known here."""


DATASETS: dict[str, Dataset] = {}


def register_dataset(dataset: Dataset) -> Dataset:
    """Make the dataset findable by name; `presets` enters its own the same way."""
    DATASETS[dataset.name] = dataset
    return dataset


def find_dataset(name: str) -> Dataset:
    """The dataset of that name; UnknownDataset lists the names there are."""
    if name not in DATASETS:
        known = ", ".join(DATASETS) or "none; import presets first"
        raise UnknownDataset(f"There is no dataset “{name}”; choose one of: {known}.")
    return DATASETS[name]


def load_dataset(name: str, config: Mapping[str, Any], seed: int) -> dict[str, tuple[Arrays, Arrays]]:
    """The arrays of a dataset, by split."""
    dataset = find_dataset(name)
    return dataset.make(seed=seed, **{**dataset.config, **config})
