"""Graphs of layers: the frozen types, their reading and their JSON; knows neither Keras nor the dashboard."""

from __future__ import annotations

import hashlib
import heapq
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

INPUT = "InputLayer"

Json = Any
"""What `json.loads` returns."""


class GraphError(ValueError):
    """An edit or a file that breaks a rule; its text says the rule, the value and the remedy."""


@dataclass(frozen=True)
class Layer:
    """A Keras class by name, and the constructor arguments that differ from its defaults."""

    kind: str
    config: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Node:
    """One call of one layer; nodes that name the same layer share its weights.

    `inputs` are references in call order: `"id"` is a node's first output, `"id:1"` its second.
    """

    id: str
    layer: str
    inputs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Graph:
    """Layers by name (a layer may itself be a graph), their calls, and the references that leave it.

    Nodes of `InputLayer` are the graph's inputs, in their order. Edges are derived from the nodes.
    """

    layers: Mapping[str, Layer | Graph] = field(default_factory=dict)
    nodes: tuple[Node, ...] = ()
    outputs: tuple[str, ...] = ()

    def node(self, node_id: str) -> Node:
        """The node of that id; GraphError when there is none."""
        try:
            return self.nodes_by_id[node_id]
        except KeyError:
            raise GraphError(f"There is no node “{node_id}” in this graph; it may have been deleted.") from None

    def layer_of(self, node: Node) -> Layer | Graph:
        """The layer, or the nested graph, that the node calls."""
        return self.layers[node.layer]

    @cached_property
    def nodes_by_id(self) -> Mapping[str, Node]:
        """The nodes by their ids."""
        return {node.id: node for node in self.nodes}

    @cached_property
    def inputs(self) -> tuple[str, ...]:
        """Ids of the input nodes, in order."""
        return tuple(node.id for node in self.nodes if is_input(self.layers[node.layer]))

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the canonical JSON: equal graphs, equal fingerprints."""
        canonical = json.dumps(graph_to_json(self), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()


@dataclass(frozen=True)
class Fix:
    """A mend that a problem offers: a short label and the edits (as JSON) that carry it out."""

    label: str
    edits: tuple[Json, ...]


@dataclass(frozen=True)
class Problem:
    """What is wrong at a node (`None`: with the graph as a whole), in a sentence, and its mends."""

    node: str | None
    message: str
    fixes: tuple[Fix, ...] = ()


# Reading a graph


def is_input(layer: Layer | Graph) -> bool:
    """Whether the layer is a graph's door rather than a computation."""
    return isinstance(layer, Layer) and layer.kind == INPUT


def split_reference(reference: str) -> tuple[str, int]:
    """`"lstm:1"` → `("lstm", 1)`; a bare id means its first output."""
    node_id, colon, index = reference.rpartition(":")
    return (node_id, int(index)) if colon else (reference, 0)


def source_of(reference: str) -> str:
    """The id of the node that a reference points at."""
    return split_reference(reference)[0]


def rename_reference(reference: str, names: Mapping[str, str]) -> str:
    """The reference with its node under another name, where `names` has one."""
    node_id, colon, index = reference.partition(":")
    return names.get(node_id, node_id) + colon + index


def edges(graph: Graph) -> Iterator[tuple[str, str, int]]:
    """Every edge as (source reference, target node id, place among the target's inputs)."""
    for node in graph.nodes:
        for place, reference in enumerate(node.inputs):
            yield reference, node.id, place


def topological_order(graph: Graph) -> list[Node]:
    """Nodes so that each comes after its inputs, otherwise in their own order.

    Raises GraphError when the graph has a cycle.
    """
    waiting = {node.id: {source_of(r) for r in node.inputs} for node in graph.nodes}
    consumers: dict[str, list[str]] = {}
    for reference, target, _ in edges(graph):
        consumers.setdefault(source_of(reference), []).append(target)
    position = {node.id: i for i, node in enumerate(graph.nodes)}
    ready = [i for i, node in enumerate(graph.nodes) if not waiting[node.id]]  # sorted, so a heap already
    ordered: list[Node] = []
    while ready:
        current = graph.nodes[heapq.heappop(ready)]
        ordered.append(current)
        for target in dict.fromkeys(consumers.get(current.id, ())):
            waiting[target].discard(current.id)
            if not waiting[target]:
                heapq.heappush(ready, position[target])
    if len(ordered) < len(graph.nodes):
        stuck = sorted(set(waiting) - {node.id for node in ordered})
        raise GraphError(f"A graph has no cycles, but {', '.join(stuck)} wait for one another; remove an edge.")
    return ordered


