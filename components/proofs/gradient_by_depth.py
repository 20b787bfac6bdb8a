"""The size of the loss's gradient at each layer, before the first step."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from components.experiment import Experiment
from components.graph import Json
from components.proofs.exhibit import exhibit, lines
from components.proofs.fitting import prepared, read_all, rows_of


def prove_json(experiments: list[Json], options: Json) -> Json:
    """Of the plain experiment and the residual one: the gradient of every kernel, from the input to the output."""
    read = read_all(experiments)
    sizes = {experiment.name: gradients(experiment) for experiment in read}
    ratios = [float(found[0] / found[-1]) for found in sizes.values()]
    return exhibit(
        ratios[0] < 1e-3 < ratios[1],
        "The first layer's gradient is {plain:.0e} of the last one's in the plain stack, "
        "and {residual:.2f} of it with shortcuts.",
        {"plain": ratios[0], "residual": ratios[1]},
        charts=[lines("Gradient by depth", "layer, from the input", "size of the gradient", sizes, log=True)],
    )


def gradients(experiment: Experiment) -> list[float]:
    """The norm of the gradient of every kernel on the first 256 rows."""
    model, splits = prepared(experiment)
    x, y = (rows_of(part, 256) for part in splits["train"])
    kernels = [weight for weight in model.trainable_weights if weight.path.endswith("/kernel")]
    with tf.GradientTape() as tape:
        loss = model.compute_loss(x, y, model(x, training=True))
    found = tape.gradient(loss, [kernel.value for kernel in kernels])
    return [float(np.linalg.norm(gradient)) for gradient in found]
