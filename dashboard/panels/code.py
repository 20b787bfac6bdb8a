"""The Code tab: the experiment as a Python file that runs, to read, change, copy and take home."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from components.codegen import CodeError, Style, generate_code, generate_lines, is_chain
from components.codegen.script import generate_script
from components.exports.notebooks import generate_notebook
from components.graph import Json, clean_name
from dashboard.panels.bring import show_bring
from dashboard.panels.code_editor import edit_code
from dashboard.panels.lines import show_code
from dashboard.panels.proof import prove
from dashboard.state import Work
from dashboard.texts import say

STYLES: dict[Style, str] = {"functional": "Functional", "sequential": "Sequential"}


def show(work: Work, inspection: Json | None) -> None:
    """The tab."""
    style = chosen_style(work)
    try:
        source = generate_code(work.experiment, style)
    except CodeError as error:
        st.warning(say(str(error)))
        return
    downloads(work, source)
    if st.session_state.get("code_edited"):
        edit_code(work, source)
        return
    lines = generate_lines(work.experiment, style)
    selected_lines(work, source, lines)
    show_code(source, lines, work.document.path, work.selected[-1] if work.selected else None)
    prove(work, style)


def chosen_style(work: Work) -> Style:
    """Functional, or Sequential where the graph is a chain."""
    if not is_chain(work.experiment.graph):
        return "functional"
    return (
        st.segmented_control(
            say("Style"), list(STYLES), default="functional", key="code_style", label_visibility="collapsed",
            format_func=lambda style: say(STYLES[style]),
        )
        or "functional"
    )  # fmt: skip


def downloads(work: Work, source: str) -> None:
    """The ways to take it home, and the ways to change it."""
    name = clean_name(work.experiment.name.lower())
    with st.container(horizontal=True):
        st.download_button(
            say("Download Python"), source, f"{name}.py", "text/x-python", key="download_code", on_click="ignore",
            type="primary", icon=":material/download:",
        )  # fmt: skip
        st.download_button(
            say("Notebook"), generate_notebook(work.experiment), f"{name}.ipynb", "application/x-ipynb+json",
            key="download_notebook", on_click="ignore",
        )  # fmt: skip
        if script := script_of(work):
            st.download_button(
                say("Script"), script, f"{name}_train.py", "text/x-python", key="download_script", on_click="ignore",
                help=say("Trains from a command line: epochs, batch size, learning rate, seed, output."),
            )  # fmt: skip
        st.toggle(say("Edit"), key="code_edited", help=say("Change the code; the graph follows."))
        if st.button(say("Bring your own"), key="open_bring", type="tertiary"):
            show_bring()


def script_of(work: Work) -> str | None:
    """The training script; None where there is no data to train on."""
    try:
        return generate_script(work.experiment)
    except CodeError:
        return None


def selected_lines(work: Work, source: str, lines: Mapping[str, Sequence[int]]) -> None:
    """The lines that speak of the selected node, above all others."""
    if not work.selected:
        return
    node = "/".join((*work.document.path, work.selected[-1]))
    numbers = lines.get(node, [])
    if numbers:
        texts = source.split("\n")
        st.caption(say("Of {node}, lines {lines}:", node=node, lines=", ".join(map(str, numbers))))
        st.code("\n".join(texts[number - 1].strip() for number in numbers), language="python")
