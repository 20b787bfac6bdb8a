"""The catalogue of layers: what can be placed, with typed parameters that agree with Keras's own signatures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from components.parameters import (
    Parameter,
    boolean,
    check_values,
    choice,
    integer,
    integers,
    number,
    shape,
    text,
)

__all__ = ["GROUPS", "LAYERS", "LayerError", "LayerKind", "Parameter", "check_config", "describe_config", "find_layer"]

GROUPS = (
    "Core", "Convolution", "Pooling", "Recurrent", "Normalization", "Regularization", "Attention", "Reshaping",
    "Merging", "Activation", "Preprocessing",
)  # fmt: skip


class LayerError(ValueError):
    """A layer that is not in the catalogue, by name."""


@dataclass(frozen=True)
class LayerKind:
    """A Keras layer class: its group and meaning, its arguments, how many inputs it takes, and how it starts.

    `arity` is the least and the most number of inputs (`None`: any). `start` is the configuration that
    makes a freshly placed layer valid at once.
    """

    name: str
    group: str
    summary: str
    parameters: tuple[Parameter, ...] = ()
    arity: tuple[int, int | None] = (1, 1)
    start: Mapping[str, Any] = field(default_factory=dict)


LAYERS: dict[str, LayerKind] = {}


def find_layer(kind: str) -> LayerKind:
    """The catalogue's entry; LayerError when the kind is not in it."""
    if kind not in LAYERS:
        raise LayerError(
            f"Layers come from the catalogue, and “{str(kind)[:60]}” is not in it; use one of the palette's instead."
        )
    return LAYERS[kind]


def check_config(kind: str, config: Mapping[str, Any]) -> list[str]:
    """What is wrong with a layer's arguments, a sentence each."""
    return check_values(kind, find_layer(kind).parameters, config)


# What many layers share

ACTIVATIONS = (
    "relu", "sigmoid", "tanh", "softmax", "linear", "gelu", "silu", "elu", "selu", "leaky_relu", "relu6", "softplus",
    "softsign", "hard_sigmoid", "hard_silu", "exponential", "mish", "log_softmax", "celu", "glu",
)  # fmt: skip
INITIALIZERS = (
    "glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_uniform", "lecun_normal", "orthogonal",
    "random_uniform", "random_normal", "truncated_normal", "uniform", "zeros", "ones", "identity",
)  # fmt: skip
REGULARIZERS = ("l1", "l2", "l1_l2", "orthogonal_regularizer")
CONSTRAINTS = ("max_norm", "non_neg", "unit_norm", "min_max_norm")


def activation(default: str | None = None, name: str = "activation") -> Parameter:
    """The function applied to the output."""
    return choice(name, default, ACTIVATIONS, "The function that each output passes through.")


def initializer(name: str, default: str = "glorot_uniform") -> Parameter:
    """How a weight begins."""
    return choice(f"{name}_initializer", default, INITIALIZERS, f"How the {name} begins before training.")


def regularizer(name: str) -> Parameter:
    """A penalty on a weight, by Keras's default strength."""
    return choice(f"{name}_regularizer", None, REGULARIZERS, f"A penalty on the {name} that keeps it small.")


def constraint(name: str) -> Parameter:
    """What a weight is held to after every step."""
    return choice(f"{name}_constraint", None, CONSTRAINTS, f"What the {name} is held to after each step.")


def weights(*named: tuple[str, str]) -> tuple[Parameter, ...]:
    """Initialisers, regularisers and constraints of the weights, given as (name, default initialiser)."""
    return (
        *(initializer(name, default) for name, default in named),
        *(regularizer(name) for name, _ in named),
        *(constraint(name) for name, _ in named),
    )


