"""The state of a model and its optimizer as bytes, which epochs of it are kept, and the way back to one of them."""

from __future__ import annotations

import io
import json
import math
import time
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from components.graph import Json
from components.runs import BEST, StoreError, is_number
from components.training.remembering import Memory
from components.training.witnessing import Act

Shelf = MutableMapping[str, bytes]
"""Where the bytes are kept, by name: a dict in a notebook, a run's artefacts in the store."""

LAST = "weights/last.npz"
ALL_KEPT = 50
"""Every epoch up to this one is kept; then every 2nd, from twice as many on every 4th, and so forth."""


MOST_BYTES = 200_000_000
"""What the kept epochs of one fit may take."""

SAVE_EVERY = 2.0
"""Seconds between two savings of the last and of the best state."""


def epoch_name(epoch: int) -> str:
    """The name of the state after `epoch` epochs; 0 is the state before the first."""
    return f"weights/epoch-{epoch:04d}.npz"


def best_name(epoch: int) -> str:
    """The name of a best state of an epoch that is not kept by itself: a way back may make it the best again."""
    return f"weights/best-{epoch:04d}.npz"


def is_kept(epoch: int) -> bool:
    """Whether the state after that many epochs is kept."""
    stride = 1
    while epoch > ALL_KEPT * stride:
        stride *= 2
    return epoch % stride == 0


def nearest_kept(shelf: Shelf, epoch: int) -> int | None:
    """The last kept epoch that is no later than `epoch`; None when there is none."""
    return next((e for e in range(epoch, -1, -1) if is_kept(e) and epoch_name(e) in shelf), None)


def groups_of(model: keras.Model, steered: Sequence[keras.Variable] = ()) -> dict[str, list[keras.Variable]]:
    """All that a fit changes: the weights, the random generators' seeds, the optimizer's variables, what is steered."""
    metrics = {id(variable) for variable in model.metrics_variables}
    weights = {id(variable) for variable in model.weights}
    seeds = [v for v in model.variables if id(v) not in weights and id(v) not in metrics]
    optimizer = getattr(model, "optimizer", None)
    held = optimizer.variables if optimizer is not None else []
    return {"weight": model.weights, "seed": seeds, "optimizer": held, "steered": list(steered)}


class State:
    """The values of all that a fit changes, as they were at one moment, after `epoch` epochs."""

    def __init__(
        self, epoch: int, names: Sequence[str], paths: Sequence[str], values: Sequence[tf.Tensor], told: Json
    ) -> None:
        """`told` is what the callbacks remember."""
        self.epoch, self._names, self._paths, self._values, self._told = epoch, names, paths, values, told

    def pack(self) -> bytes:
        """An .npz file of `weight_0000`, `seed_0000`, `optimizer_0000`, …

        `paths` holds the variables' Keras paths as JSON, by the same names, and `callbacks` what those remember.
        """
        arrays = {name: value.numpy() for name, value in zip(self._names, self._values, strict=True)}
        paths = json.dumps(dict(zip(self._names, self._paths, strict=True)))
        content = io.BytesIO()
        told = np.array(json.dumps(self._told))
        np.savez(content, epoch=np.int64(self.epoch), paths=np.array(paths), callbacks=told, **arrays)
        return content.getvalue()


class Camera:
    """Takes states of a model in one compiled call: read one by one, variables take ten times as long."""

    def __init__(
        self, model: keras.Model, steered: Sequence[keras.Variable] = (), memory: Memory | None = None
    ) -> None:
        self._memory = memory or Memory()
        groups = groups_of(model, steered)
        named = {f"{group}_{i:04d}": v for group, held in groups.items() for i, v in enumerate(held)}
        self._names, self._paths = list(named), [variable.path for variable in named.values()]
        variables = [variable.value for variable in named.values()]
        self._read = tf.function(lambda: [tf.identity(v) for v in variables], autograph=False)

    def take(self, epoch: int) -> State:
        """The state now."""
        return State(epoch, self._names, self._paths, self._read(), self._memory.tell())


def pack_state(model: keras.Model, epoch: int) -> bytes:
    """The state of a model after `epoch` epochs, packed."""
    return Camera(model).take(epoch).pack()


