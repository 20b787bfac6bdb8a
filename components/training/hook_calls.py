"""How often a fit has called each hook: counted as Keras calls them, and reckoned where nobody listens to single batches."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import keras

from components.hooks import HOOKS
from components.training.recording import Recorder

EVERY = 0.5
"""Seconds between two records."""


class HookCalls(keras.callbacks.Callback):
    """Counts the calls of every hook, from `before` on, and records them now and then.

    Where no other callback has hooks around batches, the fit runs many steps as one and calls none: it tells
    `pass_batches` how many there would have been, and `singly` in the record says that these are reckoned.
    """

    def __init__(self, record: Recorder, before: Mapping[str, int] | None = None) -> None:
        super().__init__()
        self.record, self.counts = record, dict.fromkeys(HOOKS, 0) | dict(before or {})
        self.last, self.epoch, self.told, self.singly = "", 0, 0.0, True

    def note(self, hook: str, times: int = 1) -> None:
        """The hook was called."""
        self.counts[hook] += times
        self.last = hook
        if time.perf_counter() - self.told >= EVERY:
            self.tell()

    def pass_batches(self, kind: str, batches: int) -> None:
        """So many batches of `kind`, train or test, went by as one."""
        self.singly = False
        self.counts[f"on_{kind}_batch_begin"] += batches
        self.note(f"on_{kind}_batch_end", batches)

    def tell(self) -> None:
        """Record the counts."""
        self.told = time.perf_counter()
        values = {"calls": dict(self.counts), "last": self.last, "singly": self.singly}
        self.record("hooks", self.epoch, self.counts["on_train_batch_end"], values)

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """As every hook, and the epochs done until here."""
        self.epoch = epoch
        self.note("on_epoch_begin")

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """As every hook, and the epochs done until here."""
        self.epoch = epoch + 1
        self.note("on_epoch_end")

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """As every hook; the last counts are always told."""
        self.note("on_train_end")
        self.tell()


def noting(hook: str) -> Any:
    """The method of a hook that is only counted."""

    def note(self: HookCalls, *arguments: Any, **named: Any) -> None:
        self.note(hook)

    return note


for name in set(HOOKS) - set(vars(HookCalls)):
    setattr(HookCalls, name, noting(name))
