"""The studio: the canvas, the panel beside it and the live run below, on one screen."""

from __future__ import annotations

from typing import NoReturn

import streamlit as st

from components.graph import Json
from dashboard.backstage import inspect_experiment
from dashboard.canvas import mount_canvas
from dashboard.dialogue import hear, tell
from dashboard.frame import telling
from dashboard.hearing import listen_to
from dashboard.panels import code, inside, layer, train
from dashboard.panels.diagram import show_diagram
from dashboard.panels.export import show_export
from dashboard.panels.files import show_files
from dashboard.running import run_panel
from dashboard.state import Work, current_work, remember_in_address, start_empty
from dashboard.texts import say

CANVAS, GRAPH, WORKBENCH = "canvas", "graph", "workbench"
"""The canvas, and the fragments that are redrawn with it: its own, which answers a hand at once, and all around it."""

SHOWN = "shown"
"""The work that the page was last drawn for."""


def show() -> None:
    """The page."""
    work = st.session_state[SHOWN] = current_work()
    work.sent = {}
    workbench()
    run_panel(work)


@st.fragment(key=WORKBENCH)
@telling
def workbench() -> None:
    """Canvas and panel: what an edit redraws."""
    work = current_work()
    if work is not st.session_state[SHOWN]:
        st.rerun()  # another experiment was turned to, and the run below is drawn by the page
    remember_in_address(work)
    inspection = inspect_experiment(work.experiment)
    title_bar(work)
    with st.container(key=WORKBENCH, horizontal=False):
        left, right = st.columns([64, 34], gap="small")
        with left:
            graph()
        with right, st.container(key="panel"):
            panel(work, inspection)


def title_bar(work: Work) -> None:
    """What is open and whether it is saved, and the ways to take it along."""
    with st.container(key="titlebar", horizontal=True):
        st.markdown(f"{work.experiment.name} · {say('saved') if work.revision else say('preset')}")
        if st.button(say("New"), key="start_empty", icon=":material/add:", help=say("An empty graph on the same data")):
            start_empty(work.experiment.data)
            st.rerun()
        if st.button(say("Diagram"), key="open_diagram", icon=":material/account_tree:"):
            show_diagram(work.experiment.graph)
        if st.button(say("Export"), key="open_export", icon=":material/download:"):
            show_export(work)
        if st.button(say("Share"), key="open_files", icon=":material/ios_share:"):
            show_files(work)


def panel(work: Work, inspection: Json | None) -> None:
    """The tabs beside the canvas."""
    tabs = {say("Layer"): layer, say("Train"): train, say("Inside"): inside, say("Code"): code}
    shown = st.tabs(list(tabs), key="panel_tab", on_change="rerun")
    for tab, module in zip(shown, tabs.values(), strict=True):
        with tab:
            if tab.open:
                module.show(work, inspection)


# The canvas


@st.fragment(key=GRAPH)
@telling
def graph() -> None:
    """The canvas, sent only what changed since it was last drawn."""
    work = current_work()
    listen_to(work)
    mount_canvas(
        CANVAS,
        data=tell(work),
        on_ops=lambda: heard(work, "ops"),
        on_selected=lambda: heard(work, "selected"),
        on_told=lambda: st.rerun(WORKBENCH),
    )


def heard(work: Work, what: str) -> None:
    """The canvas says over the page what it could not over its socket."""
    hear(work, {what: st.session_state[CANVAS].get(what)})
    redraw()


def redraw() -> NoReturn:
    """The canvas first, that it answers while the forms beside it are still being made."""
    st.rerun([GRAPH, WORKBENCH])
