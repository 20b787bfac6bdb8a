"""What a person asks of a running fit: where it pauses, whether it ends, where it goes back to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras

Controls = Callable[[], Sequence[tuple[str, Any]]]
"""Gives the commands that came since it was called last, each with its value, in their order."""


class Steering:
    """The commands `pause`, `resume`, `step`, `epoch` and `stop` as the step up to which a fit may go.

    Other commands are handed to `obey(command, value)`, which carries them out.
    """

    def __init__(self, controls: Controls | None, steps_per_epoch: int, obey: Callable[[str, Any], None]) -> None:
        self._controls, self._steps_per_epoch, self._obey = controls, steps_per_epoch, obey
        self.limit: int | None = None
        self.ends = False

    def look(self, done: int) -> None:
        """Read and carry out what came, after `done` steps."""
        for command, value in self._controls() if self._controls is not None else ():
            self._take(command, value, done)

    def _take(self, command: str, value: Any, done: int) -> None:
        if command == "pause":
            self.limit = done
        elif command == "resume":
            self.limit = None
        elif command == "step":
            self.limit = done + 1
        elif command == "epoch":
            self.limit = (done // self._steps_per_epoch + 1) * self._steps_per_epoch
        elif command == "stop":
            self.ends = True
        else:
            self._obey(command, value)

    def is_paused(self, done: int) -> bool:
        """Whether the fit waits after `done` steps."""
        return self.limit is not None and done >= self.limit and not self.ends

    def allowed(self, done: int, wanted: int) -> int:
        """How many of the wanted steps may follow after `done`."""
        return wanted if self.limit is None else min(wanted, self.limit - done)

    def went_back(self, done: int) -> None:
        """The fit stands at an earlier step now; where it was paused, it waits there."""
        if self.limit is not None:
            self.limit = done


def steered_of(
    loss_weights: Mapping[str, keras.Variable], regularisation: keras.Variable | None
) -> list[keras.Variable]:
    """The variables that a person may turn, which are kept with the states of a fit: a way back brings them back."""
    return [*loss_weights.values(), *([] if regularisation is None else [regularisation])]
