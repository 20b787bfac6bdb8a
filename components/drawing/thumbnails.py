"""Thumbnails: a graph drawn small as SVG, for cards; theme-neutral, and every text in it is our own or escaped."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from html import escape

from components.drawing.families import FAMILY_COLOURS, family_of
from components.drawing.layout import HEIGHT, LANE, ROW, WIDTH, Point, layout_graph
from components.graph import Graph, edges, source_of

MARGIN = 24
LEAST_WIDTH = 620
"""In the graph's pixels: a chain of few cards is not blown up to fill the picture."""

ROUNDED = 18

ASIDE = (115, 135, 165, 230)
"""How far beside the middle of a card an edge may pass it, in the graph's pixels."""

OUTLINES = {"only": ("#c2255c", ""), "changed": ("#e8590c", "6 4"), "pointed": ("#3b5bdb", "")}
"""What a card may be marked as: the colour of its outline and the dashes of it, so that colour alone tells nothing."""


def thumbnail_svg(
    graph: Graph,
    width: int,
    height: int,
    layout: Mapping[str, Point] | None = None,
    marks: Mapping[str, str] | None = None,
) -> str:
    """The graph within `width` × `height` pixels: a rounded box per call, coloured by family, and its edges.

    `marks` outlines calls as one of OUTLINES. The SVG carries its own names for colours, so that the page may set
    `--thumbnail-edge` and `--thumbnail-mark`; without them it draws in the current text colour.
    """
    places = layout or layout_graph(graph)
    lines = "".join(
        edge_path(places[source_of(reference)], places[target], places.values())
        for reference, target, _ in edges(graph)
    )
    boxes = "".join(box(places[node.id], family_of(graph.layer_of(node))) for node in graph.nodes)
    outlines = "".join(outline(places[name], *OUTLINES[mark]) for name, mark in (marks or {}).items())
    marked = f", {len(marks)} of them marked" if marks else ""
    label = escape(f"A graph of {len(graph.nodes)} calls of layers{marked}", quote=True)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:d}" height="{height:d}" '
        f'viewBox="{view_box(places, width / height)}" role="img" aria-label="{label}">'
        f'<g fill="none" stroke="var(--thumbnail-edge, #8a93a2)" stroke-opacity=".8" '
        f'stroke-width="9" stroke-linecap="round">{lines}</g>'
        f'<g stroke="none">{boxes}</g>{outlines}</svg>'
    )


def view_box(places: Mapping[str, Point], aspect: float) -> str:
    """What of the graph's plane is seen: all of it, centred, and no less than a few cards' width."""
    left = min((x for x, _ in places.values()), default=0.0)
    top = min((y for _, y in places.values()), default=0.0)
    width = max((x for x, _ in places.values()), default=0.0) + WIDTH - left + 2 * MARGIN
    height = max((y for _, y in places.values()), default=0.0) + HEIGHT - top + 2 * MARGIN
    seen_width, seen_height = max(width, LEAST_WIDTH), max(height, LEAST_WIDTH / aspect)
    x = left - MARGIN - (seen_width - width) / 2
    y = top - MARGIN - (seen_height - height) / 2
    return f"{x:g} {y:g} {seen_width:g} {seen_height:g}"


def edge_path(source: Point, target: Point, cards: Collection[Point]) -> str:
    """A smooth line from below the one card to above the other, around the cards in its way."""
    x1, y1, x2, y2 = source[0] + WIDTH / 2, source[1] + HEIGHT, target[0] + WIDTH / 2, target[1]
    aside = way_around(x1, y1, x2, y2, cards) if y2 - y1 > HEIGHT else None
    if aside is not None:
        bend = ROW / 2
        return (
            f'<path d="M{x1:g} {y1:g}C{x1:g} {y1 + bend:g} {aside:g} {y1:g} {aside:g} {y1 + bend:g}'
            f'V{y2 - bend:g}C{aside:g} {y2:g} {x2:g} {y2 - bend:g} {x2:g} {y2:g}"/>'
        )
    bend = max(15.0, (y2 - y1) / 2)
    return f'<path d="M{x1:g} {y1:g}C{x1:g} {y1 + bend:g} {x2:g} {y2 - bend:g} {x2:g} {y2:g}"/>'


def way_around(x1: float, y1: float, x2: float, y2: float, cards: Collection[Point]) -> float | None:
    """Where a line may pass beside the cards between its ends; None when it is free anyway, or cannot pass at all."""
    between = [(x, y) for x, y in cards if y1 < y + HEIGHT and y < y2]
    left, right = min(x1, x2), max(x1, x2)
    if not any(x < right + LANE and left - LANE < x + WIDTH for x, _ in between):
        return None
    ways = sorted(
        (start + side * distance for start in (x1, x2) for side in (1, -1) for distance in ASIDE),
        key=lambda x: abs(x - (x1 + x2) / 2),
    )
    return next((way for way in ways if not any(x < way + LANE and way - LANE < x + WIDTH for x, _ in between)), None)


def box(place: Point, family: str) -> str:
    """One card in its family's colour, with two pale strokes where a real one has words."""
    x, y = place
    lines = "".join(
        f'<rect x="{x + 24:g}" y="{y + top:g}" width="{length}" height="9" rx="4.5" '
        f'fill="var(--thumbnail-mark, #fff)" fill-opacity="{opacity}"/>'
        for top, length, opacity in ((21, 88, 0.9), (41, 56, 0.5))
    )
    colour = FAMILY_COLOURS[family]
    return f'<rect x="{x:g}" y="{y:g}" width="{WIDTH}" height="{HEIGHT}" rx="{ROUNDED}" fill="{colour}"/>{lines}'


def outline(place: Point, colour: str, dashes: str) -> str:
    """A frame around a card, as thick in a small picture as in a large one."""
    x, y = place
    return (
        f'<rect class="marked" x="{x - 14:g}" y="{y - 14:g}" width="{WIDTH + 28}" height="{HEIGHT + 28}" rx="{ROUNDED + 10}" '
        f'fill="none" stroke="{colour}" stroke-width="2.5" stroke-dasharray="{dashes}" vector-effect="non-scaling-stroke"/>'
    )
