"""Shapes: sizes of tensors, how they are written for a person, and which fit where."""

from __future__ import annotations

from collections.abc import Sequence

Shape = tuple[int | None, ...]
"""Sizes, the batch axis first; None means any."""

KINDS = {
    1: "single numbers (None,)",
    2: "vectors (None, features)",
    3: "sequences (None, steps, features)",
    4: "images (None, height, width, channels)",
    5: "volumes or films (None, depth, height, width, channels)",
}


def write_shape(shape: Sequence[int | None]) -> str:
    """`(None, 16, 16, 128)`."""
    return "(" + ", ".join(map(str, shape)) + ("," if len(shape) == 1 else "") + ")"


def write_shapes(shapes: Sequence[Shape]) -> str:
    """`(None, 3) and (None, 5)`; of many the first few, of none “nothing”."""
    written = [write_shape(shape) for shape in shapes]
    if len(written) > 5:
        return ", ".join(written[:4]) + f" and {len(written) - 4} more"
    return " and ".join(filter(None, (", ".join(written[:-1]), *written[-1:]))) or "nothing"


def kind_of_rank(rank: int) -> str:
    """What data of so many axes is, in words, with its axes."""
    return KINDS.get(rank, f"{rank} axes, the batch included")


def fits(wanted: Shape, given: Shape) -> bool:
    """Whether a tensor of that shape may enter where the other is wanted."""
    return len(wanted) == len(given) and all(
        w is None or g is None or w == g for w, g in zip(wanted, given, strict=True)
    )


def is_known(sizes: Shape) -> bool:
    """Whether no size is left open."""
    return None not in sizes
