"""Bring your own: Keras code, a model's file or a network that Keras ships, opened as a graph to work on."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from components.bringing import ENDINGS, Brought, around, bring_code, bring_file
from components.codereading import CodeReadingError
from components.experiment import Experiment, ExperimentError
from components.graph import GraphError
from components.keras_config import KerasConfigError
from dashboard import backstage
from dashboard.frame import dialog
from dashboard.state import current_work, open_experiment
from dashboard.texts import say

EXAMPLE = """inputs = keras.Input(shape=(2,))
x = layers.Dense(16, activation="relu")(inputs)
outputs = layers.Dense(2, activation="softmax")(x)
model = keras.Model(inputs, outputs)"""

MOST_NOTES = 12


@dialog("Bring your own", width="large")
def show_bring() -> None:
    """The dialog; what was open stays among the drafts."""
    ways = {say("Code"): from_code, say("File"): from_file, say("A network that Keras ships"): from_name}
    for tab, way in zip(st.tabs(list(ways)), ways.values(), strict=True):
        with tab:
            way(current_work().experiment)


def from_code(like: Experiment) -> None:
    """Code pasted, read and never run."""
    st.caption(say("Any spelling of Keras: functional or Sequential, Keras 2 or 3. The code is read, never run."))
    source = st.text_area(
        say("Keras code"), key="bring_code", height=280, placeholder=EXAMPLE, label_visibility="collapsed"
    )
    if st.button(say("Draw it"), key="bring_draw", type="primary", disabled=not source.strip()):
        take(lambda: bring_code(source, like, networks=backstage.keras_network))


def from_file(like: Experiment) -> None:
    """A file, of which only plain data is looked at."""
    st.caption(
        say(
            "A .keras file or what model.to_json() wrote, a Python file, a notebook, or an experiment of Layerloom. "
            "Only the architecture is read; nothing in the file is loaded or run."
        )
    )
    given = st.file_uploader(say("File"), type=list(ENDINGS), key="bring_file", label_visibility="collapsed")
    if given is not None and st.button(say("Open it"), key="bring_open", type="primary"):
        take(lambda: bring_file(given.name, given.getvalue(), like, backstage.keras_network))


def from_name(like: Experiment) -> None:
    """A network of `keras.applications`, without its weights."""
    names = backstage.remembered("applications", "names", "components.applications.application_names_json")
    if names is None:
        st.caption(say("Keras is still warming up; the list comes in some seconds."))
        return
    name = st.selectbox(say("Network"), names, key="bring_name", label_visibility="collapsed")
    if name and st.button(say("Open it"), key="bring_named", type="primary"):
        take(lambda: Brought(around(backstage.keras_network(name, {}), like, name)))


def take(bring: Callable[[], Brought]) -> None:
    """Open what was brought, with a word on what was left out; or say why there is nothing to open."""
    try:
        brought = bring()
    except (KerasConfigError, ExperimentError, GraphError, CodeReadingError) as error:
        st.error(say(str(error)))
        return
    if brought.experiment is None:
        list_notes(brought.notes)
        return
    work = open_experiment(brought.experiment)
    if brought.notes:
        line, sentence = brought.notes[0]
        more = say("and {count} more", count=len(brought.notes) - 1) if len(brought.notes) > 1 else ""
        work.notice = " ".join(filter(None, [say("Line {line}: {sentence}", line=line, sentence=say(sentence)), more]))
    st.switch_page(st.session_state["pages"]["studio"])


def list_notes(notes: Sequence[tuple[int, str]]) -> None:
    """What was not understood, by line."""
    for line, sentence in notes[:MOST_NOTES]:
        st.warning(say("Line {line}: {sentence}", line=line, sentence=say(sentence)))
    if len(notes) > MOST_NOTES:
        st.caption(say("and {count} more", count=len(notes) - MOST_NOTES))
