"""Neighbours: the point that a person chose in a projection, and what is nearest to it in the layer's own space."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import streamlit as st

from components.graph import Json
from dashboard import backstage
from dashboard.panels.inside.asking import Question, ask, key_of
from dashboard.texts import say

COUNT = 10
MOST_CHOICES = 600
"""Of more points than this a person searches for a word first, or clicks."""

MOST_FOUND = 60

CHOSEN = "inside_row"
"""The row of the chosen point; it outlives the widget, which is not drawn while a picture is being worked out."""

CHOICE = "inside_choice"
METRICS = {"cosine": "by angle", "euclidean": "by distance"}


def choose_point(cast: Json, found: str, layer: Json) -> int | None:
    """The row of the point whose neighbours are asked for: the one clicked, chosen by its label, or searched for."""
    labels = dict(zip(cast["rows"], cast["labels"], strict=True))
    rows = [row for row, label in labels.items() if found.lower() in label.lower()]
    rows = rows[:MOST_FOUND] if found else rows
    if found and not rows:
        st.caption(say("No label holds “{word}”.", word=found))
    if found and st.session_state.get("inside_sought") != [found, layer]:
        st.session_state["inside_sought"] = [found, layer]
        st.session_state[CHOSEN] = best_match(labels, rows, found)
    chosen = st.session_state.get(CHOSEN)
    if chosen not in labels:
        chosen = st.session_state[CHOSEN] = None
    options = rows if len(rows) <= MOST_CHOICES else []
    if chosen is not None and chosen not in options:
        options = [chosen, *options]
    if not options:
        st.selectbox(
            say("Nearest to"), [], index=None, key="inside_no_choice", disabled=True, label_visibility="collapsed",
            placeholder=say("click on a point, or search"),
        )  # fmt: skip
        return None
    st.session_state[CHOICE] = chosen
    return st.selectbox(
        say("Nearest to"), options, key=CHOICE, index=None, label_visibility="collapsed", on_change=choose,
        format_func=lambda row: say("nearest to {label}", label=labels.get(row, row)),
        placeholder=say("nearest neighbours of…"),
        help=say("Click on a point of the picture, or choose it here."),
    )  # fmt: skip


def choose() -> None:
    """A person chose a point by its label, or none."""
    st.session_state[CHOSEN] = st.session_state[CHOICE]


def best_match(labels: dict[int, str], rows: list[int], found: str) -> int | None:
    """The row whose label is the word itself, or the only one that holds it."""
    exact = [row for row in rows if str(labels[row]).lower() == found.lower()]
    return exact[0] if exact else rows[0] if len(rows) == 1 else None


def clicked() -> None:
    """A person clicked on a point of the picture."""
    chosen = st.session_state["inside_projection"].get("chosen")
    if chosen:
        st.session_state[CHOSEN] = int(chosen["row"])


def ask_neighbours(request: Json, row: int, metric: str, epoch: int, show: Callable[[Json], None]) -> None:
    """Show the picture at once, and again with the neighbours when they are known."""
    options = {"most": request["most"], "split": request["options"]["split"]}
    arguments = [request["run"], request["layer"], request["what"], row, COUNT, metric, options]
    subject = [*arguments, "near"]
    ask(
        Question(
            key_of("neighbours", [*subject, epoch]),
            "components.inside.projections.neighbourhood_json",
            (backstage.store().url, *arguments, epoch),
            show=show,
            meanwhile=lambda: show({"row": row, "neighbours": [], "samples": []}),
            subject=subject,
        )
    )


def list_neighbours(near: Json, metric: str) -> None:
    """The neighbours by name, with their distances, and as pictures where the data has some."""
    if not near["neighbours"]:
        return
    samples = near["samples"] or [None] * (1 + len(near["neighbours"]))
    pictures = [picture for sample in samples if (picture := picture_of(sample)) is not None]
    if len(pictures) == len(samples):
        captions = [say("chosen"), *(f"{each['label']} · {each['distance']:.3g}" for each in near["neighbours"])]
        st.image(pictures, caption=captions, width=58)
        return
    distance = say("1 − cosine") if metric == "cosine" else say("distance")
    st.dataframe(
        [{say("neighbour"): each["label"], distance: f"{each['distance']:.4g}"} for each in near["neighbours"]],
        hide_index=True, height="content",
    )  # fmt: skip


def picture_of(sample: Json) -> np.ndarray | None:
    """The first picture among the inputs of a row, uint8 [height, width] or [height, width, 3]; None without one."""
    for values in (sample or {}).values():
        if values["kind"] == "image":
            pixels = np.asarray(values["values"], np.uint8)
            return pixels[:, :, 0] if pixels.shape[-1] == 1 else pixels
    return None
