"""Plotting: how Plotly's figures stand on the page, in the reader's theme."""

from __future__ import annotations

import streamlit as st

PLAIN = {"displayModeBar": False, "scrollZoom": True}
STILL = {"displayModeBar": False, "scrollZoom": False}


def theme() -> str:
    """The reader's theme, "light" or "dark"."""
    return "dark" if st.context.theme.type == "dark" else "light"
