"""Batch normalisation in a small convnet, at a batch size small enough to trouble it."""

from components.experiment import Data, Experiment, Training
from components.graph import Graph
from components.weaving import Loom
from presets.preset import Architecture


def weave(renorm: bool = False) -> Graph:
    """Twice convolution, normalisation, activation."""
    loom = Loom()
    x = loom.input("image", [8, 8, 1])
    for name, filters in (("strokes", 8), ("loops", 16)):
        x = loom("Conv2D", x, name=name, filters=filters, kernel_size=3, padding="same", use_bias=False)
        more = {"renorm": True} if renorm else {}
        x = loom("BatchNormalization", x, name=f"{name}_normalised", momentum=0.9, **more)
        x = loom("Activation", x, name=f"{name}_active", activation="relu")
        x = loom("MaxPooling2D", x, name=f"{name}_strongest", pool_size=2)
    x = loom("Flatten", x, name="places")
    return loom.graph(loom("Dense", x, name="digit", units=10, activation="softmax"))


ARCHITECTURE = Architecture(
    name="normalised_digits",
    title="Batch normalisation",
    idea="Every channel is centred and scaled by its batch; a batch of four gives a poor idea of the whole.",
    concepts=(),
    experiment=Experiment(
        name="Batch normalisation",
        graph=weave(),
        data=Data("digits"),
        training=Training(
            losses={"digit": "sparse_categorical_crossentropy"},
            metrics={"digit": ("accuracy",)},
            epochs=10,
            batch_size=4,
        ),
    ),
    parameters=1_970,
)
