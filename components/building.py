"""Building: Graph → keras.Model, generic over layers; no layer has code of its own here."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import keras

from components.calling import call_layer, make_input, make_layer, tensor_at, without_weights
from components.graph import Graph, Json, Layer, is_input, topological_order
from components.inspecting import (
    blocking_problem,
    inspect_experiment_json,
    inspect_graph,
    inspect_json,
    needed_nodes,
)
from components.limits import Limits
from components.problems.loose_ends import MOST_PARAMETERS
from components.seeding import seeded

__all__ = ["BuildError", "build_model", "inspect_experiment_json", "inspect_graph", "inspect_json", "sketch_model"]


class BuildError(ValueError):
    """A graph that is no model, with the first of its problems as the text."""


def build_model(
    graph: Graph, seed: int | None = None, name: str = "model", limits: Limits | None = None
) -> keras.Model:
    """The Keras model of a graph; its layers bear the graph's names, its weights begin from `seed`.

    Raises BuildError with the first problem when the graph does not build, or is too large to allocate; LimitError,
    before anything is allocated, when it is larger than `limits` allow.
    """
    inspection = inspect_graph(graph)
    refuse_broken(graph, inspection)
    if inspection["parameters"] > MOST_PARAMETERS:
        raise BuildError(
            f"A model has at most {MOST_PARAMETERS:,} parameters here, and this has {inspection['parameters']:,}; "
            "use fewer units, filters or words."
        )
    if limits is not None:
        limits.check_parameters(inspection["parameters"])
    with nullcontext() if seed is None else seeded(seed):
        return weave(graph, name)


def sketch_model(graph: Graph, name: str = "model") -> keras.Model:
    """The Keras model of a graph without values in its weights: to be drawn and counted, not to be called.

    Raises BuildError with the first problem when the graph does not build.
    """
    refuse_broken(graph, inspect_graph(graph))
    return without_weights(lambda: weave(graph, name))


def refuse_broken(graph: Graph, inspection: Json) -> None:
    """Raise BuildError with the first problem that keeps Keras from building the graph."""
    problem = blocking_problem(graph, inspection)
    if problem is not None:
        raise BuildError(problem["message"])


def weave(graph: Graph, name: str) -> keras.Model:
    """The model, its layers called node by node; what leads to no output is left out, as Keras does."""
    layers: dict[str, Any] = {}
    outputs: dict[str, list[Any]] = {}
    needed = needed_nodes(graph)
    for node in topological_order(graph):
        if node.id not in needed:
            continue
        layer = graph.layer_of(node)
        if isinstance(layer, Layer) and is_input(layer):
            outputs[node.id] = [make_input(node.layer, layer)]
            continue
        if node.layer not in layers:
            layers[node.layer] = (
                weave(layer, node.layer) if isinstance(layer, Graph) else make_layer(layer, name=node.layer)
            )
        inputs = [tensor_at(outputs, reference) for reference in node.inputs]
        outputs[node.id] = call_layer(layers[node.layer], layer, inputs)
    entering = [outputs[node][0] for node in graph.inputs]
    leaving = [tensor_at(outputs, reference) for reference in graph.outputs]
    return keras.Model(bare(entering), bare(leaving), name=name)


def bare(tensors: list[Any]) -> Any:
    """A single tensor by itself, several as their list: so a person would write the model."""
    return tensors[0] if len(tensors) == 1 else tensors
