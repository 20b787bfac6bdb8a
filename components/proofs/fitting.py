"""Fitting an experiment for a proof: built, compiled and trained as a run is, but recorded nowhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np

from components.building import build_model
from components.datasets import DATASETS
from components.experiment import Experiment, experiment_from_json
from components.graph import Json
from components.training.feeding import Split
from components.training.live_fit import train_model
from components.training.running import compile_model, load_splits

__all__ = ["Fitted", "fit", "mean_over", "prepared", "read_all", "rows_of"]


@dataclass
class Fitted:
    """A trained model with its data and the history of its fit."""

    model: keras.Model
    splits: dict[str, Split]
    history: dict[str, list[float]]

    @property
    def best(self) -> float:
        """The least validation loss."""
        return min(self.history["val_loss"])


def read_all(experiments: Sequence[Json]) -> list[Experiment]:
    """The experiments that a proof was given, their datasets among those that are known."""
    assert DATASETS is not None
    return [experiment_from_json(content) for content in experiments]


def prepared(experiment: Experiment, seed: int | None = None) -> tuple[keras.Model, dict[str, Split]]:
    """The compiled model with its first weights, and the data, both from the seed."""
    experiment = experiment if seed is None else replace(experiment, seed=seed)
    splits = load_splits(experiment)
    model = build_model(experiment.graph, seed=experiment.seed)
    compile_model(model, experiment, splits)
    return model, splits


def fit(
    experiment: Experiment,
    *,
    epochs: int | None = None,
    batch_size: int | None = None,
    seed: int | None = None,
    splits: dict[str, Split] | None = None,
    **how: Any,
) -> Fitted:
    """Train as the experiment says, without its callbacks, but for what is told otherwise here.

    `splits` takes the place of the experiment's data; `how` goes to `train_model`.
    """
    model, own = prepared(experiment, seed)
    data = splits or own
    history = train_model(
        model,
        {name: data[name] for name in ("train", "validation")},
        epochs=epochs or experiment.training.epochs,
        batch_size=batch_size or experiment.training.batch_size,
        seed=experiment.seed if seed is None else seed,
        compilation=how.pop("compilation", "graph"),
        **how,
    )
    return Fitted(model, data, {name: [float(v) for v in values] for name, values in history.history.items()})


def rows_of(x: Any, count: int) -> Any:
    """The first rows of an input, or of each of several."""
    return [array[:count] for array in x] if isinstance(x, list) else x[:count]


def mean_over(fits: Sequence[Fitted], name: str) -> list[float]:
    """A logged value epoch by epoch, averaged over fits of the same length."""
    return np.mean([fitted.history[name] for fitted in fits], axis=0).tolist()