KERNEL, BIAS = ("kernel", "glorot_uniform"), ("bias", "zeros")
USE_BIAS = boolean("use_bias", True, "Whether a constant is added to each output.")
ACTIVITY = choice("activity_regularizer", None, REGULARIZERS, "A penalty on the output that keeps it small.")
DATA_FORMAT = choice(
    "data_format", None, ("channels_last", "channels_first"), "Which axis holds the channels; Keras's setting if empty."
)
PADDING = choice("padding", "valid", ("valid", "same"), "“same” pads the border so that stride 1 keeps the size.")
SEED = integer("seed", None, least=0, help="Fixes the random numbers of this layer.")
RATE = number("rate", least=0, most=1, required=True, help="The share that is dropped, from 0 to 1.")
AXIS = integers("axis", -1, least=None, help="The axis that is treated on its own; −1 is the last.")
EPSILON = number("epsilon", 0.001, "A small number that keeps the division safe.", least=0)
DROPOUT = number("dropout", 0.0, "The share of inputs that is dropped while training.", least=0, most=1)
FACTOR = number("factor", help="How strong the change may be.", required=True)
VALUE_RANGE = integers("value_range", [0, 255], least=None, help="Least and greatest value of a pixel.")
INTERPOLATION = choice("interpolation", "bilinear", ("bilinear", "nearest", "bicubic", "lanczos3", "lanczos5"))
FILL_MODE = choice("fill_mode", "reflect", ("reflect", "wrap", "constant", "nearest"), "What fills the border.")
FILL_VALUE = number("fill_value", 0.0, "The value of the border when it is constant.")


def sizes(name: str, rank: int, default: int | None = 1, help: str = "", **more: Any) -> Parameter:
    """A size per spatial axis: a number when there is one axis, a list of equal numbers otherwise."""
    several = default if rank == 1 or default is None else [default] * rank
    return integers(name, several, help=help, **more)


def add(
    name: str,
    group: str,
    summary: str,
    *parameters: Parameter,
    arity: tuple[int, int | None] = (1, 1),
    **start: Any,
) -> None:
    """Enter a layer into the catalogue; keywords are the configuration it starts with."""
    LAYERS[name] = LayerKind(name, group, summary, parameters, arity, start)


# Core

add(
    "InputLayer", "Core", "Where data enters the model.",
    shape("shape", "The shape of one sample; None means any size.", required=True),
    choice("dtype", None, ("float32", "int32", "int64", "uint8", "bool", "float16", "float64"), "Kind of numbers."),
    arity=(0, 0), shape=[32],
)  # fmt: skip
add(
    "Dense", "Core", "Every output is a weighted sum of every input.",
    integer("units", required=True, help="How many outputs."), activation(), USE_BIAS, *weights(KERNEL, BIAS), ACTIVITY,
    integer("lora_rank", None, help="Train a low-rank change of the kernel instead of the kernel."),
    number("lora_alpha", None, "The weight of the low-rank change."), units=32,
)  # fmt: skip
add(
    "Embedding", "Core", "Turns whole numbers, such as words, into vectors that are learned.",
    integer("input_dim", required=True, help="How many different words."),
    integer("output_dim", required=True, help="How many numbers stand for a word."),
    *weights(("embeddings", "uniform")),
    boolean("mask_zero", False, "Whether 0 is padding that later layers skip."),
    integer("lora_rank", None), number("lora_alpha", None), input_dim=1000, output_dim=32,
)  # fmt: skip
add("Identity", "Core", "Passes its input on unchanged.")
add("Masking", "Core", "Marks steps of a sequence to be skipped.", number("mask_value", 0.0, "The value of a step to skip."))
add(
    "EinsumDense", "Core", "A dense layer along the axes that an equation names.",
    text("equation", required=True, help="As in einsum: ab,bc->ac."),
    shape("output_shape", "Sizes of the output without the batch.", required=True), activation(),
    text("bias_axes", None, "The output's axes that a constant is added along."), *weights(KERNEL, BIAS),
    integer("lora_rank", None), number("lora_alpha", None), equation="ab,bc->ac", output_shape=[32],
)  # fmt: skip

# Convolution


def convolution(rank: int) -> tuple[Parameter, ...]:
    """What all convolutions of that rank share."""
    return (
        sizes("strides", rank, help="How far the window moves at each step."),
        PADDING.but(choices=("valid", "same", "causal")) if rank == 1 else PADDING,
        DATA_FORMAT,
        sizes("dilation_rate", rank, help="The distance between the points that the window looks at."),
    )


FILTERS = integer("filters", required=True, help="How many features are looked for, one output channel each.")
KERNEL_SIZE = integers("kernel_size", required=True, help="The size of the window.")
GROUPS_OF_CHANNELS = integer("groups", 1, help="Into how many groups the channels are split.")
DEPTH_MULTIPLIER = integer("depth_multiplier", 1, help="How many features each channel gets.")
PER_RANK = {1: "sequence", 2: "image", 3: "volume"}

