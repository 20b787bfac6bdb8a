"""Charts of a search: trials → Plotly figures, and the sentences that say what they show; pure, no Streamlit."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from components.graph import Json
from components.searching.search_space import Dimension, SearchSpace
from components.searching.trials import TrialRow, best_so_far, chance_of
from dashboard.charts import ACCENT, CLASS_COLOURS, FAINT, INK, SYMBOLS, layout_of
from dashboard.texts import say

HEIGHT = 360
MOST_CURVES = 80
"""Curves drawn at once: the latest, and the best."""

LIKELY = 0.05
"""A chance above which luck is said to explain a result."""

MOST_SLICES = 9
DASHES = ("solid", "dash", "dot", "dashdot", "longdash")


def figure(theme: str, height: int = HEIGHT, **layout: Any) -> go.Figure:
    """An empty figure in the house's style."""
    grid = {"gridcolor": FAINT[theme], "zeroline": False, "automargin": True}
    drawn = go.Figure(layout={**layout_of(theme, height), "xaxis": grid, "yaxis": grid})
    drawn.update_layout(legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0}, **layout)
    return drawn


def samplers_of(rows: Sequence[TrialRow]) -> list[str]:
    """The samplers, in the order in which they began."""
    return list(dict.fromkeys(row.sampler for row in rows))


def colour_of(place: int, theme: str) -> str:
    """The colour of the sampler in that place; each also has its own dash and symbol."""
    return CLASS_COLOURS[theme][place % len(CLASS_COLOURS[theme])]


# Best so far


def figure_of_best(
    rows: Sequence[TrialRow], titles: Mapping[str, str], monitor: str, up: bool, theme: str
) -> go.Figure:
    """Each sampler's best score so far over its trials, its single scores as faint points."""
    drawn = figure(theme, xaxis_title=say("trials"), yaxis_title=monitor)
    for place, sampler in enumerate(samplers_of(rows)):
        own = [row for row in rows if row.sampler == sampler and row.state == "complete"]
        x, y = [row.number + 1 for row in own], [float(row.value or 0.0) for row in own]
        colour = colour_of(place, theme)
        marker = {"color": colour, "size": 6, "opacity": 0.35, "symbol": SYMBOLS[place % len(SYMBOLS)]}
        drawn.add_scatter(x=x, y=y, mode="markers", marker=marker, showlegend=False, hovertemplate="%{x}: %{y:.4g}")
        line = {"color": colour, "width": 2.5, "shape": "hv", "dash": DASHES[place % len(DASHES)]}
        drawn.add_scatter(x=x, y=best_so_far(y, up), mode="lines", line=line, name=titles.get(sampler, sampler))
    return drawn


def describe_best(rows: Sequence[TrialRow], titles: Mapping[str, str], monitor: str, up: bool) -> str:
    """The best of each sampler, and whether any beats random."""
    best = {}
    for sampler in samplers_of(rows):
        scores = [float(row.value or 0.0) for row in rows if row.sampler == sampler and row.state == "complete"]
        if scores:
            best[sampler] = max(scores) if up else min(scores)
    if not best:
        return say("No trial has ended yet.")
    told = ", ".join(f"{titles.get(sampler, sampler)} {value:.4g}" for sampler, value in best.items())
    sentence = say("Best {monitor} so far: {told}.", monitor=monitor, told=told)
    others = [value for sampler, value in best.items() if sampler != "random"]
    if "random" in best and others:
        ahead = max(others) > best["random"] if up else min(others) < best["random"]
        sentence += " " + (
            say("One search is no proof: repeat it with other seeds before you believe the order.")
            if ahead
            else say("No sampler is ahead of random here.")
        )
    return sentence


# Each trial's curve


