"""Twenty dense layers in a row: deep enough for the gradient to vanish."""

from components.experiment import Data, Experiment, Training
from components.graph import Graph
from components.weaving import Loom
from presets.preset import Architecture

DEPTH = 20


def weave(depth: int = DEPTH, units: int = 32, shortcuts: bool = False) -> Graph:
    """A layer that brings the digit to `units`, then `depth` layers, each with a shortcut past it if wanted."""
    loom = Loom()
    image = loom.input("image", [64])
    x = loom("Dense", image, name="entry", units=units, activation="tanh")
    for number in range(1, depth + 1):
        y = loom("Dense", x, name=f"layer_{number}", units=units, activation="sigmoid")
        x = loom("Add", y, x, name=f"sum_{number}") if shortcuts else y
    return loom.graph(loom("Dense", x, name="digit", units=10, activation="softmax"))


ARCHITECTURE = Architecture(
    name="plain_stack",
    title="Twenty plain layers",
    idea="Each layer shrinks the gradient a little; after twenty, the first layers no longer learn.",
    concepts=(),
    experiment=Experiment(
        name="Twenty plain layers",
        graph=weave(),
        data=Data("digits", {"flat": True}),
        training=Training(
            learning_rate=0.002,
            losses={"digit": "sparse_categorical_crossentropy"},
            metrics={"digit": ("accuracy",)},
            epochs=20,
            batch_size=32,
        ),
    ),
    parameters=23_530,
)
