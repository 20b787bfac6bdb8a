"""ReduceLROnPlateau multiplies the learning rate by its factor, again and again."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import keras

from components.graph import Json
from components.proofs.exhibit import exhibit, lines
from components.proofs.fitting import fit, read_all


def prove_json(experiments: list[Json], options: Json) -> Json:
    """Fit from the option `rate` with the options `factor` and `patience`; the rate that each epoch had."""
    experiment, rate = read_all(experiments)[0], float(options.get("rate", 0.01))
    factor, patience = float(options.get("factor", 0.1)), int(options.get("patience", 3))
    experiment = replace(experiment, training=replace(experiment.training, learning_rate=rate))
    reducer = keras.callbacks.ReduceLROnPlateau(factor=factor, patience=patience)
    history = fit(experiment, epochs=int(options.get("epochs", 60)), callbacks=[reducer]).history
    rates = history["learning_rate"]
    steps = [(at, before, after) for at, (before, after) in enumerate(pairwise(rates), 2) if before != after]
    drops = {at: f"× {factor:g}" for at, *_ in steps}
    return exhibit(
        len(steps) >= 2 and all(abs(after / before - factor) < 1e-3 * factor for _, before, after in steps),
        "The learning rate began at {rate:g} and was changed {count} times, the last time to {end:.2g}.",
        {"rate": rates[0], "count": len(steps), "end": rates[-1]},
        charts=[lines("Learning rate", "epoch", "learning rate", {"learning rate": rates}, log=True, marks=drops),
                lines("Validation loss", "epoch", "loss", {"validation": history["val_loss"]}, marks=drops)],
        columns=("from epoch", "before", "after", "factor"),
        rows=[(at, f"{before:.2g}", f"{after:.2g}", f"{after / before:.3g}") for at, before, after in steps],
    )  # fmt: skip
