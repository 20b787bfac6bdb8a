"""Datasets: what a model can be trained on, and the list through which any module finds one by name."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from components.limits import limits_from_environment

if TYPE_CHECKING:
    import numpy as np

Arrays = dict[str, "np.ndarray"]
"""Arrays by name, all with the same number of rows."""

Names = Mapping[str, tuple[str, ...]]
"""By an array's name, what its whole numbers stand for."""

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True)
class Dataset:
    """A seeded function that makes arrays, and what a person should know of it.

    `make(seed=…, **config)` returns `{"train": (inputs, targets), "validation": …, "test": …}`, each of
    inputs and targets a dict of arrays by name. It is one self-contained function that imports what it
    uses inside itself, so that exported code can carry its source.

    `classes` names the classes of a target, `vocabulary` the words behind the integers of an input. Where they
    depend on the arguments, `names(**config)` gives both. `file` is the argument that names a file which a person
    gave: in a config as the store refers to it, in exported code the name of a file beside it. `downloads` are the
    files in Keras's cache that the function reads, and where each comes from.
    """

    name: str
    title: str
    summary: str
    make: Callable[..., dict[str, tuple[Arrays, Arrays]]]
    config: Mapping[str, Any] = field(default_factory=dict)
    classes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    vocabulary: Callable[[], Mapping[str, tuple[str, ...]]] | None = None
    names: Callable[..., tuple[Names, Names]] | None = None
    file: str | None = None
    downloads: Mapping[str, str] = field(default_factory=dict)


class UnknownDataset(ValueError):
    """No dataset of that name is known here."""


class MissingFile(ValueError):
    """A person's file of data is not here; the text says how it comes here."""


class EmptySplit(ValueError):
    """So few rows were asked for that a split has none."""


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
    """The arrays of a dataset, by split.

    Raises MissingFile when a person's file is not here, LimitError for too many rows, EmptySplit for a split without any.
    """
    dataset, limits = find_dataset(name), limits_from_environment()
    limits.check_rows(asked_rows(name, config))
    splits = dataset.make(seed=seed, **arguments_of(dataset, config))
    limits.check_rows(len(next(iter(splits["train"][0].values()))))
    empty = [split for split, (inputs, _) in splits.items() if not all(map(len, inputs.values()))]
    if empty:
        raise EmptySplit(
            f"Training, validation and test data have a row each at least, and {empty[0]} of “{dataset.title}” has none "
            "with these settings; ask for more rows."
        )
    return splits


def asked_rows(name: str, config: Mapping[str, Any]) -> int:
    """How many rows these settings ask for; 0 where the data alone decides."""
    rows = {**find_dataset(name).config, **config}.get("rows", 0)
    return int(rows) if isinstance(rows, (int, float)) and math.isfinite(rows) else 0


def named_dataset(name: str, config: Mapping[str, Any]) -> Dataset:
    """The dataset with the classes and words that it has with these arguments."""
    dataset = find_dataset(name)
    if dataset.names is None:
        return dataset
    classes, words = dataset.names(**arguments_of(dataset, config))
    return replace(dataset, classes=classes, vocabulary=lambda: words)


def arguments_of(dataset: Dataset, config: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of the dataset's function, a person's file opened. Raises MissingFile for a file that is not here."""
    missing = missing_downloads(dataset)
    if missing:
        raise MissingFile(
            f"{dataset.title} is not on this machine yet ({', '.join(missing)} in {cached_file('')}); "
            "download it under Train, Your own."
        )
    arguments = {**dataset.config, **config}
    if dataset.file:
        from components.store.files import open_file  # only a person's own data needs the store

        arguments[dataset.file] = open_file(arguments[dataset.file])
    return arguments


def cached_file(path: str) -> Path:
    """Where Keras keeps what it downloads: `datasets` in `KERAS_HOME`, otherwise in `~/.keras`."""
    return Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras") / "datasets" / path


def missing_downloads(dataset: Dataset) -> list[str]:
    """The dataset's files that Keras's cache does not hold."""
    return [path for path in dataset.downloads if not cached_file(path).is_file()]
