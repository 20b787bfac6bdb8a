"""Parameters: the typed, named arguments that catalogues list and forms ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

TYPES = ("integer", "number", "boolean", "choice", "text", "integers", "shape")


@dataclass(frozen=True)
class Parameter:
    """One constructor argument: its type, Keras's default, and the values it may have.

    `integers` is a whole number or a list of them (lists may hold lists); `shape` a list in which
    `None` means any size; `least` and `most` bound the numbers in any of them.
    """

    name: str
    type: str
    default: Any = None
    required: bool = False
    least: float | None = None
    most: float | None = None
    choices: tuple[Any, ...] = ()
    help: str = ""

    def but(self, **changes: Any) -> Parameter:
        """The same parameter with some fields replaced."""
        return replace(self, **changes)


def integer(name: str, default: int | None = None, least: int | None = 1, help: str = "", **more: Any) -> Parameter:
    """A whole number."""
    return Parameter(name, "integer", default, least=least, help=help, **more)


def number(name: str, default: float | None = None, help: str = "", **more: Any) -> Parameter:
    """A real number."""
    return Parameter(name, "number", default, help=help, **more)


def boolean(name: str, default: bool, help: str = "") -> Parameter:
    """Yes or no."""
    return Parameter(name, "boolean", default, help=help)


def choice(name: str, default: Any, choices: Sequence[Any], help: str = "", **more: Any) -> Parameter:
    """One of several; when the default is not among them it is offered first."""
    offered = tuple(choices) if default in choices or more.get("required") else (default, *choices)
    return Parameter(name, "choice", default, choices=offered, help=help, **more)


def text(name: str, default: str | None = None, help: str = "", **more: Any) -> Parameter:
    """Free text."""
    return Parameter(name, "text", default, help=help, **more)


def integers(name: str, default: Any = None, least: int | None = 1, help: str = "", **more: Any) -> Parameter:
    """A whole number, or several."""
    return Parameter(name, "integers", default, least=least, help=help, **more)


def shape(name: str, help: str = "", **more: Any) -> Parameter:
    """Sizes without the batch axis."""
    return Parameter(name, "shape", least=1, help=help, **more)


# Checking


def check_values(owner: str, parameters: Sequence[Parameter], config: Mapping[str, Any]) -> list[str]:
    """What is wrong with the values, a sentence each: the rule, the value and the remedy."""
    known = {parameter.name: parameter for parameter in parameters}
    sentences = [
        f"{owner} has no parameter “{name}”; remove it." for name in config if name not in known
    ]
    sentences += [
        f"{owner} needs a value for {parameter.name}; enter one."
        for parameter in parameters
        if parameter.required and config.get(parameter.name) is None
    ]
    for name, value in config.items():
        if name in known and not is_allowed(known[name], value):
            sentences.append(f"{name} is {rule_of(known[name])}, and this is {shorten(value)}; choose one that fits.")
    return sentences


def is_allowed(parameter: Parameter, value: Any) -> bool:
    """Whether the parameter may have the value; its default is always allowed, `None` when it is that."""
    if value is None or value == parameter.default:
        return value == parameter.default or parameter.required
    return CHECKS[parameter.type](parameter, value)


def in_range(parameter: Parameter, value: float) -> bool:
    """Whether the number is finite and within the parameter's bounds."""
    least = float("-inf") if parameter.least is None else parameter.least
    most = float("inf") if parameter.most is None else parameter.most
    return least <= value <= most and abs(value) < float("inf")


def is_whole(value: Any) -> bool:
    """Whether it is a whole number and no truth value."""
    return isinstance(value, int) and not isinstance(value, bool)


def are_whole(parameter: Parameter, value: Any) -> bool:
    """Whether it is a whole number in range, or a list of such (lists)."""
    if isinstance(value, (list, tuple)):
        return bool(value) and all(are_whole(parameter, item) for item in value)
    return is_whole(value) and in_range(parameter, value)


def is_shape(parameter: Parameter, value: Any) -> bool:
    """Whether it is a list of sizes, `None` meaning any."""
    if not isinstance(value, (list, tuple)):
        return False
    return all(size is None or (is_whole(size) and (size == -1 or in_range(parameter, size))) for size in value)


CHECKS = {
    "integer": lambda parameter, value: is_whole(value) and in_range(parameter, value),
    "number": lambda parameter, value: (is_whole(value) or isinstance(value, float)) and in_range(parameter, value),
    "boolean": lambda _, value: isinstance(value, bool),
    "choice": lambda parameter, value: isinstance(value, (str, int, float)) and value in parameter.choices,
    "text": lambda _, value: isinstance(value, str) and len(value) <= 500,
    "integers": are_whole,
    "shape": is_shape,
}

KINDS = {
    "integer": "a whole number",
    "number": "a number",
    "boolean": "yes or no",
    "text": "text of at most 500 characters",
    "integers": "a whole number or a list of them",
    "shape": "a list of sizes",
}


def rule_of(parameter: Parameter) -> str:
    """What the parameter may be, in words."""
    if parameter.type == "choice":
        return "one of " + ", ".join(str(option) for option in parameter.choices)
    bounds = ""
    if parameter.least is not None and parameter.most is not None:
        bounds = f" from {parameter.least:g} to {parameter.most:g}"
    elif parameter.least is not None:
        bounds = f" of at least {parameter.least:g}"
    elif parameter.most is not None:
        bounds = f" of at most {parameter.most:g}"
    return KINDS[parameter.type] + bounds


def shorten(value: Any) -> str:
    """The value as a person sees it, cut when long."""
    written = repr(value)
    return written if len(written) <= 60 else written[:60] + "…"
