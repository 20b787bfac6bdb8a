"""Tune: point at what may vary, search it with several samplers, and learn how much of the result to believe."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import streamlit as st

from components.drawing.thumbnails import thumbnail_svg
from components.graph import GraphError
from components.searching.samplers import PRUNERS, SAMPLERS
from components.searching.search_space import Dimension, SpaceError, parameter_of
from components.searching.studies import (
    NESTED_TRIALS,
    Plan,
    check_plan,
    monitors,
    read_study,
    trial_experiment,
)
from components.searching.trials import Trials
from components.store import Run
from dashboard import backstage
from dashboard.charts import searches
from dashboard.forms import controlled
from dashboard.frame import telling
from dashboard.plotting import PLAIN, theme
from dashboard.searching import (
    LABS,
    asked,
    change_dimension,
    forget,
    forget_study,
    is_waiting,
    keep_space,
    lab_state,
    label_of,
    point_at,
    points_of_node,
    points_of_training,
    resume_study,
    space_of,
    start_lab,
    start_study,
    steer,
    studies,
    study_shown,
    trials_of,
)
from dashboard.state import Work, current_work, open_experiment
from dashboard.texts import duration, number, say

TRAINING = "training"
VIEWS = ("best", "curves", "parallel", "slices", "importance", "honesty")
TITLES = {sampler: method.title for sampler, method in SAMPLERS.items()}


def show() -> None:
    """The page."""
    left, right = st.columns([36, 64], gap="medium")
    with left:
        plan_form()
    with right:
        results()


# The plan


@st.fragment
@telling
def plan_form() -> None:
    """What varies, and how it is searched."""
    work = current_work()
    st.markdown("#### " + say("Search around {name}", name=work.experiment.name))
    pointing(work)
    for dimension in space_of(work).dimensions:
        dimension_form(work, dimension)
    plan = settings(work)
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


def pointing(work: Work) -> None:
    """Choose a node, then what of it may vary."""
    graph = work.experiment.graph
    nodes = [TRAINING, *(node.id for node in graph.nodes if points_of_node(graph, node.id))]
    wanted = work.selected[-1] if work.selected and work.selected[-1] in nodes else TRAINING
    st.html(f'<div class="thumbnail"><img alt="" src="data:image/svg+xml;base64,{picture_of(graph)}"></div>')
    node = st.selectbox(
        say("layer"), nodes, index=nodes.index(wanted), key=f"tune_node/{work.id}/{wanted}",
        format_func=lambda name: say("the training") if name == TRAINING else name,
    )  # fmt: skip
    points = points_of_training(work.experiment) if node == TRAINING else points_of_node(graph, node)
    varied = [(one.place, one.owner, one.parameter) for one in space_of(work).dimensions]
    chosen = [point for point in points if point in varied]
    controlled(
        st.pills, say("what may vary"), chosen, lambda now: repoint(work, chosen, now), f"tune_points/{work.id}/{node}",
        options=points, selection_mode="multi", format_func=label_of,
    )  # fmt: skip
    if st.session_state.get("tune_refused"):
        st.warning(st.session_state.pop("tune_refused"))


def repoint(work: Work, before: list[Any], now: list[Any]) -> None:
    """Other parameters were pointed at."""
    for point in [*before, *now]:
        if (point in before) != (point in now):
            st.session_state["tune_refused"] = point_at(work, tuple(point))


def picture_of(graph: Any) -> str:
    """The graph, drawn small, in base 64."""
    return base64.b64encode(thumbnail_svg(graph, 420, 150).encode()).decode()


def dimension_form(work: Work, one: Dimension) -> None:
    """The range of a dimension, and the way to take it out."""
    key = f"tune_dimension/{work.id}/{one.name}"
    with st.container(border=True, key=f"dimension_{abs(hash(one.name))}"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{one.name}**", width="stretch")
            if one.least is not None:
                controlled(
                    st.toggle, say("log"), one.log, lambda on: change_dimension(work, one.but(log=on, step=None)),
                    f"{key}/log", help=say("Every factor of ten as likely as any other"),
                )  # fmt: skip
            st.button(
                say("Remove"), key=f"{key}/remove", icon=":material/close:", type="tertiary", help=say("Let it not vary"),
                on_click=lambda: keep_space(work, space_of(work).minus(one.name)),
            )  # fmt: skip
        if one.place in ("present", "branch"):
            st.caption(say("there, or left out") if one.place == "present" else say("enters, or is cut"))
        elif one.choices:
            choices_form(work, one, key)
        else:
            range_form(work, one, key)


def choices_form(work: Work, one: Dimension, key: str) -> None:
    """Which choices there are."""
    known = [*one.choices]
    if all(isinstance(value, str) for value in known):
        offered = points_choices(work, one)
        known = list(dict.fromkeys([*known, *offered]))
    controlled(
        st.multiselect, say("values"), list(one.choices),
        lambda chosen: change_dimension(work, one.but(choices=tuple(read_choice(value) for value in chosen))),
        f"{key}/choices", options=known, format_func=str, label_visibility="collapsed", accept_new_options=True,
    )  # fmt: skip


def points_choices(work: Work, one: Dimension) -> list[str]:
    """All names that the parameter takes."""
    fact = parameter_of(work.experiment, one)
    return [value for value in fact.choices if isinstance(value, str)] if fact is not None else []


def read_choice(value: Any) -> Any:
    """A choice as it was offered, or a number that was typed in."""
    if not isinstance(value, str):
        return value
    for kind in (int, float):
        try:
            return kind(value)
        except ValueError:
            continue
    return value


def range_form(work: Work, one: Dimension, key: str) -> None:
    """From, to and the step."""
    kind: Callable[[Any], Any] = int if one.whole else float
    columns = st.columns(3)
    for column, name, label in zip(
        columns, ("least", "most", "step"), (say("from"), say("to"), say("step")), strict=True
    ):
        value = getattr(one, name)
        if name == "step" and one.log:
            continue
        with column:
            controlled(
                st.number_input, label, None if value is None else kind(value),
                partial(enter, work, one, name),
                f"{key}/{name}", format="%d" if one.whole else "%g", step=1 if one.whole else None,
                placeholder=say("any"),
            )  # fmt: skip


def enter(work: Work, one: Dimension, name: str, entered: float | None) -> None:
    """Another end of the range, or another step."""
    change_dimension(work, one.but(**{name: entered}))


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
    return Plan(space_of(work), tuple(samplers), int(trials), int(epochs), pruner, monitor, int(seed))


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
        if not run.active:
            with st.popover(say("Delete"), icon=":material/delete:"):
                st.markdown(say("The search goes with all its trials, here and in Optuna's tables."))
                button(say("Delete it"), "delete", lambda: forget_study(run), ":material/delete:")
    st.progress(
        min(1.0, trials.counted / max(1, total)),
        text=say("{done} of {total} trials", done=number(trials.counted), total=number(total)),
    )
    waits = backstage.engine().place(run.id) if run.state == "queued" else None
    message = run.message or (say("Number {place} in the queue.", place=waits) if waits else "")
    if message or st.session_state.get("tune_refused_study"):
        st.caption(st.session_state.pop("tune_refused_study", None) or message)


def button(label: str, key: str, do: Callable[[], Any], icon: str) -> None:
    """One way to steer."""
    st.button(label, key=f"tune_{key}", on_click=do, icon=icon)


def refuse(sentence: str | None) -> None:
    """Say why not, at the next drawing."""
    st.session_state["tune_refused_study"] = sentence


def draw(figure: Any, key: str, sentence: str) -> None:
    """A chart with its words."""
    st.plotly_chart(figure, key=f"tune_chart_{key}", config=PLAIN, alt=sentence)
    st.caption(sentence)


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
    sentence = say("The score against one dimension at a time; darker points are later trials.")
    draw(searches.figure_of_slices(trials.all, plan.space, plan.monitor, theme()), "slices", sentence)


def draw_importance(run: Run, plan: Plan, trials: Trials) -> None:
    """What matters, worked out from the sampler with the most even sample."""
    sampler = "random" if "random" in plan.samplers else plan.samplers[0]
    count = sum(row.sampler == sampler for row in trials.complete)
    if count < 4:
        st.caption(searches.describe_importance({}))
        return
    key = f"importance/{run.id}/{sampler}/{count // 5 if run.active else count}"
    answer = asked(key, "components.searching.archives.importances_json", backstage.store().url, run.id, sampler)
    if not answer.done():
        st.caption(say("Working out the importance…"))
        return
    if answer.exception() is not None:
        forget(key)
        st.warning(str(answer.exception()))
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
    chosen = st.selectbox(
        say("trial"), list(names), key="tune_trial",
        format_func=lambda name: f"{name} · {score(names[name].value)} · {say(names[name].state)}",
    )  # fmt: skip
    row = names[chosen]
    try:
        opened = trial_experiment(experiment, row.values, plan)
    except (SpaceError, GraphError) as error:
        st.warning(str(error))
        return
    with st.container(border=True, key="trial_card"):
        values = " · ".join(f"{name} **{written(value)}**" for name, value in row.values.items())
        st.markdown(values)
        st.html(f'<div class="thumbnail"><img alt="" src="data:image/svg+xml;base64,{picture_of(opened.graph)}"></div>')
        told = [say("{count} epochs", count=len(row.epochs))] if row.epochs else []
        told += [duration(row.seconds)] if row.seconds >= 1 else []
        st.caption(" · ".join([*told, *([row.reason] if row.reason else [])]))
        if st.button(say("Open trial in the studio"), key="tune_open", icon=":material/open_in_new:"):
            open_experiment(opened)
            st.switch_page(st.session_state["pages"]["studio"])


def score(value: float | None) -> str:
    """A score for a list."""
    return "–" if value is None else f"{value:.4g}"


def written(value: Any) -> str:
    """A value for a line of text."""
    return f"{value:.3g}" if isinstance(value, float) else str(value)


# The honesty lab


def draw_honesty(run: Run, plan: Plan, trials: Trials) -> None:
    """The sealed test data, luck, and repeats."""
    ranked = trials.ranked(plan.maximises)
    if not ranked:
        st.caption(say("The lab begins with the first complete trial."))
        return
    winner = float(ranked[0].value or 0.0)
    seal(run, plan, trials)
    luck(run, plan, trials, winner)
    repeats(run, plan, trials, winner)
    nested(run, plan, trials, winner)


def seal(run: Run, plan: Plan, trials: Trials) -> None:
    """The test data: sealed, or opened once."""
    with st.container(border=True, key="lab_seal"):
        if trials.opened is not None:
            when = moment(trials.opened["at"])
            st.markdown(f":material/lock_open: **{say('The test data were opened on {when}', when=when)}**")
            sentence = searches.describe_curse(trials.opened, plan.maximises)
            draw(searches.figure_of_curse(trials.opened, plan.monitor, theme()), "curse", sentence)
            return
        if trials.read_by is not None:
            tell_read(trials.read_by)
        else:
            st.markdown(f":material/lock: **{say('The test data are sealed: no trial has seen them')}**")
            st.caption(
                say("They are opened once, at the end, by you. After that this search is over: choose no more by them.")
            )
        key = f"seal/{run.id}"
        answers = st.session_state.get("search_answers", {})
        if key in answers and not answers[key].done():
            st.caption(say("Evaluating on the test data…"))
            return
        if key in answers and answers[key].exception() is not None:
            st.warning(str(answers[key].exception()))
            forget(key)
        label = say("Open the seal") if trials.read_by is None else say("Judge the winner on them too")
        with st.popover(label, disabled=run.active, icon=":material/lock_open:"):
            st.markdown(say("The winner is evaluated on the test data, this once. It is recorded."))
            if st.button(say("Open it now"), key="seal_open", type="primary"):
                asked(key, "components.searching.honesty.open_seal", backstage.store().url, run.id)
                st.rerun()


def tell_read(read: dict[str, Any]) -> None:
    """The test data were opened for an ensemble."""
    st.markdown(f":material/lock_open: **{say('The test data were opened on {when}', when=moment(read['at']))}**")
    st.caption(
        say(
            "The ensemble “{name}” was judged on them, so this search is over: choose no more by them.", name=read["by"]
        )
    )


def moment(at: float) -> str:
    """Seconds since 1970 as a date and a time."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(at))


