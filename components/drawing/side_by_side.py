"""Side by side: two graphs drawn with the calls that are the same in both at the same height, and what differs marked."""

from __future__ import annotations

import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import accumulate

from components.drawing.families import FAMILY_COLOURS, family_of
from components.drawing.layout import HEIGHT, WIDTH, Point, layout_graph
from components.drawing.routing import ASIDE, edge_path
from components.graph import Graph, Json, Layer, Node, edges, source_of, topological_order
from components.layers import LAYERS, describe_config

PAPER = {"light": "#ffffff", "dark": "#181a21"}
INK = {"light": "#1a1d24", "dark": "#eceef2"}
QUIET = {"light": "#565d6b", "dark": "#a9b0be"}
"""Of the second line of a card, and of edges and frames of what is the same."""


@dataclass(frozen=True)
class Mark:
    """How a call that differs is marked: a sign, the dashes of its frame, and a colour for each theme."""

    sign: str
    dashes: str
    colours: Mapping[str, str]


MARKS: Mapping[str, Mark] = {
    "left": Mark("−", "3 7", {"light": "#c92a2a", "dark": "#ff8787"}),
    "right": Mark("+", "", {"light": "#1a7f37", "dark": "#69db7c"}),
    "changed": Mark("≠", "16 8", {"light": "#a04800", "dark": "#ffc078"}),
}
"""By the change that a row of `compare_graphs` tells; colour alone tells nothing."""

MARGIN = 20
BAND, BADGE, OVER, ROUNDED = 10, 34, 14, 12
NAME_SIZE, WORDS_SIZE = 20, 18
MOST_NAME, MOST_WORDS = 12, 17
"""Letters that fit onto a card beside the badge, and below it, in a wide face; a wider one is cut at the card's edge."""

NARROWEST = WIDTH + 2 * (ASIDE[0] - WIDTH / 2) + 2 * MARGIN
"""Room for a chain whose edges pass it on either side."""


@dataclass(frozen=True)
class Side:
    """One of the drawings, in the graph's pixels; both have one height."""

    svg: str
    width: int
    height: int


def draw_side_by_side(left: Graph, right: Graph, rows: Sequence[Json], theme: str = "light") -> tuple[Side, Side]:
    """Both graphs, from the rows in which `compare_graphs` found how they differ."""
    pairs = {row["left_node"]: row["right_node"] for row in rows if row["left_node"] and row["right_node"]}
    ranks = align_ranks(left, right, pairs)
    places = [layout_graph(graph, rank) for graph, rank in zip((left, right), ranks, strict=True)]
    height = max((y for side in places for _, y in side.values()), default=0.0) + HEIGHT
    marks = ({row[f"{side}_node"]: MARKS[row["change"]] for row in rows if row["change"] in MARKS} for side in SIDES)
    one, other = (
        draw_side(graph, place, height, mark, theme)
        for graph, place, mark in zip((left, right), places, marks, strict=True)
    )
    return one, other


SIDES = ("left", "right")


# Heights


def align_ranks(left: Graph, right: Graph, pairs: Mapping[str, str]) -> tuple[dict[str, int], dict[str, int]]:
    """The row of every call on either side: below its inputs, and that of its counterpart where order allows it."""
    steps = list(merged_order(left, right, pairs))
    sides = (left, right)
    ranks: tuple[dict[str, int], dict[str, int]] = ({}, {})
    for step in steps:
        below = [
            ranks[side][source_of(reference)]
            for side, node in taken(step)
            for reference in sides[side].node(node).inputs
        ]
        for side, node in taken(step):
            ranks[side][node] = 1 + max(below, default=-1)
    lower_inputs(sides, steps, ranks)
    return ranks


Step = tuple[str, str]
"""A call of the left and its counterpart on the right; "" where there is none."""


def taken(step: Step) -> Iterator[tuple[int, str]]:
    """The calls of a step, each with its side."""
    yield from ((side, node) for side, node in enumerate(step) if node)


def merged_order(left: Graph, right: Graph, pairs: Mapping[str, str]) -> Iterator[Step]:
    """All calls of both so that each comes after its inputs; counterparts together, as far as both orders agree."""
    here, there = ([node.id for node in topological_order(graph)] for graph in (left, right))
    position = {name: place for place, name in enumerate(there)}
    matched = [name for name in here if name in pairs]
    kept = rising([position[pairs[name]] for name in matched])
    begun = (0, 0)
    for name, place in [*((matched[index], position[pairs[matched[index]]]) for index in kept), ("", len(there))]:
        at = here.index(name, begun[0]) if name else len(here)
        yield from ((node, "") for node in here[begun[0] : at])
        yield from (("", node) for node in there[begun[1] : place])
        if name:
            yield name, there[place]
        begun = at + 1, place + 1


def rising(numbers: Sequence[int]) -> list[int]:
    """The indices of a longest rising subsequence."""
    ends: list[int] = []
    tails: list[int] = []
    before: list[int] = []
    for index, number in enumerate(numbers):
        length = bisect_left(ends, number)
        before.append(tails[length - 1] if length else -1)
        ends[length : length + 1], tails[length : length + 1] = [number], [index]
    found, index = [], tails[-1] if tails else -1
    while index >= 0:
        found.append(index)
        index = before[index]
    return found[::-1]


