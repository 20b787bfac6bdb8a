"""Plotting: how Plotly's figures stand on the page, in the reader's theme."""

from __future__ import annotations

from typing import Any

import streamlit as st

PLAIN = {"displayModeBar": False, "scrollZoom": True, "plotGlPixelRatio": 1}
"""Twice as many pixels as the screen has, as Plotly would draw lines, take a machine without graphics seconds."""

STILL = {"displayModeBar": False, "scrollZoom": False}


def draw(figure: Any, key: str, sentence: str) -> None:
    """A chart with its words; what a person zoomed or brushed stays while it is drawn anew."""
    figure.update_layout(uirevision=key)
    st.plotly_chart(figure, key=f"chart_{key}", config=PLAIN, alt=sentence)
    st.caption(sentence)


def theme() -> str:
    """The reader's theme, "light" or "dark"."""
    return "dark" if st.context.theme.type == "dark" else "light"
