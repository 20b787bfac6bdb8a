"""The code editor: code to be changed, read when it is applied and never run; the graph follows as one step to undo."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from components.following import follow_code
from dashboard import backstage
from dashboard.editing import replace_experiment
from dashboard.panels.bring import list_notes
from dashboard.state import Work, try_change
from dashboard.texts import say

FIELD, MOST_OF_NOTES = 380, 150
"""Pixels of the field, and what of them notes may take."""


@dataclass
class Typed:
    """What a person has typed over the code of an experiment, and what was said of it when it was applied."""

    source: str
    text: str
    notes: tuple[tuple[int, str], ...] = ()
    turn: int = 0
    """How often the field began anew; another turn is another widget."""
    applied: bool = False
    """Whether the graph has just followed, so that the code that it gives now is what was typed over."""

    def follow(self, source: str) -> None:
        """Begin anew with other code."""
        self.source = self.text = source
        self.notes, self.turn = (), self.turn + 1


def typed_over(work: Work, source: str) -> Typed:
    """What was typed in this work; the code itself where nothing was."""
    typed = st.session_state.setdefault("code_typed", {}).setdefault(work.id, Typed(source, source))
    if typed.applied:
        typed.source, typed.applied = source, False
    elif typed.source != source and typed.text == typed.source:
        typed.follow(source)
    return typed


def edit_code(work: Work, source: str) -> None:
    """By line what was not followed, the field, and its buttons."""
    typed = typed_over(work, source)
    key = f"code_text/{work.id}/{typed.turn}"

    def keep() -> None:
        typed.text = st.session_state[key]

    if typed.notes:  # above the field, where they are seen without scrolling
        with st.container(height=MOST_OF_NOTES if len(typed.notes) > 1 else "content", key="code_notes"):
            list_notes(typed.notes)
    height = FIELD - MOST_OF_NOTES if typed.notes else FIELD
    st.text_area(say("Code"), typed.text, key=key, height=height, label_visibility="collapsed", on_change=keep)
    if typed.source != source:
        st.caption(say("The graph was changed elsewhere since; what you apply replaces it."))
    with st.container(horizontal=True):
        if st.button(say("Apply"), key="code_apply", type="primary", disabled=typed.text == source):
            apply(work, typed)
        if typed.text != source and st.button(say("Discard"), key="code_discard", type="tertiary"):
            typed.follow(source)
            st.rerun()


def apply(work: Work, typed: Typed) -> None:
    """Let the graph follow; what was typed stays where something in it was not followed."""
    followed = follow_code(work.experiment, typed.source, typed.text, backstage.keras_network)
    typed.notes = followed.notes
    if followed.experiment is not None:
        refused = try_change(work, replace_experiment, followed.experiment)
        if refused is None and followed.notes:
            typed.applied = True
        elif refused is None:
            typed.follow(typed.source)
    st.rerun()
