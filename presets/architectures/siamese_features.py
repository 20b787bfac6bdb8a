"""The notes' Siamese LSTM: sequences of 128 features, joined end to end, one unit as the verdict."""

from components.experiment import Data, Experiment, Training
from components.graph import Graph
from components.weaving import Loom
from presets.preset import Architecture


def weave(features: int = 128, units: int = 32) -> Graph:
    """One LSTM called twice, and the two readings end to end."""
    loom = Loom()
    first = loom.input("first", [None, features])
    second = loom.input("second", [None, features])
    left = loom("LSTM", first, name="encoder", units=units)
    right = loom.again(left, second, name="encoder_second")
    joined = loom("Concatenate", left, right, name="joined")
    return loom.graph(loom("Dense", joined, name="related", units=1, activation="sigmoid"))


ARCHITECTURE = Architecture(
    name="siamese_features",
    title="Siamese LSTM, the notes' size",
    idea="One LSTM called twice counts once: 20 673 parameters. Its verdict depends on which comes first.",
    concepts=("branches", "concat", "shared", "many inputs"),
    experiment=Experiment(
        name="Siamese LSTM, the notes' size",
        graph=weave(),
        data=Data("sentences", {"rows": 2000, "features": 128}),
        training=Training(
            learning_rate=0.003,
            losses={"related": "binary_crossentropy"},
            metrics={"related": ("accuracy",)},
            epochs=15,
            batch_size=64,
        ),
    ),
    parameters=20_673,
)
