"""A chain written as Sequential and as functional code: the same weights, the same answers."""

from __future__ import annotations

import keras
import numpy as np

from components.building import build_model
from components.graph import Json
from components.proofs.exhibit import exhibit
from components.proofs.fitting import read_all, rows_of
from components.training.running import load_splits


def prove_json(experiments: list[Json], options: Json) -> Json:
    """Build both from one seed and compare what they say."""
    experiment = read_all(experiments)[0]
    functional = build_model(experiment.graph, seed=experiment.seed)
    keras.utils.set_random_seed(experiment.seed)
    chain = [layer.__class__.from_config(layer.get_config()) for layer in functional.layers]
    sequential = keras.Sequential(chain)
    sequential.build(functional.input_shape)
    sequential.set_weights(functional.get_weights())
    x = rows_of(load_splits(experiment)["validation"][0], 100)
    apart = float(np.max(np.abs(np.asarray(functional(x)) - np.asarray(sequential(x)))))
    counts = functional.count_params(), sequential.count_params()
    return exhibit(
        apart == 0 and counts[0] == counts[1],
        "Both have {parameters} parameters, and on 100 rows their answers differ by at most {apart:.2g}.",
        {"parameters": counts[0], "apart": apart},
        columns=("written as", "parameters"),
        rows=[("functional", counts[0]), ("Sequential", counts[1])],
    )
