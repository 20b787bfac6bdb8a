"""Convolution layers: the same small pattern looked for everywhere."""

from components.catalogue.kinds import LayerKind
from components.catalogue.vocabulary import (
    ACTIVATION,
    ACTIVITY_REGULARIZER,
    BIAS_CONSTRAINT,
    BIAS_INITIALIZER,
    BIAS_REGULARIZER,
    DATA_FORMAT,
    DEPTHWISE_CONSTRAINT,
    DEPTHWISE_INITIALIZER,
    DEPTHWISE_REGULARIZER,
    FILTERS,
    KERNEL_CONSTRAINT,
    KERNEL_INITIALIZER,
    KERNEL_REGULARIZER,
    PADDING,
    POINTWISE_CONSTRAINT,
    POINTWISE_INITIALIZER,
    POINTWISE_REGULARIZER,
    TRAINABLE,
    USE_BIAS,
)
from components.parameters import Parameter, integer

CAUSAL = PADDING.but(
    choices=("valid", "same", "causal"),
    help="same keeps the length; valid does not; causal keeps it and looks only backwards.",
)
GROUPS = integer("groups", "Into how many parts the channels are split, each convolved on its own.", 1)
DEPTH_MULTIPLIER = integer("depth_multiplier", "How many outputs each input channel gets.", 1)
WEIGHTS = (
    *(ACTIVATION, USE_BIAS, KERNEL_INITIALIZER, BIAS_INITIALIZER, KERNEL_REGULARIZER, BIAS_REGULARIZER),
    *(ACTIVITY_REGULARIZER, KERNEL_CONSTRAINT, BIAS_CONSTRAINT, TRAINABLE),
)
DEPTHWISE_WEIGHTS = (
    *(ACTIVATION, USE_BIAS, DEPTHWISE_INITIALIZER, BIAS_INITIALIZER, DEPTHWISE_REGULARIZER, BIAS_REGULARIZER),
    *(ACTIVITY_REGULARIZER, DEPTHWISE_CONSTRAINT, BIAS_CONSTRAINT, TRAINABLE),
)
SEPARABLE_WEIGHTS = (
    *(ACTIVATION, USE_BIAS, DEPTHWISE_INITIALIZER, POINTWISE_INITIALIZER, BIAS_INITIALIZER),
    *(DEPTHWISE_REGULARIZER, POINTWISE_REGULARIZER, BIAS_REGULARIZER, ACTIVITY_REGULARIZER),
    *(DEPTHWISE_CONSTRAINT, POINTWISE_CONSTRAINT, BIAS_CONSTRAINT, TRAINABLE),
)


def kernel_size(axes: int) -> Parameter:
    """The size of the window over that many axes."""
    return Parameter(
        "kernel_size", "integers", required=True, least=1, length=axes, help="The window's size on each axis."
    )


def strides(axes: int) -> Parameter:
    """How far the window moves."""
    default = 1 if axes == 1 else [1] * axes
    return Parameter("strides", "integers", default, least=1, length=axes, help="How far the window moves at a time.")


def dilation_rate(axes: int) -> Parameter:
    """How far apart the window's cells are."""
    return strides(axes).but(name="dilation_rate", help="How far apart the cells of the window are; 1 is side by side.")


def output_padding(axes: int) -> Parameter:
    """What is added to one side of a transposed convolution's output."""
    help = "What is added to one side of the output, to reach an exact size."
    return Parameter("output_padding", "integers", None, least=0, length=axes, help=help)


def convolution(axes: int) -> tuple[Parameter, ...]:
    """Parameters of ConvND."""
    padding = CAUSAL if axes == 1 else PADDING
    return FILTERS, kernel_size(axes), strides(axes), padding, DATA_FORMAT, dilation_rate(axes), GROUPS, *WEIGHTS


def transposed(axes: int) -> tuple[Parameter, ...]:
    """Parameters of ConvNDTranspose; Keras orders those of three axes differently."""
    added = (output_padding(axes), DATA_FORMAT) if axes < 3 else (DATA_FORMAT, output_padding(axes))
    return FILTERS, kernel_size(axes), strides(axes), PADDING, *added, dilation_rate(axes), *WEIGHTS


def depthwise(axes: int) -> tuple[Parameter, ...]:
    """Parameters of DepthwiseConvND."""
    window = (kernel_size(axes), strides(axes), CAUSAL if axes == 1 else PADDING, DEPTH_MULTIPLIER, DATA_FORMAT)
    return *window, dilation_rate(axes), *DEPTHWISE_WEIGHTS


def separable(axes: int) -> tuple[Parameter, ...]:
    """Parameters of SeparableConvND."""
    window = (FILTERS, kernel_size(axes), strides(axes), CAUSAL if axes == 1 else PADDING, DATA_FORMAT)
    return *window, dilation_rate(axes), DEPTH_MULTIPLIER, *SEPARABLE_WEIGHTS


WINDOW = {"filters": 32, "kernel_size": 3}


def kind(name: str, summary: str, parameters: tuple[Parameter, ...], start: dict[str, int] = WINDOW) -> LayerKind:
    """A convolution."""
    return LayerKind(name, "Convolution", summary, parameters, start=start)


KINDS = (
    kind("Conv1D", "Looks for patterns along a sequence.", convolution(1)),
    kind("Conv2D", "Looks for patterns in an image.", convolution(2)),
    kind("Conv3D", "Looks for patterns in a volume or a film.", convolution(3)),
    kind(
        "SeparableConv1D",
        "Space first, channels second: a convolution along a sequence with far fewer weights.",
        separable(1),
    ),
    kind(
        "SeparableConv2D", "Space first, channels second: a convolution of images with far fewer weights.", separable(2)
    ),
    kind("DepthwiseConv1D", "Convolves each channel of a sequence on its own.", depthwise(1), {"kernel_size": 3}),
    kind("DepthwiseConv2D", "Convolves each channel of an image on its own.", depthwise(2), {"kernel_size": 3}),
    kind("Conv1DTranspose", "Paints patterns into a longer sequence.", transposed(1)),
    kind("Conv2DTranspose", "Paints patterns into a larger image.", transposed(2)),
    kind("Conv3DTranspose", "Paints patterns into a larger volume.", transposed(3)),
)
