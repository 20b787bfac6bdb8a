"""Flows: what the width of the canvas's edges tells while a run is shown; pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from components.graph import Graph, GraphError, Json, call_names, graph_at

FLOWS = ("activations", "gradients", "updates", "nothing")
"""What edges can show: the size of what leaves a layer, of its gradient, of its last update, or nothing."""


def flow_of(graph: Graph, path: Sequence[str], signals: Mapping[str, Json], kind: str) -> Json:
    """`{"nodes": {id: 0 to 1}}` for the open graph, from a record of signals; None when there is nothing to show.

    `signals` names activations by call (`layer`, `layer:1`) and all else by layer, those inside a nested model after
    its name. Sizes differ by orders of magnitude: the square root of each one's share of the largest is shown.
    """
    sizes = signals.get(kind) or {}
    try:
        nodes = call_names(graph_at(graph, path))
    except GraphError:
        return None
    prefix = "".join(f"{name}/" for name in path)
    found = {node: sizes.get(prefix + call, sizes.get(prefix + call.partition(":")[0])) for node, call in nodes.items()}
    known = {node: size for node, size in found.items() if isinstance(size, (int, float)) and math.isfinite(size)}
    largest = max(known.values(), default=0.0)
    if largest <= 0:
        return None
    return {"nodes": {node: round(math.sqrt(max(0.0, size) / largest), 3) for node, size in known.items()}}
