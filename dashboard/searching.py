"""Searching: the session's search space and study; starts, steers and reads studies for the tune page."""

from __future__ import annotations

from concurrent.futures import Future
from contextlib import suppress
from typing import Any, NamedTuple

import streamlit as st

from components.experiment import Experiment
from components.graph import Graph, GraphError, Json, Layer, graph_at, is_input, output_names, source_of
from components.layers import find_layer
from components.limits import LimitError
from components.searching.jobs import RETRIES
from components.searching.pointing import name_of, offering, pointed_at, standing_in
from components.searching.search_space import Dimension, SearchSpace, SpaceError
from components.searching.studies import Plan, create_study, workspace_of
from components.searching.trials import Trials
from components.store import NoSuchRun, Run, StoreError
from dashboard import backstage, jobs
from dashboard.backstage import inspect_experiment
from dashboard.editing import change_space
from dashboard.state import Work, change, inspection_at
from dashboard.texts import say
from dashboard.workspace import workspace
from presets import BLOCKS
from presets.preset import block_alone


class Point(NamedTuple):
    """What can be pointed at, as in `components.searching.search_space.Dimension`."""

    place: str
    owner: str
    parameter: str
    path: tuple[str, ...] = ()


SEARCHABLE = ("integer", "number", "integers", "choice", "boolean")
PARAMETERS_FIRST = (
    "units", "filters", "activation", "rate", "kernel_size", "output_dim", "num_heads", "key_dim", "dropout", "pool_size",
    "strides", "padding",
)  # fmt: skip


# The space


def space_of(work: Work) -> SearchSpace:
    """The space that is being made for this work; before anything was pointed at, its learning rate."""
    if work.document.space is not None:
        return work.document.space
    return SearchSpace((pointed_at(work.experiment, "training", parameter="learning_rate"),))


def keep_space(work: Work, space: SearchSpace) -> None:
    """The space is another now, and kept with the work."""
    with work.lock:
        change(work, change_space(work.document, space))


def point_at(work: Work, point: Point) -> str | None:
    """Let something vary, or take it out again; a sentence where it cannot vary."""
    space = space_of(work)
    known = next((one for one in space.dimensions if point_of(one) == point), None)
    if known is not None:
        keep_space(work, space.minus(known.name))
        return None
    try:
        keep_space(work, space.plus(dimension_at(work, point)))
    except SpaceError as error:
        return say(str(error))
    return None


def point_of(dimension: Dimension) -> Point:
    """What a dimension was pointed at."""
    return Point(dimension.place, dimension.owner, dimension.parameter, dimension.path)


def dimension_at(work: Work, point: Point) -> Dimension:
    """The dimension with its usual range; for what stands in a place, with the shipped blocks that fit there."""
    if point.place != "kind":
        return pointed_at(work.experiment, *point)
    name = name_of(point.place, point.owner, point.parameter, point.path)
    options = standing_in(work.experiment.graph, point.owner, point.path)
    base = Dimension(name, point.place, point.owner, path=point.path)
    return offering(base, options | blocks_for(work.experiment, point))


def blocks_for(experiment: Experiment, point: Point) -> dict[str, Layer | Graph]:
    """The shipped blocks that take what flows into a layer, made for its shape; none while the engine warms up."""
    inner = graph_at(experiment.graph, point.path)
    node = next((node for node in inner.nodes if node.layer == point.owner), None)
    told = inspection_at(inspect_experiment(experiment), point.path) or {}
    if node is None or len(node.inputs) != 1:
        return {}
    source, _, place = node.inputs[0].partition(":")
    outputs = told.get("nodes", {}).get(source, {}).get("outputs") or []
    if len(outputs) <= int(place or 0):
        return {}
    found: dict[str, Layer | Graph] = {}
    for block in BLOCKS.values():
        with suppress(GraphError):
            found[block.title] = block_alone(block, outputs[int(place or 0)]["shape"])
    return found


def change_dimension(work: Work, dimension: Dimension) -> None:
    """Another range for a dimension of the space."""
    space = space_of(work)
    changed = tuple(dimension if one.name == dimension.name else one for one in space.dimensions)
    keep_space(work, SearchSpace(changed))


def points_of_training(experiment: Experiment) -> list[Point]:
    """What of the training can vary."""
    points = [Point("training", "", name) for name in ("learning_rate", "batch_size", "optimizer")]
    outputs = output_names(experiment.graph)
    return points + [Point("training", name, "loss_weight") for name in outputs if len(outputs) > 1]


def points_of_node(graph: Graph, node_id: str, path: tuple[str, ...] = ()) -> list[Point]:
    """What of a node can vary: whether it is there, how often, what stands in its place, which branches enter it, its
    layer's parameters. `path` leads to the nested graph that it is in."""
    graph = graph_at(graph, path)
    node = graph.node(node_id)
    layer = graph.layer_of(node)
    points: list[Point] = []
    if len(node.inputs) == 1 and not is_input(layer) and node_id not in map(source_of, graph.outputs):
        points += [Point("present", node_id, "", path), Point("repeat", node_id, "", path)]
    if len(node.inputs) > 1:
        points += [Point("branch", node_id, source_of(reference), path) for reference in dict.fromkeys(node.inputs)]
    if not is_input(layer) and (len(node.inputs) == 1 or len(standing_in(graph, node.layer)) > 1):
        points.append(Point("kind", node.layer, "", path))
    if isinstance(layer, Layer) and not is_input(layer):
        names = [one.name for one in find_layer(layer.kind).parameters if one.type in SEARCHABLE]
        names.sort(key=lambda name: PARAMETERS_FIRST.index(name) if name in PARAMETERS_FIRST else 99)
        points += [Point("layer", node.layer, name, path) for name in names]
    return points


