"""The points: elements for a projection's points and for the surface of what a model says, drawn by the .js files beside it.

Down, through `data`: `run`, `epoch` (the one looked at when the page was made, None for the newest), `film` (the name of
the socket over which pages come, None without), `casts` and `pages` that are known already (see `pages.py`), `colour`
(one of COLOURS), `found` (a part of labels that stand out), `near` = {row, rows} (the chosen row and its neighbours) or
None, `empty` (what to say before the first page), `colours` by theme, `labels`, `height` in pixels.

Up, through state: `chosen` = {row, times}, the row of the point that a person clicked (`times` only makes two differ).

The answers are told `run`, `epoch`, `film`, `pages` and `empty` likewise, `output`, the one looked at, and `worst`, the
title of its worst rows. The maps are told the first five, and draw the blocks of a page. The shares are told `run`, `epoch`, `names` and `pages` = [{epoch, shares, sentence}].
The surface is told `run`, `epoch`, `film` and `pages` likewise, and `points` = {points, truth, names} or None.

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
def element(name: str) -> Any:
    """An element, registered once; Streamlit serves its files from this folder, and some from the flipbook's."""
    flipbook.element()
    return st.components.v2.component(f"layerloom.{name}", js=f"{name}.js", css="points.css")


def mount(name: str, key: str, data: Mapping[str, Json], **more: Any) -> None:
    """Show an element, told what all of them are told and what is its own."""
    shared = {"colours": CLASS_COLOURS, "labels": {label: say(label) for label in LABELS}, "film": None}
    element(name)(key=key, data={**shared, **data}, **more)


def mount_points(key: str, data: Mapping[str, Json], on_chosen: Callable[[], None], height: int = 310) -> None:
    """Show the points; `on_chosen` runs when a person clicked on one."""
    mount("points", key, {"found": "", "near": None, "height": height, **data}, on_chosen_change=on_chosen)


def mount_surface(key: str, data: Mapping[str, Json], height: int = 320) -> None:
    """Show the surface."""
    mount("surface", key, {"height": height, **data})


def mount_answers(key: str, data: Mapping[str, Json], height: int = 320) -> None:
    """Show what the model takes for what."""
    mount("answers", key, {"height": height, **data})


def mount_maps(key: str, data: Mapping[str, Json]) -> None:
    """Show what a layer makes of a row; as high as its pictures are."""
    mount("maps", key, {"height": 0, **data})


def mount_shares(key: str, data: Mapping[str, Json], height: int = 190) -> None:
    """Show what each part makes of the whole."""
    mount("shares", key, {"height": height, **data})
