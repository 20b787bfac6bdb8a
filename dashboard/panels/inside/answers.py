"""Answers: what the model says of the validation data, where it errs and what it mistakes for what."""

from __future__ import annotations

import streamlit as st

from components.graph import Graph, Json
from components.runs import Run
from dashboard.curves.feed import shorten
from dashboard.films import film_of
from dashboard.panels.inside.asking import ask_film, key_of
from dashboard.panels.inside.looking import KEPT, kept_here, show_kept_note
from dashboard.points import mount_answers
from dashboard.points.asked import AskedFilm
from dashboard.running import shown_run
from dashboard.state import current_work
from dashboard.texts import language, number, say

TITLE = "Answers"
EVERY = None
FLIPS = True


def applies(graph: Graph, run: Run) -> bool:
    """Where there is an output that is compared with the data."""
    return bool(run.experiment["training"]["losses"])


def show() -> None:
    """A verdict for each output; the browser turns the pictures from epoch to epoch."""
    work = current_work()
    run = shown_run(work)
    if run is None:
        return
    show_kept_note(work, run)
    key = key_of("answers", [run.id, language()])
    film = film_of(key, lambda: AskedFilm(run.id, "components.inside.judging.judge_run_json", (), verdicts_of))
    ask_film(
        film,
        key,
        kept_here(work, run),
        show=lambda page: show_verdicts(run.id, key, page),
        meanwhile=lambda: st.caption(say("The model is asked about every row of the validation data…")),
        following=run.active,
    )


def show_verdicts(run: str, key: str, page: Json) -> None:
    """All outputs' verdicts, one at a time where there are several."""
    names = list(page["verdicts"])
    if not names:
        st.caption(say("No output of this model tells classes apart or says a number."))
        return
    chosen = names[0]
    if len(names) > 1:
        chosen = st.segmented_control(
            say("output"), names, default=names[0], required=True, key="inside_output", **KEPT
        )
    told = {"run": run, "epoch": current_work().scrubbed, "film": key, "pages": [page], "empty": ""}
    mount_answers(
        "inside_answers", {**told, "output": chosen if chosen in names else names[0], "worst": say("Most wrong")}
    )


def verdicts_of(answer: Json) -> Json:
    """What the element draws of an answer: the picture, the sentence and the worst rows of each output's verdict."""
    drawn = ("names", "matrix", "true", "said")
    return {
        "verdicts": {
            verdict["output"]: {
                **{name: shorten(verdict[name]) for name in drawn if name in verdict},
                "sentence": describe(verdict, answer),
                "worst": [line_of(row) for row in verdict["worst"]],
            }
            for verdict in answer["outputs"]
        }
    }


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
