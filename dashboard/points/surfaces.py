"""The film of the decision surface: a page for each record of it, the newest as soon as it is there."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Sequence
from functools import partial
from operator import lt
from typing import TYPE_CHECKING

import numpy as np

from components.graph import Json
from components.runs import Record
from components.training.surfaces import values_of
from dashboard.curves.feed import evenly
from dashboard.films import LOOK, Film

if TYPE_CHECKING:
    from components.store import SharedRun

MOST = 60
"""Epochs that are told; while the run goes on up to twice as many."""


class SurfaceFilm(Film):
    """What one output of a run says over the plane; `bounded` where it says probabilities."""

    def __init__(self, run: str, head: int, bounded: bool) -> None:
        super().__init__(run)
        self.head, self.bounded = head, bounded
        self._epochs: list[int] = []
        self._after = 0
        self._active, self._looked_at = True, -LOOK

    def work(self, shown: SharedRun) -> None:
        if not self._active and time.monotonic() - self._looked_at < LOOK:
            return
        self._active, self._looked_at = shown.run().active, time.monotonic()
        records = shown.records(self._after, ("surface", "mark"))
        if not records:
            return
        self._after = records[-1].seq
        self.take(records)

    def take(self, records: Sequence[Record]) -> None:
        """Tell of new records; what a rewind took back is gone."""
        newest: dict[int, Record] = {}
        for record in records:
            if record.kind == "surface":
                newest[record.epoch] = record
            elif record.values.get("mark") == "rewound":
                newest = {epoch: kept for epoch, kept in newest.items() if epoch <= record.epoch}
                self._forget(partial(lt, record.epoch))
                self.tell("until", {"until": record.epoch})
        for epoch in evenly(list(newest), MOST):
            self.tell(("page", epoch), {"page": page_of(newest[epoch], self.head, self.bounded)})
            self._epochs = [*(each for each in self._epochs if each < epoch), epoch]
        if len(self._epochs) > 2 * MOST:
            kept = set(evenly(self._epochs, MOST))
            self._forget(lambda epoch: epoch not in kept)

    def _forget(self, gone: Callable[[int], bool]) -> None:
        """Say of the epochs of which that is true to nobody who comes from now on."""
        for epoch in filter(gone, self._epochs):
            self.forget(("page", epoch))
        self._epochs = [epoch for epoch in self._epochs if not gone(epoch)]


def page_of(record: Record, head: int, bounded: bool) -> Json:
    """A surface as the element draws it: a byte for each point, and for several classes the leading one before that.

    `range` is what 0 and 255 stand for; a page of several `classes` has first which leads, then how sure the model is.
    """
    surface = record.values
    values = np.nan_to_num(values_of(surface, head))
    units = values.shape[1]
    shown = values.max(axis=1) if units > 2 else values[:, -1]
    low, high = (0.0, 1.0) if bounded else (float(shown.min()), float(shown.max()))
    steps = np.clip((shown - low) / ((high - low) or 1.0) * 255, 0, 255).round().astype(np.uint8)
    planes = [values.argmax(axis=1).astype(np.uint8), steps] if units > 2 else [steps]
    corners = {name: surface[name] for name in ("low", "high", "size")}
    packed = base64.b64encode(b"".join(plane.tobytes() for plane in planes)).decode()
    return {
        "epoch": record.epoch,
        **corners,
        "classes": units if units > 2 else 2,
        "range": [low, high],
        "values": packed,
    }
