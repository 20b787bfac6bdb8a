"""Details: a few words on the arguments of a layer that matter, for its card."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Words = Callable[[Mapping[str, Any]], str]
"""Says one thing of a config, or nothing."""


def describe_config(kind: str, config: Mapping[str, Any]) -> str:
    """A few words on the arguments that matter: `32 units · relu`, `64 filters 3×3 · stride 2`, `10 000 → 64`."""
    return " · ".join(word for word in (say(config) for say in WORDS.get(kind, DEFAULT_WORDS)) if word)


def thin(value: Any) -> str:
    """A value as text; a whole number with thin spaces between its thousands, a list with commas."""
    if isinstance(value, (list, tuple)):
        return ", ".join(thin(item) for item in value)
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def times(value: Any, axes: int = 2) -> str:
    """`3` or `[3, 3]` → `3×3`."""
    parts = value if isinstance(value, (list, tuple)) else [value] * axes
    return "×".join(thin(part) for part in parts)


def value_of(name: str, before: str = "", after: str = "") -> Words:
    """Says the value of an argument when it is set."""
    return lambda config: f"{before}{thin(config[name])}{after}" if config.get(name) is not None else ""


def size_of(name: str, axes: int) -> Words:
    """Says a size over several axes."""
    return lambda config: times(config[name], axes) if config.get(name) is not None else ""


def flag(name: str, words: str) -> Words:
    """Says that something is switched on."""
    return lambda config: words if config.get(name) else ""


def frozen(config: Mapping[str, Any]) -> str:
    """Says that a layer does not learn."""
    return "frozen" if config.get("trainable") is False else ""


def filters(axes: int) -> Words:
    """Says filters and window of a convolution."""

    def words(config: Mapping[str, Any]) -> str:
        size = times(config.get("kernel_size", "?"), axes)
        return f"{thin(config['filters'])} filters {size}" if "filters" in config else size

    return words


def stride(config: Mapping[str, Any]) -> str:
    """Says a stride that is not 1."""
    value = config.get("strides")
    several = value if isinstance(value, (list, tuple)) else [value]
    if all(size in (None, 1) for size in several):
        return ""
    same = all(size == several[0] for size in several)
    return f"stride {several[0] if same else times(several)}"


def arrow(before: str, after: str) -> Words:
    """Says that so many become so many."""
    return lambda config: f"{thin(config.get(before, '?'))} → {thin(config.get(after, '?'))}"


def input_shape(config: Mapping[str, Any]) -> str:
    """Says the shape of a sample."""
    return times(["any" if size is None else size for size in listed(config.get("shape"))])


def target_shape(config: Mapping[str, Any]) -> str:
    """Says the shape that a reshaping ends in."""
    return times(listed(config.get("target_shape")))


def listed(value: Any) -> Any:
    """A list as it is, anything else as none."""
    return value if isinstance(value, (list, tuple)) else []


def image_size(config: Mapping[str, Any]) -> str:
    """Says height and width."""
    return f"{config.get('height', '?')}×{config.get('width', '?')}"


def vocabulary(config: Mapping[str, Any]) -> str:
    """Says how many words are known."""
    return f"{len(listed(config.get('vocabulary')))} words"


def wrapped(config: Mapping[str, Any]) -> str:
    """Says what a wrapper holds."""
    layer = config.get("layer")
    if not isinstance(layer, Mapping):
        return ""
    kind, inner = str(layer.get("kind", "?")), layer.get("config")
    detail = describe_config(kind, inner) if isinstance(inner, Mapping) else ""
    return f"{kind} {detail}".strip()


ACTIVATION = value_of("activation")
UNITS = (value_of("units", after=" units"), ACTIVATION, flag("return_sequences", "every step"), frozen)
DEFAULT_WORDS = (
    *(ACTIVATION, value_of("rate"), value_of("factor"), value_of("groups", after=" groups"), frozen),
    *(
        value_of("x_factor"),
        value_of("brightness_factor"),
        value_of("height_factor"),
        value_of("num_bins", after=" bins"),
    ),
)
AXES = (1, 2, 3)
WORDS: Mapping[str, tuple[Words, ...]] = {
    "InputLayer": (input_shape, value_of("dtype")),
    **dict.fromkeys(("Embedding", "ReversibleEmbedding"), (arrow("input_dim", "output_dim"), frozen)),
    "EinsumDense": (value_of("equation"), ACTIVATION),
    "Masking": (value_of("mask_value"),),
    **dict.fromkeys(("Dense", "LSTM", "GRU", "SimpleRNN"), UNITS),
    **{
        f"{kind}Conv{axes}D{suffix}": (filters(axes), stride, ACTIVATION, frozen)
        for axes in AXES
        for kind in ("", "Separable", "Depthwise")
        for suffix in ("", "Transpose")
    },
    **{f"ConvLSTM{axes}D": (filters(axes), stride) for axes in AXES},
    **{
        f"{kind}Pooling{axes}D": (size_of("pool_size", axes), stride, value_of("padding"))
        for axes in AXES
        for kind in ("Max", "Average")
    },
    **{
        f"Adaptive{kind}Pooling{axes}D": (size_of("output_size", axes),) for axes in AXES for kind in ("Max", "Average")
    },
    **{f"Cropping{axes}D": (value_of("cropping"),) for axes in AXES},
    **{f"ZeroPadding{axes}D": (value_of("padding"),) for axes in AXES},
    **{f"UpSampling{axes}D": (size_of("size", axes),) for axes in AXES},
    **dict.fromkeys(("Bidirectional", "TimeDistributed", "SpectralNormalization"), (wrapped, frozen)),
    "ActivityRegularization": (value_of("l1", before="l1 "), value_of("l2", before="l2 ")),
    "BatchNormalization": (flag("renorm", "renormalised"), frozen),
    "GaussianNoise": (value_of("stddev", before="± "),),
    "MultiHeadAttention": (value_of("num_heads", after=" heads"), value_of("key_dim", before="key ")),
    "GroupQueryAttention": (arrow("num_query_heads", "num_key_value_heads"), value_of("head_dim", before="head ")),
    "Reshape": (target_shape,),
    "Permute": (value_of("dims"),),
    "RepeatVector": (value_of("n", after=" times"),),
    "Concatenate": (value_of("axis", before="axis "),),
    "Dot": (value_of("axes", before="axis "), flag("normalize", "cosine")),
    "Rescaling": (value_of("scale", before="× "), value_of("offset", before="+ ")),
    "Normalization": (value_of("mean", before="− "), value_of("variance", before="÷ √")),
    "Discretization": (value_of("bin_boundaries"), value_of("num_bins", after=" bins")),
    "CategoryEncoding": (value_of("num_tokens", after=" classes"), value_of("output_mode")),
    **dict.fromkeys(("IntegerLookup", "StringLookup", "TextVectorization"), (vocabulary,)),
    **dict.fromkeys(("Resizing", "CenterCrop", "RandomCrop"), (image_size,)),
    "RandomPerspective": (value_of("scale"),),
    "Solarization": (value_of("threshold_factor", before="above "),),
}
