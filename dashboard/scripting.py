"""Scripting: what a page has its browser do, without anything to be seen."""

from __future__ import annotations

import streamlit as st


def run_script(script: str) -> None:
    """Run a line of JavaScript in the browser, once for each time that it comes onto the page."""
    with st.container(key="quiet_script"):
        st.html(f"<script>{script}</script>", unsafe_allow_javascript=True)
