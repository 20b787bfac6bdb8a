"""Answers: what the model says of the validation data, where it errs and what it mistakes for what."""

from __future__ import annotations

import streamlit as st

from components.graph import Graph, Json
from components.runs import Run
from dashboard import backstage
from dashboard.charts.inside import figure_of_confusion, figure_of_numbers
from dashboard.panels.inside.asking import Question, ask, key_of
from dashboard.panels.inside.looking import kept_note, looked_epoch
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
    if note := kept_note(work, run):
        st.caption(note)
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
    if not verdict["rows"]:
        return
    draw = figure_of_confusion if verdict["names"] else figure_of_numbers
    st.plotly_chart(draw(verdict, theme()), key="inside_answers", config=STILL, alt=describe(verdict, answer))
    if verdict["worst"]:
        st.markdown(say("**Most wrong**"))
        picture = say("picture")
        st.dataframe(
            [line_of(row) for row in verdict["worst"]], hide_index=True, height="content",
            row_height=44 if any("picture" in row for row in verdict["worst"]) else None,
            column_config={picture: st.column_config.ImageColumn(picture)},
        )  # fmt: skip


def describe(verdict: Json, answer: Json) -> str:
    """The verdict in a sentence, and for how many rows there is no number to judge."""
    place = {"epoch": answer["epoch"], "output": verdict["output"]}
    if not verdict["rows"]:
        return say(
            "After epoch {epoch}, {output} says no number for any of {count} validation rows: training has diverged. Look "
            "at an earlier epoch, or lower the learning rate.",
            count=number(answer["rows"]), **place,
        )  # fmt: skip
    if verdict["names"]:
        share = f"{100 * verdict['right'] / verdict['rows']:.1f}"
        said = say(
            "After epoch {epoch}, {output} is right on {share} % of {count} validation rows.",
            share=share, count=number(verdict["rows"]), **place,
        )  # fmt: skip
    else:
        said = say(
            "After epoch {epoch}, {output} is off by {error} on average over {count} validation rows.",
            error=f"{verdict['error']:.3g}", count=number(verdict["rows"]), **place,
        )  # fmt: skip
    if not verdict["strange"]:
        return said
    left_out = say(
        "For {count} more it says no number (NaN or infinite); they are left out.", count=number(verdict["strange"])
    )
    return f"{said} {left_out}"


def line_of(row: Json) -> dict[str, str]:
    """A row that it gets wrong, as a line of a table: as a picture or in words where the data has some."""
    line: dict[str, str] = {say("row"): str(row["row"])}
    if "picture" in row:
        line[say("picture")] = row["picture"]
    if row["label"] != str(row["row"]):
        line[say("text")] = row["label"]
    line |= {say("true"): row["true"], say("predicted"): row["said"]}
    if "probability" in row:
        line[say("probability of the true")] = f"{row['probability']:.3f}"
    return line
