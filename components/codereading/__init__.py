"""Keras source → Graph and Training, by reading: the source is followed over its syntax tree and never executed."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from components.codereading.arrays import Feed, read_arrays
from components.codereading.assembling import graph_of
from components.codereading.errors import CodeReadingError, NotRead
from components.codereading.evaluating import MOST_SECONDS, OutOfBudget, source_of
from components.codereading.executing import Reader, speaks_of_keras
from components.codereading.foreign import foreign_notes
from components.codereading.keras_calls import Networks
from components.codereading.plain import is_plain
from components.codereading.training import read_training
from components.codereading.values import Function, LayerObject, ModelObject, Scope, SequentialObject, Tensor
from components.experiment import Training
from components.graph import INPUT, Graph, GraphError, output_names

__all__ = ["MOST_CHARACTERS", "CodeReadingError", "Networks", "Reading", "read_code"]

MOST_CHARACTERS = 300_000
"""The longest source that is read."""

MOST_NOTES = 200

Model = ModelObject | SequentialObject


@dataclass(frozen=True)
class Reading:
    """What a source says: its model, how it is trained where it says so, and a note on each line that was not read.

    `graph` is None when no model could be read; the notes say why. `seed` is what the source calls SEED; `given` the
    plain values that its own functions were given by name, by function.
    """

    graph: Graph | None
    training: Training | None
    notes: tuple[tuple[int, str], ...]
    name: str | None = None
    seed: int | None = None
    given: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    arrays: tuple[Feed | None, Feed | None] = (None, None)
    """Which arrays of a split the source's `select_arrays` takes, as inputs and as targets."""


