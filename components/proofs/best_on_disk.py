"""What ModelCheckpoint leaves on disk with `save_best_only`: the weights of the best epoch, and not of the last."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import keras

from components.graph import Json
from components.proofs.exhibit import exhibit, lines
from components.proofs.fitting import fit, read_all


def prove_json(experiments: list[Json], options: Json) -> Json:
    """Fit at the option `rate`, load the file, and evaluate what it holds on the validation data."""
    experiment = read_all(experiments)[0]
    rate = float(options.get("rate", experiment.training.learning_rate))
    experiment = replace(experiment, training=replace(experiment.training, learning_rate=rate))
    with tempfile.TemporaryDirectory() as folder:
        file = str(Path(folder) / "best.weights.h5")
        saver = keras.callbacks.ModelCheckpoint(file, save_best_only=True, save_weights_only=True)
        fitted = fit(experiment, epochs=int(options.get("epochs", 40)), callbacks=[saver])
        losses = fitted.history["val_loss"]
        fitted.model.load_weights(file)
    x, y = fitted.splits["validation"]
    held = float(fitted.model.evaluate(x, y, verbose=0, return_dict=True)["loss"])
    best = losses.index(min(losses)) + 1
    return exhibit(
        best < len(losses) and abs(held - min(losses)) < 1e-4 < abs(held - losses[-1]),
        "The file on disk has a validation loss of {held:.4f}. The best epoch, {best}, had {least:.4f}, and the last, "
        "{last}, had {end:.4f}.",
        {"held": held, "best": best, "least": min(losses), "last": len(losses), "end": losses[-1]},
        charts=[lines("Validation loss", "epoch", "loss", {"validation": losses}, marks={best: "best"})],
    )
