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


def block_form(work: Work, inspection: Json | None, node: str | None = None, place: int | None = None) -> None:
    """Choose a block, set it, and put it after the node, on the edge to its input at `place`, or on its own.

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
        where, words = destination(node, place)
        st.button(
            words,
            key="do_insert_block",
            on_click=lambda: insert(work, {"name": name, "config": dict(config), **where}, inspection),
        )


def destination(node: str | None, place: int | None) -> tuple[Json, str]:
    """Where the block goes, as the edit says it and in words."""
    if node is None:
        return {}, say("Insert on its own")
    if place is None:
        return {"source": node}, say("Insert after {node}", node=node)
    return {"target": node, "place": place}, say("Insert on the edge to {node}", node=node)


def settings_of(block: str) -> dict[str, Any]:
    """What the person has set of a block; kept while others are looked at."""
    return st.session_state.setdefault(CHOSEN, {}).setdefault(block, {})


def insert(work: Work, arguments: Json, inspection: Json | None) -> None:
    """The block in its place, as one step; or a sentence why it does not fit there."""
    try_change(work, lambda document: apply_operation(document, {"edit": "block", **arguments}, lambda _: inspection))
