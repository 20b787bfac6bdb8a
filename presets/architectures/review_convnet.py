"""The text convnet whose embedding of 2,000 words is looked at in the projector."""

from components.experiment import Callback, Data, Experiment, Training
from components.graph import Graph
from components.weaving import Loom
from presets.preset import Architecture


def weave(words: int = 2000, length: int = 40) -> Graph:
    """A named embedding and two convolutions, which read phrases of seven words."""
    loom = Loom()
    review = loom.input("review", [length], "int32")
    x = loom("Embedding", review, name="embed", input_dim=words, output_dim=32)
    x = loom("Conv1D", x, name="phrases", filters=32, kernel_size=7, activation="relu")
    x = loom("MaxPooling1D", x, name="strongest", pool_size=2)
    x = loom("Conv1D", x, name="tone", filters=32, kernel_size=7, activation="relu")
    x = loom("GlobalMaxPooling1D", x, name="summary")
    return loom.graph(loom("Dense", x, name="praise", units=1, activation="sigmoid"))


ARCHITECTURE = Architecture(
    name="review_convnet",
    title="Text convnet",
    idea="Convolutions over 2 000 embedded words tell praise from complaint; the embedding shows why.",
    concepts=(),
    experiment=Experiment(
        name="Text convnet",
        graph=weave(),
        data=Data("reviews"),
        training=Training(
            learning_rate=0.002,
            losses={"praise": "binary_crossentropy"},
            metrics={"praise": ("accuracy",)},
            epochs=12,
            batch_size=64,
            callbacks=(Callback("EarlyStopping", {"patience": 4, "restore_best_weights": True}),),
        ),
    ),
    parameters=78_433,
)