def restore_state(model: keras.Model, content: bytes, steered: Sequence[keras.Variable] = ()) -> int:
    """Put the model, its seeds and its optimizer back into a packed state; the epoch it was packed after.

    `steered` are what a person may turn meanwhile: the loss weights and the strength of penalties. Raises ValueError when
    the state belongs to another model. An optimizer of another kind keeps its own state.
    """
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        for group, variables in groups_of(model, steered).items():
            held = [arrays[name] for name in sorted(arrays.files) if name.startswith(f"{group}_")]
            if fits(variables, held):
                assign(variables, held)
            elif group == "weight":
                raise ValueError("These weights belong to a model of another shape; choose a run of the same graph.")
        return int(arrays["epoch"])


def told_in(content: bytes) -> Json:
    """What the callbacks remembered when a state was packed."""
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        return json.loads(arrays["callbacks"].item()) if "callbacks" in arrays.files else []


def weights_in(content: bytes) -> list[np.ndarray]:
    """The weights of a packed state, in the model's order."""
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        return [arrays[name] for name in sorted(arrays.files) if name.startswith("weight_")]


def epoch_of(content: bytes) -> int:
    """The epoch that a state was packed after."""
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        return int(arrays["epoch"])


def restore_weights(model: keras.Model, content: bytes) -> int:
    """Put only the weights back; the epoch they were packed after. For looking at a model, without an optimizer."""
    held = weights_in(content)
    if not fits(model.weights, held):
        raise ValueError("These weights belong to a model of another shape; choose a run of the same graph.")
    assign(model.weights, held)
    return epoch_of(content)


def fits(variables: Sequence[keras.Variable], arrays: Sequence[np.ndarray]) -> bool:
    """Whether the arrays are values of the variables, in their order."""
    return [tuple(v.shape) for v in variables] == [array.shape for array in arrays]


def assign(variables: Sequence[keras.Variable], arrays: Sequence[np.ndarray]) -> None:
    """Give each variable its array."""
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)


