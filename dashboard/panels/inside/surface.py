"""Surface: what the model says at every place of the plane, for data of two features, while it learns."""

from __future__ import annotations

import streamlit as st

from components.graph import Graph
from components.runs import Run
from dashboard import backstage
from dashboard.charts.inside import figure_of_surface
from dashboard.plotting import STILL, theme
from dashboard.running import shown_run
from dashboard.state import current_work
from dashboard.texts import say
from dashboard.workspace import workspace

TITLE = "Surface"
EVERY = 0.5
FLIPS = False


def applies(graph: Graph, run: Run) -> bool:
    """Where one input of two features leads to one output."""
    if len(graph.inputs) != 1 or len(graph.outputs) != 1:
        return False
    layer = graph.layers[graph.node(graph.inputs[0]).layer]
    return list(getattr(layer, "config", {}).get("shape", ())) == [2]


def show() -> None:
    """The surface at the epoch looked at, with the validation points."""
    work = current_work()
    run = shown_run(work)
    if run is None:
        return
    record = backstage.store().last_record(run.id, "surface", work.scrubbed, workspace=workspace())
    if record is None:
        st.caption(say("The surface comes with the first epoch."))
        return
    depends_on = {"data": run.experiment["data"], "seed": run.experiment["seed"]}
    points = backstage.remembered("plane", depends_on, "components.inside.judging.plane_points_json", run.experiment)
    sentence = say(
        "What the model says over the plane, after epoch {epoch}; the points are validation data.", epoch=record.epoch
    )
    st.plotly_chart(figure_of_surface(record.values, points, theme()), key="inside_surface", config=STILL, alt=sentence)
    st.caption(sentence)
