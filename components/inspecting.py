"""Inspecting: shapes, parameters and problems of a graph, from Keras itself but without allocating weights."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache, reduce
from itertools import islice
from math import prod
from typing import Any, NamedTuple

import keras

from components.calling import arguments_of, call_layer, make_layer, without_weights
from components.edits import apply_edit
from components.experiment import Experiment, experiment_from_json
from components.graph import (
    INPUT,
    Fix,
    Graph,
    GraphError,
    Json,
    Layer,
    Node,
    Problem,
    ancestors,
    graph_from_json,
    is_input,
    leading_to_outputs,
    split_reference,
    topological_order,
)
from components.mending import apply_mend
from components.problems import (
    explain_call,
    explain_entrance,
    explain_inside,
    explain_missing_output,
    explain_settings,
    notice_call,
    object_to_call,
)
from components.problems.loose_ends import explain_graph
from components.problems.matching import match_problems
from components.problems.refusals import Refusal
from components.shapes import Shape, fits

MOST_FIXES = 4
"""How many mends a problem offers."""

MOST_CALLS_REMEMBERED = 20_000


class Spec(NamedTuple):
    """What is known of a tensor: its shape, batch axis included, its dtype, and the shape of its mask if it has one."""

    shape: Shape
    dtype: str
    mask: Shape | None = None


@dataclass(frozen=True)
class Outcome:
    """What came of a call: its outputs, or what Keras says against it, or the problem where we say it."""

    outputs: tuple[Spec, ...] = ()
    parameters: int = 0
    trainable: int = 0
    error: str | None = None
    problem: Problem | None = None


@dataclass
class Findings:
    """What an inspection gathers on its way through a graph."""

    outcomes: dict[str, Outcome] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    models: dict[str, Json] = field(default_factory=dict)
    calls: dict[str, tuple[tuple[Spec, ...], ...]] = field(default_factory=dict)


def inspect_json(graph: Json) -> Json:
    """`inspect_graph` for plain data."""
    return inspect_graph(graph_from_json(graph))


def inspect_experiment_json(experiment: Json) -> Json:
    """The inspection of an experiment's graph, with what its data and its losses say against it."""
    read = experiment_from_json(experiment)
    return without_weights(lambda: inspect_experiment(read))


def inspect_experiment(experiment: Experiment) -> Json:
    """`inspect_experiment_json` where no weights are made."""
    inspection = inspect(experiment.graph)
    matched = [with_matching_fixes(experiment, problem) for problem in match_problems(experiment, inspection)]
    # What feeds an input comes before what it feeds.
    inspection["problems"] = [*map(problem_to_json, matched), *inspection["problems"]]
    return inspection


def with_matching_fixes(experiment: Experiment, problem: Problem) -> Problem:
    """The problem with those of its fixes that, tried out, make the experiment fit."""
    proven = (fix for fix in problem.fixes if is_matched(experiment, problem, fix))
    return replace(problem, fixes=tuple(islice(proven, MOST_FIXES)))


def is_matched(experiment: Experiment, problem: Problem, fix: Fix) -> bool:
    """Whether, once the fix is carried out, the graph still works there and the problem is gone."""
    if problem.node is None:
        return False
    try:
        mended = reduce(apply_mend, fix.edits, experiment)
    except GraphError:
        return False
    found = visit_up_to(mended.graph, problem.node, None)
    known = {"nodes": nodes_to_json(found), "problems": [problem_to_json(other) for other in found.problems]}
    left = [(other.node, other.message) for other in match_problems(mended, known)]
    return problem.node in known["nodes"] and (problem.node, problem.message) not in left


def inspect_graph(graph: Graph) -> Json:
    """Per node its outputs and parameters, the totals, the problems and the nested models' own inspections.

    A node after a broken one has no outputs and no problem of its own. The totals are Keras's: shared
    weights count once, and what leads to no output does not count. Never raises on a checked graph.
    """
    return without_weights(lambda: inspect(graph))


def inspect(graph: Graph, given: Sequence[Spec] | None = None) -> Json:
    """`inspect_graph` where no weights are made; `given` are the tensors that a nested graph is called on."""
    found = visit(graph, topological_order(graph), given)
    problems = [with_proven_fixes(graph, problem, given) for problem in found.problems]
    outputs = {node: len(outcome.outputs) for node, outcome in found.outcomes.items()}
    parameters = {node: outcome.parameters for node, outcome in found.outcomes.items()}
    spoken_of = {problem.node for problem in problems}
    loose = [problem for problem in explain_graph(graph, outputs, parameters) if problem.node not in spoken_of]
    return to_json(graph, found, [*problems, *loose])


def with_proven_fixes(graph: Graph, problem: Problem, given: Sequence[Spec] | None) -> Problem:
    """The problem with those of its fixes that, tried out, remove it."""
    proven = (fix for fix in problem.fixes if is_mended(graph, problem, fix, given))
    return replace(problem, fixes=tuple(islice(proven, MOST_FIXES)))


