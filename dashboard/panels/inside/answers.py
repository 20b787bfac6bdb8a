"""Answers: what the model says of the validation data, where it errs and what it mistakes for what."""

from __future__ import annotations

import streamlit as st

from components.graph import Graph, Json
from components.runs import Run, kept_epoch
from dashboard import backstage
from dashboard.curves.feed import shorten
from dashboard.films import film_of
from dashboard.panels.inside.asking import Question, ask, key_of
from dashboard.panels.inside.looking import looked_epoch
from dashboard.points import mount_answers
from dashboard.points.answers import AnswersFilm
from dashboard.running import shown_run
from dashboard.state import current_work
from dashboard.texts import language, number, say
from dashboard.workspace import workspace

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
    kept = kept_epoch(backstage.store().artefacts(run.id, workspace=workspace()), looked_epoch(work, run))
    epoch = looked_epoch(work, run) if kept is None else kept
    key = key_of("answers", [run.id, language()])
    film = film_of(key, lambda: AnswersFilm(run.id, verdicts_of))
    known = film.known(epoch)
    if known is not None:
        show_verdicts(film, key, known)
        return
    ask(
        Question(
            key_of("answers", [run.id, epoch]),
            "components.inside.judging.judge_run_json",
            film.arguments(epoch),
            show=lambda answer: show_verdicts(film, key, answer),
            meanwhile=lambda: st.caption(say("The model is asked about every row of the validation data…")),
            subject=run.id,
            following=run.active,
        )
    )


def show_verdicts(film: AnswersFilm, key: str, answer: Json) -> None:
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
    page = film.pages.get(answer["epoch"]) or film.take(answer)
    told = {"run": film.run, "epoch": current_work().scrubbed, "film": key, "pages": [page], "empty": ""}
    mount_answers("inside_answers", {**told, "output": verdict["output"], "worst": say("Most wrong")})


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
