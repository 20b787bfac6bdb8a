"""The points that a layer of a run gives: its outputs on data, or its weights as vectors, with words and classes."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from components.building import build_model
from components.checks import losses_of
from components.datasets import Dataset, named_dataset
from components.experiment import Experiment, experiment_from_json
from components.graph import Graph, Json, ancestors, calls_of, output_names, source_of, split_reference
from components.inside.watching import watched_layers
from components.store import Store
from components.training.checkpoints import BEST, LAST, epoch_name, nearest_kept, restore_weights
from components.training.compiling import TRACING
from components.training.feeding import load_splits
from components.training.reporting import RunShelf

USUAL_POINTS = 2_000
MOST_POINTS = 10_000
MOST_FEATURES = 4_096
"""Of more numbers per point, neighbouring places are averaged, then units left out."""

BATCH = 256
MOST_CHARACTERS = 80
"""Of a text that labels a point."""


class LayerError(ValueError):
    """A layer or an option that a run does not have; its text says the rule, the value and the remedy."""


@dataclass(frozen=True)
class Target:
    """What one output should say and says of each point: names of classes, or numbers."""

    output: str
    classes: tuple[Any, ...] = ()
    predictions: tuple[Any, ...] = ()
    names: tuple[str, ...] = ()
    """Of the classes, in their order; empty for numbers."""

    @property
    def mistakes(self) -> list[bool]:
        """For classes: whether the prediction is wrong."""
        return [a != b for a, b in zip(self.classes, self.predictions, strict=True)] if self.names else []


@dataclass(frozen=True)
class LayerPoints:
    """`points` is float32 [points, features]; `rows` says which rows of the split, or of the weights, they are."""

    points: np.ndarray
    rows: np.ndarray
    labels: tuple[str, ...]
    epoch: int
    target: Target | None = None
    notes: tuple[str, ...] = field(default=())


def layer_points(
    store: Store, run_id: str, layer: str, what: str, epoch: int | str | None, options: Json
) -> LayerPoints:
    """The points of a layer of a run after an epoch: a number, "best", or None for the latest.

    `layer` is a layer's name; `name:1` is its second call, `model/name` stands in a nested model. `what` is "outputs"
    (one point per row of the data) or "weights" (one per word of an Embedding, or per unit of another layer).
    Options: `most` points, `split` of the data, `output` whose classes are told.
    """
    run = store.run(run_id)
    opened = open_run(run.experiment)
    most = int(np.clip(options.get("most") or USUAL_POINTS, 1, MOST_POINTS))
    with opened.lock:
        reached = opened.load(RunShelf(store, run_id, None), run.epoch, epoch)
        if what == "weights":
            return opened.weight_points(layer, most, reached)
        if what == "outputs":
            return opened.output_points(
                layer, most, reached, options.get("split") or "validation", options.get("output")
            )
    raise LayerError(f"Points are a layer's outputs or its weights, and this is “{what}”; choose one of the two.")


def open_run(experiment: Json) -> OpenRun:
    """The model and data of an experiment, given as plain data; the last two stay open for the next epoch or layer."""
    return open_text(json.dumps(experiment, sort_keys=True))


@lru_cache(maxsize=2)
def open_text(experiment: str) -> OpenRun:
    """The same, given as JSON text."""
    return OpenRun(experiment_from_json(json.loads(experiment)))


class OpenRun:
    """The model and the data of an experiment, into which the weights of any epoch are loaded."""

    def __init__(self, experiment: Experiment) -> None:
        self.experiment = experiment
        self.lock = threading.Lock()
        self.splits = load_splits(experiment)
        self.model = build_model(experiment.graph, seed=experiment.seed)
        self._looks: dict[str, Callable[..., Any]] = {}

    @cached_property
    def dataset(self) -> Dataset:
        """The dataset, whose words and classes give names to points."""
        return named_dataset(self.experiment.data.dataset, self.experiment.data.config)

    @cached_property
    def vocabulary(self) -> dict[str, tuple[str, ...]]:
        """Words by the name of the model's input."""
        words = self.dataset.vocabulary() if self.dataset.vocabulary else {}
        graph, arrays = self.experiment.graph, self.experiment.data.inputs
        names = [graph.node(node).layer for node in graph.inputs]
        return {name: words[arrays.get(name, name)] for name in names if arrays.get(name, name) in words}

    def load(self, shelf: RunShelf, latest: int, epoch: int | str | None) -> int:
        """Put in the weights after an epoch, or after the last kept one before it; the epoch that they are of."""
        kept = nearest_kept(shelf, latest if epoch is None or epoch == "best" else int(epoch))
        name = BEST if epoch == "best" and BEST in shelf else LAST if kept is None else epoch_name(kept)
        if name not in shelf:
            raise LayerError("This run has kept no weights yet; wait until it has begun to train.")
        return restore_weights(self.model, shelf[name])

    # Weights

    def weight_points(self, layer: str, most: int, epoch: int) -> LayerPoints:
        """One point per row of an Embedding, or per unit of a layer with a kernel."""
        keras_layer = self.find(layer)
        embedding = isinstance(keras_layer, keras.layers.Embedding)
        held = next((w for w in keras_layer.weights if len(w.shape) >= 2), None)
        if held is None:
            raise LayerError(f"Weights are drawn as vectors, and “{layer}” has none; choose its outputs instead.")
        values = np.asarray(held)
        vectors = values if embedding else values.reshape(-1, values.shape[-1]).T
        vectors, notes = fewer_features(vectors[:most])
        words = self.words_of(layer) if embedding else ()
        unit = "" if embedding else "unit "
        labels = tuple((words[i] if i < len(words) else f"{unit}{i}") or f"{unit}{i}" for i in range(len(vectors)))
        return LayerPoints(vectors, np.arange(len(vectors)), labels, epoch, notes=notes)

    def find(self, path: str) -> keras.Layer:
        """The Keras layer at a path; a call's number does not matter."""
        found: Any = self.model
        for name in split_reference(path)[0].split("/"):
            found = next((layer for layer in getattr(found, "layers", ()) if layer.name == name), None)
        if found is None:
            raise LayerError(f"This run's model has no layer “{path}”; it has {', '.join(self.names())}.")
        return found

    def names(self) -> list[str]:
        """The names of the model's layers, for a person to choose from."""
        return [layer.name for layer in self.model.layers][:40]

    def words_of(self, layer: str) -> tuple[str, ...]:
        """The words behind the rows of an Embedding: those of the inputs that reach it."""
        feeding = inputs_of(self.experiment.graph, split_reference(layer)[0].split("/"))
        return next((self.vocabulary[name] for name in feeding if name in self.vocabulary), ())

    # Outputs

    def output_points(self, layer: str, most: int, epoch: int, split: str, output: str | None) -> LayerPoints:
        """One point per row of the split, evenly spaced when there are too many."""
        if split not in self.splits:
            raise LayerError(
                f"The data is split into {', '.join(self.splits)}, and this is “{split}”; choose one of those."
            )
        x, y = (part if isinstance(part, list) else [part] for part in self.splits[split])
        count = len(x[0])
        rows = np.unique(np.linspace(0, count - 1, min(count, most)).astype(int)) if count else np.zeros(0, int)
        x, y = [array[rows] for array in x], [array[rows] for array in y]
        parts = list(self.computed(layer, x))
        points, notes = joined([part for part, _ in parts])
        predicted = [np.concatenate(column) for column in zip(*(outputs for _, outputs in parts), strict=True)]
        return LayerPoints(points, rows, self.labels_of(x, rows), epoch, self.target_of(y, predicted, output), notes)

    def computed(self, layer: str | None, x: Sequence[np.ndarray]) -> Iterator[tuple[np.ndarray, list[np.ndarray]]]:
        """For each batch, what the layer gives (without one: nothing) and what the model says."""
        entering = [tensor.name for tensor in self.model.inputs]
        door = next((i for i, node in enumerate(self.experiment.graph.inputs) if node == layer), None)
        look = self.look(None if door is not None else layer)
        for first in range(0, len(x[0]), BATCH):
            batch = [tf.convert_to_tensor(array[first : first + BATCH]) for array in x]
            caught, outputs = look(batch if len(entering) > 1 else batch[0])
            given = x[door][first : first + BATCH] if door is not None else caught.numpy()
            yield np.asarray(given), [output.numpy() for output in outputs]

    def look(self, layer: str | None) -> Callable[..., Any]:
        """The compiled model that also gives what the layer gives at its call; LayerError when there is no such."""
        if layer not in self._looks:
            self._looks[layer or ""] = tf.function(
                lambda x: self.caught(layer, x), autograph=False, reduce_retracing=True
            )
        return self._looks[layer or ""]

    def caught(self, layer: str | None, x: Any) -> tuple[Any, list[Any]]:
        """What one layer gives, and the outputs of the model."""
        with TRACING, watched_layers(self.model) as outputs:
            predicted = self.model(x, training=False)
        predicted = predicted if isinstance(predicted, (list, tuple)) else [predicted]
        if layer is None:
            return tf.zeros(()), list(predicted)
        if layer not in outputs:
            raise LayerError(f"This run's model has no layer “{layer}”; it has {', '.join(list(outputs)[:40])}.")
        return outputs[layer], list(predicted)

    # Names and classes

    def labels_of(self, x: Sequence[np.ndarray], rows: np.ndarray) -> tuple[str, ...]:
        """The words of each row where the data has words, otherwise its number."""
        graph = self.experiment.graph
        texts = [
            (array, self.vocabulary[graph.node(node).layer])
            for node, array in zip(graph.inputs, x, strict=True)
            if graph.node(node).layer in self.vocabulary
        ]
        if not texts:
            return tuple(str(row) for row in rows)
        return tuple(" | ".join(spoken(array[i], words) for array, words in texts) for i in range(len(rows)))

    def target_of(self, y: Sequence[np.ndarray], predicted: Sequence[np.ndarray], output: str | None) -> Target | None:
        """What the chosen output should say and says; without a choice, the first that tells classes apart."""
        outputs = output_names(self.experiment.graph)
        if output is not None and output not in outputs:
            raise LayerError(
                f"The model's outputs are {', '.join(outputs)}, and this is “{output}”; choose one of those."
            )
        candidates = [
            self.compared(name, true, said) for name, true, said in zip(outputs, y, predicted, strict=True)
            if output in (None, name)
        ]  # fmt: skip
        found = [target for target in candidates if target is not None]
        return next((target for target in found if target.names), found[0] if found else None)

    def compared(self, output: str, true: np.ndarray, said: np.ndarray) -> Target | None:
        """Truth and prediction of one output, as names of classes or as numbers; None for what is neither."""
        loss = losses_of(self.experiment).get(output, "")
        if self.has_labels(output, said):
            names = self.class_names(output, said.shape[1])
            wanted_sets, given_sets = (labels_in(values, names) for values in (true, said))
            return Target(output, wanted_sets, given_sets, tuple(sorted({*wanted_sets, *given_sets})))
        if (self.class_names(output) or "crossentropy" in loss) and said.ndim == 2:
            wanted, given = class_numbers(true), class_numbers(said, threshold=0.5)
            names = self.class_names(output, max(2, said.shape[1], int(wanted.max(initial=0)) + 1))
            return Target(output, tuple(names[i] for i in wanted), tuple(names[i] for i in given), names)
        if output not in losses_of(self.experiment) or said.size != len(said) or true.size != len(true):
            return None
        return Target(output, tuple(true.reshape(-1).tolist()), tuple(said.reshape(-1).tolist()))

    def has_labels(self, output: str, said: np.ndarray) -> bool:
        """Whether each of the output's columns is a label that is there or not, whatever the others are."""
        loss = losses_of(self.experiment).get(output, "")
        return loss.startswith("binary") and said.ndim == 2 and said.shape[1] > 1

    def class_names(self, output: str, count: int = 0) -> tuple[str, ...]:
        """The names of the classes that an output tells apart; of `count` of them, those without a name by number."""
        names = tuple(self.dataset.classes.get(self.experiment.data.targets.get(output, output), ()))
        return tuple(names[i] if i < len(names) else str(i) for i in range(count or len(names)))


