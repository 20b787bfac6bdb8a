"""Statements of a source, followed in order: assignments, loops, branches, functions; nothing of it is run."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from components.codereading.applying import Tape
from components.codereading.calling import Caller
from components.codereading.errors import NotRead
from components.codereading.evaluating import OutOfBudget, source_of
from components.codereading.keras_names import imported, member
from components.codereading.values import (
    ClassObject,
    Function,
    KerasName,
    Method,
    Modelish,
    Module,
    Scope,
    Tensor,
    Unknown,
    Value,
)

GENERIC = {
    "output",
    "outputs",
    "inputs",
    "input",
    "net",
    "out",
    "hidden",
    "res",
    "tmp",
    "layer",
    "inp",
    "conv",
    "feature",
}
"""Variables that say nothing of a layer, and so do not name it."""

MOST_ROUNDS = 1_000
"""Rounds of a `while`."""

ROUNDS_IN_VAIN = 100
"""Rounds of a `for` that build nothing before the loop is left: training loops go on for long."""


class Leave(Exception):
    """`return`, `break` or `continue`."""

    def __init__(self, how: str, value: Value = None) -> None:
        super().__init__(how)
        self.how, self.value = how, value


class Reader(Caller):
    """Follows statements; one that cannot be followed is told, and the rest goes on."""

    quiet = False
    """Whether notes are dropped: inside functions that build nothing."""

    singles: frozenset[str] = frozenset()
    """Variables of the function at hand that are assigned once."""

    def tell(self, sentence: str, line: int | None = None) -> None:
        """A note, unless what is read builds nothing."""
        if not self.quiet:
            super().tell(sentence, line)

    def run_module(self, module: ast.Module) -> Scope:
        """The names of a module after all its statements."""
        scope = Scope({"__name__": "__main__"})
        self.singles = assigned_once(module.body)
        for statement in module.body:
            try:
                self.execute(statement, scope)
            except Leave:
                self.tell(f"“{source_of(statement)}” stands outside of what it would leave.", statement.lineno)
        return scope

    def run_body(self, function: Function, scope: Scope) -> Value:
        """What a function of the source returns."""
        if isinstance(function.body, ast.expr):
            return self.evaluate(function.body, scope)
        before = self.singles, self.quiet
        self.singles = assigned_once(function.body)
        self.quiet = self.quiet or not self.builds(function, scope)
        try:
            self.run_block(function.body, scope)
        except Leave as leave:
            return leave.value
        finally:
            self.singles, self.quiet = before
        return None

    def builds(self, function: Function, scope: Scope) -> bool:
        """Whether a function has to do with models: it is given a part of one, or speaks of Keras."""
        held = [*scope.names.values()]
        if any(isinstance(value, (Tensor, *Modelish)) for value in held):
            return True
        return speaks_of_keras(function, set())

    def run_block(self, statements: Sequence[ast.stmt], scope: Scope) -> None:
        """Statements one after the other."""
        for statement in statements:
            self.execute(statement, scope)

    def execute(self, statement: ast.stmt, scope: Scope) -> None:
        """One statement."""
        self.spend()
        self.line = statement.lineno
        follow = STATEMENTS.get(type(statement))
        try:
            if follow is None:
                raise NotRead(f"“{source_of(statement)}” is not read, so it was left out.")
            follow(self, statement, scope)
        except (Leave, OutOfBudget):
            raise
        except NotRead as reason:
            self.tell(str(reason), statement.lineno)
        except RecursionError:
            self.tell("This is nested too deep to be read, so it was left out.", statement.lineno)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            self.tell(f"“{source_of(statement)}” could not be followed, so it was left out.", statement.lineno)

    # Names

    def import_modules(self, statement: ast.Import, scope: Scope) -> None:
        """`import tensorflow as tf`."""
        for alias in statement.names:
            bound = alias.name if alias.asname else alias.name.split(".")[0]
            scope.set(alias.asname or bound, imported(bound))

    def import_names(self, statement: ast.ImportFrom, scope: Scope) -> None:
        """`from keras import layers`."""
        source = imported(statement.module or "")
        for alias in statement.names:
            if alias.name == "*":
                self.import_all(source, scope, statement.lineno)
            else:
                held = (
                    member(source, alias.name)
                    if isinstance(source, KerasName)
                    else Module(f"{statement.module}.{alias.name}")
                )
                scope.set(alias.asname or alias.name, held)

    def import_all(self, source: Value, scope: Scope, line: int) -> None:
        """`from keras.layers import *`."""
        from components.layers import LAYERS

        if not isinstance(source, KerasName):
            self.tell("What “*” brings is not in the code, so it was left out.", line)
            return
        for name in (*LAYERS, "Input", "Model", "Sequential", "Lambda", "concatenate", "add"):
            scope.set(name, member(source, name))

    def assign_statement(self, statement: ast.Assign, scope: Scope) -> None:
        """`a = b = value`."""
        value = self.evaluate(statement.value, scope)
        for target in statement.targets:
            self.name_value(target, value)
            self.assign(target, value, scope)

    def annotated(self, statement: ast.AnnAssign, scope: Scope) -> None:
        """`a: int = value`."""
        if statement.value is not None:
            value = self.evaluate(statement.value, scope)
            self.name_value(statement.target, value)
            self.assign(statement.target, value, scope)

    def augmented(self, statement: ast.AugAssign, scope: Scope) -> None:
        """`a += value`; lists grow in place, as in Python."""
        held = self.evaluate(as_load(statement.target), scope)
        value = self.evaluate(statement.value, scope)
        if isinstance(held, list) and isinstance(statement.op, ast.Add):
            self.call_method(Method(held, "extend"), [value], {}, ast.Call(statement.target, [], []))
            return
        source = source_of(statement)
        self.assign(statement.target, self.combine(type(statement.op).__name__, held, value, source), scope)

    def name_value(self, target: ast.expr, value: Value) -> None:
        """Let a variable that says something name the layer or the call that it holds."""
        if isinstance(target, ast.Tuple) and isinstance(value, list) and value:
            target, value = target.elts[0], value[0]
        if not isinstance(target, ast.Name) or not self.says_something(target.id):
            return
        holder = value.call if isinstance(value, Tensor) else value
        if isinstance(value, (Tensor, *Modelish)) and holder.variable is None:
            holder.variable = target.id

    def says_something(self, name: str) -> bool:
        """Whether a variable is worth naming a layer after."""
        return len(name) > 2 and name in self.singles and name.lower() not in GENERIC

    # Flow

    def expression(self, statement: ast.Expr, scope: Scope) -> None:
        """A call for its effect, such as `model.add(…)`."""
        self.evaluate(statement.value, scope)

    def loop(self, statement: ast.For, scope: Scope) -> None:
        """`for target in items`."""
        if not matters(statement.body, scope) and isinstance(self.evaluate(statement.iter, scope), Unknown):
            return
        idle = 0
        for item in self.items_of(statement.iter, scope):
            made = self.made
            self.assign(statement.target, item, scope)
            if not self.round(statement.body, scope):
                return
            idle = 0 if made < self.made else idle + 1
            if idle >= ROUNDS_IN_VAIN:
                raise NotRead(f"This loop built nothing in {ROUNDS_IN_VAIN} rounds, so the rest of them was left out.")
        self.run_block(statement.orelse, scope)

    def round(self, body: Sequence[ast.stmt], scope: Scope) -> bool:
        """One round of a loop; False when it broke off."""
        try:
            self.run_block(body, scope)
        except Leave as leave:
            if leave.how == "return":
                raise
            return leave.how == "continue"
        return True

    def while_loop(self, statement: ast.While, scope: Scope) -> None:
        """`while test`."""
        for _ in range(MOST_ROUNDS):
            truth = self.truth(self.evaluate(statement.test, scope))
            if truth is None:
                raise NotRead(
                    f"How often “{source_of(statement.test)}” holds is not in the code, so this loop was left out."
                )
            if not truth or not self.round(statement.body, scope):
                return
        raise NotRead(f"This loop turns more than {MOST_ROUNDS} times, so it was broken off.")

    def branch(self, statement: ast.If, scope: Scope) -> None:
        """`if test`; where the test is not known, it is taken as false."""
        truth = self.truth(self.evaluate(statement.test, scope))
        if truth is None and matters([*statement.body, *statement.orelse], scope):
            self.tell(
                f"Whether “{source_of(statement.test)}” holds is not in the code, so it was taken as false.",
                statement.lineno,
            )
        self.run_block(statement.body if truth else statement.orelse, scope)

    def with_block(self, statement: ast.With, scope: Scope) -> None:
        """`with strategy.scope():`; only what is inside counts."""
        for item in statement.items:
            if item.optional_vars is not None:
                self.assign(item.optional_vars, Unknown(source_of(item.context_expr)), scope)
        self.run_block(statement.body, scope)

    def try_block(self, statement: ast.Try, scope: Scope) -> None:
        """`try:`; taken to succeed."""
        self.run_block([*statement.body, *statement.orelse, *statement.finalbody], scope)

    def define(self, statement: ast.FunctionDef, scope: Scope) -> None:
        """`def name(…)`."""
        function = self.make_function(statement.name, statement.args, statement.body, scope, statement.lineno)
        scope.set(statement.name, function)

    def define_class(self, statement: ast.ClassDef, scope: Scope) -> None:
        """`class Name`; a subclass of Keras's is code of its own."""
        bases = [self.evaluate(base, scope) for base in statement.bases]
        if any(isinstance(base, (KerasName, Unknown)) for base in bases):
            self.tell(
                f"The class {statement.name} is code of its own and is not read; use layers of Keras.", statement.lineno
            )
            scope.set(statement.name, Unknown(statement.name))
            return
        inside = Scope(around=scope)
        self.run_block(statement.body, inside)
        scope.set(statement.name, ClassObject(statement.name, inside.names))

    def leave(self, statement: ast.Return | ast.Break | ast.Continue, scope: Scope) -> None:
        """`return`, `break`, `continue`."""
        if isinstance(statement, ast.Return):
            raise Leave("return", self.evaluate(statement.value, scope) if statement.value else None)
        raise Leave("break" if isinstance(statement, ast.Break) else "continue")

    def raise_error(self, statement: ast.Raise, scope: Scope) -> None:
        """`raise …`: the function ends here."""
        self.tell(f"“{source_of(statement)}” would stop the code here.", statement.lineno)
        raise Leave("return", Unknown("raise"))

    def reach_out(self, statement: ast.Global | ast.Nonlocal, scope: Scope) -> None:
        """`global name`."""
        scope.outer.update(statement.names)

    def pass_over(self, statement: ast.stmt, scope: Scope) -> None:
        """A statement that builds nothing."""


