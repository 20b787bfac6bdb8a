"""Keras's own configs → Graph: what `get_config()` and `to_json()` give, read as data; files of them are in `keras_files`."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from components.catalogue.standins import stand_in
from components.codereading.assembling import FreeNames
from components.codereading.configs import RENAMED, camel_case, fits, known_name
from components.codereading.keras_names import ALIASES
from components.codereading.operators import scale_and_offset
from components.graph import (
    INPUT,
    MOST_LEVELS,
    Graph,
    GraphError,
    Json,
    Layer,
    Node,
    check_graph,
    clean_name,
    is_input,
)
from components.layers import LAYERS, Parameter, find_layer
from components.parameters import in_short

__all__ = ["KerasConfigError", "read_config"]

MODELS = {"Functional", "Model", "Sequential"}

MOST_LAYERS = 5_000

CALL_ORDER = ("inputs", "sequences", "sequence", "query", "value", "key", "initial_state")
"""Arguments of a layer's call that may be tensors, in the order in which a node lists them."""

OPERATIONS = {"Add", "Subtract", "Multiply", "Maximum", "Minimum"}
"""Keras's operations on two tensors that a merging layer does as well."""


class KerasConfigError(ValueError):
    """A config that is refused; its text says the rule, the value and the remedy."""


def read_config(config: Json) -> Graph:
    """The graph of a Keras model's config, with or without the class around it.

    Raises KerasConfigError, naming the layer, when the config holds what is not in the catalogue.
    """
    try:
        return model_graph(config, 0)
    except GraphError as error:
        raise KerasConfigError(str(error)) from error
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, RecursionError) as error:
        if isinstance(error, KerasConfigError):
            raise
        raise KerasConfigError(
            "This is no config of a functional or Sequential model; write it with model.to_json() or model.save."
        ) from error


def model_graph(config: Json, level: int) -> Graph:
    """The graph of a model's config, `level` models deep."""
    if level > MOST_LEVELS:
        raise KerasConfigError(f"Models may be nested {MOST_LEVELS} levels deep, and this goes deeper; flatten some.")
    class_name = config.get("class_name")
    if class_name is not None and class_name not in MODELS:
        refuse(str(class_name), config)
    inner = config["config"] if class_name is not None else config
    entries = [Entry.read(entry, level) for held in inner["layers"] for entry in stand_in(held)]
    if len(entries) > MOST_LAYERS:
        raise KerasConfigError(
            f"A model has at most {MOST_LAYERS} layers, and this has {len(entries)}; use a smaller one."
        )
    if "input_layers" not in inner:
        return row_graph(entries, inner)
    return functional_graph(entries, tensors_in(inner["input_layers"]), tensors_in(inner["output_layers"]))


# Layers


@dataclass(frozen=True)
class Entry:
    """One layer of a config: its name there, what it is, and for each of its calls the tensors that go in."""

    name: str
    layer: Layer | Graph
    calls: tuple[tuple[Tensor, ...], ...]
    shape: list[int | None] | None = None
    """The input that an earlier Keras's first layer carries in its own config."""

    @classmethod
    def read(cls, data: Json, level: int) -> Entry:
        """The entry as data."""
        config = data["config"]
        layer = read_layer(data, level)
        name = str(data.get("name") or config.get("name") or data["class_name"].lower())
        shape = config.get("batch_input_shape") if isinstance(config, Mapping) else None
        calls = tuple(tuple(tensors_of_call(call)) for call in data.get("inbound_nodes") or ())
        return cls(name, layer, calls, list(shape[1:]) if shape else None)


Tensor = tuple[str, int, int]
"""A layer's name, which of its calls, and which output of that."""


def read_layer(data: Json, level: int) -> Layer | Graph:
    """A layer of the catalogue, or a model inside the model."""
    class_name, config = str(data["class_name"]), data["config"]
    if class_name in MODELS and is_keras(data):
        return model_graph(data, level + 1)
    if class_name == INPUT:
        return input_layer(config)
    kind = ALIASES.get(class_name, class_name)
    operation = ".ops." in f"{data.get('module') or ''}."
    if not is_keras(data) or kind not in LAYERS or (operation and kind not in OPERATIONS):
        refuse(class_name, data)
    if operation:
        return rescaling(kind, data) or Layer(kind)
    return Layer(kind, layer_config(kind, config))


def rescaling(operation: str, data: Json) -> Layer | None:
    """The layer that an operation on one tensor and a number is; None where it works on two tensors."""
    call = next(iter(data.get("inbound_nodes") or ()), None)
    operands = call.get("args") if isinstance(call, Mapping) else None
    if not isinstance(operands, (list, tuple)) or len(operands) != 2:
        return None
    numbers = [operand for operand in operands if isinstance(operand, (int, float))]
    scaled = scale_and_offset(operation, numbers[0], behind=numbers[0] is operands[1]) if len(numbers) == 1 else None
    if scaled is None:
        return None
    scale, offset = scaled
    return Layer("Rescaling", {"scale": scale, **({"offset": offset} if offset else {})})


