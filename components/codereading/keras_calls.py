"""Calls of Keras's own classes and functions, and of the methods of models: what builds layers and models."""

from __future__ import annotations

import ast
import time
from collections.abc import Callable, Mapping
from typing import Any

from components.codereading.applying import flat_tensors
from components.codereading.errors import CodeReadingError, NotRead
from components.codereading.evaluating import MOST_SECONDS, Evaluator, source_of
from components.codereading.keras_names import activation_name, is_layer_class, is_network, layer_kind, merge_kind
from components.codereading.plain import is_plain
from components.codereading.shapes import shape_of
from components.codereading.values import (
    DoorObject,
    KerasName,
    KerasObject,
    LayerObject,
    Modelish,
    ModelObject,
    NetworkObject,
    SequentialObject,
    Tensor,
    Unknown,
    Value,
)
from components.graph import Graph
from components.layers import find_layer

MOST_NETWORKS = 8
"""Networks of `keras.applications` that one source may ask for."""

Networks = Callable[[str, Mapping[str, Any]], Graph]
"""Gives the graph of a network of `keras.applications` by name and arguments; CodeReadingError says why not."""

MADE = ("optimizers", "losses", "metrics", "callbacks", "regularizers", "initializers", "constraints", "activations")
"""Keras's modules whose classes are read as a name with arguments."""

WITHOUT_EFFECT = {
    "summary", "evaluate", "predict", "save", "save_weights", "to_json", "get_weights", "set_weights", "count_params",
    "get_config", "export", "predict_on_batch", "train_on_batch", "test_on_batch", "reset_states", "plot_model",
    "model_to_dot", "set_random_seed", "set_seed", "clear_session", "to_categorical", "enable_eager_execution",
    "set_image_data_format", "set_floatx", "disable_v2_behavior", "make_train_function", "set_global_policy",
}  # fmt: skip
"""Functions and methods that build nothing: passed over in silence."""

MERGE_MODES: Mapping[str, str] = {
    "concat": "Concatenate", "sum": "Add", "mul": "Multiply", "ave": "Average", "max": "Maximum", "dot": "Dot",
}  # fmt: skip
"""What `merge_mode=` and the first Keras's `merge(mode=…)` mean."""


