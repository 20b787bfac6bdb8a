"""Genre and period told by two readers that share nothing: what joint training is compared with."""

from dataclasses import replace

from components.graph import Graph
from components.weaving import Loom
from presets.architectures import genre_and_period
from presets.preset import Architecture


def weave(words: int = 113, length: int | None = 12) -> Graph:
    """The same layers twice, each with its own weights."""
    loom = Loom()
    novel = loom.input("novel", [length], "int32")
    heads = [read(loom, novel, target, classes, words) for target, classes in (("genre", 6), ("period", 4))]
    return loom.graph(*heads)


def read(loom: Loom, novel: str, target: str, classes: int, words: int) -> str:
    """A reader of its own for one target."""
    embedded = loom("Embedding", novel, name=f"embedded_for_{target}", input_dim=words, output_dim=16)
    gist = loom("GlobalAveragePooling1D", embedded, name=f"gist_for_{target}")
    world = loom("Dense", gist, name=f"world_for_{target}", units=32, activation="relu")
    return loom("Dense", world, name=target, units=classes, activation="softmax")


ARCHITECTURE = Architecture(
    name="genre_apart",
    title="Genre and period, apart",
    idea="Two networks side by side that share no weight: each learns from its own labels alone.",
    concepts=("branches", "many outputs"),
    experiment=replace(genre_and_period.ARCHITECTURE.experiment, name="Genre and period, apart", graph=weave()),
    parameters=5_034,
)
