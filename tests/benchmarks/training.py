"""How fast the live fit is against plain `fit`, as JSON lines: `python -m tests.benchmarks.training [case …]`.

Both train the same model on the same data in the same process, `fit` with a callback that takes every batch's loss, the
live fit with its records on. `ratio` compares the median seconds of an epoch once each has settled (`fit` after its
first epochs, ours after it has chosen between graph and XLA); `ratio_whole` the whole training from its first second,
compilation included, over as many epochs as the preset has. `ratio_histograms` is with histograms of weights,
activations and gradients after every epoch, `ratio_tensorboard` the same against
`keras.callbacks.TensorBoard(histogram_freq=1)`. `first_record_s` is the time from the call to the first record.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

import presets
from components.building import build_model
from components.experiment import Experiment
from components.graph import Graph
from components.inside.histograms import LayerProbe
from components.training.accelerating import COMPILER
from components.training.feeding import load_splits, probed_rows
from components.training.live_fit import train_model
from components.training.running import compile_model
from components.training.surfaces import surface_of
from presets.preset import Architecture

SECONDS = float(os.environ.get("SECONDS_PER_MEASUREMENT", "12"))
"""Seconds for which each fit is observed; ours compiles meanwhile."""

LEAST_EPOCHS = 4
"""Epochs for which each is observed at least."""

RECURRENT, CONVOLUTIONAL = ("LSTM", "GRU", "SimpleRNN", "Bidirectional"), ("Conv",)
GOALS = {"dense": 10.0, "recurrent": 4.0, "convolutional": 2.0}


class BatchLosses(keras.callbacks.Callback):
    """Takes the loss of every batch, and the seconds of every epoch; ends the fit when its time is up."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.losses: list[float] = []
        self.epochs: list[float] = []
        self.deadline, self.began = time.perf_counter() + seconds, time.perf_counter()

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        self.losses.append(float((logs or {})["loss"]))

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        self.epochs.append(time.perf_counter())
        self.model.stop_training = len(self.epochs) >= LEAST_EPOCHS and time.perf_counter() > self.deadline


class Watch:
    """Takes the records of a live fit with their times; stops it when its time is up.

    While XLA compiles behind the fit it takes a share of the processors: the fit settles only after that, and until
    then its time does not run.
    """

    def __init__(self, seconds: float) -> None:
        self.records: list[tuple] = []
        self.epochs: list[float] = []
        self.before = 0  # epochs until XLA had compiled
        self.first = 0.0
        self.began = time.perf_counter()
        self.deadline = self.began + seconds

    def record(self, *record: object) -> None:
        now = time.perf_counter()
        self.first = self.first or now
        self.records.append(record)
        if record[0] == "epoch":
            self.epochs.append(now)

    def control(self) -> list[tuple[str, None]]:
        now = time.perf_counter()
        if any(thread.name == COMPILER for thread in threading.enumerate()):
            self.deadline, self.before = max(self.deadline, now + SECONDS), len(self.epochs)
        enough = len(self.settling) >= LEAST_EPOCHS and now > self.deadline
        return [("stop", None)] if enough else []

    @property
    def settling(self) -> list[float]:
        """When each epoch ended since nothing compiled beside it."""
        return self.epochs[self.before :]


