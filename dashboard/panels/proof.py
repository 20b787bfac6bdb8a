"""The proof: the exported file is executed in a process of its own and compared with the network on the canvas."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from components.codegen import Style
from components.experiment import experiment_to_json
from components.graph import Json
from dashboard import backstage
from dashboard.panels.inside.asking import Question, ask, key_of
from dashboard.running import run_of_graph
from dashboard.state import Work
from dashboard.texts import number, say

LABELS: Mapping[Style, str] = {"functional": "Prove it", "sequential": "Prove the Sequential file"}


def prove(work: Work, style: Style, place: str = "") -> None:
    """A button that proves the file of that style, with the weights of the run of this very graph where there is one.

    `place` is what the button's key begins with: the name of a dialog, for which the page behind is not drawn anew.
    """
    question = question_of(work, style, following=bool(place))
    if st.button(
        say(LABELS[style]), key=f"{place}prove",
        help=say("Runs the file apart and compares what its model says with ours."),
    ):  # fmt: skip
        st.session_state[f"{place}proving"] = question.key
    if st.session_state.get(f"{place}proving") == question.key:
        ask(question)


def question_of(work: Work, style: Style, following: bool) -> Question:
    """What the engine is asked: of the run's file, or of the experiment's with fresh weights."""
    run = run_of_graph(work)
    trained = run is not None and run.epoch > 0
    if run is not None and trained:
        request: list[Json] = [run.id, run.epoch, style]
        function, arguments = "prove_run_json", (backstage.store().url, *request)
    else:
        request = [work.experiment.fingerprint, style]
        function, arguments = "prove_experiment_json", (experiment_to_json(work.experiment), style)
    return Question(
        key_of("proof", request),
        f"components.exports.proving.{function}",
        arguments,
        show=show_proof,
        meanwhile=lambda: st.caption(say("The file runs in a process of its own…")),
        following=following,
    )


def show_proof(answer: Json) -> None:
    """What the two models' outputs differ by, at most."""
    told = {
        "difference": f"{answer['difference']:.2g}", "rows": answer["rows"], "parameters": number(answer["parameters"]),
    }  # fmt: skip
    if not answer["same"]:
        st.error(say("Not proved: over {rows} rows the outputs differ by up to {difference}.", **told))
    elif answer["epoch"] is None:
        st.success(
            say(
                "Proved: {parameters} parameters, and with the same fresh weights the outputs differ by {difference} at "
                "most over {rows} rows.",
                **told,
            )
        )
    else:
        st.success(
            say(
                "Proved: {parameters} parameters, and with the weights of epoch {epoch} the outputs differ by "
                "{difference} at most over {rows} rows.",
                epoch=answer["epoch"],
                **told,
            )
        )
