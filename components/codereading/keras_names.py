"""Keras's names in all their spellings, brought to one: `tf.keras.layers.Dense`, `keras.layers.core.Dense`, …"""

from __future__ import annotations

from collections.abc import Mapping

from components.codereading.values import KerasName, Module, Value
from components.layers import LAYERS

KERAS = ("keras", "tf_keras")
TENSORFLOW = ("tensorflow", "tf")

ALIASES: Mapping[str, str] = {
    "AtrousConvolution2D": "Conv2D",
    "AvgPool1D": "AveragePooling1D",
    "AvgPool2D": "AveragePooling2D",
    "AvgPool3D": "AveragePooling3D",
    "BatchNormalizationV1": "BatchNormalization",
    "BatchNormalizationV2": "BatchNormalization",
    "Convolution1D": "Conv1D",
    "Convolution2D": "Conv2D",
    "Convolution2DTranspose": "Conv2DTranspose",
    "Convolution3D": "Conv3D",
    "CuDNNGRU": "GRU",
    "CuDNNLSTM": "LSTM",
    "Deconvolution2D": "Conv2DTranspose",
    "GlobalAvgPool1D": "GlobalAveragePooling1D",
    "GlobalAvgPool2D": "GlobalAveragePooling2D",
    "GlobalAvgPool3D": "GlobalAveragePooling3D",
    "GlobalMaxPool1D": "GlobalMaxPooling1D",
    "GlobalMaxPool2D": "GlobalMaxPooling2D",
    "GlobalMaxPool3D": "GlobalMaxPooling3D",
    "MaxPool1D": "MaxPooling1D",
    "MaxPool2D": "MaxPooling2D",
    "MaxPool3D": "MaxPooling3D",
    "SeparableConvolution1D": "SeparableConv1D",
    "SeparableConvolution2D": "SeparableConv2D",
}
"""Other names of layers, Keras's own and those of its past."""

MERGES: Mapping[str, str] = {
    "add": "Add",
    "average": "Average",
    "concat": "Concatenate",
    "concatenate": "Concatenate",
    "dot": "Dot",
    "maximum": "Maximum",
    "minimum": "Minimum",
    "multiply": "Multiply",
    "subtract": "Subtract",
}
"""Functions that merge tensors, and the layers that do the same."""

ACTIVATIONS = (
    "elu", "exponential", "gelu", "hard_sigmoid", "hard_swish", "leaky_relu", "linear", "mish", "relu", "relu6", "selu",
    "sigmoid", "silu", "softmax", "softplus", "softsign", "swish", "tanh",
)  # fmt: skip
"""Functions that are activations, in `keras.activations`, `tf.nn` and `keras.ops`."""


def imported(path: str) -> Value:
    """What `import path` brings: a name of Keras, or a module of which nothing is known."""
    parts = tuple(path.split("."))
    return KerasName(shortened(parts)) if parts[0] in (*KERAS, *TENSORFLOW) else Module(path)


def member(name: KerasName, attribute: str) -> KerasName:
    """`name.attribute`."""
    return KerasName(shortened((*name.path, attribute)))


def shortened(parts: tuple[str, ...]) -> tuple[str, ...]:
    """The dotted name in one spelling: Keras begins with `keras`, the rest of TensorFlow with `tf`."""
    kept = tuple(part for part in parts if part not in ("python", "src", "_tf_keras", "compat", "v1", "v2"))
    for root in KERAS:
        if root in kept[:2]:
            return ("keras", *kept[kept.index(root) + 1 :])
    return ("tf", *kept[1:]) if kept[:1] and kept[0] in TENSORFLOW else kept


def layer_kind(name: KerasName) -> str | None:
    """The catalogue's kind that the name means, None when it means no layer of the catalogue."""
    kind = ALIASES.get(name.last, name.last)
    anywhere = "layers" in name.path or (len(name.path) <= 2 and name.last == "InputLayer")
    return kind if anywhere and kind in LAYERS else None


def is_layer_class(name: KerasName) -> bool:
    """Whether the name means a layer, be it in the catalogue or not."""
    return "layers" in name.path[:-1] and name.last[:1].isupper()


def merge_kind(name: KerasName) -> str | None:
    """The merging layer that does what the function does."""
    places = {"layers", "ops", "math", "backend", "merge"}
    known = bool(places & set(name.path)) or (name.path[0] == "tf" and len(name.path) == 2)
    return MERGES.get(name.last) if known else None


def activation_name(name: KerasName) -> str | None:
    """The activation that the function is."""
    places = {"activations", "nn", "ops", "backend", "math"}
    known = bool(places & set(name.path)) or name.path == ("tf", name.last)
    if name.last not in ACTIVATIONS or not known:
        return None
    return {"swish": "silu"}.get(name.last, name.last)


def is_network(name: KerasName) -> bool:
    """Whether the name means one of `keras.applications`."""
    return "applications" in name.path and name.last[:1].isupper()