for rank, what in PER_RANK.items():
    add(
        f"Conv{rank}D", "Convolution", f"Slides learned filters over a {what}.",
        FILTERS, KERNEL_SIZE, *convolution(rank), GROUPS_OF_CHANNELS, activation(), USE_BIAS, *weights(KERNEL, BIAS),
        ACTIVITY, filters=32, kernel_size=3,
    )  # fmt: skip
    add(
        f"Conv{rank}DTranspose", "Convolution", f"A convolution run backwards: it makes a {what} larger.",
        FILTERS, KERNEL_SIZE, *(p for p in convolution(rank) if p.name != "padding"), PADDING,
        sizes("output_padding", rank, None, "What is added to one side of the output.", ), activation(), USE_BIAS,
        *weights(KERNEL, BIAS), ACTIVITY, filters=32, kernel_size=3,
    )  # fmt: skip

for rank in (1, 2):
    what = PER_RANK[rank]
    add(
        f"SeparableConv{rank}D", "Convolution", f"Looks at each channel of a {what} alone, then mixes the channels.",
        FILTERS, KERNEL_SIZE, *convolution(rank), DEPTH_MULTIPLIER, activation(), USE_BIAS,
        *weights(("depthwise", "glorot_uniform"), ("pointwise", "glorot_uniform"), BIAS), ACTIVITY,
        filters=32, kernel_size=3,
    )  # fmt: skip
    add(
        f"DepthwiseConv{rank}D", "Convolution", f"Looks at each channel of a {what} alone and mixes none.",
        KERNEL_SIZE, *(p.but(choices=("valid", "same")) if p.name == "padding" else p for p in convolution(rank)),
        DEPTH_MULTIPLIER, activation(), USE_BIAS, *weights(("depthwise", "glorot_uniform"), BIAS), ACTIVITY,
        kernel_size=3,
    )  # fmt: skip

# Pooling

for rank, what in PER_RANK.items():
    strides = sizes("strides", rank, None, "How far the window moves; its own size if empty.")
    for kind, verb in (("Max", "greatest"), ("Average", "mean")):
        pool = sizes("pool_size", rank, 2, "The size of the window.")
        if kind == "Average":
            pool = pool.but(default=None, required=True)
        add(
            f"{kind}Pooling{rank}D", "Pooling", f"Keeps the {verb} value of each window of a {what}.",
            pool, strides, PADDING, DATA_FORMAT, **({"pool_size": 2} if kind == "Average" else {}),
        )  # fmt: skip
        add(
            f"Global{kind}Pooling{rank}D", "Pooling", f"Keeps the {verb} value of each channel of a whole {what}.",
            DATA_FORMAT, boolean("keepdims", False, "Whether the axes stay, with size 1."),
        )  # fmt: skip
        add(
            f"Adaptive{kind}Pooling{rank}D", "Pooling", f"Pools a {what} to a given size by its {verb} values.",
            integers("output_size", required=True, help="The size that comes out."), DATA_FORMAT, output_size=2,
        )  # fmt: skip

# Recurrent

RECURRENT_START = (
    integer("units", required=True, help="How many numbers its memory has."),
    activation("tanh"),
)
RECURRENT_END = (
    number("recurrent_dropout", 0.0, "The share of the memory that is dropped while training.", least=0, most=1),
    SEED,
    boolean("return_sequences", False, "Whether every step is passed on, or only the last."),
    boolean("return_state", False, "Whether the memory itself comes out too."),
    boolean("go_backwards", False, "Whether the sequence is read from its end."),
    boolean("stateful", False, "Whether the memory lasts from batch to batch."),
)
RECURRENT_WEIGHTS = weights(KERNEL, ("recurrent", "orthogonal"), BIAS)
RECURRENT_ACTIVATION = activation("sigmoid", "recurrent_activation")
UNROLL = boolean("unroll", False, "Whether the steps are written out: faster for short sequences, takes more memory.")
USE_CUDNN = choice("use_cudnn", "auto", ("auto", True, False), "Whether the GPU's own recipe is used.")
FORGET_BIAS = boolean("unit_forget_bias", True, "Whether the memory begins inclined to keep.")

