"""Charts: records of a run → Plotly figures, and a sentence for whoever cannot see them; pure, no Streamlit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from components.graph import Json
from components.runs import best_epoch, is_number
from dashboard.texts import number, say

History = Sequence[tuple[int, Mapping[str, Any]]]
"""(epoch, {"low", "high", "counts", …}) in order of the epochs."""

INK = {"light": "#1a1d24", "dark": "#eceef2"}
FAINT = {"light": "#e3e6eb", "dark": "#2b2e38"}
ACCENT = {"light": "#3b5bdb", "dark": "#7b93ff"}
CLASS_COLOURS = {
    "light": (
        "#3b5bdb",
        "#c2410c",
        "#2b8a3e",
        "#a61e4d",
        "#087f8c",
        "#8c6d00",
        "#6741d9",
        "#495057",
        "#b02a37",
        "#1864ab",
    ),
    "dark": (
        "#7b93ff",
        "#ffa94d",
        "#69db7c",
        "#f783ac",
        "#3bc9db",
        "#ffd43b",
        "#b197fc",
        "#ced4da",
        "#ff8787",
        "#74c0fc",
    ),
}
SYMBOLS = ("circle", "diamond", "square", "cross", "x", "triangle-up")


def layout_of(theme: str, height: int) -> dict[str, Any]:
    """What all figures share: nothing behind them, little around them."""
    return {
        "height": height,
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": INK[theme], "size": 12},
        "legend": {"orientation": "h", "y": -0.05, "itemsizing": "constant"},
        "hoverlabel": {"font": {"size": 12}},
    }


# Histograms through the epochs


def describe_histograms(name: str, history: History) -> str:
    """The ridge in a sentence."""
    if not history:
        return say("Nothing was recorded here yet.")
    (first, then), (last, now) = history[0], history[-1]
    before, after = moments_of(then), moments_of(now)
    if first == last:
        return say("{name} after epoch {epoch}: mean {mean}, spread {spread}.", name=name, epoch=last, **after)
    return say(
        "{name} from epoch {first} to {last}: the mean goes from {mean_before} to {mean}, "
        "the spread from {spread_before} to {spread}.",
        name=name, first=first, last=last, mean_before=before["mean"], spread_before=before["spread"], **after,
    )  # fmt: skip


def moments_of(histogram: Mapping[str, Any]) -> dict[str, str]:
    """Mean and spread as a person reads them."""
    return {"mean": f"{histogram.get('mean', 0):.3g}", "spread": f"{histogram.get('std', 0):.3g}"}


# Projections


def dimensions_of(projection: Json) -> int:
    """2 or 3."""
    return len(projection["points"][0]) if projection["points"] else 2


def describe_projection(projection: Json, name: str) -> str:
    """The picture in a sentence, with how far it can be trusted."""
    if not projection["points"]:
        return say("There are no points to draw.")
    count, dimensions = number(len(projection["points"])), dimensions_of(projection)
    sentences = [
        say("{count} points of {name} in {dimensions} dimensions.", count=count, name=name, dimensions=dimensions)
    ]
    if projection.get("variance"):
        share = f"{100 * sum(projection['variance']):.0f}"
        sentences.append(say("The axes hold {share} % of the variance.", share=share))
    if projection.get("trustworthiness") is not None:
        sentences.append(trust(projection["trustworthiness"]))
    if wrong := sum(projection.get("mistakes") or []):
        sentences.append(say("{count} of them are told wrongly.", count=number(wrong)))
    return " ".join(sentences)


def trust(value: float) -> str:
    """Trustworthiness in words."""
    shown = f"{value:.2f}"
    if value >= 0.95:
        return say("Trustworthiness {value}: neighbours in the picture are neighbours in the layer.", value=shown)
    if value >= 0.85:
        return say("Trustworthiness {value}: most neighbours in the picture are real.", value=shown)
    return say("Trustworthiness {value}: many neighbours in the picture are not real.", value=shown)


# Runs over one another

Curves = Sequence[tuple[str, Mapping[int, Mapping[str, Any]]]]
"""(name of the run, its logs by epoch)."""


def figure_of_runs(curves: Curves, figure_name: str, theme: str = "light", height: int = 340) -> go.Figure:
    """One quantity of several runs: training drawn through, validation dashed, the best validation loss marked."""
    figure = go.Figure(layout=layout_of(theme, height))
    colours = CLASS_COLOURS[theme]
    for place, (name, logs) in enumerate(curves):
        colour = colours[place % len(colours)]
        for quantity, dash in ((figure_name, "solid"), ("val_" + figure_name, "dash")):
            points = points_of(logs, quantity)
            if points:
                figure.add_trace(curve(name, points, colour, dash))
        best = best_epoch(logs) if figure_name == "loss" else None
        if best is not None:
            figure.add_trace(best_mark(name, best, colour))
    if not figure.data:
        return with_sentence(figure, say("Nothing was recorded here yet."))
    figure.update_xaxes(title=say("epoch"), gridcolor=FAINT[theme], zeroline=False)
    figure.update_yaxes(title=escaped(figure_name), gridcolor=FAINT[theme], zeroline=False)
    return figure.update_layout(uirevision=figure_name, legend={"orientation": "h", "y": -0.22})


def points_of(logs: Mapping[int, Mapping[str, Any]], quantity: str) -> list[tuple[int, float]]:
    """(epoch, value) where it was logged and is finite."""
    return [(epoch, logs[epoch][quantity]) for epoch in sorted(logs) if is_number(logs[epoch].get(quantity))]


def curve(name: str, points: Sequence[tuple[int, float]], colour: str, dash: str) -> go.Scatter:
    """A line of one run."""
    validation = dash != "solid"
    label = say("{name}, validation", name=name) if validation else name
    return go.Scatter(
        x=[epoch for epoch, _ in points], y=[value for _, value in points], name=escaped(label),
        mode="lines" if len(points) > 1 else "markers", line={"color": colour, "width": 1.8, "dash": dash},
        showlegend=not validation, legendgroup=name,
        hovertemplate="%{y:.4g}<extra>" + escaped(label) + "</extra>",
    )  # fmt: skip


def best_mark(name: str, best: tuple[int, float], colour: str) -> go.Scatter:
    """A star where the validation loss was lowest."""
    text = say("Best here: epoch {epoch}, validation loss {loss}.", epoch=best[0], loss=f"{best[1]:.4g}")
    return go.Scatter(
        x=[best[0]], y=[best[1]], mode="markers", showlegend=False, legendgroup=name, name=escaped(name),
        marker={"symbol": "star", "size": 11, "color": colour}, text=[text], hovertemplate="%{text}<extra></extra>",
    )  # fmt: skip


def describe_runs(curves: Curves, figure_name: str) -> str:
    """The last values in sentences, for whoever cannot see the lines."""
    last = [(name, points[-1]) for name, logs in curves if (points := points_of(logs, figure_name))]
    return " ".join(
        say("{name}: {value} after epoch {epoch}.", name=name, value=f"{value:.4g}", epoch=epoch)
        for name, (epoch, value) in last
    )


# Words in figures


def escaped(text: Any) -> str:
    """Text as Plotly shows it, which reads some tags, whatever stands in the data."""
    return str(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def with_sentence(figure: go.Figure, sentence: str) -> go.Figure:
    """A figure without data that says why."""
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    figure.update_layout(height=120)
    return figure.add_annotation(text=escaped(sentence), showarrow=False, x=0.5, y=0.5, xref="paper", yref="paper")
