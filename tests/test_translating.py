"""Every text a person reads can be translated: in a language of brackets, no sentence on any page stands outside them."""

from __future__ import annotations

import gettext
import re
from collections.abc import Iterator
from html import unescape

import pytest
from streamlit.testing.v1 import AppTest

from components.graph import GraphError
from components.layers import LAYERS
from dashboard import texts
from dashboard.canvas.view import problem_view
from dashboard.dialogue import palette
from dashboard.editing import apply_operation, new_document
from dashboard.locale.gathering import gather, texts_of
from dashboard.texts import Catalogue, say, speaking
from presets import ARCHITECTURES

BRACKETS = re.compile(r"⟦[^⟦⟧]*⟧")
SENTENCE = re.compile(r"[A-Za-z]{3,} [a-z]{2,} [a-z]{2,}")
"""Three words in a row: names, numbers and formats have fewer."""

FIELDS = ("label", "help", "body", "placeholder", "title", "options", "text")
EXEMPT = ("<style>", "<script>", "data:image")


class Bracketed(gettext.NullTranslations):
    """A language that says every known message in brackets."""

    def __init__(self) -> None:
        super().__init__()
        self._catalog = dict.fromkeys(gather(), "")

    def gettext(self, message: str) -> str:
        return f"⟦{message}⟧" if message in self._catalog else message


@pytest.fixture(scope="module")
def bracketed() -> Catalogue:
    return Catalogue(Bracketed())


pytestmark = pytest.mark.usefixtures("warm_engine")


@pytest.fixture
def in_brackets(bracketed, monkeypatch):
    monkeypatch.setattr(texts, "catalogue", lambda language: bracketed)


def shown(app: AppTest) -> Iterator[str]:
    """Every text of every element."""
    todo = [app._tree]
    while todo:
        node = todo.pop()
        todo += getattr(node, "children", {}).values()
        proto = getattr(node, "proto", None)
        for field in FIELDS if proto is not None else ():
            value = getattr(proto, field, "")
            for text in [value] if isinstance(value, str) else value if hasattr(value, "__iter__") else ():
                yield unescape(getattr(text, "content", text) if not isinstance(text, str) else text)


def unbracketed(text: str) -> str:
    """What of a text was never asked of `say`."""
    text = re.sub(r"<[^>]*>|`[^`]*`|\$[^$]*\$", " ", text)
    while BRACKETS.search(text):
        text = BRACKETS.sub("·", text)
    return text


def page(name: str, **state: object) -> AppTest:
    script = f"from dashboard import frame\nfrom dashboard.views import {name}\nwith frame.told(): {name}.show()"
    app = AppTest.from_string(script, default_timeout=60)
    for key, value in state.items():
        app.session_state[key] = value
    return app.run()


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("gallery", {}),
        *(("studio", {"panel_tab": tab}) for tab in ("Layer", "Train", "Inside", "Code")),
        *((name, {}) for name in ("runs", "learn", "compare", "tune", "ensemble")),
    ],
    ids=str,
)
def test_no_sentence_of_a_page_stands_outside_the_brackets(name, state, in_brackets):
    state = {key: f"⟦{value}⟧" for key, value in state.items()}
    app = page(name, **state)
    assert not app.exception
    said = [text for text in shown(app) if not any(mark in text for mark in EXEMPT)]
    assert any("⟦" in text for text in said)
    assert [text for text in map(unbracketed, said) if SENTENCE.search(text)] == []


def test_a_sentence_with_its_values_in_it_is_told_by_the_message_it_was_made_from(in_brackets):
    with pytest.raises(GraphError) as refused:
        ARCHITECTURES["spirals"].experiment.graph.node("nowhere")
    assert say(str(refused.value)).startswith("⟦")
    assert "nowhere" in say(str(refused.value))


def test_fields_are_named_after_their_values():
    ((message, _),) = texts_of(
        'raise ValueError(f"{node.id} has {len(rows)} rows, and {node.id} takes {most:,} of them.")'
    )
    assert message == "{id} has {rows} rows, and {id} takes {most} of them."


def test_what_no_message_makes_is_told_as_it_is(in_brackets):
    assert say("Zwei Katzen 3") == "Zwei Katzen 3"


def test_an_unknown_language_is_the_source():
    with speaking("xx-YY"):
        assert texts.language() == "en"


def test_a_mend_is_carried_out_and_a_family_keeps_its_colour_in_any_language(in_brackets):
    node = {"edit": "configure", "layer": "hidden", "config": {"units": 7}}
    problem = {
        "node": None,
        "message": "A model has an output, and none is marked; mark one.",
        "fixes": [{"label": "7", "edits": [node]}],
    }
    shown = problem_view(problem)["message"]
    assert shown != problem["message"]
    mend = {"edit": "fix", "node": None, "message": shown, "index": 0}
    document = apply_operation(
        new_document(ARCHITECTURES["spirals"].experiment), mend, lambda _: {"problems": [problem]}
    )
    assert document.graph.layers["hidden"].config["units"] == 7
    families = {entry["family"] for entry in palette()["catalogue"]}
    assert families == {layer.group for layer in LAYERS.values()}
