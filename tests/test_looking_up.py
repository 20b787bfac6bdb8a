"""LSTMs that look their words' products up: the same outputs and gradients as Keras's own loop, where it may be done."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from components.training.looking_up import words_multiplied_once
from components.training.unrolling import unrolled

TEXTS, STEPS, WORDS = 8, 6, 9


def reader(words: int = WORDS, masked: bool = False, **options: object) -> keras.Model:
    """A network that reads texts of embedded words."""
    keras.utils.set_random_seed(0)
    texts = keras.Input([STEPS], dtype="int32")
    embedded = layers.Embedding(words, 24, mask_zero=masked)(texts)
    return keras.Model(texts, layers.LSTM(4, **options)(embedded))


def gradients(model: keras.Model, texts: tf.Tensor) -> list[tf.Tensor | tf.IndexedSlices]:
    """Of a loss that every output has its part in."""
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(model(texts) ** 2)
    return [loss, *tape.gradient(loss, [variable.value for variable in model.trainable_variables])]


def traced(model: keras.Model, texts: tf.Tensor) -> tuple[list, set[str]]:
    """The loss and gradients with words multiplied once, and the kinds of operations that compute them."""
    with unrolled(model), words_multiplied_once(model):
        function = tf.function(lambda: gradients(model, texts), autograph=False).get_concrete_function()
    return function(), {operation.type for operation in function.graph.get_operations()}


@pytest.fixture
def texts() -> tf.Tensor:
    return tf.constant(np.random.default_rng(0).integers(0, WORDS, [TEXTS, STEPS]), tf.int32)


def assert_same(found: list, wanted: list) -> None:
    for ours, keras_own in zip(found, wanted, strict=True):
        np.testing.assert_allclose(tf.convert_to_tensor(ours), tf.convert_to_tensor(keras_own), atol=1e-6)


@pytest.mark.parametrize(
    "options",
    [{}, {"return_sequences": True}, {"go_backwards": True, "return_sequences": True}, {"use_bias": False},
     {"activation": "relu", "recurrent_activation": "hard_sigmoid"}],
    ids=str,
)  # fmt: skip
def test_products_looked_up_give_keras_own_gradients(texts, options):
    model = reader(**options)
    wanted = gradients(model, texts)
    found, kinds = traced(model, texts)
    assert "OneHot" in kinds
    assert_same(found, wanted)


def test_the_embeddings_gradient_stays_apart_word_by_word(texts):
    """Adam squares the rows of a word one by one; summed before, it would take another step than in fit."""
    model = reader()
    (_, wanted, *_), ((_, found, *_), _) = gradients(model, texts), traced(model, texts)
    assert isinstance(found, tf.IndexedSlices)
    assert found.values.shape == wanted.values.shape == (TEXTS * STEPS, 24)


def test_a_word_counted_from_the_end_is_the_same_word(texts):
    model = reader()
    assert_same(traced(model, texts - WORDS)[0], gradients(model, texts))


@pytest.mark.parametrize(
    "options", [{"masked": True}, {"dropout": 0.5}, {"recurrent_dropout": 0.5}, {"words": 5_000}], ids=str
)
def test_what_stands_between_word_and_gates_keeps_keras_own_loop(texts, options):
    model = reader(**options)
    found, kinds = traced(model, texts)
    assert "OneHot" not in kinds
    assert_same(found, gradients(model, texts))


def test_a_shared_reader_looks_up_for_each_call_and_is_left_as_it_was(texts):
    keras.utils.set_random_seed(0)
    a, b = keras.Input([STEPS], dtype="int32"), keras.Input([STEPS], dtype="int32")
    embed, read = layers.Embedding(WORDS, 24), layers.LSTM(4)
    model = keras.Model([a, b], layers.Concatenate()([read(embed(a)), read(embed(b))]))
    both = [texts, tf.reverse(texts, [0])]
    assert_same(traced(model, both)[0], gradients(model, both))
    assert not {"call", "inner_loop"} & {*vars(embed), *vars(read)}
