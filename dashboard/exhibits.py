"""Exhibits: what a proof found, as a sentence, Plotly figures and a table's rows; pure, no Streamlit."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from components.graph import Json
from dashboard.charts import CLASS_COLOURS, FAINT, layout_of
from dashboard.texts import number, say


def sentence_of(exhibit: Json) -> str:
    """The finding in words."""
    return say(exhibit["message"], **{name: shown(value) for name, value in exhibit["values"].items()})


def shown(value: Any) -> Any:
    """Whole numbers as the page writes them; others are formatted by the sentence that they stand in."""
    return number(value) if isinstance(value, int) and not isinstance(value, bool) else value


def table_of(exhibit: Json) -> list[dict[str, str]]:
    """The rows by column."""
    titles = [say(column) for column in exhibit["columns"]]
    titles = [title + " " * titles[:at].count(title) for at, title in enumerate(titles)]
    return [{title: str(shown(cell)) for title, cell in zip(titles, row, strict=True)} for row in exhibit["rows"]]


def figure_of(chart: Json, theme: str = "light", height: int = 300) -> go.Figure:
    """Lines or bars."""
    figure = go.Figure(layout=layout_of(theme, height))
    for place, series in enumerate(chart["series"]):
        figure.add_trace(trace_of(chart, series, place, theme))
    for mark in chart["marks"]:
        figure.add_vline(x=mark["x"], line_dash="dot", annotation_text=say(mark["name"]))
    figure.update_xaxes(title=say(chart["x"]) if chart["x"] else None, showgrid=False)
    if chart["kind"] == "bars":
        figure.update_xaxes(type="category")
    figure.update_yaxes(title=say(chart["y"]), gridcolor=FAINT[theme], **scale_of(chart))
    several = len(chart["series"]) > 1
    return figure.update_layout(
        showlegend=several, barmode="stack" if chart.get("stacked") else "group", legend={"orientation": "h", "y": 1.02, "yanchor": "bottom"}, margin={"t": 28}
    )  # fmt: skip


def scale_of(chart: Json) -> dict[str, str]:
    """How a chart's values are laid off: from zero, unless they are a logarithm's or lines in the upper half."""
    if chart["log"]:
        return {"type": "log", "exponentformat": "power"}
    values = [value for series in chart["series"] for value in series["y"]]
    flat = chart["kind"] == "lines" and min(values, default=0) > max(values, default=0) / 2
    return {"rangemode": "normal" if flat else "tozero"}


def trace_of(chart: Json, series: Json, place: int, theme: str) -> Any:
    """One series; lines differ by dash too, never by colour alone."""
    colours = CLASS_COLOURS[theme]
    colour = colours[place % len(colours)]
    if chart["kind"] == "bars":
        return go.Bar(x=series["x"], y=series["y"], name=series["name"], marker={"color": colour})
    dash = ("solid", "dash", "dot", "dashdot")[place % 4]
    return go.Scatter(
        x=series["x"], y=series["y"], name=series["name"], mode="lines", line={"color": colour, "width": 2.2, "dash": dash}
    )  # fmt: skip
