"""Expressions of a source and what they stand for, worked out without running any of it."""

from __future__ import annotations

import ast
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from components.codereading.configs import shown
from components.codereading.errors import NotRead
from components.codereading.operators import Operators
from components.codereading.plain import BUILTINS, COMPARISONS, PLAIN, SCALARS, UNARY, bounded, formatted
from components.codereading.values import (
    Builtin,
    Function,
    Scope,
    SequentialObject,
    Tensor,
    Unknown,
    Value,
)

MOST_STEPS = 200_000
MOST_SECONDS = 5.0
"""How much of a source is followed before reading ends."""


class OutOfBudget(Exception):
    """The source asks for more work than reading a model takes."""


class Evaluator(Operators):
    """Works out expressions; what it cannot is told and becomes Unknown."""

    def __init__(self, seconds: float = MOST_SECONDS) -> None:
        super().__init__()
        self.steps = 0
        self.deadline = time.monotonic() + seconds

    def call(self, callee: Value, positional: list[Value], named: dict[str, Value], node: ast.Call) -> Value:
        """What a call gives; the next class knows."""
        raise NotImplementedError

    def spend(self) -> None:
        """Count a step; OutOfBudget when there were too many."""
        self.steps += 1
        if self.steps > MOST_STEPS or (self.steps % 100 == 0 and time.monotonic() > self.deadline):
            raise OutOfBudget

    def evaluate(self, node: ast.expr, scope: Scope) -> Value:
        """What the expression stands for."""
        self.spend()
        self.line = node.lineno
        evaluator = EVALUATORS.get(type(node))
        try:
            if evaluator is None:
                raise NotRead(f"“{source_of(node)}” is not read; write it out.")
            return evaluator(self, node, scope)
        except NotRead as reason:
            self.tell(str(reason), node.lineno)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            self.tell(f"“{source_of(node)}” gives no value; correct it.", node.lineno)
        return Unknown(source_of(node))

    def name(self, node: ast.Name, scope: Scope) -> Value:
        """A name."""
        if scope.knows(node.id):
            return scope.find(node.id)
        if node.id in BUILTINS or node.id in BUILTIN_CALLS:
            return Builtin(node.id)
        return Unknown(node.id)

    def display(self, node: ast.List | ast.Tuple | ast.Set, scope: Scope) -> Value:
        """A list or tuple; a set is read as a list."""
        items: list[Value] = []
        for item in node.elts:
            if isinstance(item, ast.Starred):
                held = self.evaluate(item.value, scope)
                items.extend(held if isinstance(held, (list, tuple, range)) else [Unknown(source_of(item))])
            else:
                items.append(self.evaluate(item, scope))
        bounded(items)
        return tuple(items) if isinstance(node, ast.Tuple) else items

    def table(self, node: ast.Dict, scope: Scope) -> Value:
        """A dict."""
        table: dict[Any, Value] = {}
        for key, value in zip(node.keys, node.values, strict=True):
            held = self.evaluate(value, scope)
            if key is not None:
                table[self.evaluate(key, scope)] = held
            elif isinstance(held, dict):
                table.update(held)
        return bounded(table)

    def text(self, node: ast.JoinedStr, scope: Scope) -> Value:
        """An f-string."""
        parts: list[str] = []
        for part in node.values:
            if isinstance(part, ast.Constant):
                parts.append(str(part.value))
                continue
            assert isinstance(part, ast.FormattedValue)
            value = self.evaluate(part.value, scope)
            spec = self.evaluate(part.format_spec, scope) if part.format_spec else ""
            if isinstance(value, Unknown) or not isinstance(spec, str):
                return Unknown(source_of(node))
            parts.append(formatted(value, spec))
        return bounded("".join(parts))

    def binary(self, node: ast.BinOp, scope: Scope) -> Value:
        """`left + right` and its like."""
        left, right = self.evaluate(node.left, scope), self.evaluate(node.right, scope)
        self.line = node.lineno
        return self.combine(type(node.op).__name__, left, right, source_of(node))

    def unary(self, node: ast.UnaryOp, scope: Scope) -> Value:
        """`-x` and `not x`."""
        value = self.evaluate(node.operand, scope)
        if isinstance(value, Tensor) and isinstance(node.op, ast.USub):
            return self.combine_tensors("Mult", value, -1.0, source_of(node))
        if isinstance(node.op, ast.Not) and (truth := self.truth(value)) is not None:
            return not truth
        if not isinstance(value, PLAIN):
            return Unknown(source_of(node))
        return bounded(UNARY[type(node.op).__name__](value))

    def boolean(self, node: ast.BoolOp, scope: Scope) -> Value:
        """`a and b`, `a or b`."""
        unsure: Unknown | None = None
        value: Value = None
        for operand in node.values:
            value = self.evaluate(operand, scope)
            truth = self.truth(value)
            if truth is None:
                unsure = Unknown(source_of(node))
            elif truth == isinstance(node.op, ast.Or):
                return value
        return unsure or value

    def comparison(self, node: ast.Compare, scope: Scope) -> Value:
        """`a < b < c`."""
        left = self.evaluate(node.left, scope)
        for operator, right_node in zip(node.ops, node.comparators, strict=True):
            right = self.evaluate(right_node, scope)
            if isinstance(left, Unknown) or isinstance(right, Unknown):
                return Unknown(source_of(node))
            identity = isinstance(operator, (ast.Is, ast.IsNot))
            if not identity and not (isinstance(left, PLAIN) and isinstance(right, PLAIN)):
                return Unknown(source_of(node))
            if not COMPARISONS[type(operator).__name__](bounded(left), bounded(right)):
                return False
            left = right
        return True

    def choice(self, node: ast.IfExp, scope: Scope) -> Value:
        """`a if test else b`; where the test is not known, `b`."""
        truth = self.truth(self.evaluate(node.test, scope))
        if truth is None:
            self.tell(f"Whether “{source_of(node.test)}” holds is not in the code, so it was taken as false.")
        return self.evaluate(node.body if truth else node.orelse, scope)

    def attribute(self, node: ast.Attribute, scope: Scope) -> Value:
        """`value.name`."""
        return self.member_of(self.evaluate(node.value, scope), node.attr)

    def subscript(self, node: ast.Subscript, scope: Scope) -> Value:
        """`value[index]`."""
        value = self.evaluate(node.value, scope)
        index = self.slice(node.slice, scope) if isinstance(node.slice, ast.Slice) else self.evaluate(node.slice, scope)
        if isinstance(value, Tensor):
            self.line = node.lineno
            raise NotRead(f"“{source_of(node)}” cuts a tensor, which no layer does; use a layer such as Cropping1D.")
        if isinstance(value, (list, tuple, str, range, dict)) and not isinstance(index, Unknown):
            return value[index]
        return Unknown(source_of(node))

    def slice(self, node: ast.Slice, scope: Scope) -> Value:
        """`start:stop:step` inside brackets."""
        parts = [None if part is None else self.evaluate(part, scope) for part in (node.lower, node.upper, node.step)]
        return slice(*parts) if all(part is None or isinstance(part, int) for part in parts) else Unknown("slice")

    def comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp, scope: Scope) -> Value:
        """`[… for … in …]`."""
        items: list[Value] = []
        for inner in self.rounds(node.generators, Scope(around=scope)):
            items.append(self.evaluate(node.elt, inner))
        return bounded(items)

    def table_comprehension(self, node: ast.DictComp, scope: Scope) -> Value:
        """`{…: … for … in …}`."""
        rounds = self.rounds(node.generators, Scope(around=scope))
        return bounded({self.evaluate(node.key, inner): self.evaluate(node.value, inner) for inner in rounds})

    def rounds(self, generators: Sequence[ast.comprehension], scope: Scope) -> Iterator[Scope]:
        """The scope in every round of a comprehension's loops."""
        if not generators:
            yield scope
            return
        first, *rest = generators
        for item in self.items_of(first.iter, scope):
            self.assign(first.target, item, scope)
            if all(self.truth(self.evaluate(test, scope)) for test in first.ifs):
                yield from self.rounds(rest, scope)

    def items_of(self, node: ast.expr, scope: Scope) -> list[Value]:
        """What a loop runs over; NotRead when that is not in the code."""
        value = self.evaluate(node, scope)
        if isinstance(value, SequentialObject):
            value = value.layers
        if not isinstance(value, (list, tuple, range, str, dict, set)):
            raise NotRead(f"What the loop over “{source_of(node)}” runs over is not in the code, so it was left out.")
        return list(bounded(value))

    def assign(self, target: ast.expr, value: Value, scope: Scope) -> None:
        """`target = value`, unpacking where the target is a tuple."""
        if isinstance(target, ast.Name):
            scope.set(target.id, value)
        elif isinstance(target, (ast.Tuple, ast.List)):
            self.unpack(target, value, scope)
        elif isinstance(target, ast.Starred):
            self.assign(target.value, value, scope)
        elif isinstance(target, ast.Subscript):
            self.assign_item(target, value, scope)
        elif isinstance(target, ast.Attribute):
            self.assign_member(self.evaluate(target.value, scope), target.attr, value)

    def unpack(self, target: ast.Tuple | ast.List, value: Value, scope: Scope) -> None:
        """`a, b = value`, also with one starred name."""
        names = target.elts
        if not isinstance(value, (list, tuple, range)):
            value = [Unknown(source_of(target))] * len(names)
        values = list(value)
        star = next((i for i, name in enumerate(names) if isinstance(name, ast.Starred)), None)
        if star is not None and len(values) >= len(names) - 1:
            end = len(values) - (len(names) - star - 1)
            values = [*values[:star], values[star:end], *values[end:]]
        if len(values) != len(names):
            self.tell(f"{len(names)} names stand for {len(values)} values here; make them agree.", target.lineno)
            values = [*values, *[Unknown()] * len(names)]
        for name, item in zip(names, values, strict=False):
            self.assign(name, item, scope)

    def assign_item(self, target: ast.Subscript, value: Value, scope: Scope) -> None:
        """`table[key] = value`."""
        held = self.evaluate(target.value, scope)
        key = self.evaluate(target.slice, scope) if not isinstance(target.slice, ast.Slice) else Unknown()
        in_dict = isinstance(held, dict) and isinstance(key, SCALARS)
        in_list = isinstance(held, list) and isinstance(key, int) and -len(held) <= key < len(held)
        if in_dict or in_list:
            bounded([held, value])
            held[key] = value

    def named_expression(self, node: ast.NamedExpr, scope: Scope) -> Value:
        """`(name := value)`."""
        value = self.evaluate(node.value, scope)
        self.assign(node.target, value, scope)
        return value

    def function(self, node: ast.Lambda, scope: Scope) -> Value:
        """`lambda x: …`."""
        return self.make_function("lambda", node.args, node.body, scope, node.lineno)

    def make_function(
        self, name: str, arguments: ast.arguments, body: list[ast.stmt] | ast.expr, scope: Scope, line: int
    ) -> Function:
        """A function of the source, its defaults worked out now as Python does."""
        defaults = [self.evaluate(default, scope) for default in arguments.defaults]
        by_name = [Unknown() if d is None else self.evaluate(d, scope) for d in arguments.kw_defaults]
        return Function(name, arguments, body, defaults, by_name, scope, line)

    def call_expression(self, node: ast.Call, scope: Scope) -> Value:
        """`callee(arguments)`."""
        callee = self.evaluate(node.func, scope)
        positional: list[Value] = []
        for argument in node.args:
            value = self.evaluate(argument.value if isinstance(argument, ast.Starred) else argument, scope)
            spread = isinstance(argument, ast.Starred) and isinstance(value, (list, tuple, range))
            positional.extend(value if spread else [value])
        named: dict[str, Value] = {}
        for keyword in node.keywords:
            value = self.evaluate(keyword.value, scope)
            if keyword.arg is not None:
                named[keyword.arg] = value
            elif isinstance(value, dict):
                named.update({str(key): item for key, item in value.items()})
        self.line = node.lineno
        return self.call(callee, positional, named, node)


