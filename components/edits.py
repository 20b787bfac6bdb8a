"""Edits of graphs: each a pure function `(graph, arguments) → graph`, entered in EDITS under its own name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from components.graph import (
    INPUT,
    Graph,
    GraphError,
    Json,
    Layer,
    Node,
    ancestors,
    calls_of,
    check_graph,
    check_name,
    check_reference,
    graph_from_json,
    is_input,
    source_of,
    topological_order,
    unique_name,
)

Edit = Callable[..., Graph]
EDITS: dict[str, Edit] = {}


def edit(function: Edit) -> Edit:
    """Enter the function among the edits that may arrive as JSON."""
    EDITS[function.__name__] = function
    return function


def apply_edit(graph: Graph, data: Json, path: Sequence[str] = ()) -> Graph:
    """The graph after one edit given as JSON: `{"edit": name, …arguments}`.

    `path` names nested graphs, outermost first, inside which the edit happens; an edit's own
    `"path"` does the same. Raises GraphError when the edit is unknown or breaks a rule.
    """
    arguments = dict(data)
    name = arguments.pop("edit", None)
    path = (*path, *arguments.pop("path", ()))
    if name not in EDITS:
        raise GraphError(f"“{name}” is no edit of this version; reload the page.")
    return edit_inside(graph, path, lambda inner: call_edit(inner, name, arguments))


def call_edit(graph: Graph, name: str, arguments: Json) -> Graph:
    """The edit of that name with those arguments, malformed ones as GraphError."""
    try:
        return EDITS[name](graph, **arguments)
    except (TypeError, KeyError, AttributeError, IndexError) as error:
        raise GraphError(f"The edit “{name}” does not fit this graph; reload the page and try again.") from error


def edit_inside(graph: Graph, path: Sequence[str], change: Callable[[Graph], Graph]) -> Graph:
    """The graph with `change` applied to the nested graph at `path`."""
    if not path:
        return change(graph)
    inner = graph.layers.get(path[0])
    if not isinstance(inner, Graph):
        raise GraphError(f"There is no model “{path[0]}” in this graph; it may have been ungrouped.")
    return replace(graph, layers={**graph.layers, path[0]: edit_inside(inner, path[1:], change)})


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
def add_model(graph: Graph, id: str, graph_json: Json, inputs: Sequence[str] = (), layer: str | None = None) -> Graph:
    """A new call of a new nested model, given as JSON."""
    name = layer or id
    if name in graph.layers:
        raise GraphError(
            f"Layer names are unique, but “{name}” exists already; try “{unique_name(name, graph.layers)}”."
        )
    return add_call(replace(graph, layers={**graph.layers, name: graph_from_json(graph_json)}), id, name, inputs)


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

    def move(reference: str) -> str:
        node_id, colon, index = reference.partition(":")
        return new + colon + index if node_id == old else reference

    nodes = tuple(
        replace(node, id=new if node.id == old else node.id, inputs=tuple(map(move, node.inputs)))
        for node in graph.nodes
    )
    return replace(graph, nodes=nodes, outputs=tuple(map(move, graph.outputs)))


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
def insert_after(graph: Graph, id: str, kind: str, source: str, config: Mapping[str, Any] | None = None) -> Graph:
    """A new layer after the source; all that the source fed is now fed by the new layer."""
    redirected = redirect(graph, source_of(source), id) if source_of(source) == source else graph
    layers = {**redirected.layers, id: Layer(kind, dict(config or {}))}
    if id in graph.layers or any(node.id == id for node in graph.nodes):
        raise GraphError(f"Names are unique, but “{id}” exists already; try “{unique_name(id, graph.layers)}”.")
    changed = replace(redirected, layers=layers, nodes=(*redirected.nodes, Node(id, id, (source,))))
    check_graph(changed)
    return changed


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


@edit
def order_inputs(graph: Graph, ids: Sequence[str]) -> Graph:
    """The graph's inputs in that order."""
    if sorted(ids) != sorted(graph.inputs):
        raise GraphError("The new order must name each input once; reload the page and try again.")
    queue = iter([graph.node(i) for i in ids])
    inputs = set(ids)
    return replace(graph, nodes=tuple(next(queue) if node.id in inputs else node for node in graph.nodes))


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

    def move(reference: str) -> str:
        node_id, colon, index = reference.partition(":")
        return ids[node_id] + colon + index

    pasted = tuple(Node(ids[n.id], layer_names[n.layer], tuple(map(move, n.inputs))) for n in part.nodes)
    layers = {**graph.layers, **{layer_names[name]: layer for name, layer in part.layers.items()}}
    return replace(graph, layers=layers, nodes=(*graph.nodes, *pasted))


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
