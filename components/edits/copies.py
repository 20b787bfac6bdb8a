"""Copies: layers with weights of their own, in the same graph or from another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from components.edits.registry import edit
from components.edits.wiring import drop_uncalled, replace_node
from components.graph import (
    Graph,
    GraphError,
    Json,
    Node,
    calls_of,
    check_graph,
    graph_from_json,
    rename_reference,
    source_of,
    unique_name,
)


@edit
def unshare(graph: Graph, id: str) -> Graph:
    """The node calls a copy of its layer: same configuration, its own weights."""
    node = graph.node(id)
    if len(calls_of(graph, node.layer)) < 2:
        return graph
    name = unique_name(node.layer, graph.layers)
    layers = {**graph.layers, name: graph.layers[node.layer]}
    return replace_node(replace(graph, layers=layers), replace(node, layer=name))


@edit
def paste(graph: Graph, graph_json: Json) -> Graph:
    """A copied part beside what is there: fresh names, its own edges, sharing inside the part kept."""
    part = part_from_json(graph_json)
    layer_names: dict[str, str] = {}
    for name in part.layers:
        layer_names[name] = unique_name(name, set(graph.layers) | set(layer_names.values()))
    ids: dict[str, str] = {}
    for node in part.nodes:
        wanted = layer_names.get(node.id, node.id)
        ids[node.id] = unique_name(wanted, {n.id for n in graph.nodes} | set(ids.values()))
    return with_copies(graph, part, ids, layer_names)


@edit
def duplicate(graph: Graph, nodes: Mapping[str, str], layers: Mapping[str, str]) -> Graph:
    """Copies of those nodes, fed as they are; `nodes` and `layers` give each its new name, sharing among them is kept."""
    called = {graph.node(id).layer for id in nodes}
    part = Graph({name: graph.layers[name] for name in called}, tuple(n for n in graph.nodes if n.id in nodes), ())
    for name in layers.values():
        if name in graph.layers:
            raise GraphError(f"Layer names are unique, but “{name}” exists already; copy it again.")
    changed = with_copies(graph, part, nodes, layers)
    check_graph(changed)
    return changed


def with_copies(graph: Graph, part: Graph, nodes: Mapping[str, str], layers: Mapping[str, str]) -> Graph:
    """The graph with the nodes and layers of the part beside its own, under the names given."""
    copies = tuple(
        Node(nodes[n.id], layers[n.layer], tuple(rename_reference(r, nodes) for r in n.inputs)) for n in part.nodes
    )
    copied = {layers[name]: layer for name, layer in part.layers.items()}
    return replace(graph, layers={**graph.layers, **copied}, nodes=(*graph.nodes, *copies))


def part_from_json(data: Json) -> Graph:
    """A copied part: a graph without outputs, its outside edges already cut."""
    return graph_from_json({**data, "outputs": []} if isinstance(data, dict) else data)


def copy_part(graph: Graph, ids: Iterable[str]) -> Graph:
    """Those nodes with the edges among them, as a graph without outputs."""
    chosen = set(ids)
    nodes = tuple(
        replace(node, inputs=tuple(r for r in node.inputs if source_of(r) in chosen))
        for node in graph.nodes
        if node.id in chosen
    )
    return drop_uncalled(Graph(graph.layers, nodes, ()))
