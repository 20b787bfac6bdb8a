"""Measuring: what an experiment costs in parameters, multiply-adds and seconds per step."""

from __future__ import annotations

import statistics
import time
from math import prod
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from components.building import build_model, sketch_model
from components.experiment import experiment_from_json
from components.graph import Graph, Json, Layer, is_input
from components.training.running import compile_model, load_splits

RECURRENT = {"LSTM", "GRU", "SimpleRNN", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D", "Bidirectional"}
NO_PRODUCTS = {"Embedding", "PReLU"}
"""Layers whose tables are looked up or multiplied once, number by number."""

STEPS, FORWARDS = 5, 3
LARGEST = 2_000_000
"""Parameters above which a step is not timed: it would take seconds."""


def measure_json(experiment: Json) -> Json:
    """`parameters`, `multiply_adds` of one row (None where a length is open) and `seconds` of a training step or None."""
    read = experiment_from_json(experiment)
    sketch = sketch_model(read.graph)
    parameters = int(sketch.count_params())
    return {
        "parameters": parameters,
        "multiply_adds": count_multiply_adds(read.graph, sketch),
        "seconds": None if parameters > LARGEST else seconds_per_step(experiment),
        "batch_size": read.training.batch_size,
    }


def seconds_per_step(experiment: Json) -> float:
    """The median of some training steps on the experiment's own data and batch size, after one to warm up."""
    read = experiment_from_json(experiment)
    splits = load_splits(read)
    model = build_model(read.graph, seed=read.seed)
    compile_model(model, read, splits)
    x, y = (first(part, read.training.batch_size) for part in splits["train"])
    model.train_on_batch(x, y)
    found = []
    for _ in range(STEPS):
        began = time.perf_counter()
        model.train_on_batch(x, y)
        found.append(time.perf_counter() - began)
    return statistics.median(found)


def time_forward_json(experiment: Json) -> Json:
    """`seconds` that the network takes to answer one batch of its own data, and the `batch_size`.

    The median of some compiled calls, after one to warm up; of a large network this takes a minute.
    """
    read = experiment_from_json(experiment)
    model = build_model(read.graph, seed=read.seed)
    x = first(load_splits(read)["train"][0], read.training.batch_size)
    answer = tf.function(lambda: model(x, training=False))
    answer()
    found = []
    for _ in range(FORWARDS):
        began = time.perf_counter()
        tf.nest.map_structure(np.asarray, answer())
        found.append(time.perf_counter() - began)
    return {"seconds": statistics.median(found), "batch_size": read.training.batch_size}


def first(part: Any, count: int) -> Any:
    """The first rows of one array or of several."""
    return [array[:count] for array in part] if isinstance(part, list) else np.asarray(part)[:count]


# Multiply-adds


def count_multiply_adds(graph: Graph, model: keras.Model) -> int | None:
    """Products of weights and values for one row; None where a size is open. Sums and activations do not count."""
    total = 0
    seen: dict[str, int] = {}
    for node in graph.nodes:
        layer = graph.layer_of(node)
        if isinstance(layer, Layer) and is_input(layer):
            continue
        built = model.get_layer(node.layer)
        if isinstance(layer, Graph):
            work = count_multiply_adds(layer, built)
        else:
            call = built._inbound_nodes[seen.get(node.layer, 0)]
            seen[node.layer] = seen.get(node.layer, 0) + 1
            work = work_of(layer.kind, built, call.input_tensors[0].shape, call.outputs[0].shape)
        if work is None:
            return None
        total += work
    return total


def work_of(kind: str, layer: keras.Layer, entering: tuple, leaving: tuple) -> int | None:
    """Every weight of a kernel is used once at every place of the output, or at every step of a recurrent layer."""
    kernels = sum(prod(weight.shape) for weight in layer.weights if len(weight.shape) > 1)
    if kind in NO_PRODUCTS or not kernels:
        return 0
    if kind in RECURRENT:
        places = (entering[1], *(leaving[-3:-1] if kind.startswith("ConvLSTM") else ()))
    elif kind.endswith("Transpose"):
        places = entering[1:-1]
    else:
        places = leaving[1:-1]
    if getattr(layer, "data_format", None) == "channels_first":
        places = leaving[2:]
    return None if None in places else kernels * prod(places)
