"""EarlyStopping ends a fit when its `patience` is over: that many epochs after the best."""

from __future__ import annotations

import keras

from components.graph import Json
from components.proofs.exhibit import exhibit, lines
from components.proofs.fitting import fit, read_all

PATIENCES = (1, 3, 8)


def prove_json(experiments: list[Json], options: Json) -> Json:
    """Fit with several patiences (at most the option `epochs`): where each had its best, and where it stopped."""
    experiment, most = read_all(experiments)[0], int(options.get("epochs", 150))
    curves = {}
    for patience in PATIENCES:
        stopper = keras.callbacks.EarlyStopping(patience=patience)
        curves[patience] = fit(experiment, epochs=most, callbacks=[stopper]).history["val_loss"]
    rows = [(patience, curve.index(min(curve)) + 1, len(curve), min(curve)) for patience, curve in curves.items()]
    return exhibit(
        all(stopped < most and stopped == best + patience for patience, best, stopped, _ in rows),
        "With a patience of {patience} the best epoch was {best} and it stopped after {stopped}; with a patience of {first} "
        "it stopped after {early}.",
        {"patience": rows[-1][0], "best": rows[-1][1], "stopped": rows[-1][2], "first": rows[0][0], "early": rows[0][2]},
        charts=[lines("Validation loss", "epoch", "loss", {f"patience {n}": curve for n, curve in curves.items()},
                      marks={len(curve): f"stops, {n}" for n, curve in curves.items()})],
        columns=("patience", "best epoch", "stopped after epoch", "lowest validation loss"),
        rows=[(*row, f"{loss:.4f}") for *row, loss in rows],
    )  # fmt: skip
