"""A person's own callbacks: classes in the files of one folder, found and described by reading them, never run here.

The folder belongs to whoever owns the machine, not to visitors; only the worker that trains imports its files.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from components.parameters import Parameter
from components.settings import CALLBACKS, WRITTEN, Setting

FOLDER = "LAYERLOOM_CALLBACKS"
"""The environment variable that names another folder than `callbacks` in Layerloom's home."""

TYPES = {bool: "boolean", int: "integer", float: "number", str: "text"}
"""The field for an argument of that type; any other has none."""


@dataclass(frozen=True)
class OwnCallback:
    """A class, what a form asks for it, and the file that it is in."""

    setting: Setting
    file: Path


def callbacks_folder() -> Path:
    """Where a person's own callbacks lie."""
    from components.store import home_folder  # SQLAlchemy takes a quarter of a second

    return Path(os.environ.get(FOLDER) or home_folder() / "callbacks")


def own_callbacks() -> dict[str, OwnCallback]:
    """The callbacks in the folder, by name. Keras's own keep their names."""
    found: dict[str, OwnCallback] = {}
    for file in sorted(callbacks_folder().glob("*.py")):
        for setting in settings_in(file):
            if setting.name not in CALLBACKS:
                found.setdefault(setting.name, OwnCallback(setting, file))
    return found


def known_callbacks() -> dict[str, Setting]:
    """Every callback that can be chosen: Keras's, then a person's own."""
    return {**CALLBACKS, **{name: own.setting for name, own in own_callbacks().items()}}


def writes_files(kind: str) -> bool:
    """Whether a callback of that name writes files."""
    setting = known_callbacks().get(kind)
    return setting is not None and any(parameter.name in WRITTEN for parameter in setting.parameters)


def settings_in(file: Path) -> tuple[Setting, ...]:
    """What the classes of callbacks in a file ask for; none when it is no Python."""
    try:
        state = file.stat()
        return read_settings(file, state.st_mtime_ns, state.st_size)
    except (OSError, SyntaxError, ValueError, RecursionError):
        return ()


@lru_cache(maxsize=200)
def read_settings(file: Path, changed: int, size: int) -> tuple[Setting, ...]:
    """Read a file, again when it has changed."""
    module = ast.parse(file.read_text(encoding="utf-8"))
    imported = imports_of(module.body)
    settings: dict[str, Setting] = {}
    for node in module.body:
        if isinstance(node, ast.ClassDef):
            base = next((base for base in bases_of(node, imported) if is_callback(base, settings)), None)
            if base is not None:
                settings[node.name] = setting_of(node, settings.get(base) or CALLBACKS.get(base.rpartition(".")[2]))
    return tuple(setting for name, setting in settings.items() if not name.startswith("_"))


# Bases


def imports_of(body: Iterable[ast.stmt]) -> dict[str, str]:
    """What the file's imports bind: `from keras.callbacks import Callback as C` → `{"C": "keras.callbacks.Callback"}`."""
    bound: dict[str, str] = {}
    for node in body:
        if isinstance(node, ast.Import):
            bound |= {alias.asname: alias.name for alias in node.names if alias.asname}
        elif isinstance(node, ast.ImportFrom):
            bound |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    return bound


def bases_of(node: ast.ClassDef, imported: Mapping[str, str]) -> Iterator[str]:
    """The full names of what a class is derived from."""
    for base in node.bases:
        first, dot, rest = ast.unparse(base).partition(".")
        yield imported.get(first, first) + dot + rest


def is_callback(base: str, classes: Mapping[str, Setting]) -> bool:
    """Whether a class of that name is a callback: one of Keras's, one of the file's, or one that says so."""
    return base in classes or ".callbacks." in base or base.endswith("Callback")


# Arguments


def setting_of(node: ast.ClassDef, base: Setting | None) -> Setting:
    """The class as a choice; where it has no constructor, or passes on what it does not know, its base's arguments."""
    inherited = base.parameters if base else ()
    start = dict(base.start) if base else {}
    made = next((f for f in node.body if isinstance(f, ast.FunctionDef) and f.name == "__init__"), None)
    parameters = inherited if made is None else tuple(parameters_of(made.args))
    if made is not None and made.args.kwarg is not None:
        names = {parameter.name for parameter in parameters}
        parameters += tuple(parameter for parameter in inherited if parameter.name not in names)
    names = {parameter.name for parameter in parameters}
    summary = (ast.get_docstring(node) or "A callback of your own.").strip().splitlines()[0]
    return Setting(node.name, summary, parameters, start={n: value for n, value in start.items() if n in names})


def parameters_of(arguments: ast.arguments) -> Iterator[Parameter]:
    """The arguments that can be given by name and asked for in a form; others keep their defaults."""
    count = len(arguments.args) - len(arguments.defaults)
    defaults: list[ast.expr | None] = [None] * count + list(arguments.defaults)
    named = [*zip(arguments.args, defaults, strict=True)][1:]  # without self
    for argument, default in [*named, *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)]:
        parameter = parameter_of(argument, default)
        if parameter is not None:
            yield parameter


def parameter_of(argument: ast.arg, default: ast.expr | None) -> Parameter | None:
    """One argument, its type from its annotation or its default; None where a form has no field for it."""
    value: Any = None
    if default is not None:
        try:
            value = ast.literal_eval(default)
        except ValueError:
            return None
    written = ast.unparse(argument.annotation) if argument.annotation else ""
    annotated = written.replace("Optional[", "").rstrip("]").split("|")[0].strip()
    types = {kind.__name__: field for kind, field in TYPES.items()}
    kind = types.get(annotated) or TYPES.get(type(value))
    if kind is None and default is not None:
        return None
    return Parameter(argument.arg, kind or "text", value, required=default is None)
