"""The feed: what the curves are told, from a run and its records; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from components.graph import Json
from components.runs import Record, Run
from dashboard.curves.thinning import MOST_POINTS, thin_history, thin_record
from dashboard.texts import say

__all__ = ["KINDS", "MOST_POINTS", "feed", "ghost_of", "seconds_left"]

KINDS = ("steps", "epoch", "mark")
"""The kinds of record that curves are drawn from."""

GHOST_POINTS = 400
"""How many points of another run are drawn behind the one looked at."""


def feed(run: Run | None, records: Sequence[Record], after: int) -> dict[str, Any]:
    """The run as it is, and its records with a number above `after`, thinned.

    A history too long to be sent is marked `"whole"`: it takes the place of all that the page has of the run.
    """
    if run is None:
        return {"run": None, "state": None, "records": [], "from": 0, "until": 0}
    epochs = int(run.experiment["training"]["epochs"])
    drawn = [record for record in records if record.kind in KINDS]
    chosen, whole = thin_history(drawn) if after == 0 else (drawn, False)
    return {
        "run": run.id,
        "state": run.state,
        "message": say(run.message),
        "epoch": run.epoch,
        "epochs": epochs,
        "step": run.step,
        "steps_per_epoch": run.steps_per_epoch,
        "steps_per_second": round(run.steps_per_second, 1),
        "seconds_left": seconds_left(run, epochs),
        "from": after,
        "until": max((record.seq for record in records), default=after),
        "whole": whole,
        "records": [record_to_json(record if whole else thin_record(record)) for record in chosen],
    }


def seconds_left(run: Run, epochs: int) -> float | None:
    """How long the rest of the run takes at its present speed; None when that is not known."""
    if run.state != "running" or run.steps_per_second <= 0 or run.steps_per_epoch <= 0:
        return None
    return max(0.0, (epochs * run.steps_per_epoch - run.step) / run.steps_per_second)


def ghost_of(run: Run, records: Sequence[Record], name: str = "") -> Json:
    """Another run, to be drawn behind the one looked at."""
    chosen, _ = thin_history([record for record in records if record.kind in ("steps", "epoch")], GHOST_POINTS)
    return {
        "run": run.id,
        "name": name or run.name,
        "steps_per_epoch": run.steps_per_epoch,
        "records": [record_to_json(record) for record in chosen],
    }


def evenly(history: Sequence[Any], most: int) -> list[Any]:
    """At most so many entries, evenly chosen, first and last among them."""
    if len(history) <= most:
        return list(history)
    return [history[round(place * (len(history) - 1) / (most - 1))] for place in range(most)]


def record_to_json(record: Record) -> Json:
    """A record as the element reads it."""
    values = {name: shorten(value) for name, value in record.values.items()}
    return {"seq": record.seq, "kind": record.kind, "epoch": record.epoch, "step": record.step, "values": values}


def shorten(value: Any) -> Any:
    """Five significant digits are more than a screen shows; what is no finite number becomes null."""
    if isinstance(value, (list, tuple)):
        return [shorten(item) for item in value]
    if isinstance(value, Mapping):
        return {name: shorten(item) for name, item in value.items()}
    if isinstance(value, float):
        return float(f"{value:.5g}") if abs(value) < float("inf") else None
    return value
