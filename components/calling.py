"""Calling: how one Keras layer is made from the catalogue and called on its inputs, with weights or without."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import keras

from components.graph import Graph, Layer, split_reference
from components.layers import find_layer

SEPARATE_ARGUMENTS = {"MultiHeadAttention", "GroupQueryAttention"}
"""Layers of several inputs that take them as arguments of their own, not as a list."""

Result = TypeVar("Result")


def without_weights(function: Callable[[], Result]) -> Result:
    """What the function returns; the layers that it makes know the shapes of their weights but hold no values.

    Keras remembers such weights, thread by thread, and gives them values the next time it calls a layer
    that it has to trace. A thread of its own takes that memory with it when it ends.
    """
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(call_stateless, function).result()


def call_stateless(function: Callable[[], Result]) -> Result:
    """The function called where Keras makes no values."""
    with keras.StatelessScope(initialize_variables=False):
        return function()


def make_layer(name: str, layer: Layer) -> keras.layers.Layer:
    """The Keras layer under its name; LayerError when its kind is not in the catalogue."""
    return getattr(keras.layers, find_layer(layer.kind).name)(name=name, **arguments_of(layer))


def make_input(name: str, layer: Layer) -> Any:
    """The symbolic tensor that enters a model."""
    return keras.Input(name=name, **arguments_of(layer))


def arguments_of(layer: Layer) -> dict[str, Any]:
    """The layer's arguments as Keras takes them: lists as tuples."""
    return {key: as_tuple(value) for key, value in layer.config.items()}


def as_tuple(value: Any) -> Any:
    """Lists, and lists in them, as tuples."""
    return tuple(as_tuple(item) for item in value) if isinstance(value, (list, tuple)) else value


def call_layer(callee: Callable[..., Any], layer: Layer | Graph, inputs: Sequence[Any]) -> list[Any]:
    """One call and its outputs; a layer that merges gets its inputs as a list, the others an argument each."""
    outputs = callee(list(inputs)) if takes_list(layer) else callee(*inputs)
    return list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]


def takes_list(layer: Layer | Graph) -> bool:
    """Whether the inputs are given as one list."""
    if isinstance(layer, Graph):
        return len(layer.inputs) > 1
    most = find_layer(layer.kind).arity[1]
    return (most is None or most > 1) and layer.kind not in SEPARATE_ARGUMENTS


def tensor_at(outputs: Mapping[str, Sequence[Any]], reference: str) -> Any:
    """The tensor that a reference points at."""
    node, index = split_reference(reference)
    return outputs[node][index]
