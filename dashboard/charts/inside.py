"""Figures of a model's inside: its mistakes, shares of the loss."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from components.graph import Json
from dashboard.charts import ACCENT, CLASS_COLOURS, FAINT, INK, escaped, layout_of, with_sentence
from dashboard.texts import say

Named = Mapping[str, float]
"""Numbers by layer, in the order of the model's depth."""

TILES = 8
"""Feature maps in a row."""


# By depth


def positive(values: Named) -> dict[str, float]:
    """What a logarithmic scale can show: NaN and 0 are left out."""
    return {name: value for name, value in values.items() if isinstance(value, (int, float)) and 0 < value < math.inf}


# Answers


def figure_of_confusion(verdict: Json, theme: str = "light", height: int = 340) -> go.Figure:
    """True classes down, predicted ones across; the share of each row as colour, counts as text where they fit."""
    names, matrix = [escaped(name) for name in verdict["names"]], verdict["matrix"]
    shares = [[count / max(1, sum(row)) for count in row] for row in matrix]
    figure = go.Figure(layout=layout_of(theme, height))
    figure.add_trace(
        go.Heatmap(
            x=names, y=names, z=shares, zmin=0, zmax=1, showscale=False, xgap=1, ygap=1, customdata=matrix,
            colorscale=[[0, FAINT[theme]], [1, ACCENT[theme]]], text=matrix if len(names) <= 12 else None,
            texttemplate="%{text}" if len(names) <= 12 else None,
            hovertemplate=say("true") + " %{y}<br>" + say("predicted") + " %{x}<br>%{customdata}<extra></extra>",
        )
    )  # fmt: skip
    figure.update_yaxes(autorange="reversed", title=say("true"), type="category", showgrid=False)
    return figure.update_xaxes(title=say("predicted"), type="category", showgrid=False)


def figure_of_numbers(verdict: Json, theme: str = "light", height: int = 340) -> go.Figure:
    """Predicted numbers over true ones; a perfect model's points lie on the line."""
    figure = go.Figure(layout=layout_of(theme, height))
    true, said = verdict["true"], verdict["said"]
    if not true:
        return with_sentence(figure, say("There are no points to draw."))
    ends = [min(true), max(true)]
    figure.add_trace(
        go.Scatter(
            x=ends, y=ends, mode="lines", line={"color": INK[theme], "width": 1, "dash": "dot"}, hoverinfo="skip"
        )
    )
    figure.add_trace(
        go.Scatter(
            x=true, y=said, mode="markers", marker={"color": ACCENT[theme], "size": 6, "opacity": 0.6},
            hovertemplate=say("true") + " %{x:.3g}<br>" + say("predicted") + " %{y:.3g}<extra></extra>",
        )
    )  # fmt: skip
    figure.update_xaxes(title=say("true"), gridcolor=FAINT[theme], zeroline=False)
    figure.update_yaxes(title=say("predicted"), gridcolor=FAINT[theme], zeroline=False)
    return figure.update_layout(showlegend=False)


# Losses


def figure_of_shares(
    epochs: Sequence[int], shares: Mapping[str, Sequence[float]], theme: str = "light", height: int = 220
) -> go.Figure:
    """What each output's loss makes of the total, epoch by epoch, in per cent."""
    figure = go.Figure(layout=layout_of(theme, height))
    for place, (name, values) in enumerate(shares.items()):
        figure.add_trace(
            go.Scatter(
                x=list(epochs), y=[100 * value for value in values], name=escaped(name), stackgroup="one", mode="lines",
                line={"width": 0.5, "color": CLASS_COLOURS[theme][place % len(CLASS_COLOURS[theme])]},
                hovertemplate="%{y:.0f} %<extra>" + escaped(name) + "</extra>",
            )
        )  # fmt: skip
    figure.update_yaxes(range=[0, 100], ticksuffix=" %", gridcolor=FAINT[theme])
    figure.update_xaxes(title=say("epoch"), showgrid=False)
    return figure.update_layout(legend={"y": -0.35})


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
