"""Normalisation against renormalisation at several batch sizes, after as many steps."""

from __future__ import annotations

from components.graph import Json
from components.proofs.exhibit import bars, exhibit
from components.proofs.fitting import fit, read_all

SIZES = (2, 4, 32)


def prove_json(experiments: list[Json], options: Json) -> Json:
    """The best validation loss of both at batch sizes 2, 4 and 32.

    The option `epochs` is for size 2; larger batches go through the data more often, so that all take as many steps.
    """
    read = read_all(experiments)
    epochs = {size: int(options.get("epochs", 1)) * size // SIZES[0] for size in SIZES}
    found = {e.name: [fit(e, epochs=epochs[size], batch_size=size).best for size in SIZES] for e in read}
    gains = [plain - renormalised for plain, renormalised in zip(*found.values(), strict=True)]
    return exhibit(
        gains[0] == max(gains) and gains[0] > 0,
        "After as many steps renormalisation lowers the validation loss by {small:.3f} at batch size 2, by {middle:.3f} at 4 "
        "and by {large:.3f} at 32.",
        dict(zip(("small", "middle", "large"), gains, strict=True)),
        charts=[bars("Best validation loss", "batch size", "loss", SIZES, found)],
        columns=("batch size", "epochs", *found, "lower by"),
        rows=[(size, epochs[size], *(f"{loss:.3f}" for loss in losses), f"{gain:.3f}")
              for size, gain, *losses in zip(SIZES, gains, *found.values(), strict=True)],
    )  # fmt: skip
