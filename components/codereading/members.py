"""What stands behind a dot: names of modules, the ends of models and layers, members of the source's own objects."""

from __future__ import annotations

import math
from collections.abc import Mapping

from components.codereading.applying import Tape
from components.codereading.assembling import needed_calls
from components.codereading.errors import NotRead
from components.codereading.keras_names import member
from components.codereading.plain import BUILTINS
from components.codereading.shapes import shape_of
from components.codereading.values import (
    Builtin,
    ClassObject,
    Function,
    Instance,
    KerasName,
    LayerObject,
    Method,
    ModelObject,
    Module,
    NetworkObject,
    SequentialObject,
    Tensor,
    Unknown,
    Value,
)
from components.layers import find_layer

NUMBERS: Mapping[str, float] = {"math.pi": math.pi, "math.e": math.e, "numpy.pi": math.pi}


class Members(Tape):
    """Looks up attributes, and sets them."""

    def member_of(self, value: Value, name: str) -> Value:
        """A name of a module, or what a value holds under it."""
        if isinstance(value, KerasName):
            return member(value, name)
        if isinstance(value, Module):
            path = f"{value.path}.{name}"
            return NUMBERS.get(path, Builtin(path) if path in BUILTINS else Module(path))
        if isinstance(value, (ClassObject, Instance)):
            return self.own_member(value, name)
        if isinstance(value, Tensor):
            return shape_of(value) if name in ("shape", "_keras_shape") else Method(value, name)
        if isinstance(value, (ModelObject, SequentialObject, LayerObject, NetworkObject)):
            return self.layer_member(value, name)
        return Unknown(name) if isinstance(value, Unknown) else Method(value, name)

    def own_member(self, value: ClassObject | Instance, name: str) -> Value:
        """What a class of the source, or what it made, holds under the name."""
        if name in value.names:
            return value.names[name]
        if not isinstance(value, Instance):
            return Unknown(name)
        found = value.made_by.names.get(name, Unknown(name))
        return Method(value, name) if isinstance(found, Function) else found

    def layer_member(self, value: Value, name: str) -> Value:
        """`model.input`, `layer.output` and their like."""
        if isinstance(value, NetworkObject):
            return self.network_member(value, name)
        if name in ("input", "inputs", "output", "outputs", "input_shape", "output_shape"):
            entering, leaving = self.ends(value)
            tensors = entering if name.startswith("input") else leaving
            if name.endswith("shape"):
                return shape_of(tensors[0])
            return tensors[0] if not name.endswith("s") and len(tensors) == 1 else list(tensors)
        if name == "layers":
            return value.layers if isinstance(value, SequentialObject) else self.layers_of(value)
        if name == "name":
            return value.name or Unknown(name)
        return Method(value, name)

    def network_member(self, value: NetworkObject, name: str) -> Value:
        """The ends and layers of a network that is known by its name only."""
        if name in ("input", "inputs", "output", "outputs", "layers"):
            return Unknown(f"{value.network}().{name}")
        return Method(value, name)

    def ends(self, value: Value) -> tuple[list[Tensor], list[Tensor]]:
        """The tensors that go into and come out of a model or a layer's last call."""
        if isinstance(value, SequentialObject):
            value = self.freeze(value)
        if isinstance(value, ModelObject):
            return value.inputs, value.outputs
        if not value.calls:
            raise NotRead("This layer was not called yet, so it has no input or output; call it first.")
        return list(value.calls[-1].inputs), [Tensor(value.calls[-1])]

    def layers_of(self, model: ModelObject) -> list[Value]:
        """The layers between a model's inputs and outputs, in the order of their calls."""
        callees = [tensor.call.callee for tensor in model.inputs] + [call.callee for call in needed_calls(model)]
        return list(dict.fromkeys(callees))

    def assign_member(self, held: Value, name: str, value: Value) -> None:
        """`layer.trainable = False`, `self.units = 32`."""
        if isinstance(held, (Instance, ClassObject)):
            held.names[name] = value
        elif name == "trainable" and isinstance(value, bool):
            self.set_trainable(held, value)

    def set_trainable(self, held: Value, value: bool) -> None:
        """Freeze or free a layer, or all layers of a model."""
        if isinstance(held, LayerObject):
            if find_layer(held.kind).parameter("trainable"):
                held.config["trainable"] = value
            return
        inner = held.layers if isinstance(held, SequentialObject) else []
        for layer in self.layers_of(held) if isinstance(held, ModelObject) else inner:
            self.set_trainable(layer, value)
