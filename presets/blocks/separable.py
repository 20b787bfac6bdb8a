"""Separable block: two depthwise separable convolutions, then pooling."""

from components.parameters import Parameter
from presets.inserting import Seam, Stitches, refuse
from presets.preset import Block


def weave(stitches: Stitches, seam: Seam, filters: int, kernel_size: int) -> str:
    """Two separable convolutions, the second twice as wide, and pooling that halves the size."""
    refuse(seam, "A separable block", 3, 4)
    kind, pooling = ("SeparableConv1D", "MaxPooling1D") if seam.axes == 3 else ("SeparableConv2D", "MaxPooling2D")
    x = seam.source
    for width in (filters, 2 * filters):
        x = stitches(
            kind, x, name="separable", filters=width, kernel_size=kernel_size, padding="same", activation="relu"
        )
    return stitches(pooling, x, name="pooled", pool_size=2, padding="same")


BLOCK = Block(
    name="separable",
    title="Separable block",
    summary="Looks at each channel in space, then mixes the channels: nearly as able, with far fewer parameters.",
    weave=weave,
    parameters=(
        Parameter(
            "filters", "integer", 32, least=1, most=4096, help="Channels of the first; the second has twice that."
        ),
        Parameter("kernel_size", "integer", 3, least=1, most=31, help="The size of the window in space."),
    ),
)
