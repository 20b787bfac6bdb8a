"""Histograms of a layer's weights, activations or gradients through the epochs."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from components.graph import Graph
from components.runs import QUANTITIES, Record, Run
from dashboard import charts
from dashboard.curves.feed import evenly
from dashboard.curves.flipbook import MOST_PAGES, mount_flipbook, pages_of
from dashboard.panels.inside.looking import KEPT, choose_beside, records_of, selected_layer, title_of
from dashboard.running import shown_run
from dashboard.state import Work, current_work
from dashboard.texts import say

TITLE = "Histograms"
EVERY = 1.0
FLIPS = True
FORMS = {"ridges": "ridges", "heat": "heat map", "percentiles": "percentiles"}
"""Each picture of the flipbook, and what a person calls it."""


def applies(graph: Graph, run: Run) -> bool:
    """Every model has them."""
    return True


def show() -> None:
    """Every epoch's histogram of one quantity of one layer."""
    work = current_work()
    run = shown_run(work)
    records = records_of(work.run or "", None, "histograms")
    if not records or run is None:
        st.caption(say("The first histograms come with the first epochs."))
        return
    kinds = [kind for kind in QUANTITIES if records[-1].values.get(kind)]
    if not kinds:
        st.caption(say("This model has no numbers to count: neither weights nor activations."))
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = st.selectbox(say("of"), kinds, key="inside_kind", format_func=say, **KEPT)
        names = list(records[-1].values[kind])
        name = st.selectbox(
            say("layer"), names, chosen_place(work, names), key=f"inside_name/{kind}/{selected_layer(work)}", **KEPT
        )
        other = choose_beside(run)
    with st.container(horizontal=True, vertical_alignment="center"):
        form = st.segmented_control(
            say("Form"), list(FORMS), default="ridges", required=True, key="inside_form", **KEPT,
            label_visibility="collapsed", format_func=lambda form: say(FORMS[form]),
        )  # fmt: skip
        log = form != "percentiles" and st.toggle(say("logarithmic"), key="inside_log", **KEPT)
    history = history_of(records, kind, name)
    beside = history_of(records_of(other.id, None, "histograms"), kind, name) if other else []
    draw(work, run, form, name, history, beside, log, title_of(other) if other else "")
    gaps = describe_gaps([epoch for epoch, _ in history])
    if gaps:
        st.caption(gaps)


def describe_gaps(epochs: Sequence[int]) -> str:
    """That some epochs were not looked at, and why; nothing where all were."""
    passed = epochs[-1] - epochs[0] + 1 if epochs else 0
    if passed <= len(epochs):
        return ""
    return say(
        "A look was taken after {count} of {passed} epochs: looking may take no more than a tenth of the time that training "
        "takes.",
        count=len(epochs), passed=passed,
    )  # fmt: skip


def history_of(records: Sequence[Record], kind: str, name: str) -> charts.History:
    """By epoch, the histogram of one quantity."""
    return [(record.epoch, record.values[kind][name]) for record in records if name in record.values.get(kind, {})]


def draw(
    work: Work, run: Run, form: str, name: str, history: charts.History, beside: charts.History, log: bool, title: str
) -> None:
    """Ridges, heat or percentiles of every epoch, with the other run's over them; the browser turns the pages."""
    drawn = evenly(history, MOST_PAGES)
    sentences = {drawn[i][0]: sentence_of(name, drawn[: i + 1], beside, title) for i in range(len(drawn))}
    mount_flipbook(
        "inside_histogram",
        run.id,
        work.scrubbed,
        form,
        pages_of(drawn, sentences, said_of(drawn)),
        say("The first histograms come with the first epochs."),
        beside=pages_of(beside, {}, said_of(beside)),
        names=[say("this run"), title],
        log=log,
        height=310,
    )


def said_of(history: charts.History) -> dict[int, str]:
    """Each epoch's histogram in a few words."""
    return {
        epoch: say("epoch {epoch}: mean {mean}, spread {spread}", epoch=epoch, **charts.moments_of(histogram))
        for epoch, histogram in history
    }


def sentence_of(name: str, history: charts.History, beside: charts.History, title: str) -> str:
    """The history in a sentence, and the other run's until the same epoch."""
    told = charts.describe_histograms(name, history)
    if not title:
        return told
    until = [entry for entry in beside if entry[0] <= history[-1][0]] or list(beside[:1])
    return f"{told} {describe_beside(name, until, title)}"


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
    first = (
        place for place, name in enumerate(names) if layer and f"{name}/".replace(":", "/").startswith(f"{layer}/")
    )
    return next(first, 0)
