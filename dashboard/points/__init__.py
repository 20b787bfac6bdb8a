"""The points: the element that shows a projection's points in two or three dimensions, its drawing in the .js files beside it.

Down, through `data`: `run`, `epoch` (the one looked at when the page was made, None for the newest), `film` (the name of
the socket over which pages come, None without), `casts` and `pages` that are known already (see `pages.py`), `colour`
(one of COLOURS), `found` (a part of labels that stand out), `near` = {row, rows} (the chosen row and its neighbours) or
None, `empty` (what to say before the first page), `colours` by theme, `labels`, `height` in pixels.

Up, through state: `chosen` = {row, times}, the row of the point that a person clicked (`times` only makes two differ).

The epoch slider's element tells of each epoch by the window's event `layerloom:looked`, as for the flipbook.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import streamlit as st

from components.graph import Json
from dashboard.charts import CLASS_COLOURS
from dashboard.curves import flipbook
from dashboard.points.labels import LABELS
from dashboard.texts import say

COLOURS = {"classes": "class", "predictions": "prediction", "mistakes": "mistake"}
"""What the points' colours can tell, and what a person calls it."""


@cache
def element() -> Any:
    """The element, registered once; Streamlit serves its files from this folder, and some from the flipbook's."""
    flipbook.element()
    return st.components.v2.component("layerloom.points", js="points.js", css="points.css")


def mount_points(key: str, data: Mapping[str, Json], on_chosen: Callable[[], None], height: int = 310) -> None:
    """Show the points; `on_chosen` runs when a person clicked on one."""
    shared = {"colours": CLASS_COLOURS, "labels": {label: say(label) for label in LABELS}, "height": height}
    element()(key=key, data={"found": "", "near": None, **shared, **data}, on_chosen_change=on_chosen)
