"""The size of the loss's gradient at each layer, before the first step."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from components.experiment import Experiment
from components.graph import Json
from components.proofs.exhibit import exhibit, lines
from components.proofs.fitting import prepared, read_all, rows_of


def prove_json(experiments: list[Json], options: Json) -> Json:
    """Of the plain experiment and the residual one: every kernel's gradient; the options `first` and `last` are compared."""
    read = read_all(experiments)
    sizes = {experiment.name: gradients(experiment) for experiment in read}
    first, last = str(options["first"]), str(options["last"])
    plain, residual = (found[first] / found[last] for found in sizes.values())
    return exhibit(
        plain < 1e-9 and residual > 0.01,
        "The gradient of “{first}” is {plain:.0e} of that of “{last}” in the plain stack, and {residual:.2f} of it with "
        "shortcuts.",
        {"first": first, "last": last, "plain": plain, "residual": residual},
        charts=[
            lines(
                "Gradient by depth",
                "layer, from the input",
                "size of the gradient",
                {name: list(found.values()) for name, found in sizes.items()},
                log=True,
            )
        ],
    )


def gradients(experiment: Experiment) -> dict[str, float]:
    """By layer, the norm of the gradient of its kernel on the first 256 rows."""
    model, splits = prepared(experiment)
    x, y = (rows_of(part, 256) for part in splits["train"])
    kernels = [weight for weight in model.trainable_weights if weight.path.endswith("/kernel")]
    with tf.GradientTape() as tape:
        loss = model.compute_loss(x, y, model(x, training=True))
    found = tape.gradient(loss, [kernel.value for kernel in kernels])
    names = [kernel.path.partition("/")[0] for kernel in kernels]
    return {name: float(np.linalg.norm(gradient)) for name, gradient in zip(names, found, strict=True)}
