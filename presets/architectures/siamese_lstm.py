"""The Siamese LSTM: one encoder reads two sentences, and its weights count once."""

from components.experiment import Callback, Data, Experiment, Training
from components.graph import Graph
from components.weaving import Loom
from presets.preset import Architecture


def weave(words: int = 44, length: int | None = 8, units: int = 32) -> Graph:
    """The same embedding and LSTM called on both sentences, then the verdict."""
    loom = Loom()
    first = loom.input("first", [length], "int32")
    second = loom.input("second", [length], "int32")
    embedded = loom("Embedding", first, name="embedded", input_dim=words, output_dim=32)
    embedded_second = loom.again(embedded, second, name="embedded_second")
    left = loom("LSTM", embedded, name="encoder", units=units)
    right = loom.again(left, embedded_second, name="encoder_second")
    joined = loom("Concatenate", left, right, name="joined")
    compared = loom("Dense", joined, name="compared", units=32, activation="relu")
    return loom.graph(loom("Dense", compared, name="related", units=1, activation="sigmoid"))


ARCHITECTURE = Architecture(
    name="siamese_lstm",
    title="Siamese LSTM",
    idea="One embedding and one LSTM are each called twice, so both sentences are read in the same way.",
    concepts=("branches", "concat", "shared", "many inputs"),
    experiment=Experiment(
        name="Siamese LSTM",
        graph=weave(),
        data=Data("sentences"),
        training=Training(
            learning_rate=0.005,
            losses={"related": "binary_crossentropy"},
            metrics={"related": ("accuracy",)},
            epochs=30,
            batch_size=64,
            callbacks=(Callback("EarlyStopping", {"patience": 8, "restore_best_weights": True}),),
        ),
    ),
    parameters=11841,
)
