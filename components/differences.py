"""Differences: two graphs call by call, as a table of what is the same, changed, or on one side only."""

from __future__ import annotations

from components.graph import Graph, Json, Layer, Node, topological_order


def compare_graphs(left: Graph, right: Graph) -> list[Json]:
    """A row for each call: its name, what it is on either side ("" where it is missing) and `same`, `changed`, `left` or `right`.

    Calls are matched by their names; those of the left come first, in their order.
    """
    here = {node.id: node for node in topological_order(left)}
    there = {node.id: node for node in topological_order(right)}
    rows = []
    for name in (*here, *(name for name in there if name not in here)):
        one = describe(left, here[name]) if name in here else ""
        other = describe(right, there[name]) if name in there else ""
        rows.append({"node": name, "left": one, "right": other, "change": change_of(one, other)})
    return rows


def change_of(one: str, other: str) -> str:
    """What a row is marked as."""
    if not other:
        return "left"
    if not one:
        return "right"
    return "same" if one == other else "changed"


def describe(graph: Graph, node: Node) -> str:
    """The call in a line: its kind, its arguments and what it is called on."""
    layer = graph.layer_of(node)
    if isinstance(layer, Layer):
        words = [layer.kind, *(f"{key} {value}" for key, value in sorted(layer.config.items()))]
    else:
        words = ["Model", f"{len(layer.nodes)} calls", layer.fingerprint[:6]]
    return " · ".join(words) + (f" ← {', '.join(node.inputs)}" if node.inputs else "")