add(
    "LSTM", "Recurrent", "Reads a sequence step by step and keeps a long and a short memory of it.",
    *RECURRENT_START, RECURRENT_ACTIVATION, USE_BIAS, *RECURRENT_WEIGHTS, FORGET_BIAS, ACTIVITY, DROPOUT,
    *RECURRENT_END, UNROLL, USE_CUDNN, units=32,
)  # fmt: skip
add(
    "GRU", "Recurrent", "Reads a sequence step by step with one gated memory.",
    *RECURRENT_START, RECURRENT_ACTIVATION, USE_BIAS, *RECURRENT_WEIGHTS, ACTIVITY, DROPOUT, *RECURRENT_END, UNROLL,
    boolean("reset_after", True, "Whether the gate acts after the multiplication."), USE_CUDNN, units=32,
)  # fmt: skip
add(
    "SimpleRNN", "Recurrent", "Reads a sequence step by step; each step sees the one before.",
    *RECURRENT_START, USE_BIAS, *RECURRENT_WEIGHTS, ACTIVITY, DROPOUT, *RECURRENT_END, UNROLL, units=32,
)  # fmt: skip
add(
    "ConvLSTM2D", "Recurrent", "An LSTM whose memory is an image: it reads films.",
    FILTERS, KERNEL_SIZE, sizes("strides", 1), PADDING, DATA_FORMAT, sizes("dilation_rate", 1), activation("tanh"),
    RECURRENT_ACTIVATION, USE_BIAS, *RECURRENT_WEIGHTS, FORGET_BIAS, ACTIVITY, DROPOUT, *RECURRENT_END,
    filters=16, kernel_size=3,
)  # fmt: skip

# Normalization

CENTER = boolean("center", True, "Whether a learned shift is added.")
SCALE = boolean("scale", True, "Whether a learned factor is multiplied.")
GAMMA_BETA = weights(("beta", "zeros"), ("gamma", "ones"))
add(
    "BatchNormalization", "Normalization", "Shifts and scales each channel by the mean and spread of the batch.",
    AXIS, number("momentum", 0.99, "How slowly the moving mean and variance follow.", least=0, most=1), EPSILON,
    CENTER, SCALE, *GAMMA_BETA, initializer("moving_mean", "zeros"), initializer("moving_variance", "ones"),
    boolean("renorm", False, "Batch renormalisation: corrects small batches towards the moving statistics."),
    number("renorm_momentum", 0.99, "How slowly the renormalisation follows.", least=0, most=1),
    boolean("synchronized", False, "Whether several devices share their statistics."),
)  # fmt: skip
add("LayerNormalization", "Normalization", "Shifts and scales each sample by its own mean and spread.", AXIS, EPSILON, CENTER, SCALE, *GAMMA_BETA)
add(
    "GroupNormalization", "Normalization", "Normalises groups of channels of each sample.",
    integer("groups", 32, least=-1, help="Into how many groups the channels fall; −1 is one each."),
    AXIS, EPSILON, CENTER, SCALE, *GAMMA_BETA, groups=4,
)  # fmt: skip
add("RMSNormalization", "Normalization", "Scales each sample by its root mean square.", AXIS, EPSILON.but(default=1e-6))
add("UnitNormalization", "Normalization", "Scales each sample to length 1.", AXIS)

# Regularization

NOISE_SHAPE = shape("noise_shape", "Along which axes the same values are dropped.")
add("Dropout", "Regularization", "Sets a random share of its input to 0 while training.", RATE, NOISE_SHAPE, SEED, rate=0.5)
add("AlphaDropout", "Regularization", "Dropout that keeps mean and variance, made for selu.", RATE, NOISE_SHAPE, SEED, rate=0.1)
add("GaussianDropout", "Regularization", "Multiplies by random numbers around 1 while training.", RATE, SEED, rate=0.5)
add(
    "GaussianNoise", "Regularization", "Adds random noise while training.",
    number("stddev", least=0, required=True, help="The spread of the noise."), SEED, stddev=0.1,
)  # fmt: skip
for rank, what in PER_RANK.items():
    spatial = (RATE, SEED) if rank == 1 else (RATE, DATA_FORMAT, SEED)
    add(f"SpatialDropout{rank}D", "Regularization", f"Drops whole channels of a {what} while training.", *spatial, rate=0.3)
