"""Mends: the edits that bring one shape to another or connect what hangs loose, as fixes for problems to offer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import isqrt, prod
from typing import Any

from components.graph import INPUT, Fix, Graph, Json, Layer, Node, edges, source_of, unique_name
from components.shapes import Shape, is_known, write_shape

MOST_STRIDE = 16
MOST_WINDOW = 7
"""The largest stride and the widest window that a mend asks for."""


class Names:
    """Names that neither a layer nor a node of the graph bears, each given once."""

    def __init__(self, graph: Graph) -> None:
        self._taken = set(graph.layers) | {node.id for node in graph.nodes}

    def fresh(self, wanted: str) -> str:
        """The wanted name, or one like it that is free."""
        name = unique_name(wanted, self._taken)
        self._taken.add(name)
        return name


def configure(layer: str, /, **config: Any) -> Json:
    """The edit that sets arguments of a layer."""
    return {"edit": "configure", "layer": layer, "config": config}


def insert(names: Names, node: Node, place: int, kind: str, name: str, **config: Any) -> Json:
    """The edit that puts a new layer on one edge into the node."""
    edit = {"edit": "insert_on_edge", "id": names.fresh(name), "kind": kind, "target": node.id, "place": place}
    return {**edit, "config": config} if config else edit


def remove(node: Node, kind: str) -> Fix:
    """The node taken out, its first input leading on."""
    return Fix(f"Remove {kind}", ({"edit": "delete_and_bridge", "id": node.id},))


# From one shape to another


def project(names: Names, node: Node, place: int, given: Shape, wanted: Shape) -> tuple[str, list[Json]] | None:
    """A linear way from one shape to another on an edge: what it is called, and its edits; None: there is none.

    Images and sequences of another size go through a 1×1 convolution with the stride that fits; what is to
    become a vector is pooled; another width takes a dense layer without an activation.
    """
    if given == wanted or wanted[-1] is None:
        return None
    if len(given) == len(wanted) == 2:
        return f"Dense, {wanted[-1]} units", [insert(names, node, place, "Dense", "projection", units=wanted[-1])]
    if len(given) == len(wanted) and len(given) in (3, 4, 5):
        return convolve(names, node, place, given, wanted)
    if len(wanted) == 2 and len(given) in (3, 4, 5):
        return pool(names, node, place, given, wanted)
    return None


def convolve(names: Names, node: Node, place: int, given: Shape, wanted: Shape) -> tuple[str, list[Json]] | None:
    """The 1×1 convolution between two images, sequences or volumes, with a stride where the sizes ask for one.

    Where only borders were cut off, a convolution with a window that cuts off as much.
    """
    strides = strides_between(given[1:-1], wanted[1:-1])
    if strides is None:
        return trim(names, node, place, given, wanted)
    config: dict[str, Any] = {"filters": wanted[-1], "kernel_size": 1}
    if any(stride > 1 for stride in strides):
        config |= {"strides": strides[0] if len(set(strides)) == 1 else strides, "padding": "same"}
    kind = f"Conv{len(given) - 2}D"
    words = "×".join(["1"] * (len(given) - 2)) + f" {kind}"
    if "strides" in config:
        words += f", stride {'×'.join(map(str, strides)) if len(set(strides)) > 1 else strides[0]}"
    return words, [insert(names, node, place, kind, "projection", **config)]


def trim(names: Names, node: Node, place: int, given: Shape, wanted: Shape) -> tuple[str, list[Json]] | None:
    """The convolution whose window takes the border off that the wanted shape lacks."""
    sizes = [g - w + 1 if g and w else 0 for g, w in zip(given[1:-1], wanted[1:-1], strict=True)]
    if not all(1 <= size <= MOST_WINDOW for size in sizes):
        return None
    kind = f"Conv{len(given) - 2}D"
    config = {"filters": wanted[-1], "kernel_size": sizes[0] if len(set(sizes)) == 1 else sizes}
    return f"{'×'.join(map(str, sizes))} {kind}", [insert(names, node, place, kind, "projection", **config)]


def strides_between(given: Shape, wanted: Shape) -> list[int] | None:
    """The stride along each axis that takes the given sizes to the wanted ones; None: there is none."""
    strides = [stride_between(g, w) for g, w in zip(given, wanted, strict=True)]
    return [stride for stride in strides if stride] if all(strides) else None


def stride_between(given: int | None, wanted: int | None) -> int | None:
    """The stride, with padding "same", between two sizes of one axis."""
    if given == wanted:
        return 1
    if given is None or wanted is None:
        return None
    return next((stride for stride in range(2, MOST_STRIDE + 1) if -(-given // stride) == wanted), None)


def pool(names: Names, node: Node, place: int, given: Shape, wanted: Shape) -> tuple[str, list[Json]]:
    """An image or a sequence to a vector: its mean, then a dense layer where the width still differs."""
    kind = pooling(given)
    edits = [insert(names, node, place, kind, "pooled")]
    if given[-1] == wanted[-1]:
        return kind, edits
    edits.append(insert(names, node, place, "Dense", "projection", units=wanted[-1]))
    return f"{kind} and Dense, {wanted[-1]} units", edits


def pooling(shape: Shape) -> str:
    """The layer that takes the mean over everything but the channels."""
    return f"GlobalAveragePooling{len(shape) - 2}D"


def flattened(graph: Graph, node: Node, place: int, shape: Shape) -> Iterator[Fix]:
    """An image or a sequence on its way into something for vectors: pooled or laid in one row."""
    names = Names(graph)
    if len(shape) in (3, 4, 5):
        yield Fix(f"Insert {pooling(shape)}", (insert(names, node, place, pooling(shape), "pooled"),))
    if len(shape) > 2 and is_known(shape[1:]):
        yield Fix("Insert Flatten", (insert(names, node, place, "Flatten", "flat"),))


def reshaped(graph: Graph, node: Node, sizes: Iterable[int | None], label: str) -> Fix:
    """The same numbers in another shape on the node's first edge."""
    target = [-1 if size is None else size for size in sizes]
    edit = insert(Names(graph), node, 0, "Reshape", "reshaped", target_shape=target)
    return Fix(f"{label}: Reshape to {write_shape(target)}", (edit,))


