"""Convolutions whose kernel is one place wide, as the matrix products that they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import keras
import tensorflow as tf

from components.training.recurring import layers_of


@contextmanager
def places_multiplied(model: keras.Model) -> Iterator[None]:
    """While it is open, convolutions of 1 × 1 and the second half of separable ones multiply matrices; equal but for rounding.

    On a CPU a convolution's kernel has its gradient at half the speed of the product of the same matrices, and small
    ones cost several times their arithmetic.
    """
    layers = dict.fromkeys(layers_of(model))
    pointwise = [layer for layer in layers if is_pointwise(layer)]
    separable = [layer for layer in layers if is_separable(layer)]
    for layer in pointwise:
        layer.convolution_op = convolving(layer.strides)
    for layer in separable:
        layer.call = separating(layer)
    try:
        yield
    finally:
        for layer in pointwise:
            del layer.convolution_op
        for layer in separable:
            del layer.call


def is_pointwise(layer: keras.Layer) -> bool:
    """Whether each of the layer's outputs sees one place of what enters."""
    if type(layer) is not keras.layers.Conv2D or layer.data_format != "channels_last":
        return False
    return {*layer.kernel_size, layer.groups} == {1}


def is_separable(layer: keras.Layer) -> bool:
    """Whether its first half is one that TensorFlow takes as it stands."""
    if type(layer) is not keras.layers.SeparableConv2D or layer.data_format != "channels_last":
        return False
    return set(layer.dilation_rate) == {1} and len(set(layer.strides)) == 1


def convolving(strides: tuple[int, int]) -> Callable[[tf.Tensor, Any], tf.Tensor]:
    """A layer's convolution over every place, or every second one, and so on."""
    down, across = strides

    def convolve(inputs: tf.Tensor, kernel: Any) -> tf.Tensor:
        return multiply_places(inputs if down == across == 1 else inputs[:, ::down, ::across], kernel)

    return convolve


def separating(layer: keras.layers.SeparableConv2D) -> Callable[[tf.Tensor], tf.Tensor]:
    """The layer's own call: each channel by itself, then the channels of each place together."""

    def separate(inputs: tf.Tensor) -> tf.Tensor:
        kernel = tf.convert_to_tensor(layer.depthwise_kernel)
        apart = tf.nn.depthwise_conv2d(inputs, kernel, [1, *layer.strides, 1], layer.padding.upper())
        outputs = multiply_places(apart, layer.pointwise_kernel)
        if layer.use_bias:
            outputs = tf.nn.bias_add(outputs, tf.convert_to_tensor(layer.bias))
        return layer.activation(outputs)

    return separate


def multiply_places(inputs: tf.Tensor, kernel: Any) -> tf.Tensor:
    """Every place's channels times the kernel, whose last two sizes are [channels, filters]."""
    channels, filters = kernel.shape[-2:]
    places = tf.matmul(
        tf.reshape(inputs, [-1, channels]), tf.reshape(tf.convert_to_tensor(kernel), [channels, filters])
    )
    _, *sizes, _ = (known or size for known, size in zip(inputs.shape, tf.unstack(tf.shape(inputs)), strict=True))
    return tf.reshape(places, [-1, *sizes, filters])
