"""Under XLA the random numbers that graphs draw, so that a run can be repeated whichever of the two trains it.

Both draw the same bits by Philox when it is named, but make floating numbers of other bits of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import tensorflow as tf
from tensorflow.python.ops import gen_stateless_random_ops_v2 as operations

PHILOX = tf.random.Algorithm.PHILOX.value

MANTISSA, ONE = 0x7FFFFF, 0x3F800000
LEAST = 1e-7
"""The smallest uniform number of which TensorFlow takes a logarithm."""


@contextmanager
def graph_randomness() -> Iterator[None]:
    """While it is open, what is traced draws uniform and normal numbers of float32 as TensorFlow's CPU kernels do."""
    replaced = {"stateless_random_uniform_v2": draw_uniform, "stateless_random_normal_v2": draw_normal}
    originals = {name: getattr(operations, name) for name in replaced}
    for name, draw in replaced.items():
        setattr(operations, name, replacing(originals[name], draw))
    try:
        yield
    finally:
        for name, original in originals.items():
            setattr(operations, name, original)


def replacing(original: Any, draw: Any) -> Any:
    """The operation, done by `draw` for float32."""

    def operation(shape: Any, key: Any, counter: Any, alg: Any, dtype: Any = tf.float32, name: Any = None) -> tf.Tensor:
        if tf.as_dtype(dtype) != tf.float32:
            return original(shape, key=key, counter=counter, alg=PHILOX, dtype=dtype, name=name)
        return draw(tf.convert_to_tensor(shape), key, counter)

    return operation


def draw_bits(count: tf.Tensor, key: tf.Tensor, counter: tf.Tensor) -> tf.Tensor:
    """Random bits, uint32 [count]."""
    return tf.raw_ops.StatelessRandomUniformFullIntV2(
        shape=tf.reshape(count, [1]), key=key, counter=counter, alg=PHILOX, dtype=tf.uint32
    )


def as_uniform(bits: tf.Tensor) -> tf.Tensor:
    """Numbers in [0, 1) from the lower 23 bits, as the mantissa of a float."""
    mantissa = tf.bitwise.bitwise_and(bits, tf.constant(MANTISSA, tf.uint32))
    return tf.bitcast(tf.bitwise.bitwise_or(mantissa, tf.constant(ONE, tf.uint32)), tf.float32) - 1.0


def draw_uniform(shape: tf.Tensor, key: tf.Tensor, counter: tf.Tensor) -> tf.Tensor:
    """Uniform numbers in [0, 1)."""
    return tf.reshape(as_uniform(draw_bits(tf.reduce_prod(shape), key, counter)), shape)


def draw_normal(shape: tf.Tensor, key: tf.Tensor, counter: tf.Tensor) -> tf.Tensor:
    """Standard normal numbers, two from two uniform ones, by Box and Muller, "A Note on the Generation of Random
    Normal Deviates", 1958."""
    count = tf.reduce_prod(shape)
    pairs = (count + 1) // 2
    uniform = tf.reshape(as_uniform(draw_bits(2 * pairs, key, counter)), [-1, 2])
    radius = tf.sqrt(-2.0 * tf.math.log(tf.maximum(uniform[:, 0], LEAST)))
    angle = 2 * math.pi * uniform[:, 1]
    both = tf.stack([tf.sin(angle) * radius, tf.cos(angle) * radius], axis=1)
    return tf.reshape(tf.reshape(both, [-1])[:count], shape)
