"""What the store keeps, as plain types: runs, records, controls and drafts, and what it refuses."""

from __future__ import annotations

from dataclasses import dataclass, field

from components.graph import Json

ACTIVE = ("queued", "starting", "running", "paused")
ENDED = ("finished", "stopped", "failed", "lost")
COMMANDS = ("pause", "resume", "step", "epoch", "stop", "learning_rate", "loss_weights", "rewind", "restart")


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
