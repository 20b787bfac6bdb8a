"""A 1×1 convolution is one Dense layer, applied to every tile by itself."""

from __future__ import annotations

import keras
import numpy as np

from components.building import build_model
from components.graph import Json
from components.proofs.exhibit import exhibit
from components.proofs.fitting import read_all, rows_of
from components.training.running import load_splits


def prove_json(experiments: list[Json], options: Json) -> Json:
    """Give the weights of the option `node` to a Dense layer, and compare the two tile by tile."""
    experiment = read_all(experiments)[0]
    model = build_model(experiment.graph, seed=experiment.seed)
    convolution = model.get_layer(str(options["node"]))
    # Of stride 2 it sees every second tile only: those that the Dense layer is given too.
    step = convolution.strides[0]
    before = keras.Model(model.inputs, convolution.input)(rows_of(load_splits(experiment)["validation"][0], 32))
    tiles = np.asarray(before)[:, ::step, ::step, :]
    dense = keras.layers.Dense(convolution.filters, activation=convolution.activation)
    dense.build(tiles.shape)
    kernel, bias = convolution.get_weights()
    dense.set_weights([kernel[0, 0], bias])
    apart = float(np.max(np.abs(np.asarray(convolution(before)) - np.asarray(dense(tiles)))))
    count = int(np.prod(tiles.shape[:3]))
    return exhibit(
        convolution.kernel_size == (1, 1) and apart < 1e-5,
        "{node} ({inside} → {outside} channels) and a Dense layer with its {parameters} weights agree on {count} tiles: "
        "they differ by at most {apart:.2g}.",
        {
            "node": convolution.name,
            "inside": tiles.shape[-1],
            "outside": convolution.filters,
            "parameters": convolution.count_params(),
            "count": count,
            "apart": apart,
        },
        columns=("layer", "shape of its kernel", "parameters"),
        rows=[
            ("Conv2D 1×1", str(tuple(kernel.shape)), convolution.count_params()),
            ("Dense", str(tuple(dense.kernel.shape)), dense.count_params()),
        ],
    )
