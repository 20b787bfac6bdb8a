"""Routing: the way of an edge from card to card, around the cards that stand between."""

from __future__ import annotations

from collections.abc import Collection

from components.drawing.layout import HEIGHT, LANE, ROW, WIDTH, Point

ASIDE = (115, 135, 165, 230)
"""How far beside the middle of a card an edge may pass it, in the graph's pixels."""


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
