"""A dual camera that trains: one small shared eye, and the distance from what the two views differ in."""

from components.experiment import Callback, Data, Experiment, Training
from components.graph import Graph
from components.weaving import Loom
from presets.preset import Architecture


def weave_eye(side: int = 24) -> Graph:
    """A few convolutions that keep where things are."""
    loom = Loom()
    view = loom.input("view", [side, side, 3])
    x = loom("Conv2D", view, name="edges", filters=8, kernel_size=3, strides=2, padding="same", activation="relu")
    x = loom("Conv2D", x, name="parts", filters=8, kernel_size=3, padding="same", activation="relu")
    return loom.graph(loom("Flatten", x, name="places"))


def weave(side: int = 24) -> Graph:
    """The eye called on both views, joined, and the distance."""
    loom = Loom()
    left = loom.input("left", [side, side, 3])
    right = loom.input("right", [side, side, 3])
    seen = loom.model("eye", weave_eye(side), left)
    seen_right = loom.again(seen, right, name="eye_right")
    joined = loom("Concatenate", seen, seen_right, name="joined")
    matched = loom("Dense", joined, name="matched", units=64, activation="relu")
    apart = loom("Dense", matched, name="apart", units=32, activation="relu")
    return loom.graph(loom("Dense", apart, name="distance", units=1))


ARCHITECTURE = Architecture(
    name="dual_camera_small",
    title="Dual camera",
    idea="One model is the eye of both cameras; from where the two see the ball follows how far it is.",
    concepts=("branches", "concat", "shared", "nested", "many inputs"),
    experiment=Experiment(
        name="Dual camera",
        graph=weave(),
        data=Data("stereo"),
        training=Training(
            losses={"distance": "mse"},
            metrics={"distance": ("mae",)},
            epochs=30,
            batch_size=64,
            callbacks=(Callback("EarlyStopping", {"patience": 8, "restore_best_weights": True}),),
        ),
    ),
    parameters=150_441,
)
