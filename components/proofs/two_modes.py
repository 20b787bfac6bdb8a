"""A network with normalisation asked the same rows twice: as it is trained, by each batch, and as it is used afterwards."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from components.graph import Json
from components.proofs.exhibit import exhibit, lines
from components.proofs.fitting import fit, prepared, read_all, rows_of
from components.training.feeding import Split

ROWS = 64
"""Of the validation data that both are asked about."""


class BothModes(keras.callbacks.Callback):
    """Notes, at the beginning and after each epoch, the loss in training mode and in inference mode."""

    def __init__(self, split: Split, batch_size: int) -> None:
        super().__init__()
        self.split, self.batch_size = split, batch_size
        self.found: list[tuple[float, float]] = []

    def on_train_begin(self, logs: Any = None) -> None:
        """Before the first step: the moving statistics say nothing yet."""
        self.found.append(both_losses(self.model, self.split, self.batch_size))

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """With the moving statistics as they are now."""
        self.found.append(both_losses(self.model, self.split, self.batch_size))


def prove_json(experiments: list[Json], options: Json) -> Json:
    """Fit the option `epochs` and ask before and after each; the claim: far apart before the first step, near at the end."""
    experiment = read_all(experiments)[0]
    splits = prepared(experiment)[1]
    listener = BothModes(splits["validation"], experiment.training.batch_size)
    epochs = int(options.get("epochs", 5))
    fit(experiment, epochs=epochs, splits=splits, callbacks=[listener])
    training, inference = ([pair[mode] for pair in listener.found] for mode in (0, 1))
    apart = [abs(a - b) for a, b in listener.found]
    return exhibit(
        apart[0] == max(apart) and apart[-1] < 0.1 * apart[0],
        "On the same {rows} pictures the two losses are {first:.3f} apart before the first step, and {last:.3f} apart after "
        "{epochs} epochs.",
        {"rows": ROWS, "first": apart[0], "last": apart[-1], "epochs": epochs},
        charts=[lines("Loss of the same pictures", "epoch", "loss", {"training=True": training, "training=False": inference},
                      at=range(epochs + 1))],
        columns=("after epoch", "training=True", "training=False"),
        rows=[(epoch, *(f"{loss:.3f}" for loss in pair)) for epoch, pair in enumerate(listener.found)],
    )  # fmt: skip


def both_losses(model: keras.Model, split: Split, batch_size: int) -> tuple[float, float]:
    """The mean loss of the first rows in batches: with `training=True`, and with `training=False`.

    The moving statistics, which the former would change, are put back.
    """
    x, y = (rows_of(part, ROWS) for part in split)
    kept = [variable.numpy() for variable in model.non_trainable_variables]
    found = []
    for training in (True, False):
        losses = []
        for start in range(0, ROWS, batch_size):
            part = slice(start, start + batch_size)
            losses.append(float(model.compute_loss(x[part], y[part], model(x[part], training=training))))
        found.append(float(np.mean(losses)))
    for variable, value in zip(model.non_trainable_variables, kept, strict=True):
        variable.assign(value)
    return found[0], found[1]
