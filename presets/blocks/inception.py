"""Inception module: four branches with windows of different size, joined on the channels."""

from components.parameters import Parameter
from presets.inserting import Seam, Stitches, convolve, refuse
from presets.preset import Block


def weave(stitches: Stitches, seam: Seam, filters: int, strides: int) -> str:
    """1×1 · 1×1→3×3 · pool→3×3 · 1×1→3×3→3×3, side by side.

    C. Szegedy et al., "Rethinking the Inception Architecture for Computer Vision", CVPR 2016.
    """
    refuse(seam, "An Inception module", 4)

    def layer(x: str, name: str, size: int, **more: int) -> str:
        return convolve(stitches, seam, x, name, filters, size, activation="relu", **more)

    point = layer(seam.source, "point", 1, strides=strides)
    wide = layer(layer(seam.source, "narrow", 1), "wide", 3, strides=strides)
    pooled = stitches("AveragePooling2D", seam.source, name="pooled", pool_size=3, strides=strides, padding="same")
    smooth = layer(pooled, "smooth", 3)
    finest = layer(layer(layer(seam.source, "fine", 1), "finer", 3), "finest", 3, strides=strides)
    return stitches("Concatenate", point, wide, smooth, finest, name="views")


BLOCK = Block(
    name="inception",
    title="Inception module",
    summary="Four branches look through windows of different size at once, and what each finds is kept.",
    weave=weave,
    parameters=(
        Parameter("filters", "integer", 32, least=1, most=4096, help="Channels that each branch adds."),
        Parameter("strides", "integer", 2, least=1, most=16, help="By how much height and width shrink."),
    ),
)
