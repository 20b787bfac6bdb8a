"""The Train tab: data, optimizer, a loss for each output, callbacks, and the button that starts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st

from components.datasets import find_dataset
from components.experiment import RANGES, Callback, Data
from components.graph import Json, output_names
from components.limits import limits_from_environment
from components.own_callbacks import known_callbacks
from components.settings import CALLBACKS, LOSSES, METRICS, OPTIMIZERS, Setting
from dashboard.editing import change_experiment, change_training
from dashboard.forms import controlled, parameter_field
from dashboard.panels.look import show_look
from dashboard.panels.own_data import show_own_data
from dashboard.panels.steering import steering_form
from dashboard.running import start_run
from dashboard.state import Work, try_change
from dashboard.texts import say
from presets.datasets import DATASETS, DOWNLOADED, OWN

SETTABLE = {**DATASETS, **DOWNLOADED}
"""Data whose rows, noise and such can be set here; a person's own is set where it is given."""


def show(work: Work, inspection: Json | None) -> None:
    """The tab."""
    if st.button(
        say("Start training"), key="start", type="primary", width="stretch", icon=":material/play_arrow:",
    ):  # fmt: skip
        start_run(work)
        st.rerun()
    steering_form(work)
    data_form(work)
    numbers_form(work)
    for name in output_names(work.experiment.graph):
        output_form(work, name)
    callbacks_form(work)


def set_training(work: Work, **changes: Any) -> str | None:
    """Change the training, or say why not."""
    return try_change(work, change_training, **changes)


def key(work: Work, name: str) -> str:
    """A widget's key that belongs to this work alone."""
    return f"train/{work.id}/{name}"


def data_form(work: Work) -> None:
    """Which dataset, and which of its arrays feeds which input and output."""
    data = work.experiment.data

    def choose(name: str) -> str | None:
        return try_change(work, change_experiment, data=Data(name))

    names = list(DATASETS) if data.dataset in DATASETS else [data.dataset, *DATASETS]
    controlled(
        st.selectbox, say("data"), data.dataset, choose, key(work, "dataset"), options=names,
        format_func=lambda name: title_of(data, name),
        help=say(find_dataset(data.dataset).summary) if data.dataset in {**DATASETS, **OWN, **DOWNLOADED} else None,
    )  # fmt: skip
    left, right = st.columns(2)
    if left.button(say("Look at it"), key=key(work, "look"), icon=":material/table_eye:", width="stretch"):
        show_look(work)
    if right.button(say("Your own"), key=key(work, "own_data"), icon=":material/upload_file:", width="stretch"):
        show_own_data(work)

    if data.dataset in SETTABLE and SETTABLE[data.dataset].config:
        with st.expander(say("Settings of the data"), key=key(work, "data_settings")):
            settings_form(work)


def settings_form(work: Work) -> None:
    """How many rows, how much noise…: what the dataset's function takes."""
    data = work.experiment.data
    for name, usual in SETTABLE[data.dataset].config.items():

        def change(entered: float, name: str = name) -> str | None:
            changed = replace(data, config={**data.config, name: entered})
            return try_change(work, change_experiment, data=changed)

        value, title = data.config.get(name, usual), name.replace("_", " ")
        place = key(work, f"data/{data.dataset}/{name}")
        if isinstance(usual, bool):
            controlled(st.checkbox, title, bool(value), change, place)
        elif isinstance(usual, int) and isinstance(value, int):
            most = max(limits_from_environment().rows, value)
            controlled(
                st.number_input, title, value, change, place, min_value=min(1, usual, value), max_value=most, step=1
            )
        elif isinstance(usual, float) and isinstance(value, (int, float)):
            controlled(
                st.number_input, title, float(value), change, place, min_value=min(0.0, float(value)), step=None,
                format="%g",
            )  # fmt: skip


def title_of(data: Data, name: str) -> str:
    """What a dataset is called in the list; a person's own by its file."""
    if name in OWN and name == data.dataset:
        return str(data.config.get("file", name)).rpartition("/")[2]
    return say(SETTABLE[name].title) if name in SETTABLE else name


