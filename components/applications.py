"""Applications: the networks that Keras ships, by name, as graphs; without weights, so nothing is fetched."""

from __future__ import annotations

import inspect

import keras

from components.graph import Json, graph_to_json
from components.keras_config import read_config


def application_names_json() -> Json:
    """The names of all networks in `keras.applications`."""
    offered = vars(keras.applications).items()
    return sorted(
        name for name, held in offered if inspect.isfunction(held) and "weights" in inspect.signature(held).parameters
    )


def application_json(name: str) -> Json:
    """One of them as a graph's JSON, at its usual size. Raises KerasConfigError for what the catalogue does not know."""
    if name not in application_names_json():
        raise ValueError(
            f"Keras ships no network called “{name[:60]}”; choose one of {', '.join(application_names_json())}."
        )
    with keras.StatelessScope(initialize_variables=False):
        model = getattr(keras.applications, name)(weights=None)
    return graph_to_json(read_config(keras.saving.serialize_keras_object(model)))
