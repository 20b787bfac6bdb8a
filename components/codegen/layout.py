"""Python expressions as small trees, laid out in lines as `ruff format` lays them out."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from components.codegen.errors import CodeError

WIDTH = 88
STEP = 4
MOST_LEVELS = 20
"""How deep a value of a config may be nested."""


@dataclass(frozen=True)
class Call:
    """`function(arguments)`; a function that is itself a call gives `layers.Dense(32)(x)`."""

    function: Expression
    arguments: tuple[Expression, ...] = ()


@dataclass(frozen=True)
class Keyword:
    """`name=value` among the arguments of a call."""

    name: str
    value: Expression


@dataclass(frozen=True)
class Entry:
    """`key: value` in a dict."""

    key: str
    value: Expression


@dataclass(frozen=True)
class Display:
    """A list, tuple or dict written out."""

    opening: str
    items: tuple[Expression, ...]
    closing: str


Expression = str | Call | Keyword | Entry | Display
"""A string is Python source that no line break may enter."""


@dataclass
class Line:
    """One line of the file and the nodes that it speaks of."""

    text: str = ""
    nodes: tuple[str, ...] = field(default=())


# Expressions of values


def call(function: Expression, *arguments: Expression, **keywords: Expression) -> Call:
    """A call with positional and keyword arguments, in their order."""
    return Call(function, (*arguments, *(Keyword(name, value) for name, value in keywords.items())))


def listing(items: Iterable[Expression]) -> Display:
    """A list."""
    return Display("[", tuple(items), "]")


def table(entries: Mapping[str, Expression]) -> Display:
    """A dict with strings as its keys."""
    return Display("{", tuple(Entry(string(key), value) for key, value in entries.items()), "}")


def literal(value: Any, tuples: bool = False, level: int = 0) -> Expression:
    """A JSON value as Python; `tuples` writes arrays as tuples, as people write shapes.

    Raises CodeError when it is no JSON value or is nested too deep.
    """
    if level > MOST_LEVELS:
        raise CodeError(f"Values are nested at most {MOST_LEVELS} levels deep, and this one is deeper; flatten it.")
    if isinstance(value, str):
        return string(value)
    if value is None or isinstance(value, (bool, int)):
        return repr(value)
    if isinstance(value, float):
        return repr(value) if value - value == 0 else f'float("{value}")'
    if isinstance(value, Mapping):
        return table({str(key): literal(item, tuples, level + 1) for key, item in value.items()})
    if isinstance(value, (list, tuple)):
        items = tuple(literal(item, tuples, level + 1) for item in value)
        return Display("(", items, ")") if tuples else Display("[", items, "]")
    raise CodeError(f"A value is a number, text, list or object, and this is {type(value).__name__}; change it.")


def string(text: str) -> str:
    """A string literal in the quotes that need fewer escapes; all that does not print is escaped."""
    body = "".join("\\\\" if c == "\\" else c if c in "'\"" else repr(c)[1:-1] for c in text)
    quote = "'" if text.count('"') > text.count("'") else '"'
    return quote + body.replace(quote, "\\" + quote) + quote


# Layout


def width(text: str) -> int:
    """Columns that the text fills: Korean and its neighbours take two a letter, combining marks none."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def flat(expression: Expression) -> str:
    """The expression on one line, however long."""
    match expression:
        case str():
            return expression
        case Keyword(name, value):
            return f"{name}={flat(value)}"
        case Entry(key, value):
            return f"{key}: {flat(value)}"
        case Call(function, arguments):
            return f"{flat(function)}({', '.join(map(flat, arguments))})"
        case Display(opening, items, closing):
            comma = "," if opening == "(" and len(items) == 1 else ""
            return opening + ", ".join(map(flat, items)) + comma + closing


def lay_out(expression: Expression, before: int, indent: int, after: int = 0) -> list[str]:
    """The lines of an expression.

    `before` characters stand in front of it on its first line and are not part of the result, `after` characters must
    still fit behind it, and its further lines begin at `indent`.
    """
    whole = flat(expression)
    if isinstance(expression, str) or before + width(whole) + after <= WIDTH:
        return [whole]
    match expression:
        case Keyword(name, value):
            return prefixed(f"{name}=", value, before, indent, after)
        case Entry(key, value):
            return prefixed(f"{key}: ", value, before, indent, after)
        case Display(opening, items, closing):
            return [opening, *one_per_line(items, indent + STEP), " " * indent + closing] if items else [whole]
        case Call(function, arguments):
            return lay_out_call(function, arguments, before, indent, after)


def prefixed(prefix: str, value: Expression, before: int, indent: int, after: int) -> list[str]:
    """The value's lines with a prefix on the first."""
    first, *rest = lay_out(value, before + width(prefix), indent, after)
    return [prefix + first, *rest]


def lay_out_call(
    function: Expression, arguments: Sequence[Expression], before: int, indent: int, after: int
) -> list[str]:
    """A call too long for one line: brackets break from left to right, and no sooner than they must."""
    opened = lay_out(function, before, indent, 1 if arguments else 2 + after)
    if not arguments:
        return [*opened[:-1], opened[-1] + "()"]
    inside = ", ".join(map(flat, arguments))
    column = width(opened[-1]) + (before if len(opened) == 1 else 0)
    if column + width(inside) + 2 + after <= WIDTH:
        return [*opened[:-1], f"{opened[-1]}({inside})"]
    deeper = indent + STEP
    alone = deeper + width(inside) <= WIDTH
    body = [" " * deeper + inside] if alone else one_per_line(arguments, deeper)
    return [*opened[:-1], opened[-1] + "(", *body, " " * indent + ")"]


def one_per_line(items: Iterable[Expression], indent: int) -> list[str]:
    """Each item on lines of its own, with a comma behind."""
    lines: list[str] = []
    for item in items:
        first, *rest = lay_out(item, indent, indent, 1)
        lines.extend([" " * indent + first, *rest])
        lines[-1] += ","
    return lines


def statement(
    expression: Expression, prefix: str = "", indent: int = STEP, nodes: tuple[str, ...] = (), after: int = 0
) -> list[Line]:
    """`prefix` (say `x = ` or `return `) and the expression as the lines of a statement."""
    start = " " * indent + prefix
    first, *rest = lay_out(expression, width(start), indent, after)
    return [Line(text, nodes) for text in (start + first, *rest)]
