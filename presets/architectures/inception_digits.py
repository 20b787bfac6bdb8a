"""An Inception module that reads handwritten digits through four windows at once."""

from components.experiment import Callback, Data, Experiment, Training
from components.graph import Graph
from components.weaving import Loom
from presets.preset import Architecture


def weave(filters: int = 16) -> Graph:
    """1×1 · 1×1→3×3 · pool→3×3 · 1×1→3×3→3×3, all with stride 2, laid side by side on the channels.

    The module is that of C. Szegedy et al., "Rethinking the Inception Architecture", CVPR 2016.
    """
    loom = Loom()
    image = loom.input("image", [8, 8, 1])
    stem = convolve(loom, image, "stem", filters, 3)
    point = convolve(loom, stem, "point", filters, 1, strides=2)
    narrow = convolve(loom, stem, "narrow", filters, 1)
    wide = convolve(loom, narrow, "wide", filters, 3, strides=2)
    pooled = loom("AveragePooling2D", stem, name="pooled", pool_size=3, strides=2, padding="same")
    smooth = convolve(loom, pooled, "smooth", filters, 3)
    fine = convolve(loom, stem, "fine", filters, 1)
    finer = convolve(loom, fine, "finer", filters, 3)
    finest = convolve(loom, finer, "finest", filters, 3, strides=2)
    views = loom("Concatenate", point, wide, smooth, finest, name="views")
    summary = loom("GlobalAveragePooling2D", views, name="summary")
    return loom.graph(loom("Dense", summary, name="digit", units=10, activation="softmax"))


def convolve(loom: Loom, x: str, name: str, filters: int, size: int, **more: int) -> str:
    """A convolution that keeps the border and cuts off what is below 0."""
    return loom("Conv2D", x, name=name, filters=filters, kernel_size=size, padding="same", activation="relu", **more)


ARCHITECTURE = Architecture(
    name="inception_digits",
    title="Inception module",
    idea="Four branches look at the same digit through windows of different size, and their findings are joined.",
    concepts=("branches", "concat"),
    experiment=Experiment(
        name="Inception digits",
        graph=weave(),
        data=Data("digits"),
        training=Training(
            learning_rate=0.005,
            losses={"digit": "sparse_categorical_crossentropy"},
            metrics={"digit": ("accuracy",)},
            epochs=20,
            batch_size=32,
            callbacks=(Callback("EarlyStopping", {"patience": 6, "restore_best_weights": True}),),
        ),
    ),
    parameters=10906,
)
