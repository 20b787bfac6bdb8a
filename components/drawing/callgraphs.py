"""Call graphs: one node per call of a layer, as DOT; shared layers wear one colour, nested models are clusters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from html import escape
from typing import Any

import graphviz

from components.drawing.families import FAMILY_COLOURS, SHARED_COLOURS, family_of
from components.graph import Graph, Json, Layer, Node, is_input, source_of, split_reference
from components.layers import LAYERS, describe_config
from components.shapes import write_shape

INK, QUIET, RULE, EDGE = "#1a1d24", "#5c6577", "#cfd4dd", "#7c86a0"
FONT, MONOSPACED = "Helvetica", "Courier"
MOST_LEVELS_OPENED = 3

Marks = Mapping[str, tuple[str, int]]
"""The colour and the number of calls of each shared layer."""


def call_graph_dot(graph: Graph, inspection: Json | None = None, rankdir: str = "TB", opened: bool = True) -> str:
    """The DOT source; shapes and parameters as far as the inspection knows them.

    With `opened`, a nested model is a cluster of its own calls, once for every call of it; otherwise a box.
    """
    dot = graphviz.Digraph()
    dot.attr(rankdir=rankdir, bgcolor="transparent", nodesep="0.35", ranksep="0.4")
    dot.attr("node", shape="plain", fontname=FONT, fontcolor=INK)
    dot.attr("edge", color=EDGE, penwidth="1.4", arrowsize="0.7", fontname=FONT, fontsize="9", fontcolor=QUIET)
    draw_graph(dot, graph, inspection or {}, Frame(opened=MOST_LEVELS_OPENED if opened else 0))
    return dot.source


class Frame:
    """Where in the nesting a graph is drawn: its ids' prefix, and how many levels deeper are still opened."""

    def __init__(self, prefix: str = "", opened: int = 0) -> None:
        self.prefix, self.opened = prefix, opened

    def name(self, node: str) -> str:
        """The node's id in the whole drawing."""
        return f"{self.prefix}{node}"

    def inside(self, node: str) -> Frame:
        """The frame of a nested graph that the node calls."""
        return Frame(f"{self.prefix}{node}/", self.opened - 1)


def draw_graph(dot: Any, graph: Graph, inspection: Json, frame: Frame) -> None:
    """All calls of a graph and the edges among them."""
    marks = shared_marks(graph)
    frames: dict[str, Frame] = {}
    for node in graph.nodes:
        layer = graph.layer_of(node)
        if isinstance(layer, Graph) and frame.opened > 0:
            frames[node.id] = draw_model(dot, graph, node, layer, inspection, frame, marks)
        else:
            dot.node(frame.name(node.id), label=card(graph, node, inspection, marks))
    for node in graph.nodes:
        for place, reference in enumerate(node.inputs):
            draw_edge(dot, graph, node, place, leaving(graph, reference, frame, frames), frame, frames)


def draw_model(dot: Any, graph: Graph, node: Node, model: Graph, inspection: Json, frame: Frame, marks: Marks) -> Frame:
    """One call of a nested model as a cluster of its calls; returns the frame that they were drawn in."""
    inner = frame.inside(node.id)
    colour, calls = marks.get(node.layer, (RULE, 1))
    title = escape(node.layer) + (f" · shared ×{calls}" if calls > 1 else "")
    with dot.subgraph(name=f"cluster_{frame.name(node.id)}") as cluster:
        cluster.attr(
            label=f"<{title}>", labeljust="l", fontname=FONT, fontsize="11", fontcolor=QUIET, style="rounded,dashed",
            color=colour, penwidth="2" if calls > 1 else "1",
        )  # fmt: skip
        draw_graph(cluster, model, inspection.get("models", {}).get(node.layer, {}), inner)
    return inner


def leaving(graph: Graph, reference: str, frame: Frame, frames: Mapping[str, Frame]) -> str:
    """The id, in the whole drawing, of the node that a reference's tensor comes from."""
    node, index = split_reference(reference)
    model = graph.layer_of(graph.node(node))
    if node not in frames or not isinstance(model, Graph) or index >= len(model.outputs):
        return frame.name(node)
    return deepest(model, model.outputs[index], frames[node])


