"""Parameters: the typed arguments of layers and settings, and the sentences that say why a value does not fit."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

TYPES = (
    "integer",  # 3
    "number",  # 0.5
    "boolean",  # true
    "choice",  # one of `choices`; an initialiser, regulariser or constraint also as {"class_name", "config"}
    "text",  # "…"
    "texts",  # ["…", …]
    "integers",  # 3 or [3, 3]; exactly `length` of them when it is set; with `pairs` also [[1, 1], [0, 2]]
    "numbers",  # 0.5 or [0.1, 0.2]; ditto
    "shape",  # [null, 32]
    "layer",  # {"kind": "LSTM", "config": {"units": 32}}, of one of the kinds in `choices`
)

MOST_CHARACTERS = 500
LARGEST = 1e300
"""Numbers beyond it do not survive arithmetic."""


@dataclass(frozen=True)
class Parameter:
    """One constructor argument: Keras's name and default, and what a form needs to ask for it.

    `least` and `most` bound the numbers in it, `length` says how many a list of them has; with `pairs` each of
    these may be a pair (before, after). None among the `choices`
    is a value of its own. `objects` names the Keras classes, each with its parameters, that a choice may also spell
    out as `{"class_name": …, "config": …}`.
    """

    name: str
    type: str
    default: Any = None
    required: bool = False
    least: float | None = None
    most: float | None = None
    choices: tuple[Any, ...] = ()
    help: str = ""
    length: int | None = None
    pairs: bool = False
    objects: Mapping[str, tuple[Parameter, ...]] | None = None

    def but(self, **changes: Any) -> Parameter:
        """The same parameter with some of its facts changed."""
        return replace(self, **changes)

    @property
    def takes_none(self) -> bool:
        """Whether null is a value of its own."""
        return None in self.choices or (self.default is None and not self.required)


def boolean(name: str, default: bool | None, help: str, **more: Any) -> Parameter:
    """A switch."""
    return Parameter(name, "boolean", default, help=help, **more)


def integer(name: str, help: str, default: int | None = None, *, least: int | None = 1, **more: Any) -> Parameter:
    """A whole number; required when it has no default, unless `required=False` says otherwise."""
    return Parameter(name, "integer", default, least=least, help=help, **{"required": default is None, **more})


def number(name: str, help: str, default: float | None = None, **more: Any) -> Parameter:
    """A number; required when it has no default, unless `required=False` says otherwise."""
    return Parameter(name, "number", default, help=help, **{"required": default is None, **more})


def choice(name: str, help: str, default: Any, *choices: Any, **more: Any) -> Parameter:
    """One of several names; a default of None is offered first."""
    offered = choices if default in choices else (default, *choices)
    return Parameter(name, "choice", default, choices=offered, help=help, **more)


def text(name: str, help: str, default: str | None = None, **more: Any) -> Parameter:
    """Free text; required when it has no default, unless `required=False` says otherwise."""
    return Parameter(name, "text", default, help=help, **{"required": default is None, **more})


# Spelling out a choice

SHORT = {"uniform": "RandomUniform", "normal": "RandomNormal"}
"""Names of Keras's that do not resemble the class they stand for."""


def class_named(parameter: Parameter, name: Any) -> str | None:
    """The class that a name stands for with its usual arguments: `he_normal` → `HeNormal`; None where there is none."""
    wanted = SHORT.get(name, str(name)).replace("_", "").lower()
    return next((title for title in parameter.objects or () if title.lower() == wanted), None)


def spelled_out(parameter: Parameter, value: Any) -> tuple[str, Mapping[str, Any]] | None:
    """The class and the arguments that a choice stands for, be it a name or spelled out; None where it has no class."""
    if isinstance(value, Mapping):
        return str(value.get("class_name")), value.get("config") or {}
    title = class_named(parameter, value)
    return (title, {}) if title is not None else None


def in_short(parameter: Parameter, title: str, config: Mapping[str, Any]) -> Any:
    """The class with those arguments as a choice: its name where all are as usual, else spelled out without these.

    A class that has no name is spelled out whole.
    """
    usual = {fact.name: fact.default for fact in (parameter.objects or {}).get(title, ())}
    names = [name for name in parameter.choices if name is not None and class_named(parameter, name) == title]
    if not names:
        whole = {**usual, **config}
        return {"class_name": title, "config": {key: item for key, item in whole.items() if item is not None}}
    kept = {key: item for key, item in config.items() if key not in usual or item != usual[key]}
    if kept:
        return {"class_name": title, "config": kept}
    return parameter.default if parameter.default in names else names[0]


