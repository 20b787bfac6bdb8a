"""The drafts dialog: what a visitor has been working on, to be opened again or let go of."""

from __future__ import annotations

import time

import streamlit as st

from components.runs import Draft
from dashboard import backstage
from dashboard.frame import dialog
from dashboard.state import open_draft, turn_to
from dashboard.texts import duration, say
from dashboard.workspace import workspace

LISTED = 30
"""Of the drafts, those last saved."""


@dialog("Your drafts", width="large")
def show_drafts() -> None:
    """The dialog."""
    drafts = backstage.store().drafts(workspace())
    if not drafts:
        st.info(say("No drafts yet: an experiment is kept here from its first change on."))
    for draft in drafts[:LISTED]:
        row(draft)
    if len(drafts) > LISTED:
        st.caption(say("{count} older ones follow as these are deleted.", count=len(drafts) - LISTED))


def row(draft: Draft) -> None:
    """One draft: its name, its age, and its two acts."""
    with st.container(horizontal=True, vertical_alignment="center", key=f"draft_{draft.name}"):
        st.markdown(f"**{name_of(draft)}**  \n{age_of(draft)}", width="stretch")
        if st.button(say("Open"), key=f"draft_open_{draft.name}"):
            open_again(draft)
        st.button(
            say("Delete"), key=f"draft_delete_{draft.name}", type="tertiary", icon=":material/delete:",
            on_click=backstage.store().delete_draft, args=(workspace(), draft.name),
        )  # fmt: skip


def name_of(draft: Draft) -> str:
    """What the experiment is called."""
    return str(draft.content.get("experiment", {}).get("name", draft.name))[:60]


def age_of(draft: Draft) -> str:
    """How long ago it was saved, and how large it is."""
    nodes = len(draft.content.get("experiment", {}).get("graph", {}).get("nodes", ()))
    return say("{nodes} nodes, saved {age} ago", nodes=nodes, age=duration(time.time() - draft.saved))


def open_again(draft: Draft) -> None:
    """Turn to the draft, or say that it cannot be read."""
    work = open_draft(draft.name)
    if work is None:
        st.error(say("This draft cannot be read: it was written by a newer Layerloom, or is damaged."))
        return
    turn_to(work)
    st.switch_page(st.session_state["pages"]["studio"])
