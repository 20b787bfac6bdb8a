"""The feed: what the curves are told, from a run and its records; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from components.graph import Json
from components.store import Record, Run

KINDS = ("steps", "epoch", "mark")
"""The kinds of record that curves are drawn from."""

MOST_POINTS = 2_000
"""How many points of the training curve a page that has none is sent."""


def feed(run: Run | None, records: Sequence[Record], after: int) -> dict[str, Any]:
    """The run as it is, and its records with a number above `after`, long histories thinned."""
    if run is None:
        return {"run": None, "state": None, "records": [], "from": 0, "until": 0}
    chosen = [record for record in records if record.kind in KINDS]
    epochs = int(run.experiment["training"]["epochs"])
    return {
        "run": run.id,
        "state": run.state,
        "message": run.message,
        "epoch": run.epoch,
        "epochs": epochs,
        "steps_per_epoch": run.steps_per_epoch,
        "steps_per_second": round(run.steps_per_second, 1),
        "seconds_left": seconds_left(run, epochs),
        "from": after,
        "until": max((record.seq for record in records), default=after),
        "records": [record_to_json(record) for record in thin(chosen)],
    }


def seconds_left(run: Run, epochs: int) -> float | None:
    """How long the rest of the run takes at its present speed; None when that is not known."""
    if run.state != "running" or run.steps_per_second <= 0:
        return None
    return max(0.0, (epochs * run.steps_per_epoch - run.step) / run.steps_per_second)


def record_to_json(record: Record) -> Json:
    """A record as the element reads it, its numbers with five digits."""
    values = {name: shorten(value) for name, value in record.values.items()}
    return {"seq": record.seq, "kind": record.kind, "epoch": record.epoch, "step": record.step, "values": values}


def shorten(value: Any) -> Any:
    """Five significant digits are more than a screen shows; what is no finite number becomes null."""
    if isinstance(value, list):
        return [shorten(item) for item in value]
    if isinstance(value, float):
        return float(f"{value:.5g}") if abs(value) < float("inf") else None
    return value


def thin(records: Sequence[Record]) -> list[Record]:
    """Records whose steps, all together, are not more than a screen can show; epochs and marks are kept whole.

    Of each bucket of steps the least and the greatest loss stay, so that no spike disappears.
    """
    total = sum(len(record.values["step"]) for record in records if record.kind == "steps")
    size = -(-2 * total // MOST_POINTS)
    if size <= 2:
        return list(records)
    return [
        Record(r.kind, r.epoch, r.step, thin_steps(r.values, size), r.seq) if r.kind == "steps" else r for r in records
    ]


def thin_steps(values: Mapping[str, list[Any]], size: int) -> dict[str, list[Any]]:
    """Of every `size` steps the two with the least and the greatest loss."""
    loss = values["loss"]
    kept: list[int] = []
    for start in range(0, len(loss), size):
        bucket = range(start, min(start + size, len(loss)))
        known = [i for i in bucket if loss[i] is not None and loss[i] == loss[i]]
        least_and_greatest = {min(known, key=loss.__getitem__), max(known, key=loss.__getitem__)} if known else {start}
        kept += sorted(least_and_greatest)
    return {name: [column[i] for i in kept] for name, column in values.items()}
