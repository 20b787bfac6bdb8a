"""How a layer is made and called, as the catalogue of layers says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from components.codegen.errors import CodeError
from components.codegen.layout import Call, Expression, Keyword, call, listing, literal, string
from components.graph import Graph, Layer
from components.layers import LayerError, LayerKind, Parameter, find_layer

WRITTEN_AS_TUPLES = {"integers", "numbers", "shape"}


def kind_of(layer: Layer) -> LayerKind:
    """The layer's entry in the catalogue; CodeError when there is none."""
    try:
        return find_layer(layer.kind)
    except LayerError as error:
        raise CodeError(str(error)) from error


def constructor(layer: Layer, name: Expression) -> Call:
    """`layers.Dense(32, activation="relu", name="hidden")`; the name is source, as `"hidden"` with its quotes."""
    made = nameless(layer)
    return Call(made.function, (*made.arguments, Keyword("name", name)))


def nameless(layer: Layer) -> Call:
    """`layers.Dense(32, activation="relu")`: leading required parameters by place, the rest by name."""
    kind = kind_of(layer)
    given = arguments_of(layer, kind)
    places: list[Expression] = []
    for parameter in kind.parameters:
        if not parameter.required or parameter.name not in given:
            break
        places.append(given.pop(parameter.name))
    named = [Keyword(key, value) for key, value in given.items()]
    return Call(f"layers.{kind.name}", (*places, *named))


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
    if parameter.type == "layer":
        return inner_layer(parameter, value)
    if parameter.objects and isinstance(value, Mapping):
        return object_call(parameter, value)
    return literal(value, tuples=parameter.type in WRITTEN_AS_TUPLES)


def inner_layer(parameter: Parameter, value: Any) -> Call:
    """The layer that a wrapper holds: `layers.LSTM(64)`."""
    if not isinstance(value, Mapping) or value.get("kind") not in parameter.choices:
        raise CodeError(f"{parameter.name} is one of {', '.join(parameter.choices)}; choose one of them.")
    return nameless(Layer(value["kind"], value.get("config") or {}))


def object_call(parameter: Parameter, value: Mapping[str, Any]) -> Call:
    """A regulariser, initialiser or constraint with its arguments: `keras.regularizers.L2(l2=0.001)`."""
    assert parameter.objects is not None
    title, config = str(value.get("class_name")), value.get("config") or {}
    known = {fact.name for fact in parameter.objects.get(title, ())}
    if title not in parameter.objects or not known.issuperset(config):
        raise CodeError(f"{parameter.name} is one of {', '.join(parameter.objects)}; choose one of them.")
    module = parameter.name.rpartition("_")[2] + "s"
    return call(f"keras.{module}.{title}", **{key: literal(item, tuples=True) for key, item in config.items()})


STATES: Mapping[str, int] = {"SimpleRNN": 1, "GRU": 1, "LSTM": 2, "ConvLSTM1D": 2, "ConvLSTM2D": 2, "ConvLSTM3D": 2}
"""How many states a recurrent layer returns behind its output when `return_state` is on."""


def layer_call(callee: Expression, layer: Layer | Graph, inputs: Sequence[Expression]) -> Call:
    """The call of a layer on its inputs, handed over as its `call` takes them."""
    if isinstance(layer, Graph):
        return call(callee, listing(inputs)) if len(layer.inputs) > 1 else call(callee, *inputs)
    handover = kind_of(layer).handover
    if handover == "state" and len(inputs) > 1:
        return call(callee, inputs[0], initial_state=listing(inputs[1:]))
    return call(callee, listing(inputs)) if handover == "list" else call(callee, *inputs)


def output_count(layer: Layer | Graph) -> int:
    """How many tensors a call of the layer returns."""
    if isinstance(layer, Graph):
        return len(layer.outputs)
    inner = layer.config.get("layer")
    if layer.kind == "Bidirectional" and isinstance(inner, Mapping):
        readings = 1 if layer.config.get("merge_mode", "concat") else 2
        config = inner.get("config") or {}
        return readings + (2 * STATES.get(str(inner.get("kind")), 0) if config.get("return_state") else 0)
    return 1 + STATES.get(layer.kind, 0) if layer.config.get("return_state") else 1
