"""Calls in a source: Keras's own, the source's functions and classes, and all that is left out by name."""

from __future__ import annotations

import ast
import time
from collections.abc import Callable, Mapping
from typing import Any

from components.codereading.applying import flat_tensors
from components.codereading.errors import CodeReadingError, NotRead
from components.codereading.evaluating import MOST_SECONDS, Evaluator, source_of
from components.codereading.keras_names import activation_name, is_layer_class, is_network, layer_kind, merge_kind
from components.codereading.plain import BUILTINS, METHODS, PLAIN, SCALARS, bounded
from components.codereading.shapes import shape_of
from components.codereading.training import TRAINING_METHODS, TrainingNotes
from components.codereading.values import (
    Builtin,
    ClassObject,
    DoorObject,
    Function,
    Instance,
    KerasName,
    KerasObject,
    LayerObject,
    Method,
    Modelish,
    ModelObject,
    NetworkObject,
    Scope,
    SequentialObject,
    Tensor,
    Unknown,
    Value,
)
from components.graph import Graph
from components.layers import find_layer

MOST_DEPTH = 40
"""How deep functions of the source may call one another."""

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

TYPES: Mapping[str, type] = {
    "int": int,
    "float": float,
    "str": str,
    "bool": bool,
    "list": list,
    "tuple": tuple,
    "dict": dict,
}

MERGE_MODES: Mapping[str, str] = {
    "concat": "Concatenate", "sum": "Add", "mul": "Multiply", "ave": "Average", "max": "Maximum", "dot": "Dot",
}  # fmt: skip
"""What `merge_mode=` and the first Keras's `merge(mode=…)` mean."""