add(
    "ActivityRegularization", "Regularization", "Passes its input on and adds a penalty on its size to the loss.",
    number("l1", 0.0, "Penalty on absolute values.", least=0), number("l2", 0.0, "Penalty on squares.", least=0),
    l2=0.01,
)  # fmt: skip

# Attention

FLASH = choice("flash_attention", None, (True, False), "Whether the fast kernel is used where there is one.")
SLIDING = integer("sliding_window", None, help="How many steps away is still looked at.")
GATE = boolean("use_gate", False, "Whether a gate decides how much of each head passes.")
add(
    "Attention", "Attention", "Lets each step of a query pick what it needs from a sequence.",
    boolean("use_scale", False, "Whether the scores get a learned factor."),
    choice("score_mode", "dot", ("dot", "concat"), "How query and key are compared."), DROPOUT, SEED, arity=(2, 3),
)  # fmt: skip
add(
    "AdditiveAttention", "Attention", "Attention that compares by adding instead of multiplying.",
    boolean("use_scale", True), DROPOUT, arity=(2, 3),
)  # fmt: skip
add(
    "MultiHeadAttention", "Attention", "Several attentions side by side: query first, then value, then key.",
    integer("num_heads", required=True, help="How many heads."),
    integer("key_dim", required=True, help="How many numbers each head compares."),
    integer("value_dim", None), DROPOUT, USE_BIAS, shape("output_shape"), integers("attention_axes", None, least=0),
    SLIDING, FLASH, *weights(KERNEL, BIAS), ACTIVITY, GATE, SEED, arity=(2, 3), num_heads=2, key_dim=16,
)  # fmt: skip
add(
    "GroupQueryAttention", "Attention", "Attention whose heads share their keys and values in groups.",
    integer("head_dim", required=True), integer("num_query_heads", required=True),
    integer("num_key_value_heads", required=True), DROPOUT, USE_BIAS, SLIDING, FLASH, *weights(KERNEL, BIAS), ACTIVITY,
    GATE, SEED, arity=(2, 3), head_dim=16, num_query_heads=4, num_key_value_heads=2,
)  # fmt: skip

# Reshaping

add("Flatten", "Reshaping", "Lays all numbers of a sample in one row.", DATA_FORMAT)
add("Reshape", "Reshaping", "The same numbers in another shape.", shape("target_shape", "−1 once: what is left.", required=True), target_shape=[-1, 1])
add("Permute", "Reshaping", "Changes the order of the axes.", integers("dims", required=True, help="The axes in their new order, from 1."), dims=[2, 1])
add("RepeatVector", "Reshaping", "Repeats a vector as the steps of a sequence.", integer("n", required=True, help="How many times."), n=4)
for rank, what in PER_RANK.items():
    crop = {1: [1, 1], 2: [[0, 0], [0, 0]], 3: [[1, 1]] * 3}[rank]
    pad = {1: 1, 2: [1, 1], 3: [[1, 1]] * 3}[rank]
    formats = () if rank == 1 else (DATA_FORMAT,)
    ways = (INTERPOLATION.but(default="nearest"),) if rank == 2 else ()
    add(f"Cropping{rank}D", "Reshaping", f"Cuts the border off a {what}.", integers("cropping", crop, least=0), *formats)
    add(f"ZeroPadding{rank}D", "Reshaping", f"Puts zeros around a {what}.", integers("padding", pad, least=0), DATA_FORMAT)
    add(f"UpSampling{rank}D", "Reshaping", f"Makes a {what} larger by repeating.", sizes("size", rank, 2), *formats, *ways)

# Merging

MANY = (2, None)
add("Concatenate", "Merging", "Lays its inputs side by side along an axis.", AXIS.but(type="integer"), arity=MANY)
for name, summary in {
    "Add": "Adds its inputs, number by number.",
    "Average": "The mean of its inputs, number by number.",
    "Multiply": "Multiplies its inputs, number by number.",
    "Maximum": "The greatest of its inputs, number by number.",
    "Minimum": "The least of its inputs, number by number.",
}.items():
    add(name, "Merging", summary, arity=MANY)
