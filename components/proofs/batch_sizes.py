"""Normalisation against renormalisation at several batch sizes."""

from __future__ import annotations

from components.graph import Json
from components.proofs.exhibit import bars, exhibit
from components.proofs.fitting import fit, read_all

SIZES = (2, 4, 32)


def prove_json(experiments: list[Json], options: Json) -> Json:
    """The best validation loss of both after the same number of epochs, at batch sizes 2, 4 and 32."""
    read = read_all(experiments)
    epochs = int(options.get("epochs", 3))
    found = {e.name: [fit(e, epochs=epochs, batch_size=size).best for size in SIZES] for e in read}
    plain, renormalised = found.values()
    return exhibit(
        renormalised[0] < plain[0],
        "At batch size 2 the validation loss is {plain:.3f} with normalisation and {renormalised:.3f} with "
        "renormalisation.",
        {"plain": plain[0], "renormalised": renormalised[0]},
        charts=[bars("Best validation loss", "batch size", "loss", SIZES, found)],
    )
