"""What the store keeps, as plain types: runs, records, controls and drafts, and what it refuses."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from components.graph import Json

ACTIVE = ("queued", "starting", "running", "paused")
ENDED = ("finished", "stopped", "failed", "lost")
COMMANDS = (
    "pause", "resume", "step", "epoch", "stop", "learning_rate", "loss_weights", "regularisation", "rewind", "restart",
)  # fmt: skip


QUANTITIES = ("weights", "activations", "gradients")
"""What a record of histograms counts, each by layer."""


class StoreError(Exception):
    """The store could not do what it was asked; its text is one sentence with the reason and the remedy."""


class NoSuchRun(StoreError):
    """There is no such run, or it is another visitor's: which of the two is not told."""

    def __init__(self) -> None:
        super().__init__("There is no such run; it may have been deleted.")


@dataclass(frozen=True)
class Run:
    """One training of one experiment. Times are seconds since 1970; `epoch` and `step` are those done so far."""

    id: str
    workspace: str
    name: str
    experiment: Json
    state: str
    message: str
    created: float
    started: float | None
    ended: float | None
    epoch: int
    step: int
    steps_per_epoch: int
    steps_per_second: float
    pinned: bool
    parent: str | None
    forked_at: int | None

    @property
    def title(self) -> str:
        """What it is called: its own name, or its experiment's."""
        return self.name or str(self.experiment["name"])

    @property
    def active(self) -> bool:
        """Whether it still waits or trains."""
        return self.state in ACTIVE


@dataclass(frozen=True)
class Record:
    """Something that happened in a run; `seq` grows strictly within it and is given by the store."""

    kind: str
    epoch: int
    step: int
    values: Json = field(default_factory=dict)
    seq: int = 0


@dataclass(frozen=True)
class Control:
    """What a person asked of a run, in the order in which it was asked."""

    command: str
    value: Json
    seq: int


class StaleDraft(StoreError):
    """The draft was saved elsewhere since it was read; `current` is what is stored now."""

    def __init__(self, current: Draft | None) -> None:
        super().__init__("This draft was changed in another tab; open that version or save under another name.")
        self.current = current


@dataclass(frozen=True)
class Draft:
    """An experiment that a visitor is working on; `revision` grows by one with each saving."""

    name: str
    content: Json
    revision: int
    saved: float


BEST = "weights/best.npz"
"""The name of the state with the lowest validation loss among a run's files."""

KEPT = re.compile(r"weights/epoch-(\d+)\.npz")


def kept_epoch(files: Iterable[str], epoch: int) -> int | None:
    """The last epoch no later than `epoch` whose state is among a run's files; None when there is none."""
    kept = [int(found[1]) for name in files if (found := KEPT.fullmatch(name))]
    return max((e for e in kept if e <= epoch), default=None)


def logs_by_epoch(records: Sequence[Record]) -> dict[int, Json]:
    """Epochs done → logs: what was rewound is left out, what was trained again stands as it is now."""
    logs: dict[int, Json] = {}
    for record in records:
        if record.kind == "epoch":
            logs[record.epoch] = record.values
        elif record.kind == "mark" and record.values.get("mark") == "rewound":
            logs = {epoch: values for epoch, values in logs.items() if epoch <= record.epoch}
    return logs


def best_epoch(logs: Mapping[int, Json]) -> tuple[int, float] | None:
    """The epoch of the lowest validation loss and that loss; None where nothing was validated."""
    losses = [(values["val_loss"], epoch) for epoch, values in logs.items() if is_number(values.get("val_loss"))]
    return min(losses)[::-1] if losses else None


def is_number(value: Any) -> bool:
    """Whether a figure can be compared: there, and finite."""
    return isinstance(value, (int, float)) and math.isfinite(value)