def numbers_form(work: Work) -> None:
    """Epochs, batch size, optimizer, learning rate and seed."""
    training = work.experiment.training
    left, right = st.columns(2)
    with left:
        whole_number(work, "epochs", training.epochs)
        controlled(
            st.selectbox, say("optimizer"), training.optimizer, lambda name: set_training(work, optimizer=name),
            key(work, "optimizer"), options=list(OPTIMIZERS), help=say(OPTIMIZERS[training.optimizer].summary),
        )  # fmt: skip
    with right:
        whole_number(work, "batch_size", training.batch_size)
        controlled(
            st.number_input, say("learning rate"), float(training.learning_rate),
            lambda rate: set_training(work, learning_rate=rate), key(work, "learning_rate"),
            min_value=RANGES["learning_rate"][0], max_value=RANGES["learning_rate"][1], format="%g", step=None,
        )  # fmt: skip
    controlled(
        st.number_input, say("seed"), work.experiment.seed, lambda seed: try_change(work, change_experiment, seed=seed),
        key(work, "seed"), min_value=0, max_value=2**31 - 1, step=1,
        help=say("The same seed gives the same weights, the same order and the same curve."),
    )  # fmt: skip
    controlled(
        st.number_input, say("seed of the data"), work.experiment.data.seed,
        lambda seed: try_change(work, change_experiment, data=replace(work.experiment.data, seed=seed)),
        key(work, "data_seed"), min_value=0, max_value=2**31 - 1, step=1, placeholder=say("as above"),
        help=say("Named, the rows stay when the seed above changes: runs that differ in it alone can be put together."),
    )  # fmt: skip


def whole_number(work: Work, name: str, value: int) -> None:
    """A whole number of the training, in its range."""
    least, most = (int(limit) for limit in RANGES[name])
    controlled(
        st.number_input, say(name.replace("_", " ")), value, lambda number: set_training(work, **{name: number}),
        key(work, name), min_value=least, max_value=most, step=1,
    )  # fmt: skip


def output_form(work: Work, name: str) -> None:
    """Loss, weight and metrics of one output."""
    training = work.experiment.training
    loss = training.losses.get(name)
    with st.container(border=True, key=f"output_{name}"):
        losses = list(LOSSES) if loss in LOSSES else [loss, *LOSSES]
        controlled(
            st.selectbox, say("loss of {output}", output=name), loss,
            lambda chosen: set_training(work, losses={**training.losses, name: chosen}),
            key(work, f"loss/{name}"), options=losses,
            format_func=lambda choice: say("choose one") if choice is None else str(choice),
            help=say(LOSSES[loss].summary) if loss in LOSSES else None,
        )  # fmt: skip
        if len(work.experiment.graph.outputs) > 1:
            controlled(
                st.number_input, say("loss weight"), float(training.loss_weights.get(name, 1.0)),
                lambda weight: set_training(work, loss_weights={**training.loss_weights, name: weight}),
                key(work, f"weight/{name}"), min_value=0.0, format="%g", step=None,
            )  # fmt: skip
        controlled(
            st.multiselect, say("metrics"), list(training.metrics.get(name, ())),
            lambda chosen: set_training(work, metrics={**training.metrics, name: tuple(chosen)}),
            key(work, f"metrics/{name}"),
            options=list(dict.fromkeys([*METRICS, *training.metrics.get(name, ())])),
        )  # fmt: skip


def callbacks_form(work: Work) -> None:
    """Which callbacks watch the training, and their parameters."""
    chosen = {callback.kind: callback for callback in work.experiment.training.callbacks}
    known = known_callbacks()

    def choose(kinds: list[str]) -> str | None:
        begun = {kind: Callback(kind, dict(setting.start)) for kind, setting in known.items()}
        return set_training(work, callbacks=tuple({**begun, **chosen}[kind] for kind in kinds))

    controlled(
        st.multiselect, say("callbacks"), list(chosen), choose, key(work, "callbacks"),
        options=list(dict.fromkeys([*known, *chosen])),
    )  # fmt: skip
    for kind, callback in chosen.items():
        if kind in known and known[kind].parameters:
            with st.expander(kind):
                callback_form(work, callback, known[kind])


def callback_form(work: Work, callback: Callback, setting: Setting) -> None:
    """One callback's parameters."""

    def change(name: str, value: Any) -> str | None:
        changed = replace(callback, config={**callback.config, name: value})
        callbacks = work.experiment.training.callbacks
        return set_training(work, callbacks=tuple(changed if c.kind == callback.kind else c for c in callbacks))

    if setting.name not in CALLBACKS:
        st.caption(setting.summary)
    for parameter in setting.parameters:
        parameter_field(parameter, callback.config, change, key(work, f"callback/{callback.kind}"))
