"""Findings: what the trials of a search say, as pictures that follow it, and each trial by itself."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from components.drawing.thumbnails import thumbnail_svg
from components.graph import GraphError
from components.searching.samplers import SAMPLERS
from components.searching.search_space import SpaceError
from components.searching.studies import Plan, trial_experiment
from components.searching.trials import TrialRow, Trials
from components.store import Run
from dashboard import backstage
from dashboard.charts import searches
from dashboard.panels.lab import draw_honesty
from dashboard.parallel import mount_parallel
from dashboard.parallel.feed import outliers, parallel_of
from dashboard.plotting import draw, theme
from dashboard.searching import asked, forget
from dashboard.state import open_experiment
from dashboard.texts import duration, say

VIEWS = ("best", "curves", "parallel", "slices", "importance", "honesty")

LEADER = ""
"""In the list of trials: whichever leads, while the search goes on."""

TRIAL = "tune_trial"
"""The list's key."""

PARALLEL = "tune_parallel"

SHARE = 4
"""Pictures of one page are at least so many times as far apart as one takes to make: others search too."""

Made = tuple[Any, str]
"""A figure, or None while there is nothing to draw, and its sentence."""


def choose_view() -> str:
    """Which picture is shown."""
    chosen = st.segmented_control(
        say("view"), VIEWS, default="best", key="tune_view", label_visibility="collapsed",
        format_func=lambda name: say({"best": "Best so far"}.get(name, name.capitalize())),
    )  # fmt: skip
    return chosen or "best"


def draw_view(view: str, run: Run, plan: Plan, trials: Trials) -> None:
    """The chosen view."""
    if view == "honesty":
        draw_honesty(run, plan, trials)
    elif view == "importance":
        draw_importance(run, plan, trials)
    else:
        picture = picture_now(view, run, plan, trials)
        if picture.figure is None:
            st.caption(picture.sentence)
        elif view == "parallel":
            told = {"study": run.id, "chosen": st.session_state.get(TRIAL, LEADER), "sentence": picture.sentence}
            mount_parallel(PARALLEL, {**picture.figure, **told}, on_chosen=look_at_chosen)
        else:
            draw(picture.figure, view, picture.sentence)


def look_at_chosen() -> None:
    """The trial whose line a person clicked is the one that is looked at below."""
    chosen = st.session_state[PARALLEL].get("chosen")
    if chosen:
        st.session_state[TRIAL] = chosen["trial"]


@dataclass(frozen=True)
class Picture:
    """A figure, or what an element of ours draws, and its sentence, when they were made and how long that took."""

    figure: Any
    sentence: str
    of: tuple[str, str, str]
    """The run, the view and the theme."""
    read: int
    """The last record that they know."""
    at: float
    took: float

    def serves(self, of: tuple[str, str, str], read: int) -> bool:
        """Whether it may stay on the page: nothing is new, or it is too early for another."""
        return self.of == of and (self.read == read or time.monotonic() - self.at < SHARE * self.took)


def picture_now(view: str, run: Run, plan: Plan, trials: Trials) -> Picture:
    """The picture that the page shows now; made anew when there is something new, and not too often."""
    of = (run.id, view, theme())
    known: Picture | None = st.session_state.get("tune_picture")
    if known is None or not known.serves(of, trials.read):
        began = time.monotonic()
        figure, sentence = MAKE[view](plan, trials)
        now = time.monotonic()
        known = st.session_state["tune_picture"] = Picture(figure, sentence, of, trials.read, now, now - began)
    return known


def make_best(plan: Plan, trials: Trials) -> Made:
    """Best so far of each sampler."""
    if not trials.complete:
        return None, say("No trial has ended yet.")
    titles = {name: say(method.title) for name, method in SAMPLERS.items()}
    sentence = searches.describe_best(trials.all, titles, plan.monitor, plan.maximises)
    return searches.figure_of_best(trials.all, titles, plan.monitor, plan.maximises, theme()), sentence


def make_curves(plan: Plan, trials: Trials) -> Made:
    """Each trial's curve."""
    if not any(row.epochs for row in trials.all):
        return None, say("The first curve comes with the first epoch.")
    sentence = searches.describe_curves(trials.all)
    return searches.figure_of_curves(trials.all, plan.monitor, plan.maximises, theme()), sentence