def figure_of_curves(rows: Sequence[TrialRow], monitor: str, up: bool, theme: str) -> go.Figure:
    """The monitored value of each trial, epoch by epoch; pruned ones end early, the best stands out."""
    drawn = figure(theme, xaxis_title=say("epoch"), yaxis_title=monitor, showlegend=False)
    scored = sorted(
        (row for row in rows if row.state == "complete"), key=lambda row: (row.value or 0.0) * (-1 if up else 1)
    )
    best = scored[0] if scored else None
    others = [row for row in rows if row.epochs and row is not best][-MOST_CURVES:]
    thin = {"color": INK[theme], "width": 1}
    add_curves(drawn, [row for row in others if row.state != "running"], thin, 0.22)
    add_curves(drawn, [row for row in others if row.state == "running"], thin, 0.6)
    pruned = [row for row in others if row.state == "pruned"]
    x, y = [row.epochs[-1][0] for row in pruned], [row.epochs[-1][1] for row in pruned]
    crosses = {"symbol": "x", "size": 6, "color": INK[theme]}
    drawn.add_scatter(x=x, y=y, mode="markers", marker=crosses, opacity=0.5, hoverinfo="skip")
    add_curves(drawn, [best] if best is not None else [], {"color": ACCENT[theme], "width": 3}, 1.0)
    return drawn


def add_curves(drawn: go.Figure, rows: Sequence[TrialRow], line: Mapping[str, Any], opacity: float) -> None:
    """Curves that look alike, as one line with gaps: a browser draws that in a tenth of the time."""
    x: list[float | None] = []
    y: list[float | None] = []
    text: list[str] = []
    for row in rows:
        x += [*(point[0] for point in row.epochs), None]
        y += [*(point[1] for point in row.epochs), None]
        text += [f"{row.name} · {row.state}"] * (len(row.epochs) + 1)
    drawn.add_scatter(
        x=x, y=y, text=text, mode="lines", line=line, opacity=opacity, hovertemplate="%{text}: %{y:.4g}<extra></extra>"
    )


def describe_curves(rows: Sequence[TrialRow]) -> str:
    """How many trials went to their end, were cut short, failed."""
    count = {state: sum(row.state == state for row in rows) for state in ("complete", "pruned", "fail", "running")}
    told = [
        say("{count} complete", count=count["complete"]),
        say("{count} pruned", count=count["pruned"]),
        say("{count} failed", count=count["fail"]),
        say("{count} training", count=count["running"]),
    ]
    sentence = ", ".join(part for part, number in zip(told, count.values(), strict=True) if number) + "."
    begun = sum(bool(row.epochs) for row in rows)
    if begun > MOST_CURVES + 1:
        sentence += " " + say("Drawn are the latest {most} and the best; {left} more are not.",
                              most=MOST_CURVES, left=begun - MOST_CURVES - 1)  # fmt: skip
    return sentence


def describe_slices(space: SearchSpace) -> str:
    """How the slices are read, and which dimensions have none."""
    sentence = say("The score against one dimension at a time; stronger points are later trials.")
    left = space.names[MOST_SLICES:]
    return f"{sentence} {say('Without a slice of their own: {names}.', names=', '.join(left))}" if left else sentence


# Slices