# Checking a value


def show(value: Any) -> str:
    """A value as a person would write it, cut when it is long."""
    if value is None or isinstance(value, bool):
        return {None: "nothing", True: "true", False: "false"}[value]
    written = f"“{value}”" if isinstance(value, str) else repr(value)
    return written if len(written) <= 60 else written[:59] + "…"


def nearest(value: Any, known: Iterable[Any]) -> str:
    """The known name that resembles the value most, or an empty text."""
    names = [name for name in known if isinstance(name, str)]
    found = difflib.get_close_matches(str(value)[:60].lower(), names, n=1, cutoff=0.6)
    return found[0] if found else ""


def check_value(parameter: Parameter, value: Any) -> str | None:
    """One sentence (rule, value, remedy) when the value does not fit the parameter, otherwise None."""
    if value is None and parameter.takes_none:
        return None
    if value is None:
        return f"{parameter.name} is not set, and it has to be; give it a value."
    complaint = CHECKS[parameter.type](parameter, value)
    return f"{parameter.name} {complaint}" if complaint else None


def is_whole(value: Any) -> bool:
    """A whole number; true and false are none."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: Any) -> bool:
    """A finite number; true and false are none."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= LARGEST


def inside(parameter: Parameter, value: float) -> bool:
    """Whether the value is between the parameter's limits, both included."""
    above = parameter.least is None or value >= parameter.least
    return above and (parameter.most is None or value <= parameter.most)


def range_of(parameter: Parameter) -> str:
    """The limits in words, with a leading space."""
    least, most = parameter.least, parameter.most
    if least is not None and most is not None:
        return f" from {least:,g} to {most:,g}".replace(",", "\u2009")
    if least is not None:
        return f" of at least {least:g}"
    return "" if most is None else f" of at most {most:g}"


def check_number(parameter: Parameter, value: Any) -> str | None:
    """For "integer" and "number"."""
    whole = parameter.type == "integer"
    if (is_whole(value) if whole else is_number(value)) and inside(parameter, value):
        return None
    kind = "whole number" if whole else "number"
    return f"is a {kind}{range_of(parameter)}, and this is {show(value)}; choose {suggestion(parameter)}."


def suggestion(parameter: Parameter) -> str:
    """A value that would do."""
    if parameter.default is not None:
        return f"{parameter.default}, its default, or another in range"
    return "one in range" if range_of(parameter) else "a number"


def check_boolean(parameter: Parameter, value: Any) -> str | None:
    """For "boolean"."""
    return None if isinstance(value, bool) else f"is true or false, and this is {show(value)}; choose one of the two."


def check_choice(parameter: Parameter, value: Any) -> str | None:
    """For "choice"."""
    if parameter.objects and isinstance(value, Mapping):
        return check_object(parameter.objects, value)
    if isinstance(value, str) and value in parameter.choices:
        return None
    names = [name for name in parameter.choices if name is not None]
    resembling = nearest(value, names)
    remedy = f"did you mean “{resembling}”?" if resembling else "choose one of them."
    return f"is one of {', '.join(names)}, and this is {show(value)}; {remedy}"


def check_object(objects: Mapping[str, tuple[Parameter, ...]], value: Mapping[str, Any]) -> str | None:
    """For a class spelled out with its arguments, which are plain values."""
    name, config = value.get("class_name"), value.get("config", {})
    if not isinstance(name, str) or name not in objects:
        return f"may spell out one of {', '.join(objects)}, and this is {show(name)}; choose one of those."
    known = {parameter.name: parameter for parameter in objects[name]}
    for key, item in config.items() if isinstance(config, Mapping) else [("config", config)]:
        if key not in known:
            taken = ", ".join(known) or "nothing"
            return f"spells out {name}, which takes {taken}, and this sets {key} to {show(item)}; correct it."
        if sentence := check_value(known[key], item):
            return f"spells out {name}, whose {sentence}"
    return None


def check_text(parameter: Parameter, value: Any) -> str | None:
    """For "text"."""
    if isinstance(value, str) and len(value) <= MOST_CHARACTERS:
        return None
    return f"is text of at most {MOST_CHARACTERS} characters, and this is {show(value)}; write it as such."


def check_texts(parameter: Parameter, value: Any) -> str | None:
    """For "texts"."""
    if isinstance(value, (list, tuple)) and value and all(isinstance(item, str) for item in value):
        return None
    return f"is a list of texts, and this is {show(value)}; separate them by commas."


