"""Tune: point at what may vary, search it with several samplers, and learn how much of the result to believe."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import streamlit as st

from components.drawing.thumbnails import thumbnail_svg
from components.graph import GraphError
from components.searching.archives import optuna_address
from components.searching.jobs import workers_reached
from components.searching.samplers import PRUNERS, SAMPLERS
from components.searching.search_space import SpaceError
from components.searching.studies import (
    MOST_AT_ONCE,
    Plan,
    check_plan,
    monitors,
    read_study,
    trial_experiment,
)
from components.searching.trials import Trials
from components.store import Run
from dashboard import backstage
from dashboard.canvas import mount_canvas
from dashboard.charts import searches
from dashboard.dialogue import hear, tell
from dashboard.forms import controlled
from dashboard.frame import telling
from dashboard.hearing import listen_to
from dashboard.panels.lab import draw_honesty
from dashboard.panels.space import dimension_form, pointing
from dashboard.plotting import draw, theme
from dashboard.searching import (
    LABS,
    asked,
    forget,
    forget_study,
    is_waiting,
    lab_state,
    refuse,
    resume_study,
    space_of,
    start_study,
    steer,
    studies,
    study_shown,
    trials_of,
)
from dashboard.state import Work, current_work, open_experiment
from dashboard.texts import duration, number, say

CANVAS = "tune_canvas"

VIEWS = ("best", "curves", "parallel", "slices", "importance", "honesty")
LEADER = ""
"""In the list of trials: whichever leads, while the search goes on."""

TITLES = {sampler: method.title for sampler, method in SAMPLERS.items()}


def show() -> None:
    """The page."""
    current_work().sent = {}
    left, right = st.columns([36, 64], gap="medium")
    with left:
        plan_form()
    with right:
        results()


# The plan


@st.fragment
@telling
def plan_form() -> None:
    """What varies, and how it is searched: the graph to point at above, the way to start below, the rest between."""
    work = current_work()
    with st.container(key="tune_left"):
        canvas(work)
        with st.container(key="tune_plan"):
            st.markdown("#### " + say("Search around {name}", name=work.experiment.name))
            pointing(work)
            for dimension in space_of(work).dimensions:
                dimension_form(work, dimension)
            plan = settings(work)
        start_bar(work, plan)


def canvas(work: Work) -> None:
    """The studio's canvas, on which nothing is changed here: a click chooses what is spoken of below."""
    listen_to(work)
    mount_canvas(
        CANVAS, data={**tell(work), "pointing": True},
        on_ops=lambda: hear(work, {"ops": st.session_state[CANVAS].get("ops")}),
        on_selected=lambda: hear(work, {"selected": st.session_state[CANVAS].get("selected")}),
    )  # fmt: skip


def start_bar(work: Work, plan: Plan) -> None:
    """What keeps the search from beginning, or the button that begins it."""
    sentences = check_plan(work.experiment, plan)
    for sentence in sentences[:3]:
        st.warning(sentence, icon=":material/error:")
    if st.button(
        say("Start the search"), key="tune_start", type="primary", width="stretch", icon=":material/play_arrow:",
        disabled=bool(sentences),
    ):  # fmt: skip
        refused = start_study(work, plan)
        if refused:
            st.error(refused)
        else:
            st.rerun()


