"""Percentiles: how a quantity's values spread through the epochs, as bands around their median."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from dashboard.charts import CLASS_COLOURS, FAINT, History, layout_of, with_sentence
from dashboard.texts import say

SHARES = (5, 25, 50, 75, 95)
"""The percentiles that are recorded."""

BANDS = ((0, 4, "22"), (1, 3, "44"))
"""Places of the lower and upper edge of each band among them, and how dense it is drawn."""


def figure_of_percentiles(histories: Sequence[History], theme: str = "light", height: int = 360) -> go.Figure:
    """The median of each history as a line, half of its values within the inner band, nine in ten within the outer.

    The first is this run's, drawn through; those after it are other runs', dashed.
    """
    figure = go.Figure(layout=layout_of(theme, height))
    for place, history in enumerate(histories):
        known = [(epoch, histogram["percentiles"]) for epoch, histogram in history if histogram.get("percentiles")]
        for trace in traces(known, CLASS_COLOURS[theme][place % len(CLASS_COLOURS[theme])], dashed=place > 0):
            figure.add_trace(trace)
    if not figure.data:
        return with_sentence(figure, say("Nothing was recorded here yet."))
    figure.update_xaxes(title=say("epoch"), showgrid=False)
    figure.update_yaxes(gridcolor=FAINT[theme], zerolinecolor=FAINT[theme])
    return figure.update_layout(showlegend=False, hovermode="x unified")


def traces(known: Sequence[tuple[int, Sequence[float]]], colour: str, dashed: bool) -> list[Any]:
    """Two bands and the median."""
    if not known:
        return []
    epochs = [epoch for epoch, _ in known]
    there_and_back = [*epochs, *reversed(epochs)]
    bands = [
        go.Scatter(
            x=there_and_back, y=[p[high] for _, p in known] + [p[low] for _, p in reversed(known)], mode="lines",
            fill="toself", fillcolor=colour + density, line={"width": 0}, hoverinfo="skip",
        )
        for low, high, density in BANDS
    ]  # fmt: skip
    said = [say("5 %: {low} · 95 %: {high}", low=f"{p[0]:.3g}", high=f"{p[4]:.3g}") for _, p in known]
    median = go.Scatter(
        x=epochs, y=[p[2] for _, p in known], mode="lines" if len(known) > 1 else "markers",
        line={"color": colour, "width": 2, "dash": "dash" if dashed else "solid"}, text=said,
        hovertemplate=say("median") + " %{y:.3g}<br>%{text}<extra></extra>",
    )  # fmt: skip
    return [*bands, median]