add("Subtract", "Merging", "The first input minus the second.", arity=(2, 2))
add(
    "Dot", "Merging", "How much two inputs point the same way.",
    integers("axes", required=True, least=None, help="The axis to multiply along, one or two numbers."),
    boolean("normalize", False, "Whether lengths are left out: the cosine."), arity=(2, 2), axes=-1,
)  # fmt: skip

# Activation

add("Activation", "Activation", "Applies a function to every number.", activation().but(required=True, choices=ACTIVATIONS), activation="relu")
add(
    "ReLU", "Activation", "Cuts off what is below 0.", number("max_value", None, "What is cut off above.", least=0),
    number("negative_slope", 0.0, "The slope below the threshold.", least=0), number("threshold", 0.0, least=0),
)  # fmt: skip
add("LeakyReLU", "Activation", "Lets a little of what is below 0 through.", number("negative_slope", 0.3, "The slope below 0.", least=0))
add(
    "PReLU", "Activation", "Learns how much of what is below 0 to let through.",
    choice("alpha_initializer", "Zeros", ("Zeros", *INITIALIZERS)), regularizer("alpha"), constraint("alpha"),
    integers("shared_axes", None, help="Axes along which the slope is shared."),
)  # fmt: skip
add("ELU", "Activation", "Bends smoothly to a limit below 0.", number("alpha", 1.0, "The limit."))
add("Softmax", "Activation", "Turns numbers into shares that add up to 1.", AXIS)

# Preprocessing: only what is pure data, and what a model can carry

SIZE = (integer("height", required=True), integer("width", required=True))
add(
    "Rescaling", "Preprocessing", "Multiplies by a factor and adds an offset.",
    number("scale", required=True, help="The factor."), number("offset", 0.0, "What is added."), scale=1 / 255,
)  # fmt: skip
add(
    "Resizing", "Preprocessing", "Makes images one size.", *SIZE, INTERPOLATION, boolean("crop_to_aspect_ratio", False),
    boolean("pad_to_aspect_ratio", False), FILL_MODE.but(default="constant"), FILL_VALUE, boolean("antialias", False),
    DATA_FORMAT, height=32, width=32,
)  # fmt: skip
add("CenterCrop", "Preprocessing", "Keeps the middle of an image.", *SIZE, DATA_FORMAT, height=24, width=24)
add("RandomCrop", "Preprocessing", "Keeps a random part of an image while training.", *SIZE, SEED, DATA_FORMAT, height=24, width=24)
add(
    "RandomFlip", "Preprocessing", "Mirrors images at random while training.",
    choice("mode", "horizontal_and_vertical", ("horizontal_and_vertical", "horizontal", "vertical")), SEED, DATA_FORMAT,
)  # fmt: skip
add("RandomRotation", "Preprocessing", "Turns images at random while training.", FACTOR, FILL_MODE, INTERPOLATION, SEED, FILL_VALUE, DATA_FORMAT, factor=0.1)
add(
    "RandomTranslation", "Preprocessing", "Moves images at random while training.",
    number("height_factor", required=True), number("width_factor", required=True), FILL_MODE, INTERPOLATION, SEED,
    FILL_VALUE, DATA_FORMAT, height_factor=0.1, width_factor=0.1,
)  # fmt: skip
add(
    "RandomZoom", "Preprocessing", "Zooms images at random while training.",
    number("height_factor", required=True), number("width_factor", None), FILL_MODE, INTERPOLATION, SEED, FILL_VALUE,
    DATA_FORMAT, height_factor=0.1,
)  # fmt: skip
add("RandomContrast", "Preprocessing", "Changes the contrast of images at random while training.", FACTOR, VALUE_RANGE, SEED, factor=0.2)
add("RandomBrightness", "Preprocessing", "Changes the brightness of images at random while training.", FACTOR, VALUE_RANGE, SEED, factor=0.2)
add(
    "CategoryEncoding", "Preprocessing", "Turns class numbers into ones and zeros.",
    integer("num_tokens", None, help="How many classes."),
    choice("output_mode", "multi_hot", ("multi_hot", "one_hot", "count")), boolean("sparse", False), num_tokens=10,
)  # fmt: skip


# Saying what a layer does, for its card


