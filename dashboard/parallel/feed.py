"""Feed: a study's complete trials as the parallel coordinates draw them: an axis for each dimension, one for the score."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from components.graph import Json
from components.searching.search_space import Dimension, SearchSpace
from components.searching.trials import TrialRow

DIGITS = 4
"""That a number keeps on its way: more than a screen tells apart."""


def parallel_of(ranked: Sequence[TrialRow], space: SearchSpace, monitor: str) -> Json:
    """`axes` and, best first, `trials` = [[name, score, values]], a value for each axis but the score's.

    A value is a number, a choice's place, or None where a trial did not have the dimension. A score that is far worse than
    others stands at the end of its axis.
    """
    scores = [float(row.value or 0.0) for row in ranked]
    axes = [axis_of(one) for one in space.dimensions]
    seen = scores[: len(scores) - outliers(scores)]
    ends = {"least": min(seen, default=0.0), "most": max(seen, default=1.0)}
    return {
        "axes": [*axes, {"name": monitor, "choices": [], "log": False, "whole": False, **ends}],
        "trials": [
            [row.name, shorten(score), [value_at(one, row.values.get(one.name)) for one in space.dimensions]]
            for row, score in zip(ranked, scores, strict=True)
        ],
    }


FAR = 3.0
"""Of the middle half's width: what is further out would press all else together (J. W. Tukey, 1977)."""


def outliers(ranked: Sequence[float]) -> int:
    """How many of the scores, best first, are far worse than the middle half."""
    if len(ranked) < 4:
        return 0
    better, worse = ranked[len(ranked) // 4], ranked[3 * len(ranked) // 4]
    width = abs(worse - better)
    return sum(abs(score - worse) > FAR * width for score in ranked[3 * len(ranked) // 4 :]) if width else 0


def axis_of(one: Dimension) -> Json:
    """A dimension's name, its choices as texts or else its ends, and what sort of numbers lie between them."""
    choices = [str(choice) for choice in one.choices]
    return {field: getattr(one, field) for field in ("name", "log", "whole", "least", "most")} | {"choices": choices}


def value_at(one: Dimension, value: Any) -> float | None:
    """Where a value stands on the axis of its dimension."""
    if value is None and None not in one.choices:
        return None
    return one.choices.index(value) if one.choices else shorten(float(value))


def shorten(value: float) -> float:
    """A number with as many digits as are drawn."""
    return float(f"{value:.{DIGITS}g}")
