"""Watching: what each layer gives at each of its calls while a model runs, by the names of the graph."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from typing import Any

import keras
import tensorflow as tf


def named_layers(model: keras.Model) -> Iterator[tuple[str, keras.Layer]]:
    """Every layer that computes, with the names of the models around it."""
    return ((name, layer) for name, layer, _ in placed_layers(model))


@contextmanager
def watched_layers(
    model: keras.Model, watch: Callable[[Any], Any] = lambda tensor: None
) -> Iterator[dict[str, tf.Tensor]]:
    """Catches what each layer gives at each call meanwhile, those in nested models too, and tells `watch` of it.

    A layer's later calls, in the order of the graph, are `name:1`, `name:2`, …; what stands in a nested model is
    `model/name`.
    """
    outputs: dict[str, tf.Tensor] = {}
    with ExitStack() as watches:
        for name, layer, place in placed_layers(model):
            watches.enter_context(watched_layer(name, layer, place, outputs, watch))
        yield outputs


Place = Callable[[int], int]
"""Which call of the graph a layer's call is, both counted from 0: Keras runs calls in an order of its own."""


def placed_layers(
    model: Any, prefix: str = "", around: Place = lambda run: run
) -> Iterator[tuple[str, keras.Layer, Place]]:
    """Every layer that computes, with the names of the models around it; `around` places the runs of this one."""
    for layer in getattr(model, "layers", ()):
        if isinstance(layer, keras.layers.InputLayer):
            continue
        place = place_in(calls_as_run(model, layer), around)
        yield f"{prefix}{layer.name}", layer, place
        if isinstance(layer, keras.Model):
            yield from placed_layers(layer, f"{prefix}{layer.name}/", place)


def place_in(calls: list[int], around: Place) -> Place:
    """Of a layer with those calls in every run of the model around it."""

    def place(number: int) -> int:
        run, call = divmod(number, len(calls))
        return around(run) * len(calls) + calls[call]

    return place


def calls_as_run(model: Any, layer: keras.Layer) -> list[int]:
    """A layer's calls in a model in the order in which they are run, by their places in that in which they were made."""
    depths = getattr(model, "_nodes_by_depth", {})  # none where layers stand in a row
    run = [node for depth in sorted(depths, reverse=True) for node in depths[depth] if node.operation is layer]
    made = sorted(run, key=layer._inbound_nodes.index)
    return [made.index(node) for node in run] or [0]


@contextmanager
def watched_layer(
    name: str, layer: keras.Layer, place: Place, outputs: dict[str, tf.Tensor], watch: Callable[[Any], Any]
) -> Iterator[None]:
    """Catches what one layer gives: its first output at each call."""
    original: Callable[..., Any] = layer.call
    numbers = count()

    def call(*args: Any, **kwargs: Any) -> Any:
        result = original(*args, **kwargs)
        number = place(next(numbers))
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