def describe_config(kind: str, config: Mapping[str, Any]) -> str:
    """A few words on the arguments that matter: `32 units · relu`, `64 filters 3×3 · same`, `10 000 → 64`."""
    words = [word for word in (say(config) for say in WORDS.get(kind, DEFAULT_WORDS)) if word]
    return " · ".join(words)


def thin(value: int) -> str:
    """A whole number with thin spaces between its thousands."""
    return f"{value:,}".replace(",", "\N{NARROW NO-BREAK SPACE}") if isinstance(value, int) else str(value)


def times(value: Any, rank: int = 2) -> str:
    """`3` or `[3, 3]` → `3×3`."""
    parts = value if isinstance(value, (list, tuple)) else [value] * rank
    return "×".join(str(part) for part in parts)


def value_of(name: str, before: str = "", after: str = "") -> Callable[[Mapping[str, Any]], str]:
    """Says the value of an argument when it is set."""
    return lambda config: f"{before}{thin(config[name])}{after}" if config.get(name) is not None else ""


def window(name: str, rank: int) -> Callable[[Mapping[str, Any]], str]:
    """Says the size of a window."""
    return lambda config: times(config[name], rank) if config.get(name) is not None else ""


def filters(rank: int) -> Callable[[Mapping[str, Any]], str]:
    """Says filters and window of a convolution."""

    def words(config: Mapping[str, Any]) -> str:
        size = times(config.get("kernel_size", "?"), rank)
        return f"{config['filters']} filters {size}" if "filters" in config else size

    return words


def stride(config: Mapping[str, Any]) -> str:
    """Says a stride that is not 1."""
    value = config.get("strides")
    several = value if isinstance(value, (list, tuple)) else [value]
    if all(size in (None, 1) for size in several):
        return ""
    same = all(size == several[0] for size in several)
    return f"stride {several[0] if same else times(several)}"


def flag(name: str, words: str) -> Callable[[Mapping[str, Any]], str]:
    """Says that something is switched on."""
    return lambda config: words if config.get(name) else ""


def embedding(config: Mapping[str, Any]) -> str:
    """Says how many words become how many numbers."""
    return f"{thin(config.get('input_dim', '?'))} → {thin(config.get('output_dim', '?'))}"


def input_shape(config: Mapping[str, Any]) -> str:
    """Says the shape of a sample."""
    return times(["any" if size is None else size for size in config.get("shape") or ()])


def rescaling(config: Mapping[str, Any]) -> str:
    """Says the factor in three digits."""
    scale = config.get("scale")
    return f"× {scale:.3g}" if isinstance(scale, (int, float)) else ""


ACTIVATION = value_of("activation")
UNIT_WORDS = (value_of("units", after=" units"), ACTIVATION, flag("return_sequences", "every step"))
DEFAULT_WORDS = (ACTIVATION, value_of("rate"), value_of("factor"), value_of("groups", after=" groups"))
WORDS: dict[str, tuple[Callable[[Mapping[str, Any]], str], ...]] = {
    "InputLayer": (input_shape, value_of("dtype")),
    "Embedding": (embedding,),
    **dict.fromkeys(("Dense", "LSTM", "GRU", "SimpleRNN"), UNIT_WORDS),
    **{
        f"{kind}Conv{rank}D{suffix}": (filters(rank), stride, ACTIVATION)
        for rank in PER_RANK
        for kind in ("", "Separable", "Depthwise")
        for suffix in ("", "Transpose")
    },
    "ConvLSTM2D": (filters(2), stride),
    **{
        f"{kind}Pooling{rank}D": (window("pool_size", rank), stride, value_of("padding"))
        for rank in PER_RANK
        for kind in ("Max", "Average")
    },
    "Concatenate": (value_of("axis", before="axis "),),
    "Dot": (flag("normalize", "cosine"),),
    "MultiHeadAttention": (value_of("num_heads", after=" heads"), value_of("key_dim", before="key ")),
    "Reshape": (lambda config: times(config.get("target_shape") or ()),),
    "BatchNormalization": (flag("renorm", "renormalised"),),
    "GaussianNoise": (value_of("stddev", before="± "),),
    "Rescaling": (rescaling,),
    "Resizing": (lambda config: f"{config.get('height')}×{config.get('width')}",),
}
