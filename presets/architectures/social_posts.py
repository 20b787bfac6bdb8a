"""Social posts: one convolutional trunk, three heads, three losses that must be weighed."""

from components.experiment import Callback, Data, Experiment, Training
from components.graph import Graph
from components.weaving import Loom
from presets.preset import Architecture


def weave(words: int = 89, length: int = 24) -> Graph:
    """Embedding, two convolutions and a dense layer, from which age, income and gender are read."""
    loom = Loom()
    posts = loom.input("posts", [length], "int32")
    x = loom("Embedding", posts, name="embedded_posts", input_dim=words, output_dim=32)
    x = loom("Conv1D", x, name="phrases", filters=64, kernel_size=5, activation="relu")
    x = loom("MaxPooling1D", x, name="strongest", pool_size=2)
    x = loom("Conv1D", x, name="topics", filters=64, kernel_size=5, activation="relu")
    x = loom("GlobalMaxPooling1D", x, name="summary")
    x = loom("Dense", x, name="profile", units=64, activation="relu")
    age = loom("Dense", x, name="age", units=1)
    income = loom("Dense", x, name="income", units=10, activation="softmax")
    gender = loom("Dense", x, name="gender", units=1, activation="sigmoid")
    return loom.graph(age, income, gender)


ARCHITECTURE = Architecture(
    name="social_posts",
    title="Social posts",
    idea="One text, three questions: age, income and gender, each with its own loss and weight.",
    concepts=("branches", "many outputs"),
    experiment=Experiment(
        name="Social posts",
        graph=weave(),
        data=Data("posts"),
        training=Training(
            losses={
                "age": "mse",
                "income": "sparse_categorical_crossentropy",
                "gender": "binary_crossentropy",
            },
            loss_weights={"age": 0.25, "income": 1.0, "gender": 10.0},
            metrics={"age": ("mae",), "income": ("accuracy",), "gender": ("accuracy",)},
            epochs=25,
            batch_size=64,
            callbacks=(Callback("EarlyStopping", {"patience": 6, "restore_best_weights": True}),),
        ),
    ),
    parameters=38636,
)
