"""The plain functional network: from two coordinates to one of two spirals."""

from components.experiment import Callback, Data, Experiment, Training
from components.graph import Graph
from components.weaving import Loom
from presets.preset import Architecture


def weave() -> Graph:
    """Two hidden layers between the point and the curve it is on."""
    loom = Loom()
    point = loom.input("point", [2])
    hidden = loom("Dense", point, name="hidden", units=32, activation="relu")
    deeper = loom("Dense", hidden, name="deeper", units=32, activation="relu")
    return loom.graph(loom("Dense", deeper, name="curve", units=2, activation="softmax"))


ARCHITECTURE = Architecture(
    name="spirals",
    title="Plain functional network",
    idea="Each layer is called on the one before: the functional API at its simplest, on two wound spirals.",
    concepts=(),
    experiment=Experiment(
        name="Two spirals",
        graph=weave(),
        data=Data("spirals"),
        training=Training(
            learning_rate=0.005,
            losses={"curve": "sparse_categorical_crossentropy"},
            metrics={"curve": ("accuracy",)},
            epochs=120,
            batch_size=32,
            callbacks=(Callback("EarlyStopping", {"patience": 25, "restore_best_weights": True}),),
        ),
    ),
    parameters=1218,
)
