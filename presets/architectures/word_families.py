"""Words by their company: an embedding, its mean, and the family that the text is about."""

from components.experiment import Data, Experiment, Training
from components.graph import Graph
from components.weaving import Loom
from presets.preset import Architecture


def weave(words: int = 116, length: int = 10) -> Graph:
    """The smallest network that makes an embedding fall into clusters."""
    loom = Loom()
    text = loom.input("text", [length], "int32")
    embedded = loom("Embedding", text, name="embedded_text", input_dim=words, output_dim=16)
    gist = loom("GlobalAveragePooling1D", embedded, name="gist")
    return loom.graph(loom("Dense", gist, name="family", units=8, activation="softmax"))


ARCHITECTURE = Architecture(
    name="word_families",
    title="Families of words",
    idea="Months, animals, colours and feelings gather in the embedding because they stand in the same texts.",
    concepts=(),
    experiment=Experiment(
        name="Families of words",
        graph=weave(),
        data=Data("families"),
        training=Training(
            learning_rate=0.01,
            losses={"family": "sparse_categorical_crossentropy"},
            metrics={"family": ("accuracy",)},
            epochs=25,
            batch_size=32,
        ),
    ),
    parameters=1_992,
)
