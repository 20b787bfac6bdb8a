"""The view of the hooks: the order and the counts are those with which Keras calls them."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from components.experiment import experiment_to_json
from components.hooks import HOOKS
from components.runs import Record
from components.training import train_model
from components.training.callbacks import CallbackError, listeners_json
from components.training.hook_calls import HookCalls
from dashboard import backstage
from presets import ARCHITECTURES

EPOCHS, ROWS, BATCH = 3, 20, 8


class Counter(keras.callbacks.Callback):
    """Notes every call."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[str] = []


for hook in HOOKS:
    setattr(Counter, hook, lambda self, *_, hook=hook, **__: self.heard.append(hook))


def small_model() -> tuple[keras.Model, dict]:
    door = keras.Input((2,))
    model = keras.Model(door, keras.layers.Dense(1)(door))
    model.compile("sgd", "mse")
    x = np.zeros((ROWS, 2))
    return model, {"train": (x, x[:, :1]), "validation": (x, x[:, :1])}


@pytest.fixture(scope="module")
def heard() -> list[str]:
    """The hooks as plain Keras calls them."""
    model, data = small_model()
    counter = Counter()
    model.fit(
        *data["train"], epochs=EPOCHS, batch_size=BATCH, validation_data=data["validation"], callbacks=[counter],
        verbose=0,
    )  # fmt: skip
    return counter.heard


def test_the_order_is_keras_own(heard):
    assert list(HOOKS) == [*dict.fromkeys(heard[:-1]), "on_train_end"]


@pytest.mark.parametrize("listens", [False, True], ids=["nobody around batches", "somebody around batches"])
@pytest.mark.parametrize("compilation", ["graph", "xla"])
def test_the_counts_are_those_of_fit(heard, listens, compilation):
    records: list = []
    callbacks = [HookCalls(lambda *record: records.append(record)), *([Counter()] if listens else [])]
    model, data = small_model()
    train_model(model, data, epochs=EPOCHS, batch_size=BATCH, callbacks=callbacks, compilation=compilation)
    kind, epoch, _, values = records[-1]
    assert (kind, epoch, values["last"], values["singly"]) == ("hooks", EPOCHS, "on_train_end", listens)
    assert values["calls"] == {hook: heard.count(hook) for hook in HOOKS}
    assert len(records) < len(heard)  # now and then, not at every call


def test_counts_go_on_from_an_earlier_fit():
    records: list = []
    model, data = small_model()
    for before in (None, {"on_train_begin": 1, "on_epoch_end": 3}):
        train_model(
            model, data, epochs=2, batch_size=BATCH, callbacks=[HookCalls(lambda *r: records.append(r), before)]
        )
    calls = records[-1][3]["calls"]
    assert (calls["on_train_begin"], calls["on_epoch_end"], calls["on_train_end"]) == (2, 5, 1)


def test_the_view_shows_what_was_counted():
    run = backstage.store().create_run("v" * 40, experiment_to_json(ARCHITECTURES["spirals"].experiment))
    script = f"""
import streamlit as st
from dashboard import backstage
from dashboard.panels.inside.hooks import table
st.session_state["workspace"] = "{"v" * 40}"
table(backstage.store().run("{run}"), {{"on_epoch_end": ["EarlyStopping"]}})
"""
    app = AppTest.from_string(script, default_timeout=60).run()
    assert not app.exception
    assert app.dataframe[0].value["Calls"].isna().all()
    calls = {hook: number for number, hook in enumerate(HOOKS)}
    values = {"calls": calls, "last": "on_test_batch_end", "singly": False}
    backstage.store().append(run, [Record("hooks", 1, 2, values)])
    app.run()
    shown = app.dataframe[0].value
    assert list(shown["Calls"]) == list(calls.values())
    assert [hook.strip() for hook in shown["Hook"] if "▸" in hook] == ["▸ on_test_batch_end"]
    assert list(shown["Who listens"])[list(HOOKS).index("on_epoch_end")] == "EarlyStopping"
    assert any("plain fit would have made" in caption.value for caption in app.caption)


def test_listeners_are_those_with_code_of_their_own():
    listeners = listeners_json(["EarlyStopping", "TerminateOnNaN"])
    assert "EarlyStopping" in listeners["on_epoch_end"]
    assert listeners["on_train_batch_end"] == ["TerminateOnNaN"]
    assert listeners["on_test_batch_begin"] == []
    with pytest.raises(CallbackError, match="no callback “Nobody”"):
        listeners_json(["Nobody"])
