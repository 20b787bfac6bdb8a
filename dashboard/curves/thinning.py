"""Thinning: long histories of a run reduced to what a screen can show, without losing a spike; pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from components.runs import Record

MOST_POINTS = 2_000
"""Points that a page which has none is sent, steps and epochs together."""

MOST_EPOCHS = 600
"""Epochs among them."""

POINTS_OF_RECORD = 16
"""Points of one record of steps while a run is followed: there are some 25 records a second."""

Columns = Mapping[str, Sequence[Any]]
"""A record of steps: `"step"` and, by name, what was logged, all of one length."""


def telling_places(values: Sequence[Any], most: int) -> list[int]:
    """At most so many places of a sequence of numbers, in order, that draw the same line.

    Of equal parts the first, the last, the least and the greatest value are kept (M4: Jugel, Jerzak, Hackenbroich and
    Markl, “M4: A Visualization-Oriented Time Series Data Aggregation”, VLDB 2014).
    """
    if len(values) <= most:
        return list(range(len(values)))
    parts = max(1, most // 4)
    edges = [round(part * len(values) / parts) for part in range(parts + 1)]
    kept: set[int] = set()
    for start, end in pairwise(edges):
        known = [place for place in range(start, end) if is_finite(values[place])]
        kept |= {start, end - 1}
        kept |= {min(known, key=values.__getitem__), max(known, key=values.__getitem__)} if known else set()
    return sorted(kept)


def is_finite(value: Any) -> bool:
    """Whether it is a number that can be drawn."""
    return isinstance(value, (int, float)) and math.isfinite(value)


def thin_columns(columns: Columns, most: int) -> dict[str, list[Any]]:
    """At most so many rows of steps, chosen by the loss."""
    kept = telling_places(columns.get("loss") or columns["step"], most)
    return {name: [values[place] for place in kept] for name, values in columns.items()}


def thin_record(record: Record, most: int = POINTS_OF_RECORD) -> Record:
    """A record of steps with at most so many points; any other as it is. The same record always gives the same."""
    if record.kind != "steps" or len(record.values["step"]) <= most:
        return record
    return replace(record, values=thin_columns(record.values, most))


def thin_history(records: Sequence[Record], most: int = MOST_POINTS) -> tuple[list[Record], bool]:
    """The records with at most so many points in all, marks aside, and whether they had to be thinned.

    Thinned, the steps are joined in one record with the number of their last, and what a rewind undid is left out.
    """
    steps = [record for record in records if record.kind == "steps"]
    epochs = [record for record in records if record.kind == "epoch"]
    if sum(len(record.values["step"]) for record in steps) + len(epochs) <= most:
        return list(records), False
    kept = without_undone(records)
    chosen = thin_epochs([record for record in kept if record.kind == "epoch"], min(MOST_EPOCHS, most // 2))
    joined = join_steps([record for record in kept if record.kind == "steps"], most - len(chosen))
    others = [record for record in kept if record.kind not in ("steps", "epoch")]
    return sorted([*chosen, *joined, *others], key=lambda record: record.seq), True


def without_undone(records: Iterable[Record]) -> list[Record]:
    """The records without the epochs and steps that a later rewind took away."""
    kept: list[Record] = []
    for record in records:
        if record.kind == "mark" and record.values.get("mark") == "rewound":
            kept = [old for old in kept if old.kind == "mark" or old.step <= record.step]
        kept.append(record)
    return kept


def thin_epochs(epochs: list[Record], most: int) -> list[Record]:
    """At most so many epochs; the one with the least validation loss is always among them."""
    if len(epochs) <= most:
        return epochs
    watched = "val_loss" if is_finite(epochs[-1].values.get("val_loss")) else "loss"
    return [epochs[place] for place in telling_places([record.values.get(watched) for record in epochs], most)]


def join_steps(steps: Sequence[Record], most: int) -> list[Record]:
    """All steps as one record of at most so many points; none when there are none."""
    if not steps:
        return []
    names = list(dict.fromkeys(name for record in steps for name in record.values))
    columns: dict[str, list[Any]] = {name: [] for name in names}
    for record in steps:
        count = len(record.values["step"])
        for name in names:
            columns[name] += record.values.get(name) or [None] * count
    return [replace(steps[-1], values=thin_columns(columns, most))]
