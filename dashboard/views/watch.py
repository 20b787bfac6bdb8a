"""Watching: a run that its owner shows by a link, live and read-only: its graph, its settings and its curves."""

from __future__ import annotations

import base64

import streamlit as st

from components.drawing.thumbnails import thumbnail_svg
from components.experiment import ExperimentError, experiment_from_json
from components.graph import GraphError, Json, graph_from_json
from components.runs import NoSuchRun
from dashboard import backstage
from dashboard.curves import LABELS, mount_curves
from dashboard.curves.feed import KINDS, feed
from dashboard.frame import telling
from dashboard.saying import what_is_happening
from dashboard.sharing import WATCH
from dashboard.state import open_experiment
from dashboard.texts import say

BEAT = 1.0
"""Seconds between two looks at a run that goes on; its records come over a socket meanwhile."""

CURVES = "watched"
GOING = "watched_run_goes_on"
PICTURE = (1100, 260)
"""Width and height of the graph's picture, in pixels."""


def show() -> None:
    """The page."""
    try:
        run = backstage.store().shared(token()).run()
    except NoSuchRun:
        st.info(say("This link shows no run: its owner took it back, or the address is cut short."))
        return
    st.subheader(run.title, anchor=False)
    svg = thumbnail_svg(graph_from_json(run.experiment["graph"]), *PICTURE)
    st.html(
        f'<div class="thumbnail"><img alt="" src="data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"></div>'
    )
    st.session_state[GOING] = run.active
    st.fragment(telling(live), run_every=BEAT if run.active else None)()
    if st.button(say("Open a copy in the studio"), key="copy_watched"):
        open_copy(run.experiment)


def token() -> str:
    """What the address asks for."""
    return st.query_params.get(WATCH, "")


def live() -> None:
    """The curves as they are now."""
    shared = backstage.store().shared(token())
    run = shared.run()
    records = shared.records(kinds=KINDS)
    mount_curves(
        CURVES,
        data={
            **feed(run, records, 0),
            "token": token(),
            "saying": what_is_happening(run, shared.records(kinds=("epoch", "losses", "signals", "mark"))),
            "labels": {label: say(label) for label in LABELS},
            "editable": False,
        },
        on_commands=ignore,
        on_scrub=ignore,
        on_need=ignore,
    )
    if run.active != st.session_state[GOING]:
        st.rerun()


def ignore() -> None:
    """Who watches steers nothing; the next look tells all there is."""


def open_copy(experiment: Json) -> None:
    """The run's experiment in the studio, as work of one's own."""
    try:
        open_experiment(experiment_from_json(experiment))
    except (ExperimentError, GraphError) as error:
        st.error(say(str(error)))
        return
    st.switch_page(st.session_state["pages"]["studio"])
