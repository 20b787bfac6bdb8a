"""Workspaces: the unguessable name under which one browser's drafts and runs are kept."""

from __future__ import annotations

import re
import secrets

import streamlit as st

COOKIE = "layerloom_workspace"
A_YEAR = 365 * 24 * 3600
NAME = re.compile(r"[A-Za-z0-9_-]{32,64}")


def workspace() -> str:
    """This browser's workspace: from its cookie, or a new one that `keep_workspace` will put there."""
    if "workspace" not in st.session_state:
        given = st.context.cookies.get(COOKIE, "")
        st.session_state["workspace"] = (
            given if isinstance(given, str) and NAME.fullmatch(given) else secrets.token_urlsafe(32)
        )
    return st.session_state["workspace"]


def keep_workspace() -> None:
    """Write the workspace into the browser's cookie when it is not there yet."""
    if st.context.cookies.get(COOKIE) != workspace():
        cookie = f"{COOKIE}={workspace()}; path=/; max-age={A_YEAR}; SameSite=Strict"
        with st.container(key="quiet_cookie"):
            st.html(f"<script>document.cookie = {cookie!r}</script>", unsafe_allow_javascript=True)
