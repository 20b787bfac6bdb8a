"""Every preset, trained by plain `fit` and by the live fit with the same seed and order: the same weights and history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest

from components.building import build_model
from components.experiment import Experiment
from components.graph import Graph
from components.training import train_model
from components.training.feeding import Split, load_splits
from components.training.running import compile_model
from presets import ARCHITECTURES

ROWS, BATCH, EPOCHS = 11, 4, 2
"""Few, and the last batch is smaller."""

MOST_PARAMETERS = 60_000
MOST_NODES = 20
"""Larger presets take seconds to trace: they are compared in the long runs, the giants among them for two steps."""

GIANTS = 1800
"""Seconds that a giant may take where others work beside it; two quiet cores need forty."""


def is_small(name: str) -> bool:
    """Whether the preset is compared each time."""
    chosen = ARCHITECTURES[name]
    return chosen.parameters <= MOST_PARAMETERS and count_of(chosen.experiment.graph) <= MOST_NODES


def count_of(graph: Graph) -> int:
    """Nodes, those of nested models too."""
    return len(graph.nodes) + sum(count_of(layer) for layer in graph.layers.values() if isinstance(layer, Graph))


SMALL = [name for name in ARCHITECTURES if is_small(name)]
LARGE = [name for name in ARCHITECTURES if not is_small(name)]


def first(part: Any, rows: Any) -> Any:
    """Those rows of an array, or of each of several."""
    if isinstance(part, Mapping):
        return {name: array[rows] for name, array in part.items()}
    return [array[rows] for array in part] if isinstance(part, (list, tuple)) else part[rows]


def few_rows(experiment: Experiment, rows: int) -> dict[str, Split]:
    """The preset's training and validation data, cut short."""
    config = {n: min(value, 60) if n == "rows" else value for n, value in experiment.data.config.items()}
    splits = load_splits(replace(experiment, data=replace(experiment.data, config=config)))
    return {name: tuple(first(part, slice(rows)) for part in splits[name]) for name in ("train", "validation")}


def compiled(experiment: Experiment, splits: dict[str, Split]) -> keras.Model:
    """The model as a run builds and compiles it."""
    keras.utils.set_random_seed(experiment.seed % 2**32)
    model = build_model(experiment.graph, seed=experiment.seed)
    compile_model(model, experiment, splits)
    return model


def plain_fit(model: keras.Model, splits: dict[str, Split], epochs: int, batch: int, seed: int) -> dict[str, list]:
    """Keras's own fit, each epoch over the rows in the order that the seed gives; its history."""
    x, y = splits["train"]
    count = len(y if isinstance(y, np.ndarray) else y[0])
    history: dict[str, list] = {}
    for epoch in range(epochs):
        order = np.arange(count, dtype=np.int32)
        np.random.default_rng((seed, epoch)).shuffle(order)
        logs = model.fit(
            first(x, order), first(y, order), validation_data=splits["validation"], batch_size=batch, shuffle=False,
            epochs=1, verbose=0,
        ).history  # fmt: skip
        for name, values in logs.items():
            history.setdefault(name, []).extend(values)
    return history


class Pair:
    """A preset trained by plain `fit`, to be compared with the live fit."""

    def __init__(self, name: str, rows: int = ROWS, epochs: int = EPOCHS) -> None:
        self.experiment, self.epochs = ARCHITECTURES[name].experiment, epochs
        self.splits = few_rows(self.experiment, rows)
        self.plain = compiled(self.experiment, self.splits)
        self.expected = plain_fit(self.plain, self.splits, epochs, BATCH, self.experiment.seed)

    def live(self, compilation: str) -> tuple[keras.Model, dict[str, list]]:
        """The same by the live fit; the model and its history."""
        model = compiled(self.experiment, self.splits)
        history = train_model(
            model, self.splits, epochs=self.epochs, batch_size=BATCH, seed=self.experiment.seed, compilation=compilation
        )
        return model, history.history

    def assert_equal(self) -> None:
        """Graph mode gives the same bits."""
        model, history = self.live("graph")
        for ours, wanted in zip(model.get_weights(), self.plain.get_weights(), strict=True):
            np.testing.assert_array_equal(ours, wanted)
        assert history == self.expected

    def assert_close(self, compilation: str) -> None:
        """Other compilations round otherwise."""
        model, history = self.live(compilation)
        for ours, wanted in zip(model.get_weights(), self.plain.get_weights(), strict=True):
            np.testing.assert_allclose(ours, wanted, atol=2e-4)
        assert history.keys() == self.expected.keys()
        for name, values in history.items():
            np.testing.assert_allclose(values, self.expected[name], rtol=2e-3, atol=1e-3)


def compare(pair: Pair) -> None:
    """In graph mode with the same bits, and nearly as the app runs it."""
    pair.assert_equal()
    pair.assert_close("auto")


@pytest.mark.parametrize("name", SMALL)
def test_graph_mode_is_equal_to_fit_and_what_the_app_runs_nearly(name):
    compare(Pair(name))


@pytest.mark.soak
@pytest.mark.timeout(GIANTS)
@pytest.mark.parametrize("name", LARGE)
def test_two_steps_of_a_large_preset_are_those_of_fit(name):
    compare(Pair(name, rows=2 * BATCH, epochs=1))


@pytest.mark.soak
@pytest.mark.parametrize("name", SMALL)
def test_xla_ends_where_fit_ends(name):
    Pair(name).assert_close("xla")
