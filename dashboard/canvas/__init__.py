"""The canvas: the element on which graphs are assembled; its drawing and hands are in the .js files beside it.

Down, through `data`: `document`, `revision`, `base` and `view` (see `view.py`), `ack`, `catalogue`, `blocks`,
`labels`, `selected`, `notice` and `noticed` (its number), `copied` (what `copy` asked for), `reading`, `channel`, the
name of the socket over which it may speak as well, and `turn`, which tells what comes late. What cards and edges show
of a run comes in the browser, from the curves beside it: the event `layerloom:signals` bears what `flows.py` says or
null, and `window.layerloomSignals` the last of them.

Up, through state: `ops` = {client, list: [{n, edit, …}]}, the operations that are not acknowledged yet, each an edit
of `components.edits.EDITS` or one of move, many, undo, redo, tidy, open, close, new, fix, block, copy, resync; and
`selected` = {client, n, document, ids, edge}; over the socket as {ops} or {selected}, and then `told` says to the page
that there is news. `many` may carry `positions` beside its `edits`: where its new nodes go, in the same step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import streamlit as st

from components.graph import Json
from dashboard.canvas.labels import LABELS
from dashboard.canvas.view import patch_between, view_of, whole_view

__all__ = ["LABELS", "mount_canvas", "patch_between", "view_of", "whole_view"]


@cache
def element() -> Any:
    """The element, registered once; Streamlit serves its files from this folder."""
    return st.components.v2.component("layerloom.canvas", js="canvas.js", css="canvas.css")


def mount_canvas(
    key: str,
    *,
    data: Mapping[str, Json],
    on_ops: Callable[[], None],
    on_selected: Callable[[], None],
    on_told: Callable[[], None] = lambda: None,
    height: int | None = None,
) -> Any:
    """Draw the canvas and return its state; `on_ops`, `on_selected` and `on_told` run when that state changes.

    `height` is in pixels; without it the page's `--canvas-height` decides.
    """
    whole = dict(data) if height is None else {**data, "height": height}
    return element()(key=key, data=whole, on_ops_change=on_ops, on_selected_change=on_selected, on_told_change=on_told)
