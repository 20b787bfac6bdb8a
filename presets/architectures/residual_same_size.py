"""The notes' residual block of one size: three convolutions of 128 filters, then the block's input is added."""

from components.experiment import Data, Experiment, Training
from components.graph import Graph
from components.weaving import Loom
from presets.preset import Architecture


def weave(filters: int = 128) -> Graph:
    """A stem brings the digit to 128 channels, so that the shortcut fits as it is."""
    loom = Loom()
    image = loom.input("image", [8, 8, 1])
    stem = loom("Conv2D", image, name="stem", filters=filters, kernel_size=3, padding="same", activation="relu")
    x = stem
    for name in ("first", "second", "third"):
        x = loom("Conv2D", x, name=name, filters=filters, kernel_size=3, padding="same", activation="relu")
    kept = loom("Add", x, stem, name="kept")
    summary = loom("GlobalAveragePooling2D", kept, name="summary")
    return loom.graph(loom("Dense", summary, name="digit", units=10, activation="softmax"))


ARCHITECTURE = Architecture(
    name="residual_same_size",
    title="Residual block, same size",
    idea="Three convolutions of 128 filters, and a shortcut that adds the block's own input back.",
    concepts=("branches", "residual"),
    experiment=Experiment(
        name="Residual block, same size",
        graph=weave(),
        data=Data("digits"),
        training=Training(
            losses={"digit": "sparse_categorical_crossentropy"}, metrics={"digit": ("accuracy",)}, epochs=6
        ),
    ),
    parameters=445_322,
)
