"""Layout: where the cards of a graph stand, top to bottom in layers (Sugiyama's method); knows no Keras.

K. Sugiyama, S. Tagawa and M. Toda, "Methods for Visual Understanding of Hierarchical System Structures",
IEEE Transactions on Systems, Man and Cybernetics 11(2), 1981.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from components.graph import Graph, source_of, topological_order

WIDTH, HEIGHT = 200, 70
COLUMN, ROW = 230, 100
"""From one card's corner to the next one's, in pixels."""

SWEEPS = 8
"""Down and up again, how often layers are put in order; more change next to nothing."""

Point = tuple[float, float]
Layers = list[list[str]]


def layout_graph(graph: Graph) -> dict[str, Point]:
    """The top left corner of every node's card; the same graph always gives the same layout."""
    if not graph.nodes:
        return {}
    ranks = rank_nodes(graph)
    chains, neighbours = split_long_edges(graph, ranks)
    layers = order_layers(chains, neighbours)
    columns = place_columns(layers, neighbours)
    left = min(columns[node.id] for node in graph.nodes)
    return {node.id: ((columns[node.id] - left) * COLUMN, float(ranks[node.id] * ROW)) for node in graph.nodes}


def rank_nodes(graph: Graph) -> dict[str, int]:
    """Each node one row below its lowest input; inputs stand just above what first uses them."""
    ordered = topological_order(graph)
    ranks: dict[str, int] = {}
    for node in ordered:
        ranks[node.id] = 1 + max((ranks[source_of(reference)] for reference in node.inputs), default=-1)
    users: dict[str, list[int]] = {}
    for node in ordered:
        for reference in node.inputs:
            users.setdefault(source_of(reference), []).append(ranks[node.id])
    for node in ordered:
        if not node.inputs and node.id in users and len(graph.inputs) > 1:
            ranks[node.id] = min(users[node.id]) - 1
    least = min(ranks.values())
    return {node: rank - least for node, rank in ranks.items()}


def split_long_edges(graph: Graph, ranks: Mapping[str, int]) -> tuple[Layers, dict[str, tuple[list[str], list[str]]]]:
    """Layers with a stand-in wherever an edge passes by, and each node's neighbours above and below."""
    layers: Layers = [[] for _ in range(max(ranks.values()) + 1)]
    neighbours: dict[str, tuple[list[str], list[str]]] = {}
    for node in topological_order(graph):
        layers[ranks[node.id]].append(node.id)
        neighbours[node.id] = ([], [])
    for node in graph.nodes:
        for source in dict.fromkeys(map(source_of, node.inputs)):
            above = source
            for rank in range(ranks[source] + 1, ranks[node.id]):
                passing = f"{source}>{node.id}@{rank}"
                layers[rank].append(passing)
                neighbours[passing] = ([], [])
                join(neighbours, above, passing)
                above = passing
            join(neighbours, above, node.id)
    return layers, neighbours


def join(neighbours: Mapping[str, tuple[list[str], list[str]]], above: str, below: str) -> None:
    """Note that two nodes of adjacent layers are connected."""
    neighbours[above][1].append(below)
    neighbours[below][0].append(above)


def order_layers(layers: Layers, neighbours: Mapping[str, tuple[list[str], list[str]]]) -> Layers:
    """Each layer ordered by the mean place of its neighbours, so that few edges cross."""
    places = {node: float(place) for layer in layers for place, node in enumerate(layer)}
    for sweep in range(SWEEPS):
        downwards = sweep % 2 == 0
        for layer in layers if downwards else reversed(layers):
            side = 0 if downwards else 1
            keys = {node: mean((places[n] for n in neighbours[node][side]), places[node]) for node in layer}
            layer.sort(key=keys.__getitem__)
            places.update({node: float(place) for place, node in enumerate(layer)})
    return layers


def mean(values: Iterable[float], otherwise: float) -> float:
    """The mean, or `otherwise` when there is nothing to take it of."""
    known = list(values)
    return sum(known) / len(known) if known else otherwise


def place_columns(layers: Layers, neighbours: Mapping[str, tuple[list[str], list[str]]]) -> dict[str, float]:
    """A column for every node: as near as may be to its neighbours', at least one apart within a layer."""
    columns = {node: place - (len(layer) - 1) / 2 for layer in layers for place, node in enumerate(layer)}
    for sweep in range(SWEEPS):
        downwards = sweep % 2 == 0
        for layer in layers if downwards else reversed(layers):
            side = 0 if downwards else 1
            wanted = [mean((columns[n] for n in neighbours[node][side]), columns[node]) for node in layer]
            columns.update(zip(layer, spread(wanted, [gap(node) for node in layer]), strict=True))
    return columns


def gap(node: str) -> float:
    """The room that a node takes: a passing edge needs little."""
    return 0.35 if "@" in node else 1.0


def spread(wanted: Sequence[float], sizes: Sequence[float]) -> list[float]:
    """Places in the given order, as near to those wanted as their sizes allow.

    Neighbours that would overlap are joined to a block that stands at its members' mean wish
    (pool adjacent violators, the least-squares solution under order).
    """
    blocks: list[tuple[float, int, float]] = []
    offsets: list[float] = []
    edge = 0.0
    for place, size in enumerate(sizes):
        edge += 0.0 if place == 0 else (sizes[place - 1] + size) / 2
        offsets.append(edge)
        blocks.append((wanted[place] - edge, 1, wanted[place] - edge))
        while len(blocks) > 1 and blocks[-2][2] > blocks[-1][2]:
            total, count, _ = blocks.pop()
            before, many, _ = blocks.pop()
            blocks.append((before + total, many + count, (before + total) / (many + count)))
    starts = [start for _, count, start in blocks for _ in range(count)]
    return [start + offset for start, offset in zip(starts, offsets, strict=True)]


def place_new(graph: Graph, layout: Mapping[str, Point]) -> dict[str, Point]:
    """The layout with a free place, below its inputs, for every node that has none; nothing else moves."""
    placed = dict(layout)
    for node in topological_order(graph):
        if node.id not in placed:
            sources = [placed[source_of(reference)] for reference in node.inputs]
            placed[node.id] = free_place(wish(graph, node.id, sources, placed), placed.values())
    return placed


def wish(graph: Graph, node_id: str, sources: Sequence[Point], placed: Mapping[str, Point]) -> Point:
    """Where a new node would like to stand: between its inputs and what uses it."""
    users = [
        placed[other.id]
        for other in graph.nodes
        if other.id in placed and any(source_of(reference) == node_id for reference in other.inputs)
    ]
    if sources:
        x = sum(x for x, _ in sources) / len(sources)
        return x, max(y for _, y in sources) + ROW
    if users:
        return min(x for x, _ in users), min(y for _, y in users) - ROW
    return max((x for x, _ in placed.values()), default=-COLUMN) + COLUMN, min((y for _, y in placed.values()), default=0)


def free_place(wanted: Point, taken: Iterable[Point]) -> Point:
    """The wanted place, or the nearest one beside or below it where no card stands."""
    cards = list(taken)
    for distance in range(200):
        for column in sorted(range(-distance, distance + 1), key=abs):
            x, y = wanted[0] + column * COLUMN / 2, wanted[1] + (distance - abs(column)) * ROW / 2
            if all(abs(x - left) >= WIDTH + 10 or abs(y - top) >= HEIGHT + 10 for left, top in cards):
                return x, y
    return wanted