def check_several(parameter: Parameter, value: Any) -> str | None:
    """For "integers" and "numbers"."""
    if parameter.pairs:
        return check_margins(parameter, value)
    whole = parameter.type == "integers"
    fits: Callable[[Any], bool] = is_whole if whole else is_number
    items = value if isinstance(value, (list, tuple)) else [value]
    counted = not isinstance(value, (list, tuple)) or parameter.length is None or len(value) == parameter.length
    if items and counted and all(fits(item) and inside(parameter, item) for item in items):
        return None
    kind = "whole number" if whole else "number"
    count = "a list of them" if parameter.length is None else f"a list of {parameter.length}"
    limits = f", each{range_of(parameter)}" if range_of(parameter) else ""
    return f"is a {kind} or {count}{limits}, and this is {show(value)}; write it as {example(parameter)}."


def example(parameter: Parameter) -> str:
    """What would do for "integers" and "numbers"."""
    one = 1 if inside(parameter, 1) else parameter.least
    return f"{one} or {[one] * (parameter.length or 2)}"


def check_margins(parameter: Parameter, value: Any) -> str | None:
    """For what is added to or cut from sides: one number, or per axis a number or a pair (before, after)."""
    axes = parameter.length or 1
    if is_side(value) or (axes == 1 and is_pair(value)):
        return None
    several = isinstance(value, (list, tuple)) and axes > 1 and len(value) == axes
    if several and (all(map(is_side, value)) or all(map(is_pair, value))):
        return None
    shape = "a pair (before, after)" if axes == 1 else f"{axes} of them, one for each axis, or {axes} pairs"
    wanted = [1, 1] if axes == 1 else [[1, 1]] * axes
    return f"is a whole number of at least 0, or {shape}, and this is {show(value)}; write it as 1 or {wanted}."


def is_side(value: Any) -> bool:
    """How much is added to or cut from one side."""
    return is_whole(value) and value >= 0


def is_pair(value: Any) -> bool:
    """Before and after."""
    return isinstance(value, (list, tuple)) and len(value) == 2 and all(map(is_side, value))


def check_shape(parameter: Parameter, value: Any) -> str | None:
    """For "shape": sizes of axes, without the batch; -1 where `least` allows it, null means any length."""
    least = 1 if parameter.least is None else parameter.least
    sizes = value if isinstance(value, (list, tuple)) else None
    if sizes is not None and all(item is None or (is_whole(item) and least <= item and item != 0) for item in sizes):
        return None
    return f"is a list of the axes' sizes without the batch, and this is {show(value)}; write it as [28, 28, 1]."


def check_layer(parameter: Parameter, value: Any) -> str | None:
    """For "layer": its kind; `layers.check_config` looks into its config."""
    kind = value.get("kind") if isinstance(value, Mapping) else None
    if isinstance(value, Mapping) and kind in parameter.choices and isinstance(value.get("config", {}), Mapping):
        return None
    kinds = ", ".join(parameter.choices)
    return f"is a layer of its own, one of {kinds}, and this is {show(value)}; choose one of those."


CHECKS: Mapping[str, Callable[[Parameter, Any], str | None]] = {
    "integer": check_number,
    "number": check_number,
    "boolean": check_boolean,
    "choice": check_choice,
    "text": check_text,
    "texts": check_texts,
    "integers": check_several,
    "numbers": check_several,
    "shape": check_shape,
    "layer": check_layer,
}


def check_values(owner: str, parameters: Sequence[Parameter], config: Mapping[str, Any]) -> list[str]:
    """Every sentence that the arguments deserve: unknown names, missing ones, values that do not fit."""
    known = {parameter.name: parameter for parameter in parameters}
    sentences = [unknown_name(owner, known, name) for name in config if name not in known]
    for name, parameter in known.items():
        if name in config:
            sentence = check_value(parameter, config[name])
            sentences += [sentence] if sentence else []
        elif parameter.required:
            sentences.append(f"{owner} needs {name}, and it is not set; give it a value.")
    return sentences


def unknown_name(owner: str, known: Mapping[str, Parameter], name: str) -> str:
    """The sentence for an argument that is not there."""
    resembling = nearest(name, known)
    remedy = f"did you mean “{resembling}”?" if resembling else "remove it."
    return f"{owner} has no parameter {show(name)}; {remedy}"
