"""The compiled programs of a fit: chunks of training steps, validation and whole epochs, as graphs or under XLA."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from components.training.pointwise import places_multiplied
from components.training.randomness import graph_randomness
from components.training.recurring import is_recurrent, written_out
from components.training.updating import tables_updated_at_once

Structure = Any
"""An array, or a list, tuple or dict of structures."""

TRACING = threading.RLock()
"""Held while a model's Python code runs: its layers keep state of the call in progress, so one thread at a time."""


# Data


@dataclass(frozen=True)
class Rows:
    """Arrays held as tensors, cut into batches of `batch_size` rows of which the last may be smaller."""

    tensors: Structure
    count: int
    batch_size: int

    @property
    def full(self) -> int:
        """Batches of exactly `batch_size` rows."""
        return self.count // self.batch_size

    @property
    def rest(self) -> int:
        """Rows of the last, smaller batch; 0 when there is none."""
        return self.count % self.batch_size

    @property
    def steps(self) -> int:
        """Batches in all."""
        return self.full + bool(self.rest)


def hold_rows(split: tuple, batch_size: int) -> Rows:
    """The rows of `(x, y)` or `(x, y, sample_weight)`, converted as `fit` converts them.

    Raises ValueError when arrays differ in their number of rows, or have none.
    """
    x, y, *weights = split
    if weights and weights[0] is not None and not isinstance(weights[0], (list, tuple, dict)):
        weights = [tf.nest.map_structure(lambda _: weights[0], as_tuples(y))]
    held = tf.nest.map_structure(to_tensor, as_tuples((x, y, *(w for w in weights if w is not None))))
    counts = {int(tensor.shape[0]) for tensor in tf.nest.flatten(held)}
    if len(counts) != 1 or counts == {0}:
        raise ValueError(f"All arrays have the same number of rows, at least one, but these have {sorted(counts)}.")
    return Rows(held, counts.pop(), batch_size)


def as_tuples(structure: Structure) -> Structure:
    """Lists as tuples: that is how `fit` hands them to a model."""
    if isinstance(structure, Mapping):
        return {key: as_tuples(item) for key, item in structure.items()}
    if isinstance(structure, (list, tuple)):
        return tuple(as_tuples(item) for item in structure)
    return structure


def to_tensor(array: Any) -> tf.Tensor | tf.Variable:
    """A tensor; floating numbers in Keras's own precision. A variable stays one: its programs see what is put into it."""
    if isinstance(array, (tf.Tensor, tf.Variable)):
        return array
    array = np.asarray(array)
    if np.issubdtype(array.dtype, np.floating):
        array = array.astype(keras.config.floatx())
    return tf.constant(array)


# Programs


class Program:
    """One compiled function, traced when it is first needed."""

    def __init__(
        self,
        function: Callable,
        signature: tuple[tf.TensorSpec, ...],
        xla: bool,
        tracing: Callable[[], AbstractContextManager],
    ) -> None:
        self._function = tf.function(function, input_signature=signature, autograph=False, jit_compile=xla)
        self._tracing = tracing

    @property
    def is_traced(self) -> bool:
        """Whether it can run at once."""
        return "traced" in self.__dict__

    @cached_property
    def traced(self) -> Any:
        """TensorFlow's ConcreteFunction."""
        with TRACING, self._tracing():
            return self._function.get_concrete_function()

    def __call__(self, *args: tf.Tensor) -> Any:
        """Run it."""
        return self.traced(*args)


