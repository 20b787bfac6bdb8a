"""Grouping layers into a model within the graph, and ungrouping them again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from components.edits.registry import edit
from components.edits.wiring import drop_uncalled
from components.graph import (
    INPUT,
    Graph,
    GraphError,
    Json,
    Layer,
    Node,
    ancestors,
    calls_of,
    check_name,
    is_input,
    source_of,
    topological_order,
    unique_name,
)


@edit
def group(graph: Graph, ids: Sequence[str], name: str, doors: Mapping[str, Json] | None = None) -> Graph:
    """Those nodes become one nested model called in their place.

    What enters from outside becomes the model's inputs, what leaves becomes its outputs. `doors`
    gives, by entering reference, the configuration (shape, dtype) of the input made for it. Refused
    when an input layer is among them, when a layer is also called outside, or when grouping would
    close a cycle.
    """
    inside = [node for node in topological_order(graph) if node.id in set(ids)]
    chosen = {node.id for node in inside}
    check_groupable(graph, inside, name)
    entering = list(dict.fromkeys(r for node in inside for r in node.inputs if source_of(r) not in chosen))
    used_outside = [r for node in graph.nodes if node.id not in chosen for r in node.inputs] + list(graph.outputs)
    leaving = list(dict.fromkeys(r for r in used_outside if source_of(r) in chosen))
    leaving = leaving or [inside[-1].id]
    taken = {node.layer for node in inside} | chosen
    names: dict[str, str] = {}
    for place, reference in enumerate(entering):
        names[reference] = unique_name(f"input_{place + 1}", taken | set(names.values()))
    inputs = {names[r]: Layer(INPUT, dict((doors or {}).get(r, {}))) for r in entering}
    inner = Graph(
        {**inputs, **{node.layer: graph.layers[node.layer] for node in inside}},
        (
            *(Node(name, name) for name in inputs),
            *(replace(node, inputs=rewire(node.inputs, names)) for node in inside),
        ),
        tuple(leaving),
    )
    return splice_group(graph, chosen, name, inner, entering, leaving)


def check_groupable(graph: Graph, inside: Sequence[Node], name: str) -> None:
    """Raise GraphError unless the nodes can become a model of their own."""
    chosen = {node.id for node in inside}
    check_name(name)
    if not inside:
        raise GraphError("A model has at least one layer, and nothing is selected; select some nodes first.")
    if name in graph.layers or any(node.id == name for node in graph.nodes):
        raise GraphError(
            f"Layer names are unique, but “{name}” exists already; try “{unique_name(name, graph.layers)}”."
        )
    for node in inside:
        if is_input(graph.layer_of(node)):
            raise GraphError(f"A grouped model gets inputs of its own, and “{node.id}” is an input; leave it outside.")
        if any(other.id not in chosen for other in calls_of(graph, node.layer)):
            raise GraphError(
                f"“{node.layer}” is also called outside the selection; select all its calls or unshare it."
            )
    for node in graph.nodes:
        leaves = node.id not in chosen and chosen & {source_of(r) for r in node.inputs}
        if leaves and any(node.id in ancestors(graph, other.id) for other in inside):
            raise GraphError(f"“{node.id}” lies between the selected nodes; select it too.")


def splice_group(
    graph: Graph, chosen: set[str], name: str, inner: Graph, entering: Sequence[str], leaving: Sequence[str]
) -> Graph:
    """The graph with the chosen nodes replaced by one call of `inner`."""
    leaves = {r: name if i == 0 else f"{name}:{i}" for i, r in enumerate(leaving)}
    nodes: list[Node] = []
    for node in graph.nodes:
        if node.id not in chosen:
            nodes.append(replace(node, inputs=tuple(leaves.get(r, r) for r in node.inputs)))
        elif not any(other.id == name for other in nodes):
            nodes.append(Node(name, name, tuple(entering)))
    outputs = tuple(leaves.get(r, r) for r in graph.outputs)
    return drop_uncalled(Graph({**graph.layers, name: inner}, tuple(nodes), outputs))


@edit
def ungroup(graph: Graph, id: str) -> Graph:
    """The nested model's nodes in place of its call; further calls of it go on sharing the model.

    Ungrouping the only call keeps the layers; ungrouping one of several copies them.
    """
    node = graph.node(id)
    inner = graph.layer_of(node)
    if not isinstance(inner, Graph):
        raise GraphError(f"“{id}” is a single layer, not a model of layers; there is nothing to ungroup.")
    if len(node.inputs) != len(inner.inputs):
        raise GraphError(f"“{id}” takes {len(inner.inputs)} inputs and has {len(node.inputs)}; connect them all first.")
    outside = drop_uncalled(replace(graph, nodes=tuple(n for n in graph.nodes if n.id != id)))
    taken = set(outside.layers) | {n.id for n in outside.nodes}
    body = [n for n in inner.nodes if not is_input(inner.layer_of(n))]
    layer_names: dict[str, str] = {}
    for old in dict.fromkeys(n.layer for n in body):
        layer_names[old] = unique_name(old, taken | set(layer_names.values()))
    ids: dict[str, str] = {}
    for old in (n.id for n in body):
        ids[old] = unique_name(layer_names.get(old, old), {n.id for n in outside.nodes} | set(ids.values()))
    doors = dict(zip(inner.inputs, node.inputs, strict=True))

    def move(reference: str) -> str:
        inner_id, colon, index = reference.partition(":")
        return doors[inner_id] if inner_id in doors else ids[inner_id] + colon + index

    exits = {(id if i == 0 else f"{id}:{i}"): move(r) for i, r in enumerate(inner.outputs)}
    unpacked = [Node(ids[n.id], layer_names[n.layer], tuple(map(move, n.inputs))) for n in body]
    nodes: list[Node] = []
    for other in graph.nodes:
        nodes.extend(unpacked if other.id == id else [replace(other, inputs=rewire(other.inputs, exits))])
    layers = {**outside.layers, **{layer_names[old]: inner.layers[old] for old in layer_names}}
    return Graph(layers, tuple(nodes), tuple(dict.fromkeys(rewire(graph.outputs, exits))))


def rewire(references: Iterable[str], exits: Mapping[str, str]) -> tuple[str, ...]:
    """The references with those that the mapping knows replaced."""
    return tuple(exits.get(reference, reference) for reference in references)