def is_mended(graph: Graph, problem: Problem, fix: Fix, given: Sequence[Spec] | None) -> bool:
    """Whether the node works, without a problem, once the fix is carried out; or is gone."""
    try:
        mended = reduce(apply_edit, fix.edits, graph)
    except GraphError:
        return False
    if problem.node is None or all(node.id != problem.node for node in mended.nodes):
        return True
    found = visit_up_to(mended, problem.node, given)
    return problem.node in found.outcomes and all(other.node != problem.node for other in found.problems)


def visit_up_to(graph: Graph, node_id: str, given: Sequence[Spec] | None) -> Findings:
    """What comes of calling a node and all that it depends on: enough to tell whether a fix mends it."""
    needed = ancestors(graph, node_id) | {node_id}
    return visit(graph, [node for node in topological_order(graph) if node.id in needed], given)


def visit(graph: Graph, nodes: Sequence[Node], given: Sequence[Spec] | None) -> Findings:
    """What comes of calling the nodes, in that order; their problems with fixes that are not proven yet."""
    found = Findings()
    doors = dict(zip(graph.inputs, given or (), strict=False))
    for node in nodes:
        visit_node(graph, node, found, doors)
    return found


def visit_node(graph: Graph, node: Node, found: Findings, doors: Mapping[str, Spec]) -> None:
    """One node: its outcome, or its problem, or both when it works and does not mean what it says."""
    problem = explain_settings(graph, node) or explain_missing(node, found)
    inputs = None if problem else inputs_of(node, found)
    if inputs is not None:
        outcome = outcome_of(graph, node, inputs, found, doors)
        problem = problem_of(graph, node, inputs, outcome)
        if outcome.error is None and outcome.problem is None:
            found.outcomes[node.id] = outcome
    if problem is not None:
        found.problems.append(problem)


def explain_missing(node: Node, found: Findings) -> Problem | None:
    """An input that asks a node for an output that it does not have."""
    for place, reference in enumerate(node.inputs):
        source, index = split_reference(reference)
        if source in found.outcomes and index >= len(found.outcomes[source].outputs):
            return explain_missing_output(node, place, len(found.outcomes[source].outputs))
    return None


def inputs_of(node: Node, found: Findings) -> tuple[Spec, ...] | None:
    """The tensors that come in; None when one of them is not known."""
    references = [split_reference(reference) for reference in node.inputs]
    if any(source not in found.outcomes for source, _ in references):
        return None
    return tuple(found.outcomes[source].outputs[index] for source, index in references)


def problem_of(graph: Graph, node: Node, inputs: tuple[Spec, ...], outcome: Outcome) -> Problem | None:
    """What is wrong with the call, if anything."""
    if outcome.error is not None:
        return explain_call(refusal_of(graph, node, inputs, outcome.error))
    return outcome.problem or notice_call(graph, node, [spec.dtype for spec in inputs])


def refusal_of(graph: Graph, node: Node, inputs: tuple[Spec, ...], error: str) -> Refusal:
    """The call with what is said against it."""
    return Refusal(graph, node, tuple(spec.shape for spec in inputs), tuple(spec.dtype for spec in inputs), error)


def outcome_of(
    graph: Graph, node: Node, inputs: tuple[Spec, ...], found: Findings, doors: Mapping[str, Spec]
) -> Outcome:
    """What the call gives: an input, a nested model or a layer of the catalogue."""
    layer = graph.layer_of(node)
    if isinstance(layer, Graph):
        return call_model(graph, node, layer, inputs, found)
    config = json.dumps(dict(layer.config), sort_keys=True)
    if is_input(layer):
        return Outcome((doors[node.id],)) if node.id in doors else open_door(config)
    objection = object_to_call(refusal_of(graph, node, inputs, ""))
    if objection is not None:
        return Outcome(problem=objection)
    # The calls before it count, since the first of them built the weights.
    calls = (*found.calls.get(node.layer, ()), inputs)
    outcome = try_calls(layer.kind, config, calls)
    if outcome.error is None:
        found.calls[node.layer] = calls
    return outcome


@lru_cache(maxsize=MOST_CALLS_REMEMBERED)
def open_door(config: str) -> Outcome:
    """The tensor that an input lets in."""
    try:
        tensor = keras.Input(**arguments_of(Layer(INPUT, json.loads(config))))
    except Exception as error:  # Whatever Keras has against the shape is the graph's problem.
        return Outcome(error=str(error))
    return Outcome((spec_of(tensor),))


