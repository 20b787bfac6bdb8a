"""Every text a person reads is asked of `say`, so that it can be translated."""

import ast
from pathlib import Path

import pytest

from dashboard.texts import duration, number, say

DASHBOARD = Path(__file__).parents[1] / "dashboard"
SOURCES = sorted(DASHBOARD.rglob("*.py"))
SHOWING = {
    "button", "caption", "code", "dialog", "download_button", "error", "expander", "file_uploader", "header", "info",
    "markdown", "metric", "multiselect", "number_input", "pills", "popover", "radio", "segmented_control", "selectbox",
    "slider", "subheader", "success", "text_area", "text_input", "title", "toggle", "warning", "write",
}  # fmt: skip
UNTRANSLATED = {"SVG", "DOT", "PNG", "JSON"}
"""Names of formats, the same in every language."""


def bare_texts(source: Path) -> list[str]:
    """String literals given straight to a Streamlit element, and to its help and placeholder."""
    found = []
    for call in ast.walk(ast.parse(source.read_text())):
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute) or call.func.attr not in SHOWING:
            continue
        shown = [*call.args[:1], *(k.value for k in call.keywords if k.arg in {"label", "help", "placeholder", "body"})]
        found += [
            node.value
            for node in shown
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value not in UNTRANSLATED
        ]
    return found


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: str(path.relative_to(DASHBOARD)))
def test_no_text_is_shown_without_say(source):
    assert bare_texts(source) == []


def test_fields_are_filled_in_after_translation():
    assert say("{count} parameters", count=3) == "3 parameters"


def test_numbers_and_durations_read_as_a_person_says_them():
    assert number(1000052) == "1\u202f000\u202f052"
    assert [duration(s) for s in (4.2, 130, 3900)] == ["4 s", "2 min 10 s", "1 h 5 min"]
