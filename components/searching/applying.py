"""Applying: the experiment that the values of a search space make."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from components.edits import apply_edit, delete_and_bridge, disconnect, edit_inside, redirect
from components.experiment import Experiment, check_experiment
from components.graph import (
    Graph,
    GraphError,
    Layer,
    Node,
    graph_at,
    is_input,
    leading_to_outputs,
    source_of,
    unique_name,
)
from components.layers import check_config
from components.searching.search_space import SHAPING, TRAINING, Dimension, SearchSpace, SpaceError


def apply(experiment: Experiment, values: Mapping[str, Any], space: SearchSpace) -> Experiment:
    """The experiment with those values, by dimension's name; dimensions that are not among them stay as they are.

    Raises SpaceError, GraphError or ExperimentError when the result is no experiment.
    """
    changed = experiment
    for dimension in space.dimensions:
        if dimension.place == "training" and dimension.name in values:
            changed = set_training(changed, dimension, values[dimension.name])
    graph = reshape(experiment.graph, values, space, ("kind", "layer", "branch", "repeat", "present"))
    if graph != experiment.graph:
        paths = {dimension.path for dimension in space.dimensions if dimension.place in SHAPING}
        for path in sorted({(), *paths}, key=len, reverse=True):
            graph = edit_inside(graph, path, without_dead_ends) if reaches(graph, path) else graph
    return check_experiment(replace(changed, graph=graph))


def reshape(
    graph: Graph, values: Mapping[str, Any], space: SearchSpace, places: Sequence[str] = ("kind", *SHAPING[:3])
) -> Graph:
    """The graph with those values of the dimensions at those places; what led to outputs and leads nowhere now stays."""
    for place in places:
        for dimension in space.dimensions:
            if dimension.place == place and dimension.name in values and reaches(graph, dimension.path):
                graph = RESHAPE[place](graph, dimension, values[dimension.name])
    return graph


def reaches(graph: Graph, path: Sequence[str]) -> bool:
    """Whether there is a nested graph at a path."""
    try:
        graph_at(graph, path)
    except GraphError:
        return False
    return True


def set_training(experiment: Experiment, dimension: Dimension, value: Any) -> Experiment:
    """A training setting."""
    training = experiment.training
    if dimension.parameter == "loss_weight":
        weights = {**training.loss_weights, dimension.owner: float(value)}
        return replace(experiment, training=replace(training, loss_weights=weights))
    if dimension.parameter not in TRAINING:
        raise SpaceError(f"The training has no setting “{dimension.parameter}” to search; choose another.")
    return replace(experiment, training=replace(training, **{dimension.parameter: value}))


def set_parameter(graph: Graph, dimension: Dimension, value: Any) -> Graph:
    """A layer's parameter."""
    edit = {"edit": "configure", "layer": dimension.owner, "config": {dimension.parameter: value}}
    changed = apply_edit(graph, edit, dimension.path)
    layer = graph_at(changed, dimension.path).layers[dimension.owner]
    wrong = check_config(layer.kind, layer.config) if isinstance(layer, Layer) else []
    if wrong:
        raise SpaceError(f"“{dimension.name}”: {wrong[0]}")
    return changed


def set_kind(graph: Graph, dimension: Dimension, value: Any) -> Graph:
    """Another layer or block in a layer's place."""
    options = dict(dimension.options)
    if value not in options:
        raise SpaceError(f"“{dimension.name}” has no “{value}” to choose; choose one of {', '.join(options)}.")
    return edit_inside(graph, dimension.path, lambda inner: put(inner, dimension.owner, options[value]))


def put(graph: Graph, layer: str, other: Layer | Graph) -> Graph:
    """The graph with another layer of the same name, where it is called at all."""
    return replace(graph, layers={**graph.layers, layer: other}) if layer in graph.layers else graph


def set_repeats(graph: Graph, dimension: Dimension, value: Any) -> Graph:
    """A node so many times in a row, each with weights of its own."""
    return edit_inside(graph, dimension.path, lambda inner: repeat_node(inner, dimension.owner, int(value)))


def set_presence(graph: Graph, dimension: Dimension, value: Any) -> Graph:
    """A node there, or bridged."""
    return graph if value else edit_inside(graph, dimension.path, lambda inner: bridge(inner, dimension.owner))


def set_branch(graph: Graph, dimension: Dimension, value: Any) -> Graph:
    """A branch into a merge there, or cut."""
    if value:
        return graph
    return edit_inside(graph, dimension.path, lambda inner: cut_branch(inner, dimension.owner, dimension.parameter))


RESHAPE: Mapping[str, Callable[[Graph, Dimension, Any], Graph]] = {
    "kind": set_kind,
    "layer": set_parameter,
    "repeat": set_repeats,
    "branch": set_branch,
    "present": set_presence,
}


def bridge(graph: Graph, node_id: str) -> Graph:
    """Without the node, if it is there."""
    return delete_and_bridge(graph, id=node_id) if any(node.id == node_id for node in graph.nodes) else graph


def repeat_node(graph: Graph, node_id: str, times: int) -> Graph:
    """The node `times` times in a row: 0 bridges it, copies bear its layer's name with a number."""
    if times == 0:
        return bridge(graph, node_id)
    there = any(node.id == node_id for node in graph.nodes)
    for _ in range(times - 1 if there else 0):
        graph = copy_after(graph, node_id)
    return graph


def copy_after(graph: Graph, node_id: str) -> Graph:
    """One more of the node behind it, with a copy of its layer."""
    node = graph.node(node_id)
    taken = set(graph.layers) | {other.id for other in graph.nodes}
    name = unique_name(node.layer, taken)
    moved = redirect(graph, node_id, name)
    place = next(place for place, other in enumerate(moved.nodes) if other.id == node_id)
    nodes = (*moved.nodes[: place + 1], Node(name, name, (node_id,)), *moved.nodes[place + 1 :])
    return replace(moved, layers={**moved.layers, name: graph.layers[node.layer]}, nodes=nodes)


def cut_branch(graph: Graph, merge: str, source: str) -> Graph:
    """The merge without that branch; with one branch left the merge itself is bridged."""
    node = next((node for node in graph.nodes if node.id == merge), None)
    if node is None:
        raise SpaceError(f"At least one branch enters “{merge}”, and none would be left; keep one of them.")
    place = next((place for place, r in enumerate(node.inputs) if source_of(r) == source), None)
    if place is None or len(node.inputs) < 2:
        raise SpaceError(f"At least one branch enters “{merge}”, and none would be left; keep one of them.")
    cut = disconnect(graph, target=merge, place=place)
    return bridge(cut, merge) if len(node.inputs) == 2 else cut


def without_dead_ends(graph: Graph) -> Graph:
    """Without what led to an output before a branch was cut and leads to none now; inputs stay."""
    needed = leading_to_outputs(graph)
    kept = tuple(node for node in graph.nodes if node.id in needed or is_input(graph.layer_of(node)))
    unfed = [node.id for node in kept if node.id not in needed]
    if unfed:
        raise SpaceError(f"Every input leads to an output, and “{unfed[0]}” would lead to none; keep its branch.")
    return replace(graph, nodes=kept, layers={node.layer: graph.layers[node.layer] for node in kept})
