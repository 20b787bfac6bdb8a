"""Running: from the Start button to the curves; sends commands down and reads records up."""

from __future__ import annotations

import time
from dataclasses import replace

import streamlit as st

from components.checks import check_training
from components.experiment import experiment_to_json
from components.graph import Json, graph_from_json
from components.limits import LimitError
from components.runs import COMMANDS, NoSuchRun, Record, Run, StoreError, kept_epoch
from dashboard import backstage, jobs
from dashboard.curves import LABELS, mount_curves
from dashboard.curves.feed import feed, ghost_of
from dashboard.flows import FLOWS, flow_of
from dashboard.frame import telling
from dashboard.saying import what_is_happening
from dashboard.state import Work, current_work, save_draft
from dashboard.texts import say
from dashboard.workspace import workspace

CURVES = "curves"
LIVE = "live"
"""The fragment of the curves."""

INSIDE = "inside"
"""The fragment of the view of the inside; in the session the run that it shows, where another epoch draws it anew."""

OVERLAP = 12
"""Records that are sent again with the new ones: the browser may have skipped an update."""

GHOST_EVERY = 2.0
"""Seconds between two readings of a ghost that is itself going on."""

BEAT = 1.0
"""Seconds between two looks at a run that is going on; what is new of it comes over a socket meanwhile."""


# Starting


def start_run(work: Work) -> None:
    """Train the experiment as it is, as a new run; or say why it cannot start."""
    if launch(work):
        save_draft(work)


def launch(work: Work) -> bool:
    """Hand the experiment to the engine as the work's run; False where it cannot be trained, as the notice then says."""
    work.notice = reason_not_to_start(work)
    if work.notice:
        return False
    try:
        content = experiment_to_json(work.experiment)
        work.run = backstage.store().create_run(workspace(), content, work.experiment.name)
        submit(work.run)
    except (StoreError, backstage.EngineError) as error:
        work.notice = say(str(error))
    return True


def fork_run(work: Work, run: Run, epoch: int) -> None:
    """Go on from an epoch of a run as a new run, with the run as its ghost; or say why that cannot be.

    Where the open experiment still has the run's graph, data and seed, its training settings hold from there on.
    """
    try:
        kept = kept_epoch(backstage.store().artefacts(run.id, workspace=workspace()), epoch)
        content = content_of_fork(work, run)
        work.notice = reason_not_to_fork(content, kept, epoch)
        if work.notice:
            return
        name = say("{name}, from epoch {epoch}", name=run.name or work.experiment.name, epoch=kept)
        work.run = backstage.store().create_run(workspace(), content, name[:200], parent=run.id, forked_at=kept)
        submit(work.run)
    except (StoreError, backstage.EngineError) as error:
        work.notice = say(str(error))
    save_draft(work)


def content_of_fork(work: Work, run: Run) -> Json:
    """The run's experiment, trained as the open one is where it differs from it in nothing else."""
    opened = experiment_to_json(work.experiment)
    same = all(opened[part] == run.experiment[part] for part in ("graph", "data", "seed"))
    return {**run.experiment, "training": opened["training"]} if same else run.experiment


def reason_not_to_fork(content: Json, kept: int | None, epoch: int) -> str | None:
    """Why a run cannot be forked there, in a sentence."""
    if kept is None:
        return say("No state was kept at or before epoch {epoch}; fork from a later one.", epoch=epoch)
    epochs = content["training"]["epochs"]
    if kept >= epochs:
        return say(
            "Epoch {kept} is the last of {epochs}; fork from an earlier one, or set more epochs under Train.",
            kept=kept, epochs=epochs,
        )  # fmt: skip
    return too_many_jobs()


def go_on(run: Run, command: str, value: Json = None) -> str | None:
    """Let a run that has ended go on: `resume` from its last checkpoint, `rewind` or `restart`; or why it cannot."""
    store = backstage.store()
    refusal = reason_not_to_go_on(run, command, value)
    if refusal:
        return refusal
    try:
        heard = store.send(run.id, command, value, workspace=workspace()) - 1
        store.update_run(run.id, workspace(), state="queued", message="")
    except StoreError as error:
        return say(str(error))
    try:
        submit(run.id, heard)
    except (ValueError, backstage.EngineError) as error:
        store.update_run(run.id, workspace(), state=run.state, message=run.message)
        ending = isinstance(error, ValueError)  # Its job is about to leave the engine.
        return say("The run is just about to end; try again in a moment.") if ending else say(str(error))
    return None


