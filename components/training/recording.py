"""What a fit tells of itself: rows of steps gathered into records, and the logs of Keras as plain numbers."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np

from components.graph import Json

Recorder = Callable[[str, int, int, Json], None]
"""Takes a record as (kind, epoch, step, values)."""

EVERY = 0.025
"""Seconds between two records of steps: less than a chunk takes, so that each chunk is told of."""

MOST_POINTS = 64
"""Points that one record of steps keeps."""


class StepLog:
    """Gathers the steps of a fit and records them, thinned, some thirty times a second."""

    def __init__(self, record: Recorder) -> None:
        self._record = record
        self._columns: Sequence[str] = ()
        self._tables: list[np.ndarray] = []
        self._steps: list[np.ndarray] = []
        self._flushed = 0.0

    def add(self, columns: Sequence[str], first: int, table: np.ndarray) -> None:
        """Take in one row for each step from `first`, counted from 1 over the whole fit."""
        self._columns = columns
        self._tables.append(table)
        self._steps.append(np.arange(first, first + len(table)))

    def flush(self, epoch: int, now: bool = False) -> None:
        """Record what was gathered if it is time, or anyway."""
        if not self._steps or not (now or time.perf_counter() - self._flushed >= EVERY):
            return
        steps, table = np.concatenate(self._steps), np.concatenate(self._tables)
        chosen = thin(len(steps))
        values = {"step": steps[chosen].tolist()}
        values |= {name: column.tolist() for name, column in zip(self._columns, table[chosen].T, strict=True)}
        self._record("steps", epoch, int(steps[-1]), values)
        self._tables, self._steps, self._flushed = [], [], time.perf_counter()

    def forget(self) -> None:
        """Drop what was gathered: the fit went back."""
        self._tables, self._steps = [], []


def thin(count: int) -> np.ndarray:
    """At most MOST_POINTS of `count` places, evenly spread, with the last one."""
    if count <= MOST_POINTS:
        return np.arange(count)
    return np.linspace(0, count - 1, MOST_POINTS).round().astype(int)


def own_losses(columns: Sequence[str], table: np.ndarray, first: int, before: np.ndarray | None) -> np.ndarray:
    """The table with each output's running mean of the loss turned into the batch's own.

    `first` is the epoch's step in row 0, counted from 0; `before` the running row before it.
    """
    owned = table.copy()
    counts = np.arange(first, first + len(table) + 1)
    for place, name in enumerate(columns):
        if name.endswith("_loss"):
            running = np.concatenate([[0.0 if before is None else before[place]], table[:, place]], dtype=np.float64)
            owned[:, place] = np.diff(running * counts)
    return owned


def plain_logs(logs: Mapping[str, Any]) -> dict[str, Any]:
    """Logs as Python's numbers; what is no single number as nested lists."""
    return {name: plain_number(value) for name, value in logs.items()}


def plain_number(value: Any) -> Any:
    """A tensor or array as a number or nested lists."""
    return value if isinstance(value, float) else np.asarray(value).tolist()


def learning_rate_of(model: keras.Model) -> float | None:
    """The learning rate of the next step; None without an optimizer."""
    if model.optimizer is None:
        return None
    return float(keras.ops.convert_to_numpy(model.optimizer.learning_rate))


def forget_epochs(history: keras.callbacks.History, epoch: int) -> None:
    """Drop the epochs from `epoch` on."""
    kept = sum(1 for e in history.epoch if e < epoch)
    del history.epoch[kept:]
    for values in history.history.values():
        del values[kept:]
