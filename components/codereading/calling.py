"""Calls in a source: of its own functions and classes, of methods and of Python's builtins; Keras's are in `keras_calls`."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from components.codereading.applying import flat_tensors
from components.codereading.errors import NotRead
from components.codereading.evaluating import MOST_SECONDS, source_of
from components.codereading.keras_calls import MODEL_METHODS, WITHOUT_EFFECT, KerasCaller, Networks
from components.codereading.plain import BUILTINS, METHODS, PLAIN, bounded
from components.codereading.shapes import shape_of
from components.codereading.training import TRAINING_METHODS, TrainingNotes
from components.codereading.values import (
    Builtin,
    ClassObject,
    Function,
    Instance,
    KerasName,
    KerasObject,
    Method,
    Modelish,
    ModelObject,
    NetworkObject,
    Scope,
    SequentialObject,
    Tensor,
    Unknown,
    Value,
)

MOST_DEPTH = 40
"""How deep functions of the source may call one another."""

TYPES: Mapping[str, type] = {
    "int": int,
    "float": float,
    "str": str,
    "bool": bool,
    "list": list,
    "tuple": tuple,
    "dict": dict,
}


class Caller(KerasCaller):
    """Works out calls."""

    def __init__(self, networks: Networks | None = None, seconds: float = MOST_SECONDS) -> None:
        super().__init__(networks, seconds)
        self.depth = 0
        self.said: dict[Any, TrainingNotes] = {}
        self.called: set[int] = set()
        """Ids of the functions of the source that were called."""
        self.given: dict[str, dict[str, Value]] = {}
        """By function of the source, what its last call gave it by name."""

    def run_body(self, function: Function, scope: Scope) -> Value:
        """What a function returns; the next class knows."""
        raise NotImplementedError

    def call(self, callee: Value, positional: list[Value], named: dict[str, Value], node: ast.Call) -> Value:
        """What the call gives."""
        if isinstance(callee, KerasName):
            return self.call_keras(callee, positional, named, node)
        if isinstance(callee, Modelish):
            return self.apply(callee, positional, named)
        if isinstance(callee, Function):
            return self.call_function(callee, positional, named)
        if isinstance(callee, Method):
            return self.call_method(callee, positional, named, node)
        if isinstance(callee, Builtin):
            return self.call_builtin(callee.name, positional, named, node)
        if isinstance(callee, ClassObject):
            return self.instantiate(callee, positional, named)
        if isinstance(callee, KerasObject) and "activations" in callee.made_by.path:
            return self.call_keras(callee.made_by, positional, named, node)
        if isinstance(callee, Unknown) and not isinstance(node.func, ast.Name) and not flat_tensors(positional[:1]):
            return Unknown(source_of(node))
        return self.unread(node, positional)

    # Methods

    def call_method(self, method: Method, positional: list[Value], named: dict[str, Value], node: ast.Call) -> Value:
        """A method of a value."""
        owner, name = method.owner, method.name
        if isinstance(owner, Instance):
            return self.call_function(owner.made_by.names[name], [owner, *positional], named)
        if isinstance(owner, (ModelObject, SequentialObject, NetworkObject)):
            if name in TRAINING_METHODS:
                self.said.setdefault(owner, TrainingNotes()).hear(name, positional, named, node)
                return Unknown(name)
            if name in MODEL_METHODS:
                return MODEL_METHODS[name](self, owner, positional, named)
        if isinstance(owner, Tensor) and name in ("get_shape", "as_list"):
            return shape_of(owner)
        if name == "as_list" or name in WITHOUT_EFFECT:
            return owner if name == "as_list" else Unknown(source_of(node))
        function = METHODS.get((type(owner), name))
        if function is None:
            return self.unread(node, [owner, *positional])
        if any(isinstance(value, Unknown) for value in (*positional, *named.values())) and isinstance(owner, str):
            return Unknown(source_of(node))
        return bounded(function(owner, *positional, **named))

    # Python's own

    def call_builtin(self, name: str, positional: list[Value], named: dict[str, Value], node: ast.Call) -> Value:
        """A builtin function on plain values."""
        if name == "print":
            return None
        if name == "hasattr":
            return isinstance(positional[0], KerasName) or Unknown("hasattr")
        if name == "isinstance" and len(positional) == 2:
            return self.is_instance(*positional)
        if name not in BUILTINS:
            return Unknown(source_of(node))
        if any(isinstance(value, Unknown) for value in (*positional, *named.values())):
            return Unknown(source_of(node))
        if not all(isinstance(value, PLAIN) for value in (*positional, *named.values())):
            return self.unread(node, positional)
        return bounded(BUILTINS[name](*map(bounded, positional), **named))

    def is_instance(self, value: Value, types: Value) -> Value:
        """`isinstance(value, (int, float))` for plain values."""
        wanted = types if isinstance(types, tuple) else (types,)
        known = [TYPES.get(item.name) for item in wanted if isinstance(item, Builtin)]
        if isinstance(value, Unknown) or len(known) < len(wanted) or None in known:
            return Unknown("isinstance")
        return isinstance(value, tuple(kind for kind in known if kind))

    def instantiate(self, made_by: ClassObject, positional: list[Value], named: dict[str, Value]) -> Value:
        """An object of a class of the source."""
        instance = Instance(made_by)
        if isinstance(start := made_by.names.get("__init__"), Function):
            self.call_function(start, [instance, *positional], named)
        return instance

    def call_function(self, function: Function, positional: list[Value], named: dict[str, Value]) -> Value:
        """A function of the source, followed with these arguments."""
        self.called.add(function.line)
        self.given[function.name] = dict(named)
        if self.depth >= MOST_DEPTH:
            raise NotRead(f"Functions call one another more than {MOST_DEPTH} deep here, so this call was left out.")
        scope = Scope(self.bind(function, positional, named), function.scope)
        line = self.line
        self.depth += 1
        try:
            return self.run_body(function, scope)
        finally:
            self.depth -= 1
            self.line = line

    def bind(self, function: Function, positional: list[Value], named: dict[str, Value]) -> dict[str, Value]:
        """The function's arguments by name; those that nobody gives are Unknown."""
        arguments, named = function.arguments, dict(named)
        names = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args)]
        bound: dict[str, Value] = dict(
            zip(names[len(names) - len(function.defaults) :], function.defaults, strict=True)
        )
        bound.update(zip((a.arg for a in arguments.kwonlyargs), function.keyword_defaults, strict=True))
        bound.update(zip(names, positional, strict=False))
        known = {*names, *(argument.arg for argument in arguments.kwonlyargs)}
        bound.update({key: named.pop(key) for key in list(named) if key in known})
        if arguments.vararg:
            bound[arguments.vararg.arg] = tuple(positional[len(names) :])
        if arguments.kwarg:
            bound[arguments.kwarg.arg] = named
        return {**{name: Unknown(name) for name in known}, **bound}
