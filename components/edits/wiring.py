"""Edits of a graph's layers, calls, edges and outputs, one at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from components.edits.registry import edit
from components.graph import (
    Graph,
    GraphError,
    Layer,
    Node,
    ancestors,
    check_graph,
    check_name,
    check_reference,
    is_input,
    rename_reference,
    source_of,
    unique_name,
)


@edit
def add_node(
    graph: Graph,
    id: str,
    kind: str,
    config: Mapping[str, Any] | None = None,
    inputs: Sequence[str] = (),
    layer: str | None = None,
) -> Graph:
    """A new call of a new layer; the layer is named after the node unless `layer` says otherwise."""
    name = layer or id
    if name in graph.layers:
        raise GraphError(
            f"Layer names are unique, but “{name}” exists already; try “{unique_name(name, graph.layers)}”."
        )
    return add_call(replace(graph, layers={**graph.layers, name: Layer(kind, dict(config or {}))}), id, name, inputs)


@edit
def add_call(graph: Graph, id: str, layer: str, inputs: Sequence[str] = ()) -> Graph:
    """One more call of an existing layer: its weights are shared."""
    if layer not in graph.layers:
        raise GraphError(f"There is no layer “{layer}” to call; add it first.")
    if any(node.id == id for node in graph.nodes):
        ids = [node.id for node in graph.nodes]
        raise GraphError(f"Node ids are unique, but “{id}” exists already; try “{unique_name(id, ids)}”.")
    changed = replace(graph, nodes=(*graph.nodes, Node(id, layer, tuple(inputs))))
    check_graph(changed)
    return changed


@edit
def delete_nodes(graph: Graph, ids: Sequence[str]) -> Graph:
    """Without those nodes, their edges, and the layers that nothing calls any more."""
    gone = set(ids)
    kept = tuple(
        replace(node, inputs=tuple(r for r in node.inputs if source_of(r) not in gone))
        for node in graph.nodes
        if node.id not in gone
    )
    outputs = tuple(r for r in graph.outputs if source_of(r) not in gone)
    return drop_uncalled(replace(graph, nodes=kept, outputs=outputs))


def drop_uncalled(graph: Graph) -> Graph:
    """Without the layers that no node calls."""
    called = {node.layer for node in graph.nodes}
    return replace(graph, layers={name: layer for name, layer in graph.layers.items() if name in called})


@edit
def delete_and_bridge(graph: Graph, id: str) -> Graph:
    """Without the node; what it fed is fed by its first input instead."""
    inputs = graph.node(id).inputs
    if not inputs:
        return delete_nodes(graph, [id])
    return delete_nodes(redirect(graph, id, inputs[0]), [id])


def redirect(graph: Graph, old: str, new: str) -> Graph:
    """Every use of the node `old`, as an input or an output, becomes the reference `new`."""

    def move(reference: str) -> str:
        return new if source_of(reference) == old else reference

    nodes = tuple(replace(node, inputs=tuple(map(move, node.inputs))) for node in graph.nodes)
    return replace(graph, nodes=nodes, outputs=tuple(dict.fromkeys(map(move, graph.outputs))))


@edit
def connect(graph: Graph, source: str, target: str, place: int | None = None) -> Graph:
    """A new edge; `place` puts it before that input of the target, by default after the last.

    Raises GraphError when the target is an input or the edge would close a cycle.
    """
    node = graph.node(target)
    if is_input(graph.layer_of(node)):
        raise GraphError(f"An input takes nothing in, and “{target}” is one; connect from it instead.")
    if source_of(source) == target or target in ancestors(graph, source_of(source)):
        raise GraphError(
            f"A graph has no cycles, and “{source}” already depends on “{target}”; connect it the other way round."
        )
    inputs = list(node.inputs)
    inputs.insert(len(inputs) if place is None else place, source)
    return replace_node(graph, replace(node, inputs=tuple(inputs)))


@edit
def disconnect(graph: Graph, target: str, place: int) -> Graph:
    """Without the edge at that place of the target's inputs."""
    node = graph.node(target)
    return replace_node(graph, replace(node, inputs=node.inputs[:place] + node.inputs[place + 1 :]))


