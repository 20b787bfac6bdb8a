"""What the canvas draws: a graph as plain records of its nodes, and the difference between two such views."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from components.graph import Graph, Json, Layer, Node, is_input, split_reference
from components.layers import describe_config, find_layer
from dashboard.texts import say

Positions = Mapping[str, tuple[float, float]]

EMPTY: Mapping[str, int] = MappingProxyType({})

GRAPH_FIELDS = ("outputs", "path", "title", "summary", "problems")
"""What a view says of the graph as a whole."""

BLANK: dict[str, Any] = {
    "kind": "", "family": "Core", "title": "", "detail": "", "config": {}, "doors": None, "nested": False, "calls": 1,
    "band": None, "inputs": [], "exits": [], "x": 0, "y": 0, "shape": None, "ports": None, "parameters": None,
    "problem": None, "more": [], "inside": 0, "varies": 0,
}  # fmt: skip
"""What goes without saying of a node (`BLANK` in edits.js): a record is sent without it."""


def view_of(
    graph: Graph,
    layout: Positions,
    inspection: Json | None,
    path: Sequence[str] = (),
    varied: Mapping[str, int] = EMPTY,
) -> dict[str, Any]:
    """The graph as the canvas draws it, node by node, in the graph's order.

    `layout` gives the top left corner of each node's card, in pixels. `inspection` is what
    `inspect_json` says of this very graph; `None` while the engine warms up: shapes are then unknown.
    `path` names the nested models that are open, outermost first; `varied` says of how many things of a node, or inside
    it, a search may try several values.
    """
    calls = Counter(node.layer for node in graph.nodes)
    shared = [layer for layer, count in calls.items() if count > 1]
    bands = {layer: index for index, layer in enumerate(shared)}
    layers = {name: layer_view(name, layer, calls[name], bands.get(name)) for name, layer in graph.layers.items()}
    known = inspection or {}
    inspected, inside = known.get("nodes", {}), known.get("models", {})
    problems = known.get("problems", [])
    at_node: dict[str | None, list[Json]] = {}
    for problem in problems:
        at_node.setdefault(problem["node"], []).append(problem_view(problem))
    exits: dict[str, list[int]] = {}
    for source, index in map(split_reference, graph.outputs):
        exits.setdefault(source, []).append(index)
    nodes = {
        node.id: {
            **layers[node.layer],
            **node_view(node, exits.get(node.id, []), layout),
            **shape_view(inspected.get(node.id, {})),
            "problem": next(iter(at_node.get(node.id, ())), None),
            "more": at_node.get(node.id, [])[1:],
            "inside": len(inside.get(node.layer, {}).get("problems", ())),
            "varies": varied.get(node.id, 0),
        }
        for node in graph.nodes
    }
    return {
        "nodes": nodes,
        "order": [node.id for node in graph.nodes],
        "outputs": list(graph.outputs),
        "path": list(path),
        "problems": [{"node": None, **problem_view(p)} for p in problems if p["node"] not in nodes],
    }


def layer_view(name: str, layer: Layer | Graph, calls: int, band: int | None) -> dict[str, Any]:
    """What all calls of one layer show alike."""
    view = model_view(name, layer) if isinstance(layer, Graph) else kind_view(name, layer)
    return {"layer": name, **view, "calls": calls, "band": band}


def kind_view(name: str, layer: Layer) -> dict[str, Any]:
    """A Keras layer in words, and the configuration that a copy of it needs."""
    words = describe_config(layer.kind, layer.config)
    named = name if is_input(layer) or not is_automatic(name, layer.kind) else ""
    return {
        "kind": layer.kind,
        "family": family_of(layer.kind),
        "title": say("Input") if is_input(layer) else layer.kind,
        "detail": named if is_input(layer) else " · ".join(filter(None, (named, words))),
        "config": dict(layer.config),
        "doors": None,
        "nested": False,
    }


def model_view(name: str, model: Graph) -> dict[str, Any]:
    """A nested model in words, and how many inputs it takes: what is inside would weigh on every edit."""
    layers = sum(not is_input(layer) for layer in model.layers.values())
    return {
        "kind": "Model",
        "family": "Model",
        "title": name,
        "detail": say("model · 1 layer") if layers == 1 else say("model · {count} layers", count=layers),
        "config": {},
        "doors": len(model.inputs),
        "nested": True,
    }


def family_of(kind: str) -> str:
    """The family whose colour the layer wears: its group in the catalogue, with two telling exceptions."""
    return {"InputLayer": "Input", "Embedding": "Embedding"}.get(kind) or find_layer(kind).group


def is_automatic(name: str, kind: str) -> bool:
    """Whether the name says no more than the kind: `dense`, `dense_3`, `max_pooling2d`, `maxpooling2d_1`."""
    stem = re.sub(r"_\d+$", "", name)
    return stem.replace("_", "") == kind.lower()


def node_view(node: Node, exits: list[int], layout: Positions) -> dict[str, Any]:
    """What one call shows of its own; `exits` are those of its outputs that are the graph's."""
    x, y = layout.get(node.id, (0.0, 0.0))
    return {
        "inputs": list(node.inputs),
        "exits": exits,
        "x": round(x, 1),
        "y": round(y, 1),
    }


