"""The blocks that ship, one file each, in the order of the palette."""

from presets.preset import Block

BLOCKS: dict[str, Block] = {}
