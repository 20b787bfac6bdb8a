"""Plain Python on plain values, bounded: no operation here can take long or much memory."""

from __future__ import annotations

import math
import operator
import re
import string
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from components.codereading.errors import NotRead
from components.unpacking import is_whole

MOST_ITEMS = 10_000
"""Items of a list, characters of a text, rounds of a loop."""

TOO_MANY = f"This gives more than {MOST_ITEMS} items, and no model's description needs so many; write fewer."
ODD_FORMAT = "This text is formatted in a way that is not read; write it out."

LARGEST = 2**63
"""Whole numbers are kept below it."""

SCALARS = (int, float, str, bool, type(None))

PLAIN = (*SCALARS, list, tuple, dict, set, range)

Binary = Callable[[Any, Any], Any]


def is_plain(value: Any) -> bool:
    """Whether the value is one that JSON has, or a tuple of such."""
    items = value if isinstance(value, (list, tuple)) else [value]
    return all(isinstance(item, SCALARS) for item in items)


def bounded(value: Any) -> Any:
    """The value; NotRead when it, or all that it holds, is too large to be part of a model's description."""
    if isinstance(value, int) and abs(value) >= LARGEST:
        raise NotRead("This gives a number too large for any layer; write a smaller one.")
    if isinstance(value, complex):
        raise NotRead("This gives a complex number, which no layer takes; write a real one.")
    if isinstance(value, (str, range)) and len(value) > MOST_ITEMS:
        raise NotRead(TOO_MANY)
    if isinstance(value, str) and not is_whole(value):
        raise NotRead("This text holds half a character, which no file can keep; write the whole one.")
    pending, count = [value], 0
    while pending and isinstance(held := pending.pop(), (list, tuple, dict, set)):
        count += len(held)
        if count > MOST_ITEMS:
            raise NotRead(TOO_MANY)
        inside = held.values() if isinstance(held, dict) else held
        pending.extend(item for item in inside if isinstance(item, (list, tuple, dict, set)))
    return value


def multiply(left: Any, right: Any) -> Any:
    """`left * right`; repeated sequences stay short."""
    for sequence, times in ((left, right), (right, left)):
        if isinstance(sequence, (str, list, tuple)) and isinstance(times, int):
            bounded(range(len(sequence) * max(times, 0)))
    return left * right


def power(left: Any, right: Any) -> Any:
    """`left ** right` for exponents that end soon."""
    if not isinstance(left, (int, float)) or not isinstance(right, (int, float)) or abs(right) > 64:
        raise NotRead("This power is too large for any layer; write the number out.")
    return left**right


def shift(left: Any, right: Any) -> Any:
    """`left << right` for few bits."""
    if not isinstance(right, int) or right > 64:
        raise NotRead("This shifts by more bits than any layer needs; write the number out.")
    return left << right


def remainder(left: Any, right: Any) -> Any:
    """`left % right`: the remainder, or `"block_%d" % 3`."""
    if not isinstance(left, str):
        return left % right
    values = right if isinstance(right, tuple) else (right,)
    if re.search(r"\d{4}|\*", left) or not all(isinstance(value, SCALARS) for value in values):
        raise NotRead(ODD_FORMAT)
    return left % right


BINARY: Mapping[str, Binary] = {
    "Add": operator.add,
    "Sub": operator.sub,
    "Mult": multiply,
    "Div": operator.truediv,
    "FloorDiv": operator.floordiv,
    "Mod": remainder,
    "Pow": power,
    "LShift": shift,
    "RShift": operator.rshift,
    "BitAnd": operator.and_,
    "BitOr": operator.or_,
    "BitXor": operator.xor,
}

COMPARISONS: Mapping[str, Binary] = {
    "Eq": operator.eq,
    "NotEq": operator.ne,
    "Lt": operator.lt,
    "LtE": operator.le,
    "Gt": operator.gt,
    "GtE": operator.ge,
    "Is": operator.is_,
    "IsNot": operator.is_not,
    "In": lambda left, right: left in right,
    "NotIn": lambda left, right: left not in right,
}

UNARY: Mapping[str, Callable[[Any], Any]] = {
    "USub": operator.neg,
    "UAdd": operator.pos,
    "Not": operator.not_,
    "Invert": operator.invert,
}


# Builtin functions and the methods of texts, lists and dicts


def listed(items: Any = ()) -> list[Any]:
    """`list(items)`."""
    return list(bounded(items))


