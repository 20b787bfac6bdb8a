"""From the arguments of a constructor to a config: by place or by name, in today's spelling, as JSON."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from components.codereading.errors import NotRead
from components.codereading.keras_names import activation_name
from components.codereading.plain import SCALARS
from components.codereading.values import KerasName, KerasObject, LayerObject, Tensor, Unknown, Value
from components.layers import LayerKind, Parameter, check_config, find_layer
from components.parameters import in_short

Tell = Callable[[str], None]
"""Takes a note about the line that is being read."""

RENAMED: Mapping[str, Mapping[str, str]] = {
    "": {
        "W_constraint": "kernel_constraint",
        "W_regularizer": "kernel_regularizer",
        "b_constraint": "bias_constraint",
        "b_regularizer": "bias_regularizer",
        "bias": "use_bias",
        "border_mode": "padding",
        "init": "kernel_initializer",
        "inner_activation": "recurrent_activation",
        "inner_init": "recurrent_initializer",
        "nb_filter": "filters",
        "output_dim": "units",
        "p": "rate",
        "subsample": "strides",
    },
    "Activation": {"activation": "activation"},
    "ELU": {},
    "Embedding": {},
    "LeakyReLU": {"alpha": "negative_slope"},
}
"""Arguments of earlier Keras and their names today; `""` holds for every layer that has no entry."""

SILENT = {"input_length", "implementation", "unroll", "time_major", "ragged", "batch_size", "synchronized", "weights"}
"""Arguments that change no shape, count or meaning of a model, or that today's Keras knows no more."""

DOOR = {"input_shape", "batch_input_shape", "input_dim", "batch_shape"}
"""Arguments that put an input in front of the first layer of a row."""


def config_of(kind: str, positional: Sequence[Value], named: Mapping[str, Value], tell: Tell) -> dict[str, Any]:
    """The config that the arguments describe; what is not read is told and left at its default."""
    entry = find_layer(kind)
    known = {parameter.name: parameter for parameter in entry.parameters}
    given = by_name(entry, positional, named, tell)
    config: dict[str, Any] = {}
    for key, value in given.items():
        if key not in known:
            if key not in SILENT:
                tell(f"{kind} has no parameter “{shown(key)}” here, so it was left out.")
            continue
        try:
            held = inner_layer(known[key], value) if known[key].type == "layer" else json_value(value, key)
            config[key] = fitting(known[key], held, kind, tell)
        except NotRead as reason:
            tell(f"“{key}” of {kind} was left at its default: {reason}")
    return complete(entry, config, tell)


def fitting(parameter: Parameter, value: Any, kind: str, tell: Tell) -> Any:
    """The value, where a class with arguments is meant but only names are known the name alone, told."""
    if not isinstance(value, dict) or "class_name" not in value or fits(kind, parameter.name, value):
        return value
    name = known_name(parameter, value["class_name"])
    arguments = ", ".join(f"{key}={item}" for key, item in value["config"].items())
    if isinstance(in_short(parameter, value["class_name"], value["config"]), Mapping):
        tell(
            f"{parameter.name} of {kind} is kept as “{name}” with its usual strength; {shown(arguments)} was left out."
        )
    return name


def inner_layer(parameter: Parameter, value: Value) -> Any:
    """The layer that a wrapper holds, as `{"kind", "config"}`."""
    if not isinstance(value, LayerObject) or value.kind not in parameter.choices:
        raise NotRead("what it wraps is not read; wrap a layer such as LSTM or Dense.")
    return {"kind": value.kind, "config": value.config}


def known_name(parameter: Parameter, class_name: str) -> str:
    """The name by which a catalogue's choice knows a class: `he_normal` for `HeNormal`, `l1l2` for `L1L2`."""
    snake = snake_case(class_name)
    return next((name for name in (snake, snake.replace("_", ""), class_name) if name in parameter.choices), snake)


def fits(kind: str, name: str, value: Any) -> bool:
    """Whether the catalogue takes the value for the parameter of that name."""
    return not check_config(kind, {**find_layer(kind).start, name: value})


