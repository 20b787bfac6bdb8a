"""Layers: what can be placed, by name, and what can be said of a layer's arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from components.catalogue import KINDS
from components.catalogue.details import describe_config
from components.catalogue.kinds import GROUPS, HANDOVERS, LayerKind
from components.parameters import Parameter, check_values

__all__ = [
    "GROUPS",
    "HANDOVERS",
    "LAYERS",
    "LayerError",
    "LayerKind",
    "Parameter",
    "check_config",
    "describe_config",
    "find_layer",
]

LAYERS: dict[str, LayerKind] = {kind.name: kind for kind in KINDS}
"""Every layer of the catalogue by name.

Left out, because a graph or a file of plain data cannot hold them: `Lambda` and the wrappers of JAX, Flax, Torch and
saved functions (code), `RNN` and its cells (a cell is no layer of a graph), `Pipeline` (a row of layers: place them),
`CutMix`, `MixUp` and `MaxNumBoundingBoxes` (they change the targets too, which no layer of a graph sees), `Equalization` (it gives its symbolic input back, which
Keras takes for a cycle).
"""


class LayerError(ValueError):
    """A layer that is not in the catalogue, by name."""


def find_layer(kind: str) -> LayerKind:
    """The catalogue's entry; LayerError when the kind is not in it."""
    if kind not in LAYERS:
        raise LayerError(
            f"Layers come from the catalogue, and “{str(kind)[:60]}” is not in it; use one of the palette's instead."
        )
    return LAYERS[kind]


def check_config(kind: str, config: Mapping[str, Any]) -> list[str]:
    """What is wrong with a layer's arguments, a sentence each (rule, value, remedy); [] when all is well."""
    entry = find_layer(kind)
    sentences = check_values(kind, entry.parameters, config)
    return sentences or [sentence for rule in RULES for sentence in rule(kind, config)] + inside_wrapper(entry, config)


def inside_wrapper(entry: LayerKind, config: Mapping[str, Any]) -> list[str]:
    """What is wrong with the arguments of the layer that a wrapper holds."""
    held = [config[p.name] for p in entry.parameters if p.type == "layer" and p.name in config]
    return [
        f"{entry.name}: {sentence}"
        for layer in held
        for sentence in check_config(layer["kind"], layer.get("config", {}))
    ]


# Arguments that do not go together


def strides_or_dilation(kind: str, config: Mapping[str, Any]) -> list[str]:
    """A window moves in strides or is dilated."""
    strides, dilation = largest(config.get("strides", 1)), largest(config.get("dilation_rate", 1))
    if strides == 1 or dilation == 1:
        return []
    return [f"{kind} has strides or a dilation, and here are {strides} and {dilation}; set one of them to 1."]


def groups_divide_filters(kind: str, config: Mapping[str, Any]) -> list[str]:
    """Each group gets as many filters as the others."""
    filters, groups = config.get("filters"), config.get("groups", 1)
    if filters is None or filters % groups == 0:
        return []
    return [f"Groups divide the filters, and {groups} does not divide {filters}; choose filters that are a multiple."]


def keys_divide_queries(kind: str, config: Mapping[str, Any]) -> list[str]:
    """Each key is shared by as many queries as the others."""
    queries, keys = config.get("num_query_heads"), config.get("num_key_value_heads")
    if queries is None or keys is None or queries % keys == 0:
        return []
    return [f"num_key_value_heads divides num_query_heads, and {keys} does not divide {queries}; choose one that does."]


def crop_or_pad(kind: str, config: Mapping[str, Any]) -> list[str]:
    """An aspect ratio is kept one way."""
    if not (config.get("crop_to_aspect_ratio") and config.get("pad_to_aspect_ratio")):
        return []
    return ["Resizing keeps the aspect ratio by cropping or by padding, and both are on; switch one off."]


def largest(value: Any) -> int:
    """The largest of one or several sizes."""
    return max(value) if isinstance(value, (list, tuple)) else value


RULES: tuple[Callable[[str, Mapping[str, Any]], list[str]], ...] = (
    strides_or_dilation,
    groups_divide_filters,
    keys_divide_queries,
    crop_or_pad,
)
