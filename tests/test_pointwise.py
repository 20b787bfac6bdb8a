"""Convolutions of one place as matrix products: Keras's own outputs and gradients."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from components.training.pointwise import places_multiplied
from tests.test_recurring import assert_same, gradients

ROWS = tf.constant(np.random.default_rng(0).normal(size=[3, 7, 7, 5]), tf.float32)


def network(layer: keras.Layer, size: int | None = 7) -> keras.Model:
    """One such layer over places of five channels."""
    keras.utils.set_random_seed(0)
    inputs = keras.Input([size, size, 5])
    return keras.Model(inputs, type(layer).from_config(layer.get_config())(inputs))


def traced(model: keras.Model) -> tuple[list, list[str]]:
    """The loss and gradients, and the kinds of operations that compute them."""
    function = tf.function(lambda: gradients(model, ROWS), autograph=False).get_concrete_function()
    return function(), [operation.type for operation in function.graph.get_operations()]


BIASED = {"bias_initializer": "random_normal"}
ALIKE = [
    layers.Conv2D(4, 1, activation="relu", **BIASED),
    layers.Conv2D(4, 1, strides=2, padding="same", use_bias=False),
    layers.Conv2D(4, 1, strides=(1, 3)),
    layers.SeparableConv2D(4, 3, activation="relu", **BIASED),
    layers.SeparableConv2D(4, 3, strides=2, padding="same", depth_multiplier=2),
    layers.SeparableConv2D(4, 2, use_bias=False),
]
OTHERS = [
    layers.Conv2D(4, (1, 3)),
    layers.Conv2D(5, 1, groups=5),
    layers.SeparableConv2D(4, 3, dilation_rate=2),
]


@pytest.mark.parametrize("size", [7, None])
@pytest.mark.parametrize("layer", ALIKE)
def test_products_give_keras_own_gradients(layer, size):
    model = network(layer, size)
    wanted, _ = traced(model)
    with places_multiplied(model):
        found, kinds = traced(model)
    assert "Conv2D" not in kinds
    assert_same(found, wanted)


@pytest.mark.parametrize("layer", OTHERS)
def test_what_sees_more_than_a_place_stays_as_it_is(layer):
    model = network(layer)
    _, wanted = traced(model)
    with places_multiplied(model):
        _, found = traced(model)
    assert found == wanted


@pytest.mark.parametrize("layer", ALIKE)
def test_layers_are_left_as_they_were(layer):
    model = network(layer)
    with places_multiplied(model):
        traced(model)
    assert not {"convolution_op", "call"} & {*vars(model.layers[-1])}
