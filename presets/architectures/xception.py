"""Xception, whole: separable convolutions in fourteen modules with shortcuts, written as a few loops.

F. Chollet, "Xception: Deep Learning with Depthwise Separable Convolutions", CVPR 2017.
"""

from components.experiment import Data, Experiment, Training
from components.graph import Graph
from components.weaving import Loom
from presets.preset import Architecture


def weave(side: int = 299, classes: int = 1000) -> Graph:
    """The trunk, then the class."""
    loom = Loom()
    x = weave_trunk(loom, loom.input("picture", [side, side, 3]))
    x = loom("GlobalAveragePooling2D", x, name="summary")
    return loom.graph(loom("Dense", x, name="shape", units=classes, activation="softmax"))


def weave_trunk(loom: Loom, x: str) -> str:
    """Entry flow, eight middle modules of 728 channels, exit flow."""
    for number, filters in enumerate((32, 64)):
        x = loom("Conv2D", x, name=f"stem_{number}", filters=filters, kernel_size=3, strides=2 - number, use_bias=False)
        x = loom("BatchNormalization", x, name=f"stem_{number}_normalised")
        x = loom("Activation", x, name=f"stem_{number}_active", activation="relu")
    for number, filters in enumerate((128, 256, 728), start=2):
        x = shrink(loom, x, f"module_{number}", filters, filters, first_active=number > 2)
    for number in range(5, 13):
        begin = x
        for step in range(3):
            x = separate(loom, activate(loom, x, f"module_{number}_active_{step}"), f"module_{number}_{step}", 728)
        x = loom("Add", x, begin, name=f"module_{number}")
    x = shrink(loom, x, "module_13", 728, 1024)
    for step, filters in enumerate((1536, 2048)):
        x = separate(loom, x, f"module_14_{step}", filters)
        x = activate(loom, x, f"module_14_active_{step}")
    return x


def separate(loom: Loom, x: str, name: str, filters: int) -> str:
    """A separable convolution without bias, then batch normalisation."""
    x = loom("SeparableConv2D", x, name=name, filters=filters, kernel_size=3, padding="same", use_bias=False)
    return loom("BatchNormalization", x, name=f"{name}_normalised")


def activate(loom: Loom, x: str, name: str) -> str:
    """ReLU."""
    return loom("Activation", x, name=name, activation="relu")


def shrink(loom: Loom, x: str, name: str, first: int, second: int, first_active: bool = True) -> str:
    """Two separable convolutions and pooling; the shortcut is a 1×1 convolution of the same strides."""
    shortcut = loom(
        "Conv2D", x, name=f"{name}_shortcut", filters=second, kernel_size=1, strides=2, padding="same", use_bias=False
    )
    shortcut = loom("BatchNormalization", shortcut, name=f"{name}_shortcut_normalised")
    if first_active:
        x = activate(loom, x, f"{name}_active_0")
    x = separate(loom, x, f"{name}_0", first)
    x = separate(loom, activate(loom, x, f"{name}_active_1"), f"{name}_1", second)
    x = loom("MaxPooling2D", x, name=f"{name}_strongest", pool_size=3, strides=2, padding="same")
    return loom("Add", x, shortcut, name=name)


ARCHITECTURE = Architecture(
    name="xception",
    title="Xception",
    idea="Extreme Inception: each channel is looked at by itself, then 1×1 convolutions mix the channels.",
    concepts=("branches", "residual"),
    experiment=Experiment(
        name="Xception",
        graph=weave(),
        data=Data("pictures", {"rows": 16, "side": 299}),
        training=Training(
            losses={"shape": "sparse_categorical_crossentropy"},
            metrics={"shape": ("accuracy",)},
            epochs=1,
            batch_size=4,
        ),
    ),
    parameters=22_910_480,
)