def luck(run: Run, plan: Plan, trials: Trials, winner: float) -> None:
    """How good luck looks: the same search with shuffled labels."""
    values = trials.lab_values("luck")
    with st.container(border=True, key="lab_luck"):
        lab_bar(
            run, "luck", say("Shuffled labels: how good would luck look?"), len(values), min(50, len(trials.complete))
        )
        if values:
            groups = {say("this search"): [float(row.value or 0) for row in trials.complete], say("luck"): values}
            sentence = searches.describe_luck(values, winner, plan.maximises)
            draw(searches.figure_of_spread(groups, winner, theme()), "luck", sentence)


def repeats(run: Run, plan: Plan, trials: Trials, winner: float) -> None:
    """The winner again: other seeds, other folds."""
    groups = {say("other seeds"): trials.lab_values("seeds"), say("other folds"): trials.lab_values("folds")}
    with st.container(border=True, key="lab_repeats"):
        lab_bar(run, "seeds", say("The winner from other seeds"), len(trials.lab_values("seeds")), 5)
        lab_bar(run, "folds", say("The winner on five folds, each held out once"), len(trials.lab_values("folds")), 5)
        shown = {name: values for name, values in groups.items() if values}
        if shown:
            sentences = [
                searches.describe_repeats(values, winner, name.capitalize(), plan.maximises)
                for name, values in shown.items()
            ]
            draw(searches.figure_of_spread(shown, winner, theme()), "repeats", " ".join(sentences))