def lower_inputs(
    sides: tuple[Graph, Graph], steps: Sequence[Step], ranks: tuple[dict[str, int], dict[str, int]]
) -> None:
    """Let inputs stand just above what first uses them, as they do in a layout of one graph."""
    highest: tuple[dict[str, int], dict[str, int]] = ({}, {})
    for side, graph in enumerate(sides):
        for reference, target, _ in edges(graph):
            source = source_of(reference)
            highest[side][source] = min(ranks[side][target], highest[side].get(source, ranks[side][target]))
    for step in steps:
        uses = [highest[side][node] for side, node in taken(step) if node in highest[side]]
        if uses and not any(sides[side].node(node).inputs for side, node in taken(step)):
            for side, node in taken(step):
                ranks[side][node] = min(uses) - 1


# Drawing


def draw_side(graph: Graph, places: Mapping[str, Point], height: float, marks: Mapping[str, Mark], theme: str) -> Side:
    """One graph as SVG, all of it in view and as tall as the other."""
    lines = "".join(
        edge_path(places[source_of(reference)], places[target], places.values())
        for reference, target, _ in edges(graph)
    )
    cards = "".join(card(graph, node, places[node.id], marks.get(node.id), theme) for node in graph.nodes)
    left = min((x for x, _ in places.values()), default=0.0)
    right = max((x for x, _ in places.values()), default=0.0) + WIDTH
    width = right - left + NARROWEST - WIDTH
    view = f"{left - (width - right + left) / 2:g} {-MARGIN:g} {width:g} {height + 2 * MARGIN:g}"
    label = escape(f"A graph of {len(graph.nodes)} calls of layers, {len(marks)} of them marked", quote=True)
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{view}" width="{width:g}" height="{height + 2 * MARGIN:g}" '
        f'role="img" aria-label="{label}" font-family="Inter, system-ui, \'Segoe UI\', Roboto, \'Noto Sans KR\', sans-serif">'
        f'<g fill="none" stroke="{QUIET[theme]}" stroke-width="2.5">{lines}</g>{cards}</svg>'
    )
    return Side(svg, round(width), round(height + 2 * MARGIN))


def card(graph: Graph, node: Node, place: Point, mark: Mark | None, theme: str) -> str:
    """One call: its family's colour as a band, its name, its kind, and where it differs a frame and a sign.

    The words stand in a picture of their own, at whose edge they are cut; the sign reaches beyond the card.
    """
    (x, y), layer = place, graph.layer_of(node)
    colour, dashes, thick = (mark.colours[theme], mark.dashes, 5) if mark else (QUIET[theme], "", 1.5)
    return (
        f'<svg x="{x:g}" y="{y:g}" width="{WIDTH}" height="{HEIGHT}" overflow="visible" class="{"marked" if mark else "same"}">'
        f'<rect width="{WIDTH}" height="{HEIGHT}" rx="{ROUNDED}" fill="{PAPER[theme]}"/>'
        f'<rect x="9" y="10" width="{BAND}" height="{HEIGHT - 20}" rx="{BAND / 2:g}" fill="{FAMILY_COLOURS[family_of(layer)]}"/>'
        f'<svg width="{WIDTH}" height="{HEIGHT}">'
        f"{text(28, 31, shortened(node.id, MOST_NAME), INK[theme], NAME_SIZE, 600)}"
        f"{text(28, 54, shortened(words_of(layer), MOST_WORDS, tail=False), QUIET[theme], WORDS_SIZE)}</svg>"
        f'<rect x="{thick / 2:g}" y="{thick / 2:g}" width="{WIDTH - thick:g}" height="{HEIGHT - thick:g}" rx="{ROUNDED}" '
        f'fill="none" stroke="{colour}" stroke-width="{thick}" stroke-dasharray="{dashes}"/>'
        f"{badge(mark, theme) if mark else ''}</svg>"
    )


def badge(mark: Mark, theme: str) -> str:
    """The sign, over the upper right corner of the card."""
    x = WIDTH - BADGE + OVER
    return (
        f'<rect x="{x}" y="{-OVER}" width="{BADGE}" height="{BADGE}" rx="{ROUNDED}" fill="{mark.colours[theme]}"/>'
        f"{text(x + BADGE / 2, 26 - OVER, mark.sign, PAPER[theme], 28, 700, 'middle')}"
    )


def text(x: float, y: float, words: str, colour: str, size: int, weight: int = 400, anchor: str = "start") -> str:
    """A line of text."""
    return (
        f'<text x="{x:g}" y="{y:g}" fill="{colour}" font-size="{size}" font-weight="{weight}" text-anchor="{anchor}">'
        f"{escape(''.join(filter(str.isprintable, words)))}</text>"
    )


def words_of(layer: Layer | Graph) -> str:
    """The kind and what matters of the arguments."""
    if isinstance(layer, Graph):
        return f"Model · {len(layer.nodes)} calls"
    words = describe_config(layer.kind, layer.config) if layer.kind in LAYERS else ""
    return " · ".join(filter(None, (layer.kind, words)))


def shortened(words: str, most: int, tail: bool = True) -> str:
    """The words, or their beginning and, with `tail`, their end where they are too long; wide letters take two places."""
    if sum(map(places_of, words)) <= most:
        return words
    room = most - 1
    end = fitting(words[::-1], room // 2)[::-1] if tail else ""
    return f"{fitting(words, room - sum(map(places_of, end)))}…{end}"


def fitting(words: str, room: int) -> str:
    """As much of the beginning as there are places."""
    ends = list(accumulate(map(places_of, words)))
    return words[: bisect_right(ends, room)]


def places_of(letter: str) -> int:
    """How many places of a line a letter takes."""
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1
