"""Thumbnails: a graph drawn small as SVG, for cards; theme-neutral, and every text in it is our own or escaped."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from html import escape

from components.drawing.families import FAMILY_COLOURS, family_of
from components.drawing.layout import HEIGHT, WIDTH, Point, layout_graph
from components.drawing.routing import edge_path
from components.graph import Graph, edges, source_of

MARGIN = 24
LEAST_WIDTH = 620
"""In the graph's pixels: a chain of few cards is not blown up to fill the picture."""

ROUNDED = 18

POINTED = "#4c6ef5"
"""The frame of a card that is pointed at: told apart from the paper of either theme."""


def thumbnail_svg(
    graph: Graph,
    width: int,
    height: int,
    layout: Mapping[str, Point] | None = None,
    pointed: Collection[str] = (),
) -> str:
    """The graph within `width` × `height` pixels: a rounded box per call, coloured by family, and its edges.

    The calls that are `pointed` at are framed. The SVG carries its own names for colours, so that the page may set
    `--thumbnail-edge` and `--thumbnail-mark`; without them it draws in the current text colour.
    """
    places = layout or layout_graph(graph)
    lines = "".join(
        edge_path(places[source_of(reference)], places[target], places.values())
        for reference, target, _ in edges(graph)
    )
    boxes = "".join(box(places[node.id], family_of(graph.layer_of(node))) for node in graph.nodes)
    outlines = "".join(outline(places[name]) for name in pointed)
    marked = f", {len(pointed)} of them marked" if pointed else ""
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


def outline(place: Point) -> str:
    """A frame around a card, as thick in a small picture as in a large one."""
    x, y = place
    return (
        f'<rect class="marked" x="{x - 14:g}" y="{y - 14:g}" width="{WIDTH + 28}" height="{HEIGHT + 28}" rx="{ROUNDED + 10}" '
        f'fill="none" stroke="{POINTED}" stroke-width="2.5" vector-effect="non-scaling-stroke"/>'
    )