def nested(run: Run, plan: Plan, trials: Trials, winner: float) -> None:
    """The whole search again inside folds: what it promises, and what that is worth outside."""
    promised, kept = trials.lab_values("promised"), trials.lab_values("nested")
    with st.container(border=True, key="lab_nested"):
        done = len(trials.lab.get("nested", {}))
        lab_bar(run, "nested", say("The whole search again in three folds, its winner judged outside"), done, 3)
        st.caption(say("Each of them is a small search of at most {count} trials.", count=NESTED_TRIALS))
        if kept and len(promised) == len(kept):
            shown = {say("where it was chosen"): promised, say("on rows it never saw"): kept}
            sentence = searches.describe_nested(promised, kept, winner, plan.maximises)
            draw(searches.figure_of_spread(shown, winner, theme()), "nested", sentence)


def lab_bar(run: Run, lab: str, title: str, done: int, wanted: int) -> None:
    """The name of a part of the lab, and its button."""
    state = lab_state(run, lab)
    going = state in ("queued", "running")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{title}**", width="stretch")
        if going:
            st.caption(say("{done} of {total}…", done=done, total=wanted), width="content")
        elif done < wanted:
            left = wanted - done
            label = say("Search {count} times", count=left) if lab == "nested" else say("Train {count}", count=left)
            if st.button(label, key=f"lab_start_{lab}", icon=":material/science:", disabled=run.active):
                refuse(start_lab(run, lab, wanted))
                st.rerun()
    job = backstage.engine().job(f"{run.id}/{lab}")
    if job is not None and job.message:
        st.caption(job.message)


DRAW: Mapping[str, Callable[[Run, Plan, Trials], None]] = {
    "best": draw_best,
    "curves": draw_curves,
    "parallel": draw_parallel,
    "slices": draw_slices,
    "importance": draw_importance,
    "honesty": draw_honesty,
}