BUILTINS: Mapping[str, Callable[..., Any]] = {
    "range": lambda *a: bounded(range(*a)),
    "len": len,
    "int": lambda value=0: int(value),
    "float": lambda value=0.0: float(value),
    "str": lambda value="": str(value) if isinstance(value, SCALARS) else refuse("str"),
    "bool": bool,
    "abs": abs,
    "round": round,
    "min": min,
    "max": max,
    "sum": lambda items, start=0: sum(items, start) if isinstance(start, (int, float)) else refuse("sum"),
    "list": listed,
    "tuple": lambda items=(): tuple(listed(items)),
    "set": lambda items=(): set(listed(items)),
    "dict": dict,
    "zip": lambda *sequences, strict=False: list(zip(*map(listed, sequences), strict=False)),
    "enumerate": lambda items, start=0: list(enumerate(listed(items), start)),
    "reversed": lambda items: listed(items)[::-1],
    "sorted": lambda items, reverse=False: sorted(listed(items), reverse=reverse),
    "any": any,
    "all": all,
    "divmod": divmod,
    "pow": power,
    "math.ceil": math.ceil,
    "math.floor": math.floor,
    "math.log": math.log,
    "math.log2": math.log2,
    "math.prod": lambda items: math.prod(float(item) if isinstance(item, float) else int(item) for item in items),
    "math.sqrt": math.sqrt,
}


def refuse(name: str) -> Any:
    """Raise NotRead for a use of a builtin that is not read."""
    raise NotRead(f"“{name}” is used in a way that is not read; write its result out.")


class PlainFormatter(string.Formatter):
    """`str.format` without attributes, subscripts or wide padding."""

    def get_field(self, field_name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """The argument of that number or name."""
        if not re.fullmatch(r"\w*", field_name):
            raise NotRead(ODD_FORMAT)
        return super().get_field(field_name, args, kwargs)

    def format_field(self, value: Any, format_spec: str) -> str:
        """The value in a short format."""
        return formatted(value, format_spec)


def formatted(value: Any, spec: str = "") -> str:
    """A value in an f-string."""
    if not isinstance(value, SCALARS) or re.search(r"\d{3}", spec):
        raise NotRead(ODD_FORMAT)
    return bounded(format(value, spec))


def format_text(text: str, *values: Any, **named: Any) -> str:
    """`text.format(…)`."""
    return bounded(PlainFormatter().vformat(text, values, named))


def replace_text(text: str, old: str, new: str, count: int = -1) -> str:
    """`text.replace(old, new)`, never long."""
    bounded(range((len(text) + 1) * (len(new) + 1)))
    return text.replace(old, new, count)


def join_texts(text: str, items: Any) -> str:
    """`text.join(items)`, never long."""
    parts = listed(items)
    bounded(range(sum(len(part) + len(text) for part in parts)))
    return text.join(parts)


def extend_list(items: list[Any], more: Any) -> None:
    """`items.extend(more)`, never long."""
    bounded([items, listed(more)])
    items.extend(more)


def append_item(items: list[Any], item: Any) -> None:
    """`items.append(item)`, never long."""
    bounded([items, item])
    items.append(item)


def insert_item(items: list[Any], place: int, item: Any) -> None:
    """`items.insert(place, item)`, never long."""
    bounded([items, item])
    items.insert(place, item)


def update_table(table: dict[Any, Any], *more: Any, **named: Any) -> None:
    """`table.update(…)`, never large."""
    bounded({**table, **dict(*more, **named)})
    table.update(*more, **named)


METHODS: Mapping[tuple[type, str], Callable[..., Any]] = {
    (str, "format"): format_text,
    (str, "replace"): replace_text,
    (str, "join"): join_texts,
    (str, "lower"): str.lower,
    (str, "upper"): str.upper,
    (str, "title"): str.title,
    (str, "strip"): str.strip,
    (str, "split"): str.split,
    (str, "startswith"): str.startswith,
    (str, "endswith"): str.endswith,
    (list, "append"): append_item,
    (list, "extend"): extend_list,
    (list, "insert"): insert_item,
    (list, "pop"): list.pop,
    (list, "reverse"): list.reverse,
    (list, "index"): list.index,
    (list, "copy"): list.copy,
    (dict, "get"): dict.get,
    (dict, "items"): lambda table: list(table.items()),
    (dict, "keys"): lambda table: list(table.keys()),
    (dict, "values"): lambda table: list(table.values()),
    (dict, "update"): update_table,
    (dict, "pop"): dict.pop,
    (dict, "copy"): dict.copy,
    (dict, "setdefault"): dict.setdefault,
}