def squared(size: int | None) -> list[int] | None:
    """The sides and the channel of a square picture of so many points; None: it is no square."""
    if size is None or size < 4 or isqrt(size) ** 2 != size:
        return None
    return [isqrt(size), isqrt(size), 1]


def product(sizes: Shape) -> int | None:
    """All sizes multiplied; None when one is open."""
    return prod(size for size in sizes if size) if is_known(sizes) else None


# Connecting what hangs loose


def connections(graph: Graph, node: Node) -> Iterator[Fix]:
    """What could be connected to the node: what nothing uses yet first, then what is an output so far."""
    for source in loose_ends(graph, node):
        edits: list[Json] = [{"edit": "connect", "source": source, "target": node.id}]
        if source in graph.outputs and not is_used(graph, node.id):
            outputs = dict.fromkeys(node.id if output == source else output for output in graph.outputs)
            edits.append({"edit": "set_outputs", "outputs": list(outputs)})
        yield Fix(f"Connect {source}", tuple(edits))


def loose_ends(graph: Graph, node: Node) -> list[str]:
    """The nodes that may feed this one, the likeliest first: unused, then outputs, then inputs; no cycles."""
    used = {source_of(reference) for reference, _, _ in edges(graph)}
    outputs = {source_of(reference) for reference in graph.outputs}
    taken = set(map(source_of, node.inputs)) | descendants(graph, node.id)
    free = [other.id for other in graph.nodes if other.id not in taken]
    unused = [other for other in free if other not in used and other not in outputs]
    ends = [other for other in free if other in outputs and other not in used]
    doors = [other for other in graph.inputs if other in free and other in used]
    return [*reversed(unused), *reversed(ends), *doors]


def descendants(graph: Graph, node_id: str) -> set[str]:
    """The node and all that depend on it."""
    users: dict[str, list[str]] = {}
    for reference, target, _ in edges(graph):
        users.setdefault(source_of(reference), []).append(target)
    found: set[str] = set()
    pending = [node_id]
    while pending:
        current = pending.pop()
        if current not in found:
            found.add(current)
            pending.extend(users.get(current, ()))
    return found


def is_used(graph: Graph, node: str) -> bool:
    """Whether something takes the node's output in."""
    return any(source_of(reference) == node for reference, _, _ in edges(graph))


def is_layer(layer: Layer | Graph, *kinds: str) -> bool:
    """Whether it is a layer of one of those kinds."""
    return isinstance(layer, Layer) and layer.kind in kinds


def source_before(graph: Graph, node: Node) -> Node | None:
    """The node that feeds this one first; None when nothing does."""
    return graph.node(source_of(node.inputs[0])) if node.inputs else None


def is_door(graph: Graph, node: Node) -> bool:
    """Whether the node is an input of the graph."""
    return is_layer(graph.layer_of(node), INPUT)
