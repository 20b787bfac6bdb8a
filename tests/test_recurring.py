"""Recurrences written out: the same outputs and gradients as Keras's own loop, whatever enters."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from components.training.recurring import MOST_STEPS, written_out

TEXTS, STEPS, WORDS = 8, 6, 9


def reader(
    kind: type = layers.LSTM, words: int = WORDS, steps: int | None = STEPS, masked: bool = False, **options: object
) -> keras.Model:
    """A network that reads texts of embedded words."""
    keras.utils.set_random_seed(0)
    texts = keras.Input([steps], dtype="int32")
    embedded = layers.Embedding(words, 24, mask_zero=masked)(texts)
    return keras.Model(texts, recurrent(kind, **options)(embedded))


def recurrent(kind: type, **options: object) -> keras.Layer:
    """Such a layer with four units, and biases that are not all zero."""
    return kind(4, **({"bias_initializer": "random_normal"} | options))


def listener(layer: keras.Layer, steps: int | None = STEPS) -> keras.Model:
    """A network that follows three numbers."""
    numbers = keras.Input([steps, 3])
    return keras.Model(numbers, layer(numbers))


def gradients(model: keras.Model, texts: tf.Tensor) -> list[tf.Tensor | tf.IndexedSlices]:
    """Of a loss that every output has its part in."""
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(model(texts) ** 2)
    return [loss, *tape.gradient(loss, [variable.value for variable in model.trainable_variables])]


def traced(model: keras.Model, texts: tf.Tensor) -> tuple[list, set[str]]:
    """The loss and gradients written out, and the kinds of operations that compute them."""
    with written_out(model):
        function = tf.function(lambda: gradients(model, texts), autograph=False).get_concrete_function()
    return function(), {operation.type for operation in function.graph.get_operations()}


@pytest.fixture
def texts() -> tf.Tensor:
    return tf.constant(np.random.default_rng(0).integers(0, WORDS, [TEXTS, STEPS]), tf.int32)


def assert_same(found: list, wanted: list) -> None:
    for ours, keras_own in zip(found, wanted, strict=True):
        np.testing.assert_allclose(tf.convert_to_tensor(ours), tf.convert_to_tensor(keras_own), rtol=1e-5, atol=1e-6)


@pytest.fixture
def numbers() -> tf.Tensor:
    return tf.constant(np.random.default_rng(0).normal(size=[TEXTS, STEPS, 3]), tf.float32)


KINDS = [layers.SimpleRNN, layers.LSTM, layers.GRU]
FORMS: list[dict] = [
    {}, {"return_sequences": True}, {"go_backwards": True, "return_sequences": True}, {"use_bias": False},
    {"activation": "relu"}, {"activation": None},
]  # fmt: skip
GATED: list[dict] = [{"recurrent_activation": "hard_sigmoid"}, {"implementation": 1}, {"implementation": 2}]
CASES = [(kind, form) for kind in KINDS for form in FORMS] + [(kind, form) for kind in KINDS[1:] for form in GATED]
CASES += [(layers.GRU, {"reset_after": False, **form}) for form in ({}, {"use_bias": False}, {"implementation": 1})]


@pytest.mark.parametrize(("kind", "form"), CASES, ids=str)
def test_what_is_written_out_gives_keras_own_gradients(texts, numbers, kind, form):
    keras.utils.set_random_seed(0)
    for model, rows in ((reader(kind, **form), texts), (listener(recurrent(kind, **form)), numbers)):
        wanted = gradients(model, rows)
        found, kinds = traced(model, rows)
        assert "While" not in kinds
        assert "OneHot" in kinds or model.inputs[0].dtype != "int32"
        assert_same(found, wanted)


@pytest.mark.parametrize("kind", KINDS)
def test_an_inner_layer_of_a_bidirectional_one_is_written_out_too(numbers, kind):
    keras.utils.set_random_seed(0)
    model = listener(layers.Bidirectional(recurrent(kind, return_sequences=True)))
    wanted = gradients(model, numbers)
    found, kinds = traced(model, numbers)
    assert "While" not in kinds
    assert_same(found, wanted)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("steps", [STEPS, MOST_STEPS + 1])
def test_texts_of_any_length_are_written_out_where_those_at_hand_are_short(kind, steps):
    texts = tf.constant(np.random.default_rng(0).integers(0, WORDS, [TEXTS, steps]), tf.int32)
    model = reader(kind, steps=None)
    wanted = gradients(model, texts)
    found, kinds = traced(model, texts)
    assert ("While" in kinds) == (steps > MOST_STEPS)
    assert_same(found, wanted)


def test_states_that_are_handed_on_are_kept(numbers):
    keras.utils.set_random_seed(0)
    inputs = keras.Input([STEPS, 3])
    seen, *states = layers.LSTM(4, return_state=True, return_sequences=True)(inputs)
    model = keras.Model(inputs, layers.LSTM(4)(seen, initial_state=states))
    assert_same(traced(model, numbers)[0], gradients(model, numbers))


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
def test_what_stands_between_word_and_gates_is_not_looked_up(texts, options):
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
