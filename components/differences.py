"""Differences: of two graphs, call by call; of two experiments, setting by setting; of two files, line by line."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from difflib import SequenceMatcher, unified_diff

from components.graph import Graph, Json, Layer, Node, source_of, topological_order


def compare_graphs(left: Graph, right: Graph) -> list[Json]:
    """A row for each call: its name on either side and what it is there ("" where it is missing), and how it differs.

    `change` is `same`, `changed`, `left` or `right`. The calls of the left come first, in their order.
    """
    pairs = match_calls(left, right)
    rows = []
    for node in topological_order(left):
        other = pairs.get(node.id, "")
        same = bool(other) and is_same(left, node, right, right.node(other), pairs)
        rows.append(row_of(left, node.id, right, other, "same" if same else "changed" if other else "left"))
    matched = set(pairs.values())
    return rows + [
        row_of(left, "", right, node.id, "right") for node in topological_order(right) if node.id not in matched
    ]


def row_of(left: Graph, one: str, right: Graph, other: str, change: str) -> Json:
    """One row; where a call is missing its name is empty."""
    return {
        "left_node": one,
        "right_node": other,
        "node": one if one == other or not other else other if not one else f"{one} ↔ {other}",
        "left": describe(left, left.node(one)) if one else "",
        "right": describe(right, right.node(other)) if other else "",
        "change": change,
    }


def match_calls(left: Graph, right: Graph) -> dict[str, str]:
    """Which call of the right is which of the left: by name, else by kind and arguments, else by kind alone.

    Without names what counts is the run of calls that a call stands in: the longest common runs are matched first.
    """
    here, there = ([node.id for node in topological_order(graph)] for graph in (left, right))
    pairs = {name: name for name in here if name in set(there)}
    for read in (signature, kind_of):
        taken = set(pairs.values())
        ours, theirs = [n for n in here if n not in pairs], [n for n in there if n not in taken]
        found = SequenceMatcher(None, [read(left, n) for n in ours], [read(right, n) for n in theirs], autojunk=False)
        for block in found.get_matching_blocks():
            pairs |= dict(zip(ours[block.a :][: block.size], theirs[block.b :][: block.size], strict=True))
    return pairs


def is_same(left: Graph, one: Node, right: Graph, other: Node, pairs: dict[str, str]) -> bool:
    """Whether two calls are of one kind with one set of arguments, on calls that are matched too."""
    inputs = [pairs.get(source_of(reference), "") + reference[len(source_of(reference)) :] for reference in one.inputs]
    return signature(left, one.id) == signature(right, other.id) and inputs == list(other.inputs)


def kind_of(graph: Graph, name: str) -> str:
    """The kind of layer that is called."""
    layer = graph.layer_of(graph.node(name))
    return layer.kind if isinstance(layer, Layer) else "Model"


def signature(graph: Graph, name: str) -> str:
    """The kind and the arguments; what it is called on is left out."""
    return describe(graph, graph.node(name)).partition(" ← ")[0]


def describe(graph: Graph, node: Node) -> str:
    """The call in a line: its kind, its arguments and what it is called on."""
    layer = graph.layer_of(node)
    if isinstance(layer, Layer):
        words = [layer.kind, *(f"{key} {value}" for key, value in sorted(layer.config.items()))]
    else:
        words = ["Model", f"{len(layer.nodes)} calls", layer.fingerprint[:6]]
    return " · ".join(words) + (f" ← {', '.join(node.inputs)}" if node.inputs else "")


# Settings

MOST_CHARACTERS = 120
"""Of a setting that is shown in a table."""


def compare_settings(one: Json, other: Json) -> list[tuple[str, str, str]]:
    """(setting, its value in the one, in the other) of two experiments as plain data; how they are drawn is left out."""
    first, second = flat(one), flat(other)
    paths = list(dict.fromkeys([*first, *second]))
    return [
        (path, shown(first.get(path)), shown(second.get(path))) for path in paths if first.get(path) != second.get(path)
    ]


def flat(content: Json, path: str = "") -> dict[str, Json]:
    """Nested settings by their paths: `training · epochs`. Lists of named things go by their names."""
    if isinstance(content, list) and content and all(isinstance(item, dict) and "id" in item for item in content):
        content = {item["id"]: {key: value for key, value in item.items() if key != "id"} for item in content}
    if not isinstance(content, dict) or not content:
        return {path: content}
    found: dict[str, Json] = {}
    for key, value in content.items():
        if path or key not in ("layout", "layerloom"):
            found |= flat(value, f"{path} · {key}" if path else key)
    return found


def shown(value: Json) -> str:
    """A setting as a cell shows it; a dash where there is none."""
    if value is None:
        return "–"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= MOST_CHARACTERS else text[: MOST_CHARACTERS - 1] + "…"


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
