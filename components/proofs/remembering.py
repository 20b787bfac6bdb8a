"""Training loss that goes on falling while the validation loss rises: the training data is being remembered."""

from __future__ import annotations

from components.graph import Json
from components.proofs.exhibit import exhibit, lines
from components.proofs.fitting import fit, read_all


def prove_json(experiments: list[Json], options: Json) -> Json:
    """Fit the option `epochs` and compare both losses at the best epoch and at the end."""
    history = fit(read_all(experiments)[0], epochs=int(options.get("epochs", 40))).history
    train, validation = history["loss"], history["val_loss"]
    best = validation.index(min(validation))
    return exhibit(
        len(train) - best > 6 and train[-1] < train[best] and validation[-1] > validation[best],
        "From epoch {best} to {last} the training loss went from {before:.3f} to {after:.3f} and the validation loss from "
        "{least:.3f} to {end:.3f}.",
        {"best": best + 1, "last": len(train), "before": train[best], "after": train[-1], "least": validation[best], "end": validation[-1]},
        charts=[lines("Loss", "epoch", "loss", {"training": train, "validation": validation}, marks={best + 1: "best"})],
    )  # fmt: skip
