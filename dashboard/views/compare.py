"""Compare: two presets, runs or the open work side by side: graphs, differences, cost and the curves of runs."""

from __future__ import annotations

import base64
import time
from collections.abc import Sequence
from concurrent.futures import Future

import streamlit as st

from components.codegen import CodeError, generate_code, printable
from components.differences import compare_graphs, compare_texts
from components.drawing.thumbnails import thumbnail_svg
from components.experiment import Experiment, ExperimentError, experiment_from_json, experiment_to_json
from components.graph import GraphError, Json
from components.runs import Draft, Run
from dashboard import backstage, exhibits
from dashboard.frame import telling
from dashboard.plotting import PLAIN, theme
from dashboard.state import current_work, open_experiment
from dashboard.texts import number, say
from dashboard.workspace import workspace
from presets import ARCHITECTURES

MARKS = {"same": "=", "changed": "≠ changed", "left": "− only left", "right": "+ only right"}
MOST_RUNS = 30
MOST_DRAFTS = 30
CODE_LINES, CODE_HEIGHT = 24, 520
"""Lines of a difference that are shown whole; of more, so many pixels that scroll."""


def show() -> None:
    """The page."""
    runs = {run.id: run for run in backstage.store().runs(workspace())[:MOST_RUNS]}
    drafts = {draft.name: draft for draft in other_drafts()}
    keys = ["work", *(f"run:{name}" for name in runs), *(f"draft:{name}" for name in drafts)]
    keys += [f"preset:{name}" for name in ARCHITECTURES]
    chosen, columns = [], st.columns(2, gap="medium")
    for column, usual, side in zip(columns, ("plain_stack", "residual_stack"), "ab", strict=True):
        with column:
            key = st.selectbox(
                say("Left") if side == "a" else say("Right"), keys, index=keys.index(f"preset:{usual}"),
                format_func=lambda key: title_of(key, runs, drafts), key=f"compare_{side}",
            )  # fmt: skip
            chosen.append(experiment_of(key, runs, drafts))
    rows = compare_graphs(*(experiment.graph for experiment in chosen))
    for column, experiment, side, name in zip(columns, chosen, "ab", ("left", "right"), strict=True):
        with column:
            picture(experiment, side, marks_of(rows, name))
    cost(chosen)
    differences(rows, side_titles(chosen))
    code(*chosen)
    curves(runs)


def other_drafts() -> list[Draft]:
    """This visitor's drafts that can still be named, without the one that is open."""
    work = current_work()
    known = backstage.store().drafts(workspace())[: MOST_DRAFTS + 1]
    return [draft for draft in known if draft.name != work.id and "experiment" in draft.content][:MOST_DRAFTS]


def title_of(key: str, runs: dict[str, Run], drafts: dict[str, Draft]) -> str:
    """What a choice is called."""
    what, _, name = key.partition(":")
    if what == "run":
        return say("Run: {name}, epoch {epoch}", name=runs[name].name or name[:6], epoch=runs[name].epoch)
    if what == "draft":
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(drafts[name].saved))
        return say("Draft: {name}, saved {when}", name=str(drafts[name].content["experiment"]["name"])[:60], when=when)
    return say("Open in the studio") if what == "work" else say(ARCHITECTURES[name].title)


def experiment_of(key: str, runs: dict[str, Run], drafts: dict[str, Draft]) -> Experiment:
    """The experiment behind a choice; what can no longer be read gives way to the open work."""
    what, _, name = key.partition(":")
    if what == "preset":
        return ARCHITECTURES[name].experiment
    if what in ("run", "draft"):
        try:
            return experiment_from_json(runs[name].experiment if what == "run" else drafts[name].content["experiment"])
        except (ExperimentError, GraphError) as error:
            st.warning(str(error))
    return current_work().experiment


def marks_of(rows: Sequence[Json], side: str) -> dict[str, str]:
    """How the calls of one side are marked in its picture: `only` there, or `changed`."""
    marks = {side: "only", "changed": "changed"}
    return {row[f"{side}_node"]: marks[row["change"]] for row in rows if row["change"] in marks}


