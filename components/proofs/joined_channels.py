"""Branches joined on their channels: all else must agree, and the channels add up."""

from __future__ import annotations

from components.graph import Json
from components.inspecting import inspect_graph
from components.proofs.exhibit import bars, exhibit
from components.proofs.fitting import read_all


def prove_json(experiments: list[Json], options: Json) -> Json:
    """The shapes that enter and leave the option `node`, and where the parameters of the convolutions are."""
    experiment = read_all(experiments)[0]
    graph, name = experiment.graph, str(options["node"])
    nodes = inspect_graph(graph)["nodes"]
    entering = {source: nodes[source]["outputs"][0]["shape"] for source in graph.node(name).inputs}
    leaving = nodes[name]["outputs"][0]["shape"]
    total = sum(shape[-1] for shape in entering.values())
    sizes = {node.id: nodes[node.id]["parameters"] for node in graph.nodes if nodes[node.id]["parameters"]}
    return exhibit(
        total == leaving[-1] and all(shape[:-1] == leaving[:-1] for shape in entering.values()),
        "{count} branches of the same height and width meet, and their channels add up to {total}.",
        {"count": len(entering), "total": total},
        charts=[bars("Parameters", "", "parameters", list(sizes), {"parameters": list(sizes.values())}, log=True)],
        columns=("tensor", "shape"),
        rows=[*((source, shape_text(shape)) for source, shape in entering.items()), (name, shape_text(leaving))],
    )


def shape_text(shape: list[int | None]) -> str:
    """A shape as a person writes it."""
    return " × ".join("batch" if place == 0 else str(size) for place, size in enumerate(shape))