def settings(work: Work) -> Plan:
    """Samplers, budget, pruner and score."""
    samplers = st.pills(
        say("samplers, side by side on the same budget"), list(SAMPLERS), default=["random", "tpe"],
        selection_mode="multi", format_func=lambda name: say(TITLES[name]), key="tune_samplers",
        help="\n\n".join(f"{say(method.title)}: {say(method.summary)}" for method in SAMPLERS.values()),
    )  # fmt: skip
    left, middle, right = st.columns(3)
    trials = left.number_input(say("trials each"), 1, 2_000, 30, key="tune_trials")
    epochs = middle.number_input(
        say("epochs"), 1, 10_000, min(20, work.experiment.training.epochs), key=f"tune_epochs/{work.id}"
    )
    seed = right.number_input(say("seed"), 0, 2**31 - 1, 0, key="tune_seed")
    left, right = st.columns(2)
    monitor = left.selectbox(say("score"), monitors(work.experiment), key=f"tune_monitor/{work.id}")
    pruner = right.selectbox(
        say("pruner"), list(PRUNERS), index=1, key="tune_pruner", format_func=lambda name: say(PRUNERS[name].title),
        help="\n\n".join(f"{say(method.title)}: {say(method.summary)}" for method in PRUNERS.values()),
    )  # fmt: skip
    plan = Plan(space_of(work), tuple(samplers), int(trials), int(epochs), pruner, monitor, int(seed))
    workers = workers_reached()
    if workers == 1:
        return plan
    at_once = st.number_input(
        say("trials at once"), 1, min(workers, MOST_AT_ONCE), 1, key="tune_at_once",
        help=say("Each on a worker of its own. One at a time, the same seed makes the same trials again."),
    )  # fmt: skip
    return replace(plan, at_once=int(at_once))


# The study


def results() -> None:
    """The study that is shown; while it goes on it follows."""
    run = study_shown()
    if run is None:
        st.info(say("Point at something that may vary, choose a sampler and start: the trials appear here, live."))
        return
    known = studies()
    if len(known) > 1:
        names = {one.id: f"{one.name} · {one.epoch} · {say(one.state)}" for one in known}
        controlled(
            st.selectbox, say("search"), run.id, lambda chosen: st.session_state.update(study=chosen), "tune_study",
            options=list(names), format_func=names.get, label_visibility="collapsed",
        )  # fmt: skip
    going = is_going(run)
    st.session_state["tune_going"] = going
    st.fragment(telling(live), run_every=(1.0 if run.epoch < 200 else 2.0) if going else None)()


def is_going(run: Run) -> bool:
    """Whether something of the study is under way: trials, a part of the lab, or an answer."""
    labs = any(lab_state(run, lab) in ("queued", "running") for lab in LABS)
    return run.active or labs or is_waiting()


def live() -> None:
    """One refresh."""
    run = study_shown()
    if run is None:
        return
    experiment, plan = read_study(run)
    trials = trials_of(run)
    heading(run, plan, trials)
    view = st.segmented_control(
        say("view"), VIEWS, default="best", key="tune_view", label_visibility="collapsed",
        format_func=lambda name: say({"best": "Best so far"}.get(name, name.capitalize())),
    )  # fmt: skip
    DRAW.get(view or "best", draw_best)(run, plan, trials)
    if view != "honesty":
        trial_card(experiment, plan, trials)
    if is_going(run) != st.session_state.get("tune_going"):
        st.rerun()


def heading(run: Run, plan: Plan, trials: Trials) -> None:
    """How far it is, and the ways to steer it."""
    total = plan.trials * len(plan.samplers)
    with st.container(horizontal=True, vertical_alignment="center", key="tune_transport"):
        st.markdown(f"**{run.name}** · {say(run.state)}", width="content")
        if run.state in ("running", "starting", "queued"):
            button(say("Pause"), "pause", lambda: steer(run, "pause"), ":material/pause:")
        if run.state == "paused":
            button(say("Go on"), "go_on", lambda: steer(run, "resume"), ":material/play_arrow:")
        if run.active:
            button(say("Stop"), "stop", lambda: steer(run, "stop"), ":material/stop:")
        elif run.state in ("stopped", "failed", "lost") and not trials.openings and trials.counted < total:
            button(say("Resume"), "resume", lambda: refuse(resume_study(run)), ":material/play_arrow:")
        with st.popover(say("Optuna"), icon=":material/terminal:"):
            st.caption(say("The same trials in Optuna’s own dashboard, from a terminal on the server:"))
            st.code(f'optuna-dashboard "{optuna_address(backstage.store().url, hide_password=True)}"', language="sh")
        if not run.active:
            with st.popover(say("Delete"), icon=":material/delete:"):
                st.markdown(say("The search goes with all its trials, here and in Optuna's tables."))
                button(say("Delete it"), "delete", lambda: forget_study(run), ":material/delete:")
    st.progress(
        min(1.0, trials.counted / max(1, total)),
        text=say("{done} of {total} trials", done=number(trials.counted), total=number(total)),
    )
    waits = backstage.engine().place(run.id) if run.state == "queued" else None
    message = say(run.message) or (say("Number {place} in the queue.", place=waits) if waits else "")
    if message or st.session_state.get("tune_refused_study"):
        st.caption(st.session_state.pop("tune_refused_study", None) or message)


