"""Weights that are used by several calls are counted once."""

from __future__ import annotations

from components.graph import Json, calls_of, is_input
from components.inspecting import inspect_graph
from components.proofs.exhibit import exhibit
from components.proofs.fitting import read_all


def prove_json(experiments: list[Json], options: Json) -> Json:
    """Keras's total against the sum over the calls and the sum over the layers."""
    graph = read_all(experiments)[0].graph
    inspection = inspect_graph(graph)
    rows, by_call = [], 0
    for name in graph.layers:
        calls = calls_of(graph, name)
        if is_input(graph.layers[name]) or not (size := inspection["nodes"][calls[0].id]["parameters"]):
            continue
        rows.append((name, len(calls), size))
        by_call += len(calls) * size
    once = sum(size for *_, size in rows)
    return exhibit(
        once == inspection["parameters"] < by_call,
        "Keras counts {total} parameters. Counted once for every call they would be {by_call}.",
        {"total": inspection["parameters"], "by_call": by_call},
        columns=("layer", "calls", "parameters"),
        rows=rows,
    )
