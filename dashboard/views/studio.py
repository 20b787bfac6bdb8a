"""The studio: the canvas, the panel beside it and the live run below, on one screen."""

from __future__ import annotations

from typing import NoReturn

import streamlit as st

from components.graph import Json
from components.layers import LAYERS
from dashboard.backstage import inspect_experiment
from dashboard.canvas import LABELS, mount_canvas, patch_between, view_of
from dashboard.frame import telling
from dashboard.panels import code, inside, layer, train
from dashboard.panels.diagram import show_diagram
from dashboard.panels.export import show_export
from dashboard.panels.files import show_files
from dashboard.running import run_panel
from dashboard.state import (
    Work,
    current_work,
    has_seen,
    inspection_at,
    receive_operations,
    remember_in_address,
    start_empty,
)
from dashboard.texts import number, say
from presets import BLOCKS

CANVAS, GRAPH, WORKBENCH = "canvas", "graph", "workbench"
"""The canvas, and the fragments that are redrawn with it: its own, which answers a hand at once, and all around it."""

MOST_VIEWS = 60
"""Views after which a canvas that never says what it has gets all of it again."""

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
    inspection = inspect_experiment(work.experiment)
    inner = inspection_at(inspection, work.document.path)
    view = view_of(work.document.graph, work.document.layout, inner, work.document.path)
    view["title"] = work.experiment.name
    view["summary"] = summary(work, inner)
    mount_canvas(
        CANVAS,
        data=message(work, view, reading=inspection is None),
        on_ops=lambda: receive(work),
        on_selected=lambda: select(work),
    )


def message(work: Work, view: Json, reading: bool) -> Json:
    """What the canvas is told: the whole view of a newly opened graph, then only what changed."""
    return {
        **news(work, view),
        "document": document_id(work),
        "ack": {"client": work.client, "last": work.acknowledged},
        "selected": list(work.selected),
        "notice": work.notice,
        "reading": reading,
    }


def document_id(work: Work) -> str:
    """The open graph, by a name that is another whenever another graph is open."""
    return "/".join((work.canvas, *work.document.path))


def news(work: Work, view: Json) -> Json:
    """The view as a whole, or as a patch upon the oldest that the canvas may have.

    What was sent last may never arrive: Streamlit drops what a later run of the page overtakes.
    """
    views = work.sent["views"] if work.sent.get("document") == document_id(work) else {}
    if len(views) > MOST_VIEWS:
        views = {}
    if not views or views[work.sent_count] != view:
        work.sent_count += 1
    base = min(views, default=None)
    work.sent = {"document": document_id(work), "views": {**views, work.sent_count: view}}
    if base is None:
        return {"base": None, "revision": work.sent_count, "view": view, **palette()}
    return {"base": base, "revision": work.sent_count, "view": patch_between(views[base], view)}


def palette() -> Json:
    """What can be placed."""
    return {
        "catalogue": [
            {
                "kind": layer.name,
                "group": layer.group,
                "summary": say(layer.summary),
                "start": dict(layer.start),
                "arity": list(layer.arity),
            }
            for layer in LAYERS.values()
        ],
        "blocks": [
            {"name": block.name, "title": say(block.title), "summary": say(block.summary)} for block in BLOCKS.values()
        ],
        "labels": {label: say(label) for label in LABELS},
    }


def summary(work: Work, inspection: Json | None) -> str:
    """The graph in one line."""
    graph = work.document.graph
    inputs, outputs = len(graph.inputs), len(graph.outputs)
    sizes = [say("1 input") if inputs == 1 else say("{count} inputs", count=inputs)]
    sizes.append(say("1 output") if outputs == 1 else say("{count} outputs", count=outputs))
    if inspection is not None:
        sizes.insert(0, say("{count} parameters", count=number(inspection["parameters"])))
    return " · ".join(sizes)


def receive(work: Work) -> None:
    """The canvas sent operations."""
    message = st.session_state[CANVAS].get("ops")
    receive_operations(work, message, inspect_experiment)
    redraw()


def select(work: Work) -> None:
    """The canvas selected other nodes."""
    chosen = st.session_state[CANVAS].get("selected") or {}
    if chosen.get("document") in (None, document_id(work)):
        work.chosen = tuple(chosen.get("ids", ()))
        has_seen(work, chosen.get("seen"))
    redraw()


def redraw() -> NoReturn:
    """The canvas first, that it answers while the forms beside it are still being made."""
    st.rerun([GRAPH, WORKBENCH])
