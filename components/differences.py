"""Differences: two graphs call by call, as a table of what is the same, changed, or on one side only; and two files."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from difflib import unified_diff

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


# Files

CONTEXT = 3
"""Unchanged lines that are shown around a change."""


@dataclass(frozen=True)
class TextDifference:
    """A unified diff, "" when there is none, and how many lines are only in the left and only in the right."""

    text: str
    removed: int
    added: int


def compare_texts(left: str, right: str, names: tuple[str, str]) -> TextDifference:
    """What turns the left text into the right, its lines marked with − and + as `diff -u` does."""
    heads: list[str] = []
    lines: list[str] = []
    for line in unified_diff(left.splitlines(), right.splitlines(), *names, n=CONTEXT, lineterm=""):
        (heads if len(heads) < 2 else lines).append(line)
    counts = Counter(line[0] for line in lines if line)
    return TextDifference("\n".join([*heads, *lines]), counts["-"], counts["+"])
