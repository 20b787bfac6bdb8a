"""History: what undo and redo step through; pure, and generic in what it keeps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

State = TypeVar("State")

MOST_STEPS = 1_000
"""How many steps can be undone."""


@dataclass(frozen=True)
class History(Generic[State]):
    """The present state, the states before it (oldest first) and those undone (next first)."""

    present: State
    past: tuple[State, ...] = ()
    future: tuple[State, ...] = ()

    def then(self, state: State) -> History[State]:
        """One step further; what was undone is forgotten. The same state again is no step."""
        if state == self.present:
            return self
        return History(state, (*self.past, self.present)[-MOST_STEPS:])

    def amended(self, state: State) -> History[State]:
        """The present replaced, without a step to undo."""
        return History(state, self.past, self.future)

    def undone(self) -> History[State]:
        """One step back, where there is one."""
        if not self.past:
            return self
        return History(self.past[-1], self.past[:-1], (self.present, *self.future))

    def redone(self) -> History[State]:
        """One undone step again, where there is one."""
        if not self.future:
            return self
        return History(self.future[0], (*self.past, self.present), self.future[1:])
