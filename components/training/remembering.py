"""What callbacks remember from epoch to epoch, kept with a fit's states: whoever goes back, or on, finds it as it was."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import takewhile
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import keras
import numpy as np

from components.graph import Json

WeightsAfter = Callable[[int], list[np.ndarray] | None]
"""The model's weights after so many epochs; None where they are not kept."""


@runtime_checkable
class GoesBack(Protocol):
    """A callback that has more to take back than its numbers; a person's own may be one."""

    def go_back(self, epoch: int) -> None:
        """The fit goes on from the state after so many epochs; what was done beyond counts no more."""


class CSVLogger(keras.callbacks.CSVLogger):
    """Keras's, whose file holds the epochs that stand: it goes on where a run goes on, and ends where one goes back to."""

    def __init__(self, filename: str, separator: str = ",", append: bool = True) -> None:
        """`append` is for other fits: a run's file is its own, and never overwritten."""
        super().__init__(filename, separator, append=True)

    def go_back(self, epoch: int) -> None:
        """Cut the file behind so many epochs."""
        file, separator = Path(self.filename), self.sep.encode()
        if file.exists():
            with file.open("r+b") as lines:
                kept = takewhile(lambda line: number_of(line.partition(separator)[0]) < epoch, lines)
                size = sum(len(line) for line in kept)
                lines.truncate(size)
            self.append_header = not size


def number_of(field: bytes) -> int:
    """The epoch that a line begins with; -1 for the heading."""
    return int(field) if field.isdigit() else -1


class Memory:
    """What these callbacks remember."""

    def __init__(self, callbacks: Sequence[keras.callbacks.Callback] = ()) -> None:
        self.callbacks = callbacks
        self._arguments = [arguments_of(callback) for callback in callbacks]

    def tell(self) -> list[Json]:
        """What each counts and compares: its public numbers, None where there is none yet, without its arguments."""
        return [numbers_of(*pair) for pair in zip(self.callbacks, self._arguments, strict=True)]

    def recall(self, told: Sequence[Mapping[str, Any]], epoch: int, weights_after: WeightsAfter) -> None:
        """Let each remember what was told after that epoch; one that remembers weights finds those again."""
        for callback, numbers in zip(self.callbacks, told, strict=False):
            held = vars(callback)
            held |= {name: value for name, value in numbers.items() if value is not None or is_number(held.get(name))}
            if isinstance(callback, keras.callbacks.EarlyStopping) and callback.restore_best_weights:
                callback.best_weights = None if callback.best is None else weights_after(callback.best_epoch + 1)
        for callback in self.callbacks:
            if isinstance(callback, GoesBack):
                callback.go_back(epoch)


def arguments_of(callback: keras.callbacks.Callback) -> set[str]:
    """The names of what a callback is made with."""
    makers = [vars(kind).get("__init__") for kind in type(callback).__mro__]
    return {name for maker in makers if inspect.isfunction(maker) for name in inspect.signature(maker).parameters}


def numbers_of(callback: keras.callbacks.Callback, arguments: Collection[str]) -> dict[str, float | None]:
    """The public attributes of a callback that are numbers, or None, beside its arguments."""
    return {
        name: value.item() if isinstance(value, np.generic) else value
        for name, value in vars(callback).items()
        if not name.startswith("_") and name not in arguments and (value is None or is_number(value))
    }


def is_number(value: Any) -> bool:
    """Whether JSON knows it as a number."""
    return isinstance(value, (bool, int, float, np.number, np.bool_))
