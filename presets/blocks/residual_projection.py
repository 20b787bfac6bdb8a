"""Residual block with projection: the main path changes the size, and a linear shortcut follows it."""

from components.parameters import Parameter
from presets.inserting import Seam, Stitches, convolve, refuse
from presets.preset import Block


def weave(stitches: Stitches, seam: Seam, filters: int, strides: int) -> str:
    """Two convolutions, the second with strides, and a 1×1 convolution of the same strides beside them."""
    refuse(seam, "A residual block", 2, 3, 4)
    x = convolve(stitches, seam, seam.source, "residual", filters, 3, activation="relu")
    x = convolve(stitches, seam, x, "reduced", filters, 3, activation="relu", strides=strides)
    shortcut = convolve(stitches, seam, seam.source, "shortcut", filters, strides=strides)
    return stitches("Add", x, shortcut, name="sum")


BLOCK = Block(
    name="residual_projection",
    title="Residual block with projection",
    summary="Where the main path changes the size, a linear 1×1 convolution brings the shortcut to the same size.",
    weave=weave,
    parameters=(
        Parameter("filters", "integer", 64, least=1, most=65536, help="Channels, or units, that come out."),
        Parameter("strides", "integer", 2, least=1, most=16, help="By how much height and width shrink."),
    ),
)