def make_parallel(plan: Plan, trials: Trials) -> Made:
    """Parallel coordinates."""
    if not trials.complete:
        return None, say("No trial has ended yet.")
    sentence = say("Drag along an axis to keep the trials in that range; click a line to see its trial below.")
    ranked = trials.ranked(plan.maximises)
    far = outliers([float(row.value or 0.0) for row in ranked])
    if far:
        sentence += " " + say("{count} are far worse than the others and stand at the end of their axis.", count=far)
    return parallel_of(ranked, plan.space, plan.monitor), sentence


def make_slices(plan: Plan, trials: Trials) -> Made:
    """Score against each dimension."""
    if not trials.complete:
        return None, say("No trial has ended yet.")
    sentence = searches.describe_slices(plan.space)
    return searches.figure_of_slices(trials.all, plan.space, plan.monitor, theme()), sentence


MAKE: Mapping[str, Callable[[Plan, Trials], Made]] = {
    "best": make_best,
    "curves": make_curves,
    "parallel": make_parallel,
    "slices": make_slices,
}


def draw_importance(run: Run, plan: Plan, trials: Trials) -> None:
    """What matters, worked out from the trials of all samplers."""
    count = len(trials.complete)
    if count < 4:
        st.caption(searches.describe_importance({}))
        return
    key = f"importance/{run.id}/{count // 10 if run.active else count}"
    url, samplers = backstage.store().url, list(plan.samplers)
    answer = asked(key, "components.searching.archives.importances_json", url, run.id, samplers)
    if not answer.done():
        st.caption(say("Working out the importance…"))
        return
    if answer.exception() is not None:
        forget(key)
        st.warning(say(str(answer.exception())))
        return
    sentence = searches.describe_importance(answer.result())
    if answer.result():
        draw(searches.figure_of_importance(answer.result(), theme()), "importance", sentence)
    else:
        st.caption(sentence)


# One trial


def trial_card(experiment: Any, plan: Plan, trials: Trials) -> None:
    """One trial: its values, its graph, and the way into the studio."""
    ranked = trials.ranked(plan.maximises)
    rows = ranked + [row for row in trials.all if row.state != "complete"]
    if not rows:
        return
    names = {row.name: row for row in rows}

    def in_list(name: str) -> str:
        # Its own words stay the same: a browser goes on showing those of the moment when it was chosen.
        return say("The best so far") if name == LEADER else headline(names[name])

    chosen = st.selectbox(say("trial"), [LEADER, *names], key=TRIAL, format_func=in_list)
    row = names.get(chosen, rows[0])
    try:
        opened = trial_experiment(experiment, row.values, plan)
    except (SpaceError, GraphError) as error:
        st.warning(say(str(error)))
        return
    with st.container(border=True, key="trial_card"):
        values = " · ".join(f"{name} **{written(value)}**" for name, value in row.values.items())
        st.markdown(f"{headline(row)} — {values}" if chosen == LEADER else values)
        st.html(f'<div class="thumbnail"><img alt="" src="data:image/svg+xml;base64,{picture_of(opened.graph)}"></div>')
        told = [say("{count} epochs", count=len(row.epochs))] if row.epochs else []
        told += [duration(row.seconds)] if row.seconds >= 1 else []
        st.caption(" · ".join([*told, *([say(row.reason)] if row.reason else [])]))
        if st.button(say("Open trial in the studio"), key="tune_open", icon=":material/open_in_new:"):
            open_experiment(opened)
            st.switch_page(st.session_state["pages"]["studio"])


def picture_of(graph: Any) -> str:
    """The graph, drawn small, in base 64."""
    return base64.b64encode(thumbnail_svg(graph, 420, 150).encode()).decode()


def headline(row: TrialRow) -> str:
    """A trial in a few words."""
    return f"{row.name} · {score(row.value)} · {say(row.state)}"


def score(value: float | None) -> str:
    """A score for a list."""
    return "–" if value is None else f"{value:.4g}"


def written(value: Any) -> str:
    """A value for a line of text."""
    return f"{value:.3g}" if isinstance(value, float) else str(value)
