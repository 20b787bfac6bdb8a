"""Pooling layers: fewer numbers, the strongest or the mean of each neighbourhood."""

from components.catalogue.kinds import LayerKind
from components.catalogue.vocabulary import DATA_FORMAT, PADDING
from components.parameters import Parameter, boolean

KEEPDIMS = boolean("keepdims", False, "Whether the pooled axes stay, with size 1.")
OVER = {1: "a sequence", 2: "an image", 3: "a volume"}


def window(axes: int, default: object = None) -> tuple[Parameter, ...]:
    """Parameters of pooling over neighbourhoods."""
    size = Parameter(
        *("pool_size", "integers", default, default is None),
        least=1,
        length=axes,
        help="The neighbourhood's size on each axis.",
    )
    help = "How far it moves at a time; without a value, its own size."
    return size, Parameter("strides", "integers", None, least=1, length=axes, help=help), PADDING, DATA_FORMAT


def output_size(axes: int) -> Parameter:
    """The size that an adaptive pooling ends with."""
    return Parameter(
        "output_size", "integers", required=True, least=1, length=axes, help="The size of the output's axes."
    )


def pooling(axes: int) -> list[LayerKind]:
    """The six poolings of that many axes."""
    over, largest = OVER[axes], 2 if axes == 1 else [2] * axes
    everything, adaptive = (DATA_FORMAT, KEEPDIMS), (output_size(axes), DATA_FORMAT)
    two, four = {"pool_size": 2}, {"output_size": 2}
    return [
        LayerKind(
            f"MaxPooling{axes}D",
            "Pooling",
            f"Keeps the strongest of each neighbourhood of {over}.",
            window(axes, largest),
        ),
        LayerKind(
            f"AveragePooling{axes}D", "Pooling", f"The mean of each neighbourhood of {over}.", window(axes), start=two
        ),
        LayerKind(
            f"GlobalMaxPooling{axes}D", "Pooling", f"The strongest of each channel over all of {over}.", everything
        ),
        LayerKind(
            f"GlobalAveragePooling{axes}D", "Pooling", f"The mean of each channel over all of {over}.", everything
        ),
        LayerKind(
            f"AdaptiveMaxPooling{axes}D",
            "Pooling",
            f"The strongest, {over} of any size to one size.",
            adaptive,
            start=four,
        ),
        LayerKind(
            f"AdaptiveAveragePooling{axes}D",
            "Pooling",
            f"The mean, {over} of any size to one size.",
            adaptive,
            start=four,
        ),
    ]


KINDS = tuple(kind for axes in (1, 2, 3) for kind in pooling(axes))
