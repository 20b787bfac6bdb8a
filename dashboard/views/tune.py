"""Tune: point at what may vary, search it with several samplers, and learn how much of the result to believe."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import streamlit as st

from components.searching.archives import optuna_address
from components.searching.jobs import workers_reached
from components.searching.samplers import PRUNERS, SAMPLERS
from components.searching.studies import (
    MOST_AT_ONCE,
    Plan,
    check_plan,
    monitors,
    read_study,
)
from components.searching.trials import Trials
from components.store import Run
from dashboard import backstage
from dashboard.canvas import mount_canvas
from dashboard.dialogue import hear, tell
from dashboard.forms import controlled
from dashboard.frame import telling
from dashboard.hearing import listen_to
from dashboard.panels.findings import choose_view, draw_view, trial_card
from dashboard.panels.space import dimension_form, pointing
from dashboard.searching import (
    LABS,
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
from dashboard.state import Work, current_work
from dashboard.texts import number, say

CANVAS = "tune_canvas"

BEAT = 0.5
"""Seconds between two looks at a search that goes on."""


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
        selection_mode="multi", format_func=lambda name: say(SAMPLERS[name].title), key="tune_samplers",
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
    st.fragment(telling(live), run_every=BEAT if going else None)()


def is_going(run: Run) -> bool:
    """Whether something of the study is under way: trials, a part of the lab, or an answer."""
    labs = any(lab_state(run, lab) in ("queued", "running") for lab in LABS)
    return run.active or labs or is_waiting()


def live() -> None:
    """One beat."""
    run = study_shown()
    if run is None:
        return
    experiment, plan = read_study(run)
    trials = trials_of(run)
    heading(run, plan, trials)
    view = choose_view()
    draw_view(view, run, plan, trials)
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