class Caller(Evaluator):
    """Works out calls."""

    def __init__(self, networks: Networks | None = None, seconds: float = MOST_SECONDS) -> None:
        super().__init__(seconds)
        self.networks = networks
        self.asked = 0
        """How many networks were asked for."""
        self.depth = 0
        self.models: list[ModelObject | SequentialObject] = []
        self.said: dict[Any, TrainingNotes] = {}
        self.called: set[int] = set()
        """Ids of the functions of the source that were called."""
        self.given: dict[str, dict[str, Value]] = {}
        """By function of the source, what its last call gave it by name."""

    def run_body(self, function: Function, scope: Scope) -> Value:
        """What a function returns; the next class knows."""
        raise NotImplementedError

    def call(self, callee: Value, positional: list[Value], named: dict[str, Value], node: ast.Call) -> Value:
        """What the call gives."""
        if isinstance(callee, KerasName):
            return self.call_keras(callee, positional, named, node)
        if isinstance(callee, Modelish):
            return self.apply(callee, positional, named)
        if isinstance(callee, Function):
            return self.call_function(callee, positional, named)
        if isinstance(callee, Method):
            return self.call_method(callee, positional, named, node)
        if isinstance(callee, Builtin):
            return self.call_builtin(callee.name, positional, named, node)
        if isinstance(callee, ClassObject):
            return self.instantiate(callee, positional, named)
        if isinstance(callee, KerasObject) and "activations" in callee.made_by.path:
            return self.call_keras(callee.made_by, positional, named, node)
        if isinstance(callee, Unknown) and not isinstance(node.func, ast.Name) and not flat_tensors(positional[:1]):
            return Unknown(source_of(node))
        return self.unread(node, positional)

    def unread(self, node: ast.Call, positional: list[Value]) -> Value:
        """A call that is left out: a tensor that it takes in is passed on."""
        what = source_of(node.func)
        tensors = flat_tensors(positional[:1])
        if tensors:
            self.tell(f"“{what}” is not read, so what it takes in is passed on.", node.lineno)
            return tensors[0]
        self.tell(f"“{what}” builds no layer that is known here, so it was left out; nothing was run.", node.lineno)
        return Unknown(source_of(node))

    # Keras

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

    # Methods

    def call_method(self, method: Method, positional: list[Value], named: dict[str, Value], node: ast.Call) -> Value:
        """A method of a value."""
        owner, name = method.owner, method.name
        if isinstance(owner, Instance):
            return self.call_function(owner.made_by.names[name], [owner, *positional], named)
        if isinstance(owner, (ModelObject, SequentialObject, NetworkObject)):
            if name in TRAINING_METHODS:
                self.said.setdefault(owner, TrainingNotes()).hear(name, positional, named, node)
                return Unknown(name)
            if name in MODEL_METHODS:
                return MODEL_METHODS[name](self, owner, positional, named)
        if isinstance(owner, Tensor) and name in ("get_shape", "as_list"):
            return shape_of(owner)
        if name == "as_list" or name in WITHOUT_EFFECT:
            return owner if name == "as_list" else Unknown(source_of(node))
        function = METHODS.get((type(owner), name))
        if function is None:
            return self.unread(node, [owner, *positional])
        if any(isinstance(value, Unknown) for value in (*positional, *named.values())) and isinstance(owner, str):
            return Unknown(source_of(node))
        return bounded(function(owner, *positional, **named))

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

    # Python's own

    def call_builtin(self, name: str, positional: list[Value], named: dict[str, Value], node: ast.Call) -> Value:
        """A builtin function on plain values."""
        if name == "print":
            return None
        if name == "hasattr":
            return isinstance(positional[0], KerasName) or Unknown("hasattr")
        if name == "isinstance" and len(positional) == 2:
            return self.is_instance(*positional)
        if name not in BUILTINS:
            return Unknown(source_of(node))
        if any(isinstance(value, Unknown) for value in (*positional, *named.values())):
            return Unknown(source_of(node))
        if not all(isinstance(value, PLAIN) for value in (*positional, *named.values())):
            return self.unread(node, positional)
        return bounded(BUILTINS[name](*map(bounded, positional), **named))

    def is_instance(self, value: Value, types: Value) -> Value:
        """`isinstance(value, (int, float))` for plain values."""
        wanted = types if isinstance(types, tuple) else (types,)
        known = [TYPES.get(item.name) for item in wanted if isinstance(item, Builtin)]
        if isinstance(value, Unknown) or len(known) < len(wanted) or None in known:
            return Unknown("isinstance")
        return isinstance(value, tuple(kind for kind in known if kind))

    def instantiate(self, made_by: ClassObject, positional: list[Value], named: dict[str, Value]) -> Value:
        """An object of a class of the source."""
        instance = Instance(made_by)
        if isinstance(start := made_by.names.get("__init__"), Function):
            self.call_function(start, [instance, *positional], named)
        return instance

    def call_function(self, function: Function, positional: list[Value], named: dict[str, Value]) -> Value:
        """A function of the source, followed with these arguments."""
        self.called.add(function.line)
        self.given[function.name] = dict(named)
        if self.depth >= MOST_DEPTH:
            raise NotRead(f"Functions call one another more than {MOST_DEPTH} deep here, so this call was left out.")
        scope = Scope(self.bind(function, positional, named), function.scope)
        line = self.line
        self.depth += 1
        try:
            return self.run_body(function, scope)
        finally:
            self.depth -= 1
            self.line = line

    def bind(self, function: Function, positional: list[Value], named: dict[str, Value]) -> dict[str, Value]:
        """The function's arguments by name; those that nobody gives are Unknown."""
        arguments, named = function.arguments, dict(named)
        names = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args)]
        bound: dict[str, Value] = dict(
            zip(names[len(names) - len(function.defaults) :], function.defaults, strict=True)
        )
        bound.update(zip((a.arg for a in arguments.kwonlyargs), function.keyword_defaults, strict=True))
        bound.update(zip(names, positional, strict=False))
        known = {*names, *(argument.arg for argument in arguments.kwonlyargs)}
        bound.update({key: named.pop(key) for key in list(named) if key in known})
        if arguments.vararg:
            bound[arguments.vararg.arg] = tuple(positional[len(names) :])
        if arguments.kwarg:
            bound[arguments.kwarg.arg] = named
        return {**{name: Unknown(name) for name in known}, **bound}


def is_plain(value: Value) -> bool:
    """Whether the value is one that JSON has, or a tuple of such."""
    items = value if isinstance(value, (list, tuple)) else [value]
    return all(isinstance(item, SCALARS) for item in items)


def wrapped(positional: list[Value], named: Mapping[str, Value]) -> Value:
    """What a wrapper is given to wrap."""
    return [*positional, named.get("layer")][0]


def _name(named: Mapping[str, Value]) -> dict[str, Value]:
    """The `name=` among the arguments."""
    return {"name": named["name"]} if isinstance(named.get("name"), str) else {}


KERAS_CALLS: Mapping[str, Callable[[Caller, list[Value], dict[str, Value]], Value]] = {
    "Functional": Caller.new_model,
    "Input": Caller.make_input,
    "Model": Caller.new_model,
    "Sequential": Caller.new_row,
    "backend": lambda caller, positional, named: "tensorflow",
    "image_data_format": lambda caller, positional, named: "channels_last",
    "int_shape": Caller.tensor_shape,
    "merge": Caller.first_merge,
}

MODEL_METHODS: Mapping[str, Callable[[Caller, Value, list[Value], dict[str, Value]], Value]] = {
    "add": Caller.add_layer,
    "build": Caller.build_row,
    "get_layer": Caller.get_layer,
    "pop": Caller.pop_layer,
}
