"""Adam's step over large tables of words, in one pass where Keras takes about twelve."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from math import prod

import keras
import tensorflow as tf

LARGE = 100_000
"""Numbers of a table that outgrow the processor's nearer caches: from here on its passes over memory are what costs."""


@contextmanager
def tables_updated_at_once(model: keras.Model) -> Iterator[None]:
    """While it is open, Adam's steps over large tables go over memory once; equal but for rounding.

    Adam moves every row in every step, also of words that no text holds, as their momentum runs on. Keras writes the
    looked-up rows' gradients into a table of zeros and goes over all with one operation after the other.
    """
    optimizer = model.optimizer
    if getattr(type(optimizer), "update_step", None) is not keras.optimizers.Adam.update_step or optimizer.amsgrad:
        yield
        return
    step = optimizer.update_step

    def update_step(gradient: tf.Tensor | tf.IndexedSlices, variable: tf.Variable, learning_rate: tf.Tensor) -> None:
        if isinstance(gradient, tf.IndexedSlices) and prod(variable.shape) >= LARGE:
            update_table(optimizer, gradient, variable, learning_rate)
        else:
            step(gradient, variable, learning_rate)

    optimizer.update_step = update_step
    try:
        yield
    finally:
        del optimizer.update_step


def update_table(
    adam: keras.optimizers.Adam, gradient: tf.IndexedSlices, table: tf.Variable, learning_rate: tf.Tensor
) -> None:
    """Adam's step over a table of which only some rows have a gradient.

    Source: Kingma and Ba, "Adam: A Method for Stochastic Optimization" (2015), as Keras has it: each looked-up row is
    squared by itself, before those of one word are summed. What a row adds to the means is put into them divided by
    the decay that the pass over all rows, whose own gradient is zero, then multiplies them by.
    """
    place = adam._get_variable_index(table)
    momentum, velocity = adam._momentums[place].value, adam._velocities[place].value
    steps = tf.cast(adam.iterations + 1, table.dtype)
    for mean, rows, decay in ((momentum, gradient.values, adam.beta_1), (velocity, gradient.values**2, adam.beta_2)):
        mean.scatter_add(tf.IndexedSlices(rows * ((1 - decay) / decay), gradient.indices))
    tf.raw_ops.ResourceApplyAdam(
        var=table.handle,
        m=momentum.handle,
        v=velocity.handle,
        beta1_power=adam.beta_1**steps,
        beta2_power=adam.beta_2**steps,
        lr=tf.cast(learning_rate, table.dtype),
        beta1=adam.beta_1,
        beta2=adam.beta_2,
        epsilon=adam.epsilon,
        grad=tf.zeros(table.shape, table.dtype),
    )
