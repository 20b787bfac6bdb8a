"""The blocks that ship, one file each, in the order of the palette."""

from presets.blocks import (
    branches,
    inception,
    normalise_activate,
    residual,
    residual_projection,
    separable,
    shared_encoder,
)

BLOCKS = {
    block.name: block
    for block in (
        residual.BLOCK,
        residual_projection.BLOCK,
        inception.BLOCK,
        separable.BLOCK,
        branches.BLOCK,
        shared_encoder.BLOCK,
        normalise_activate.BLOCK,
    )
}
