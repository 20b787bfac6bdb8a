"""Figures of a model's inside: gradients by depth, the surface of what it says, its mistakes, shares of the loss."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from components.graph import Json
from dashboard.charts import ACCENT, CLASS_COLOURS, FAINT, INK, SYMBOLS, escaped, layout_of, with_sentence
from dashboard.texts import say

Named = Mapping[str, float]
"""Numbers by layer, in the order of the model's depth."""

TILES = 8
"""Feature maps in a row."""


# By depth


def positive(values: Named) -> dict[str, float]:
    """What a logarithmic scale can show: NaN and 0 are left out."""
    return {name: value for name, value in values.items() if isinstance(value, (int, float)) and 0 < value < math.inf}


# The surface


def figure_of_surface(surface: Json, points: Json | None, theme: str = "light", height: int = 400) -> go.Figure:
    """What the model says at every place of the plane, and where the data's points are."""
    figure = go.Figure(layout=layout_of(theme, height))
    rows, size = numbers_of(surface), surface["size"]
    across, up = (
        [low + (high - low) * place / (size - 1) for place in range(size)]
        for low, high in zip(surface["low"], surface["high"], strict=True)
    )
    classes = surface["units"]
    values, scale = (
        (first_of(rows), two_colours(theme)) if classes <= 2 else (leading_of(rows), many_colours(theme, classes))
    )
    figure.add_trace(
        go.Heatmap(
            x=across, y=up, z=[values[i * size : (i + 1) * size] for i in range(size)], colorscale=scale, showscale=False,
            opacity=0.55, hoverinfo="skip", zsmooth="best" if classes <= 2 else False,
            zmin=0 if classes > 1 else None, zmax=(1 if classes == 2 else classes - 1) if classes > 1 else None,
        )
    )  # fmt: skip
    for place, (name, members) in enumerate(by_class(points)):
        figure.add_trace(
            go.Scatter(
                x=[x for x, _ in members], y=[y for _, y in members], mode="markers", name=escaped(name),
                marker={
                    "color": CLASS_COLOURS[theme][place % len(CLASS_COLOURS[theme])], "size": 6,
                    "symbol": SYMBOLS[place % len(SYMBOLS)], "line": {"width": 0.6, "color": INK[theme]},
                },
                hoverinfo="skip",
            )
        )  # fmt: skip
    bare = {"showgrid": False, "zeroline": False, "showticklabels": False, "ticks": ""}
    figure.update_xaxes(**bare, range=[across[0], across[-1]])
    figure.update_yaxes(**bare, range=[up[0], up[-1]], scaleanchor="x")
    return figure.update_layout(uirevision="keep")


def numbers_of(surface: Json) -> list[tuple[float, ...]]:
    """The outputs at each point."""
    import struct

    packed = base64.b64decode(surface["values"])
    flat = struct.unpack(f"<{len(packed) // 2}e", packed)
    units = surface["units"]
    return [flat[i : i + units] for i in range(0, len(flat), units)]


def first_of(rows: Sequence[Sequence[float]]) -> list[float]:
    """How much the model leans to the second of two classes; of a single number, the number."""
    return [row[-1] for row in rows]


def leading_of(rows: Sequence[Sequence[float]]) -> list[float]:
    """The class that the model gives the most to."""
    return [float(max(range(len(row)), key=lambda place: row[place])) for row in rows]


def two_colours(theme: str) -> list[list[Any]]:
    """From one class's colour through the ground's to the other's."""
    first, second = CLASS_COLOURS[theme][:2]
    return [[0, first], [0.5, "#ffffff" if theme == "light" else "#181a21"], [1, second]]


def many_colours(theme: str, classes: int) -> list[list[Any]]:
    """A step of colour for each class."""
    colours = CLASS_COLOURS[theme]
    return [[(place + edge) / classes, colours[place % len(colours)]] for place in range(classes) for edge in (0, 1)]


def by_class(points: Json | None) -> list[tuple[str, list[list[float]]]]:
    """Points by their class, the classes in the data's order."""
    if not points:
        return []
    names = points["names"] or sorted(set(points["classes"]))
    found = {name: [p for p, c in zip(points["points"], points["classes"], strict=True) if c == name] for name in names}
    return [(name, members) for name, members in found.items() if members]


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
