"""Making layers and models and calling them on tensors: what the source builds, recorded call by call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from components.codegen.calls import output_count
from components.codereading.configs import DOOR, config_of, shown
from components.codereading.errors import NotRead
from components.codereading.values import (
    CallRecord,
    DoorObject,
    LayerObject,
    Modelish,
    ModelObject,
    NetworkObject,
    SequentialObject,
    Tensor,
    Unknown,
    Value,
)
from components.graph import INPUT, Graph, Layer, is_input, split_reference, topological_order
from components.layers import find_layer

MOST_CALLS = 5_000
"""Nodes of a model."""


class Tape:
    """The calls of a source so far, and the notes on its lines."""

    def __init__(self) -> None:
        self.calls: list[CallRecord] = []
        self.notes: dict[tuple[int, str], None] = {}
        self.line = 1
        self.made = 0
        """How many layers and calls were made so far."""

    def tell(self, sentence: str, line: int | None = None) -> None:
        """A note on the line that is being read, or on another."""
        self.notes[self.line if line is None else line, sentence] = None

    def record(self, callee: Any, inputs: Sequence[Tensor]) -> CallRecord:
        """One more call."""
        if len(self.calls) >= MOST_CALLS:
            raise NotRead(
                f"A model has at most {MOST_CALLS} calls of layers, and this makes more; build a smaller one."
            )
        self.made += 1
        call = CallRecord(callee, tuple(inputs), len(self.calls), self.line)
        self.calls.append(call)
        callee.calls.append(call)
        return call

    # Making

    def make_layer(self, kind: str, positional: Sequence[Value], named: Mapping[str, Value]) -> LayerObject:
        """A layer of the catalogue."""
        self.made += 1
        named = dict(named)
        name = named.pop("name", None)
        door = self.door_config(kind, named)
        inner = [*positional, named.get("layer")][0]
        if door is None and isinstance(inner, LayerObject):
            door = inner.door
        config = config_of(kind, positional, named, self.tell)
        return LayerObject(kind, config, name if isinstance(name, str) else None, self.line, door=door)

    def door_config(self, kind: str, named: dict[str, Value]) -> dict[str, Any] | None:
        """The input that the first layer of a row asks for, its arguments taken out of `named`."""
        door: dict[str, Any] | None = None
        length = named.get("input_length")
        for key in DOOR & set(named):
            if key == "input_dim" and kind == "Embedding":
                continue
            value = named.pop(key)
            shape = [value] if key == "input_dim" else value
            door = {"shape": self.shape(shape)[1:] if key.startswith("batch") else self.shape(shape)}
        if kind == "Embedding" and isinstance(length, int):
            door = door or {"shape": [length]}
        return door

    def make_input(self, positional: Sequence[Value], named: Mapping[str, Value]) -> Tensor:
        """`Input(shape=…)`, called at once as Keras does."""
        config, name = self.input_config(positional, named)
        layer = LayerObject(INPUT, config, name, self.line)
        return Tensor(self.record(layer, ()))

    def input_config(
        self, positional: Sequence[Value], named: Mapping[str, Value]
    ) -> tuple[dict[str, Any], str | None]:
        """The config and the name of an input."""
        given = {**dict(zip(("shape", "batch_size", "dtype"), positional, strict=False)), **named}
        whole = given.get("batch_shape", given.get("batch_input_shape"))
        shape = given.get("shape", given.get("input_shape"))
        config: dict[str, Any] = {"shape": self.shape(whole)[1:] if whole is not None else self.shape(shape)}
        dtype = given.get("dtype")
        if dtype is not None:
            dtype = dtype if isinstance(dtype, str) else getattr(dtype, "last", None)
            if dtype and dtype != "float32":
                config["dtype"] = dtype
        name = given.get("name")
        return config, name if isinstance(name, str) else None

    def shape(self, value: Value) -> list[int | None]:
        """A shape as written; unknown axes as `None`, told."""
        if isinstance(value, int) and not isinstance(value, bool):
            return [value]
        if not isinstance(value, (list, tuple)):
            self.tell("The shape of this input is not in the code, so (None,) stands there; set it.")
            return [None]
        if any(not isinstance(axis, int) and axis is not None for axis in value):
            self.tell("Part of this input's shape is not in the code, so None stands there; set it.")
        return [axis if isinstance(axis, int) and not isinstance(axis, bool) else None for axis in value]

    def make_model(self, inputs: Value, outputs: Value, name: Value) -> ModelObject:
        """`Model(inputs, outputs)` over tensors, lists of them or dicts of them."""
        entering, leaving = flat_tensors(inputs), flat_tensors(outputs)
        if entering is None or leaving is None or not leaving:
            raise NotRead("This model's inputs or outputs depend on what was not read, so it was left out.")
        return ModelObject(entering, leaving, name if isinstance(name, str) else None, self.line)

    # Calling

    def apply(self, callee: Value, arguments: Sequence[Value], named: Mapping[str, Value]) -> Value:
        """The callee called on tensors: its output, or a list of its outputs."""
        if isinstance(callee, SequentialObject):
            return self.apply_row(callee, arguments, named)
        inputs = self.call_inputs(callee, arguments, named)
        if inputs is None:
            return Unknown()
        if isinstance(callee, NetworkObject):
            if not callee.silent:
                self.tell(f"{callee.network} is known by its name only, so what it takes in is passed on.")
            return inputs[0]
        call = self.record(callee, inputs)
        count = (
            len(callee.outputs) if isinstance(callee, ModelObject) else output_count(Layer(callee.kind, callee.config))
        )
        return Tensor(call) if count == 1 else [Tensor(call, index) for index in range(count)]

    def call_inputs(self, callee: Value, arguments: Sequence[Value], named: Mapping[str, Value]) -> list[Tensor] | None:
        """The tensors of a call in the layer's order; None when one of them was not read."""
        order = ("inputs", "sequences", "sequence", "query", "value", "key", "initial_state")
        values = [*arguments, *(named[key] for key in order if named.get(key) is not None)]
        if isinstance(callee, ModelObject) and len(values) == 1 and isinstance(values[0], dict):
            values = [self.by_input_name(callee, values[0])]
        for key in named:
            if key not in (*order, "training", "mask"):
                self.tell(f"The argument “{shown(key)}” of this call is not kept.")
        tensors = flat_tensors(values)
        most = find_layer(callee.kind).arity[1] if isinstance(callee, LayerObject) else None
        if tensors and most is not None and len(tensors) > most:
            self.tell(f"{callee.kind} takes {most} here, so what else goes in, such as a first state, is not kept.")
            return tensors[:most]
        return tensors

    def by_input_name(self, model: ModelObject, tensors: Mapping[str, Value]) -> list[Value]:
        """A dict of tensors in the order of the model's inputs."""
        names = [str(tensor.call.callee.name or tensor.call.variable) for tensor in model.inputs]
        return [tensors[name] for name in names] if set(names) == set(tensors) else list(tensors.values())

    def follow(self, graph: Graph, start: Tensor | None = None) -> ModelObject:
        """A graph as if the source had built it, call by call, on its own inputs or in place of the first on `start`."""
        made: dict[str, LayerObject | ModelObject] = {}
        tensors: dict[str, Value] = {}
        for node in topological_order(graph):
            layer = graph.layer_of(node)
            if node.layer not in made:
                made[node.layer] = self.object_of(layer, node.layer)
            if start is not None and node.id == graph.inputs[0]:
                tensors[node.id] = start
            elif isinstance(layer, Layer) and is_input(layer):
                tensors[node.id] = Tensor(self.record(made[node.layer], ()))
            else:
                tensors[node.id] = self.apply(made[node.layer], [[at(tensors, held) for held in node.inputs]], {})
        entering, leaving = graph.inputs, graph.outputs
        return ModelObject([at(tensors, r) for r in entering], [at(tensors, r) for r in leaving], None, self.line)

    def object_of(self, layer: Layer | Graph, name: str) -> LayerObject | ModelObject:
        """A layer of a graph, or a model in it, as the source's own."""
        if isinstance(layer, Layer):
            return LayerObject(layer.kind, dict(layer.config), name, self.line)
        model = self.follow(layer)
        model.name = name
        return model

    # Rows

    def add_to_row(self, row: SequentialObject, item: Value) -> None:
        """`row.add(item)`."""
        if isinstance(item, Tensor) and isinstance(item.call.callee, LayerObject) and item.call.callee.kind == INPUT:
            item = DoorObject(item.call.callee.config, item.call.callee.name or item.call.variable, self.line)
        if not isinstance(item, (*Modelish, DoorObject)):
            self.tell("What is added to the row here was not read, so it was left out.")
            return
        row.layers.append(item)
        row.frozen = None

    def freeze(self, row: SequentialObject) -> ModelObject:
        """The row as a model with an input of its own; NotRead when no shape is known for that."""
        if row.frozen is not None:
            return row.frozen
        if not row.layers:
            raise NotRead("This Sequential has no layers, so it was left out.")
        config, name = self.row_door(row)
        start = Tensor(self.record(LayerObject(INPUT, config, name, self.line), ()))
        end = self.run_row(row, start)
        row.frozen = ModelObject([start], flat_tensors(end) or [start], row.name, row.line, row.variable)
        return row.frozen

    def row_door(self, row: SequentialObject) -> tuple[dict[str, Any], str | None]:
        """The config and name of the row's input."""
        first = row.layers[0]
        if isinstance(first, DoorObject):
            return first.config, first.name
        if isinstance(first, LayerObject) and first.door is not None:
            return first.door, None
        inner = self.freeze(first) if isinstance(first, SequentialObject) else first
        if isinstance(inner, ModelObject) and inner.inputs:
            door = inner.inputs[0].call.callee
            return dict(door.config) if isinstance(door, LayerObject) else {"shape": [None]}, None
        raise NotRead(
            "This Sequential has no input shape in the code, so its layers cannot be drawn; begin it with an Input."
        )

    def run_row(self, row: SequentialObject, start: Tensor) -> Value:
        """The row's layers called one after the other."""
        value: Value = start
        for layer in row.layers:
            if not isinstance(layer, DoorObject):
                value = self.apply(layer, [value], {})
        return value

    def apply_row(self, row: SequentialObject, arguments: Sequence[Value], named: Mapping[str, Value]) -> Value:
        """A row called on a tensor: as a model of its own, or layer by layer when it has no input shape."""
        try:
            model = self.freeze(row)
        except NotRead:
            tensors = self.call_inputs(row, arguments, named)
            return self.run_row(row, tensors[0]) if tensors and len(tensors) == 1 else Unknown()
        return self.apply(model, arguments, named)


def at(tensors: Mapping[str, Value], reference: str) -> Tensor:
    """The tensor that a graph's reference points at."""
    node, index = split_reference(reference)
    return tensors[node][index] if isinstance(tensors[node], list) else tensors[node]


def flat_tensors(value: Value) -> list[Tensor] | None:
    """The tensors in a value, in order; None when something else is among them."""
    if isinstance(value, Tensor):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    if not isinstance(value, (list, tuple)):
        return None
    found: list[Tensor] = []
    for item in value:
        tensors = flat_tensors(item)
        if tensors is None:
            return None
        found.extend(tensors)
    return found
