"""The curves: the element that steers a run and draws it live; its drawing is in the .js files beside it.

Down, through `data` (see `feed.py`): what the run is doing, and the records that the page may not have yet.
Up, through state: `commands` = {client, list: [{n, command, value}]}, those not acknowledged yet; `need` =
{run, after}, when records are missing; `scrub` = {run, epoch}, the epoch that a person looks at.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import streamlit as st

from components.graph import Json

__all__ = ["LABELS", "mount_curves"]

LABELS = (
    "Start training", "Pause", "Resume", "Step", "Epoch", "Stop", "Restart from the same weights",
    "epoch {epoch} of {epochs}", "{speed} steps/s", "{time} left", "learning rate", "train", "validation", "loss",
    "Press Start: the curves grow here while the network learns.", "What is happening", "Show epoch",
    "Logarithmic", "Live curve", "queued", "starting", "running", "paused", "finished", "stopped", "failed", "lost",
    "epoch {epoch}: {values}", "Space: pause · wheel: zoom · double click: all", "Go on from epoch {epoch}",
)  # fmt: skip
"""The element's texts in English; `data["labels"]` translates them."""


@cache
def element() -> Any:
    """The element, registered once; Streamlit serves its files from this folder."""
    return st.components.v2.component("layerloom.curves", js="curves.js", css="curves.css")


def mount_curves(
    key: str,
    *,
    data: Mapping[str, Json],
    on_commands: Callable[[], None],
    on_scrub: Callable[[], None],
    on_need: Callable[[], None],
) -> Any:
    """Draw the training panel and return its state; the callbacks run when that state changes."""
    return element()(
        key=key, data=data, on_commands_change=on_commands, on_scrub_change=on_scrub, on_need_change=on_need
    )