def by_name(entry: LayerKind, positional: Sequence[Value], named: Mapping[str, Value], tell: Tell) -> dict[str, Value]:
    """All arguments by name, in today's spelling."""
    names = [parameter.name for parameter in entry.parameters]
    given = dict(zip(names, positional, strict=False))
    if len(positional) > len(names):
        tell(f"{entry.name} takes at most {len(names)} arguments by place, so the rest was left out.")
    renamed = RENAMED.get(entry.name, RENAMED[""])
    for key, value in named.items():
        given[key if key in names else renamed.get(key, key)] = value
    return given


def complete(entry: LayerKind, config: dict[str, Any], tell: Tell) -> dict[str, Any]:
    """The config with what the layer cannot do without."""
    for parameter in entry.parameters:
        if parameter.required and parameter.name not in config and parameter.name in entry.start:
            config[parameter.name] = entry.start[parameter.name]
            tell(f"“{parameter.name}” of {entry.name} is not in the code, so {config[parameter.name]} stands there.")
    return config


def json_value(value: Value, key: str) -> Any:
    """The value as JSON; NotRead says what is in the way."""
    if isinstance(value, SCALARS):
        return value
    if isinstance(value, (list, tuple, range)):
        return [json_value(item, key) for item in value]
    if isinstance(value, dict):
        return {str(name): json_value(item, key) for name, item in value.items()}
    if isinstance(value, KerasName):
        return named_value(value)
    if isinstance(value, KerasObject):
        return made_value(value, key)
    raise NotRead(reason_of(value))


def reason_of(value: Value) -> str:
    """Why a value cannot be part of a config."""
    if isinstance(value, LayerObject):
        return f"a layer ({value.kind}) stands where a name is expected; make it a layer of its own."
    if isinstance(value, Tensor):
        return "it depends on what flows through the model; write the number out."
    if isinstance(value, Unknown) and value.reason:
        return f"“{value.reason}” is not in the code; write the value out."
    return "its value is not in the code; write it out."


def named_value(name: KerasName) -> str:
    """`keras.activations.relu`, `tf.float32` or `keras.initializers.HeNormal` as a string."""
    return activation_name(name) or (snake_case(name.last) if name.last[:1].isupper() else name.last)


def made_value(made: KerasObject, key: str) -> Any:
    """`keras.regularizers.L2(0.01)` and its like: a name where all is default, else its class and arguments."""
    title = made.made_by.last
    config = {str(name): json_value(value, key) for name, value in made.named.items()}
    config |= dict(zip(PLACES.get(title, ()), (json_value(v, key) for v in made.positional), strict=False))
    config = {name: value for name, value in config.items() if value is not None}
    if "activations" in made.made_by.path or not config:
        return named_value(made.made_by)
    class_name = {"l1": "L1", "l2": "L2", "l1_l2": "L1L2"}.get(title, camel_case(title))
    return {"class_name": class_name, "config": {RENAMED_HYPER.get(k, k): v for k, v in config.items()}}


PLACES: Mapping[str, tuple[str, ...]] = {
    "l1": ("l1",), "l2": ("l2",), "l1_l2": ("l1", "l2"), "L1": ("l1",), "L2": ("l2",), "L1L2": ("l1", "l2"),
    "Constant": ("value",), "RandomNormal": ("mean", "stddev"), "TruncatedNormal": ("mean", "stddev"),
    "RandomUniform": ("minval", "maxval"), "Orthogonal": ("gain",), 
    "VarianceScaling": ("scale", "mode", "distribution"),
    "MaxNorm": ("max_value",), "max_norm": ("max_value",), "maxnorm": ("max_value",),
    "MinMaxNorm": ("min_value", "max_value"),
}  # fmt: skip
"""Arguments by place of regularisers, initialisers and constraints."""

RENAMED_HYPER = {"l": "l2", "m": "max_value"}


def snake_case(name: str) -> str:
    """`HeNormal` → `he_normal`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def camel_case(name: str) -> str:
    """`max_norm` → `MaxNorm`; a class keeps its name."""
    return name if name[:1].isupper() else "".join(part.capitalize() for part in name.split("_"))


def shown(text: Any) -> str:
    """Text of the source in a note, short and on one line."""
    line = " ".join(str(text).split())
    return line if len(line) <= 60 else line[:59] + "…"