# Arrays


def labels_in(values: np.ndarray, names: Sequence[str]) -> tuple[str, ...]:
    """Row by row the labels that are there, in one text."""
    return tuple(
        " + ".join(name for name, there in zip(names, row, strict=False) if there) or "–" for row in values > 0.5
    )


def class_numbers(values: np.ndarray, threshold: float = 0.5) -> np.ndarray:
    """Classes, int [rows]: the largest of several columns, else whole numbers as they are, else above the threshold."""
    if values.ndim > 1 and values.shape[1] > 1:
        return np.nan_to_num(values, nan=-np.inf).argmax(axis=1)
    flat = values.reshape(-1)
    return flat.astype(int) if np.issubdtype(flat.dtype, np.integer) else (flat > threshold).astype(int)


def joined(parts: Sequence[np.ndarray]) -> tuple[np.ndarray, tuple[str, ...]]:
    """Batches of a layer's outputs as float32 [points, features], and a note when there were too many features."""
    if not parts:
        return np.zeros((0, 1), np.float32), ()
    smaller = [fewer_features(part) for part in parts]
    return np.concatenate([part for part, _ in smaller]), smaller[0][1]


def fewer_features(values: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
    """Float32 [points, features] with at most MOST_FEATURES features, and a note when there were more.

    Neighbouring places of maps are averaged, two by two, as long as there are too many; then units are left out.
    """
    before = int(np.prod(values.shape[1:]))
    values = values.astype(np.float32)
    while np.prod(values.shape[1:]) > MOST_FEATURES and any(size > 1 for size in values.shape[1:-1]):
        for axis in range(1, values.ndim - 1):
            values = halved(values, axis)
    flat = values.reshape(len(values), -1)
    flat = flat[:, :: -(-flat.shape[1] // MOST_FEATURES)] if flat.shape[1] else flat
    if flat.shape[1] == before:
        return flat, ()
    return flat, (f"Each point has {before:,} numbers, and {flat.shape[1]:,} stand for them.".replace(",", "\u202f"),)


def halved(values: np.ndarray, axis: int) -> np.ndarray:
    """Neighbours along an axis averaged two by two; a last one without a neighbour is left out."""
    pairs = values.shape[axis] // 2
    if not pairs:
        return values
    first, second = (np.take(values, np.arange(pairs) * 2 + shift, axis=axis) for shift in (0, 1))
    return (first + second) / 2


def spoken(numbers: np.ndarray, words: Sequence[str]) -> str:
    """The words behind a row of integers, padding left out, cut when long."""
    text = " ".join(
        words[n] if 0 <= n < len(words) else str(n) for n in np.asarray(numbers).reshape(-1).astype(int) if n
    )
    return text if len(text) <= MOST_CHARACTERS else text[: MOST_CHARACTERS - 1] + "…"


# One row of the data


def sample_of(store: Store, run_id: str, row: int, split: str) -> Json:
    """What the data holds in a row, by input: `{"kind": "text" | "image" | "numbers", "shape", "values"}`."""
    return row_in(open_run(store.run(run_id).experiment), row, split)


def row_in(opened: OpenRun, row: int, split: str) -> Json:
    """The same of data that are open already."""
    x = opened.splits[split][0] if split in opened.splits else []
    arrays = x if isinstance(x, list) else [x]
    if not arrays or not 0 <= row < len(arrays[0]):
        raise LayerError(f"There is no row {row} in the {split} data; choose one of the points that are drawn.")
    graph = opened.experiment.graph
    names = [graph.node(node).layer for node in graph.inputs]
    return {
        name: shown(array[row], opened.vocabulary.get(name), image=is_image(array))
        for name, array in zip(names, arrays, strict=True)
    }


def is_image(array: np.ndarray) -> bool:
    """Whether the rows look like grey or coloured pictures."""
    return array.ndim == 4 and array.shape[-1] in (1, 3)


def shown(values: np.ndarray, words: Sequence[str] | None, image: bool) -> Json:
    """One input's values as a person can look at them."""
    shape = list(values.shape)
    if words is not None:
        return {"kind": "text", "shape": shape, "values": spoken(values, words)}
    if not image:
        return {
            "kind": "numbers",
            "shape": shape,
            "values": np.round(values.astype(float).reshape(-1)[:256], 5).tolist(),
        }
    return {"kind": "image", "shape": shape, "values": to_pixels(values).tolist()}


def to_pixels(values: np.ndarray) -> np.ndarray:
    """Pictures in any of the usual ranges as uint8 from 0 to 255."""
    low, high = min(float(values.min()), 0.0), max(float(values.max()), 1e-9)
    high = 255.0 if high > 1.5 else max(high, 1.0)
    return ((values - low) / (high - low) * 255).astype(np.uint8)


# Where a layer's input comes from


def inputs_of(graph: Graph, path: Sequence[str]) -> Iterable[str]:
    """Names of the graph's inputs that reach the layer at the path, in their order."""
    reached: set[str] = set()
    for node in calls_of(graph, path[0]):
        inner = graph.layers[path[0]]
        entering = node.inputs
        if len(path) > 1 and isinstance(inner, Graph):
            wanted = set(inputs_of(inner, path[1:]))
            doors = [inner.node(door).layer for door in inner.inputs]
            entering = tuple(r for name, r in zip(doors, node.inputs, strict=False) if name in wanted)
        for reference in entering:
            reached |= {source_of(reference)} | ancestors(graph, source_of(reference))
    return [graph.node(node).layer for node in graph.inputs if node in reached]