class KerasCaller(Evaluator):
    """Works out calls of Keras."""

    def __init__(self, networks: Networks | None = None, seconds: float = MOST_SECONDS) -> None:
        super().__init__(seconds)
        self.networks = networks
        self.asked = 0
        """How many networks were asked for."""
        self.models: list[ModelObject | SequentialObject] = []

    def call_keras(self, name: KerasName, positional: list[Value], named: dict[str, Value], node: ast.Call) -> Value:
        """A class or function of Keras."""
        kind = layer_kind(name)
        if kind == "InputLayer":
            return DoorObject(*self.input_config(positional, named), self.line)
        if kind is not None:
            held = self.holds(kind, positional, named)
            return (self.make_layer if held else self.unwrapped)(kind, positional, named)
        if name.last in KERAS_CALLS and name.path[0] == "keras":
            return KERAS_CALLS[name.last](self, positional, named)
        if is_network(name):
            return self.make_network(name.last, positional, named)
        if merge := merge_kind(name):
            return self.call_merge(merge, positional, named)
        if (activation := activation_name(name)) and positional and isinstance(positional[0], Tensor):
            return self.apply(self.make_layer("Activation", [activation], _name(named)), positional[:1], {})
        if set(MADE) & set(name.path):
            return KerasObject(name, tuple(positional), named)
        if name.last in WITHOUT_EFFECT:
            return Unknown(source_of(node))
        if is_layer_class(name):
            return self.unread_layer(name)
        return self.unread(node, positional)

    def holds(self, kind: str, positional: list[Value], named: dict[str, Value]) -> bool:
        """Whether the layer is no wrapper, or one that takes the layer that it is given here."""
        parameter, layer = find_layer(kind).parameter("layer"), wrapped(positional, named)
        return parameter is None or (isinstance(layer, LayerObject) and layer.kind in parameter.choices)

    def unread_layer(self, name: KerasName) -> Value:
        """A layer that is not in the catalogue: it is left out, and what it takes in is passed on."""
        why = "runs code of its own" if name.last == "Lambda" else "is not in the catalogue"
        self.tell(f"The layer {name.last} {why}, so it was left out and what it takes in is passed on.")
        return NetworkObject(f"The layer {name.last}", self.line, silent=True)

    def make_network(self, network: str, positional: list[Value], named: Mapping[str, Value]) -> Value:
        """A network of `keras.applications`, followed layer by layer where its graph is given."""
        tensor = named.get("input_tensor")
        graph = self.ask_network(network, positional, named)
        if graph is None:
            return NetworkObject(network, self.line)
        if named.get("weights", "imagenet") is not None:
            self.tell(f"Weights are not fetched, so {network} begins untrained.")
        model = self.follow(graph, tensor if isinstance(tensor, Tensor) else None)
        name = named.get("name")
        model.name, model.usual_name = name if isinstance(name, str) else None, network.lower()
        self.models.append(model)
        return model

    def ask_network(self, network: str, positional: list[Value], named: Mapping[str, Value]) -> Graph | None:
        """The network's graph, from whoever knows it; None, told, when nobody does."""
        known = {
            key: list(value) if isinstance(value, tuple) else value for key, value in named.items() if is_plain(value)
        }
        tensor = named.get("input_tensor")
        if isinstance(tensor, Tensor) and isinstance(shape := shape_of(tensor), tuple):
            known.setdefault("input_shape", list(shape[1:]))
        if positional:
            self.tell(f"What {network} is given by place is left out; write it by name, as in include_top=False.")
        if self.networks is None:
            self.tell(f"{network} is a network of keras.applications; open it from the gallery by its name instead.")
            return None
        self.asked += 1
        if self.asked > MOST_NETWORKS:
            raise NotRead(
                f"At most {MOST_NETWORKS} networks of keras.applications are looked up, so this was left out."
            )
        began = time.monotonic()
        try:
            return self.networks(network, known)
        except CodeReadingError as reason:
            self.tell(str(reason))
            return None
        finally:
            self.deadline += time.monotonic() - began

    def new_model(self, positional: list[Value], named: dict[str, Value]) -> Value:
        """`Model(inputs, outputs, name)`."""
        given = {**dict(zip(("inputs", "outputs", "name"), positional, strict=False)), **named}
        entering = given.get("inputs", given.get("input"))
        leaving = given.get("outputs", given.get("output"))
        model = self.make_model(entering, leaving, given.get("name"))
        self.models.append(model)
        return model

    def new_row(self, positional: list[Value], named: dict[str, Value]) -> Value:
        """`Sequential(layers, name)`."""
        given = {**dict(zip(("layers", "name"), positional, strict=False)), **named}
        name = given.get("name")
        row = SequentialObject([], name if isinstance(name, str) else None, self.line)
        for item in given.get("layers") or ():
            self.add_to_row(row, item)
        self.models.append(row)
        return row

    def unwrapped(self, kind: str, positional: list[Value], named: dict[str, Value]) -> Value:
        """What a wrapper of the catalogue cannot hold, a model say, stands alone."""
        layer = wrapped(positional, named)
        if not isinstance(layer, Modelish):
            raise NotRead(f"This {kind} wraps what is not read here, so it was left out; wrap a layer such as LSTM.")
        self.tell(f"{kind} holds one of a few layers here, so what it wraps stands alone.")
        return layer

    def call_merge(self, kind: str, positional: list[Value], named: dict[str, Value]) -> Value:
        """`concatenate([a, b], axis=-1)`, `keras.ops.add(a, b)` and their like."""
        named = dict(named)
        inputs = next((named.pop(key) for key in ("inputs", "values") if key in named), None)
        places = list(positional)
        if inputs is None and places:
            inputs = places.pop(0)
        if isinstance(inputs, Tensor):
            inputs = [inputs, *(value for value in places if isinstance(value, Tensor))]
            places = [value for value in places if not isinstance(value, Tensor)]
        return self.apply(self.make_layer(kind, places, named), [inputs], {})

    def first_merge(self, positional: list[Value], named: dict[str, Value]) -> Value:
        """The first Keras's `merge([a, b], mode="concat")`."""
        mode = named.get("mode", positional[1] if len(positional) > 1 else "sum")
        if mode not in MERGE_MODES:
            raise NotRead("This merge has a mode of its own, so it was left out; use a layer such as Concatenate.")
        axis = {"axis": named["concat_axis"]} if mode == "concat" and "concat_axis" in named else {}
        return self.call_merge(MERGE_MODES[str(mode)], positional[:1], {**axis, **_name(named)})

    def tensor_shape(self, positional: list[Value], named: dict[str, Value]) -> Value:
        """`keras.backend.int_shape(x)`."""
        return shape_of(positional[0]) if positional and isinstance(positional[0], Tensor) else Unknown("int_shape")

    def unread(self, node: ast.Call, positional: list[Value]) -> Value:
        """A call that is left out: a tensor that it takes in is passed on."""
        what = source_of(node.func)
        tensors = flat_tensors(positional[:1])
        if tensors:
            self.tell(f"“{what}” is not read, so what it takes in is passed on.", node.lineno)
            return tensors[0]
        self.tell(f"“{what}” builds no layer that is known here, so it was left out; nothing was run.", node.lineno)
        return Unknown(source_of(node))

    # Methods of models

    def add_layer(self, model: Value, positional: list[Value], named: dict[str, Value]) -> Value:
        """`model.add(layer)`."""
        if not isinstance(model, SequentialObject):
            raise NotRead("Only a Sequential has “add”; call the layer on a tensor instead.")
        self.add_to_row(model, [*positional, *named.values()][0])
        return None

    def pop_layer(self, model: Value, positional: list[Value], named: dict[str, Value]) -> Value:
        """`model.pop()`."""
        if isinstance(model, SequentialObject) and model.layers:
            model.layers.pop()
            model.frozen = None
        return None

    def build_row(self, model: Value, positional: list[Value], named: dict[str, Value]) -> Value:
        """`model.build((None, 64))`: the input of a row that has none."""
        shape = [*positional, *named.values(), None][0]
        bare = isinstance(model, SequentialObject) and model.layers and not isinstance(model.layers[0], DoorObject)
        if bare and isinstance(shape, (list, tuple)):
            model.layers.insert(0, DoorObject({"shape": self.shape(shape[1:])}, None, self.line))
        return None

    def get_layer(self, model: Value, positional: list[Value], named: dict[str, Value]) -> Value:
        """`model.get_layer("name")`, also by number."""
        key = [*positional, *named.values(), None][0]
        if isinstance(model, NetworkObject):
            return Unknown("get_layer")
        layers = model.layers if isinstance(model, SequentialObject) else self.layers_of(model)
        if isinstance(key, int):
            return layers[key]
        return next((layer for layer in layers if getattr(layer, "name", None) == key), Unknown(f"get_layer({key!r})"))


def wrapped(positional: list[Value], named: Mapping[str, Value]) -> Value:
    """What a wrapper is given to wrap."""
    return [*positional, named.get("layer")][0]


def _name(named: Mapping[str, Value]) -> dict[str, Value]:
    """The `name=` among the arguments."""
    return {"name": named["name"]} if isinstance(named.get("name"), str) else {}


KERAS_CALLS: Mapping[str, Callable[[KerasCaller, list[Value], dict[str, Value]], Value]] = {
    "Functional": KerasCaller.new_model,
    "Input": KerasCaller.make_input,
    "Model": KerasCaller.new_model,
    "Sequential": KerasCaller.new_row,
    "backend": lambda caller, positional, named: "tensorflow",
    "image_data_format": lambda caller, positional, named: "channels_last",
    "int_shape": KerasCaller.tensor_shape,
    "merge": KerasCaller.first_merge,
}

MODEL_METHODS: Mapping[str, Callable[[KerasCaller, Value, list[Value], dict[str, Value]], Value]] = {
    "add": KerasCaller.add_layer,
    "build": KerasCaller.build_row,
    "get_layer": KerasCaller.get_layer,
    "pop": KerasCaller.pop_layer,
}
