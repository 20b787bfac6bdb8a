"""Two large networks side by side: their parameters and multiply-adds, counted without allocating a weight."""

from __future__ import annotations

from collections import Counter

from components.building import sketch_model
from components.graph import Graph, Json, Layer
from components.measuring import count_multiply_adds
from components.proofs.exhibit import bars, exhibit
from components.proofs.fitting import read_all

NEARLY = 0.05
"""“Nearly as many”: apart by less than this share of the larger."""


def prove_json(experiments: list[Json], options: Json) -> Json:
    """Parameters, multiply-adds for one image, calls and convolutions by kind; the claim is about the parameters."""
    read = read_all(experiments)
    sizes = {experiment.name: size_of(experiment.graph) for experiment in read}
    (first, one), (second, other) = sizes.items()
    kinds = sorted({kind for experiment in read for kind in convolutions(experiment.graph)})
    counts = [convolutions(experiment.graph) for experiment in read]
    return exhibit(
        abs(one[0] - other[0]) < NEARLY * max(one[0], other[0]),
        "{first} has {one} parameters, {second} {other}. For one image they multiply {work:.1f} and {more:.1f} thousand "
        "million times.",
        {"first": first, "one": one[0], "second": second, "other": other[0], "work": one[1] / 1e9, "more": other[1] / 1e9},
        charts=[bars("Parameters, in millions", "", "millions", list(sizes), {"parameters": [n / 1e6 for n, _ in sizes.values()]})],
        columns=("", first, second),
        rows=[("parameters", one[0], other[0]), ("multiply-adds for one image", one[1], other[1]),
              ("calls", *(len(experiment.graph.nodes) for experiment in read)),
              *((kind, *(count[kind] for count in counts)) for kind in kinds)],
    )  # fmt: skip


def size_of(graph: Graph) -> tuple[int, int]:
    """Parameters and multiply-adds."""
    model = sketch_model(graph)
    return int(model.count_params()), count_multiply_adds(graph, model) or 0


def convolutions(graph: Graph) -> Counter[str]:
    """How many of each kind are called."""
    layers = [graph.layer_of(node) for node in graph.nodes]
    return Counter(layer.kind for layer in layers if isinstance(layer, Layer) and "Conv" in layer.kind)
