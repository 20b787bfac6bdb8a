"""Histograms of a layer's weights, activations or gradients through the epochs."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go
import streamlit as st

from components.graph import Graph
from components.runs import Record, Run
from dashboard import charts
from dashboard.charts.percentiles import figure_of_percentiles
from dashboard.panels.inside.looking import choose_beside, records_of, records_until, selected_layer, title_of
from dashboard.plotting import PLAIN, theme
from dashboard.running import shown_run
from dashboard.state import Work, current_work
from dashboard.texts import say

TITLE = "Histograms"
EVERY = 1.0
FORMS = {"ridges": "ridges", "heat": "heat map", "percentiles": "percentiles"}
KINDS = ("weights", "activations", "gradients")


def applies(graph: Graph, run: Run) -> bool:
    """Every model has them."""
    return True


def show() -> None:
    """Every epoch's histogram of one quantity of one layer."""
    work = current_work()
    run = shown_run(work)
    records = records_until(work, "histograms")
    if not records or run is None:
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
        other = choose_beside(run)
    with st.container(horizontal=True, vertical_alignment="center"):
        form = st.segmented_control(
            say("Form"), list(FORMS), default="ridges", key="inside_form", label_visibility="collapsed",
            format_func=lambda form: say(FORMS[form]),
        )  # fmt: skip
        log = form != "percentiles" and st.toggle(say("logarithmic"), key="inside_log")
    history = history_of(records, kind, name)
    beside = history_of(records_of(other.id, work.scrubbed, "histograms"), kind, name) if other else []
    sentence = charts.describe_histograms(name, history)
    draw(form or "ridges", history, beside, log, sentence)
    st.caption(sentence)
    if other is not None:
        st.caption(describe_beside(name, beside, title_of(other)))


def history_of(records: Sequence[Record], kind: str, name: str) -> charts.History:
    """By epoch, the histogram of one quantity."""
    return [(record.epoch, record.values[kind][name]) for record in records if name in record.values.get(kind, {})]


def draw(form: str, history: charts.History, beside: charts.History, log: bool, sentence: str) -> None:
    """Ridges, heat or percentiles, with the other run's over them; two heat maps stand below one another."""
    if form == "heat":
        colour = charts.CLASS_COLOURS[theme()][1]
        shown(charts.figure_of_heat(history, theme(), 200 if beside else 360, log=log), "inside_histogram", sentence)
        if beside:
            shown(charts.figure_of_heat(beside, theme(), 200, colour=colour, log=log), "inside_beside_heat", sentence)
        return
    if form == "percentiles":
        shown(figure_of_percentiles([history, beside], theme()), "inside_histogram", sentence)
        return
    shown(charts.figure_of_histograms(history, theme(), beside=beside, log=log), "inside_histogram", sentence)


def shown(figure: go.Figure, key: str, sentence: str) -> None:
    """A figure on the page."""
    st.plotly_chart(figure, key=key, config=PLAIN, alt=sentence)


def describe_beside(name: str, beside: charts.History, title: str) -> str:
    """The other run in a sentence, or that it has no such quantity."""
    if not beside:
        return say(
            "{title} has no {name}: only layers of the same name can be laid over one another.", title=title, name=name
        )
    return say("Dashed, {title}.", title=title) + " " + charts.describe_histograms(name, beside)


def chosen_place(work: Work, names: Sequence[str]) -> int:
    """The place of the selected layer's first quantity among the names; otherwise the first."""
    layer = selected_layer(work)
    return next((place for place, name in enumerate(names) if layer and name.split("/")[0].split(":")[0] == layer), 0)
