"""Sharing a run: the link with which anybody may watch it, given and taken back by its owner."""

from __future__ import annotations

from urllib.parse import urlsplit

import streamlit as st

from dashboard import backstage
from dashboard.texts import say
from dashboard.workspace import workspace

WATCH = "watch"
"""The page on which a shared run is watched, and in its address the token of the run."""


def sharing_form(run_id: str) -> None:
    """Whether the run may be watched by others, and their link."""
    store = backstage.store()
    given = store.token(run_id, workspace())
    wanted = st.toggle(
        say("Others may watch this run"), value=given is not None, key=f"share_{run_id}",
        help=say("They see its graph and its curves, live, and can change nothing."),
    )  # fmt: skip
    if wanted:
        st.code(link_to(given or store.share(run_id, workspace())), language=None, wrap_lines=True)
    elif given is not None:
        store.unshare(run_id, workspace())


def link_to(token: str) -> str:
    """The address under which the run of that token is watched, as this browser reaches the dashboard."""
    here = urlsplit(st.context.url or "")
    folder = here.path.rsplit("/", 1)[0]
    return (
        f"{here.scheme}://{here.netloc}{folder}/{WATCH}?{WATCH}={token}" if here.netloc else f"{WATCH}?{WATCH}={token}"
    )
