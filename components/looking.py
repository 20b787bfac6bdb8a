"""A look at the data before training: samples, classes, shapes and ranges of every array in every split."""

from __future__ import annotations

import base64
import importlib
import io
from collections.abc import Sequence
from typing import Any

import numpy as np

from components.datasets import DATASETS, Arrays, Dataset, load_dataset, named_dataset
from components.graph import Json
from components.inside.layer_points import is_image, shown
from components.problems.columns import describe
from components.shapes import write_shape

SAMPLES = 10
MOST_NUMBERS = 12
"""Of one sample's input; the rest is counted."""

MOST_BARS = 40
BINS = 24
MOST_SIDE = 96
"""Pixels; larger pictures are shown with every second, third… pixel."""

MOST_WHOLE = 20
"""Targets with at most so many different whole values are counted value by value."""


def look_json(dataset: str, config: Json, seed: int) -> Json:
    """What is in the data.

    `{"rows": {split: count}, "arrays": [{"name", "role", "shape", "dtype", "ranges": {split: [least, greatest, mean]}}],
    "targets": [{"name", "kind": "classes" | "numbers", "labels", "counts": {split: […]}}],
    "samples": [{"name": …}]}`; a sample's value is text, a number, or a picture as a `data:` address.
    """
    if dataset not in DATASETS:
        importlib.import_module("presets")
    splits = load_dataset(dataset, config, seed)
    rows = {split: len(next(iter(inputs.values()))) for split, (inputs, _) in splits.items()}
    named = named_dataset(dataset, config)
    return {
        "rows": rows,
        "arrays": [
            array_of(name, role, {split: parts[place] for split, parts in splits.items()})
            for place, role in enumerate(("input", "target"))
            for name in splits["train"][place]
        ],
        "targets": [
            target_of(name, {split: parts[1][name] for split, parts in splits.items()}, named.classes.get(name, ()))
            for name in splits["train"][1]
        ],
        "samples": samples_of(*splits["train"], named),
    }


def array_of(name: str, role: str, splits: dict[str, Arrays]) -> Json:
    """An array's shape without its rows, its type and the range of its values by split."""
    first = splits["train"][name]
    return {
        "name": name,
        "role": role,
        "shape": write_shape((None, *first.shape[1:])),
        "dtype": str(first.dtype),
        "ranges": {split: range_of(arrays[name]) for split, arrays in splits.items()},
    }


def range_of(array: np.ndarray) -> list[float]:
    """Least, greatest and mean; nothing of nothing."""
    return [float(array.min()), float(array.max()), float(array.mean())] if array.size else []


# Targets


def target_of(name: str, splits: dict[str, np.ndarray], names: Sequence[str]) -> Json:
    """How often each class, or each range of numbers, is in each split."""
    train = splits["train"]
    classes = max(describe(train, len(names)).classes, len(names))
    values = np.unique(np.concatenate([array.reshape(-1) for array in splits.values()]))
    if names or (1 < classes <= MOST_BARS):
        labels = [*names, *map(str, range(len(names), classes))]
        counts = {s: np.bincount(a.reshape(-1).astype(int), minlength=classes) for s, a in splits.items()}
        kept = np.sort(np.argsort(-counts["train"], kind="stable")[:MOST_BARS])
        labels = [labels[place] for place in kept]
        counts = {split: count[kept] for split, count in counts.items()}
        return counted(name, "classes", labels, counts)
    if len(values) <= MOST_WHOLE and np.array_equal(values, values.round()):
        counts = {s: np.array([(a == value).sum() for value in values]) for s, a in splits.items()}
        return counted(name, "classes", [f"{value:g}" for value in values], counts)
    edges = np.linspace(values[0], values[-1], BINS + 1)
    counts = {split: np.histogram(array, edges)[0] for split, array in splits.items()}
    middles = (edges[1:] + edges[:-1]) / 2
    return counted(name, "numbers", [float(f"{middle:.4g}") for middle in middles], counts)


def counted(name: str, kind: str, labels: Sequence[Any], counts: dict[str, np.ndarray]) -> Json:
    """The counts as plain data."""
    return {
        "name": name,
        "kind": kind,
        "labels": list(labels),
        "counts": {s: [int(c) for c in count] for s, count in counts.items()},
    }


# Samples


def samples_of(inputs: Arrays, targets: Arrays, named: Dataset) -> list[Json]:
    """The first training rows, as a person can read them."""
    words = named.vocabulary() if named.vocabulary else {}
    rows = range(min(SAMPLES, len(next(iter(inputs.values())))))
    samples: list[Json] = [{} for _ in rows]
    for name, array in inputs.items():
        for row, sample in zip(rows, samples, strict=True):
            sample.update(readable(name, array, row, words.get(name)))
    for name, array in targets.items():
        for row, sample in zip(rows, samples, strict=True):
            sample[name] = answer(array[row], named.classes.get(name, ()))
    return samples


def readable(name: str, array: np.ndarray, row: int, words: Sequence[str] | None) -> Json:
    """One input of a sample by name; a few numbers each under a name of its own."""
    if is_image(array):
        step = -(-max(array.shape[1:3]) // MOST_SIDE)
        return {name: address_of(shown(array[row, ::step, ::step], None, image=True)["values"])}
    if words is not None:
        return {name: shown(array[row], words, image=False)["values"]}
    values = [float(f"{value:.4g}") for value in array[row].reshape(-1).astype(float)]
    if len(values) == 1:
        return {name: values[0]}
    if len(values) <= MOST_NUMBERS:
        return {f"{name} {place}": value for place, value in enumerate(values, 1)}
    more = len(values) - MOST_NUMBERS
    return {name: f"{' '.join(f'{value:g}' for value in values[:MOST_NUMBERS])} … (+{more})"}


def address_of(pixels: Sequence) -> str:
    """A picture of numbers from 0 to 255 as a PNG in a `data:` address."""
    from PIL import Image

    array = np.array(pixels, "uint8")
    held = io.BytesIO()
    Image.fromarray(array[..., 0] if array.shape[-1] == 1 else array).save(held, "PNG")
    return "data:image/png;base64," + base64.b64encode(held.getvalue()).decode()


def answer(value: np.ndarray, names: Sequence[str]) -> str | float:
    """What a target says: the name of a class, or its numbers."""
    numbers = np.asarray(value, float).reshape(-1)
    if names and numbers.size == 1 and 0 <= numbers[0] < len(names):
        return names[int(numbers[0])]
    if numbers.size == 1:
        return float(f"{numbers[0]:.4g}")
    return " ".join(f"{number:.3g}" for number in numbers[:MOST_NUMBERS])
