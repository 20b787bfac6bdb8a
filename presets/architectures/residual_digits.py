"""A residual convnet for handwritten digits, with both kinds of shortcut."""

from components.experiment import Callback, Data, Experiment, Training
from components.graph import Graph
from components.weaving import Loom
from presets.preset import Architecture


def weave(filters: int = 16) -> Graph:
    """A block whose shortcut is its input, then one that halves the image and projects its shortcut.

    K. He et al., "Deep Residual Learning for Image Recognition", CVPR 2016.
    """
    loom = Loom()
    image = loom.input("image", [8, 8, 1])
    stem = convolve(loom, image, "stem", filters, activation="relu")
    first = convolve(loom, stem, "first", filters, activation="relu")
    second = convolve(loom, first, "second", filters)
    kept = loom("Add", second, stem, name="kept")
    third = convolve(loom, kept, "third", 2 * filters, activation="relu", strides=2)
    fourth = convolve(loom, third, "fourth", 2 * filters)
    shortcut = loom("Conv2D", kept, name="shortcut", filters=2 * filters, kernel_size=1, strides=2, padding="same")
    reduced = loom("Add", fourth, shortcut, name="reduced")
    active = loom("ReLU", reduced, name="active")
    summary = loom("GlobalAveragePooling2D", active, name="summary")
    return loom.graph(loom("Dense", summary, name="digit", units=10, activation="softmax"))


def convolve(loom: Loom, x: str, name: str, filters: int, **more: int | str) -> str:
    """A 3×3 convolution that keeps the border."""
    return loom("Conv2D", x, name=name, filters=filters, kernel_size=3, padding="same", **more)


ARCHITECTURE = Architecture(
    name="residual_digits",
    title="Residual convnet",
    idea="Shortcuts carry the input past two convolutions; where sizes differ, a 1×1 convolution makes them fit.",
    concepts=("branches", "residual"),
    experiment=Experiment(
        name="Residual digits",
        graph=weave(),
        data=Data("digits"),
        training=Training(
            learning_rate=0.003,
            losses={"digit": "sparse_categorical_crossentropy"},
            metrics={"digit": ("accuracy",)},
            epochs=20,
            batch_size=32,
            callbacks=(Callback("EarlyStopping", {"patience": 6, "restore_best_weights": True}),),
        ),
    ),
    parameters=19562,
)
