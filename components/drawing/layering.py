"""Layering: a graph's calls in rows and the order within each row, so that edges point down and few cross.

K. Sugiyama, S. Tagawa and M. Toda, "Methods for Visual Understanding of Hierarchical System Structures",
IEEE Transactions on Systems, Man and Cybernetics 11(2), 1981.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from components.graph import Graph, source_of, topological_order

SWEEPS = 12
"""How often the rows are put in order, down and up by turns; more change next to nothing."""

MOST_STAND_INS = 8_000
"""For passing edges; the longest edges of very dense graphs get none."""

Rows = list[list[str]]


@dataclass
class Layering:
    """Rows of nodes and of stand-ins for edges that pass by, and who is connected to whom in adjacent rows."""

    rows: Rows
    above: dict[str, list[str]] = field(default_factory=dict)
    below: dict[str, list[str]] = field(default_factory=dict)
    passing: set[str] = field(default_factory=set)

    def add(self, node: str, row: int) -> None:
        """A new node at the end of a row."""
        self.rows[row].append(node)
        self.above[node], self.below[node] = [], []

    def join(self, upper: str, lower: str) -> None:
        """Connect two nodes of adjacent rows, once."""
        if lower not in self.below[upper]:
            self.below[upper].append(lower)
            self.above[lower].append(upper)


def layer_graph(graph: Graph, ranks: Mapping[str, int] | None = None) -> tuple[Mapping[str, int], Layering]:
    """Each node's row, its own or the given one, and the ordered rows."""
    ranks = ranks or rank_nodes(graph)
    return ranks, order_rows(fill_rows(graph, ranks))


def rank_nodes(graph: Graph) -> dict[str, int]:
    """Each node one row below its lowest input; what has no input stands just above what first uses it."""
    ordered = topological_order(graph)
    ranks: dict[str, int] = {}
    highest_user: dict[str, int] = {}
    for node in ordered:
        ranks[node.id] = 1 + max((ranks[source_of(reference)] for reference in node.inputs), default=-1)
        for source in map(source_of, node.inputs):
            highest_user[source] = min(ranks[node.id], highest_user.get(source, ranks[node.id]))
    for node in ordered:
        if not node.inputs and node.id in highest_user:
            ranks[node.id] = highest_user[node.id] - 1
    least = min(ranks.values())
    return {node: rank - least for node, rank in ranks.items()}


def fill_rows(graph: Graph, ranks: Mapping[str, int]) -> Layering:
    """The rows in the graph's own order, with stand-ins wherever an edge passes by a row.

    Edges of one source share their stand-ins: they leave together and part where their ways do.
    """
    layering = Layering([[] for _ in range(max(ranks.values()) + 1)])
    for node in walk(graph):
        layering.add(node, ranks[node])
    left = MOST_STAND_INS
    for source, target in sorted(distinct_edges(graph), key=lambda edge: ranks[edge[1]] - ranks[edge[0]]):
        span = ranks[target] - ranks[source]
        if span == 1:
            layering.join(source, target)
        elif span - 1 <= left:
            left -= lead_past(layering, source, target, ranks)
    return layering


def distinct_edges(graph: Graph) -> Iterator[tuple[str, str]]:
    """Every pair of source and target once."""
    for node in graph.nodes:
        for source in dict.fromkeys(map(source_of, node.inputs)):
            yield source, node.id


def lead_past(layering: Layering, source: str, target: str, ranks: Mapping[str, int]) -> int:
    """Stand-ins for one long edge; returns how many are new."""
    upper, new = source, 0
    for rank in range(ranks[source] + 1, ranks[target]):
        passing = f"{source}@{rank}"
        if passing not in layering.passing:
            layering.passing.add(passing)
            layering.add(passing, rank)
            new += 1
        layering.join(upper, passing)
        upper = passing
    layering.join(upper, target)
    return new


def walk(graph: Graph) -> list[str]:
    """All nodes, each branch followed to its end before the next begins: so neighbours start side by side."""
    users: dict[str, list[str]] = {node.id: [] for node in graph.nodes}
    for source, target in distinct_edges(graph):
        users[source].append(target)
    seen: dict[str, None] = {}
    pending = [node.id for node in reversed(topological_order(graph)) if not node.inputs]
    while pending:
        node = pending.pop()
        if node not in seen:
            seen[node] = None
            pending.extend(reversed(users[node]))
    return list(seen)


# Order within the rows


def order_rows(layering: Layering) -> Layering:
    """The rows sorted by the mean place of their neighbours, down and up by turns; the best order found stays."""
    best, fewest = [list(row) for row in layering.rows], crossings(layering)
    places = {node: float(place) for row in layering.rows for place, node in enumerate(row)}
    for sweep in range(SWEEPS):
        if fewest == 0:
            break
        downwards = sweep % 2 == 0
        for row in layering.rows if downwards else reversed(layering.rows):
            sort_row(row, layering.above if downwards else layering.below, places)
        count = crossings(layering)
        if count < fewest:
            best, fewest = [list(row) for row in layering.rows], count
    layering.rows = best
    return layering


def sort_row(row: list[str], neighbours: Mapping[str, list[str]], places: dict[str, float]) -> None:
    """One row by the mean place of each node's neighbours; those without any keep their place."""
    row.sort(key=lambda node: mean_place(node, neighbours[node], places))
    places.update({node: float(place) for place, node in enumerate(row)})


def mean_place(node: str, neighbours: list[str], places: Mapping[str, float]) -> float:
    """The mean place of the neighbours, or the node's own when it has none."""
    return sum(places[other] for other in neighbours) / len(neighbours) if neighbours else places[node]


def crossings(layering: Layering) -> int:
    """How many pairs of edges cross between adjacent rows."""
    total = 0
    for upper, lower in pairwise(layering.rows):
        place = {node: index for index, node in enumerate(lower)}
        ends: list[int] = []
        for node in upper:
            targets = sorted(place[other] for other in layering.below[node])
            total += sum(len(ends) - bisect_right(ends, target) for target in targets)
            for target in targets:
                insort(ends, target)
    return total
