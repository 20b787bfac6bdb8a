"""A representational bottleneck: a layer of two units, through which all that is known must pass."""

from components.experiment import Data, Experiment, Training
from components.graph import Graph
from components.weaving import Loom
from presets.preset import Architecture


def weave(shortcut: bool = False) -> Graph:
    """Wide, narrow, wide again; the shortcut carries the wide layer past the narrow one."""
    loom = Loom()
    image = loom.input("image", [64])
    wide = loom("Dense", image, name="wide", units=32, activation="relu")
    narrow = loom("Dense", wide, name="narrow", units=2, activation="relu")
    again = loom("Dense", narrow, name="wide_again", units=32, activation="relu")
    if shortcut:
        again = loom("Add", again, wide, name="sum")
    return loom.graph(loom("Dense", again, name="digit", units=10, activation="softmax"))


ARCHITECTURE = Architecture(
    name="bottleneck",
    title="Representational bottleneck",
    idea="What a layer of two units cannot hold is lost for good: no later layer brings it back.",
    concepts=(),
    experiment=Experiment(
        name="Bottleneck",
        graph=weave(),
        data=Data("digits", {"flat": True}),
        training=Training(
            learning_rate=0.002,
            losses={"digit": "sparse_categorical_crossentropy"},
            metrics={"digit": ("accuracy",)},
            epochs=30,
            batch_size=32,
        ),
    ),
    parameters=2_572,
)
