"""Ranks: layers that read vectors, sequences or images and get one of the others, and how the one becomes the other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from components.graph import Fix, Graph, Layer, Node, Problem, source_of
from components.layers import LAYERS
from components.problems.mends import (
    Names,
    configure,
    flattened,
    insert,
    is_door,
    is_layer,
    product,
    reshaped,
    source_before,
    squared,
)
from components.problems.refusals import Refusal
from components.shapes import Shape, kind_of_rank, write_shape

RECURRENT = ("LSTM", "GRU", "SimpleRNN")
FOR_SEQUENCES = {
    *RECURRENT,
    "Bidirectional",
    "Attention",
    "AdditiveAttention",
    "MultiHeadAttention",
    "GroupQueryAttention",
}
FOR_IMAGES = re.compile(r"Rand\w+|Resizing|CenterCrop|Solarization|AutoContrast|Equalization|ContrastLimited\w+|AugMix")
TO_VECTORS = re.compile(r"Flatten|Global\w+Pooling\dD|Reshape")
LIKELY_WORDS = 10_000
LIKELY_STEPS = 64


def rank_read_by(kind: str) -> int | None:
    """How many axes, the batch included, a layer reads, as its name or its nature says; None: any."""
    if kind in FOR_SEQUENCES:
        return 3
    if FOR_IMAGES.fullmatch(kind):
        return 4
    found = re.search(r"([123])D", kind)
    if found is None:
        return {"RepeatVector": 2, "CategoryEncoding": 2}.get(kind)
    return int(found[1]) + 2 + (kind.startswith("ConvLSTM"))


def silent_wrong_rank(refusal: Refusal) -> Problem | None:
    """Data of the wrong rank in layers that take any on symbols, and give nonsense or fail when they run."""
    return wrong_rank(refusal) if rank_read_by(refusal.kind) is not None else None


def wrong_rank(refusal: Refusal) -> Problem | None:
    """A layer for images, sequences or vectors that gets one of the others."""
    wanted = rank_in(refusal.error) or rank_read_by(refusal.kind)
    wrong = [place for place, shape in enumerate(refusal.shapes) if len(shape) != wanted]
    if wanted is None or not wrong:
        return None
    given = refusal.shapes[wrong[0]]
    message = (
        f"{refusal.kind} reads {kind_of_rank(wanted)}, and {write_shape(given)} comes in; {remedy(len(given), wanted)}."
    )
    return refusal.problem(message, *rank_fixes(refusal, wrong[0], given, wanted))


def rank_in(error: str) -> int | None:
    """The number of axes that Keras says it expected."""
    found = re.search(r"expected (?:min_)?ndim=(\d)", error)
    return int(found[1]) if found else None


def remedy(given: int, wanted: int) -> str:
    """What has to happen, in a few words."""
    if wanted == 2:
        return "pool or flatten it first"
    return "give it another axis first" if given < wanted else "take an axis away first"


def rank_fixes(refusal: Refusal, place: int, given: Shape, wanted: int) -> Iterator[Fix]:
    """Ways from the given axes to the wanted ones, the most likely first; some may not work out."""
    graph, node = refusal.graph, refusal.node
    yield from keep_steps(graph, node, place, len(given) < wanted)
    if place == 0 and len(given) < wanted:
        yield from without_flattening(graph, node)
        yield from embedded(refusal, given, wanted)
        yield from more_axes(refusal, given, wanted)
    elif wanted == 2:
        yield from flattened(graph, node, place, given)
    elif place == 0:
        yield from fewer_axes(refusal, given, wanted)
    yield from of_other_rank(refusal, given)


def keep_steps(graph: Graph, node: Node, place: int, steps: bool) -> Iterator[Fix]:
    """The recurrent layer above passes on every step, or only the last one."""
    above = recurrent_above(graph, graph.node(source_of(node.inputs[place])))
    if above is not None:
        label = f"Let {above.id} return sequences" if steps else f"Let {above.id} return only its last step"
        yield Fix(label, (configure(above.layer, **returning(graph.layer_of(above), steps)),))


def returning(layer: Layer | Graph, steps: bool) -> dict[str, Any]:
    """The setting by which a recurrent layer, or the one that a Bidirectional holds, returns its steps or not."""
    held = layer.config.get("layer") if isinstance(layer, Layer) else None
    if not isinstance(held, Mapping):
        return {"return_sequences": steps}
    return {"layer": {**held, "config": {**held.get("config", {}), "return_sequences": steps}}}


def recurrent_above(graph: Graph, node: Node) -> Node | None:
    """The node, or the nearest above it along first inputs, that calls a recurrent layer; others keep its steps."""
    current: Node | None = node
    while current is not None:
        layer = graph.layer_of(current)
        if is_layer(layer, *RECURRENT, "Bidirectional"):
            return current
        if not isinstance(layer, Layer) or layer.kind not in LAYERS or not keeps_axes(layer.kind):
            return None
        current = source_before(graph, current)
    return None


def keeps_axes(kind: str) -> bool:
    """Whether the layer gives as many axes as it gets, whatever it gets."""
    return kind in ("Dense", "Identity", "Masking") or LAYERS[kind].group in (
        "Normalization", "Regularization", "Activation",
    )  # fmt: skip


def without_flattening(graph: Graph, node: Node) -> Iterator[Fix]:
    """The layer before goes, when it is the one that took the axes away."""
    source = source_before(graph, node)
    layer = graph.layer_of(source) if source else None
    if source is not None and isinstance(layer, Layer) and TO_VECTORS.fullmatch(layer.kind):
        yield Fix(f"Remove {source.id} before it", ({"edit": "delete_and_bridge", "id": source.id},))


def embedded(refusal: Refusal, given: Shape, wanted: int) -> Iterator[Fix]:
    """Whole numbers are words, most likely: an Embedding makes vectors of them."""
    if len(given) == 2 and wanted == 3 and refusal.dtypes[0].startswith(("int", "uint")):
        edit = insert(
            Names(refusal.graph), refusal.node, 0, "Embedding", "embedding", input_dim=LIKELY_WORDS, output_dim=32
        )
        yield Fix("Insert Embedding", (edit,))


def more_axes(refusal: Refusal, given: Shape, wanted: int) -> Iterator[Fix]:
    """A channel for images that have none, a picture of a vector, the steps of a sequence of single numbers."""
    graph, node, sizes = refusal.graph, refusal.node, given[1:]
    if len(given) == wanted - 1:
        yield reshaped(graph, node, [*sizes, 1], "Add an axis of size 1")
    picture = squared(sizes[0]) if len(given) == 2 and wanted == 4 else None
    if picture:
        yield reshaped(graph, node, picture, "Read it as a picture")


def fewer_axes(refusal: Refusal, given: Shape, wanted: int) -> Iterator[Fix]:
    """An image as the sequence of its rows, or of its points."""
    graph, node, sizes = refusal.graph, refusal.node, given[1:]
    if wanted == 3 and len(given) == 4:
        if product(sizes[1:]):
            yield reshaped(graph, node, [sizes[0], product(sizes[1:])], "Read its rows as steps")
        yield reshaped(graph, node, [product(sizes[:2]), sizes[2]], "Read its points as steps")
    elif len(given) == wanted + 1 and product(sizes[-2:]):
        yield reshaped(graph, node, [*sizes[:-2], product(sizes[-2:])], "Join the last two axes")


def of_other_rank(refusal: Refusal, given: Shape) -> Iterator[Fix]:
    """The same layer for data of the rank that comes in."""
    other = re.sub(r"\dD", f"{len(given) - 2}D", refusal.kind)
    if other != refusal.kind and other in LAYERS:
        known = {parameter.name for parameter in LAYERS[other].parameters}
        config = {name: one_size(value) for name, value in refusal.layer.config.items() if name in known}
        edit = {"edit": "change_kind", "layer": refusal.node.layer, "kind": other, "config": config}
        yield Fix(f"Use {other} instead", (edit,))


def one_size(value: object) -> object:
    """The first of several sizes, which fits any rank."""
    return value[0] if isinstance(value, (list, tuple)) and value else value


# Sizes that are left open


def open_size(refusal: Refusal) -> Problem | None:
    """A layer whose weights need to know a size that is left open."""
    if "fully-defined" not in refusal.error and "defined dimension" not in refusal.error:
        return None
    message = (
        f"{refusal.kind} must know how many features come in to make its weights, and {refusal.written_shapes} "
        "leaves it open; give the input a fixed size or pool first."
    )
    return refusal.problem(message, *open_size_fixes(refusal))


def open_size_fixes(refusal: Refusal) -> Iterator[Fix]:
    """A Flatten of open size becomes a pooling; an open input gets a size."""
    graph, source = refusal.graph, source_before(refusal.graph, refusal.node)
    if source is None:
        return
    if is_layer(graph.layer_of(source), "Flatten", "Reshape"):
        for rank in (2, 1, 3):
            kind = f"GlobalAveragePooling{rank}D"
            yield Fix(
                f"Use {kind} instead of {source.id}", ({"edit": "change_kind", "layer": source.layer, "kind": kind},)
            )
    for door in doors_above(graph, source):
        sizes = graph.layer_of(door).config.get("shape") or ()  # type: ignore[union-attr]
        fixed = [LIKELY_STEPS if size is None else size for size in sizes]
        if None in sizes:
            yield Fix(f"Give {door.id} the shape {write_shape(fixed)}", (configure(door.layer, shape=fixed),))


def doors_above(graph: Graph, node: Node) -> Iterator[Node]:
    """The input that the node goes back to along first inputs."""
    current: Node | None = node
    while current is not None:
        if is_door(graph, current):
            yield current
        current = source_before(graph, current)
