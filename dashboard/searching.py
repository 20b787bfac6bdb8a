"""Searching: the session's search space and study; starts, steers and reads studies for the tune page."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

import streamlit as st

from components.experiment import Experiment
from components.graph import Graph, Json, Layer, is_input, output_names, source_of
from components.layers import find_layer
from components.limits import LimitError
from components.searching.archives import delete_study
from components.searching.search_space import Dimension, SearchSpace, SpaceError, pointed_at
from components.searching.studies import Plan, create_study, workspace_of
from components.searching.trials import Trials
from components.store import NoSuchRun, Run, StoreError
from dashboard import backstage, jobs
from dashboard.state import Work
from dashboard.texts import say
from dashboard.workspace import workspace

Point = tuple[str, str, str]
"""What can be pointed at: place, owner and parameter, as in `components.searching.search_space.Dimension`."""

SEARCHABLE = ("integer", "number", "integers", "choice", "boolean")
PARAMETERS_FIRST = ("units", "filters", "activation", "rate", "kernel_size", "output_dim", "strides", "padding")


# The space


def space_of(work: Work) -> SearchSpace:
    """The space that is being made for this work; at first its learning rate."""
    spaces: dict[str, SearchSpace] = st.session_state.setdefault("spaces", {})
    if work.id not in spaces:
        spaces[work.id] = SearchSpace((pointed_at(work.experiment, "training", parameter="learning_rate"),))
    return spaces[work.id]


def keep_space(work: Work, space: SearchSpace) -> None:
    """The space is another now."""
    st.session_state.setdefault("spaces", {})[work.id] = space


def point_at(work: Work, point: Point) -> str | None:
    """Let something vary, or take it out again; a sentence where it cannot vary."""
    space = space_of(work)
    known = next((one for one in space.dimensions if (one.place, one.owner, one.parameter) == point), None)
    if known is not None:
        keep_space(work, space.minus(known.name))
        return None
    try:
        keep_space(work, space.plus(pointed_at(work.experiment, *point)))
    except SpaceError as error:
        return str(error)
    return None


def change_dimension(work: Work, dimension: Dimension) -> None:
    """Another range for a dimension of the space."""
    space = space_of(work)
    changed = tuple(dimension if one.name == dimension.name else one for one in space.dimensions)
    keep_space(work, SearchSpace(changed))


def points_of_training(experiment: Experiment) -> list[Point]:
    """What of the training can vary."""
    points = [("training", "", name) for name in ("learning_rate", "batch_size", "optimizer")]
    outputs = output_names(experiment.graph)
    return points + [("training", name, "loss_weight") for name in outputs if len(outputs) > 1]


def points_of_node(graph: Graph, node_id: str) -> list[Point]:
    """What of a node can vary: whether it is there, how often, which branches enter it, its layer's parameters."""
    node = graph.node(node_id)
    layer = graph.layer_of(node)
    points: list[Point] = []
    if len(node.inputs) == 1 and not is_input(layer) and node_id not in map(source_of, graph.outputs):
        points += [("present", node_id, ""), ("repeat", node_id, "")]
    if len(node.inputs) > 1:
        points += [("branch", node_id, source_of(reference)) for reference in dict.fromkeys(node.inputs)]
    if isinstance(layer, Layer) and not is_input(layer):
        names = [one.name for one in find_layer(layer.kind).parameters if one.type in SEARCHABLE]
        names.sort(key=lambda name: PARAMETERS_FIRST.index(name) if name in PARAMETERS_FIRST else 99)
        points += [("layer", node.layer, name) for name in names]
    return points


def label_of(point: Point) -> str:
    """What a person reads of something that can vary."""
    place, _, parameter = point
    words = {
        "present": say("there or not"),
        "repeat": say("how often"),
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
        jobs.submit("components.searching.tuning.study_job", run_id)
    except (SpaceError, LimitError, StoreError, backstage.EngineError, ValueError) as error:
        return str(error)
    st.session_state["study"] = run_id
    return None


def resume_study(run: Run) -> str | None:
    """Let a study go on from where it stands; a sentence when it cannot."""
    try:
        jobs.check_another(workspace())
        backstage.store().update_run(run.id, workspace_of(workspace()), state="queued", message="")
        jobs.submit("components.searching.tuning.study_job", run.id)
    except (StoreError, backstage.EngineError, ValueError) as error:
        return str(error)
    return None


def forget_study(run: Run) -> None:
    """Delete a study with its trials."""
    delete_study(backstage.store(), run.id, workspace())
    st.session_state["study"] = None


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
        jobs.submit(LABS[lab], run.id, count, key=f"{run.id}/{lab}")
    except (backstage.EngineError, ValueError) as error:
        return str(error)
    return None


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
