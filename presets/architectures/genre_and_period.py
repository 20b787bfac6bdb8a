"""A novel's genre and period: one reader, two heads, whose labels go together."""

from components.experiment import Callback, Data, Experiment, Training
from components.graph import Graph
from components.weaving import Loom
from presets.preset import Architecture


def weave(words: int = 113, length: int | None = 12) -> Graph:
    """One embedding and one dense layer, from which both are read."""
    loom = Loom()
    novel = loom.input("novel", [length], "int32")
    embedded = loom("Embedding", novel, name="embedded_novel", input_dim=words, output_dim=16)
    gist = loom("GlobalAveragePooling1D", embedded, name="gist")
    world = loom("Dense", gist, name="world", units=32, activation="relu")
    genre = loom("Dense", world, name="genre", units=6, activation="softmax")
    period = loom("Dense", world, name="period", units=4, activation="softmax")
    return loom.graph(genre, period)


ARCHITECTURE = Architecture(
    name="genre_and_period",
    title="Genre and period",
    idea="Two heads on one reader: what the period teaches about a novel helps to tell its genre.",
    concepts=("branches", "many outputs"),
    experiment=Experiment(
        name="Genre and period",
        graph=weave(),
        data=Data("novels"),
        training=Training(
            learning_rate=0.005,
            losses={"genre": "sparse_categorical_crossentropy", "period": "sparse_categorical_crossentropy"},
            metrics={"genre": ("accuracy",), "period": ("accuracy",)},
            epochs=40,
            batch_size=32,
            callbacks=(Callback("EarlyStopping", {"patience": 8, "restore_best_weights": True}),),
        ),
    ),
    parameters=2_682,
)
