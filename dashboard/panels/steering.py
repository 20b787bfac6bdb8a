"""Steering: what can be turned while a run goes on, beside the bar: each loss's weight and the strength of penalties."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from components.experiment import experiment_from_json
from components.graph import Graph, Json, output_names
from components.runs import Run, StoreError
from dashboard import backstage
from dashboard.forms import controlled
from dashboard.running import shown_run
from dashboard.state import Work
from dashboard.texts import say
from dashboard.workspace import workspace

MOST = 1000.0

TOLD = "steered"
"""What runs were told last, by field."""


def steering_form(work: Work) -> None:
    """The fields, while there is a run to steer and something to turn in it."""
    run = shown_run(work)
    if run is None or not run.active:
        return
    experiment = experiment_from_json(run.experiment)
    outputs = output_names(experiment.graph)
    weighed = outputs if len(outputs) > 1 else []
    penalised = has_penalties(experiment.graph)
    if not weighed and not penalised:
        return
    with st.container(border=True, key="steering"):
        st.caption(
            say("While it trains: what is changed here holds from the next step on, and is marked on the curve.")
        )
        for name in weighed:
            now = float(experiment.training.loss_weights.get(name, 1.0))
            turn(run, say("loss weight of {output}", output=name), now, partial(weigh, run.id, name))
        if penalised:
            turn(run, say("regularisation, times"), 1.0, partial(send, run.id, "regularisation"))


def turn(run: Run, label: str, start: float, change: Callable[[float], None]) -> None:
    """A number that is told to the run when it changes."""
    key = f"steer/{run.id}/{label}"
    told = st.session_state.setdefault(TOLD, {})

    def tell(value: float) -> None:
        told[key] = value
        change(value)

    controlled(
        st.number_input, label, told.get(key, start), tell, key, min_value=0.0, max_value=MOST, step=None, format="%g"
    )


def weigh(run_id: str, output: str, weight: float) -> None:
    """Another weight for one output's loss."""
    send(run_id, "loss_weights", {output: weight})


def send(run_id: str, command: str, value: Json) -> None:
    """Tell the run, or say why that cannot be."""
    try:
        backstage.store().send(run_id, command, value, workspace=workspace())
    except StoreError as error:
        st.toast(str(error))


def has_penalties(graph: Graph) -> bool:
    """Whether any layer, those of nested models too, has a penalty on its weights."""
    return any(
        has_penalties(layer)
        if isinstance(layer, Graph)
        else any(name.endswith("_regularizer") and value for name, value in layer.config.items())
        for layer in graph.layers.values()
    )