def reason_not_to_go_on(run: Run, command: str, value: Json) -> str | None:
    """Why an ended run cannot go on from there, in a sentence."""
    at = {"rewind": run.epoch if value is None else int(value), "restart": 0}.get(command)
    kept = None if at is None else kept_epoch(backstage.store().artefacts(run.id, workspace=workspace()), at)
    if at is not None and kept is None and run.epoch:
        return say("No state was kept at or before epoch {epoch}; go back to a later one.", epoch=at)
    epochs = run.experiment["training"]["epochs"]
    if (run.epoch if at is None else kept or 0) >= epochs:
        return say("All {epochs} epochs are done; go back to an earlier one, or fork with more.", epochs=epochs)
    return too_many_jobs()


def too_many_jobs() -> str | None:
    """Why no further job may begin, in a sentence."""
    try:
        jobs.check_another(workspace())
    except LimitError as error:
        return say(str(error))
    return None


def submit(run_id: str, heard: int = 0) -> None:
    """Hand the run to the engine; what was asked of it up to the control `heard` was for a job that has ended."""
    jobs.submit("components.training.running.run_job", run_id, heard)


def reason_not_to_start(work: Work) -> str | None:
    """The first thing that is wrong with the experiment, in a sentence.

    While the engine warms up only what needs no Keras is known; the run then waits for it and checks the rest itself.
    """
    inspection = backstage.inspect_experiment(work.experiment) or {"problems": [], "parameters": 0}
    sentences = [problem["message"] for problem in inspection["problems"]] + check_training(work.experiment)
    return sentences[0] if sentences else over_limit(work, inspection)


def over_limit(work: Work, inspection: Json) -> str | None:
    """The limit that the run would break, in a sentence."""
    try:
        jobs.check_training(work.experiment, inspection["parameters"], shown_run(work))
        jobs.check_another(workspace())
    except LimitError as error:
        return say(str(error))
    return None


# Commands

STEERING = set(COMMANDS)
REVIVING = {"resume", "rewind", "restart"}
"""What lets a run that has ended go on."""


def obey(work: Work) -> None:
    """Carry out the commands that the bar sent and that were not yet."""
    message = st.session_state[CURVES].get("commands")
    if not message:
        return
    if message["client"] != work.bar:
        work.bar, work.obeyed = message["client"], 0
    for command in message["list"]:
        if command["n"] > work.obeyed:
            work.obeyed = command["n"]
            carry_out(work, command["command"], command.get("value"))


def carry_out(work: Work, command: str, value: Json) -> None:
    """One command: a new run, or a word to the one that goes on."""
    if command == "start":
        start_run(work)
        work.unsaid = bool(work.notice)
        return
    run = shown_run(work)
    if run is not None and command == "fork":
        fork_run(work, run, run.epoch if value is None else int(value))
        work.unsaid = bool(work.notice)
        return
    if run is None or command not in STEERING:
        return
    if not run.active and command in REVIVING:
        work.notice = go_on(run, command, value)
        work.unsaid = bool(work.notice)
        return
    try:
        if command == "stop":
            jobs.stop(run.id, workspace())
            return
        backstage.store().send(run.id, command, value, workspace=workspace())
    except (StoreError, backstage.EngineError) as error:
        work.notice, work.unsaid = say(str(error)), True


# Showing


def run_panel(work: Work) -> None:
    """The training panel below the canvas; while a run goes on it refreshes itself."""
    run = shown_run(work)
    work.going = run is not None and run.active
    work.told = 0
    st.fragment(telling(live), key=LIVE, run_every=BEAT if work.going else None)()


def shown_run(work: Work) -> Run | None:
    """The run that the panel shows; None when there is none, or it was deleted."""
    try:
        return backstage.store().run(work.run, workspace()) if work.run else None
    except NoSuchRun:
        return None


def run_of_graph(work: Work) -> Run | None:
    """The run that the panel shows, when it is one of the very graph that is on the canvas."""
    run = shown_run(work)
    same = run is not None and graph_from_json(run.experiment["graph"]).fingerprint == work.experiment.graph.fingerprint
    return run if same else None


