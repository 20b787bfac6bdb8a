"""Neighbours: the chosen point of a projection, and lines to those that are nearest to it in the layer itself."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from components.graph import Json
from dashboard.charts import ACCENT, INK, dimensions_of, escaped, scatter

MOST_CHARACTERS = 24
"""Of a label that is written beside a point."""


def mark_neighbours(figure: go.Figure, projection: Json, row: int, neighbours: Sequence[Json], theme: str) -> go.Figure:
    """The figure with a ring around the point of that row, and a thin line to each neighbour, with its label."""
    places = {number: place for place, number in enumerate(projection["rows"])}
    if row not in places:
        return figure
    near = [places[each["row"]] for each in neighbours if each["row"] in places]
    figure.add_trace(lines(projection, places[row], near, theme))
    figure.add_trace(rings(projection, [places[row], *near], theme))
    return figure


def lines(projection: Json, centre: int, near: Sequence[int], theme: str) -> go.Scatter:
    """From the point to each neighbour, as one trace with gaps."""
    points = projection["points"]
    gap = [float("nan")] * dimensions_of(projection)
    path = [point for place in near for point in (points[centre], points[place], gap)] or [points[centre]]
    shared = {
        "mode": "lines", "line": {"color": ACCENT[theme], "width": 1.4}, "hoverinfo": "skip", "showlegend": False,
        "connectgaps": False,
    }  # fmt: skip
    return scatter(path, 0, shared)


def rings(projection: Json, places: Sequence[int], theme: str) -> go.Scatter:
    """A large ring around the first, small ones around the others, each with its label."""
    flat = dimensions_of(projection) == 2
    shared = {
        "mode": "markers+text", "text": [shortened(projection["labels"][place]) for place in places],
        "textposition": "top center", "textfont": {"color": INK[theme], "size": 11}, "hoverinfo": "skip",
        "showlegend": False,
        "marker": {
            "symbol": "circle-open", "color": INK[theme], "size": [16 if flat else 9] + [11 if flat else 6] * (len(places) - 1),
            "line": {"color": INK[theme], "width": 1.6},
        },
    }  # fmt: skip
    return scatter([projection["points"][place] for place in places], 0, shared)


def shortened(label: object) -> str:
    """A label that does not cover the picture."""
    text = str(label)
    return escaped(text if len(text) <= MOST_CHARACTERS else text[: MOST_CHARACTERS - 1] + "…")
