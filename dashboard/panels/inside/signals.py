"""Signals: how large weights, activations, gradients and updates are from layer to layer, and what that means."""

from __future__ import annotations

import streamlit as st

from components.graph import Graph, Json
from components.runs import Run
from dashboard.charts.inside import figure_by_depth
from dashboard.flows import FLOWS
from dashboard.panels.inside.looking import records_until
from dashboard.plotting import STILL, theme
from dashboard.running import shown_run
from dashboard.saying import inside_words
from dashboard.state import current_work
from dashboard.texts import say

TITLE = "Signals"
EVERY = 1.0
COLUMNS = ("weights", "gradients", "updates", "dead")


def applies(graph: Graph, run: Run) -> bool:
    """Every model has them."""
    return True


def show() -> None:
    """A bar for each layer, the numbers beside it, and what they mean."""
    work = current_work()
    run = shown_run(work)
    if run is None:
        return
    records = records_until(work, "signals")
    if not records:
        st.caption(say("The first signals come with the first epochs."))
        return
    kinds = [kind for kind in ("gradients", "weights", "updates") if records[-1].values.get(kind)]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = st.selectbox(
            say("size of"), kinds, key="inside_signal", format_func=say,
            help=say("Gradients on 64 fixed training rows; an update is the change of the weights over their size."),
        )  # fmt: skip
        st.selectbox(
            say("edges show"), FLOWS, key="flow", format_func=say,
            help=say("What the width of the canvas's edges tells while this run is shown."),
        )  # fmt: skip
    values = records[-1].values
    st.plotly_chart(figure_by_depth(values.get(kind, {}), theme()), key="inside_depth", config=STILL)
    for sentence in inside_words(run, values):
        st.info(sentence)
    st.dataframe(table(values), hide_index=True, height="content")
    st.caption(say("After epoch {epoch}.", epoch=records[-1].epoch))


def table(values: Json) -> list[dict[str, str]]:
    """The numbers by layer, as a person reads them."""
    layers = dict.fromkeys(name for kind in COLUMNS for name in values.get(kind, {}) if ":" not in name)
    return [
        {say("layer"): layer, **{say(kind): shown(kind, values.get(kind, {}).get(layer)) for kind in COLUMNS}}
        for layer in layers
        if any(layer in values.get(kind, {}) for kind in ("weights", "gradients"))
    ]


def shown(kind: str, value: float | None) -> str:
    """A number, a share in per cent, or nothing."""
    if value is None:
        return ""
    return f"{100 * value:.0f} %" if kind == "dead" else f"{value:.3g}"