@lru_cache(maxsize=MOST_CALLS_REMEMBERED)
def try_calls(kind: str, config: str, calls: tuple[tuple[Spec, ...], ...]) -> Outcome:
    """A layer made and called, once for each entry of `calls`, on symbols; the outcome of the last call."""
    layer = Layer(kind, json.loads(config))
    try:
        made = make_layer(layer, name="layer")
        for inputs in calls:
            outputs = call_layer(made, layer, [symbol(spec) for spec in inputs])
        specs = tuple(spec_of(tensor) for tensor in outputs)
    except Exception as error:  # Keras raises whatever its operations raise; all of it is the graph's problem.
        return Outcome(error=str(error) or type(error).__name__)
    if any(spec.shape[:1] != (None,) for spec in specs):
        return Outcome(error="what comes out no longer has the batch as its first axis.")
    return Outcome(specs, count(made.weights), count(made.trainable_weights))


def count(weights: Sequence[Any]) -> int:
    """How many numbers the weights hold, random states left out, as `count_params` does."""
    return sum(prod(weight.shape) for weight in weights)


def symbol(spec: Spec) -> Any:
    """A symbolic tensor, its mask upon it."""
    tensor = keras.KerasTensor(spec.shape, dtype=spec.dtype)
    if spec.mask is not None:
        tensor._keras_mask = keras.KerasTensor(spec.mask, dtype="bool")  # Keras has no public way to say so.
    return tensor


def spec_of(tensor: Any) -> Spec:
    """What is known of a symbolic tensor."""
    mask = getattr(tensor, "_keras_mask", None)
    shape = None if mask is None else tuple(mask.shape)
    return Spec(tuple(tensor.shape), keras.backend.standardize_dtype(tensor.dtype), shape)


# Nested models


def call_model(graph: Graph, node: Node, model: Graph, inputs: tuple[Spec, ...], found: Findings) -> Outcome:
    """One call of a nested graph: its own problems first, then whether what comes in fits its inputs."""
    if node.layer not in found.models:
        found.models[node.layer] = inspect(model)
    own = found.models[node.layer]
    broken = blocking_problem(model, own)
    if broken is not None:
        return Outcome(problem=explain_inside(node, broken))
    doors = [own_spec(own, door) for door in model.inputs]
    for place, (door, spec) in enumerate(zip(doors, inputs, strict=True)):
        if not fits(door.shape, spec.shape):
            return Outcome(problem=explain_entrance(graph, node, place, door.shape, spec.shape))
    given = [spec._replace(dtype=door.dtype) for door, spec in zip(doors, inputs, strict=True)]
    called = own if given == doors else inspect(model, given)
    broken = blocking_problem(model, called)
    if broken is not None:
        return Outcome(problem=explain_inside(node, {**broken, "fixes": []}))
    outputs = tuple(own_spec(called, reference) for reference in model.outputs)
    return Outcome(outputs, own["parameters"], own["trainable"])


def blocking_problem(graph: Graph, inspection: Json) -> Json | None:
    """The first problem that keeps Keras from building the graph.

    A node that has outputs can be built whatever else is said of it, and one that leads to no output is not.
    """
    needed = needed_nodes(graph)
    for problem in inspection["problems"]:
        node = problem["node"]
        if node is None or (node in needed and node not in inspection["nodes"]):
            return problem
    return None


def own_spec(inspection: Json, reference: str) -> Spec:
    """The tensor at a reference of an inspected graph."""
    node, index = split_reference(reference)
    known = inspection["nodes"][node]["outputs"][index]
    return Spec(tuple(known["shape"]), known["dtype"])


# As plain data


def to_json(graph: Graph, found: Findings, problems: Sequence[Problem]) -> Json:
    """The findings as plain data; a shared layer's weights are counted once."""
    counted = counted_layers(graph, found)
    return {
        "nodes": nodes_to_json(found),
        "parameters": sum(outcome.parameters for outcome in counted.values()),
        "trainable": sum(outcome.trainable for outcome in counted.values()),
        "problems": [problem_to_json(problem) for problem in problems],
        "models": found.models,
    }


def counted_layers(graph: Graph, found: Findings) -> dict[str, Outcome]:
    """An outcome of each layer that leads to an output; of every layer while no output is chosen."""
    leading = needed_nodes(graph) if graph.outputs else found.outcomes.keys()
    known = leading & found.outcomes.keys()
    return {node.layer: found.outcomes[node.id] for node in graph.nodes if node.id in known}


def needed_nodes(graph: Graph) -> set[str]:
    """The nodes of the Keras model: the inputs, and what leads to an output."""
    return set(graph.inputs) | leading_to_outputs(graph)


def nodes_to_json(found: Findings) -> dict[str, Json]:
    """The shapes and parameters of every node that could be called."""
    return {node: outcome_to_json(outcome) for node, outcome in found.outcomes.items()}


def outcome_to_json(outcome: Outcome) -> Json:
    """One node's shapes and parameters."""
    return {
        "outputs": [{"shape": list(spec.shape), "dtype": spec.dtype} for spec in outcome.outputs],
        "parameters": outcome.parameters,
    }


def problem_to_json(problem: Problem) -> Json:
    """A problem with its fixes."""
    fixes = [{"label": fix.label, "edits": list(fix.edits)} for fix in problem.fixes]
    return {"node": problem.node, "message": problem.message, "fixes": fixes}