def ancestors(graph: Graph, node_id: str) -> set[str]:
    """Ids of all nodes that the node depends on."""
    sources = {node.id: [source_of(r) for r in node.inputs] for node in graph.nodes}
    found: set[str] = set()
    pending = list(sources.get(node_id, ()))
    while pending:
        current = pending.pop()
        if current not in found:
            found.add(current)
            pending.extend(sources.get(current, ()))
    return found


def leading_to_outputs(graph: Graph) -> set[str]:
    """Ids of the nodes that an output hangs on."""
    ends = {source_of(reference) for reference in graph.outputs}
    return ends.union(*(ancestors(graph, end) for end in ends))


def call_names(graph: Graph) -> dict[str, str]:
    """Each node's call as records name it: a layer's first by its name, its later ones `layer:1`, `layer:2`, …"""
    made: Counter[str] = Counter()
    calls = {}
    for node in topological_order(graph):
        calls[node.id] = f"{node.layer}:{made[node.layer]}" if made[node.layer] else node.layer
        made[node.layer] += 1
    return calls


@dataclass(frozen=True)
class Call:
    """A call of a layer within a whole model: the layer's kind (none for a nested model), the calls that it joins, and the
    nodes that lead there, those that call the models around it before its own."""

    kind: str
    terms: tuple[str, ...]
    way: tuple[str, ...] = ()


def calls_within(
    graph: Graph, prefix: str = "", number: int = 0, doors: Mapping[str, str] | None = None, way: tuple[str, ...] = ()
) -> dict[str, Call]:
    """Every call by its name, those inside nested models too, in the order of the graph; inputs are none.

    Of a nested model it is the run through it with that `number`; `doors` says what enters there, by its inputs, and
    `way` which nodes lead there.
    """
    names = dict(doors or {node: node for node in graph.inputs})
    rounds = Counter(node.layer for node in graph.nodes)
    found: dict[str, Call] = {}
    calls = call_names(graph)
    for node in topological_order(graph):
        layer = graph.layers[node.layer]
        if node.id in graph.inputs:
            continue
        place = number * rounds[node.layer] + int(calls[node.id].partition(":")[2] or 0)
        names[node.id] = name = f"{prefix}{node.layer}" + (f":{place}" if place else "")
        sources = tuple(names[source_of(reference)] for reference in node.inputs)
        found[name] = Call(getattr(layer, "kind", ""), sources if len(sources) > 1 else (), (*way, node.id))
        if isinstance(layer, Graph):
            entering = dict(zip(layer.inputs, sources, strict=False))
            found |= calls_within(layer, f"{prefix}{node.layer}/", place, entering, (*way, node.id))
    return found


def calls_of(graph: Graph, layer: str) -> list[Node]:
    """The nodes that call the layer: more than one means shared weights."""
    return [node for node in graph.nodes if node.layer == layer]


def output_names(graph: Graph) -> list[str]:
    """The layer names under which Keras knows the outputs (its keys for losses and metrics)."""
    return [graph.node(source_of(reference)).layer for reference in graph.outputs]


def embeddings_in(graph: Graph, prefix: str = "") -> Iterator[str]:
    """The Embedding layers, those in nested models too."""
    for name, layer in graph.layers.items():
        if isinstance(layer, Graph):
            yield from embeddings_in(layer, f"{prefix}{name}/")
        elif layer.kind == "Embedding":
            yield f"{prefix}{name}"


def last_hidden(graph: Graph) -> str:
    """The last layer before the first output, what the network has made of the data; the output where none is."""
    output = graph.node(source_of(graph.outputs[0]))
    before = graph.node(source_of(output.inputs[0])) if output.inputs else output
    return output.layer if is_input(graph.layer_of(before)) else before.layer


def graph_at(graph: Graph, path: Sequence[str]) -> Graph:
    """The nested graph at `path`."""
    for name in path:
        inner = graph.layers.get(name)
        if not isinstance(inner, Graph):
            raise GraphError(f"There is no model “{name}” in this graph; it may have been ungrouped.")
        graph = inner
    return graph


