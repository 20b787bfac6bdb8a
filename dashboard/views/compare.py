"""Compare: two presets, runs or the open work side by side: graphs, differences, cost and the curves of runs."""

from __future__ import annotations

import base64
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Future
from html import escape

import streamlit as st

from components.codegen import CodeError, generate_code, printable
from components.differences import compare_graphs, compare_texts
from components.drawing.side_by_side import PAPER, draw_side_by_side
from components.experiment import Experiment, ExperimentError, experiment_from_json, experiment_to_json
from components.graph import GraphError, Json
from components.runs import Draft, Run
from dashboard import backstage
from dashboard.frame import telling
from dashboard.plotting import theme
from dashboard.running import launch
from dashboard.state import current_work, open_experiment, work_on
from dashboard.texts import number, say
from dashboard.views.runs import MOST_OVERLAID, overlay
from dashboard.workspace import workspace
from presets import ARCHITECTURES

MARKS = {"same": "=", "changed": "≠ changed", "left": "− only left", "right": "+ only right"}
MOST_RUNS = 30
REFRESH = 2.0
"""Seconds between two looks at runs that go on."""
MOST_DRAFTS = 30
CODE_LINES, CODE_HEIGHT = 24, 520
"""Lines of a difference that are shown whole; of more, so many pixels that scroll."""


def show() -> None:
    """The page."""
    runs = runs_of_this_visitor()
    drafts = {draft.name: draft for draft in other_drafts()}
    keys = ["work", *(f"run:{name}" for name in runs), *(f"draft:{name}" for name in drafts)]
    keys += [f"preset:{name}" for name in ARCHITECTURES]
    chosen, sides, columns = [], [], st.columns(2, gap="medium")
    for column, usual, side in zip(columns, ("plain_stack", "residual_stack"), "ab", strict=True):
        with column:
            key = st.selectbox(
                say("Left") if side == "a" else say("Right"), keys, index=keys.index(f"preset:{usual}"),
                format_func=lambda key: title_of(key, runs, drafts), key=f"compare_{side}",
            )  # fmt: skip
            sides.append(key)
            chosen.append(experiment_of(key, runs, drafts))
            if st.button(say("Open in the studio"), key=f"compare_open_{side}", icon=":material/open_in_new:"):
                open_experiment(chosen[-1])
                st.switch_page(st.session_state["pages"]["studio"])
    rows = compare_graphs(*(experiment.graph for experiment in chosen))
    pictures(chosen, rows)
    cost(chosen)
    differing_calls(rows, side_titles(chosen))
    code(*chosen)
    curves(sides, chosen)


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
            st.warning(say(str(error)))
    return current_work().experiment


def pictures(chosen: Sequence[Experiment], rows: Sequence[Json]) -> None:
    """Both graphs, the same calls at the same height, in one frame that scrolls."""
    st.caption(
        say(
            "Calls that are the same stand at the same height. + is only on the right, − only on the left, and ≠ is on "
            "both but changed."
        )
    )
    left, right = (experiment.graph for experiment in chosen)
    drawn = draw_side_by_side(left, right, rows, theme())
    cells = [
        f'<figure><figcaption>{escape(title)}</figcaption><img alt="{escape(alt)}" style="--width: {side.width}" '
        f'src="data:image/svg+xml;base64,{base64.b64encode(side.svg.encode()).decode()}"></figure>'
        for side, title, alt in zip(drawn, side_titles(chosen), alts(chosen, rows), strict=True)
    ]
    label = escape(say("Both graphs, side by side"))
    paper = f"--paper: {PAPER[theme()]}"
    st.html(
        f'<div class="side_by_side" style="{paper}" tabindex="0" role="region" aria-label="{label}">{"".join(cells)}</div>'
    )


def alts(chosen: Sequence[Experiment], rows: Sequence[Json]) -> list[str]:
    """Each picture in words."""
    counts = Counter(row["change"] for row in rows)
    return [
        say(
            "The graph of {name}: {calls} calls, {only} only here, {changed} changed.",
            name=experiment.name, calls=len(experiment.graph.nodes), only=counts[side], changed=counts["changed"],
        )
        for experiment, side in zip(chosen, ("left", "right"), strict=True)
    ]  # fmt: skip


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
            st.warning(say(str(future.exception())))
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


def differing_calls(rows: Sequence[Json], titles: Sequence[str]) -> None:
    """The calls that differ; the same ones on request."""
    st.markdown(f"##### {say('Differences')}")
    different = [row for row in rows if row["change"] != "same"]
    if not different:
        st.caption(say("The graphs are the same: {count} calls.", count=len(rows)))
        return
    st.caption(say("{different} of {count} calls differ.", different=len(different), count=len(rows)))
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
            st.warning(f"{title}: {say(str(error))}")
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


def curves(keys: Sequence[str], chosen: Sequence[Experiment]) -> None:
    """Runs of this visitor, overlaid: at first those of the two sides. They are followed while one of them goes on."""
    st.markdown(f"##### {say('Curves')}")
    runs = runs_of_this_visitor()
    sides = [run_of(key, experiment, runs) for key, experiment in zip(keys, chosen, strict=True)]
    missing = [experiment for experiment, run in zip(chosen, sides, strict=True) if run is None]
    if missing:
        offer_training(missing)
    if not runs:
        st.caption(say("Nothing was trained yet; then its curves are laid over one another here."))
        return
    sides_there = list(dict.fromkeys(run for run in sides if run))
    named = st.multiselect(
        say("Runs"), list(runs), default=sides_there, format_func=lambda name: title_of(f"run:{name}", runs, {}),
        key=f"compare_runs_{'_'.join(sides_there)}", max_selections=MOST_OVERLAID,
    )  # fmt: skip
    going = any(runs[name].active for name in named)
    st.fragment(telling(lambda: followed(named)), run_every=REFRESH if going else None)()


def runs_of_this_visitor() -> dict[str, Run]:
    """The newest ones, by their ids."""
    return {run.id: run for run in backstage.store().runs(workspace())[:MOST_RUNS]}


def run_of(key: str, experiment: Experiment, runs: dict[str, Run]) -> str | None:
    """The run that a side is, or the newest one that trained what it shows."""
    if key.startswith("run:"):
        return key.removeprefix("run:")
    wanted = deciding(experiment_to_json(experiment))
    return next((name for name, run in runs.items() if deciding(run.experiment) == wanted), None)


def deciding(content: Json) -> Json:
    """What of an experiment decides how it trains: neither its name nor how it is drawn."""
    return {part: content.get(part) for part in ("graph", "data", "training", "seed")}


def offer_training(experiments: Sequence[Experiment]) -> None:
    """A button that trains what has not been trained yet."""
    both = len(experiments) == 2
    label = say("Train both") if both else say("Train {name}", name=experiments[0].name)
    if not st.button(
        label, key="compare_train", icon=":material/play_arrow:", help=say("With the settings that each has")
    ):
        return
    works = [work_on(experiment) for experiment in experiments]
    for work in works:
        launch(work)
    refused = [f"{work.experiment.name}: {work.notice}" for work in works if work.notice]
    if not refused:
        st.rerun()
    st.warning(" ".join(refused))


def followed(names: Sequence[str]) -> None:
    """The curves as they are now; when the last of the runs has ended the page stops looking."""
    runs = runs_of_this_visitor()
    there = [runs[name] for name in names if name in runs]
    overlay(there)
    if any(run.active for run in there):
        st.session_state["compare_followed"] = True
    elif st.session_state.pop("compare_followed", False):
        st.rerun()
