"""Shares: what makes up the total loss after an epoch, by output, with the penalties on the weights; pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

PENALTIES = ""
"""Among the parts, what the penalties on weights add: no output has an empty name."""

ALONE = "loss"
"""The part of a model's only output, whose loss is not logged by its name."""


def finite(value: Any) -> float | None:
    """A finite number as one; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None


def losses_of(logs: Mapping[str, Any]) -> dict[str, float]:
    """Each output's own loss in an epoch; 0 where it is no number."""
    names = [name for name in logs if name.endswith("_loss") and not name.startswith("val_")]
    return {name.removesuffix("_loss"): abs(finite(logs[name]) or 0.0) for name in names}


def parts_of(logs: Mapping[str, Any], weights: Mapping[str, Any], penalty: Any = None) -> dict[str, float]:
    """What each output's loss, times its weight (1 where there is none), and the penalties add to the total."""
    factors = {name: finite(weights.get(name)) for name in losses_of(logs)}
    parts = {
        name: loss * (1.0 if factors[name] is None else abs(factors[name] or 0.0))
        for name, loss in losses_of(logs).items()
    }
    added = finite(penalty)
    if added is None:
        return parts
    alone = {} if parts else {ALONE: max(0.0, (finite(logs.get("loss")) or 0.0) - added)}
    return {**parts, **alone, PENALTIES: added}


def shares_of(parts: Mapping[str, float]) -> dict[str, float]:
    """Each part's share of their sum."""
    total = sum(parts.values())
    return {name: part / total if 0 < total < math.inf else 0.0 for name, part in parts.items()}
