"""What callbacks remember from epoch to epoch, kept with a fit's states: whoever goes back, or on, finds it as it was."""

from __future__ import annotations

import inspect
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol, runtime_checkable

import keras
import numpy as np

from components.graph import Json
from components.training.witnessing import Act


@runtime_checkable
class GoesBack(Protocol):
    """A callback that has more to take back than its numbers; a person's own may be one."""

    def go_back(self, epoch: int) -> None:
        """The fit goes on from the state after so many epochs; what was done beyond counts no more."""


class Past(Protocol):
    """What is kept of the epochs that stand, for a callback whose file holds a model."""

    epoch: int
    """So many are done."""

    def values_of(self, name: str) -> Mapping[int, float]:
        """A logged value by epochs done, where it is a finite number."""

    def holds(self, epoch: int) -> bool:
        """Whether the state after so many epochs is kept."""

    def weights_after(self, epoch: int) -> list[np.ndarray] | None:
        """The model's weights then; None where the state is not kept."""

    def standing_at(self, epoch: int) -> AbstractContextManager[None]:
        """Inside, the model stands where it stood after so many epochs, whose state is kept."""


@runtime_checkable
class BringsBack(Protocol):
    """A callback whose file holds a model."""

    saved_epoch: int | None
    """The epoch of that model, counted from 1."""

    def bring_back(self, past: Past) -> tuple[int, str] | None:
        """Have the file hold what it held; the epoch that is in it, 0 for none, and what was done, if anything was."""


class Memory:
    """What these callbacks remember."""

    def __init__(self, callbacks: Sequence[keras.callbacks.Callback] = ()) -> None:
        self.callbacks = callbacks
        self._arguments = [arguments_of(callback) for callback in callbacks]

    def tell(self) -> list[Json]:
        """What each counts and compares: its public numbers, None where there is none yet, without its arguments.

        `of` is its name, by which it finds them again.
        """
        pairs = zip(self.callbacks, self._arguments, strict=True)
        return [{"of": name_of(callback), **numbers_of(callback, arguments)} for callback, arguments in pairs]

    def recall(self, told: Sequence[Mapping[str, Any]], past: Past) -> list[Act]:
        """Let each remember what it, or its like in another run, told then; what they do to their files, as marks."""
        waiting = list(told)
        for callback in self.callbacks:
            numbers = take_numbers(waiting, name_of(callback))
            held = vars(callback)
            held |= {name: value for name, value in numbers.items() if value is not None or is_number(held.get(name))}
            if isinstance(callback, keras.callbacks.EarlyStopping) and callback.restore_best_weights:
                callback.best_weights = None if callback.best is None else past.weights_after(callback.best_epoch + 1)
        for callback in self.callbacks:
            if isinstance(callback, GoesBack):
                callback.go_back(past.epoch)
        return [act for callback in self.callbacks for act in acts_of(callback, past)]

    def leaned_on(self) -> set[int]:
        """The epochs, counted from 1, to whose states a callback may come back."""
        stoppers = [
            c for c in self.callbacks if isinstance(c, keras.callbacks.EarlyStopping) and c.restore_best_weights
        ]
        savers = [callback.saved_epoch for callback in self.callbacks if isinstance(callback, BringsBack)]
        best = {stopper.best_epoch + 1 for stopper in stoppers if stopper.best is not None}
        return best | {epoch for epoch in savers if epoch is not None}


def name_of(callback: keras.callbacks.Callback) -> str:
    """Its kind and what it watches: a callback of another run by the same name compares the same."""
    watched = (getattr(callback, name, None) for name in ("monitor", "mode"))
    return " ".join([type(callback).__name__, *(part for part in watched if isinstance(part, str))])


def take_numbers(waiting: list[Mapping[str, Any]], name: str) -> Mapping[str, Any]:
    """The numbers of the first of that name, which is taken off the list; none where nobody bears it."""
    found = next((told for told in waiting if told.get("of", name) == name), None)
    if found is None:
        return {}
    waiting.remove(found)
    return {key: value for key, value in found.items() if key != "of"}


def acts_of(callback: keras.callbacks.Callback, past: Past) -> Iterator[Act]:
    """What a callback does to its file where the fit goes on from there."""
    done = callback.bring_back(past) if isinstance(callback, BringsBack) else None
    if done is not None:
        epoch, text = done
        by = type(callback).__name__
        yield ("saved", text, {"by": by, "epoch": epoch}) if epoch else ("unsaved", text, {"by": by})


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
