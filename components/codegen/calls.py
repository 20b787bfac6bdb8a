"""How a layer is made and called, as the catalogue of layers says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from components.codegen.errors import CodeError
from components.codegen.layout import Call, Expression, Keyword, call, listing, literal, string
from components.graph import Graph, Layer
from components.layers import LayerError, LayerKind, Parameter, find_layer

WRITTEN_AS_TUPLES = {"integers", "shape"}


def kind_of(layer: Layer) -> LayerKind:
    """The layer's entry in the catalogue; CodeError when there is none."""
    try:
        return find_layer(layer.kind)
    except LayerError as error:
        raise CodeError(str(error)) from error


def constructor(layer: Layer, name: str) -> Call:
    """`layers.Dense(32, activation="relu", name="hidden")`: leading required parameters by place, the rest by name."""
    kind = kind_of(layer)
    given = arguments_of(layer, kind)
    places: list[Expression] = []
    for parameter in kind.parameters:
        if not parameter.required or parameter.name not in given:
            break
        places.append(given.pop(parameter.name))
    named = [Keyword(key, value) for key, value in given.items()]
    return Call(f"layers.{kind.name}", (*places, *named, Keyword("name", string(name))))


def input_call(layer: Layer, name: str) -> Call:
    """`keras.Input(shape=(64,), name="features")`."""
    return call("keras.Input", **arguments_of(layer, kind_of(layer)), name=string(name))


def arguments_of(layer: Layer, kind: LayerKind) -> dict[str, Expression]:
    """The config as arguments, in the catalogue's order; CodeError when the layer takes no such argument."""
    config = {key: value for key, value in layer.config.items() if key != "name"}
    known = {parameter.name: parameter for parameter in kind.parameters}
    unknown = next((key for key in config if key not in known), None)
    if unknown is not None:
        raise CodeError(f"{kind.name} has no parameter “{str(unknown)[:40]}”; remove it.")
    return {key: argument(parameter, config[key]) for key, parameter in known.items() if key in config}


def argument(parameter: Parameter, value: Any) -> Expression:
    """One value as Python."""
    return literal(value, tuples=parameter.type in WRITTEN_AS_TUPLES)


SEPARATE_INPUTS = {"MultiHeadAttention", "GroupQueryAttention"}
"""Layers that take several tensors as arguments of their own rather than as a list."""

STATES = {"SimpleRNN": 1, "GRU": 1, "LSTM": 2, "ConvLSTM1D": 2, "ConvLSTM2D": 2, "ConvLSTM3D": 2}
"""How many states a recurrent layer returns behind its output when `return_state` is on, and takes as a start."""


def layer_call(callee: Expression, layer: Layer | Graph, inputs: Sequence[Expression]) -> Call:
    """The call of a layer on its inputs: a layer that merges gets them as a list, the others an argument each."""
    if isinstance(layer, Layer) and layer.kind in STATES and len(inputs) > 1:
        states = listing(inputs[1:]) if len(inputs) > 2 else inputs[1]
        return call(callee, inputs[0], initial_state=states)
    return call(callee, listing(inputs)) if takes_list(layer) else call(callee, *inputs)


def takes_list(layer: Layer | Graph) -> bool:
    """Whether the inputs are given as one list."""
    if isinstance(layer, Graph):
        return len(layer.inputs) > 1
    most = kind_of(layer).arity[1]
    return (most is None or most > 1) and layer.kind not in SEPARATE_INPUTS


def output_count(layer: Layer | Graph) -> int:
    """How many tensors a call of the layer returns."""
    if isinstance(layer, Graph):
        return len(layer.outputs)
    return 1 + STATES.get(layer.kind, 0) if layer.config.get("return_state") else 1
