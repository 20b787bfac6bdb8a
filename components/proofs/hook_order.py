"""The hooks of a callback: in which order a fit calls them, and which of them is told `val_loss`."""

from __future__ import annotations

from collections import Counter
from typing import Any

import keras

from components.graph import Json
from components.hooks import HOOKS
from components.proofs.exhibit import exhibit
from components.proofs.fitting import fit, read_all


class Listener(keras.callbacks.Callback):
    """Notes each hook that is called, and the names that it was told."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[str, set[str]]] = []
        for hook in HOOKS:
            setattr(self, hook, self._noting(hook))

    def _noting(self, hook: str) -> Any:
        def note(*arguments: Any, logs: Any = None) -> None:
            told = logs if logs is not None else arguments[-1] if arguments else None
            self.calls.append((hook, set(told) if isinstance(told, dict) else set()))

        return note


def prove_json(experiments: list[Json], options: Json) -> Json:
    """Fit two epochs with a callback that only listens."""
    listener = Listener()
    fit(read_all(experiments)[0], epochs=2, callbacks=[listener])
    hooks = [hook for hook, _ in listener.calls]
    counts = Counter(hooks)
    first = {hook: hooks.index(hook) + 1 for hook in HOOKS if hook in counts}
    knowing = {hook for hook, told in listener.calls if "val_loss" in told}
    return exhibit(
        knowing <= {"on_epoch_end", "on_train_end"} and "on_epoch_end" in knowing and list(first) == sorted(first, key=first.__getitem__),
        "In two epochs {calls} hooks were called, on_train_batch_end {batches} times, and the first to be told val_loss was {first}.",
        {"calls": len(hooks), "batches": counts["on_train_batch_end"],
         "first": next((hook for hook, told in listener.calls if "val_loss" in told), "none")},
        columns=("hook", "first called as number", "calls", "told val_loss"),
        rows=[(hook, at, counts[hook], "✓" if hook in knowing else "–") for hook, at in first.items()],
    )  # fmt: skip
