"""Social posts at the notes' own size: 50,000 words, six convolutions of 128 and 256 filters."""

from dataclasses import replace

from components.experiment import Data
from components.graph import Graph
from components.weaving import Loom
from presets.architectures import social_posts
from presets.preset import Architecture


def weave(words: int = 50_000) -> Graph:
    """The deeper trunk, for posts of at least 269 words."""
    loom = Loom()
    posts = loom.input("posts", [None], "int32")
    x = loom("Embedding", posts, name="embedded_posts", input_dim=words, output_dim=256)
    x = loom("Conv1D", x, name="phrases", filters=128, kernel_size=5, activation="relu")
    x = loom("MaxPooling1D", x, name="strongest", pool_size=5)
    x = loom("Conv1D", x, name="topics", filters=256, kernel_size=5, activation="relu")
    x = loom("Conv1D", x, name="topics_1", filters=256, kernel_size=5, activation="relu")
    x = loom("MaxPooling1D", x, name="strongest_1", pool_size=5)
    x = loom("Conv1D", x, name="habits", filters=256, kernel_size=5, activation="relu")
    x = loom("Conv1D", x, name="habits_1", filters=256, kernel_size=5, activation="relu")
    x = loom("GlobalMaxPooling1D", x, name="summary")
    x = loom("Dense", x, name="profile", units=128, activation="relu")
    age = loom("Dense", x, name="age", units=1)
    income = loom("Dense", x, name="income", units=10, activation="softmax")
    gender = loom("Dense", x, name="gender", units=1, activation="sigmoid")
    return loom.graph(age, income, gender)


ARCHITECTURE = Architecture(
    name="social_posts_full",
    title="Social posts, full size",
    idea="The same three heads on a trunk for 50 000 words: twelve of its fourteen million parameters are words.",
    concepts=("branches", "many outputs"),
    experiment=replace(
        social_posts.ARCHITECTURE.experiment,
        name="Social posts, full size",
        graph=weave(),
        data=Data("posts", {"rows": 512, "length": 300}),
    ),
    parameters=14_146_316,
)
