"""What callbacks did at the end of an epoch, and which of them: another learning rate, the end, a model saved."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras

Act = tuple[str, str, dict[str, Any]]
"""A mark for the curve: its kind, its text, and more of it."""


class Witness(keras.callbacks.Callback):
    """Stands behind a callback and sees what has changed since the one before it was called."""

    def __init__(self, callback: keras.callbacks.Callback, see: Callable[[keras.callbacks.Callback], None]) -> None:
        super().__init__()
        self.callback, self.see = callback, see

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """The callback was just called."""
        self.see(self.callback)


class Acts:
    """Gathers what callbacks do. `read_rate` gives the learning rate, None where it follows a schedule."""

    def __init__(
        self,
        model: keras.Model,
        callbacks: Sequence[keras.callbacks.Callback],
        read_rate: Callable[[], float | None],
    ) -> None:
        self.model, self.callbacks, self.read_rate = model, callbacks, read_rate
        self.best: dict[int, Any] = {}
        self.seen: list[Act] = []
        self.rate: float | None = None
        self.epoch, self.ended = 0, False

    def witnessed(self) -> Iterator[keras.callbacks.Callback]:
        """The callbacks, a witness behind each."""
        for callback in self.callbacks:
            yield from (callback, Witness(callback, self.see))

    def begin(self, epoch: int, rate: float | None) -> None:
        """The hooks of the end of an epoch are about to be called; `epoch` are done with it."""
        self.epoch, self.rate = epoch, rate
        self.best = {id(callback): getattr(callback, "best", None) for callback in self.callbacks}
        if self.model.stop_training and not self.ended:
            self.end(None)  # within the epoch, where nobody sees which

    def take(self) -> list[Act]:
        """What was done since this was called last."""
        seen, self.seen = self.seen, []
        return seen

    def see(self, callback: keras.callbacks.Callback) -> None:
        """Note what this callback has done."""
        by = type(callback).__name__
        rate = self.read_rate()
        if rate is not None and self.rate is not None and rate != self.rate:
            text = f"{by} took the learning rate from {self.rate:.3g} to {rate:.3g}."
            self.seen.append(("learning_rate", text, {"value": rate, "by": by}))
            self.rate = rate
        if self.has_saved(callback):
            self.seen.append(("saved", f"{by} saved the model after epoch {self.epoch}.", {"by": by}))
        if self.model.stop_training and not self.ended:
            self.end(by)

    def end(self, by: str | None) -> None:
        """Whoever this is has ended the training; None where that is not known."""
        self.ended = True
        text = f"{by or 'A callback'} ended the training after epoch {self.epoch}."
        self.seen.append(("stopped", text, {"by": by} if by else {}))

    def has_saved(self, callback: keras.callbacks.Callback) -> bool:
        """Whether a ModelCheckpoint has written its file just now."""
        if not isinstance(callback, keras.callbacks.ModelCheckpoint) or callback.save_freq != "epoch":
            return False
        return not callback.save_best_only or callback.best != self.best[id(callback)]

    def restored(self, epoch: int) -> Iterator[Act]:
        """What came back when the fit ended after so many epochs: the weights of a better one."""
        for callback in self.callbacks:
            if isinstance(callback, keras.callbacks.EarlyStopping) and callback.restore_best_weights:
                best, by = callback.best_epoch + 1, type(callback).__name__
                if callback.best_weights is not None and best != epoch:
                    yield "restored", f"{by} brought back the weights of epoch {best}.", {"value": best, "by": by}