def read_code(source: str, networks: Networks | None = None, seconds: float = MOST_SECONDS) -> Reading:
    """The model that Keras code builds, in any of its spellings. Never raises, never executes.

    `networks` gives the graph of a network of `keras.applications` by its name and arguments. What takes longer than
    `seconds` is read as far as it went.
    """
    if len(source) > MOST_CHARACTERS:
        shown = f"{len(source):,}".replace(",", " ")
        return failure(
            1,
            f"At most {MOST_CHARACTERS // 1000} 000 characters are read, and this has {shown}; paste the model alone.",
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            module = ast.parse(source)
    except SyntaxError as error:
        return failure(error.lineno or 1, f"This is not valid Python: {error.msg}; correct this line.")
    except (ValueError, RecursionError, MemoryError):
        return failure(1, "This is not valid Python, or is nested too deep to be read; paste the model alone.")
    return read_module(module, Reader(networks, seconds))


def failure(line: int, sentence: str) -> Reading:
    """A reading of nothing, and why."""
    return Reading(None, None, ((line, sentence),))


def read_module(module: ast.Module, reader: Reader) -> Reading:
    """The reading of a parsed source."""
    scope = Scope()
    try:
        for line, sentence in refusals(module):
            reader.tell(sentence, line)
        scope = reader.run_module(module)
        call_builders(reader, scope)
    except OutOfBudget:
        reader.tell("Reading this code takes too long, so it ends here; paste the model alone.")
    except RecursionError:
        reader.tell("This code is nested too deep to be read to its end; paste the model alone.")
    reading = replace(conclude(reader, scope), arrays=read_arrays(module))
    if reading.graph is None:
        for line, sentence in foreign_notes(module):
            reader.tell(sentence, line)
        reading = replace(reading, notes=sorted_notes(reader))
    return reading


# What is refused outright

REFUSED_MODULES = {
    "os",
    "subprocess",
    "shutil",
    "socket",
    "sys",
    "pathlib",
    "pickle",
    "ctypes",
    "urllib",
    "requests",
    "importlib",
}
REFUSED_BUILTINS = {"eval", "exec", "compile", "open", "__import__", "input"}


def refusals(module: ast.Module) -> Iterator[tuple[int, str]]:
    """A note for every call that would run or touch something beyond a model, wherever it stands."""
    for node in ast.walk(module):
        if not isinstance(node, ast.Call):
            continue
        root = node.func
        while isinstance(root, (ast.Attribute, ast.Call)):
            root = root.value if isinstance(root, ast.Attribute) else root.func
        if isinstance(root, ast.Name) and (
            (isinstance(node.func, ast.Attribute) and root.id in REFUSED_MODULES)
            or (node.func is root and root.id in REFUSED_BUILTINS)
        ):
            yield node.lineno, f"“{source_of(node.func)}” is not part of a model; it was not run and is left out."


# Which model


def call_builders(reader: Reader, scope: Scope) -> None:
    """Where a source only defines functions, follow those that build a model and that nothing calls."""
    functions = [held for held in scope.names.values() if isinstance(held, Function)]
    for function in functions:
        if reader.models or any(tape_model(reader)):
            return
        if function.line in reader.called or not speaks_of_keras(function, set()):
            continue
        try:
            held = reader.call_function(function, [], {})
        except NotRead as reason:
            reader.tell(str(reason), function.line)
            continue
        if isinstance(held, (ModelObject, SequentialObject)):
            return


def tape_model(reader: Reader) -> list[Tensor]:
    """Outputs of calls that nothing takes in: what a source builds without saying `Model`."""
    if reader.models:
        return []
    taken = {tensor.call for call in reader.calls for tensor in call.inputs}
    ends = [call for call in reader.calls if call not in taken and call.inputs]
    return [Tensor(call) for call in ends]


def conclude(reader: Reader, scope: Scope) -> Reading:
    """The model that the source is about, as a graph."""
    model = chosen_model(reader, scope)
    if model is None:
        reader.tell("No Keras model is built in this code; paste the lines that build one.", 1)
        return Reading(None, None, sorted_notes(reader))
    try:
        whole = reader.freeze(model) if isinstance(model, SequentialObject) else model
        graph = graph_of(whole, lambda line, sentence: reader.tell(sentence, line))
    except (NotRead, GraphError) as reason:
        reader.tell(str(reason), model.line)
        return Reading(None, None, sorted_notes(reader))
    except RecursionError:
        reader.tell("The models here are nested too deep to be drawn; flatten some.", model.line)
        return Reading(None, None, sorted_notes(reader))
    said = reader.said.get(model)
    training = read_training(said, output_names(graph), reader.tell) if said and said.compiled else None
    name = model.usual_name if isinstance(model, ModelObject) and model.usual_name != "model" else None
    return Reading(graph, training, sorted_notes(reader), model.name or name, seed_of(scope), plain_given(reader))


def seed_of(scope: Scope) -> int | None:
    """The whole number that the source calls SEED."""
    seed = scope.find("SEED")
    return seed if isinstance(seed, int) and not isinstance(seed, bool) else None


def plain_given(reader: Reader) -> dict[str, dict[str, Any]]:
    """What the source's functions were given by name, as far as it is plain."""
    return {
        function: {name: value for name, value in named.items() if is_plain(value)}
        for function, named in reader.given.items()
    }


def chosen_model(reader: Reader, scope: Scope) -> Model | None:
    """The model compiled last, else the one called `model`, else the last that no other holds."""
    compiled = [model for model in reader.models if model in reader.said and reader.said[model].compiled]
    if compiled:
        return compiled[-1]
    named = scope.find("model")
    if isinstance(named, (ModelObject, SequentialObject)) and has_layers(named):
        return named
    rows = [row.layers for row in reader.models if isinstance(row, SequentialObject)]
    loose = [model for model in reader.models if not any(model in layers for layers in rows)]
    free = [model for model in loose if not is_held(model) and has_layers(model)]
    if free or reader.models:
        return (free or reader.models)[-1]
    return loose_model(reader)


def has_layers(model: Model) -> bool:
    """Whether anything is in the model."""
    return bool(model.layers if isinstance(model, SequentialObject) else model.outputs)


def is_held(model: Model) -> bool:
    """Whether another model calls this one."""
    frozen = model.frozen if isinstance(model, SequentialObject) else model
    return frozen is not None and bool(frozen.calls)


def loose_model(reader: Reader) -> ModelObject | None:
    """A model of all calls, for code that ends before `Model(…)`."""
    ends = tape_model(reader)
    doors = [Tensor(c) for c in reader.calls if isinstance(c.callee, LayerObject) and c.callee.kind == INPUT]
    if not ends or not doors:
        return None
    reader.tell("No Model is made in this code, so what nothing takes in became the outputs.", ends[-1].call.line)
    return ModelObject(doors, ends, None, ends[-1].call.line)


def sorted_notes(reader: Reader) -> tuple[tuple[int, str], ...]:
    """The notes by line, each once."""
    return tuple(sorted(reader.notes))[:MOST_NOTES]
