"""Flows: what the canvas's cards and edges tell while a run is shown; pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from components.graph import Graph, GraphError, Json, call_names, graph_at
from dashboard.texts import say

FLOWS = ("activations", "gradients", "updates", "nothing")
"""What the canvas can show: the size of what leaves a layer, of its gradient, of an epoch's update, or nothing."""

BY_CALL = {"activations", "backward"}
"""What belongs to a call of a layer; all else belongs to the layer, whichever call it is."""


def flow_of(graph: Graph, path: Sequence[str], signals: Mapping[str, Json], kind: str) -> Json:
    """`{"title", "nodes": {id: width}, "cards": {id: [share, number]}}` for the open graph; None without any size.

    `signals` is a record of them; what stands inside a nested model bears its name before its own, and the nested
    model's node shows the whole of it. Edges leave `nodes`: for gradients they show what flows back along them, and
    cards the gradient of the layer's weights. Widths and shares, from 0 to 1, are the square roots of each size's share
    of the largest, for sizes differ by orders of magnitude.
    """
    try:
        calls = call_names(graph_at(graph, path))
    except GraphError:
        return None
    prefix = "".join(f"{name}/" for name in path)
    along = "backward" if kind == "gradients" and signals.get("backward") else kind
    cards, edges = (
        finite({node: size_of(signals, each, prefix + call) for node, call in calls.items()}) for each in (kind, along)
    )
    shares, widths = shares_of(cards), shares_of(edges)
    if not shares and not widths:
        return None
    meters = {node: [shares[node], written(cards[node])] for node in shares}
    return {"title": say(kind), "nodes": widths, "cards": meters}


def size_of(signals: Mapping[str, Json], kind: str, call: str) -> float | None:
    """The size of one kind at a call, a nested model's from those inside it."""
    sizes = signals.get(kind) or {}
    name = call if kind in BY_CALL else call.partition(":")[0]
    if name in sizes or kind in BY_CALL:
        return sizes.get(name)
    inside = [held for held in sizes if held.startswith(f"{name}/")]
    if not inside or kind != "updates":
        return math.hypot(*(sizes[held] for held in inside)) if inside else None
    weights = signals.get("weights") or {}  # an update is relative to them
    moved, whole = (
        math.hypot(*(weights.get(held, 0.0) * by for held, by in zip(inside, factors, strict=True)))
        for factors in ([sizes[held] for held in inside], [1.0] * len(inside))
    )
    return moved / whole if whole else None


def finite(sizes: Mapping[str, float | None]) -> dict[str, float]:
    """Those that are numbers."""
    return {node: size for node, size in sizes.items() if isinstance(size, (int, float)) and math.isfinite(size)}


def shares_of(sizes: Mapping[str, float]) -> dict[str, float]:
    """The root of each one's share of the largest; nothing when all are 0."""
    largest = max(sizes.values(), default=0.0)
    return {node: round(math.sqrt(max(0.0, size) / largest), 3) for node, size in sizes.items()} if largest > 0 else {}


def written(size: float) -> str:
    """A size in two digits, as it fits under a card."""
    return f"{size:.0f}" if 100 <= size < 1e5 else f"{size:.2g}"
