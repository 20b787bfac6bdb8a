"""The curves: the element that steers a run and draws it live; its drawing is in the .js files beside it.

Down, through `data`: what `feed.py` makes of a run and its records, and beside it `learning_rate`, `ack` = {client,
last}, `saying` (sentences), `ghosts` (see `feed.py`), `scrubbed`, `labels`, `editable` (whether the person
may steer) and `forks` (whether a run may be forked from an epoch).

Up, through state: `commands` = {client, list: [{n, command, value}]}, those that are not acknowledged yet, each one of
start, pause, resume, step, epoch, stop, learning_rate, rewind, restart, fork; `need` = {run, after, times}, when
records after that number are missing (`times` only makes two asks differ); `scrub` = {run, epoch}, the epoch that a
person looks at, null for the newest.

While a run goes on its records come over a socket as well (see `dashboard/streaming.py`), many times a second.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import streamlit as st

from components.graph import Json
from dashboard.curves.labels import LABELS

__all__ = ["LABELS", "mount_curves"]


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
    height: int | None = None,
) -> Any:
    """Draw the training panel and return its state; the callbacks run when that state changes.

    `height` is in pixels; without it the page's `--run-height` decides.
    """
    whole = dict(data) if height is None else {**data, "height": height}
    return element()(
        key=key, data=whole, on_commands_change=on_commands, on_scrub_change=on_scrub, on_need_change=on_need
    )
