"""Hooks: the order in which a fit calls its callbacks, how often it did so far, and which of them listen where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from components.graph import Graph, Json
from components.hooks import HOOKS
from components.runs import Run
from dashboard import backstage
from dashboard.panels.inside.asking import Question, ask, key_of
from dashboard.running import shown_run
from dashboard.state import current_work
from dashboard.texts import say
from dashboard.workspace import workspace

TITLE = "Hooks"
EVERY = 0.5
FLIPS = False

INDENT = "\u2003"


def applies(graph: Graph, run: Run) -> bool:
    """Every fit has hooks."""
    return True


def show() -> None:
    """The order, with what is known of the listeners."""
    run = shown_run(current_work())
    if run is None:
        return
    kinds = sorted({callback["kind"] for callback in run.experiment["training"]["callbacks"]})
    if not kinds:
        table(run, {})
        st.caption(say("No callback listens yet: choose some under Train, and see here where each is called."))
        return
    ask(
        Question(
            key_of("hooks", kinds), "components.training.callbacks.listeners_json", (kinds,),
            show=lambda listeners: table(run, listeners), meanwhile=lambda: table(run, {}),
            subject=kinds, following=run.active,
        )
    )  # fmt: skip


def table(run: Run, listeners: Mapping[str, Sequence[str]]) -> None:
    """Each hook with its calls so far and its listeners."""
    record = backstage.store().last_record(run.id, "hooks", workspace=workspace())
    counted: Json = record.values if record is not None else {"calls": {}, "last": "", "singly": True}
    st.dataframe(
        [
            {
                say("Hook"): INDENT * depth + ("▸ " if hook == counted["last"] else "") + hook,
                say("Calls"): counted["calls"].get(hook),
                say("Who listens"): ", ".join(listeners.get(hook, ())),
            }
            for hook, depth in HOOKS.items()
        ],
        hide_index=True, width="stretch", height=35 * (len(HOOKS) + 1) + 3,
    )  # fmt: skip
    st.caption(
        say(
            "Train holds epochs, an epoch holds batches and then the validation. Hooks around single batches cost time: "
            "where nobody listens there, many steps run as one."
        )
    )
    if not counted["singly"]:
        st.caption(say("So it is here: the calls around batches are those that plain fit would have made."))
