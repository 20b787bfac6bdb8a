"""Varying: what of a node or of the training a search may vary, chosen by pointing, on the canvas and on the tune page."""

from __future__ import annotations

import streamlit as st

from dashboard.forms import controlled
from dashboard.searching import Point, is_usual, label_of, point_at, point_of, points_of_node, space_of
from dashboard.state import Work
from dashboard.texts import say


def choose_points(work: Work, points: list[Point], key: str) -> None:
    """Which of them vary, the usual ones first; what cannot says why."""
    usual = [point for point in points if is_usual(point)]
    rest = [point for point in points if point not in usual]
    pills(work, usual, f"{key}/{work.id}")
    if rest:
        with st.expander(say("{count} more", count=len(rest)), expanded=bool(varied_among(work, rest))):
            pills(work, rest, f"{key}/{work.id}/more")
    if st.session_state.get("tune_refused"):
        st.warning(st.session_state.pop("tune_refused"))


def pills(work: Work, points: list[Point], key: str) -> None:
    """Some of what may vary, to be switched on and off."""
    chosen = varied_among(work, points)
    controlled(
        st.pills, say("what may vary"), chosen, lambda now: repoint(work, chosen, now), key, options=points,
        selection_mode="multi", format_func=label_of, label_visibility="collapsed",
    )  # fmt: skip


def varied_among(work: Work, points: list[Point]) -> list[Point]:
    """Those of them that vary."""
    varied = {point_of(one) for one in space_of(work).dimensions}
    return [point for point in points if point in varied]


def repoint(work: Work, before: list[Point], now: list[Point]) -> None:
    """Other parameters were pointed at."""
    for point in [*before, *now]:
        if (point in before) != (point in now):
            st.session_state["tune_refused"] = point_at(work, Point(*point))


def vary_in_search(work: Work, node_id: str) -> None:
    """The way from a node on the canvas into the search space."""
    path = work.document.path
    points = points_of_node(work.experiment.graph, node_id, path)
    if not points:
        return
    varied = [one for one in space_of(work).dimensions if point_of(one) in points]
    label = say("Varies in the search: {count}", count=len(varied)) if varied else say("Vary in a search")
    with st.popover(label, icon=":material/tune:", key=f"vary_{node_id}", width="content"):
        choose_points(work, points, f"vary_points/{'/'.join((*path, node_id))}")
        for one in varied:
            st.caption(f"{one.name}: {written_range(one.choices, one.least, one.most)}")
        if st.button(say("To the search"), key=f"to_search_{node_id}", icon=":material/arrow_forward:"):
            st.switch_page(st.session_state["pages"]["tune"])


def written_range(choices: tuple[object, ...], least: float | None, most: float | None) -> str:
    """The range in which something varies."""
    if choices:
        return ", ".join(map(str, choices))
    return say("from {least} to {most}", least=f"{least or 0:g}", most=f"{most or 0:g}")
