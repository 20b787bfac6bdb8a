"""What the names in a source stand for while it is read: tensors, layers, models, Keras's names and the unknown."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Value = Any
"""A plain Python value, or one of the classes below."""


@dataclass(eq=False)
class LayerObject:
    """A layer that was made but perhaps not called yet; called twice, it shares its weights."""

    kind: str
    config: dict[str, Any]
    name: str | None
    line: int
    variable: str | None = None
    door: dict[str, Any] | None = None
    """The config of the `InputLayer` that `input_shape=` asks for in front of it."""
    calls: list[CallRecord] = field(default_factory=list)


@dataclass(eq=False)
class ModelObject:
    """A model: its graph's inputs and outputs as tensors, and what was said of its training."""

    inputs: list[Tensor]
    outputs: list[Tensor]
    name: str | None
    line: int
    variable: str | None = None
    calls: list[CallRecord] = field(default_factory=list)
    usual_name: str = "model"
    """What Keras calls it where the source does not say."""


@dataclass(eq=False)
class SequentialObject:
    """Layers in a row, still growing while `add` is called."""

    layers: list[Any]
    name: str | None
    line: int
    variable: str | None = None
    frozen: ModelObject | None = None
    """The model that the row became when it was first used as one."""


@dataclass(eq=False)
class DoorObject:
    """An `InputLayer` as the first of a row, before any tensor flows."""

    config: dict[str, Any]
    name: str | None
    line: int


@dataclass(eq=False)
class NetworkObject:
    """A network or a layer that is known by its name only: what it takes in is passed on."""

    network: str
    line: int
    variable: str | None = None
    silent: bool = False
    """Whether the note on it was made already."""


@dataclass(eq=False)
class CallRecord:
    """One call of a layer or model on tensors."""

    callee: LayerObject | ModelObject
    inputs: tuple[Tensor, ...]
    number: int
    line: int
    variable: str | None = None


@dataclass(frozen=True, eq=False)
class Tensor:
    """An output of a call."""

    call: CallRecord
    index: int = 0


@dataclass(frozen=True)
class KerasName:
    """A dotted name of Keras or TensorFlow, such as `keras.layers.Dense`, in one spelling for all."""

    path: tuple[str, ...]

    @property
    def last(self) -> str:
        """The name without its modules."""
        return self.path[-1]

    def __str__(self) -> str:
        return ".".join(self.path)


@dataclass(frozen=True)
class KerasObject:
    """What a Keras class other than a layer made: an optimizer, a loss, an initialiser, with its arguments."""

    made_by: KerasName
    positional: tuple[Value, ...]
    named: Mapping[str, Value]


@dataclass(eq=False)
class Function:
    """A function of the source, and the names it can see."""

    name: str
    arguments: ast.arguments
    body: list[ast.stmt] | ast.expr
    defaults: list[Value]
    keyword_defaults: list[Value]
    scope: Scope
    line: int


@dataclass(frozen=True, eq=False)
class Method:
    """A method of one of the values, not yet called."""

    owner: Value
    name: str


@dataclass(frozen=True)
class Builtin:
    """A builtin function of Python, by name."""

    name: str


@dataclass(eq=False)
class ClassObject:
    """A class of the source that is no subclass of Keras's: its functions by name."""

    name: str
    names: dict[str, Value]


@dataclass(eq=False)
class Instance:
    """What such a class made."""

    made_by: ClassObject
    names: dict[str, Value] = field(default_factory=dict)


@dataclass(frozen=True)
class Module:
    """A module that is not Keras: nothing in it is known, and nothing in it is run."""

    path: str


@dataclass(frozen=True, eq=False)
class Unknown:
    """A value that is not in the source. `reason` says where it came from, in the words of the source."""

    reason: str = ""


@dataclass(eq=False)
class Scope:
    """Names and what they stand for, and the scope around."""

    names: dict[str, Value] = field(default_factory=dict)
    around: Scope | None = None
    outer: set[str] = field(default_factory=set)
    """Names declared global or nonlocal."""

    def find(self, name: str) -> Value | None:
        """What the name stands for here; None when it is not known."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            scope = scope.around
        return None

    def knows(self, name: str) -> bool:
        """Whether the name was assigned here or around."""
        scope: Scope | None = self
        while scope is not None and name not in scope.names:
            scope = scope.around
        return scope is not None

    def set(self, name: str, value: Value) -> None:
        """Assign the name, here or where it was declared to live."""
        scope = self
        if name in self.outer:
            while scope.around is not None and (scope is self or name not in scope.names):
                scope = scope.around
        scope.names[name] = value


Modelish = (LayerObject, ModelObject, SequentialObject, NetworkObject)
"""What can be called on a tensor."""
