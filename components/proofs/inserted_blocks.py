"""Blocks inserted at one place of a network: what leaves them, what they cost, and whether all else still fits."""

from __future__ import annotations

from components.graph import Graph, Json, source_of
from components.inspecting import inspect_graph
from components.proofs.exhibit import bars, exhibit
from components.proofs.fitting import read_all


def prove_json(experiments: list[Json], options: Json) -> Json:
    """The first experiment, then one for each block inserted after the option `after`; the first block is the residual one."""
    before, *changed = read_all(experiments)
    place, plain = str(options["after"]), inspect_graph(before.graph)
    enters = channels(plain, place)
    rows = []
    for experiment in changed:
        found = inspect_graph(experiment.graph)
        end = end_of_block(before.graph, experiment.graph, place)
        added = found["parameters"] - plain["parameters"] if not found["problems"] else 0
        rows.append((experiment.name, enters, channels(found, end), added, len(found["problems"])))
    residual = rows[0]
    return exhibit(
        residual[1] == residual[2] and not any(problems for *_, problems in rows),
        "{count} blocks were inserted after “{place}”, one at a time, and Keras built all of them: {name} takes in {enters} "
        "channels and gives out {leaves}.",
        {"count": len(rows), "place": place, "name": residual[0], "enters": enters, "leaves": residual[2]},
        charts=[bars("Parameters added", "", "parameters", [name for name, *_ in rows], {"parameters": [row[3] for row in rows]}, log=True)],
        columns=("block", "channels that enter", "channels that leave", "parameters added", "problems"),
        rows=rows,
    )  # fmt: skip


def channels(inspection: Json, node: str) -> int:
    """The last axis of what a call gives."""
    return int(inspection["nodes"][node]["outputs"][0]["shape"][-1])


def end_of_block(before: Graph, after: Graph, place: str) -> str:
    """The call that now feeds what was fed from the place."""
    fed = next(node for node in before.nodes if place in map(source_of, node.inputs))
    at = [source_of(reference) for reference in fed.inputs].index(place)
    return source_of(after.node(fed.id).inputs[at])
