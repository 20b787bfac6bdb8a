"""Families: the colour that each sort of layer wears wherever a graph is drawn."""

from __future__ import annotations

from collections.abc import Mapping

from components.graph import Graph, Layer
from components.layers import LAYERS

FAMILY_COLOURS: Mapping[str, str] = {
    "Input": "#0b7285",
    "Embedding": "#5f3dc4",
    "Core": "#1864ab",
    "Convolution": "#1971c2",
    "Pooling": "#3bc9db",
    "Recurrent": "#2b8a3e",
    "Preprocessing": "#868e96",
    "Normalization": "#ae3ec9",
    "Regularization": "#c2255c",
    "Attention": "#e8590c",
    "Reshaping": "#66a80f",
    "Merging": "#9c5a00",
    "Activation": "#f08c00",
    "Model": "#5c6577",
    "Unknown": "#868e96",
}
"""One colour per family; the canvas wears the same."""

SHARED_COLOURS = ("#d6336c", "#12b886", "#f59f00", "#7950f2", "#1c7ed6", "#74b816")
"""The bands that tell which calls share a layer, in the order of the shared layers."""


def family_of(layer: Layer | Graph) -> str:
    """The layer's group in the catalogue, with two telling exceptions; a nested graph is a Model."""
    if isinstance(layer, Graph):
        return "Model"
    if layer.kind not in LAYERS:
        return "Unknown"
    return {"InputLayer": "Input", "Embedding": "Embedding"}.get(layer.kind) or LAYERS[layer.kind].group
