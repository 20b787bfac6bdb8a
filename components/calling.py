"""Calling: how one Keras layer is made from the catalogue and called on its inputs, with weights or without."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import keras

from components.graph import Graph, Layer, split_reference
from components.layers import find_layer

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


def make_layer(layer: Layer, **named: str) -> keras.layers.Layer:
    """The Keras layer, `name=…` given to it; LayerError when its kind is not in the catalogue."""
    return getattr(keras.layers, find_layer(layer.kind).name)(**named, **arguments_of(layer))


def make_input(name: str, layer: Layer) -> Any:
    """The symbolic tensor that enters a model."""
    return keras.Input(name=name, **arguments_of(layer))


def arguments_of(layer: Layer) -> dict[str, Any]:
    """The layer's arguments as Keras takes them."""
    return {key: as_argument(value) for key, value in layer.config.items()}


def as_argument(value: Any) -> Any:
    """Lists as tuples, a wrapped layer made, an object spelled out by its class and arguments and nothing else."""
    if isinstance(value, (list, tuple)):
        return tuple(as_argument(item) for item in value)
    if isinstance(value, Mapping) and "kind" in value:
        return make_layer(Layer(value["kind"], value.get("config", {})))
    if isinstance(value, Mapping):
        return {"class_name": value.get("class_name"), "config": dict(value.get("config", {}))}
    return value


def call_layer(callee: Callable[..., Any], layer: Layer | Graph, inputs: Sequence[Any]) -> list[Any]:
    """One call and its outputs; several inputs are handed over in the layer's own way."""
    handover = handover_of(layer)
    if handover == "list":
        outputs = callee(list(inputs))
    elif handover == "state" and len(inputs) > 1:
        state = list(inputs[1:])
        outputs = callee(inputs[0], initial_state=state[0] if len(state) == 1 else state)
    else:
        outputs = callee(*inputs)
    return list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]


def handover_of(layer: Layer | Graph) -> str:
    """One of `components.layers.HANDOVERS`; a model takes several inputs as a list."""
    if isinstance(layer, Graph):
        return "list" if len(layer.inputs) > 1 else "single"
    return find_layer(layer.kind).handover


def tensor_at(outputs: Mapping[str, Sequence[Any]], reference: str) -> Any:
    """The tensor that a reference points at."""
    node, index = split_reference(reference)
    return outputs[node][index]