def is_keras(data: Json) -> bool:
    """Whether the class is Keras's own."""
    module = str(data.get("module") or "keras")
    registered = data.get("registered_name")
    own = registered is None or registered in (data["class_name"], "Functional")
    return module.split(".")[0] in ("keras", "tensorflow", "tf_keras") and own


def refuse(class_name: str, data: Json) -> None:
    """Raise for a class that is not in the catalogue, by name."""
    config = data.get("config")
    name = config.get("name") if isinstance(config, Mapping) else None
    where = f" (layer “{str(name)[:40]}”)" if name else ""
    why = "runs code of its own" if class_name in ("Lambda", "TFOpLambda") else "is not in the catalogue"
    raise KerasConfigError(
        f"Models are rebuilt from known layers, and {class_name[:40]}{where} {why}; replace that layer."
    )


def input_layer(config: Mapping[str, Any]) -> Layer:
    """An input; the batch axis is left out."""
    shape = config.get("batch_shape") or config["batch_input_shape"]
    inner: dict[str, Any] = {"shape": list(shape[1:])}
    if config.get("dtype") not in (None, "float32"):
        inner["dtype"] = str(config["dtype"])
    return Layer(INPUT, inner)


def layer_config(kind: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments that the catalogue knows and that differ from Keras's defaults."""
    renamed = RENAMED.get(kind, RENAMED[""])
    given = {renamed.get(key, key) if key not in known_names(kind) else key: value for key, value in config.items()}
    kept: dict[str, Any] = {}
    for parameter in find_layer(kind).parameters:
        if parameter.name not in given:
            continue
        value = plain_value(kind, parameter, given[parameter.name])
        usual = value == parameter.default or (value in UNSET and parameter.default is None)
        if parameter.required or not usual:
            kept[parameter.name] = value
    return kept


UNSET = ("linear", "channels_last")
"""What Keras writes where an activation or a data format was not chosen."""


def known_names(kind: str) -> set[str]:
    """The names of a kind's parameters."""
    return {parameter.name for parameter in find_layer(kind).parameters}


def plain_value(kind: str, parameter: Parameter, value: Any) -> Any:
    """A value of a config as the catalogue writes it: objects that are all default by their names."""
    if not isinstance(value, Mapping):
        return bare_value(parameter, value)
    if parameter.type == "layer":
        inner = read_layer(value, MOST_LEVELS)
        return {"kind": inner.kind, "config": dict(inner.config)} if isinstance(inner, Layer) else refuse_inner(kind)
    class_name = value.get("class_name")
    if (
        not isinstance(class_name, str)
        or not is_keras(value)
        or class_name.startswith("__")
        or class_name == "function"
    ):
        raise KerasConfigError(
            f"{parameter.name} of {kind} is “{str(class_name)[:40]}”, which is not read; replace it by a plain value."
        )
    config = {key: rounded(item) for key, item in (value.get("config") or {}).items() if item is not None}
    short = in_short(parameter, camel_case(class_name), config)
    spelled = not isinstance(short, Mapping) or fits(kind, parameter.name, short)
    return short if spelled else known_name(parameter, class_name)


def bare_value(parameter: Parameter, value: Any) -> Any:
    """What Keras spreads out, as a person writes it: one size for all axes, a factor for the range to both sides of zero."""
    if not isinstance(value, (list, tuple)):
        return value
    value = [bare_value(parameter, item) for item in value]
    alone = parameter.type in ("integer", "integers") and not isinstance(parameter.default, (list, tuple))
    sizes = alone and len(value) in (1, parameter.length)
    if sizes and all(item == value[0] and isinstance(item, int) for item in value):
        return value[0]
    if not value and parameter.takes_none:
        return None
    if parameter.type == "numbers" and parameter.least == 0 and len(value) == 2 and value[0] == -value[1]:
        return value[1]
    return value


def rounded(item: Any) -> Any:
    """A number that Keras keeps as float32 as a person wrote it: 0.009999999776482582 is 0.01."""
    if not isinstance(item, float):
        return item
    with suppress(OverflowError):
        if struct.unpack("f", struct.pack("f", item))[0] == item:
            return float(f"{item:.7g}")
    return item


def refuse_inner(kind: str) -> None:
    """Raise for a model inside a wrapper."""
    raise KerasConfigError(f"{kind} wraps a single layer here, and this one wraps a model; take the model out of it.")


# Calls


def tensors_of_call(call: Json) -> Iterator[Tensor]:
    """The tensors of one call, as Keras 3 (an object) or Keras 2 (lists of four) writes it."""
    if not isinstance(call, Mapping):
        yield from tensors_in(call)
        return
    for argument in call["args"]:
        yield from tensors_in(argument)
    arguments = call.get("kwargs") or {}
    for name in CALL_ORDER:
        yield from tensors_in(arguments.get(name))


def tensors_in(value: Json, level: int = 0) -> list[Tensor]:
    """All tensors in a nest of lists and objects, in order."""
    if level > MOST_LEVELS:
        raise KerasConfigError("The calls in this config are nested too deep; write it again with model.to_json().")
    if isinstance(value, Mapping):
        if value.get("class_name") == "__keras_tensor__":
            return tensors_in(value["config"]["keras_history"], level + 1)
        return [tensor for item in value.values() for tensor in tensors_in(item, level + 1)]
    if not isinstance(value, (list, tuple)):
        return []
    if len(value) >= 3 and isinstance(value[0], str) and isinstance(value[1], int) and isinstance(value[2], int):
        return [(value[0], value[1], value[2])]
    return [tensor for item in value for tensor in tensors_in(item, level + 1)]


# Graphs


def row_graph(entries: Sequence[Entry], inner: Mapping[str, Any]) -> Graph:
    """A Sequential as a chain; its input from its first layer, or from the shape that it was built with."""
    if not entries:
        raise KerasConfigError("A model has at least one layer, and this one has none; add layers before it is saved.")
    if not is_input(entries[0].layer):
        entries = [Entry("input", Layer(INPUT, {"shape": row_shape(entries[0], inner)}), ()), *entries]
    chain: list[Entry] = []
    for entry in entries:
        inputs: tuple[tuple[Tensor, ...], ...] = (((chain[-1].name, 0, 0),),) if chain else ()
        chain.append(replace(entry, calls=inputs))
    return functional_graph(chain, [(chain[0].name, 0, 0)], [(chain[-1].name, 0, 0)])


def row_shape(first: Entry, inner: Mapping[str, Any]) -> list[int | None]:
    """The shape that goes into a Sequential."""
    if first.shape is not None:
        return first.shape
    if isinstance(first.layer, Graph):
        return list(first.layer.layers[first.layer.node(first.layer.inputs[0]).layer].config["shape"])  # type: ignore[union-attr]
    built = inner.get("build_input_shape")
    if not built:
        raise KerasConfigError("This Sequential has no input shape; begin it with keras.Input before it is saved.")
    return list(built[1:])


def functional_graph(entries: Sequence[Entry], entering: Sequence[Tensor], leaving: Sequence[Tensor]) -> Graph:
    """The graph of the entries, its inputs in the model's order."""
    names = clean_names([entry.name for entry in entries])
    begins = first_calls(entries, leaving)
    free = FreeNames()
    ids = {
        (e.name, begins[e.name] + number): free.take(names[e.name])
        for e in entries
        for number in range(max(1, len(e.calls)))
    }

    def reference(tensor: Tensor) -> str:
        name, call, output = tensor
        if (name, call) not in ids:
            raise KerasConfigError(
                f"“{name[:40]}” is called {call + 1} times in one place and not in another; save the model again."
            )
        return ids[name, call] + (f":{output}" if output else "")

    nodes = [
        Node(ids[entry.name, begins[entry.name] + number], names[entry.name], tuple(map(reference, tensors)))
        for entry in entries
        for number, tensors in enumerate(entry.calls or ((),))
    ]
    layers = {names[entry.name]: entry.layer for entry in entries}
    doors = [ids[name, call] for name, call, _ in entering]
    graph = Graph(layers, tuple(with_doors(nodes, doors)), tuple(map(reference, leaving)))
    check_graph(graph)
    return graph


def first_calls(entries: Sequence[Entry], leaving: Sequence[Tensor]) -> dict[str, int]:
    """By layer, the number of its first call: Keras counts a model's inside a model from 1, all others from 0."""
    last: dict[str, int] = {}
    for name, call, _ in (*leaving, *(t for entry in entries for tensors in entry.calls for t in tensors)):
        last[name] = max(call, last.get(name, 0))
    return {e.name: int(isinstance(e.layer, Graph) and last.get(e.name, 0) >= max(1, len(e.calls))) for e in entries}


def clean_names(names: Sequence[str]) -> dict[str, str]:
    """By name in the config, the name here: valid and unique."""
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise KerasConfigError(f"Layer names are unique, but “{twice[:40]}” appears twice; rename one.")
    free = FreeNames()
    return {name: free.take(clean_name(name)) for name in names}


def with_doors(nodes: Sequence[Node], doors: Sequence[str]) -> list[Node]:
    """The nodes with those of the inputs in the model's order: where they stand when they do, else first."""
    standing = [node.id for node in nodes if node.id in doors]
    if standing == list(doors):
        return list(nodes)
    by_id = {node.id: node for node in nodes}
    return [*(by_id[door] for door in doors), *(node for node in nodes if node.id not in doors)]