class Keeper:
    """Keeps the states of a fit on a shelf: those of epochs, the last, and the best by the monitored value.

    Without a shelf nothing is kept. `most_bytes` bounds what epochs may take; the last and the best are always kept.
    The best is the first epoch of the lowest finite value among those that stand: what was gone back on counts no more.
    """

    def __init__(
        self,
        model: keras.Model,
        shelf: Shelf | None,
        monitor: str,
        steered: Sequence[keras.Variable] = (),
        memory: Memory | None = None,
        elder: Shelf | None = None,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        """`memory` is what the fit's callbacks remember, which is kept with each state.

        `elder` is the shelf of the fit that this one branches off from, which is only read.
        """
        self.model, self.shelf, self.monitor, self.steered, self.left = model, shelf, monitor, steered, most_bytes
        self.memory, self.elder = memory or Memory(), elder
        self.epoch = 0
        self.best, self.best_epoch = math.inf, 0
        self._logs: dict[int, Mapping[str, Any]] = {}
        self._best_state: State | None = None  # until it is saved
        self._best_kept = 0
        self._saved = time.perf_counter()

    @cached_property
    def camera(self) -> Camera:
        """Made when the optimizer has its variables."""
        return Camera(self.model, self.steered, self.memory)

    def keep(self, epoch: int) -> None:
        """The state after that many epochs, if it is one that is kept."""
        if self.shelf is None:
            return
        if is_kept(epoch) and self.left > 0:
            self._put(epoch_name(epoch), self.camera.take(epoch).pack())
            self._keep_best()
        if time.perf_counter() - self._saved >= SAVE_EVERY:
            self.save(epoch)

    def _keep_best(self) -> None:
        """Whoever goes back to a kept epoch finds what was best until then, though its epoch is not kept itself."""
        if is_kept(self.best_epoch) or self.best_epoch == self._best_kept:
            return
        with suppress(StoreError):  # a store that cannot be read just now: at the next kept epoch
            content = self._held(self.best_epoch)
            if content is not None:
                self._put(best_name(self.best_epoch), content)
                self._best_kept = self.best_epoch

    def _put(self, name: str, content: bytes) -> None:
        if self.shelf is not None:
            self.shelf[name] = content
            self.left -= len(content)

    def _held(self, epoch: int) -> bytes | None:
        """The packed state of an epoch, wherever it is held."""
        if self._best_state is not None and self._best_state.epoch == epoch:
            return self._best_state.pack()
        return held_on(self.shelf or {}, epoch) or held_on(self.elder or {}, epoch)

    def _settle(self) -> None:
        """The best again among the epochs that stand, its state with it."""
        self.best, self.best_epoch, self._best_state = math.inf, 0, None
        shelf: Shelf = {} if self.shelf is None else self.shelf
        values = self.values_of(self.monitor)
        for epoch in sorted(values, key=values.__getitem__):
            content = held_on(shelf, epoch)
            if content is not None:
                self.best, self.best_epoch, shelf[BEST] = values[epoch], epoch, content
                return
        shelf.pop(BEST, None)  # of an epoch that stands no more

    def note(self, epoch: int, logs: Mapping[str, Any]) -> None:
        """Remember the state after that many epochs if its monitored value, which is to fall, is the lowest yet."""
        self.epoch = epoch
        if self.shelf is None:
            return
        self._logs[epoch] = dict(logs)
        value = finite(logs.get(self.monitor))
        if value is not None and value < self.best:
            self.best, self.best_epoch = value, epoch
            self._best_state = self.camera.take(epoch)

    def save(self, epoch: int) -> None:
        """Put the best state and the last on the shelf; the best first, so that what resumes from the last has it."""
        if self.shelf is None:
            return
        self._saved = time.perf_counter()
        if self._best_state is not None:
            self.shelf[BEST], self._best_state = self._best_state.pack(), None
        self.shelf[LAST] = self.camera.take(epoch).pack()

    def resume(self, logs: Mapping[int, Mapping[str, Any]]) -> None:
        """Judge the best with the epochs of an earlier fit, whose states are on the shelf."""
        self._logs = dict(logs)
        self._settle()

    def go_back(self, epoch: int) -> tuple[int, list[Act]] | None:
        """Put the model into the last kept state that is no later than `epoch`; its epoch, and what callbacks did then.

        None without such a state.
        """
        if self.shelf is None or (found := nearest_kept(self.shelf, epoch)) is None:
            return None
        at = restore_state(self.model, self.shelf[epoch_name(found)], self.steered)
        self._logs = {done: logs for done, logs in self._logs.items() if done <= at}
        self._best_kept = 0  # what is trained again may give another state of the same epoch
        if self.best_epoch > at:
            self._settle()
        acts = self.recall(at)
        self.save(at)
        return at, acts

    def recall(self, epoch: int) -> list[Act]:
        """Let the callbacks remember what they did after that epoch, as far as it is kept; what they do to their files.

        The states to which they may come back are kept with this fit's own.
        """
        self.epoch = epoch
        held = self._held(epoch)
        if held is None and self.shelf is not None:
            last = self.shelf.get(LAST)
            held = last if last and epoch_of(last) == epoch else None
        told = [] if held is None else told_in(held)
        acts = self.memory.recall(told, self)
        if self.elder is not None:
            acts += self._take_over(self.elder, told)
            self.save(epoch)  # with copies of what the elder's callbacks wrote
        return acts

    def _take_over(self, elder: Shelf, told: Json) -> Iterator[Act]:
        """Keep the states of the elder fit that callbacks lean on; where they remember something, it is told."""
        for epoch in self.memory.leaned_on():
            content = held_on(elder, epoch)
            if content is not None and held_on(self.shelf or {}, epoch) is None:
                self._put(best_name(epoch), content)
        if told:
            text = f"Callbacks go on as they stood after epoch {self.epoch}."
            yield "remembered", text, {"callbacks": self.memory.tell()}

    # The past, as callbacks ask for it

    def values_of(self, name: str) -> dict[int, float]:
        """A logged value by epochs done, where it is a finite number."""
        values = {epoch: finite(logs.get(name)) for epoch, logs in self._logs.items()}
        return {epoch: value for epoch, value in values.items() if value is not None}

    def holds(self, epoch: int) -> bool:
        """Whether the state after so many epochs is kept."""
        return self._held(epoch) is not None

    def weights_after(self, epoch: int) -> list[np.ndarray] | None:
        """The model's weights then; None where the state is not kept."""
        held = self._held(epoch)
        return None if held is None else weights_in(held)

    @contextmanager
    def standing_at(self, epoch: int) -> Iterator[None]:
        """Inside, the model stands where it stood after so many epochs, whose state is kept."""
        now, then = self.camera.take(self.epoch).pack(), self._held(epoch)
        if then is None:
            raise KeyError(epoch)
        restore_state(self.model, then, self.steered)
        try:
            yield
        finally:
            restore_state(self.model, now, self.steered)


def held_on(shelf: Shelf, epoch: int) -> bytes | None:
    """The packed state of an epoch on a shelf, by whatever name."""
    found = (shelf.get(name) for name in (BEST, epoch_name(epoch), best_name(epoch)))
    return next((content for content in found if content and epoch_of(content) == epoch), None)


def finite(value: Any) -> float | None:
    """A logged value, where it is a finite number."""
    return float(value) if is_number(value) else None