def shape_view(inspected: Json) -> dict[str, Any]:
    """The shapes that leave a node and its number of parameters, as far as they are known."""
    shapes = [describe_shape(tensor) for tensor in inspected.get("outputs", ())]
    return {
        "shape": shapes[0] if shapes else None,
        "ports": shapes if len(shapes) > 1 else None,
        "parameters": inspected.get("parameters"),
    }


def describe_shape(tensor: Json) -> str:
    """`(None, 80) · int32`; the usual float32 goes without saying."""
    sizes = ", ".join(map(str, tensor["shape"])) + ("," if len(tensor["shape"]) == 1 else "")
    dtype = tensor.get("dtype") or "float32"
    return f"({sizes})" if dtype == "float32" else f"({sizes}) · {dtype}"


def problem_view(problem: Json) -> dict[str, Any]:
    """A problem without its edits: those stay with the server, the canvas names them by their place."""
    fixes = [{"label": say(fix["label"])} for fix in problem.get("fixes", ())]
    return {"message": say(problem["message"]), "fixes": fixes}


# What is sent


def sparse(record: Json) -> dict[str, Any]:
    """A node's record without what goes without saying."""
    return {field: value for field, value in record.items() if field not in BLANK or value != BLANK[field]}


def whole_view(view: Json) -> dict[str, Any]:
    """A view as it is sent at first: its records sparse."""
    return {**view, "nodes": {node: sparse(record) for node, record in view["nodes"].items()}}


def patch_between(old: Json, new: Json) -> dict[str, Any]:
    """What turns the view `old` into `new`, small whatever the size of the graph.

    `nodes` holds sparse records of new nodes, only the changed fields of known ones, and `None` for
    those that went. `order` is left out when the survivors stay as they were and the new ones follow;
    otherwise it is the splice `{at, drop, put}` that turns the survivors into the new order.
    """
    patch = {field: new[field] for field in GRAPH_FIELDS if field in new and new[field] != old.get(field)}
    nodes = changed_nodes(old["nodes"], new["nodes"])
    if nodes:
        patch["nodes"] = nodes
    survivors = [node for node in old["order"] if node in new["nodes"]]
    if survivors + [node for node in nodes if node not in old["nodes"]] != new["order"]:
        patch["order"] = splice_between(survivors, new["order"])
    return patch


def changed_nodes(old: Mapping[str, Json], new: Mapping[str, Json]) -> dict[str, Json]:
    """Per node that differs: its record, its changed fields, or `None`."""
    changes: dict[str, Json] = {node: None for node in old if node not in new}
    for node, record in new.items():
        before = old.get(node)
        if before is None:
            changes[node] = sparse(record)
        elif before != record:
            changes[node] = {field: value for field, value in record.items() if before.get(field) != value}
    return changes


def splice_between(old: Sequence[str], new: Sequence[str]) -> dict[str, Any]:
    """The one replacement that turns a list into another: at `at`, drop `drop` entries and put `put` there."""
    start = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    most = min(len(old), len(new)) - start
    end = next((i for i in range(most) if old[-1 - i] != new[-1 - i]), most)
    return {"at": start, "drop": len(old) - start - end, "put": list(new[start : len(new) - end])}
