"""Lines: pointing at a node on the canvas lights up its lines of code, and pointing at a line its nodes, in the browser alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

SCRIPT = Path(__file__).with_name("lines.js")

CODE = "code_source"
"""The key of the container of the code; the script looks for it, and for the canvas, by their keys."""


@cache
def element() -> Any:
    """The element, registered once; it shows nothing and is small enough to go with the page."""
    return st.components.v2.component("layerloom_lines", js=SCRIPT.read_text(encoding="utf-8"))


def show_code(source: str, lines: Mapping[str, Sequence[int]], path: Sequence[str], selected: str | None) -> None:
    """The code; `lines` by node as `generate_lines` has them, of which those of the model at `path` are on the canvas."""
    with st.container(key=CODE):
        st.code(source, language="python")
    with st.container(key="quiet_lines"):
        element()(key="code_lines", data={"lines": of_model(lines, path), "selected": selected})


def of_model(lines: Mapping[str, Sequence[int]], path: Sequence[str]) -> dict[str, list[int]]:
    """The lines of the nodes of the model at that path, by their names in it."""
    prefix = "".join(f"{name}/" for name in path)
    own = {node.removeprefix(prefix): list(numbers) for node, numbers in lines.items() if node.startswith(prefix)}
    return {node: numbers for node, numbers in own.items() if "/" not in node}
