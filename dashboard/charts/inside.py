"""Figures of a model's inside: what layers make of an image."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from dashboard.charts import INK, layout_of, with_sentence
from dashboard.texts import say

Named = Mapping[str, float]
"""Numbers by layer, in the order of the model's depth."""

TILES = 8
"""Feature maps in a row."""


# By depth


def positive(values: Named) -> dict[str, float]:
    """What a logarithmic scale can show: NaN and 0 are left out."""
    return {name: value for name, value in values.items() if isinstance(value, (int, float)) and 0 < value < math.inf}


# Maps


def figure_of_maps(maps: Sequence[Sequence[Sequence[float]]], theme: str = "light") -> go.Figure:
    """Small pictures side by side, each on its own scale from its least to its greatest value."""
    if not maps:
        return with_sentence(go.Figure(layout=layout_of(theme, 120)), say("There are no maps to draw."))
    height, width = len(maps[0]), len(maps[0][0])
    columns = min(TILES, len(maps))
    rows = -(-len(maps) // columns)
    sheet: list[list[float | None]] = [[None] * (columns * (width + 1) - 1) for _ in range(rows * (height + 1) - 1)]
    for place, picture in enumerate(maps):
        top, left = (place // columns) * (height + 1), (place % columns) * (width + 1)
        for y, line in enumerate(scaled(picture)):
            sheet[top + y][left : left + width] = line
    ground = "#f1f3f5" if theme == "light" else "#101218"
    figure = go.Figure(layout=layout_of(theme, max(90, int(390 * len(sheet) / len(sheet[0])))))
    figure.add_trace(
        go.Heatmap(
            z=sheet, showscale=False, hoverinfo="skip", colorscale=[[0, ground], [1, INK[theme]]], hoverongaps=False
        )
    )
    figure.update_xaxes(visible=False)
    return figure.update_yaxes(visible=False, autorange="reversed", scaleanchor="x")


def scaled(picture: Sequence[Sequence[float]]) -> list[list[float | None]]:
    """The picture from 0 to 1; a constant one is all 0."""
    low, high = min(map(min, picture)), max(map(max, picture))
    return [[(value - low) / (high - low) if high > low else 0.0 for value in line] for line in picture]
