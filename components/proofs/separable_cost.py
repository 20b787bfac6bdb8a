"""SeparableConv2D against Conv2D for the same shapes: parameters, multiply-adds and measured time."""

from __future__ import annotations

import time

import keras
import numpy as np
import tensorflow as tf

from components.graph import Json
from components.proofs.exhibit import bars, exhibit

SHAPES = ((32, 32, 64), (32, 64, 128), (16, 128, 256))
"""Side of the image, channels that enter, filters."""

BATCH = 16

LEAST, MOST = 7, 9
"""“About eight”: below the nine places of a window, of which no layer can save more."""


def prove_json(experiments: list[Json], options: Json) -> Json:
    """Both layers, 3×3 and 'same', at several shapes; times are the least of five calls on 16 images."""
    rows: list[tuple[str, str, int, int, str]] = []
    seconds: dict[str, list[float]] = {"Conv2D": [], "SeparableConv2D": []}
    lighter: list[float] = []
    for side, channels, filters in SHAPES:
        x = tf.constant(np.random.default_rng(0).normal(size=(BATCH, side, side, channels)).astype("float32"))
        for kind, times in seconds.items():
            layer = getattr(keras.layers, kind)(filters, 3, padding="same")
            times.append(1000 * least_seconds(layer, x))
            work = side * side * sum(int(np.prod(w.shape)) for w in layer.weights if len(w.shape) > 1)
            shape = f"{side} × {side} × {channels} → {filters}"
            rows.append((shape, kind, int(layer.count_params()), work, f"{times[-1]:.2f}"))
        (*_, whole, products, _), (*_, parts, fewer, _) = rows[-2:]
        lighter += [whole / parts, products / fewer]
    faster = [a / b for a, b in zip(*seconds.values(), strict=True)]
    return exhibit(
        min(lighter) > LEAST and max(lighter) < MOST,
        "The separable layer has {lighter:.1f} to {lightest:.1f} times fewer parameters and multiply-adds; on this "
        "machine it took between {slow:.1f} and {fast:.1f} times less time.",
        {"lighter": min(lighter), "lightest": max(lighter), "slow": min(faster), "fast": max(faster)},
        charts=[bars("Measured time", "", "ms", [f"{s}² · {c} → {f}" for s, c, f in SHAPES], seconds)],
        columns=("shapes", "layer", "parameters", "multiply-adds per image", "ms"),
        rows=rows,
    )


def least_seconds(layer: keras.Layer, x: tf.Tensor) -> float:
    """The least of five compiled calls."""
    layer.build(x.shape)
    call = tf.function(layer)
    call(x)
    found = []
    for _ in range(5):
        began = time.perf_counter()
        call(x).numpy()
        found.append(time.perf_counter() - began)
    return min(found)
