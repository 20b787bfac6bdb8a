"""The bench on which trials are trained: models kept compiled, so that trials of one topology are traced once."""

from __future__ import annotations

import gc
import itertools
import shutil
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from components.building import build_model
from components.experiment import Experiment, dump, experiment_to_json
from components.limits import limits_from_environment
from components.own_callbacks import writes_files
from components.training.callbacks import build_callbacks
from components.training.checkpoints import groups_of
from components.training.compiling import Programs, as_tuples, to_tensor
from components.training.feeding import Split, first_rows, load_splits
from components.training.filing import make_folder
from components.training.live_fit import LiveFit, Options
from components.training.running import compile_model
from components.training.steering import Controls

MOST_KEPT = 24
"""Compiled models that are kept; the one used longest ago goes first."""

MOST_PARAMETERS = 2_000_000
"""Of all kept models together."""

COLLECT_EVERY = 16
"""Models after which garbage is collected: compiled functions hold one another in circles."""

_BUILT = itertools.count(1)
"""Models of all benches: the lab makes a bench for each way to shuffle, and every one of them builds but a few."""

Splits = Mapping[str, Split]
OnEpoch = Callable[[int, Mapping[str, Any], keras.Model], bool]
"""Called after each epoch with the epochs done, the logs and the model; False ends the fit."""


def open_data(experiment: Experiment) -> dict[str, Split]:
    """Training and validation data: what a search may see. The test part is let go of at once."""
    splits = load_splits(experiment)
    splits.pop("test", None)
    return splits


def read_test(experiment: Experiment) -> Split:
    """The test part of the data: read here and nowhere else."""
    return load_splits(experiment)["test"]


class Bench:
    """Trains experiments that share their data, one after another, to the same bits as if each were built anew."""

    def __init__(self, splits: Splits) -> None:
        self.splits = without_test(splits)
        # Held once for all models, and in variables: what was traced reads them anew each time that it runs.
        self._rows = tf.nest.map_structure(lambda array: tf.Variable(to_tensor(array), trainable=False), self.splits)
        self._kept: OrderedDict[bytes, Kept] = OrderedDict()
        self.built = 0

    def on(self, splits: Splits) -> Bench:
        """A bench for other data: this one with its compiled models, where shapes and types are the same, or a new one."""
        others, held = tf.nest.flatten(without_test(splits)), tf.nest.flatten(self._rows)
        if [kind_of(to_tensor(array)) for array in others] != [kind_of(rows) for rows in held]:
            return Bench(splits)
        self.splits = without_test(splits)
        for rows, array in zip(held, others, strict=True):
            rows.assign(to_tensor(array))
        return self

    def fit(
        self, experiment: Experiment, on_epoch: OnEpoch, control: Controls | None = None, seed: int | None = None
    ) -> LiveFit:
        """Train an experiment from its beginning; `seed` is that of weights and order where it is another.

        Raises what building and training raise.
        """
        seed = experiment.seed if seed is None else seed
        kept = self._ready(experiment, seed)
        folder = make_folder()
        try:
            return self._run(kept, experiment, seed, folder, on_epoch, control)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _run(
        self,
        kept: Kept,
        experiment: Experiment,
        seed: int,
        folder: Path,
        on_epoch: OnEpoch,
        control: Controls | None,
    ) -> LiveFit:
        training, model = experiment.training, kept.model
        chosen = [callback for callback in training.callbacks if not writes_files(callback.kind)]

        def record(kind: str, epoch: int, step: int, values: Any) -> None:
            if kind == "epoch" and not on_epoch(epoch, values, model):
                model.stop_training = True

        options = Options(
            training.epochs, training.batch_size, seed, training.shuffle, record, control, compilation="graph"
        )
        fit = LiveFit(model, self._rows, options, build_callbacks(chosen, folder), kept.programs)
        fit.run()
        kept.programs = fit.programs
        return fit

    def _ready(self, experiment: Experiment, seed: int) -> Kept:
        """The compiled model of an experiment, as it was before its first step."""
        key = key_of(experiment, seed)
        kept = self._kept.pop(key, None)
        if kept is None:
            kept = Kept(experiment, self.splits, seed)
            self.built += 1
            if next(_BUILT) % COLLECT_EVERY == 0:
                gc.collect()
        else:
            kept.restore(experiment.training.learning_rate)
        self._kept[key] = kept
        self._let_go()
        return kept

    def _let_go(self) -> None:
        while len(self._kept) > 1 and (
            len(self._kept) > MOST_KEPT or sum(kept.parameters for kept in self._kept.values()) > MOST_PARAMETERS
        ):
            self._kept.popitem(last=False)


def without_test(splits: Splits) -> dict[str, Split]:
    """The splits that a search may see."""
    return {name: split for name, split in splits.items() if name != "test"}


def kind_of(rows: tf.Tensor | tf.Variable) -> tuple[tf.TensorShape, tf.DType]:
    """What a program that was traced for some rows asks of others: their shape and their type."""
    return rows.shape, rows.dtype


class Kept:
    """A compiled model, its traced programs, and the values with which it began."""

    def __init__(self, experiment: Experiment, splits: Splits, seed: int) -> None:
        keras.utils.set_random_seed(seed % 2**32)
        self.model = build_model(experiment.graph, seed=seed, limits=limits_from_environment())
        self.parameters = self.model.count_params()
        compile_model(self.model, experiment, dict(splits))
        self.model.optimizer.build(self.model.trainable_variables)
        make_metrics(self.model, splits["train"])
        self.programs: Programs | None = None
        self._variables = [variable for held in groups_of(self.model).values() for variable in held]
        self._values = [variable.value.numpy() for variable in self._variables]

    def restore(self, learning_rate: float) -> None:
        """Back to the beginning, with another learning rate."""
        for variable, value in zip(self._variables, self._values, strict=True):
            variable.assign(value)
        self.model.optimizer.learning_rate = learning_rate


def make_metrics(model: keras.Model, train: Split) -> None:
    """Have Keras make the variables of losses and metrics now, as `fit` does before it begins.

    A function that makes variables while it is traced is traced twice: that is half of what a short trial takes.
    """
    model._symbolic_build(data_batch=as_tuples(first_rows(train, 2)))


def key_of(experiment: Experiment, seed: int) -> bytes:
    """What must be equal for a compiled model to be used again: everything but the learning rate and how long."""
    training = replace(experiment.training, learning_rate=1.0, epochs=1, callbacks=())
    return dump(experiment_to_json(replace(experiment, name="", layout={}, training=training, seed=seed)))


def weights_of(model: keras.Model) -> list[np.ndarray]:
    """Copies of the weights as they are now."""
    return [variable.value.numpy() for variable in model.weights]
