"""Regularising: how strongly the penalties on a model's weights count, changed while it trains."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf


class Scaled:
    """A penalty times a strength that may change: 1 leaves it as it is, to the bit."""

    def __init__(self, penalty: Callable[[Any], Any], strength: keras.Variable) -> None:
        self.penalty, self.strength = penalty, strength

    def __call__(self, weight: Any) -> Any:
        """The penalty on a weight."""
        return self.penalty(weight) * self.strength


def scale_penalties(model: keras.Model) -> keras.Variable | None:
    """Put one strength before all penalties on the model's weights, and return it; None when it has none.

    The layers keep their own regularizers, so that a saved model is the one that was drawn.
    """
    penalised = [weight for weight in model.trainable_weights if weight.regularizer is not None]
    if not penalised:
        return None
    strength = keras.Variable(1.0, trainable=False, name="regularisation")
    for weight in penalised:
        weight.regularizer = Scaled(weight.regularizer, strength)
    return strength


def penalties_of(model: keras.Model) -> Callable[[], tf.Tensor]:
    """A compiled function that gives the sum of all penalties on the model's weights as they are."""
    penalised = [weight for weight in model.trainable_weights if weight.regularizer is not None]
    return tf.function(lambda: sum(weight.regularizer(weight) for weight in penalised), autograph=False)