def source_of(node: ast.AST) -> str:
    """The expression as text for a note, short."""
    try:
        return shown(ast.unparse(node))
    except (RecursionError, ValueError):
        return "this expression"


BUILTIN_CALLS = {
    "print",
    "isinstance",
    "open",
    "eval",
    "exec",
    "compile",
    "__import__",
    "input",
    "getattr",
    "setattr",
    "hasattr",
    "type",
}
"""Builtins that are known but never carried out."""

EVALUATORS: Mapping[type, Callable[[Evaluator, Any, Scope], Value]] = {
    ast.Attribute: Evaluator.attribute,
    ast.BinOp: Evaluator.binary,
    ast.BoolOp: Evaluator.boolean,
    ast.Call: Evaluator.call_expression,
    ast.Compare: Evaluator.comparison,
    ast.Constant: lambda reader, node, scope: bounded(node.value),
    ast.Dict: Evaluator.table,
    ast.DictComp: Evaluator.table_comprehension,
    ast.GeneratorExp: Evaluator.comprehension,
    ast.IfExp: Evaluator.choice,
    ast.JoinedStr: Evaluator.text,
    ast.Lambda: Evaluator.function,
    ast.List: Evaluator.display,
    ast.ListComp: Evaluator.comprehension,
    ast.Name: Evaluator.name,
    ast.NamedExpr: Evaluator.named_expression,
    ast.Set: Evaluator.display,
    ast.SetComp: Evaluator.comprehension,
    ast.Subscript: Evaluator.subscript,
    ast.Tuple: Evaluator.display,
    ast.UnaryOp: Evaluator.unary,
}
