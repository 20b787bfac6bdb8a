"""Loose ends: what is wrong with a graph as a whole, an output that is missing or a result that nothing uses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from components.graph import Fix, Graph, Layer, Node, Problem, edges, source_of, split_reference
from components.layers import LAYERS
from components.problems.mends import configure, remove

MOST_PARAMETERS = 200_000_000
"""Of a model that is really allocated: a typing error must not take the machine's memory."""


def explain_graph(graph: Graph, outputs: Mapping[str, int], parameters: Mapping[str, int]) -> list[Problem]:
    """What is wrong with the graph as a whole.

    `outputs` and `parameters` are how many each node has, of those nodes that are known to work.
    """
    if not graph.nodes:
        return [Problem(None, "A model has at least one input and one layer, and this graph is empty; add an Input.")]
    found = [*explain_ends(graph), *explain_outputs(graph, outputs), *explain_size(graph, parameters)]
    return [*found, *explain_unused(graph, outputs)]


def explain_ends(graph: Graph) -> Iterator[Problem]:
    """A model has an input and an output."""
    if not graph.inputs:
        yield Problem(None, "A model has an input, and this graph has none; add an Input and connect it.")
    if not graph.outputs:
        yield Problem(None, "A model has an output, and none is marked; mark one.", tuple(mark_outputs(graph)))


def mark_outputs(graph: Graph) -> Iterator[Fix]:
    """The ends of the graph become its outputs."""
    used = used_nodes(graph)
    ends = [node.id for node in graph.nodes if node.id not in used and node.id not in graph.inputs]
    if ends:
        yield Fix(f"Make {' and '.join(ends[:3])} the output", ({"edit": "set_outputs", "outputs": ends},))


def explain_outputs(graph: Graph, outputs: Mapping[str, int]) -> Iterator[Problem]:
    """Each output exists, and is listed once."""
    if len(set(graph.outputs)) < len(graph.outputs):
        unique = list(dict.fromkeys(graph.outputs))
        message = "Every output is listed once, and one here is listed twice; list it once."
        yield Problem(None, message, (Fix("List it once", ({"edit": "set_outputs", "outputs": unique},)),))
    missing = [reference for reference in graph.outputs if is_missing(reference, outputs)]
    if missing:
        kept = [reference for reference in graph.outputs if reference not in missing]
        node, index = split_reference(missing[0])
        message = f"“{node}” has no output number {index + 1}, and the model would end there; choose another output."
        yield Problem(
            None, message, (Fix("Use its first output", ({"edit": "set_outputs", "outputs": [*kept, node]},)),)
        )


def is_missing(reference: str, outputs: Mapping[str, int]) -> bool:
    """Whether the reference asks a node that works for an output that it does not have."""
    node, index = split_reference(reference)
    return node in outputs and index >= outputs[node]


def explain_unused(graph: Graph, outputs: Mapping[str, int]) -> Iterator[Problem]:
    """Inputs and results that go nowhere; quiet while there is no output, and about nodes that do not work."""
    used = used_nodes(graph) | {source_of(reference) for reference in graph.outputs}
    for node in graph.nodes:
        if node.id in used or node.id not in outputs:
            continue
        delete = Fix("Delete it", ({"edit": "delete_nodes", "ids": [node.id]},))
        if node.id in graph.inputs:
            yield Problem(node.id, f"Nothing uses the input “{node.id}”; connect it or delete it.", (delete,))
        elif graph.outputs:
            mark = Fix("Make it an output", ({"edit": "toggle_output", "id": node.id},))
            message = f"Nothing uses what “{node.id}” gives, and it is no output; connect it, make it one or delete it."
            yield Problem(node.id, message, (mark, delete))


def used_nodes(graph: Graph) -> set[str]:
    """The nodes that feed another."""
    return {source_of(reference) for reference, _, _ in edges(graph)}


def explain_size(graph: Graph, parameters: Mapping[str, int]) -> Iterator[Problem]:
    """The model has few enough parameters to be allocated; the largest layer is the one to make smaller."""
    layers = {node.layer: node for node in graph.nodes if node.id in parameters}
    total = sum(parameters[node.id] for node in layers.values())
    if total > MOST_PARAMETERS:
        largest = max(layers.values(), key=lambda node: parameters[node.id])
        message = (
            f"A model has at most {MOST_PARAMETERS:,} parameters here, and this has {total:,}, most of them in "
            f"“{largest.id}”; use fewer units, filters or words."
        )
        yield Problem(largest.id, message, tuple(shrink(graph, largest)))


def shrink(graph: Graph, node: Node) -> Iterator[Fix]:
    """The layer's sizes as a freshly placed one has them, or the layer gone."""
    layer = graph.layer_of(node)
    if not isinstance(layer, Layer) or layer.kind not in LAYERS:
        return
    usual = LAYERS[layer.kind].start
    smaller = {
        name: usual[name]
        for name, value in layer.config.items()
        if isinstance(value, int)
        and not isinstance(value, bool)
        and isinstance(usual.get(name), int)
        and value > usual[name]
    }
    if smaller:
        words = ", ".join(f"{name} {value}" for name, value in smaller.items())
        yield Fix(f"Use {words}", (configure(node.layer, **smaller),))
    yield remove(node, layer.kind)
