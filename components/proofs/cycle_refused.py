"""A graph of layers has no cycle: the edge that would close one is refused with a sentence."""

from __future__ import annotations

from components.edits import connect
from components.graph import GraphError, Json, edges, topological_order
from components.proofs.exhibit import exhibit
from components.proofs.fitting import read_all


def prove_json(experiments: list[Json], options: Json) -> Json:
    """Try the edge from the option `source` back to `target`; the order of the rest proves that it has none."""
    experiment = read_all(experiments)[0]
    graph, source, target = experiment.graph, str(options["source"]), str(options["target"])
    try:
        connect(graph, source, target)
        refusal = ""
    except GraphError as error:
        refusal = str(error)
    order = [node.id for node in topological_order(graph)]
    forward = all(order.index(start.partition(":")[0]) < order.index(end) for start, end, _ in edges(graph))
    return exhibit(
        bool(refusal) and forward,
        "The edge {source} → {target} was tried and refused: “{refusal}” "
        "Without it the {count} calls have an order in which every edge points forward.",
        {"source": source, "target": target, "refusal": refusal, "count": len(order)},
        columns=("place in the order", "call"),
        rows=[(place, name) for place, name in enumerate(order, 1)],
    )