def as_load(target: ast.expr) -> Any:
    """The target of `+=` as an expression to read."""
    return target


def assigned_once(body: Sequence[ast.stmt]) -> frozenset[str]:
    """Variables that the statements assign exactly once and in no loop."""
    counts: Counter[str] = Counter()
    for name, loops in stored_names(body, 0):
        counts[name] += 1 + loops
    return frozenset(name for name, count in counts.items() if count == 1)


def stored_names(body: Sequence[ast.AST], loops: int) -> Iterator[tuple[str, int]]:
    """Names that are assigned in the statements, but not in functions in them, and in how many loops."""
    pending = [(node, loops) for node in body]
    while pending:
        node, depth = pending.pop()
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id, depth
        if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Lambda)):
            continue
        deeper = depth + isinstance(node, (ast.For, ast.While))
        pending.extend((child, deeper) for child in ast.iter_child_nodes(node))


def matters(body: Sequence[ast.stmt], scope: Scope) -> bool:
    """Whether statements have to do with models: they use names of Keras, layers, tensors or functions that do."""
    names = {node.id for part in body for node in ast.walk(part) if isinstance(node, ast.Name)}
    return any(is_of_keras(held, set()) for held in map(scope.find, names))


def is_of_keras(held: Value, seen: set[int]) -> bool:
    """Whether a value is Keras's, or a function that uses what is."""
    if isinstance(held, (KerasName, ClassObject, Tensor, *Modelish)):
        return True
    return isinstance(held, Function) and speaks_of_keras(held, seen)