def figure_of_slices(rows: Sequence[TrialRow], space: SearchSpace, monitor: str, theme: str) -> go.Figure:
    """The score against each dimension by itself; later trials are stronger."""
    scored = [row for row in rows if row.state == "complete"]
    names = space.names[:MOST_SLICES]
    columns = min(3, len(names))
    lines = math.ceil(len(names) / columns)
    drawn = make_subplots(lines, columns, shared_yaxes=True, subplot_titles=names, vertical_spacing=0.25 / lines)
    for place, name in enumerate(names):
        has = [row for row in scored if row.values.get(name) is not None]
        x = [str(row.values[name]) if space[name].choices else row.values[name] for row in has]
        shade = [0.25 + 0.75 * row.number / max(1, len(scored)) for row in has]
        marker = {"color": ACCENT[theme], "opacity": [min(1.0, one) for one in shade], "size": 6}
        at = {"row": place // columns + 1, "col": place % columns + 1}
        y = [row.value for row in has]
        drawn.add_scatter(x=x, y=y, mode="markers", marker=marker, hovertemplate="%{x}: %{y:.4g}<extra></extra>", **at)
        drawn.update_xaxes(**slice_axis(space[name]), **at)
    drawn.update_layout(**layout_of(theme, max(HEIGHT, 210 * lines)), showlegend=False)
    drawn.update_layout(margin={"l": 8, "r": 8, "t": 28, "b": 8})
    drawn.update_xaxes(gridcolor=FAINT[theme], zeroline=False, automargin=True)
    drawn.update_yaxes(gridcolor=FAINT[theme], zeroline=False, automargin=True)
    drawn.update_yaxes(title=monitor, col=1)
    return drawn


def slice_axis(dimension: Dimension) -> dict[str, Any]:
    """The axis of one slice: choices by name, a log scale by its ends and its middle."""
    if dimension.choices:
        return {"type": "category"}
    if not dimension.log:
        return {"type": "linear"}
    least, most = float(dimension.least or 0.0), float(dimension.most or 0.0)
    ticks = [least, math.sqrt(least * most), most]
    return {"type": "log", "tickvals": ticks, "ticktext": [f"{tick:.2g}" for tick in ticks],
            "range": [math.log10(least) - 0.1, math.log10(most) + 0.1]}  # fmt: skip


def figure_of_importance(importance: Mapping[str, float], theme: str) -> go.Figure:
    """How much of what sets the best trials apart each dimension explains."""
    names = list(importance)[::-1]
    shares = [importance[name] for name in names]
    bars = go.Bar(
        x=shares,
        y=names,
        orientation="h",
        marker={"color": ACCENT[theme]},
        texttemplate="%{x:.0%}",
        textposition="auto",
    )
    drawn = figure(theme, max(160, 44 * len(names) + 40))
    drawn.add_trace(bars)
    drawn.update_xaxes(tickformat=".0%", range=[0, 1])
    return drawn


def describe_importance(importance: Mapping[str, float]) -> str:
    """What matters most, and what a small share means."""
    if not importance:
        return say("Importance is worked out from four complete trials on that differ in their score.")
    first = next(iter(importance))
    return say(
        "{name} accounts for {share} of what sets the best trials apart in this space, all samplers together; another "
        "range may say otherwise. What not every trial has is judged among those that have it.",
        name=first,
        share=f"{importance[first]:.0%}",
    )


# The honesty lab


def figure_of_curse(opened: Json, monitor: str, theme: str) -> go.Figure:
    """Validation and test of each trial that led, over the trials that there had been."""
    drawn = figure(theme, 300, xaxis_title=say("trials so far"), yaxis_title=monitor.removeprefix("val_"))
    x = [one["place"] for one in opened["trials"]]
    validation, test = ([one[part] for one in opened["trials"]] for part in ("validation", "test"))
    solid = {"color": ACCENT[theme], "width": 2.5, "shape": "hv"}
    other = {"color": CLASS_COLOURS[theme][1], "width": 2.5, "dash": "dash", "shape": "hv"}
    drawn.add_scatter(x=x, y=validation, mode="lines+markers", line=solid, name=say("best on validation"))
    marker = {"symbol": "diamond", "size": 8}
    drawn.add_scatter(x=x, y=test, mode="lines+markers", line=other, marker=marker, name=say("the same trial on test"))
    return drawn


def describe_curse(opened: Json, up: bool) -> str:
    """How much better validation looked than the test, in a sentence; it says so when the gap is nothing."""
    winner = opened["winner"]
    gap = (winner["validation"] - winner["test"]) * (1 if up else -1)
    values = {"validation": f"{winner['validation']:.4g}", "test": f"{winner['test']:.4g}", "gap": f"{abs(gap):.3g}"}
    if gap > 0:
        return say(
            "On validation the winner scored {validation}, on data that no trial ever saw {test}: the search flattered "
            "it by {gap}. The more trials, the more the best of them is best by luck.",
            **values,
        )
    return say(
        "On validation the winner scored {validation}, on data that no trial ever saw {test}: "
        "here the search did not flatter it.",
        **values,
    )


def figure_of_spread(
    groups: Mapping[str, Sequence[float]], marked: float | None, theme: str, mark: str = ""
) -> go.Figure:
    """Scores as points in a row for each group, the winner's score (or what `mark` names) as a line through all."""
    drawn = figure(theme, 90 + 56 * len(groups), showlegend=False)
    for place, (name, values) in enumerate(groups.items()):
        marker = {"color": colour_of(place, theme), "size": 9, "opacity": 0.7, "symbol": SYMBOLS[place % len(SYMBOLS)]}
        drawn.add_scatter(x=list(values), y=[name] * len(values), mode="markers", marker=marker)
    if marked is not None:
        drawn.add_vline(
            x=marked, line={"color": ACCENT[theme], "dash": "dash"}, annotation_text=mark or say("the winner")
        )
    return drawn


def describe_luck(luck: Sequence[float], ours: float, up: bool, count: int) -> str:
    """What the best of as many trials on shuffled labels reached, search by search, beside this search; and the chance."""
    as_good = sum((value >= ours) if up else (value <= ours) for value in luck)
    chance = chance_of(luck, ours, up)
    values = {"searches": len(luck), "count": count, "ours": f"{ours:.4g}", "good": as_good, "chance": f"{chance:.2g}"}
    told = say(
        "The best of this search’s first {count} trials of each sampler reached {ours}. Of {searches} searches of as many "
        "trials on shuffled labels, {good} did as well",
        **values,
    )
    if chance <= LIKELY:
        verdict = say(
            "that has a chance of {chance} by luck alone, so there is something to be learned here.", **values
        )
    elif len(luck) + 1 < 1 / LIKELY:
        verdict = say("too few yet to rule luck out (a chance of {chance}).", **values)
    else:
        verdict = say("luck alone explains it (a chance of {chance}).", **values)
    return f"{told}: {verdict}"


def describe_repeats(values: Sequence[float], winner: float, what: str, up: bool) -> str:
    """Mean and spread of the winner trained again, and where the search had put it."""
    mean = statistics.fmean(values)
    spread = statistics.stdev(values) if len(values) > 1 else 0.0
    better = sum((winner > value) if up else (winner < value) for value in values)
    return say(
        "{what}: {mean:.4g} ± {spread:.2g} over {count}; the search had put it at {winner:.4g}, "
        "better than {better} of the {count}.",
        what=what,
        mean=mean,
        spread=spread,
        count=len(values),
        winner=winner,
        better=better,
    )


def describe_nested(promised: Sequence[float], kept: Sequence[float], winner: float, up: bool) -> str:
    """What searches repeated inside folds promised and what they kept on rows that they never saw."""
    gap = (statistics.fmean(promised) - statistics.fmean(kept)) * (1 if up else -1)
    values = {
        "folds": len(kept),
        "promised": f"{statistics.fmean(promised):.4g}",
        "kept": f"{statistics.fmean(kept):.4g}",
        "spread": f"{statistics.stdev(kept) if len(kept) > 1 else 0.0:.2g}",
        "winner": f"{winner:.4g}",
        "gap": f"{abs(gap):.3g}",
    }
    if gap > 0:
        return say(
            "Searched again in {folds} folds, the winners promised {promised} where they were chosen and kept {kept} ± "
            "{spread} on rows that their search never saw: choosing flattered them by {gap}. Read the {winner} above with "
            "that in mind.",
            **values,
        )
    return say(
        "Searched again in {folds} folds, the winners promised {promised} where they were chosen and kept {kept} ± "
        "{spread} on rows that their search never saw: here choosing did not flatter them, and {winner} may be believed.",
        **values,
    )
