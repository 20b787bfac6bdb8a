"""Keras callbacks: built from an experiment's choices, a person's own among them, and asked which hooks they use."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras

from components.experiment import Callback
from components.graph import Json
from components.hooks import HOOKS
from components.own_callbacks import OwnCallback, known_callbacks, own_callbacks
from components.settings import CALLBACKS, WRITTEN
from components.training.written_files import CSVLogger, ModelCheckpoint, pattern_of

BATCH_HOOKS = ("on_train_batch_begin", "on_train_batch_end", "on_batch_begin", "on_batch_end")
TEST_HOOKS = ("on_test_batch_begin", "on_test_batch_end")


OURS = {kind.__name__: kind for kind in (CSVLogger, ModelCheckpoint)}
"""In place of Keras's own of the same name."""


class CallbackError(ValueError):
    """A callback that does not exist or does not take its arguments; the text says the rule, the value, the remedy."""


def build_callbacks(chosen: Sequence[Callback], folder: Path) -> list[keras.callbacks.Callback]:
    """The chosen callbacks; what they write goes into `folder` and nowhere else."""
    own = own_callbacks()
    return [build_callback(callback, folder, own) for callback in chosen]


def build_callback(callback: Callback, folder: Path, own: Mapping[str, OwnCallback]) -> keras.callbacks.Callback:
    """One callback; CallbackError when there is none of that name or it refuses an argument."""
    kind, found = callback.kind, find_callback(callback.kind, own)
    setting = CALLBACKS[kind] if kind in CALLBACKS else own[kind].setting
    config = dict(callback.config)
    for name in [parameter.name for parameter in setting.parameters if parameter.name in WRITTEN]:
        config[name] = str(folder / written_name(name, config))
    try:
        return found(**config)
    except Exception as error:
        raise CallbackError(
            f"The callback {kind} does not take these arguments ({first_line(error)}); correct them."
        ) from error


def written_name(argument: str, config: Mapping[str, Any]) -> str:
    """The name of the file or folder that a callback writes to, as one of its arguments says."""
    return Path(str(config.get(argument) or "")).name or WRITTEN[argument]


def names_of_left(before: Sequence[Json], now: Sequence[Json]) -> list[re.Pattern[str]]:
    """What the callbacks of another run write that are not chosen, just as they were, for this one."""
    left = [Callback(each["kind"], each["config"]) for each in before if each not in now]
    known = known_callbacks()
    arguments = [
        (each, parameter.name) for each in left if each.kind in known for parameter in known[each.kind].parameters
    ]
    return [pattern_of(written_name(name, each.config)) for each, name in arguments if name in WRITTEN]


def find_callback(kind: str, own: Mapping[str, OwnCallback]) -> Any:
    """The class of a callback by its name."""
    if kind in OURS:
        return OURS[kind]
    if kind in CALLBACKS:
        return getattr(keras.callbacks, kind)
    if kind in own:
        return load_class(own[kind].file, kind)
    known = ", ".join((*CALLBACKS, *own))
    raise CallbackError(
        f"There is no callback “{kind}”; choose one of {known}, or put its file into the folder of callbacks."
    )


def load_class(file: Path, name: str) -> Any:
    """A class from a Python file of the folder of callbacks, which runs here; CallbackError when that fails."""
    spec = importlib.util.spec_from_file_location(f"layerloom_callbacks_{file.stem}", file)
    if spec is None or spec.loader is None:
        raise CallbackError(f"The file {file.name} is no Python module; give it the ending .py.")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
        return getattr(module, name)
    except Exception as error:
        raise CallbackError(
            f"The callbacks in {file.name} cannot be imported ({first_line(error)}); correct the file."
        ) from error


def first_line(error: Exception) -> str:
    """The first line of what an exception says."""
    return (str(error).splitlines() or [type(error).__name__])[0]


# Hooks

FORMER = {"on_train_batch_begin": "on_batch_begin", "on_train_batch_end": "on_batch_end"}
"""The older names under which Keras calls a hook as well."""


def listeners_json(kinds: Sequence[str]) -> Json:
    """By hook, which of those callbacks do something of their own in it. Raises CallbackError."""
    own, default = own_callbacks(), keras.callbacks.Callback

    def listens(kind: str, hook: str) -> bool:
        found = find_callback(kind, own)
        return any(getattr(found, name) is not getattr(default, name) for name in (hook, FORMER.get(hook, hook)))

    return {hook: [kind for kind in kinds if listens(kind, hook)] for hook in HOOKS}


def acts_per_epoch(callback: keras.callbacks.Callback) -> bool:
    """Whether the callback, though it has hooks around batches, does nothing in them that we do not do for it."""
    if isinstance(callback, keras.callbacks.TerminateOnNaN):
        return type(callback) is keras.callbacks.TerminateOnNaN
    if type(callback) is keras.callbacks.TensorBoard:
        return callback.update_freq == "epoch" and not getattr(callback, "_should_trace", True)
    savers = (ModelCheckpoint, keras.callbacks.ModelCheckpoint, keras.callbacks.BackupAndRestore)
    return type(callback) in savers and callback.save_freq == "epoch"


def overrides(callbacks: Sequence[keras.callbacks.Callback], hooks: Sequence[str]) -> bool:
    """Whether any callback does something of its own in any of the hooks."""
    default = keras.callbacks.Callback
    return any(
        getattr(getattr(callback, hook), "__func__", None) is not getattr(default, hook)
        for callback in callbacks
        for hook in hooks
    )
