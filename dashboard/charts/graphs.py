"""A graph as a chart whose nodes can be clicked: to point at one where the canvas itself would be too much."""

from __future__ import annotations

from collections.abc import Collection

import plotly.graph_objects as go

from components.drawing.layout import layout_graph
from components.graph import Graph, edges, source_of
from dashboard.charts import ACCENT, FAINT, INK, layout_of

HEIGHT = 240


def figure_of_graph(graph: Graph, varied: Collection[str], theme: str) -> go.Figure:
    """A square per call of a layer, `customdata` its id; those that vary are filled."""
    places = layout_graph(graph)
    drawn = go.Figure(layout=layout_of(theme, HEIGHT))
    x: list[float | None] = []
    y: list[float | None] = []
    for reference, target, _ in edges(graph):
        (x1, y1), (x2, y2) = places[source_of(reference)], places[target]
        x, y = [*x, x1, x2, None], [*y, y1, y2, None]
    drawn.add_scatter(x=x, y=y, mode="lines", line={"color": FAINT[theme], "width": 2}, hoverinfo="skip")
    ids = [node.id for node in graph.nodes]
    shown = {"size": 15, "symbol": "square", "line": {"color": ACCENT[theme], "width": 2}}
    fill = [ACCENT[theme] if node in varied else FAINT[theme] for node in ids]
    drawn.add_scatter(
        x=[places[node][0] for node in ids], y=[places[node][1] for node in ids], customdata=ids, text=ids,
        mode="markers+text" if len(ids) <= MOST_NAMED else "markers", textposition="middle right",
        textfont={"color": INK[theme], "size": 10}, marker={**shown, "color": fill},
        hovertemplate="%{text}<extra></extra>", cliponaxis=False,
    )  # fmt: skip
    drawn.update_layout(
        showlegend=False, dragmode=False, clickmode="event+select", margin={"l": 16, "r": 70, "t": 12, "b": 12}
    )
    drawn.update_xaxes(visible=False)
    drawn.update_yaxes(visible=False, autorange="reversed")
    return drawn


MOST_NAMED = 24
"""Nodes that are named on the picture; of more the names come when they are pointed at."""
