"""Inserting: where a block goes into a graph, and the edits that sew it in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from components.graph import Graph, GraphError, Json, source_of, unique_name

IMAGE = (None, 32, 32, 3)
"""What a block takes in when it is the first thing in a graph."""


@dataclass(frozen=True)
class Seam:
    """The place of a block: the reference it takes in, the shape there if known, and the edge it opens, if any."""

    source: str
    shape: tuple[int | None, ...] | None
    target: str | None = None
    place: int = 0
    alone: bool = False

    @property
    def axes(self) -> int:
        """How many axes flow here, the batch included; an image where nothing is known."""
        return 4 if self.shape is None else len(self.shape)

    @property
    def width(self) -> int | None:
        """Features or channels: the last axis."""
        return None if self.shape is None else self.shape[-1]


class Stitches:
    """Edits gathered while a block is woven; called like a Loom, its names avoid those of the graph."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.edits: list[Json] = []
        self._taken = set(graph.layers) | {node.id for node in graph.nodes}

    def __call__(self, kind: str, *inputs: str, name: str | None = None, **config: Any) -> str:
        """A new layer called on the inputs."""
        node = self.fresh(name or kind.lower())
        self.edits.append({"edit": "add_node", "id": node, "kind": kind, "config": config, "inputs": list(inputs)})
        return node

    def again(self, layer: str, *inputs: str, name: str) -> str:
        """One more call of the layer."""
        node = self.fresh(name)
        self.edits.append({"edit": "add_call", "id": node, "layer": layer, "inputs": list(inputs)})
        return node

    def fresh(self, wanted: str) -> str:
        """A name that nothing bears yet."""
        name = unique_name(wanted, self._taken)
        self._taken.add(name)
        return name

    def close(self, seam: Seam, end: str) -> list[Json]:
        """All edits, with what the seam fed now fed by `end`."""
        return [*self.edits, *(self.open_edge(seam, end) if seam.target else self.redirect(seam, end))]

    def open_edge(self, seam: Seam, end: str) -> list[Json]:
        """The one edge leads through the block."""
        inputs = list(self.graph.node(seam.target or "").inputs)
        inputs[seam.place] = end
        return [{"edit": "set_inputs", "id": seam.target, "inputs": inputs}]

    def redirect(self, seam: Seam, end: str) -> list[Json]:
        """All that the source fed, outputs included, is fed by the block."""
        edits: list[Json] = []
        for node in self.graph.nodes:
            if seam.source in node.inputs:
                inputs = [end if reference == seam.source else reference for reference in node.inputs]
                edits.append({"edit": "set_inputs", "id": node.id, "inputs": inputs})
        outputs = [end if reference == seam.source else reference for reference in self.graph.outputs]
        if not outputs and not edits:
            outputs = [end]
        if outputs != list(self.graph.outputs):
            edits.append({"edit": "set_outputs", "outputs": outputs})
        return edits


def refuse(seam: Seam, block: str, *axes: int) -> None:
    """Raise GraphError unless what flows at the seam has one of those numbers of axes."""
    if seam.axes not in axes:
        kinds = " or ".join(KINDS[count] for count in axes)
        raise GraphError(f"{block} works on {kinds}, and here flows {describe(seam)}; choose another place.")


def describe(seam: Seam) -> str:
    """What flows at the seam, in words and sizes."""
    sizes = "×".join("?" if size is None else str(size) for size in (seam.shape or ())[1:])
    return f"a tensor of {sizes}"


KINDS = {2: "vectors", 3: "sequences", 4: "images"}


def convolve(stitches: Stitches, seam: Seam, x: str, name: str, width: int, size: int = 1, **more: Any) -> str:
    """A convolution of the seam's dimensions that keeps the border; for vectors a dense layer."""
    if seam.axes == 2:
        more = {key: value for key, value in more.items() if key == "activation"}
        return stitches("Dense", x, name=name, units=width, **more)
    kind = "Conv1D" if seam.axes == 3 else "Conv2D"
    return stitches(kind, x, name=name, filters=width, kernel_size=size, padding="same", **more)


def seam_at(
    stitches: Stitches, source: str | None, target: str | None, place: int, shape: Sequence[int | None] | None
) -> Seam:
    """The seam on an edge, after a node, or, with neither, at a door of its own."""
    known = None if shape is None else tuple(shape)
    if known is not None and len(known) < 2:
        raise GraphError("A block works on vectors, sequences or images, and what flows here is a single number.")
    if target is not None:
        inputs = stitches.graph.node(target).inputs
        if not 0 <= place < len(inputs):
            raise GraphError(f"“{target}” has no input {place + 1}; choose an edge that is there.")
        return Seam(inputs[place], known, target, place)
    if source is not None:
        stitches.graph.node(source_of(source))
        return Seam(source, known)
    if stitches.graph.nodes:
        return Seam(stitches("Identity", name="entrance"), known, alone=True)
    return Seam(stitches("InputLayer", name="image", shape=list(IMAGE[1:])), IMAGE, alone=True)
