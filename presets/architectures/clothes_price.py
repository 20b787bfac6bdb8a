"""The price of used clothes: a label, a description and a photo are read apart and priced together."""

from components.experiment import Callback, Data, Experiment, Training
from components.graph import Graph
from components.weaving import Loom
from presets.preset import Architecture


def weave(words: int = 31) -> Graph:
    """Dense for the label, recurrent for the text, convolutional for the photo."""
    loom = Loom()
    label = loom.input("label", [6])
    known = loom("Dense", label, name="known", units=16, activation="relu")
    description = loom.input("description", [10], "int32")
    embedded = loom("Embedding", description, name="embedded_words", input_dim=words, output_dim=16)
    condition = loom("GRU", embedded, name="condition", units=16)
    photo = loom.input("photo", [16, 16, 3])
    outline = loom("Conv2D", photo, name="outline", filters=16, kernel_size=3, strides=2, activation="relu")
    cut = loom("Conv2D", outline, name="cut", filters=16, kernel_size=3, strides=2, activation="relu")
    garment = loom("Flatten", cut, name="garment")
    joined = loom("Concatenate", known, condition, garment, name="joined")
    weighed = loom("Dense", joined, name="weighed", units=64, activation="relu")
    agreed = loom("Dense", weighed, name="agreed", units=32, activation="relu")
    return loom.graph(loom("Dense", agreed, name="price", units=1))


ARCHITECTURE = Architecture(
    name="clothes_price",
    title="Used-clothes price",
    idea="Three kinds of input, each with the layers that suit it, are trained together to name one price.",
    concepts=("branches", "concat", "many inputs"),
    experiment=Experiment(
        name="Used-clothes price",
        graph=weave(),
        data=Data("clothes"),
        training=Training(
            learning_rate=0.002,
            losses={"price": "mse"},
            metrics={"price": ("mae",)},
            epochs=30,
            batch_size=64,
            callbacks=(Callback("EarlyStopping", {"patience": 8, "restore_best_weights": True}),),
        ),
    ),
    parameters=18_449,
)
