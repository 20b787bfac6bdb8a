"""Unrolling: recurrent layers over short sequences written out step by step, which runs faster than a loop."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import keras

MOST_STEPS = 32
"""The longest sequence that is written out: tracing takes as long as it has steps."""


def layers_of(model: keras.Model) -> Iterator[keras.Layer]:
    """Every layer, those of nested models and inside wrappers too."""
    for layer in getattr(model, "layers", []):
        yield layer
        yield from layers_of(layer)
        if isinstance(layer, keras.layers.Wrapper):
            yield layer.layer


def is_recurrent(model: keras.Model) -> bool:
    """Whether any of its layers goes through a sequence step by step."""
    return any(isinstance(layer, keras.layers.RNN) for layer in layers_of(model))


@contextmanager
def unrolled(model: keras.Model) -> Iterator[None]:
    """While it is open, calls of the model write out its short recurrences; equal but for rounding in gradients."""
    changed = [layer for layer in layers_of(model) if isinstance(layer, keras.layers.RNN) and may_unroll(layer)]
    for layer in changed:
        layer.unroll = True
    try:
        yield
    finally:
        for layer in changed:
            layer.unroll = False


def may_unroll(layer: keras.layers.RNN) -> bool:
    """Whether the layer loops over a known, short number of steps."""
    shape = list((layer.get_build_config() or {}).get("input_shape") or [])
    steps = shape[1] if len(shape) > 1 else None
    return not layer.unroll and isinstance(steps, int) and steps <= MOST_STEPS
