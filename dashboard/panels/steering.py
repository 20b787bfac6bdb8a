"""Steering: what can be turned while a run goes on, beside the bar: each loss's weight and the strength of penalties."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

import streamlit as st

from components.experiment import experiment_from_json
from components.graph import Graph, Json, output_names
from components.runs import Record, Run, StoreError
from dashboard import backstage
from dashboard.forms import controlled
from dashboard.running import shown_run
from dashboard.state import Work
from dashboard.texts import say
from dashboard.workspace import workspace

MOST = 1000.0

TOLD = "steered"
"""What runs were told last, by field, each with the way back after which that was."""


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
        turned = turned_in(backstage.store().records(run.id, kinds=("mark",), workspace=workspace()))
        weights = {**experiment.training.loss_weights, **turned.loss_weights}
        for name in weighed:
            label = say("loss weight of {output}", output=name)
            turn(run, label, float(weights.get(name, 1.0)), turned.back, partial(weigh, run.id, name))
        if penalised:
            label = say("regularisation, times")
            turn(run, label, turned.regularisation, turned.back, partial(send, run.id, "regularisation"))


@dataclass
class Turned:
    """What holds in a run: its last loss weights and strength of penalties, and the number of its last way back."""

    loss_weights: dict[str, float] = field(default_factory=dict)
    regularisation: float = 1.0
    back: int = 0


def turned_in(marks: Sequence[Record]) -> Turned:
    """What the marks tell; a way back to an epoch brings back what held before that epoch's end."""
    backs = [record for record in marks if record.values.get("mark") == "rewound"]
    turned = Turned(back=backs[-1].seq if backs else 0)
    for record in marks:
        undone = any(back.seq > record.seq and back.epoch <= record.epoch for back in backs)
        if record.values.get("mark") == "loss_weights" and not undone:
            turned.loss_weights.update(record.values.get("value") or {})
        elif record.values.get("mark") == "regularisation" and not undone:
            turned.regularisation = float(record.values.get("value", 1.0))
    return turned


def turn(run: Run, label: str, holds: float, back: int, change: Callable[[float], None]) -> None:
    """A number that is told to the run when it changes; what was told holds at once, until the run goes back."""
    key = f"steer/{run.id}/{label}"
    told = st.session_state.setdefault(TOLD, {})

    def tell(value: float) -> None:
        told[key] = (value, back)
        change(value)

    value, since = told.get(key, (holds, back))
    controlled(
        st.number_input, label, value if since == back else holds, tell, key, min_value=0.0, max_value=MOST, step=None,
        format="%g",
    )  # fmt: skip


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
