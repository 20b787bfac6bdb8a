"""Applications: the networks that Keras ships, by name, as graphs; without weights, so nothing is fetched."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import keras

from components.graph import Json, graph_to_json
from components.keras_config import read_config


def application_names_json() -> Json:
    """The names of all networks in `keras.applications`."""
    offered = vars(keras.applications).items()
    return sorted(
        name for name, held in offered if inspect.isfunction(held) and "weights" in inspect.signature(held).parameters
    )


OPTIONS = (
    *("include_top", "input_shape", "classes", "pooling", "alpha", "depth_multiplier", "dropout", "minimalistic"),
    *("include_preprocessing", "classifier_activation"),
)
"""Arguments that decide a network's layers."""


def application_json(name: str, options: Mapping[str, Any] | None = None) -> Json:
    """One of them as a graph's JSON, at its usual size or as those of its arguments say that are among OPTIONS.

    Raises KerasConfigError for what the catalogue does not know, ValueError for what Keras does not take.
    """
    if name not in application_names_json():
        raise ValueError(
            f"Keras ships no network called “{name[:60]}”; choose one of {', '.join(application_names_json())}."
        )
    make = getattr(keras.applications, name)
    known = inspect.signature(make).parameters
    given = {key: value for key, value in (options or {}).items() if key in OPTIONS and key in known}
    if given.get("input_shape") is not None:
        given["input_shape"] = tuple(given["input_shape"])
    try:
        with keras.StatelessScope(initialize_variables=False):
            model = make(**{**given, "weights": None})
    except (TypeError, ValueError) as error:
        said = " ".join(str(error).split())[:200].rstrip(".")
        raise ValueError(f"Keras makes no {name} of {given}: {said}; change these arguments.") from error
    return graph_to_json(read_config(keras.saving.serialize_keras_object(model)))