def button(label: str, key: str, do: Callable[[], Any], icon: str) -> None:
    """One way to steer."""
    st.button(label, key=f"tune_{key}", on_click=do, icon=icon)


def draw_best(run: Run, plan: Plan, trials: Trials) -> None:
    """Best so far of each sampler."""
    if not trials.complete:
        st.caption(say("No trial has ended yet."))
        return
    titles = {name: say(title) for name, title in TITLES.items()}
    sentence = searches.describe_best(trials.all, titles, plan.monitor, plan.maximises)
    draw(searches.figure_of_best(trials.all, titles, plan.monitor, plan.maximises, theme()), "best", sentence)


def draw_curves(run: Run, plan: Plan, trials: Trials) -> None:
    """Each trial's curve."""
    if not any(row.epochs for row in trials.all):
        st.caption(say("The first curve comes with the first epoch."))
        return
    sentence = searches.describe_curves(trials.all)
    draw(searches.figure_of_curves(trials.all, plan.monitor, plan.maximises, theme()), "curves", sentence)


def draw_parallel(run: Run, plan: Plan, trials: Trials) -> None:
    """Parallel coordinates."""
    if not trials.complete:
        st.caption(say("No trial has ended yet."))
        return
    sentence = say("Drag along an axis to keep the trials in that range; the strongest lines scored best.")
    draw(
        searches.figure_of_parallel(trials.all, plan.space, plan.monitor, plan.maximises, theme()),
        "parallel", sentence,
    )  # fmt: skip


def draw_slices(run: Run, plan: Plan, trials: Trials) -> None:
    """Score against each dimension."""
    if not trials.complete:
        st.caption(say("No trial has ended yet."))
        return
    sentence = searches.describe_slices(plan.space)
    draw(searches.figure_of_slices(trials.all, plan.space, plan.monitor, theme()), "slices", sentence)


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

    def told(name: str) -> str:
        row = names.get(name, rows[0])
        line = f"{row.name} · {score(row.value)} · {say(row.state)}"
        return say("The best so far: {trial}", trial=line) if name == LEADER and ranked else line

    chosen = st.selectbox(say("trial"), [LEADER, *names], key="tune_trial", format_func=told)
    row = names.get(chosen, rows[0])
    try:
        opened = trial_experiment(experiment, row.values, plan)
    except (SpaceError, GraphError) as error:
        st.warning(say(str(error)))
        return
    with st.container(border=True, key="trial_card"):
        values = " · ".join(f"{name} **{written(value)}**" for name, value in row.values.items())
        st.markdown(values)
        st.html(f'<div class="thumbnail"><img alt="" src="data:image/svg+xml;base64,{picture_of(opened.graph)}"></div>')
        facts = [say("{count} epochs", count=len(row.epochs))] if row.epochs else []
        facts += [duration(row.seconds)] if row.seconds >= 1 else []
        st.caption(" · ".join([*facts, *([say(row.reason)] if row.reason else [])]))
        if st.button(say("Open trial in the studio"), key="tune_open", icon=":material/open_in_new:"):
            open_experiment(opened)
            st.switch_page(st.session_state["pages"]["studio"])


def picture_of(graph: Any) -> str:
    """The graph, drawn small, in base 64."""
    return base64.b64encode(thumbnail_svg(graph, 420, 150).encode()).decode()


def score(value: float | None) -> str:
    """A score for a list."""
    return "–" if value is None else f"{value:.4g}"


def written(value: Any) -> str:
    """A value for a line of text."""
    return f"{value:.3g}" if isinstance(value, float) else str(value)


DRAW: Mapping[str, Callable[[Run, Plan, Trials], None]] = {
    "best": draw_best,
    "curves": draw_curves,
    "parallel": draw_parallel,
    "slices": draw_slices,
    "importance": draw_importance,
    "honesty": draw_honesty,
}