def is_usual(point: Point) -> bool:
    """Whether it is among what people vary most."""
    return point.place != "layer" or point.parameter in PARAMETERS_FIRST


def label_of(point: Point) -> str:
    """What a person reads of something that can vary."""
    place, parameter = point.place, point.parameter
    words = {
        "present": say("there or not"),
        "repeat": say("how often"),
        "kind": say("which layer or block"),
        "branch": say("branch from {name}", name=parameter),
    }
    return words.get(place) or parameter.replace("_", " ")


# Studies


def studies() -> list[Run]:
    """This visitor's studies, newest first."""
    return backstage.store().runs(workspace_of(workspace()))


def study_shown() -> Run | None:
    """The study that the page shows: the chosen one, or the newest."""
    chosen = st.session_state.get("study")
    if chosen:
        try:
            return backstage.store().run(chosen, workspace_of(workspace()))
        except NoSuchRun:
            st.session_state["study"] = None
    newest = studies()
    return newest[0] if newest else None


def start_study(work: Work, plan: Plan) -> str | None:
    """Begin a search over the work's experiment; a sentence when it cannot begin."""
    try:
        jobs.check_another(workspace())
        run_id = create_study(backstage.store(), workspace(), work.experiment, plan)
        backstage.begin_study(backstage.store().run(run_id))
    except (SpaceError, LimitError, StoreError, backstage.EngineError, ValueError) as error:
        return say(str(error))
    st.session_state["study"] = run_id
    return None


def resume_study(run: Run) -> str | None:
    """Let a study go on from where it stands; a sentence when it cannot."""
    try:
        jobs.check_another(workspace())
        backstage.store().update_run(run.id, workspace_of(workspace()), state="queued", message="")
        backstage.begin_study(run)
    except (StoreError, backstage.EngineError, ValueError) as error:
        return say(str(error))
    return None


def forget_study(run: Run) -> None:
    """Delete a study with its trials."""
    from components.searching.archives import (
        delete_study,
    )  # Optuna takes a fifth of a second, and the studio needs none

    delete_study(backstage.store(), run.id, workspace())
    st.session_state["study"] = None


def refuse(sentence: str | None) -> None:
    """Say why not, at the next drawing."""
    st.session_state["tune_refused_study"] = sentence


def steer(run: Run, command: str) -> None:
    """Pause, resume or stop a study that goes on."""
    if command == "stop":
        jobs.stop(run.id, workspace_of(workspace()))
        return
    backstage.store().send(run.id, command, workspace=workspace_of(workspace()))


def trials_of(run: Run) -> Trials:
    """The study's trials; only what is new since the last look is read."""
    known: tuple[str, Trials] | None = st.session_state.get("trials")
    trials = known[1] if known is not None and known[0] == run.id else Trials()
    kinds = ("trial", "lab", "seal")
    trials.take(backstage.store().records(run.id, trials.read, kinds, workspace=workspace_of(workspace())))
    st.session_state["trials"] = (run.id, trials)
    return trials


# What takes the engine a while


LABS = {
    "luck": "components.searching.honesty.luck_job",
    "seeds": "components.searching.honesty.seeds_job",
    "folds": "components.searching.honesty.folds_job",
    "nested": "components.searching.honesty.nested_job",
}


def start_lab(run: Run, lab: str, count: int) -> str | None:
    """Begin one part of the lab, or go on with it; a sentence when it cannot."""
    try:
        jobs.check_another(workspace())
        jobs.submit(LABS[lab], run.id, count, key=f"{run.id}/{lab}", retries=RETRIES)
    except (backstage.EngineError, ValueError) as error:
        return say(str(error))
    return None


def stop_lab(run: Run, lab: str) -> None:
    """End one part of the lab; what it found is kept, and it can go on from there."""
    backstage.engine().stop(f"{run.id}/{lab}", patience=0)


def lab_state(run: Run, lab: str) -> str | None:
    """What became of a part of the lab."""
    return backstage.engine().status(f"{run.id}/{lab}")


def asked(key: str, function: str, *arguments: Any) -> Future[Json]:
    """The engine's answer to something asked once in this session, perhaps still on its way."""
    answers: dict[str, Future[Json]] = st.session_state.setdefault("search_answers", {})
    if key not in answers:
        answers[key] = backstage.call_later(function, *arguments)
    return answers[key]


def forget(key: str) -> None:
    """Ask again next time."""
    st.session_state.get("search_answers", {}).pop(key, None)


def is_waiting() -> bool:
    """Whether an answer is on its way."""
    return any(not answer.done() for answer in st.session_state.get("search_answers", {}).values())