def settled(times: list[float]) -> float:
    """The median seconds from one time to the next, over the last third of them."""
    gaps = np.diff(times)
    return float(statistics.median(gaps[len(gaps) * 2 // 3 :]))


def measure(architecture: Architecture) -> dict:
    """The figures of one preset."""
    experiment = architecture.experiment
    splits = load_splits(experiment)
    data = {name: splits[name] for name in ("train", "validation")}
    plain = fit_plainly(experiment, data)
    board = fit_plainly(experiment, data, tensorboard=True)
    ours = fit_live(experiment, data)
    probed = fit_live(experiment, data, probe=True)
    kind = kind_of(experiment.graph)
    fit, tensorboard = settled(plain.epochs), settled(board.epochs)
    live, histograms = settled(ours.settling), settled(probed.settling)
    epochs = experiment.training.epochs
    return {
        "case": architecture.name,
        "kind": kind,
        "ratio": round(fit / live, 2),
        "goal": GOALS[kind],
        "ratio_whole": round(whole(plain, epochs, fit) / whole(ours, epochs, live), 2),
        "ratio_histograms": round(fit / histograms, 2),
        "ratio_tensorboard": round(tensorboard / histograms, 2),
        "histogram_cost": round(histograms / live - 1, 3),
        "epoch_ms": round(1000 * live, 2),
        "first_record_s": round(ours.first - ours.began, 2),
    }


def whole(fit: BatchLosses | Watch, epochs: int, pace: float) -> float:
    """Seconds from the call to the end of that epoch, what was not observed at the settled pace."""
    seen = min(len(fit.epochs), epochs)
    return fit.epochs[seen - 1] - fit.began + (epochs - seen) * pace


def compiled(experiment: Experiment, data: dict) -> keras.Model:
    """The preset's model, compiled as a run compiles it."""
    model = build_model(experiment.graph, seed=experiment.seed)
    compile_model(model, experiment, data)
    return model


def fit_plainly(experiment: Experiment, data: dict, tensorboard: bool = False) -> BatchLosses:
    """Keras's own fit, with a callback for every batch's loss, or with TensorBoard's."""
    model = compiled(experiment, data)
    watch = BatchLosses(SECONDS / 2)
    with tempfile.TemporaryDirectory() as folder:
        extra = [keras.callbacks.TensorBoard(folder, histogram_freq=1)] if tensorboard else []
        model.fit(
            *data["train"],
            validation_data=data["validation"],
            batch_size=experiment.training.batch_size,
            epochs=10_000,
            verbose=0,
            callbacks=[*extra, watch],
        )
    return watch


def fit_live(experiment: Experiment, data: dict, probe: bool = False) -> Watch:
    """Ours, with records on, and histograms after every epoch if asked for."""
    model = compiled(experiment, data)
    probes = [LayerProbe(model, probed_rows(data["train"]))] if probe else []
    watch = Watch(SECONDS)
    train_model(
        model,
        data,
        epochs=1_000_000,
        batch_size=experiment.training.batch_size,
        record=watch.record,
        control=watch.control,
        probes=probes,
        probe_share=None,
    )
    return watch


def kind_of(graph: Graph) -> str:
    """Dense, recurrent or convolutional, by the layers in it."""
    kinds = list(kinds_in(graph))
    if any(kind in RECURRENT for kind in kinds):
        return "recurrent"
    return "convolutional" if any(part in kind for kind in kinds for part in CONVOLUTIONAL) else "dense"


def kinds_in(graph: Graph) -> Iterator[str]:
    """The kinds of all layers, those of nested models too."""
    for layer in graph.layers.values():
        if isinstance(layer, Graph):
            yield from kinds_in(layer)
        else:
            yield layer.kind


# TensorFlow Playground's task


def measure_playground(*units: int) -> dict:
    """Epochs a second of Playground's task: validation and a 100×100 decision grid after every epoch."""
    data = {"train": playground_rows(0), "validation": playground_rows(1)}
    plain = BatchLosses(SECONDS / 2)
    playground_model(*units).fit(
        *data["train"], validation_data=data["validation"], batch_size=10, epochs=10_000, verbose=0, callbacks=[plain]
    )
    watch = Watch(SECONDS)
    train_model(
        playground_model(*units),
        data,
        epochs=1_000_000,
        batch_size=10,
        record=watch.record,
        control=watch.control,
        surface=surface_of(data["train"][0]),
    )
    rate = 1 / settled(watch.settling)
    return {
        "case": "playground " + "-".join(map(str, (2, *units, 1))),
        "epochs_per_s": round(rate),
        "ratio": round(rate * settled(plain.epochs), 1),
        "goal": 60 if len(units) == 2 else 30,
    }


def playground_rows(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """250 points, of one class where the product of their features is positive."""
    points = np.random.default_rng(seed).uniform(-5, 5, size=(250, 2)).astype("float32")
    return points, (points[:, :1] * points[:, 1:] > 0).astype("float32")


def playground_model(*units: int) -> keras.Model:
    """A plain dense network, compiled."""
    keras.utils.set_random_seed(0)
    x = hidden = keras.Input((2,))
    for width in units:
        hidden = keras.layers.Dense(width, activation="tanh")(hidden)
    model = keras.Model(x, keras.layers.Dense(1, activation="sigmoid")(hidden))
    model.compile(keras.optimizers.SGD(0.03), "binary_crossentropy")
    return model


def measurements() -> dict[str, Callable[[], dict]]:
    """Every case by name."""
    cases: dict[str, Callable[[], dict]] = {
        name: lambda architecture=architecture: measure(architecture)
        for name, architecture in presets.ARCHITECTURES.items()
    }
    cases["playground"] = lambda: measure_playground(4, 2)
    cases["playground_deep"] = lambda: measure_playground(8, 8, 8, 8, 8, 8)
    return cases


def main(chosen: list[str]) -> None:
    """Print a line for each case, and the geometric mean over the presets."""
    cases = measurements()
    ratios: dict[str, list[float]] = {"ratio": [], "ratio_histograms": [], "ratio_tensorboard": []}
    for name in chosen or cases:
        figures = cases[name]()
        print(json.dumps(figures), flush=True)
        for key in ratios:
            if key in figures and name in presets.ARCHITECTURES:
                ratios[key].append(figures[key])
        keras.utils.clear_session()
    means = {key: round(statistics.geometric_mean(values), 2) for key, values in ratios.items() if values}
    if means:
        print(json.dumps({"case": "geometric mean", **means}))


if __name__ == "__main__":
    main(sys.argv[1:])