def deepest(model: Graph, reference: str, frame: Frame) -> str:
    """The node inside a nested model, however deep, that an output of it comes from."""
    node, index = split_reference(reference)
    inner = model.layer_of(model.node(node))
    if frame.opened > 0 and isinstance(inner, Graph) and index < len(inner.outputs):
        return deepest(inner, inner.outputs[index], frame.inside(node))
    return frame.name(node)


def draw_edge(
    dot: Any, graph: Graph, node: Node, place: int, source: str, frame: Frame, frames: Mapping[str, Frame]
) -> None:
    """The edge into one input of a node; into the model's own input where the model is open."""
    several = {"headlabel": f" {place + 1} "} if len(node.inputs) > 1 and node.id not in frames else {}
    model = graph.layer_of(node)
    if node.id in frames and isinstance(model, Graph) and place < len(model.inputs):
        dot.edge(source, frames[node.id].name(model.inputs[place]))
    else:
        dot.edge(source, frame.name(node.id), **several)


def shared_marks(graph: Graph) -> Marks:
    """The colour, and the number of calls, of each layer that is called more than once."""
    calls = Counter(node.layer for node in graph.nodes)
    shared = [layer for layer, count in calls.items() if count > 1]
    return {layer: (SHARED_COLOURS[i % len(SHARED_COLOURS)], calls[layer]) for i, layer in enumerate(shared)}


# One card


def card(graph: Graph, node: Node, inspection: Json, marks: Marks) -> str:
    """A call as an HTML-like table: the family's band, kind, name and settings, shape, and what it shares."""
    layer = graph.layer_of(node)
    colour, calls = marks.get(node.layer, (None, 1))
    lines = [
        f"<B>{escape(title_of(layer))}</B>{faint(parameters_of(node, inspection))}",
        faint(detail_of(node, layer)),
        faint(shape_of(node, inspection), MONOSPACED),
        faint(f"shared ×{calls}: {node.layer}" if calls > 1 else ""),
        faint("output" if node.id in map(source_of, graph.outputs) else ""),
    ]
    rows = "".join(f'<TR><TD ALIGN="LEFT" BALIGN="LEFT">{line}</TD></TR>' for line in lines if line)
    body = f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="1" CELLPADDING="1">{rows}</TABLE>'
    band = f'<TD WIDTH="5" BGCOLOR="{FAMILY_COLOURS[family_of(layer)]}"></TD>'
    twin = f'<TD WIDTH="5" BGCOLOR="{colour}"></TD>' if colour else ""
    frame = f'COLOR="{colour or RULE}" BORDER="{2 if colour else 1}"'
    return (
        f'<<TABLE {frame} CELLBORDER="0" CELLSPACING="0" CELLPADDING="3" STYLE="ROUNDED" BGCOLOR="white">'
        f"<TR>{band}<TD>{body}</TD>{twin}</TR></TABLE>>"
    )


def title_of(layer: Layer | Graph) -> str:
    """What the card is headed: the kind."""
    if isinstance(layer, Graph):
        return "Model"
    return "Input" if is_input(layer) else layer.kind


def detail_of(node: Node, layer: Layer | Graph) -> str:
    """The call's name and its layer's settings in a few words."""
    if isinstance(layer, Graph):
        return f"{node.id} · {len(layer.nodes)} calls"
    words = describe_config(layer.kind, layer.config) if layer.kind in LAYERS and not is_input(layer) else ""
    return " · ".join(filter(None, (node.id, words)))


def shape_of(node: Node, inspection: Json) -> str:
    """The shapes that come out, as far as they are known."""
    outputs = inspection.get("nodes", {}).get(node.id, {}).get("outputs", ())
    return ", ".join(write_shape(output["shape"]) for output in outputs) or "?"


def parameters_of(node: Node, inspection: Json) -> str:
    """The number of parameters, when there are any."""
    count = inspection.get("nodes", {}).get(node.id, {}).get("parameters") or 0
    return f"  {count:,}".replace(",", "\N{NARROW NO-BREAK SPACE}") if count else ""


def faint(text: str, face: str = FONT) -> str:
    """Small, quiet text; nothing for nothing, since Graphviz refuses an empty font."""
    return f'<FONT FACE="{face}" POINT-SIZE="10" COLOR="{QUIET}">{escape(text)}</FONT>' if text else ""
