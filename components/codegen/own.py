"""A person's own callbacks as exported code carries them: the source of their files, imports first."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from components.codegen.errors import CodeError
from components.codegen.layout import Line
from components.experiment import Training
from components.own_callbacks import own_callbacks


@dataclass(frozen=True)
class Carried:
    """What goes to the head of the exported file, the definitions below it, and the names that they take."""

    imports: list[str] = field(default_factory=list)
    definitions: list[Line] = field(default_factory=list)
    names: set[str] = field(default_factory=set)


def carried(training: Training, used: Collection[str]) -> Carried:
    """The files of the training's own callbacks; CodeError where one uses a name that the exported file needs."""
    own, whole = own_callbacks(), Carried()
    for file in dict.fromkeys(own[callback.kind].file for callback in training.callbacks if callback.kind in own):
        source = file.read_text(encoding="utf-8")
        body = ast.parse(source).body
        names = set(names_of(body))
        taken = next((name for name in sorted(names) if name in used), None)
        if taken is not None:
            raise CodeError(
                f"{file.name} calls something “{taken}”, and so does the exported file; give it another name."
            )
        whole.imports.extend(text for text in imports_of(body) if text not in whole.imports)
        whole.definitions.extend(rest_of(source, body, file))
        whole.names.update(names)
    return whole


def names_of(body: Iterable[ast.stmt]) -> Iterator[str]:
    """The names that a file defines or imports."""
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            yield node.name
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from (alias.asname or alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name))


def imports_of(body: Iterable[ast.stmt]) -> Iterator[str]:
    """The imports that the exported file does not have anyway."""
    for node in body:
        if isinstance(node, (ast.Import, ast.ImportFrom)) and getattr(node, "module", "") != "__future__":
            text = ast.unparse(node)
            if text not in ("import keras", "from keras import layers"):
                yield text


def rest_of(source: str, body: list[ast.stmt], file: Path) -> Iterator[Line]:
    """The file as it is written, without its docstring, its imports and what runs it as a program."""
    gone: set[int] = set()
    for place, node in enumerate(body):
        docstring = not place and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        program = isinstance(node, ast.If) and "__name__" in ast.unparse(node.test)
        if docstring or program or isinstance(node, (ast.Import, ast.ImportFrom)):
            gone |= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    kept = [line.rstrip() for number, line in enumerate(source.splitlines(), 1) if number not in gone]
    yield Line(f"# From {file.name}")
    yield from map(Line, "\n".join(kept).strip("\n").split("\n"))
