"""The parallel coordinates: the trials of a search as lines through their values, drawn by the .js files beside it.

Down, through `data`: `study` (whose ranges are kept in the browser until another is shown), `axes` and `trials` as
`feed.py` makes them, `chosen` (the name of the trial that is looked at, "" for none), `sentence` (what stands below),
`labels`, `height` in pixels where the axes stand side by side.

Up, through state: `chosen` = {trial, times}, the name of the trial that a person clicked (`times` only makes two differ).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import streamlit as st

from components.graph import Json
from dashboard import points
from dashboard.parallel.labels import LABELS
from dashboard.texts import say


@cache
def element() -> Any:
    """The element, registered once; Streamlit serves its files from this folder, and some from the points'."""
    points.element("points")
    return st.components.v2.component("layerloom.parallel", js="parallel.js", css="parallel.css")


def mount_parallel(key: str, data: Mapping[str, Json], on_chosen: Callable[[], None], height: int = 380) -> None:
    """Show the lines; `on_chosen` runs when a person clicked on one."""
    shared = {"labels": {label: say(label) for label in LABELS}, "height": height}
    element()(key=key, data={**shared, **data}, on_chosen_change=on_chosen)