# JSON


def graph_to_json(graph: Graph) -> Json:
    """The graph as plain data, the inverse of `graph_from_json`."""
    return {
        "layers": {name: layer_to_json(layer) for name, layer in graph.layers.items()},
        "nodes": [[node.id, node.layer, list(node.inputs)] for node in graph.nodes],
        "outputs": list(graph.outputs),
    }


def layer_to_json(layer: Layer | Graph) -> Json:
    """A layer, or a nested graph, as plain data."""
    if isinstance(layer, Graph):
        return graph_to_json(layer)
    return {"kind": layer.kind, "config": dict(layer.config)}


MOST_LEVELS = 20
"""How deep models may stand in models."""


def graph_from_json(data: Json, level: int = 0) -> Graph:
    """The graph that `graph_to_json` wrote, checked: every reference points at a node that exists.

    Raises GraphError naming the first thing that does not fit.
    """
    if level > MOST_LEVELS:
        raise GraphError(f"Models may be nested {MOST_LEVELS} levels deep, and this goes deeper; flatten some.")
    try:
        layers = {str(name): layer_from_json(layer, level) for name, layer in data["layers"].items()}
        nodes = tuple(Node(str(i), str(layer), tuple(map(str, inputs))) for i, layer, inputs in data["nodes"])
        graph = Graph(layers, nodes, tuple(map(str, data["outputs"])))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        if isinstance(error, GraphError):
            raise
        raise GraphError(
            "A graph is an object with layers, nodes and outputs, and this is not one; "
            "export it again from the place it came from."
        ) from error
    check_graph(graph)
    return graph


def layer_from_json(data: Json, level: int = 0) -> Layer | Graph:
    """A layer, or a nested graph, from plain data."""
    if "nodes" in data:
        return graph_from_json(data, level + 1)
    if not isinstance(data["kind"], str) or not isinstance(data["config"], dict):
        raise TypeError("kind is a string and config an object")
    return Layer(data["kind"], data["config"])


def check_graph(graph: Graph) -> None:
    """Raise GraphError unless ids are unique, references and layers exist, and there is no cycle."""
    ids = [node.id for node in graph.nodes]
    twice = next((i for i in ids if ids.count(i) > 1), None) if len(set(ids)) < len(ids) else None
    if twice is not None:
        raise GraphError(f"Node ids are unique, but “{twice}” appears twice; rename one.")
    known = set(ids)
    for name in graph.layers:
        check_name(name)
    for node in graph.nodes:
        check_name(node.id)
        if node.layer not in graph.layers:
            raise GraphError(f"Node “{node.id}” calls the layer “{node.layer}”, which does not exist; add it.")
    for reference in [r for node in graph.nodes for r in node.inputs] + list(graph.outputs):
        check_reference(reference, known)
    topological_order(graph)


def check_reference(reference: str, known: set[str]) -> None:
    """Raise GraphError unless the reference is `id` or `id:index` of a known node."""
    node_id, _, index = reference.partition(":")
    if node_id not in known or (index and not index.isdecimal()):
        raise GraphError(f"“{reference}” is no output of any node here; connect it again.")


NAME_RULE = re.compile(r"[^\W\d]\w{0,62}")


def check_name(name: str) -> None:
    """Raise GraphError unless the name is a Python identifier of at most 63 characters."""
    if not NAME_RULE.fullmatch(name):
        shown = name if len(name) <= 40 else name[:40] + "…"
        raise GraphError(
            f"A name is letters, digits and underscores, starts with a letter and has at most 63 characters, "
            f"but this one is “{shown}”; try “{clean_name(name)}”."
        )


def clean_name(text: str) -> str:
    """A valid name that resembles the text."""
    cleaned = re.sub(r"\W+", "_", text).strip("_")[:63]
    return cleaned if NAME_RULE.fullmatch(cleaned) else f"layer_{cleaned}"[:63].rstrip("_")


def unique_name(wanted: str, taken: Iterable[str]) -> str:
    """`wanted`, or the first of `wanted_1`, `wanted_2`, … that is free."""
    taken = set(taken)
    if wanted not in taken:
        return wanted
    stem = re.sub(r"_\d+$", "", wanted)
    number = 1
    while f"{stem}_{number}" in taken:
        number += 1
    return f"{stem}_{number}"
