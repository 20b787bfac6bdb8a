"""The inside of a model on a fixed batch: histograms of weights, activations and gradients, and their size by layer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from components.graph import Json
from components.training.compiling import TRACING, Structure, hold_rows

BINS = 30
FINE = 32
"""Fine bins in each bin, from which percentiles are read."""

PERCENTILES = (5, 25, 50, 75, 95)

MOST_ELEMENTS = 40_000
"""Of a larger tensor so many elements are taken, evenly spread."""

KINDS = ("weights", "activations", "gradients")

Found = list[tuple[str, Json]]
"""Records as (kind, values): "histograms" and "signals"."""


class LayerProbe:
    """Looks into a model after an epoch, in one compiled function; changes nothing of it.

    `batch` is `(x, y)` or `(x, y, sample_weight)`. The model runs as in inference, so that neither random generators
    nor moving statistics move on.
    """

    def __init__(self, model: keras.Model, batch: tuple) -> None:
        self.model = model
        rows = hold_rows(batch, batch_size=1)
        self._batch: Structure = rows.tensors
        self._names: dict[str, list[str]] = {}
        self._sizes: dict[str, list[int]] = {}
        self._before: tuple[int, np.ndarray] | None = None

    def __call__(self, epoch: int, last: bool = False) -> Found:
        """Records as (kind, values) after that many epochs."""
        return self.look(epoch)

    def look(self, epoch: int, weights: Sequence[np.ndarray] | None = None) -> Found:
        """The same, of the model as it is or as it was with other `weights`, in the order of `model.weights`."""
        seen = self.traced() if weights is None else self._traced_with(weights)
        found = {kind: {name: part.numpy() for name, part in parts.items()} for kind, parts in seen.items()}
        histograms = {kind: self._histograms(kind, found[kind]["flat"]) for kind in KINDS}
        return [("histograms", histograms), ("signals", self._signals(epoch, found))]

    def _traced_with(self, weights: Sequence[np.ndarray]) -> dict[str, dict[str, tf.Tensor]]:
        """The traced function on copies of its variables: a fit may go on with the originals meanwhile."""
        for variable, value in zip(self.model.weights, weights, strict=True):
            self._copies[id(variable.value.handle)].assign(value)
        captured = [self._copies.get(id(held), held) for held in self.traced.captured_inputs]
        return self.traced._call_flat([], [getattr(held, "handle", held) for held in captured])

    @cached_property
    def _copies(self) -> dict[int, tf.Variable]:
        """By the handle of each variable that the traced function reads."""
        return {id(variable.handle): tf.Variable(variable) for variable in self.traced.graph.variables}

    @cached_property
    def traced(self) -> Any:
        """TensorFlow's ConcreteFunction."""
        with TRACING:
            return tf.function(self._look, autograph=False).get_concrete_function()

    def _look(self) -> dict[str, dict[str, tf.Tensor]]:
        """By kind: all values in one flat tensor, and each tensor's norm and share of dead units."""
        x, y, *weights = self._batch
        variables = self.model.trainable_variables
        with tf.GradientTape() as tape, watched_layers(self.model) as outputs:
            predicted = self.model(x, training=False)
            loss = self.model.compute_loss(x, y, predicted, *weights)
        gradients = zip(variables, tape.gradient(loss, variables), strict=True)
        return {
            "weights": self._gather("weights", {v.path: v.value for v in self.model.weights}),
            "activations": self._gather("activations", outputs),
            "gradients": self._gather("gradients", {v.path: g for v, g in gradients if g is not None}),
        }

    def _gather(self, kind: str, tensors: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        held = {name: as_floats(tensor) for name, tensor in tensors.items() if counts(tensor)}
        samples = [sample(tensor) for tensor in held.values()]
        self._names[kind] = list(held)
        self._sizes[kind] = [int(part.shape[0]) for part in samples]
        return {
            "flat": tf.concat(samples, axis=0) if samples else tf.zeros([0]),
            "norms": stack([tf.norm(tensor) for tensor in held.values()]),
            "dead": stack([dead_share(tensor) for tensor in held.values()]) if kind == "activations" else tf.zeros([0]),
        }

    def _histograms(self, kind: str, flat: np.ndarray) -> Json:
        return dict(zip(self._names[kind], summarise(flat, self._sizes[kind]), strict=True))

    def _signals(self, epoch: int, found: dict[str, dict[str, np.ndarray]]) -> Json:
        """Sizes by layer: norms, the share of dead units, and how far the weights went since the last look."""
        signals: dict[str, Any] = {
            kind: by_layer(self._names[kind], found[kind]["norms"]) for kind in ("weights", "gradients")
        }
        calls, outputs = self._names["activations"], found["activations"]
        signals["activations"] = dict(zip(calls, outputs["norms"].tolist(), strict=True))
        signals["dead"] = dict(zip(calls, outputs["dead"].tolist(), strict=True))
        flat = found["weights"]["flat"]
        if self._before is not None and epoch > self._before[0]:
            signals["updates"] = self._updates(flat, *reversed(self._before))
            signals["epochs"] = epoch - self._before[0]
        self._before = (epoch, flat.copy())
        return signals

    def _updates(self, now: np.ndarray, before: np.ndarray, _: int) -> dict[str, float]:
        """By layer, the norm of the change of its weights relative to the norm of the weights."""
        sizes, names = self._sizes["weights"], self._names["weights"]
        moved, held = by_layer(names, norms(now - before, sizes)), by_layer(names, norms(before, sizes))
        return {layer: moved[layer] / max(held[layer], 1e-12) for layer in moved}


# What is gathered


@contextmanager
def watched_layers(model: keras.Model) -> Iterator[dict[str, tf.Tensor]]:
    """Catches what each layer gives at each call meanwhile, those in nested models too.

    A layer's later calls are `name:1`, `name:2`, …; what stands in a nested model is `model/name`.
    """
    outputs: dict[str, tf.Tensor] = {}
    with ExitStack() as watches:
        for name, layer in named_layers(model):
            watches.enter_context(watched_layer(name, layer, outputs))
        yield outputs


def named_layers(model: Any, prefix: str = "") -> Iterator[tuple[str, keras.Layer]]:
    """Every layer that computes, with the names of the models around it."""
    for layer in getattr(model, "layers", ()):
        name = f"{prefix}{layer.name}"
        if not isinstance(layer, keras.layers.InputLayer):
            yield name, layer
        if isinstance(layer, keras.Model):
            yield from named_layers(layer, f"{name}/")


@contextmanager
def watched_layer(name: str, layer: keras.Layer, outputs: dict[str, tf.Tensor]) -> Iterator[None]:
    """Catches what one layer gives: its first output at each call."""
    original: Callable[..., Any] = layer.call

    def call(*args: Any, **kwargs: Any) -> Any:
        result = original(*args, **kwargs)
        number = sum(1 for held in outputs if held == name or held.startswith(f"{name}:"))
        outputs[f"{name}:{number}" if number else name] = tf.nest.flatten(result)[0]
        return result

    layer.call = call
    try:
        yield
    finally:
        del layer.call


def counts(tensor: Any) -> bool:
    """Whether there are numbers to count in it: real ones, and at least one."""
    return tf.as_dtype(tensor.dtype).is_floating and 0 not in tensor.shape


def as_floats(tensor: Any) -> tf.Tensor:
    """A variable, a tensor or a sparse gradient as a float32 tensor."""
    return tf.cast(tf.convert_to_tensor(tensor), tf.float32)


def sample(tensor: tf.Tensor) -> tf.Tensor:
    """The elements in a row; of a large tensor some, a stride apart that falls on every unit in turn."""
    flat = tf.reshape(tensor, [-1])
    stride = -(-int(flat.shape[0]) // MOST_ELEMENTS)
    while stride > 1 and np.gcd(stride, int(tensor.shape[-1])) > 1:
        stride += 1
    return flat[::stride]


def dead_share(tensor: tf.Tensor) -> tf.Tensor:
    """The share of units, along the last axis, that are 0 for every row and place."""
    silent = tf.reduce_all(tf.equal(tensor, 0.0), axis=list(range(tensor.shape.rank - 1)))
    return tf.reduce_mean(tf.cast(silent, tf.float32))


def stack(scalars: Sequence[tf.Tensor]) -> tf.Tensor:
    """Scalars as one tensor, empty without any."""
    return tf.stack(scalars) if scalars else tf.zeros([0])


def by_layer(paths: Sequence[str], values: Iterable[float]) -> dict[str, float]:
    """Norms of variables joined into those of their layers, the root of the sum of squares."""
    squares: dict[str, float] = {}
    for path, value in zip(paths, values, strict=True):
        layer = path.rpartition("/")[0] or path
        squares[layer] = squares.get(layer, 0.0) + float(value) ** 2
    return {layer: square**0.5 for layer, square in squares.items()}


# Summaries


@dataclass(frozen=True)
class Parts:
    """Consecutive parts of a flat array, with all that is not finite left out."""

    values: np.ndarray
    sizes: np.ndarray
    starts: np.ndarray

    def reduce(self, function: np.ufunc, values: np.ndarray) -> np.ndarray:
        """One number for each part."""
        return function.reduceat(values, self.starts)

    def spread(self, numbers: np.ndarray) -> np.ndarray:
        """Each part's number for each of its elements."""
        return np.repeat(numbers, self.sizes)


def summarise(flat: np.ndarray, sizes: Sequence[int]) -> list[Json]:
    """Low, high, counts in 30 bins, mean, std and percentiles of each part of a flat array.

    Values that are not finite are only counted, as `"strange"`. A constant part has all in its middle bin.
    """
    if not sizes:
        return []
    finite = np.isfinite(flat)
    parts = Parts(np.where(finite, flat, 0.0).astype(np.float64), np.asarray(sizes), offsets(sizes))
    counts = np.maximum(parts.reduce(np.add, finite.astype(np.int64)), 0)
    low = parts.reduce(np.minimum, np.where(finite, flat, np.inf)).astype(np.float64)
    high = parts.reduce(np.maximum, np.where(finite, flat, -np.inf)).astype(np.float64)
    low, high = np.where(counts > 0, low, 0.0), np.where(counts > 0, high, 0.0)
    mean = parts.reduce(np.add, parts.values) / np.maximum(counts, 1)
    spread = np.where(finite, parts.values - parts.spread(mean), 0.0)
    std = np.sqrt(parts.reduce(np.add, spread**2) / np.maximum(counts, 1))
    left, width = widened(low, high)
    fine = count_finely(parts, finite, left, width)
    return [
        {
            "low": float(left[i]),
            "high": float(left[i] + width[i]),
            "counts": fine[i].reshape(BINS, FINE).sum(axis=1).tolist(),
            "mean": float(mean[i]),
            "std": float(std[i]),
            "percentiles": percentiles_of(fine[i], left[i], width[i]),
            "strange": int(sizes[i] - counts[i]),
        }
        for i in range(len(sizes))
    ]


def offsets(sizes: Sequence[int]) -> np.ndarray:
    """Where each part begins."""
    return np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64)


def widened(low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Left edge and width of each range; one without width is given some around its value."""
    least = np.maximum(np.abs(low) * 1e-3, 1e-6)
    narrow = high - low < least * 1e-3
    return np.where(narrow, low - least, low), np.where(narrow, 2 * least, high - low)


def count_finely(parts: Parts, finite: np.ndarray, left: np.ndarray, width: np.ndarray) -> np.ndarray:
    """Finite values in BINS × FINE bins of each part, [parts, bins]."""
    bins = BINS * FINE
    place = ((parts.values - parts.spread(left)) * parts.spread(bins / width)).astype(np.int64)
    place = np.clip(place, 0, bins - 1) + parts.spread(np.arange(len(left)) * bins)
    return np.bincount(place[finite], minlength=len(left) * bins).reshape(-1, bins)


def percentiles_of(fine: np.ndarray, left: float, width: float) -> list[float]:
    """The PERCENTILES of a finely counted part, exact to a fine bin."""
    total = np.cumsum(fine)
    if not total[-1]:
        return []
    places = np.searchsorted(total, np.array(PERCENTILES) / 100 * total[-1])
    return (left + (places + 0.5) / len(fine) * width).tolist()


def norms(flat: np.ndarray, sizes: Sequence[int]) -> np.ndarray:
    """The norm of each part of a flat array."""
    return np.sqrt(np.add.reduceat(flat.astype(np.float64) ** 2, offsets(sizes))) if sizes else np.zeros(0)
