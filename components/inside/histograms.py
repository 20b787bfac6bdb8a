"""The inside of a model on a fixed batch: histograms of weights, activations and gradients, and their size by layer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from components.graph import Json, unique_name
from components.inside.summaries import means, norms, summarise
from components.inside.watching import counts, named_layers, watched_layers
from components.runs import QUANTITIES
from components.training.compiling import TRACING, Structure, hold_rows

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
        self._units: dict[str, list[int]] = {}
        self._before: tuple[int, np.ndarray] | None = None

    def __call__(self, epoch: int, last: bool = False) -> Found:
        """Records as (kind, values) after that many epochs."""
        return self.look(epoch)

    def look(self, epoch: int, weights: Sequence[np.ndarray] | None = None) -> Found:
        """The same, of the model as it is or as it was with other `weights`, in the order of `model.weights`."""
        seen = self.traced() if weights is None else self._traced_with(weights)
        found = {name: part.numpy() for name, part in seen.items()}
        return [("histograms", self._histograms(found["values"])), ("signals", self._signals(epoch, found))]

    def _traced_with(self, weights: Sequence[np.ndarray]) -> dict[str, tf.Tensor]:
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

    def _look(self) -> dict[str, tf.Tensor]:
        x, y, *weights = self._batch
        trained = {id(variable) for variable in self.model.trainable_variables}
        learning = [named for named in self._variables if id(named.variable) in trained]
        with tf.GradientTape() as tape, watched_layers(self.model, tape.watch) as outputs:
            predicted = self.model(x, training=False)
            loss = self.model.compute_loss(x, y, predicted, *weights)
        floats = {call: tensor for call, tensor in outputs.items() if counts(tensor)}
        sources = [named.variable.value for named in learning], list(floats.values())
        by_weight, by_call = tape.gradient(loss, sources)
        return self._gather(
            weights={named.name: named.variable.value for named in self._variables},
            activations=floats,
            gradients=dict(zip([named.name for named in learning], by_weight, strict=True)),
            backward=dict(zip(floats, by_call, strict=True)),
        )

    def _gather(self, **kinds: dict[str, Any]) -> dict[str, tf.Tensor]:
        """Of tensors by kind and name all that is told of them, in few tensors: each would cost a call by itself.

        `values` is a sample of all that is counted, `squares` half the sum of squares of each tensor; `dead` and
        `saturated` say of each unit whether it is.
        """
        held = {
            kind: {name: as_floats(tensor) for name, tensor in tensors.items() if tensor is not None and counts(tensor)}
            for kind, tensors in kinds.items()
        }
        self._names = {kind: list(tensors) for kind, tensors in held.items()}
        samples = {kind: [sample(tensor) for tensor in held[kind].values()] for kind in QUANTITIES}
        self._sizes = {kind: sizes_of(parts) for kind, parts in samples.items()}
        bounds, outputs = bounds_of(self.model), held["activations"]
        bounded = {call: bounds[name] for call in outputs if (name := call.partition(":")[0]) in bounds}
        units = {
            "dead": {call: dead_units(tensor) for call, tensor in outputs.items()},
            "saturated": {call: saturated_units(outputs[call], *ends) for call, ends in bounded.items()},
        }
        self._names |= {fault: list(found) for fault, found in units.items()}
        self._units = {fault: sizes_of(found.values()) for fault, found in units.items()}
        squares = [tf.nn.l2_loss(tensor) for tensors in held.values() for tensor in tensors.values()]
        return {
            "values": join([part for parts in samples.values() for part in parts], tf.float32),
            "squares": tf.stack(squares) if squares else tf.zeros([0]),
            **{fault: join(list(found.values()), tf.bool) for fault, found in units.items()},
        }

    def _histograms(self, values: np.ndarray) -> Json:
        summaries = iter(summarise(values, [size for kind in QUANTITIES for size in self._sizes[kind]]))
        return {kind: {name: next(summaries) for name in self._names[kind]} for kind in QUANTITIES}

    def _signals(self, epoch: int, found: dict[str, np.ndarray]) -> Json:
        """Sizes: of weights, gradients and updates by layer; of activations and of what flows back to them by call."""
        sizes = iter(np.sqrt(2 * found["squares"].astype(np.float64)).tolist())
        norms = {kind: {name: next(sizes) for name in self._names[kind]} for kind in (*QUANTITIES, "backward")}
        signals: dict[str, Any] = {
            "weights": self._by_layer(norms["weights"]),
            "gradients": self._by_layer(norms["gradients"]),
            "activations": norms["activations"],
            "backward": norms["backward"],
            **{fault: self._shares(fault, found[fault]) for fault in self._units},
        }
        weights = found["values"][: sum(self._sizes["weights"])]
        if self._before is not None and epoch > self._before[0]:
            then, before = self._before
            signals["updates"] = self._updates(weights, before, epoch - then)
        self._before = (epoch, weights)
        return signals

    def _shares(self, fault: str, faulty: np.ndarray) -> dict[str, float]:
        """By call, the share of its units that have it."""
        return dict(zip(self._names[fault], means(faulty, self._units[fault]).tolist(), strict=True))

    def _by_layer(self, norms: dict[str, float]) -> dict[str, float]:
        """Norms of variables joined into those of their layers, the root of the sum of squares."""
        squares: dict[str, float] = {}
        for name, value in norms.items():
            layer = self._layers[name]
            squares[layer] = squares.get(layer, 0.0) + value**2
        return {layer: square**0.5 for layer, square in squares.items()}

    def _updates(self, now: np.ndarray, before: np.ndarray, epochs: int) -> dict[str, float]:
        """By layer, the norm of an epoch's change of its weights relative to theirs; of several epochs, their mean."""
        names, sizes = self._names["weights"], self._sizes["weights"]
        moved, held = (
            self._by_layer(dict(zip(names, norms(flat, sizes).tolist(), strict=True)))
            for flat in (now - before, before)
        )
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


def dead_units(tensor: tf.Tensor) -> tf.Tensor:
    """Of each unit, along the last axis, whether it is 0 for every row and place."""
    return tf.logical_not(tf.reduce_any(tf.cast(tensor, tf.bool), axis=list(range(tensor.shape.rank - 1))))


NEAR = 0.01
"""How near to a bound, as a share of the range, a unit hardly answers to its weights."""


def saturated_units(tensor: tf.Tensor, low: float, high: float) -> tf.Tensor:
    """Of each unit, along the last axis, whether it is next to a bound for every row and place."""
    near = NEAR * (high - low)
    return tf.reduce_all((tensor < low + near) | (tensor > high - near), axis=list(range(tensor.shape.rank - 1)))


def sizes_of(tensors: Iterable[tf.Tensor]) -> list[int]:
    """How many elements each has, of one axis."""
    return [int(tensor.shape[0]) for tensor in tensors]


def join(parts: Sequence[tf.Tensor], dtype: tf.DType) -> tf.Tensor:
    """The parts one after the other; empty without any."""
    return tf.concat(parts, axis=0) if parts else tf.zeros([0], dtype)
