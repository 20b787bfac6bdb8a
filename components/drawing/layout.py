"""Layout: where the cards of a graph stand, top to bottom in rows; the same graph always stands the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from components.drawing.alignment import align
from components.drawing.layering import layer_graph
from components.graph import Graph, Node, source_of, topological_order

WIDTH, HEIGHT = 200, 70
COLUMN, ROW = 230, 100
"""From one card's corner to the next one's, in pixels."""

LANE = 10
"""The width, in pixels, that is kept free for an edge that passes between cards."""

FARTHEST = 60
"""Half rows and half columns within which a new card looks for a free place."""

Point = tuple[float, float]


def layout_graph(graph: Graph, ranks: Mapping[str, int] | None = None) -> dict[str, Point]:
    """The top left corner of every node's card, in pixels; no two cards overlap and every edge points down.

    `ranks` says in which row each stands, where that is not for the graph alone to say.
    """
    if not graph.nodes:
        return {}
    ranks, layering = layer_graph(graph, ranks)
    middles = align(layering, lambda node: LANE if node in layering.passing else WIDTH, COLUMN - WIDTH)
    left = min(middles[node.id] for node in graph.nodes)
    return {node.id: (float(round(middles[node.id] - left)), float(ranks[node.id] * ROW)) for node in graph.nodes}


def place_new(graph: Graph, layout: Mapping[str, Point]) -> dict[str, Point]:
    """The layout with a free place, near its inputs, for every node that has none; nothing else moves."""
    known = {node.id for node in graph.nodes}
    placed = {node: point for node, point in layout.items() if node in known}
    users = users_of(graph)
    for node in topological_order(graph):
        if node.id not in placed:
            placed[node.id] = free_place(wish(node, users.get(node.id, ()), placed), placed.values())
    return placed


def users_of(graph: Graph) -> dict[str, list[str]]:
    """The nodes that take in each node's output."""
    users: dict[str, list[str]] = {}
    for node in graph.nodes:
        for source in dict.fromkeys(map(source_of, node.inputs)):
            users.setdefault(source, []).append(node.id)
    return users


def wish(node: Node, users: Iterable[str], placed: Mapping[str, Point]) -> Point:
    """Where a new node would like to stand: below its inputs, above what uses it, or beside everything."""
    above = [placed[source] for source in map(source_of, node.inputs) if source in placed]
    below = [placed[user] for user in users if user in placed]
    if above and below:
        return between(above, below)
    if above:
        return mean(x for x, _ in above), max(y for _, y in above) + ROW
    if below:
        return mean(x for x, _ in below), min(y for _, y in below) - ROW
    right = max((x for x, _ in placed.values()), default=-float(COLUMN))
    return right + COLUMN, min((y for _, y in placed.values()), default=0.0)


def between(above: Sequence[Point], below: Sequence[Point]) -> Point:
    """Under the inputs and halfway to the users; right under the inputs where there is no room for a row."""
    bottom, top = max(y for _, y in above), min(y for _, y in below)
    x = (mean(x for x, _ in above) + mean(x for x, _ in below)) / 2
    return x, (bottom + top) / 2 if top - bottom >= 2 * (HEIGHT + 10) else bottom + ROW


def mean(values: Iterable[float]) -> float:
    """The arithmetic mean of at least one value."""
    known = list(values)
    return sum(known) / len(known)


def free_place(wanted: Point, taken: Iterable[Point]) -> Point:
    """The wanted place, or the nearest one beside or below it where no card stands."""
    cards = list(taken)
    for distance in range(FARTHEST):
        for aside in sorted(range(-distance, distance + 1), key=abs, reverse=True):
            place = wanted[0] + aside * COLUMN / 2, wanted[1] + (distance - abs(aside)) * ROW / 2
            if is_free(place, cards):
                return place
    lowest = max(y for _, y in cards)
    return wanted[0], lowest + ROW


def is_free(place: Point, cards: Iterable[Point]) -> bool:
    """Whether a card at the place overlaps none of the others, with a little air."""
    x, y = place
    return all(abs(x - left) >= WIDTH + 10 or abs(y - top) >= HEIGHT + 10 for left, top in cards)
