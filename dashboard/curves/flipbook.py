"""The flipbook: a picture of every epoch at once, of which the browser shows the one that the epoch slider stands on.

Down, through `data`: `run`, `epoch` (the one looked at when the page was made, None for the newest), `picture` (one of
PICTURES), `pages` = [{"epoch", "sentence", …}] in their order, `height` in pixels, `empty` (what to say before the first
page), and what else the picture needs. A page may have `notes` (sentences) and `tables` ({title, columns, rows}, all
texts). Nothing comes up.

The slider's element (`curves.js`) tells of each epoch by the window's event `layerloom:looked`: no way over the server.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import streamlit as st

from components.graph import Json
from dashboard.charts import History
from dashboard.curves.feed import evenly, shorten

PICTURES = ("ridges", "heat", "percentiles", "bars")

MOST_PAGES = 150
"""Of more epochs some are left out: the slider has no more pixels to stand on."""


@cache
def element() -> Any:
    """The element, registered once; Streamlit serves its files from this folder."""
    return st.components.v2.component("layerloom.flipbook", js="flipbook.js", css="flipbook.css")


def mount_flipbook(
    key: str, run: str, epoch: int | None, picture: str, pages: Sequence[Json], empty: str, **more: Json
) -> None:
    """Show the pages."""
    data = {"run": run, "epoch": epoch, "picture": picture, "pages": list(pages), "empty": empty, **more}
    element()(key=key, data=data)


def pages_of(history: History, sentences: Mapping[int, str], said: Mapping[int, str]) -> list[Json]:
    """A page for each epoch's histogram: its sentence below the picture, and `said` where a hand points at it."""
    return [
        {"epoch": epoch, "sentence": sentences.get(epoch, ""), "said": said.get(epoch, ""), **shorten(numbers_of(histogram))}
        for epoch, histogram in evenly(history, MOST_PAGES)
    ]  # fmt: skip


def numbers_of(histogram: Mapping[str, Any]) -> dict[str, Any]:
    """What is drawn of a histogram."""
    drawn = {name: histogram[name] for name in ("low", "high")}
    return {**drawn, "counts": list(histogram["counts"]), "percentiles": list(histogram.get("percentiles") or [])}
