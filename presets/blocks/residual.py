"""Residual block, same size: three convolutions, then the block's own input is added back."""

from components.parameters import Parameter
from presets.inserting import Seam, Stitches, convolve, refuse
from presets.preset import Block

UNKNOWN = 32
"""Filters where the width of what flows is not known; the shortcut is then projected, so that both fit."""


def weave(stitches: Stitches, seam: Seam, depth: int, kernel_size: int) -> str:
    """`depth` convolutions as wide as their input, and a shortcut past them."""
    refuse(seam, "A residual block", 2, 3, 4)
    width = seam.width or UNKNOWN
    x = seam.source
    for _ in range(depth):
        x = convolve(stitches, seam, x, "residual", width, kernel_size, activation="relu")
    shortcut = seam.source if seam.width else convolve(stitches, seam, seam.source, "shortcut", width)
    return stitches("Add", x, shortcut, name="sum")


BLOCK = Block(
    name="residual",
    title="Residual block",
    summary="Adds its own input back at the end, so that neither signal nor gradient is lost on the way.",
    weave=weave,
    parameters=(
        Parameter("depth", "integer", 3, least=1, most=20, help="How many layers the shortcut leads past."),
        Parameter("kernel_size", "integer", 3, least=1, most=31, help="The size of each convolution's window."),
    ),
)
