"""What a source may ask of a tensor's shape: the input's own axes, and how many channels flow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from components.codereading.values import LayerObject, Tensor, Unknown, Value
from components.graph import INPUT

MOST_LAYERS_BACK = 500

CHANNELS = ("units", "filters", "output_dim")
"""Parameters that say how long the last axis of a layer's output is."""

LAST_AXIS_KEPT = {
    "Activation", "ActivityRegularization", "AlphaDropout", "Add", "Average", "AveragePooling1D",
    "AveragePooling2D", "BatchNormalization", "Cropping1D", "Cropping2D", "Dropout", "ELU", "GaussianDropout",
    "GaussianNoise", "GlobalAveragePooling1D", "GlobalAveragePooling2D", "GlobalMaxPooling1D", "GlobalMaxPooling2D",
    "GroupNormalization", "LayerNormalization", "LeakyReLU", "Maximum", "MaxPooling1D", "MaxPooling2D", "Minimum",
    "Multiply", "PReLU", "ReLU", "Rescaling", "Softmax", "SpatialDropout1D", "SpatialDropout2D", "Subtract",
    "UnitNormalization", "UpSampling1D", "UpSampling2D", "ZeroPadding1D", "ZeroPadding2D",
}  # fmt: skip
"""Layers whose output has as many channels as their first input."""


def shape_of(tensor: Tensor) -> Value:
    """The shape: an input's own, else one whose last axis, at −1 and at 3, is the number of channels."""
    callee = tensor.call.callee
    if isinstance(callee, LayerObject) and callee.kind == INPUT:
        return (None, *callee.config["shape"])
    known = last_axis(tensor)
    return Unknown("shape") if known is None else LastAxis(known)


class LastAxis(dict):
    """A shape known by its last axis only: asked for −1, 3 or the like it answers, else it knows nothing."""

    def __init__(self, channels: int) -> None:
        super().__init__({-1: channels, 3: channels})

    def __missing__(self, axis: object) -> Unknown:
        return Unknown(f"shape[{axis}]")


def last_axis(tensor: Tensor) -> int | None:
    """The length of a tensor's last axis, where the layers' parameters say it."""
    pending, total, steps = [tensor], 0, 0
    while pending:
        steps += 1
        call = pending.pop().call
        callee = call.callee
        if steps > MOST_LAYERS_BACK or not isinstance(callee, LayerObject):
            return None
        found = channels_of(callee.kind, callee.config)
        if callee.kind == INPUT:
            found = callee.config["shape"][-1] if callee.config["shape"] else None
            if found is None:
                return None
        if found is not None:
            total += found
        elif callee.kind == "Concatenate" and callee.config.get("axis", -1) in (-1, 3):
            pending.extend(call.inputs)
        elif callee.kind in LAST_AXIS_KEPT and call.inputs:
            pending.append(call.inputs[0])
        else:
            return None
    return total


def channels_of(kind: str, config: Mapping[str, Any]) -> int | None:
    """The length of a layer's last axis, where its parameters or those of the layer that it wraps say it."""
    held = config.get("layer")
    if isinstance(held, Mapping):
        inner = channels_of(held["kind"], held["config"])
        twice = kind == "Bidirectional" and config.get("merge_mode", "concat") == "concat"
        return inner * 2 if inner and twice else inner
    return next((config[key] for key in CHANNELS if isinstance(config.get(key), int)), None)
