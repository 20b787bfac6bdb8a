"""How fast the moving mean of a BatchNormalization layer leaves its start, for two momentums."""

from __future__ import annotations

import keras
import numpy as np

from components.graph import Json
from components.proofs.exhibit import exhibit, lines

MOMENTUMS = (0.9, 0.99)
TRUE, BATCH = 5.0, 64


def prove_json(experiments: list[Json], options: Json) -> Json:
    """Feed the option `batches` batches of known mean to real layers in training; what is left of the way after each."""
    count = int(options.get("batches", 300))
    batches = np.random.default_rng(0).normal(TRUE, 1.0, (count, BATCH, 1)).astype("float32")
    left = {f"momentum {momentum}": ways_left(momentum, batches) for momentum in MOMENTUMS}
    slow, quick = left[f"momentum {MOMENTUMS[1]}"], left[f"momentum {MOMENTUMS[0]}"]
    wanted = [MOMENTUMS[1] ** n for n in range(1, count + 1)]
    off = float(np.max(np.abs(np.subtract(slow, wanted))))
    return exhibit(
        off < 0.02 and slow[min(9, count - 1)] > 0.8 and quick[min(99, count - 1)] < 0.05,
        "With a momentum of 0.99 there is {ten:.0%} of the way left after 10 batches and {end:.0%} after {count}; with 0.9 "
        "there is {quick:.0%} after 10. 0.99 to the power of n is met to {off:.3f}.",
        {"ten": slow[min(9, count - 1)], "end": slow[-1], "count": count, "quick": quick[min(9, count - 1)], "off": off},
        charts=[lines("What is left of the way to the true mean", "batches", "share", left)],
    )  # fmt: skip


def ways_left(momentum: float, batches: np.ndarray) -> list[float]:
    """After each batch, the distance of the moving mean from the true one, as a share of that at the start."""
    layer = keras.layers.BatchNormalization(momentum=momentum)
    layer.build((None, 1))
    found = []
    for batch in batches:
        layer(batch, training=True)
        found.append(float(abs(TRUE - float(layer.moving_mean.numpy()[0])) / TRUE))
    return found
