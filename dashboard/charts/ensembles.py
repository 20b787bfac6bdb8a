"""Charts of an ensemble: what its job found → Plotly figures, and sentences; pure, no Streamlit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import plotly.graph_objects as go

from components.graph import Json
from dashboard.charts import ACCENT, CLASS_COLOURS, FAINT
from dashboard.charts.searches import figure
from dashboard.texts import say


def figure_of_scores(told: Json, titles: Mapping[str, str], judged: Json | None, theme: str) -> go.Figure:
    """The score of every member and of every way to put them together: on validation, and on test once it is open."""
    names = [*told["names"], *(titles[name] for name in told["methods"])]
    parts = [(say("validation"), [*told["members"], *told["methods"].values()])]
    if judged is not None:
        parts.append((say("test"), [*judged["members"], *(judged["methods"][name] for name in told["methods"])]))
    drawn = figure(theme, 70 + 34 * len(names))
    for place, (label, found) in enumerate(parts):
        colour = ACCENT[theme] if place == 0 else CLASS_COLOURS[theme][1]
        marker = {"color": colour, "size": 11, "symbol": ("circle", "diamond")[place]}
        scores = [one["score"] for one in found]
        drawn.add_scatter(
            x=scores, y=names, mode="markers", marker=marker, name=label, hovertemplate="%{y}: %{x:.4g}<extra></extra>"
        )
    drawn.update_yaxes(autorange="reversed", type="category")
    scored = [one["score"] for _, found in parts for one in found]
    if max(scored) - min(scored) < 1e-3:  # all alike: else the axis goes from 0 to twice as much
        drawn.update_xaxes(range=[min(scored) - 0.01, max(scored) + 0.01])
    drawn.update_xaxes(title=say("accuracy") if told["classes"] else say("root of the mean squared error"))
    drawn.add_hline(y=len(told["names"]) - 0.5, line={"color": FAINT[theme], "width": 2})
    return drawn


def describe_scores(told: Json, titles: Mapping[str, str], judged: Json | None) -> str:
    """The best way to put them together against the best member, and what a bad member does to the average."""
    best_member = min(one["loss"] for one in told["members"])
    name = min(told["methods"], key=lambda method: told["methods"][method]["loss"])
    alone = say("No way to put them together has a lower loss on validation than the best member alone.")
    sentences = [
        alone
        if told["methods"][name]["loss"] >= best_member - 1e-9
        else say(
            "{title} has the lowest loss on validation: {loss:.4g}, and the best member alone {member:.4g}.",
            title=titles[name],
            loss=told["methods"][name]["loss"],
            member=best_member,
        )
    ]
    if told["methods"]["plain"]["loss"] > best_member:
        sentences.append(
            say("The plain average is worse than the best member: a bad voice counts as much as a good one.")
        )
    if judged is not None:
        on_test = judged["methods"]
        first = min(on_test, key=lambda method: on_test[method]["loss"])
        sentences.append(
            say(
                "On test {title} is ahead, with a loss of {loss:.4g}.", title=titles[first], loss=on_test[first]["loss"]
            )
        )
    return " ".join(sentences)


def figure_of_weights(told: Json, titles: Mapping[str, str], theme: str) -> go.Figure:
    """How much each member counts, by every method."""
    drawn = figure(theme, 70 + 40 * len(told["methods"]), barmode="stack")
    methods = [titles[name] for name in told["methods"]]
    for place, name in enumerate(told["names"]):
        weights = [one["weights"][place] for one in told["methods"].values()]
        colours = CLASS_COLOURS[theme]
        marker = {"color": colours[place % len(colours)]}
        drawn.add_bar(
            x=weights, y=methods, orientation="h", name=name, marker=marker, texttemplate="%{x:.0%}",
            textposition="inside", insidetextanchor="middle",
        )  # fmt: skip
    drawn.update_yaxes(autorange="reversed")
    drawn.update_xaxes(range=[0, 1], tickformat=".0%")
    drawn.update_layout(uniformtext={"minsize": 9, "mode": "hide"})
    return drawn


def figure_of_pairs(told: Json, what: str, theme: str) -> go.Figure:
    """Correlation of errors, or disagreement, of each pair of members."""
    names, values = told["names"], told[what]
    scale = [[0, FAINT[theme]], [1, ACCENT[theme]]]
    low, high = (-1.0, 1.0) if what == "correlation" else (0.0, max(1e-9, max(map(max, values))))
    heat: dict[str, Any] = {
        "colorscale": scale,
        "zmin": low,
        "zmax": high,
        "texttemplate": "%{z:.2f}",
        "showscale": False,
    }
    drawn = figure(theme, 130 + 36 * len(names))
    drawn.add_trace(go.Heatmap(z=values, x=names, y=names, **heat))
    drawn.update_yaxes(autorange="reversed")
    return drawn


def describe_pairs(told: Json) -> str:
    """The pair that is most alike, and what that is worth."""
    names, values = told["names"], told["correlation"]
    pairs = [(values[a][b], names[a], names[b]) for a in range(len(names)) for b in range(a)]
    value, one, other = max(pairs)
    return say(
        "The errors of {one} and {other} go together most ({value:.2f}): "
        "the nearer to 1, the less the second adds to the first.",
        one=one,
        other=other,
        value=value,
    )


def figure_of_contributions(told: Json, theme: str) -> go.Figure:
    """How much the loss grows without each member: in the plain average, and in the stacked one."""
    drawn = figure(theme, 90 + 46 * len(told["names"]), barmode="group")
    for label, key, colour in (
        (say("plain average"), "plain_contributions", CLASS_COLOURS[theme][1]),
        (say("convex stacking"), "contributions", ACCENT[theme]),
    ):
        drawn.add_bar(x=told[key], y=told["names"], orientation="h", name=label, marker={"color": colour})
    drawn.update_yaxes(autorange="reversed")
    drawn.update_xaxes(title=say("loss without it, more than with it"), zeroline=True)
    return drawn


def describe_contributions(told: Json) -> str:
    """Who adds most, and who harms the plain average."""
    names = told["names"]
    most = max(range(len(names)), key=lambda place: told["contributions"][place])
    harmful = [name for name, value in zip(names, told["plain_contributions"], strict=True) if value < 0]
    sentence = say("{name} adds most: without it the weighted loss is {value:+.3g}.", name=names[most],
                   value=told["contributions"][most])  # fmt: skip
    if harmful:
        sentence += " " + say("The plain average would be better without {names}.", names=", ".join(harmful))
    return sentence


def figure_of_wrong(told: Json, theme: str) -> go.Figure:
    """Who is wrong where: a column for each of the first validation rows, those most are wrong about first."""
    values = told["wrong"]
    order = sorted(range(len(values[0])), key=lambda row: -sum(member[row] for member in values))
    ordered = [[member[row] for row in order] for member in values]
    drawn = figure(theme, 110 + 28 * len(values))
    scale = [[0, FAINT[theme]], [1, CLASS_COLOURS[theme][1]]]
    largest = 1.0 if told["classes"] else max(map(max, values))
    shades: dict[str, Any] = {"colorscale": scale, "zmin": 0.0, "zmax": largest or 1.0, "showscale": False}
    drawn.add_trace(go.Heatmap(z=ordered, y=told["names"], **shades, ygap=3, xgap=1))
    drawn.update_yaxes(autorange="reversed")
    drawn.update_xaxes(title=say("validation rows, the hardest first"), showticklabels=False)
    return drawn


def describe_wrong(told: Json) -> str:
    """In how many rows all are wrong, and in how many only some: there an ensemble can gain."""
    if not told["classes"]:
        return say("Darker is a larger error. Where columns differ from member to member, an average can gain.")
    rows = list(zip(*told["wrong"], strict=True))
    every = sum(all(row) for row in rows)
    some = sum(any(row) and not all(row) for row in rows)
    return say(
        "Of {count} rows all members are wrong in {every}, and only some of them in {some}: there an ensemble can gain.",
        count=len(rows),
        every=every,
        some=some,
    )
