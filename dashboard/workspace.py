"""Workspaces: the unguessable name under which one browser's, or one person's, drafts and runs are kept."""

from __future__ import annotations

import re
import secrets

import streamlit as st
from starlette.websockets import WebSocket

from dashboard import signing_in
from dashboard.scripting import run_script

COOKIE = "layerloom_workspace"
A_YEAR = 365 * 24 * 3600
NAME = re.compile(r"[A-Za-z0-9_-]{32,64}")


def workspace() -> str:
    """This visitor's workspace: where people sign in the person's, otherwise the browser's.

    That is from its cookie, or a new one that `keep_workspace` will put there.
    """
    if signing_in.is_wanted():
        return signing_in.person_here() or st.stop()
    if "workspace" not in st.session_state:
        st.session_state["workspace"] = named_in(st.context.cookies.get(COOKIE)) or secrets.token_urlsafe(32)
    return st.session_state["workspace"]


def workspace_at(socket: WebSocket) -> str:
    """The workspace of whoever is at the other end of a socket; that of nobody where it does not say."""
    if signing_in.is_wanted():
        return signing_in.person_at(socket) or ""
    return named_in(socket.cookies.get(COOKIE))


def named_in(cookie: object) -> str:
    """The workspace that a cookie names; nothing where it is none."""
    return cookie if isinstance(cookie, str) and NAME.fullmatch(cookie) else ""


def keep_workspace() -> None:
    """Write the workspace into the browser's cookie when it is not there yet; a person's is known by signing in."""
    if signing_in.is_wanted() or st.context.cookies.get(COOKIE) == workspace():
        return
    cookie = f"{COOKIE}={workspace()}; path=/; max-age={A_YEAR}; SameSite=Strict"
    run_script(f"document.cookie = {cookie!r}")
