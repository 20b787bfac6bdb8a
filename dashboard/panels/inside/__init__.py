"""The Inside tab: what the network shown below is doing, one view of it at a time."""

from __future__ import annotations

import streamlit as st

from components.experiment import experiment_from_json
from components.graph import Json
from dashboard.boards import show_command
from dashboard.frame import telling
from dashboard.panels.inside import answers, histograms, hooks, losses, maps, projection, signals, statistics, surface
from dashboard.running import INSIDE, shown_run
from dashboard.state import Work
from dashboard.texts import say

VIEWS = {
    module.__name__.rpartition(".")[2]: module
    for module in (histograms, projection, signals, answers, surface, losses, maps, statistics, hooks)
}
"""Each view has a TITLE, says where it `applies`, is shown by `show`, and follows a run EVERY so many seconds.

One that FLIPS shows another epoch by itself, as soon as the slider moves; the others are drawn anew for it.
"""


def show(work: Work, inspection: Json | None) -> None:
    """The tab; while the run goes on it follows."""
    run = shown_run(work)
    st.session_state[INSIDE] = None
    if run is None:
        st.caption(
            say("Train first: then the weights of every layer, epoch by epoch, and what it makes of the data are here.")
        )
        return
    graph = experiment_from_json(run.experiment).graph
    offered = [name for name, module in VIEWS.items() if module.applies(graph, run)]
    chosen = st.segmented_control(
        say("View"), offered, default="histograms", required=True, key="inside_view", label_visibility="collapsed",
        format_func=lambda name: say(VIEWS[name].TITLE),
    )  # fmt: skip
    view = VIEWS[chosen if chosen in offered else "histograms"]
    st.session_state[INSIDE] = None if view.FLIPS else run.id
    st.fragment(telling(view.show), key=INSIDE, run_every=view.EVERY if run.active else None)()
    show_command(run.id)