class Programs:
    """The compiled functions of one fit, in graph mode or under XLA.

    They call the model's public `train_step` and `test_step`, so that outputs, losses, loss weights and metrics mean
    what they mean in `fit`. All return dicts: `table` (one row per step, its columns named by `columns`, the first
    being the batch's own loss), `done` (the step reached) and `logs` (the metrics since the epoch began).

    Where they are `exact` their graphs give the same bits as `fit`; otherwise they may round in another order.
    """

    def __init__(
        self,
        model: keras.Model,
        train: Rows,
        validation: Rows | None = None,
        *,
        surface: tf.Tensor | None = None,
        stop_on_nan: bool = False,
        exact: bool = True,
        xla: bool = False,
    ) -> None:
        self.model, self.train, self.validation, self.surface = model, train, validation, surface
        self.stop_on_nan, self.exact, self.xla = stop_on_nan, exact, xla
        # XLA knows no sizes that depend on values; a recurrence written out has a third fewer operations without them.
        self.fixed = xla or (not exact and is_recurrent(model) and train.full > 0)
        self.columns: list[str] = []
        order, step = tf.TensorSpec([train.count], tf.int32), tf.TensorSpec([], tf.int32)
        self.advance = Program(self._advance, (order, step, step), xla, self.tracing)
        self.finish = Program(self._finish, (order,), False, self.tracing)
        # Written out, a recurrence gains little without its gradients, and the first epoch's end would wait longer.
        self.evaluate = Program(self._evaluate, (step, step), xla, self.tracing_loops)
        self.epoch = Program(self._epoch, (order,), xla, self.tracing)
        self.draw = Program(self._draw, (), xla, self.tracing)

    def tracing(self) -> AbstractContextManager:
        """What holds while a program is traced."""
        return self.tracing_with(self.exact)

    def tracing_loops(self) -> AbstractContextManager:
        """What holds while a program is traced in which recurrences stay loops, except under XLA."""
        return self.tracing_with(self.exact or not self.xla)

    @contextmanager
    def tracing_with(self, exact: bool) -> Iterator[None]:
        """Under XLA with the graph's random numbers; unless it is to be exact with what only rounds otherwise than `fit`."""
        with ExitStack() as stack:
            if self.xla:
                stack.enter_context(graph_randomness())
            if not exact:
                stack.enter_context(written_out(self.model))
                stack.enter_context(places_multiplied(self.model))
            if not exact and not self.xla:
                stack.enter_context(tables_updated_at_once(self.model))
            yield

    def finishes_at(self, step: int) -> bool:
        """Whether `finish` is to take that step: the smaller batch, which stands apart where sizes are fixed."""
        return self.fixed and step >= self.train.full

    def step_eagerly(self, order: tf.Tensor) -> dict[str, Any]:
        """The epoch's first step without compiling anything: ready in milliseconds, equal but for rounding."""
        with TRACING:
            self.model.reset_metrics()
            row = self._step(take_batch(self.train, order, tf.constant(0)))
            if self.train.rest:
                weigh_steps_alike(self.model)
        return {"table": row[None], "done": tf.constant(1), "logs": self.model.get_metrics_result()}

    def _advance(self, order: tf.Tensor, first: tf.Tensor, last: tf.Tensor) -> dict[str, Any]:
        """Steps `first` to `last` of an epoch over the rows in that order; step 0 begins the epoch's metrics.

        Where sizes are fixed without the last, smaller batch: inside a condition it made XLA's program ten times slower.
        """
        self._reset_at(first)
        if self.fixed:
            last = tf.minimum(last, self.train.full)
        # XLA's table has the whole epoch's size.
        start = tf.constant(0) if self.xla else first
        size = self.train.steps if self.xla else last - first
        table = tf.TensorArray(tf.float32, size, element_shape=[len(self.columns)] if self.xla else None)

        def body(step: tf.Tensor, table: tf.TensorArray, go: tf.Tensor) -> tuple:
            row = self._step(take_batch(self.train, order, step, self.fixed))
            return step + 1, table.write(step - start, row), self._goes_on(row)

        state = (first, table, tf.constant(True))
        done, table, _ = repeat(body, state, last)
        return {"table": table.stack(), "done": done, "logs": self.model.get_metrics_result()}

    def _finish(self, order: tf.Tensor) -> dict[str, Any]:
        """The step over the last, smaller batch."""
        row = self._step(take_batch(self.train, order, self.train.full, fixed=True))
        return {"table": row[None], "done": tf.constant(self.train.steps), "logs": self.model.get_metrics_result()}

    def _goes_on(self, row: tf.Tensor) -> tf.Tensor:
        return tf.math.is_finite(row[0]) if self.stop_on_nan else tf.constant(True)

    def _step(self, batch: Structure) -> tf.Tensor:
        """One update; the batch's own loss and the running scalar metrics, float32 [columns]."""
        with watched_loss(self.model, self.fixed and self.train.rest > 0) as losses:
            logs = self.model.train_step(batch)
        scalars = {name: tf.convert_to_tensor(value) for name, value in logs.items()}
        scalars = {name: value for name, value in scalars.items() if name != "loss" and value.shape.rank == 0}
        self.columns = ["loss", *scalars]
        own = losses[0] if losses else logs["loss"]
        return tf.stack([tf.cast(value, tf.float32) for value in (own, *scalars.values())])

    def _evaluate(self, first: tf.Tensor, last: tf.Tensor) -> dict[str, Any]:
        """The metrics over validation batches `first` to `last`; batch 0 begins them."""
        self._reset_at(first)
        rows = self.validation
        assert rows is not None, "evaluated only where there is validation data"

        def body(step: tf.Tensor, go: tf.Tensor) -> tuple:
            self._test_step(rows, step)
            return step + 1, go

        repeat(body, (first, tf.constant(True)), last)
        return self.model.get_metrics_result()

    def _test_step(self, rows: Rows, step: tf.Tensor | int) -> None:
        with watched_loss(self.model, self.xla and rows.rest > 0):
            self.model.test_step(take_batch(rows, None, step, self.xla))

    def _epoch(self, order: tf.Tensor) -> dict[str, Any]:
        """A whole epoch under XLA: every step, the validation, and the surface where one is wanted."""
        result = self._advance(order, tf.constant(0), tf.constant(self.train.full))
        if self.train.rest:
            table, result = result["table"][: self.train.full], self._finish(order)
            result["table"] = tf.concat([table, result["table"]], axis=0)
        if self.validation is not None:
            result["validation"] = self._evaluate(tf.constant(0), tf.constant(self.validation.full))
            if self.validation.rest:
                self._test_step(self.validation, self.validation.full)
                result["validation"] = self.model.get_metrics_result()
        if self.surface is not None:
            result["surface"] = self._draw()
        return result

    def _draw(self) -> list[tf.Tensor]:
        """The model's outputs at the points of the surface."""
        return tf.nest.flatten(self.model(self.surface, training=False))

    def _reset_at(self, first: tf.Tensor) -> None:
        def reset() -> tf.Tensor:
            self.model.reset_metrics()
            return tf.constant(True)

        tf.cond(tf.equal(first, 0), reset, lambda: tf.constant(False))