def picture(experiment: Experiment, side: str, marks: dict[str, str]) -> None:
    """The graph, drawn small with what differs outlined, and its way into the studio."""
    encoded = base64.b64encode(thumbnail_svg(experiment.graph, 520, 240, marks=marks).encode()).decode()
    with st.container(border=True, key=f"compare_graph_{side}"):
        st.html(f'<div class="thumbnail"><img alt="{say("Graph")}" src="data:image/svg+xml;base64,{encoded}"></div>')
        if st.button(say("Open in the studio"), key=f"compare_open_{side}"):
            open_experiment(experiment)
            st.switch_page(st.session_state["pages"]["studio"])


# Cost


def cost(chosen: Sequence[Experiment]) -> None:
    """Parameters, multiply-adds and time, measured by the engine; followed until they are there."""
    asked = [ask(experiment) for experiment in chosen] + forwards(chosen)
    st.fragment(telling(lambda: cost_table(chosen)), run_every=None if all(a.done() for a in asked) else 0.7)()


def ask(experiment: Experiment, what: str = "cost", function: str = "measure_json") -> Future[Json]:
    """The measurement's future."""
    content = experiment_to_json(experiment)
    depends_on = {name: content[name] for name in ("graph", "data", "training", "seed")}
    return backstage.remembered_later(what, depends_on, f"components.measuring.{function}", content)


def forwards(chosen: Sequence[Experiment]) -> list[Future[Json]]:
    """The timings of an answer, of both, once a person has asked for them."""
    wanted = st.session_state.get("compare_timed") == [experiment.fingerprint for experiment in chosen]
    return [ask(experiment, "forward", "time_forward_json") for experiment in chosen] if wanted else []


def cost_table(chosen: Sequence[Experiment]) -> None:
    """One row for each kind of cost."""
    asked, timed = [ask(experiment) for experiment in chosen], forwards(chosen)
    found, answers = (
        [a.result() if a.done() and a.exception() is None else None for a in part] for part in (asked, timed)
    )
    for future in (*asked, *timed):
        if future.done() and isinstance(future.exception(), backstage.EngineError):
            st.warning(str(future.exception()))
    if not all(a.done() for a in (*asked, *timed)):
        st.caption(f":material/hourglass_empty: {say('Measuring on the engine…')}")
        st.session_state["compare_waited"] = True
    elif st.session_state.pop("compare_waited", False):
        st.rerun()
    titles = side_titles(chosen)
    rows = {
        say("parameters"): [counted(f, "parameters") for f in found],
        say("multiply-adds per row"): [counted(f, "multiply_adds") for f in found],
        say("time per training step"): [step_time(f) for f in found],
    }
    if timed:
        rows[say("time to answer")] = [step_time(f) for f in answers]
    st.table([{"": name, titles[0]: left, titles[1]: right} for name, (left, right) in rows.items()])
    if not timed and any(f and f["seconds"] is None for f in found):
        offer_timing(chosen)


def offer_timing(chosen: Sequence[Experiment]) -> None:
    """Large networks are timed answering only, and only when asked for: it keeps the engine for a minute or two."""
    if st.button(
        say("Time how long both take to answer"), key="compare_time", icon=":material/timer:",
        help=say("A training step of so large a network takes too long here; an answer takes up to two minutes to time."),
    ):  # fmt: skip
        st.session_state["compare_timed"] = [experiment.fingerprint for experiment in chosen]
        st.rerun()


def side_titles(chosen: Sequence[Experiment]) -> list[str]:
    """The names of both sides, told apart where they are alike."""
    left, right = (experiment.name for experiment in chosen)
    return [left, right] if left != right else [f"{left} ({say('left')})", f"{right} ({say('right')})"]


def counted(found: Json | None, name: str) -> str:
    """A count, where it is known."""
    if found is None:
        return "…"
    return say("depends on the length") if found[name] is None else number(found[name])


