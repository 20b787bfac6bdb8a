"""The view of the hooks: the order and the counts are those with which Keras calls them."""

from __future__ import annotations

from types import SimpleNamespace

import keras
import numpy as np
import pytest

from components.hooks import HOOKS
from components.training.callbacks import CallbackError, listeners_json
from dashboard.panels.inside.hooks import calls_of, standing

EPOCHS, ROWS, BATCH = 3, 20, 8


class Counter(keras.callbacks.Callback):
    """Notes every call."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[str] = []


for hook in HOOKS:
    setattr(Counter, hook, lambda self, *_, hook=hook, **__: self.heard.append(hook))


@pytest.fixture(scope="module")
def heard() -> list[str]:
    """The hooks as plain Keras calls them."""
    door = keras.Input((2,))
    model = keras.Model(door, keras.layers.Dense(1)(door))
    model.compile("sgd", "mse")
    x = np.zeros((ROWS, 2))
    counter = Counter()
    model.fit(
        x, x[:, :1], epochs=EPOCHS, batch_size=BATCH, validation_data=(x, x[:, :1]), callbacks=[counter], verbose=0
    )
    return counter.heard


def a_run(epoch: int, step: int, active: bool) -> SimpleNamespace:
    return SimpleNamespace(epoch=epoch, step=step, steps_per_epoch=-(-ROWS // BATCH), active=active)


def test_the_order_is_keras_own(heard):
    assert list(HOOKS) == [*dict.fromkeys(heard[:-1]), "on_train_end"]


def test_the_counts_at_the_end_are_keras_own(heard):
    steps = -(-ROWS // BATCH)
    counted = calls_of(a_run(EPOCHS, EPOCHS * steps, active=False))
    assert counted == {hook: heard.count(hook) for hook in counted}


def test_within_an_epoch_it_has_begun_and_not_ended():
    run = a_run(epoch=1, step=4, active=True)
    counted = calls_of(run)
    assert (counted["on_epoch_begin"], counted["on_epoch_end"], counted["on_train_end"]) == (2, 1, 0)
    assert standing(run) == "on_train_batch_end"


def test_listeners_are_those_with_code_of_their_own():
    listeners = listeners_json(["EarlyStopping", "TerminateOnNaN"])
    assert "EarlyStopping" in listeners["on_epoch_end"]
    assert listeners["on_train_batch_end"] == ["TerminateOnNaN"]
    assert listeners["on_test_batch_begin"] == []
    with pytest.raises(CallbackError, match="no callback “Nobody”"):
        listeners_json(["Nobody"])
