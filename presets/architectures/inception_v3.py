"""InceptionV3, whole: a stem and eleven modules, written as a few loops.

C. Szegedy et al., "Rethinking the Inception Architecture for Computer Vision", CVPR 2016.
"""

from components.experiment import Data, Experiment, Training
from components.graph import Graph
from components.weaving import Loom
from presets.preset import Architecture

Step = tuple[int, int | list[int]]
"""Filters and window of one convolution."""


def weave(side: int = 299, classes: int = 1000) -> Graph:
    """Modules 0–2 on 35×35, 3–7 on 17×17 and 8–10 on 8×8 tiles."""
    loom = Loom()
    x = weave_stem(loom, loom.input("picture", [side, side, 3]))
    for number, pooled in enumerate((32, 64, 64)):
        x = weave_wide(loom, x, f"mixed_{number}", pooled)
    x = shrink_early(loom, x, "mixed_3")
    for number, width in enumerate((128, 160, 160, 192), start=4):
        x = weave_long(loom, x, f"mixed_{number}", width)
    x = shrink_late(loom, x, "mixed_8")
    for number in (9, 10):
        x = weave_split(loom, x, f"mixed_{number}")
    x = loom("GlobalAveragePooling2D", x, name="summary")
    return loom.graph(loom("Dense", x, name="shape", units=classes, activation="softmax"))


def convolve(
    loom: Loom, x: str, name: str, filters: int, size: int | list[int], strides: int = 1, padding="same"
) -> str:
    """A convolution without bias, batch normalisation without scale, ReLU."""
    x = loom(
        "Conv2D", x, name=name, filters=filters, kernel_size=size, strides=strides, padding=padding, use_bias=False
    )
    x = loom("BatchNormalization", x, name=f"{name}_normalised", scale=False)
    return loom("Activation", x, name=f"{name}_active", activation="relu")


def chain(loom: Loom, x: str, name: str, *steps: Step) -> str:
    """Convolutions in a row, each given as filters and window."""
    for number, (filters, size) in enumerate(steps):
        x = convolve(loom, x, f"{name}_{number}", filters, size)
    return x


def pool(loom: Loom, x: str, name: str, filters: int) -> str:
    """Average pooling of the same size, then a 1×1 convolution."""
    x = loom("AveragePooling2D", x, name=f"{name}_mean", pool_size=3, strides=1, padding="same")
    return convolve(loom, x, f"{name}_pooled", filters, 1)


def weave_stem(loom: Loom, x: str) -> str:
    """From 299×299×3 to 35×35×192."""
    x = convolve(loom, x, "stem_0", 32, 3, strides=2, padding="valid")
    x = convolve(loom, x, "stem_1", 32, 3, padding="valid")
    x = convolve(loom, x, "stem_2", 64, 3)
    x = loom("MaxPooling2D", x, name="stem_strongest_0", pool_size=3, strides=2)
    x = convolve(loom, x, "stem_3", 80, 1, padding="valid")
    x = convolve(loom, x, "stem_4", 192, 3, padding="valid")
    return loom("MaxPooling2D", x, name="stem_strongest_1", pool_size=3, strides=2)


def weave_wide(loom: Loom, x: str, name: str, pooled: int) -> str:
    """1×1, 5×5, twice 3×3 and pooling, side by side."""
    ends = [
        chain(loom, x, f"{name}_point", (64, 1)),
        chain(loom, x, f"{name}_five", (48, 1), (64, 5)),
        chain(loom, x, f"{name}_three", (64, 1), (96, 3), (96, 3)),
        pool(loom, x, name, pooled),
    ]
    return loom("Concatenate", *ends, name=name)


def shrink_early(loom: Loom, x: str, name: str) -> str:
    """From 35×35 to 17×17."""
    three = convolve(loom, x, f"{name}_three", 384, 3, strides=2, padding="valid")
    double = chain(loom, x, f"{name}_double", (64, 1), (96, 3))
    double = convolve(loom, double, f"{name}_double_2", 96, 3, strides=2, padding="valid")
    pooled = loom("MaxPooling2D", x, name=f"{name}_strongest", pool_size=3, strides=2)
    return loom("Concatenate", three, double, pooled, name=name)


def weave_long(loom: Loom, x: str, name: str, width: int) -> str:
    """7×7 windows, each as a row and a column."""
    row, column = [1, 7], [7, 1]
    seven: list[Step] = [(width, 1), (width, row), (192, column)]
    double: list[Step] = [(width, 1), (width, column), (width, row), (width, column), (192, row)]
    ends = [
        chain(loom, x, f"{name}_point", (192, 1)),
        chain(loom, x, f"{name}_seven", *seven),
        chain(loom, x, f"{name}_double", *double),
        pool(loom, x, name, 192),
    ]
    return loom("Concatenate", *ends, name=name)


def shrink_late(loom: Loom, x: str, name: str) -> str:
    """From 17×17 to 8×8."""
    three = chain(loom, x, f"{name}_three", (192, 1))
    three = convolve(loom, three, f"{name}_three_1", 320, 3, strides=2, padding="valid")
    seven = chain(loom, x, f"{name}_seven", (192, 1), (192, [1, 7]), (192, [7, 1]))
    seven = convolve(loom, seven, f"{name}_seven_3", 192, 3, strides=2, padding="valid")
    pooled = loom("MaxPooling2D", x, name=f"{name}_strongest", pool_size=3, strides=2)
    return loom("Concatenate", three, seven, pooled, name=name)


def weave_split(loom: Loom, x: str, name: str) -> str:
    """3×3 windows that end in a row and a column side by side."""
    three = chain(loom, x, f"{name}_three", (384, 1))
    double = chain(loom, x, f"{name}_double", (448, 1), (384, 3))
    ends = [chain(loom, x, f"{name}_point", (320, 1))]
    for branch, begin in ((f"{name}_three", three), (f"{name}_double", double)):
        across = convolve(loom, begin, f"{branch}_across", 384, [1, 3])
        down = convolve(loom, begin, f"{branch}_down", 384, [3, 1])
        ends.append(loom("Concatenate", across, down, name=f"{branch}_split"))
    return loom("Concatenate", *ends, pool(loom, x, name, 192), name=name)


ARCHITECTURE = Architecture(
    name="inception_v3",
    title="InceptionV3",
    idea="Eleven Inception modules, one after another: ever more views of ever smaller tiles.",
    concepts=("branches", "concat"),
    experiment=Experiment(
        name="InceptionV3",
        graph=weave(),
        data=Data("pictures", {"rows": 16, "side": 299}),
        training=Training(
            losses={"shape": "sparse_categorical_crossentropy"},
            metrics={"shape": ("accuracy",)},
            epochs=1,
            batch_size=4,
        ),
    ),
    parameters=23_851_784,
)
