"""Feeding: an experiment's data as the arrays that go into its model and those its outputs are compared with."""

from __future__ import annotations

import importlib

import numpy as np

from components.checks import losses_of
from components.datasets import DATASETS, Arrays, load_dataset
from components.experiment import Experiment, ExperimentError
from components.graph import output_names

Split = tuple
"""`(x, y)` or `(x, y, sample_weight)`: arrays, or lists, tuples or dicts of arrays, as `fit` takes them.

Those made here are lists in the order of the model's inputs and outputs.
"""


def load_splits(experiment: Experiment) -> dict[str, Split]:
    """The dataset's splits as `(x, y)` in the order of the model's inputs and outputs."""
    data = experiment.data
    if data.dataset not in DATASETS:
        importlib.import_module("presets")
    splits = load_dataset(data.dataset, data.config, experiment.data_seed)
    return {name: feed(experiment, inputs, targets) for name, (inputs, targets) in splits.items()}


def feed(experiment: Experiment, inputs: Arrays, targets: Arrays) -> Split:
    """The arrays that go into the model's inputs, and those its outputs are compared with.

    An output without a loss is compared with nothing: it gets zeros where the data has no array for it.
    """
    graph, data, losses = experiment.graph, experiment.data, losses_of(experiment)
    doors = [graph.node(node).layer for node in graph.inputs]
    x = [pick(inputs, data.inputs.get(name, name), name, "input") for name in doors]
    nothing = np.zeros(len(x[0]), "float32")
    y = [
        pick(targets, data.targets.get(name, name), name, "output")
        if name in losses
        else targets.get(data.targets.get(name, name), nothing)
        for name in output_names(graph)
    ]
    return (x[0] if len(x) == 1 else x), (y[0] if len(y) == 1 else y)


def pick(arrays: Arrays, array: str, name: str, door: str) -> np.ndarray:
    """An array by its name; ExperimentError when the data has none of that name."""
    if array not in arrays:
        known = ", ".join(arrays)
        raise ExperimentError(
            f"The {door} “{name}” takes one of the data's arrays {known}, and not “{array}”; choose one under Data."
        )
    return arrays[array]


def first_array(split: Split) -> np.ndarray:
    """The array of the first input."""
    return split[0][0] if isinstance(split[0], list) else split[0]


def first_rows(split: Split, count: int) -> Split:
    """The split's first rows."""
    return tuple([a[:count] for a in part] if isinstance(part, list) else part[:count] for part in split)


PROBED_ROWS = 64
"""Rows of the training data on which activations and gradients are looked at."""

LARGE_ROW, PROBED_SHARE = 4_096, 32
"""Of rows of more numbers than this no more than a 32nd are: with them a look takes its share of the epoch's time."""


def probed_rows(train: Split) -> Split:
    """The training rows on which a model is looked into, one at least."""
    first = first_array(train)
    large = np.prod(first.shape[1:]) > LARGE_ROW
    return first_rows(train, max(1, min(PROBED_ROWS, len(first) // PROBED_SHARE)) if large else PROBED_ROWS)
