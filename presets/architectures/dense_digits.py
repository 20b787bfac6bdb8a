"""The notes' first network: 64 numbers, two dense layers, ten classes; a chain, so Sequential can say it too."""

from components.experiment import Callback, Data, Experiment, Training
from components.graph import Graph
from components.weaving import Loom
from presets.preset import Architecture


def weave() -> Graph:
    """Each layer called on the one before."""
    loom = Loom()
    image = loom.input("image", [64])
    hidden = loom("Dense", image, name="hidden", units=32, activation="relu")
    deeper = loom("Dense", hidden, name="deeper", units=32, activation="relu")
    return loom.graph(loom("Dense", deeper, name="digit", units=10, activation="softmax"))


ARCHITECTURE = Architecture(
    name="dense_digits",
    title="Sequential beside functional",
    idea="A plain chain of dense layers: the same network as Sequential and as functional code, side by side.",
    concepts=(),
    experiment=Experiment(
        name="Dense digits",
        graph=weave(),
        data=Data("digits", {"flat": True}),
        training=Training(
            learning_rate=0.002,
            losses={"digit": "sparse_categorical_crossentropy"},
            metrics={"digit": ("accuracy",)},
            epochs=40,
            batch_size=32,
            callbacks=(Callback("EarlyStopping", {"patience": 8, "restore_best_weights": True}),),
        ),
    ),
    parameters=3466,
)
