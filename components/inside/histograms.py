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

from components.graph import Json, unique_name
from components.runs import QUANTITIES
from components.training.compiling import TRACING, Structure, hold_rows

BINS = 30
FINE = 32
"""Fine bins in each bin, from which percentiles are read."""

PERCENTILES = (5, 25, 50, 75, 95)

MOST_ELEMENTS = 40_000
"""Of a larger tensor so many elements are taken, evenly spread."""

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
        self._variables = named_variables(model)
        self._layers = {named.name: named.layer for named in self._variables}
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
        histograms = {kind: self._histograms(kind, found[kind]["flat"]) for kind in QUANTITIES}
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
        trained = {id(variable) for variable in self.model.trainable_variables}
        learning = [named for named in self._variables if id(named.variable) in trained]
        with tf.GradientTape() as tape, watched_layers(self.model, tape.watch) as outputs:
            predicted = self.model(x, training=False)
            loss = self.model.compute_loss(x, y, predicted, *weights)
        floats = {call: tensor for call, tensor in outputs.items() if counts(tensor)}
        sources = [named.variable.value for named in learning], list(floats.values())
        by_weight, by_call = tape.gradient(loss, sources)
        gradients = zip([named.name for named in learning], by_weight, strict=True)
        backward = zip(floats, by_call, strict=True)
        return {
            "weights": self._gather("weights", {named.name: named.variable.value for named in self._variables}),
            "activations": self._gather("activations", floats) | self._asleep(floats),
            "gradients": self._gather("gradients", {name: g for name, g in gradients if g is not None}),
            "backward": self._norms("backward", {call: g for call, g in backward if g is not None}),
        }

    def _gather(self, kind: str, tensors: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """A sample of all values in one flat tensor, and the norm of each tensor."""
        held = {name: tensor for name, tensor in tensors.items() if counts(tensor)}
        samples = [sample(as_floats(tensor)) for tensor in held.values()]
        self._sizes[kind] = [int(part.shape[0]) for part in samples]
        return {"flat": tf.concat(samples, axis=0) if samples else tf.zeros([0]), **self._norms(kind, held)}

    def _norms(self, kind: str, tensors: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        self._names[kind] = list(tensors)
        return {"norms": stack([tf.norm(as_floats(tensor)) for tensor in tensors.values()])}

    def _asleep(self, outputs: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """The share of each layer's units that are dead; of those that bound theirs, which stand at a bound."""
        bounds = bounds_of(self.model)
        bounded = {call: bounds[name] for call in outputs if (name := call.partition(":")[0]) in bounds}
        self._names["saturated"] = list(bounded)
        return {
            "dead": stack([dead_share(as_floats(tensor)) for tensor in outputs.values()]),
            "saturated": stack([saturated_share(as_floats(outputs[call]), *ends) for call, ends in bounded.items()]),
        }

    def _histograms(self, kind: str, flat: np.ndarray) -> Json:
        return dict(zip(self._names[kind], summarise(flat, self._sizes[kind]), strict=True))

    def _signals(self, epoch: int, found: dict[str, dict[str, np.ndarray]]) -> Json:
        """Sizes: of weights, gradients and updates by layer; of activations and of what flows back to them by call."""
        outputs = found["activations"]
        signals: dict[str, Any] = {
            "weights": self._by_layer("weights", found["weights"]["norms"]),
            "gradients": self._by_layer("gradients", found["gradients"]["norms"]),
            "activations": self._by_call("activations", outputs["norms"]),
            "backward": self._by_call("backward", found["backward"]["norms"]),
            "dead": self._by_call("activations", outputs["dead"]),
            "saturated": self._by_call("saturated", outputs["saturated"]),
        }
        flat = found["weights"]["flat"]
        if self._before is not None and epoch > self._before[0]:
            then, before = self._before
            signals["updates"] = self._updates(flat, before, epoch - then)
        self._before = (epoch, flat.copy())
        return signals

    def _by_call(self, kind: str, values: np.ndarray) -> dict[str, float]:
        return dict(zip(self._names[kind], values.tolist(), strict=True))

    def _by_layer(self, kind: str, values: Iterable[float]) -> dict[str, float]:
        """Norms of variables joined into those of their layers, the root of the sum of squares."""
        squares: dict[str, float] = {}
        for name, value in zip(self._names[kind], values, strict=True):
            layer = self._layers[name]
            squares[layer] = squares.get(layer, 0.0) + float(value) ** 2
        return {layer: square**0.5 for layer, square in squares.items()}

    def _updates(self, now: np.ndarray, before: np.ndarray, epochs: int) -> dict[str, float]:
        """By layer, the norm of an epoch's change of its weights relative to theirs; of several epochs, their mean."""
        sizes = self._sizes["weights"]
        moved, held = (self._by_layer("weights", norms(flat, sizes)) for flat in (now - before, before))
        return {layer: moved[layer] / max(held[layer], 1e-12) / epochs for layer in moved}


# Names


@dataclass(frozen=True, eq=False)
class NamedVariable:
    """A variable under its layer's place in the model: `tower/encoder`, `tower/encoder/lstm_cell/kernel`."""

    layer: str
    name: str
    variable: keras.Variable


def named_variables(model: keras.Model) -> list[NamedVariable]:
    """Every weight of the model once, from input to output.

    Keras's own paths leave out the models around a layer, so that two of them may hold weights of one path.
    """
    found: dict[int, NamedVariable] = {}
    taken: set[str] = set()
    for layer, variable in (*layer_variables(model), *((model.name, weight) for weight in model.weights)):
        if id(variable) not in found:
            name = unique_name(f"{layer}/{path_within(layer.rpartition('/')[2], variable)}", taken)
            taken.add(name)
            found[id(variable)] = NamedVariable(layer, name, variable)
    return list(found.values())


def layer_variables(model: keras.Model) -> Iterator[tuple[str, keras.Variable]]:
    """The weights of every layer that is no model itself, with the layer's place."""
    for name, layer in named_layers(model):
        if not isinstance(layer, keras.Model):
            yield from ((name, variable) for variable in layer.weights)


def path_within(layer: str, variable: keras.Variable) -> str:
    """What a variable's path says after its layer's name: `lstm_cell/kernel`."""
    _, _, within = f"/{variable.path}".partition(f"/{layer}/")
    return within or variable.name


def named_layers(model: Any, prefix: str = "") -> Iterator[tuple[str, keras.Layer]]:
    """Every layer that computes, with the names of the models around it."""
    for layer in getattr(model, "layers", ()):
        name = f"{prefix}{layer.name}"
        if not isinstance(layer, keras.layers.InputLayer):
            yield name, layer
        if isinstance(layer, keras.Model):
            yield from named_layers(layer, f"{name}/")


BOUNDS = {"tanh": (-1.0, 1.0), "sigmoid": (0.0, 1.0), "hard_sigmoid": (0.0, 1.0), "softsign": (-1.0, 1.0)}
"""Between what an activation's values lie, where it is flat at both ends."""


def bounds_of(model: keras.Model) -> dict[str, tuple[float, float]]:
    """The bounds of hidden layers that have some; an output may well be sure of itself."""
    outputs = set(model.output_names)
    return {
        name: BOUNDS[kind]
        for name, layer in named_layers(model)
        if (kind := getattr(getattr(layer, "activation", None), "__name__", "")) in BOUNDS
        and not hasattr(layer, "recurrent_activation")  # there a gate comes after it
        and name not in outputs
    }


# What is gathered


@contextmanager
def watched_layers(
    model: keras.Model, watch: Callable[[Any], Any] = lambda tensor: None
) -> Iterator[dict[str, tf.Tensor]]:
    """Catches what each layer gives at each call meanwhile, those in nested models too, and tells `watch` of it.

    A layer's later calls are `name:1`, `name:2`, …; what stands in a nested model is `model/name`.
    """
    outputs: dict[str, tf.Tensor] = {}
    with ExitStack() as watches:
        for name, layer in named_layers(model):
            watches.enter_context(watched_layer(name, layer, outputs, watch))
        yield outputs


@contextmanager
def watched_layer(
    name: str, layer: keras.Layer, outputs: dict[str, tf.Tensor], watch: Callable[[Any], Any]
) -> Iterator[None]:
    """Catches what one layer gives: its first output at each call."""
    original: Callable[..., Any] = layer.call

    def call(*args: Any, **kwargs: Any) -> Any:
        result = original(*args, **kwargs)
        number = sum(1 for held in outputs if held == name or held.startswith(f"{name}:"))
        given = outputs[f"{name}:{number}" if number else name] = tf.nest.flatten(result)[0]
        if counts(given):
            watch(given)
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


NEAR = 0.01
"""How near to a bound, as a share of the range, a unit hardly answers to its weights."""


def saturated_share(tensor: tf.Tensor, low: float, high: float) -> tf.Tensor:
    """The share of units, along the last axis, that are next to a bound for every row and place."""
    near = NEAR * (high - low)
    stuck = tf.reduce_all((tensor < low + near) | (tensor > high - near), axis=list(range(tensor.shape.rank - 1)))
    return tf.reduce_mean(tf.cast(stuck, tf.float32))


def stack(scalars: Sequence[tf.Tensor]) -> tf.Tensor:
    """Scalars as one tensor, empty without any."""
    return tf.stack(scalars) if scalars else tf.zeros([0])


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
    """Left edge and width of each range; one without width, to what a float tells, is given some around its value."""
    narrow = high - low <= 1e-6 * np.maximum(np.abs(low), np.abs(high))
    least = np.where(low == 0, 1e-6, np.abs(low) * 1e-3)
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
