"""Answers: what the model says of the validation data, where it errs and what it mistakes for what."""

from __future__ import annotations

import streamlit as st

from components.graph import Graph, Json
from components.runs import Run
from dashboard import backstage
from dashboard.charts.inside import figure_of_confusion, figure_of_numbers
from dashboard.panels.inside.asking import Question, ask, key_of
from dashboard.panels.inside.looking import looked_epoch
from dashboard.plotting import STILL, theme
from dashboard.running import shown_run
from dashboard.state import current_work
from dashboard.texts import number, say

TITLE = "Answers"
EVERY = 1.5
FLIPS = False


def applies(graph: Graph, run: Run) -> bool:
    """Where there is an output that is compared with the data."""
    return bool(run.experiment["training"]["losses"])


def show() -> None:
    """A verdict for each output."""
    work = current_work()
    run = shown_run(work)
    if run is None:
        return
    epoch = looked_epoch(work, run)
    ask(
        Question(
            key_of("answers", [run.id, epoch]),
            "components.inside.judging.judge_run_json",
            (backstage.store().url, run.id, epoch),
            show=show_verdicts,
            meanwhile=lambda: st.caption(say("The model is asked about every row of the validation data…")),
            subject=run.id,
            following=run.active,
        )
    )


def show_verdicts(answer: Json) -> None:
    """All outputs' verdicts, one at a time where there are several."""
    verdicts = {verdict["output"]: verdict for verdict in answer["outputs"]}
    if not verdicts:
        st.caption(say("No output of this model tells classes apart or says a number."))
        return
    names = list(verdicts)
    chosen = names[0]
    if len(names) > 1:
        chosen = st.segmented_control(say("output"), names, default=names[0], key="inside_output") or names[0]
    verdict = verdicts.get(chosen, verdicts[names[0]])
    st.caption(describe(verdict, answer))
    draw = figure_of_confusion if verdict["names"] else figure_of_numbers
    st.plotly_chart(draw(verdict, theme()), key="inside_answers", config=STILL, alt=describe(verdict, answer))
    if verdict["worst"]:
        st.markdown(say("**Most wrong**"))
        st.dataframe([row_of(row) for row in verdict["worst"]], hide_index=True, height="content")


def describe(verdict: Json, answer: Json) -> str:
    """The verdict in a sentence."""
    count = number(answer["rows"])
    if not verdict["names"]:
        return say(
            "After epoch {epoch}, {output} is off by {error} on average over {count} validation rows.",
            epoch=answer["epoch"], output=verdict["output"], error=f"{verdict['error']:.3g}", count=count,
        )  # fmt: skip
    share = f"{100 * verdict['right'] / max(1, answer['rows']):.1f}"
    return say(
        "After epoch {epoch}, {output} is right on {share} % of {count} validation rows.",
        epoch=answer["epoch"], output=verdict["output"], share=share, count=count,
    )  # fmt: skip


def row_of(row: Json) -> dict[str, str]:
    """A row that it gets wrong, as a line of a table."""
    line = {say("row"): row["label"], say("true"): row["true"], say("predicted"): row["said"]}
    if "probability" in row:
        line[say("probability of the true")] = f"{row['probability']:.3f}"
    return line