def step_time(found: Json | None) -> str:
    """Milliseconds for a training step."""
    if found is None:
        return "…"
    if found["seconds"] is None:
        return say("too large to time here")
    return say("{ms} ms, batch of {size}", ms=f"{1000 * found['seconds']:.1f}", size=found["batch_size"])


# Differences


def differences(rows: Sequence[Json], titles: Sequence[str]) -> None:
    """The calls that differ; the same ones on request."""
    st.markdown(f"##### {say('Differences')}")
    different = [row for row in rows if row["change"] != "same"]
    if not different:
        st.caption(say("The graphs are the same: {count} calls.", count=len(rows)))
        return
    st.caption(
        say(
            "{different} of {count} calls differ. In the pictures what is only on one side is framed, and what changed is "
            "framed with dashes.",
            different=len(different), count=len(rows),
        )
    )  # fmt: skip
    everything = st.toggle(say("Show the same ones too"), key="compare_all")
    st.dataframe(
        [
            {"": say(MARKS[row["change"]]), say("call"): row["node"], titles[0]: row["left"], titles[1]: row["right"]}
            for row in (rows if everything else different)
        ],
        hide_index=True,
    )


# Code


def code(left: Experiment, right: Experiment) -> None:
    """What turns the left one's file into the right one's, line by line."""
    st.markdown(f"##### {say('Differences as code')}")
    first, second = map(printable, side_titles([left, right]))
    sources = []
    for title, experiment in ((first, left), (second, right)):
        try:
            sources.append(generate_code(experiment))
        except CodeError as error:
            st.warning(f"{title}: {error}")
            return
    found = compare_texts(sources[0], sources[1], (first, second))
    if not found.text:
        st.caption(say("Both give the same Python file, line for line."))
        return
    st.caption(
        say(
            "Lines only in {left}: {removed} (−). Lines only in {right}: {added} (+).",
            removed=found.removed, added=found.added, left=first, right=second,
        )
    )  # fmt: skip
    with st.container(key="code_difference"):
        st.code(found.text, language="diff", height=CODE_HEIGHT if found.text.count("\n") > CODE_LINES else "content")


# Curves


def curves(runs: dict[str, Run]) -> None:
    """Runs of this visitor, overlaid."""
    st.markdown(f"##### {say('Curves')}")
    if not runs:
        st.caption(say("Train something in the studio first; then its curves can be laid over one another here."))
        return
    chosen = st.multiselect(
        say("Runs"), list(runs), default=list(runs)[:2], format_func=lambda name: title_of(f"run:{name}", runs, {}), key="compare_runs"
    )  # fmt: skip
    logs = {name: logs_of(name) for name in chosen}
    names = list(
        dict.fromkeys(key for epochs in logs.values() for log in epochs.values() for key in log if key != "seconds")
    )
    if not names:
        st.caption(say("These runs have no finished epoch yet."))
        return
    metric = st.selectbox(
        say("Value"), names, index=names.index("val_loss") if "val_loss" in names else 0, key="compare_value"
    )
    series = [
        {"name": f"{at}. {title_of(f'run:{name}', runs, {})}", "x": [e for e, log in logs[name].items() if metric in log],
         "y": [log[metric] for log in logs[name].values() if metric in log]}
        for at, name in enumerate(chosen, 1)
    ]  # fmt: skip
    chart = {"kind": "lines", "title": metric, "x": "epoch", "y": metric, "series": series, "log": False, "marks": []}
    st.plotly_chart(
        exhibits.figure_of(chart, theme()), key="compare_curves", config=PLAIN, alt=say("Curves of the runs")
    )


def logs_of(run_id: str) -> dict[int, Json]:
    """A run's epochs as they count now: where it was rewound, those that it left are gone."""
    epochs: dict[int, Json] = {}
    for record in backstage.store().records(run_id, kinds=("epoch", "mark"), workspace=workspace()):
        if record.kind == "epoch":
            epochs = {e: log for e, log in epochs.items() if e < record.epoch} | {record.epoch: record.values}
        elif record.values.get("mark") == "rewound":
            epochs = {e: log for e, log in epochs.items() if e <= record.epoch}
    return epochs