def live() -> None:
    """One refresh: the run as it is, and the records that the page does not have yet."""
    work = current_work()
    run = shown_run(work)
    mount_curves(
        CURVES,
        data=panel_data(work, run),
        on_commands=lambda: obey(work),
        on_scrub=lambda: scrub(work),
        on_need=lambda: tell_again(work),
    )
    if work.unsaid or (run is not None and run.active) != work.going:
        work.unsaid = False
        st.rerun()


def panel_data(work: Work, run: Run | None) -> Json:
    """What the curves are told."""
    after = max(0, work.told - OVERLAP) if run is not None and run.id == work.told_of else 0
    records = records_of(run, after)
    data = feed(run, records, after)
    if run is not None:
        work.told, work.told_of = data["until"], run.id
    return {
        **data,
        "learning_rate": work.experiment.training.learning_rate,
        "ack": {"client": work.bar, "last": work.obeyed},
        **glance(work, run),
        "forks": run is not None,
        "ghosts": ghosts(run),
        "labels": {label: say(label) for label in LABELS},
        "editable": True,
    }


def records_of(run: Run | None, after: int) -> list[Record]:
    """The run's records with a number above `after` that curves are drawn from."""
    if run is None:
        return []
    return backstage.store().records(run.id, after, kinds=("steps", "epoch", "mark"), workspace=workspace())


def ghosts(run: Run | None) -> list[Json]:
    """The run that this one was forked from; read again when it goes on, though no oftener than GHOST_EVERY."""
    if run is None or run.parent is None:
        return []
    try:
        parent = backstage.store().run(run.parent, workspace())
        key, stands = (run.id, parent.name, parent.state), (parent.epoch, parent.step)
        known = st.session_state.get("ghost")
        if known is None or known[0] != key or (known[1] != stands and time.monotonic() - known[2] >= GHOST_EVERY):
            ghost = ghost_of(parent, records_of(parent, 0))
            known = st.session_state["ghost"] = (key, stands, time.monotonic(), ghost)
    except NoSuchRun:
        return []
    return [known[3]]


def glance(work: Work, run: Run | None) -> Json:
    """What is happening, in sentences, and what flows along the canvas's edges; worked out once per epoch."""
    if run is None:
        return {"saying": [], "signals": None}
    flow = st.session_state.get("flow", FLOWS[0])
    key = (run.id, run.epoch, run.state, work.scrubbed, work.document.path, flow)
    known = st.session_state.get("glance")
    if known is None or known[0] != key:
        known = st.session_state["glance"] = (key, sayings(run, work.scrubbed), signals_of(work, run, flow))
    place = queue_place(run)
    return {"saying": [place, *known[1]] if place else known[1], "signals": known[2]}


def sayings(run: Run, epoch: int | None = None) -> list[str]:
    """What is happening, in sentences; or what was, after an earlier epoch."""
    records = backstage.store().records(run.id, kinds=("epoch", "losses", "signals", "mark"), workspace=workspace())
    if epoch is None or epoch >= run.epoch:
        return what_is_happening(run, records)
    then = replace(run, state="running", epoch=epoch)
    return what_is_happening(then, [record for record in records if record.epoch <= epoch])


def signals_of(work: Work, run: Run, flow: str) -> Json:
    """How wide the edges of the open graph are, from the last look inside."""
    record = backstage.store().last_record(run.id, "signals", work.scrubbed, workspace=workspace())
    if record is None:
        return None
    return flow_of(graph_from_json(run.experiment["graph"]), work.document.path, record.values, flow)


def queue_place(run: Run) -> str | None:
    """Where a waiting run stands."""
    if run.state != "queued":
        return None
    engine = backstage.engine()
    if engine.state != "ready":
        return say(engine.message)
    place = engine.place(run.id)
    return say("Number {place} in the queue: it starts when a worker is free.", place=place) if place else None


def scrub(work: Work) -> None:
    """Another epoch is looked at: the inside is drawn for it together with the curves, the rest of the page is not."""
    looked = st.session_state[CURVES].get("scrub") or {}
    work.scrubbed = looked.get("epoch") if looked.get("run") == work.run else None
    if st.session_state.get(INSIDE) == work.run and st.session_state.get("panel_tab") == say("Inside"):
        st.rerun([LIVE, INSIDE])


def tell_again(work: Work) -> None:
    """The page lacks records: tell it all from where it is."""
    needed = st.session_state[CURVES].get("need") or {}
    if needed.get("run") == work.run:
        work.told = int(needed.get("after", 0)) + OVERLAP
        work.told_of = work.run
