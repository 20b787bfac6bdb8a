"""The notes' residual block of another size: the main path halves the image, a 1×1 convolution follows it."""

from components.experiment import Data, Experiment, Training
from components.graph import Graph
from components.weaving import Loom
from presets.preset import Architecture


def weave(filters: int = 128) -> Graph:
    """Two convolutions and pooling beside a linear 1×1 convolution of stride 2."""
    loom = Loom()
    image = loom.input("image", [8, 8, 1])
    first = loom("Conv2D", image, name="first", filters=filters, kernel_size=3, padding="same", activation="relu")
    second = loom("Conv2D", first, name="second", filters=filters, kernel_size=3, padding="same", activation="relu")
    strongest = loom("MaxPooling2D", second, name="strongest", pool_size=2, strides=2)
    shortcut = loom("Conv2D", image, name="shortcut", filters=filters, kernel_size=1, strides=2, padding="same")
    reduced = loom("Add", strongest, shortcut, name="reduced")
    summary = loom("GlobalAveragePooling2D", reduced, name="summary")
    return loom.graph(loom("Dense", summary, name="digit", units=10, activation="softmax"))


ARCHITECTURE = Architecture(
    name="residual_different_size",
    title="Residual block, different size",
    idea="The main path halves the image; a linear 1×1 convolution with stride 2 makes the shortcut fit.",
    concepts=("branches", "residual"),
    experiment=Experiment(
        name="Residual block, different size",
        graph=weave(),
        data=Data("digits"),
        training=Training(
            losses={"digit": "sparse_categorical_crossentropy"}, metrics={"digit": ("accuracy",)}, epochs=6
        ),
    ),
    parameters=150_410,
)