@edit
def set_inputs(graph: Graph, id: str, inputs: Sequence[str]) -> Graph:
    """The node with exactly those inputs in that order."""
    changed = replace_node(graph, replace(graph.node(id), inputs=tuple(inputs)))
    check_graph(changed)
    return changed


def replace_node(graph: Graph, node: Node) -> Graph:
    """The graph with the node of that id replaced."""
    known = {other.id for other in graph.nodes}
    for reference in node.inputs:
        check_reference(reference, known)
    return replace(graph, nodes=tuple(node if other.id == node.id else other for other in graph.nodes))


@edit
def configure(graph: Graph, layer: str, config: Mapping[str, Any]) -> Graph:
    """The layer with those arguments set; the names listed under `"unset"` return to their defaults."""
    current = graph.layers.get(layer)
    if not isinstance(current, Layer):
        raise GraphError(f"There is no layer “{layer}” with parameters; it may have been deleted.")
    changes = dict(config)
    unset = set(changes.pop("unset", ()))
    merged = {key: value for key, value in {**current.config, **changes}.items() if key not in unset}
    return replace(graph, layers={**graph.layers, layer: Layer(current.kind, merged)})


@edit
def change_kind(graph: Graph, layer: str, kind: str, config: Mapping[str, Any] | None = None) -> Graph:
    """The layer as another kind, its calls and edges kept."""
    if layer not in graph.layers:
        raise GraphError(f"There is no layer “{layer}”; it may have been deleted.")
    return replace(graph, layers={**graph.layers, layer: Layer(kind, dict(config or {}))})


@edit
def rename_layer(graph: Graph, layer: str, name: str) -> Graph:
    """The layer, and its only call if that bore the same name, under another name."""
    if layer not in graph.layers:
        raise GraphError(f"There is no layer “{layer}”; it may have been deleted.")
    if name == layer:
        return graph
    check_name(name)
    if name in graph.layers:
        raise GraphError(
            f"Layer names are unique, but “{name}” exists already; try “{unique_name(name, graph.layers)}”."
        )
    layers = {(name if key == layer else key): value for key, value in graph.layers.items()}
    nodes = tuple(replace(node, layer=name) if node.layer == layer else node for node in graph.nodes)
    renamed = replace(graph, layers=layers, nodes=nodes)
    ids = {node.id for node in nodes}
    return rename_node(renamed, layer, name) if layer in ids and name not in ids else renamed


def rename_node(graph: Graph, old: str, new: str) -> Graph:
    """The node under another id, references included."""
    nodes = tuple(
        replace(
            node,
            id=new if node.id == old else node.id,
            inputs=tuple(rename_reference(r, {old: new}) for r in node.inputs),
        )
        for node in graph.nodes
    )
    return replace(graph, nodes=nodes, outputs=tuple(rename_reference(r, {old: new}) for r in graph.outputs))


@edit
def insert_on_edge(
    graph: Graph, id: str, kind: str, target: str, place: int, config: Mapping[str, Any] | None = None
) -> Graph:
    """A new layer in the middle of the edge at that place of the target's inputs."""
    node = graph.node(target)
    grown = add_node(graph, id, kind, config, [node.inputs[place]])
    inputs = (*node.inputs[:place], id, *node.inputs[place + 1 :])
    return replace_node(grown, replace(node, inputs=inputs))


@edit
def set_outputs(graph: Graph, outputs: Sequence[str]) -> Graph:
    """The graph with exactly those references as outputs, in that order."""
    known = {node.id for node in graph.nodes}
    for reference in outputs:
        check_reference(reference, known)
    return replace(graph, outputs=tuple(dict.fromkeys(outputs)))


@edit
def toggle_output(graph: Graph, id: str) -> Graph:
    """The node becomes an output, or ceases to be one."""
    graph.node(source_of(id))
    outputs = tuple(r for r in graph.outputs if r != id) if id in graph.outputs else (*graph.outputs, id)
    return replace(graph, outputs=outputs)
