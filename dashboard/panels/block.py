"""The block form: a pattern of layers with parameters of one's own, sewn in after the selected node."""

from __future__ import annotations

from typing import Any

import streamlit as st

from components.graph import Json
from dashboard.editing import apply_operation
from dashboard.forms import parameter_form
from dashboard.state import Work, try_change
from dashboard.texts import say
from presets import BLOCKS

CHOSEN = "block_settings"


def block_form(work: Work, node: str | None, inspection: Json | None) -> None:
    """Choose a block, set it, and put it after the node, or on its own where none is selected.

    `inspection` is that of the open graph: blocks fit themselves to what flows at their place.
    """
    with st.expander(say("Insert a block"), key="insert_block", icon=":material/add_box:"):
        name = st.selectbox(
            say("Block"), list(BLOCKS), format_func=lambda block: say(BLOCKS[block].title), key="block_name",
            label_visibility="collapsed",
        )  # fmt: skip
        block, config = BLOCKS[name], settings_of(name)
        st.caption(say(block.summary))
        parameter_form(block.parameters, config, config.__setitem__, f"block/{name}")
        where = {"source": node} if node else {}
        st.button(
            say("Insert after {node}", node=node) if node else say("Insert on its own"),
            key="do_insert_block",
            on_click=lambda: insert(work, {"name": name, "config": dict(config), **where}, inspection),
        )


def settings_of(block: str) -> dict[str, Any]:
    """What the person has set of a block; kept while others are looked at."""
    return st.session_state.setdefault(CHOSEN, {}).setdefault(block, {})


def insert(work: Work, arguments: Json, inspection: Json | None) -> None:
    """The block in its place, as one step; or a sentence why it does not fit there."""
    try_change(work, lambda document: apply_operation(document, {"edit": "block", **arguments}, lambda _: inspection))