def repeat(body: Callable, state: tuple, end: tf.Tensor) -> tuple:
    """Repeat `body` from step `state[0]` until `end`, or until it says no in its last value."""
    return tf.while_loop(lambda step, *rest: (step < end) & rest[-1], body, state, parallel_iterations=1)


def take_batch(rows: Rows, order: tf.Tensor | None, step: tf.Tensor | int, fixed: bool = False) -> Structure:
    """The rows of batch `step`, in the given order.

    With `fixed` sizes do not depend on values: the smaller batch is then asked for by a Python number.
    """
    begin = step * rows.batch_size
    size: tf.Tensor | int = rows.batch_size
    if rows.rest and not fixed:
        size = tf.minimum(size, rows.count - begin)
    elif isinstance(step, int):
        size = rows.rest
    if order is None:
        batch = tf.nest.map_structure(lambda tensor: slice_rows(tensor, begin, size), rows.tensors)
    else:
        chosen = tf.slice(order, [begin], [size])
        batch = tf.nest.map_structure(lambda tensor: tf.gather(tensor, chosen), rows.tensors)
    return batch if fixed or not rows.rest else tf.nest.map_structure(forget_size, batch)


def slice_rows(tensor: tf.Tensor, begin: tf.Tensor, size: tf.Tensor | int) -> tf.Tensor:
    """`size` rows from row `begin`."""
    return tf.slice(tensor, [begin] + [0] * (tensor.shape.rank - 1), [size, *tensor.shape[1:]])


def forget_size(batch: tf.Tensor) -> tf.Tensor:
    """The batch with its number of rows unknown to Python: `fit` sees it so where batches differ in size."""
    if tf.executing_eagerly():
        return batch
    return tf.raw_ops.PlaceholderWithDefault(input=batch, shape=[None, *batch.shape[1:]])


def losses_of_outputs(model: keras.Model) -> list[keras.metrics.Mean]:
    """The running losses of single outputs."""
    means = [metric for metric in model.metrics if isinstance(metric, keras.metrics.Mean)]
    return [metric for metric in means if metric.name.endswith("_loss")]


def weigh_steps_alike(model: keras.Model) -> None:
    """After an uncompiled first step, let each output's loss count once and not once per row: see `watched_loss`."""
    for metric in losses_of_outputs(model):
        value = metric.result()
        metric.reset_state()
        metric.update_state(value)


@contextmanager
def watched_loss(model: keras.Model, weigh_alike: bool) -> Iterator[list[tf.Tensor]]:
    """Catches what the model's `compute_loss` returns meanwhile: the logs only have its running mean.

    Keras weighs the running loss of each output by the number of rows where Python knows it. `fit` does not know it
    where batches differ in size, so every step counts once: with `weigh_alike` here too.
    """
    losses: list[tf.Tensor] = []
    original = model.compute_loss

    def compute_loss(*args: Any, **kwargs: Any) -> tf.Tensor:
        loss = original(*args, **kwargs)
        losses.append(loss)
        return loss

    means = losses_of_outputs(model) if weigh_alike else []
    model.compute_loss = compute_loss
    for metric in means:
        metric.update_state = unweighted(metric.update_state)
    try:
        yield losses
    finally:
        del model.compute_loss
        for metric in means:
            del metric.update_state


def unweighted(update: Callable) -> Callable:
    """An update of a mean in which every value counts once."""
    return lambda values, sample_weight=None: update(values)
