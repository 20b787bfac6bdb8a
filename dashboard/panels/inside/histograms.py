"""Histograms of a layer's weights, activations or gradients through the epochs."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from components.graph import Graph
from components.runs import Run
from dashboard import charts
from dashboard.panels.inside.looking import records_until, selected_layer
from dashboard.plotting import PLAIN, theme
from dashboard.state import Work, current_work
from dashboard.texts import say

TITLE = "Histograms"
EVERY = 1.0
KINDS = ("weights", "activations", "gradients")


def applies(graph: Graph, run: Run) -> bool:
    """Every model has them."""
    return True


def show() -> None:
    """Every epoch's histogram of one quantity of one layer."""
    work = current_work()
    records = records_until(work, "histograms")
    if not records:
        st.caption(say("The first histograms come with the first epochs."))
        return
    kinds = [kind for kind in KINDS if records[-1].values.get(kind)]
    if not kinds:
        st.caption(say("This model has no numbers to count: neither weights nor activations."))
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = st.selectbox(say("of"), kinds, key="inside_kind", format_func=say)
        names = list(records[-1].values[kind])
        name = st.selectbox(
            say("layer"), names, index=chosen_place(work, names), key=f"inside_name/{kind}/{selected_layer(work)}"
        )
    heat = st.toggle(say("As a heat map"), key="inside_heat")
    history = [(record.epoch, record.values[kind][name]) for record in records if name in record.values.get(kind, {})]
    draw = charts.figure_of_heat if heat else charts.figure_of_histograms
    sentence = charts.describe_histograms(name, history)
    st.plotly_chart(draw(history, theme()), key="inside_histogram", config=PLAIN, alt=sentence)
    st.caption(sentence)


def chosen_place(work: Work, names: Sequence[str]) -> int:
    """The place of the selected layer's first quantity among the names; otherwise the first."""
    layer = selected_layer(work)
    return next((place for place, name in enumerate(names) if layer and name.split("/")[0].split(":")[0] == layer), 0)
