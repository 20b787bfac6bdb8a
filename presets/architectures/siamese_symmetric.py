"""The symmetric Siamese LSTM: |a − b| with a · b does not care which sentence comes first."""

from dataclasses import replace

from components.graph import Graph
from components.weaving import Loom
from presets.architectures import siamese_lstm
from presets.preset import Architecture


def weave(words: int = 44, length: int | None = 8, units: int = 32) -> Graph:
    """One encoder for both; |a − b| is the larger minus the smaller, number by number."""
    loom = Loom()
    first = loom.input("first", [length], "int32")
    second = loom.input("second", [length], "int32")
    embedded = loom("Embedding", first, name="embedded", input_dim=words, output_dim=32)
    embedded_second = loom.again(embedded, second, name="embedded_second")
    left = loom("LSTM", embedded, name="encoder", units=units)
    right = loom.again(left, embedded_second, name="encoder_second")
    return loom.graph(loom("Dense", compare(loom, left, right), name="related", units=1, activation="sigmoid"))


def compare(loom: Loom, left: str, right: str) -> str:
    """|a − b| and a · b, side by side."""
    most = loom("Maximum", left, right, name="most")
    least = loom("Minimum", left, right, name="least")
    difference = loom("Subtract", most, least, name="difference")
    product = loom("Multiply", left, right, name="product")
    return loom("Concatenate", difference, product, name="compared")


ARCHITECTURE = Architecture(
    name="siamese_symmetric",
    title="Siamese LSTM, symmetric",
    idea="The two readings meet as |a − b| and a · b, so f(a, b) equals f(b, a) whatever the weights.",
    concepts=("branches", "concat", "shared", "many inputs"),
    experiment=replace(siamese_lstm.ARCHITECTURE.experiment, name="Siamese LSTM, symmetric", graph=weave()),
    parameters=9_793,
)
