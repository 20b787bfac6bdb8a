"""Two experiments trained alike: the second reaches a loss that is lower by more than chance."""

from __future__ import annotations

from components.graph import Json
from components.proofs.exhibit import exhibit, lines
from components.proofs.fitting import fit, mean_over, read_all

MUCH = 0.5
"""Of the first one's lowest loss the second reaches less than this share."""


def prove_json(experiments: list[Json], options: Json) -> Json:
    """Mean validation loss over some seeds (option `seeds`), epoch by epoch (option `epochs`)."""
    read = read_all(experiments)
    epochs, seeds = int(options.get("epochs", 10)), range(int(options.get("seeds", 2)))
    curves = {e.name: mean_over([fit(e, epochs=epochs, seed=s) for s in seeds], "val_loss") for e in read}
    (first, before), (second, after) = ((name, min(curve)) for name, curve in curves.items())
    return exhibit(
        after < MUCH * before,
        "Lowest validation loss within {epochs} epochs: {before:.3f} for “{first}”, {after:.3f} for “{second}”.",
        {"epochs": epochs, "before": before, "after": after, "first": first, "second": second},
        charts=[lines("Validation loss", "epoch", "loss", curves)],
    )
