"""The gallery: every preset as a card with its picture, its idea and its size."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from html import escape

import streamlit as st

from components.drawing.thumbnails import thumbnail_svg
from dashboard.state import open_preset, start_empty
from dashboard.texts import number, say
from presets import ARCHITECTURES
from presets.preset import CONCEPTS, Architecture

COLUMNS = 3


def show() -> None:
    """The page."""
    with st.container(horizontal=True, vertical_alignment="center", key="gallery_head"):
        st.markdown("#### " + say("Start from a network that works, then make it yours"))
        bring = st.button(say("Bring your own"), key="gallery_bring", icon=":material/upload_file:")
        drafts = st.button(say("Your drafts"), key="gallery_drafts", icon=":material/history:")
        if st.button(say("Start empty"), key="start_empty", icon=":material/add:"):
            start_empty()
            st.switch_page(st.session_state["pages"]["studio"])
    if bring:
        from dashboard.panels.bring import show_bring  # what reads code is imported when it is asked for

        show_bring()
    if drafts:
        from dashboard.panels.drafts import show_drafts  # the store is opened when it is asked for

        show_drafts()
    concepts = st.pills(
        say("Concepts"), CONCEPTS, selection_mode="multi", format_func=say, key="concepts", label_visibility="collapsed"
    )
    cards(having(ARCHITECTURES.values(), concepts))


def having(architectures: Iterable[Architecture], concepts: Sequence[str]) -> list[Architecture]:
    """The architectures that show all of the concepts."""
    return [architecture for architecture in architectures if set(concepts) <= set(architecture.concepts)]


def cards(architectures: Sequence[Architecture]) -> None:
    """The cards in rows; on a phone they stack."""
    if not architectures:
        st.info(say("No preset shows all of these at once; take one concept away."))
    with st.container(key="gallery_cards"):
        for start in range(0, len(architectures), COLUMNS):
            for column, architecture in zip(st.columns(COLUMNS), architectures[start : start + COLUMNS], strict=False):
                with column:
                    card(architecture)


def card(architecture: Architecture) -> None:
    """One preset: its picture and words are one piece of HTML, which a browser draws in a tenth of Markdown's time."""
    concepts = [say(concept) for concept in architecture.concepts]
    sizes = " · ".join([say("{count} parameters", count=number(architecture.parameters)), *concepts])
    with st.container(border=True, height="stretch", key=f"card_{architecture.name}"):
        st.html(
            f'<div class="thumbnail"><img alt="" src="data:image/svg+xml;base64,{picture(architecture.name)}"></div>'
            f"<h5>{escape(say(architecture.title))}</h5><p>{escape(say(architecture.idea))}</p>"
            f"<p><small>{escape(sizes)}</small></p>"
        )
        opened = st.button(say("Open"), key=f"open_{architecture.name}")
    if opened:
        open_preset(architecture.name)
        st.switch_page(st.session_state["pages"]["studio"])


@st.cache_data
def picture(name: str) -> str:
    """The preset's graph, drawn small, in base 64."""
    return base64.b64encode(thumbnail_svg(ARCHITECTURES[name].experiment.graph, 300, 150).encode()).decode()