def speaks_of_keras(function: Function, seen: set[int]) -> bool:
    """Whether a function uses names of Keras, itself or through functions that it calls."""
    if id(function) in seen:
        return False
    seen.add(id(function))
    body = function.body if isinstance(function.body, list) else [function.body]
    names = {node.id for part in body for node in ast.walk(part) if isinstance(node, ast.Name)}
    return any(is_of_keras(held, seen) for held in map(function.scope.find, names))


STATEMENTS: Mapping[type, Callable[[Reader, Any, Scope], None]] = {
    ast.AnnAssign: Reader.annotated,
    ast.Assert: Reader.pass_over,
    ast.Assign: Reader.assign_statement,
    ast.AugAssign: Reader.augmented,
    ast.Break: Reader.leave,
    ast.ClassDef: Reader.define_class,
    ast.Continue: Reader.leave,
    ast.Delete: Reader.pass_over,
    ast.Expr: Reader.expression,
    ast.For: Reader.loop,
    ast.FunctionDef: Reader.define,
    ast.Global: Reader.reach_out,
    ast.If: Reader.branch,
    ast.Import: Reader.import_modules,
    ast.ImportFrom: Reader.import_names,
    ast.Nonlocal: Reader.reach_out,
    ast.Pass: Reader.pass_over,
    ast.Raise: Reader.raise_error,
    ast.Return: Reader.leave,
    ast.Try: Reader.try_block,
    ast.While: Reader.while_loop,
    ast.With: Reader.with_block,
}

__all__ = ["Reader", "Tape"]
