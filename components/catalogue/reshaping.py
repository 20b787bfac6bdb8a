"""Reshaping layers: the same numbers, arranged anew, padded or cut."""

from typing import Any

from components.catalogue.kinds import LayerKind
from components.catalogue.vocabulary import DATA_FORMAT, INTERPOLATION
from components.parameters import Parameter, integer

TARGET_SHAPE = Parameter(
    "target_shape", "shape", required=True, least=-1, help="The new axes without the batch; -1 is worked out."
)
DIMS = Parameter(
    "dims", "integers", required=True, least=1, help="The axes in their new order, counted from 1 after the batch."
)


def size(axes: int) -> Parameter:
    """How many times an upsampling repeats."""
    default = 2 if axes == 1 else [2] * axes
    return Parameter("size", "integers", default, least=1, length=axes, help="How many times each axis grows.")


def margins(name: str, axes: int, default: Any, help: str) -> Parameter:
    """What is cut from or added to the sides."""
    return Parameter(name, "integers", default, least=0, length=axes, pairs=True, help=help)


CUT, ADDED = "How much is cut from each side.", "How many zeros are added to each side."
NEAREST = INTERPOLATION.but(default="nearest")
THREE = [[1, 1]] * 3


def kind(name: str, summary: str, *parameters: Parameter, **start: Any) -> LayerKind:
    """A reshaping layer."""
    return LayerKind(name, "Reshaping", summary, parameters, start=start)


KINDS = (
    kind("Flatten", "Lays everything out in one row.", DATA_FORMAT),
    kind("Reshape", "Arranges the same numbers in other axes.", TARGET_SHAPE, target_shape=[-1, 1]),
    kind("Permute", "Swaps axes.", DIMS, dims=[2, 1]),
    kind("RepeatVector", "Repeats a vector so that it becomes a sequence.", integer("n", "How many times."), n=4),
    kind("UpSampling1D", "Repeats each step of a sequence.", size(1)),
    kind("UpSampling2D", "Enlarges an image.", size(2), DATA_FORMAT, NEAREST),
    kind("UpSampling3D", "Enlarges a volume.", size(3), DATA_FORMAT),
    kind("ZeroPadding1D", "Adds zeros at both ends of a sequence.", margins("padding", 1, 1, ADDED), DATA_FORMAT),
    kind("ZeroPadding2D", "Adds a border of zeros around an image.", margins("padding", 2, [1, 1], ADDED), DATA_FORMAT),
    kind("ZeroPadding3D", "Adds a border of zeros around a volume.", margins("padding", 3, THREE, ADDED), DATA_FORMAT),
    kind("Cropping1D", "Cuts off both ends of a sequence.", margins("cropping", 1, [1, 1], CUT)),
    kind(
        "Cropping2D",
        "Cuts off an image's border.",
        margins("cropping", 2, [[0, 0], [0, 0]], CUT),
        DATA_FORMAT,
        cropping=1,
    ),
    kind("Cropping3D", "Cuts off a volume's border.", margins("cropping", 3, THREE, CUT), DATA_FORMAT),
)
