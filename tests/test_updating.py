"""Adam over large tables in one pass: where Keras's own steps lead, also with words seen twice, never, or decayed."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from components.training.updating import LARGE, tables_updated_at_once

WORDS, WIDTH, STEPS = 2_000, LARGE // 2_000, 5


def reader(optimizer: keras.optimizers.Optimizer, words: int = WORDS) -> keras.Model:
    """A network whose table of words is large."""
    keras.utils.set_random_seed(0)
    texts = keras.Input([3], dtype="int32")
    hidden = layers.GlobalAveragePooling1D()(layers.Embedding(words, WIDTH)(texts))
    model = keras.Model(texts, layers.Dense(1)(hidden))
    model.compile(optimizer, "mse")
    return model


def train(model: keras.Model, at_once: bool) -> tuple[list[np.ndarray], set[str]]:
    """All that the model and its optimizer hold after some steps, and the kinds of operations taken."""
    rng = np.random.default_rng(0)
    texts = tf.constant(
        rng.integers(0, 40, [STEPS, 8, 3]), tf.int32
    )  # Most words are never seen, some in one text twice.
    model.optimizer.build(model.trainable_variables)
    step = tf.function(
        lambda rows: model.train_step((rows, tf.reduce_sum(tf.cast(rows, tf.float32), 1, keepdims=True))),
        autograph=False,
    )
    if at_once:
        with tables_updated_at_once(model):
            step.get_concrete_function(texts[0])
    kinds = {operation.type for operation in step.get_concrete_function(texts[0]).graph.get_operations()}
    for rows in texts:
        step(rows)
    return [variable.numpy() for variable in (*model.weights, *model.optimizer.variables)], kinds


OPTIMIZERS = {
    "Adam": lambda: keras.optimizers.Adam(0.01),
    "AdamW": lambda: keras.optimizers.AdamW(0.01, weight_decay=0.1),
    "averaged": lambda: keras.optimizers.Adam(0.01, use_ema=True, ema_overwrite_frequency=2),
    "scheduled": lambda: keras.optimizers.Adam(keras.optimizers.schedules.ExponentialDecay(0.01, 2, 0.5)),
}


@pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_one_pass_leads_where_keras_steps_lead(make):
    wanted, _ = train(reader(make()), at_once=False)
    found, kinds = train(reader(make()), at_once=True)
    assert "ResourceApplyAdam" in kinds
    for ours, keras_own in zip(found, wanted, strict=True):
        np.testing.assert_allclose(ours, keras_own, rtol=1e-5, atol=1e-7)


OTHERS = {
    "amsgrad": (lambda: keras.optimizers.Adam(amsgrad=True), WORDS),
    "clipped": (lambda: keras.optimizers.Adam(global_clipnorm=0.1), WORDS),
    "SGD": (keras.optimizers.SGD, WORDS),
    "a small table": (keras.optimizers.Adam, WORDS - 1),
}


@pytest.mark.parametrize(("make", "words"), OTHERS.values(), ids=OTHERS)
def test_other_steps_are_keras_own_to_the_bit(make, words):
    wanted, _ = train(reader(make(), words), at_once=False)
    found, kinds = train(reader(make(), words), at_once=True)
    assert "ResourceApplyAdam" not in kinds
    for ours, keras_own in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(ours, keras_own)


def test_the_optimizer_is_left_as_it_was():
    model = reader(keras.optimizers.Adam())
    train(model, at_once=True)
    assert "update_step" not in vars(model.optimizer)
