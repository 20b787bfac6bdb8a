"""Merges: layers that take several inputs, why these do not go together, and what would bring them together."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from components.graph import Fix, Json, Problem, ancestors, source_of
from components.problems.mends import Names, configure, insert, pooling, project, stride_between
from components.problems.refusals import Refusal
from components.shapes import Shape, write_shapes

SAME_SHAPE = {"Add", "Average", "Multiply", "Maximum", "Minimum", "Subtract"}
ATTENTIONS = {"Attention", "AdditiveAttention"}


def differing_shapes(refusal: Refusal) -> Problem | None:
    """An element-wise merge of different shapes: project the shortcut."""
    if refusal.kind not in SAME_SHAPE or len(set(refusal.shapes)) < 2:
        return None
    message = f"{refusal.kind} takes inputs of one shape, and these are {refusal.written_shapes}; project one of them."
    return refusal.problem(message, *projections(refusal))


def projections(refusal: Refusal) -> Iterator[Fix]:
    """All inputs brought to the shape of one of them; that of the longest way, the main path, comes first."""
    depths = [len(ancestors(refusal.graph, source_of(reference))) for reference in refusal.node.inputs]
    by_depth = sorted(range(len(depths)), key=lambda place: -depths[place])
    for wanted in dict.fromkeys(refusal.shapes[place] for place in by_depth):
        names, edits, words = Names(refusal.graph), [], ""
        for place, given in enumerate(refusal.shapes):
            way = project(names, refusal.node, place, given, wanted)
            if way is not None:
                words = words or f"Insert {way[0]} after {source_of(refusal.node.inputs[place])}"
                edits += way[1]
        if edits:
            yield Fix(words, tuple(edits))


def wrong_axis(refusal: Refusal) -> Problem | None:
    """A concatenation whose inputs differ elsewhere than along its axis."""
    if refusal.kind != "Concatenate":
        return None
    message = (
        f"Concatenate joins along axis {refusal.setting('axis')}, where all other sizes must agree, and these are "
        f"{refusal.written_shapes}; join along another axis or make them agree."
    )
    ways = (other_axes, resized, repeated, pooled_to_vectors)
    return refusal.problem(message, *(fix for way in ways for fix in way(refusal)))


def other_axes(refusal: Refusal) -> Iterator[Fix]:
    """The axes along which these shapes can be joined."""
    ranks = {len(shape) for shape in refusal.shapes}
    if len(ranks) > 1:
        return
    rank = ranks.pop()
    for axis in range(rank - 1, 0, -1):
        others = [{shape[place] for shape in refusal.shapes} for place in range(1, rank) if place != axis]
        if all(len(sizes) == 1 for sizes in others):
            shown = axis if axis < rank - 1 else -1
            yield Fix(f"Join along axis {shown}", (configure(refusal.node.layer, axis=shown),))


def resized(refusal: Refusal) -> Iterator[Fix]:
    """Images or sequences brought to the size of the smallest by pooling, or of the largest by repeating."""
    ranks = {len(shape) for shape in refusal.shapes}
    if len(ranks) > 1 or not ranks <= {3, 4, 5}:
        return
    by_size = sorted(set(refusal.shapes), key=lambda shape: [size or 0 for size in shape[1:-1]])
    for wanted, kind, name in ((by_size[0], "AveragePooling", "pooled"), (by_size[-1], "UpSampling", "enlarged")):
        names, edits = Names(refusal.graph), []
        for place, given in enumerate(refusal.shapes):
            strides = size_change(given, wanted, larger=kind == "UpSampling")
            if given[1:-1] != wanted[1:-1] and strides:
                edits.append(resize(names, refusal, place, f"{kind}{len(given) - 2}D", name, strides))
        if edits:
            goal = "smallest" if kind == "AveragePooling" else "largest"
            yield Fix(f"Bring all to the size of the {goal} ({edits[0]['kind']})", tuple(edits))


def size_change(given: Shape, wanted: Shape, larger: bool) -> list[int] | None:
    """By what each axis is to be divided, or multiplied; None when that does not come out."""
    pairs = zip(given[1:-1], wanted[1:-1], strict=True)
    strides = [stride_between(w, g) if larger else stride_between(g, w) for g, w in pairs]
    return [stride for stride in strides if stride] if all(strides) else None


def resize(names: Names, refusal: Refusal, place: int, kind: str, name: str, strides: list[int]) -> Json:
    """The pooling or the repeating layer on one edge."""
    size = strides[0] if len(set(strides)) == 1 else strides
    if kind.startswith("UpSampling"):
        return insert(names, refusal.node, place, kind, name, size=[size] * len(strides) if len(strides) == 3 else size)
    return insert(names, refusal.node, place, kind, name, pool_size=size, padding="same")


def repeated(refusal: Refusal) -> Iterator[Fix]:
    """A vector beside sequences of one length: the same vector at every step."""
    steps = {shape[1] for shape in refusal.shapes if len(shape) == 3}
    if {len(shape) for shape in refusal.shapes} != {2, 3} or len(steps) != 1 or None in steps:
        return
    names, count = Names(refusal.graph), steps.pop()
    edits = tuple(
        insert(names, refusal.node, place, "RepeatVector", "repeated", n=count)
        for place, shape in enumerate(refusal.shapes)
        if len(shape) == 2
    )
    yield Fix(f"Repeat the vector for all {count} steps", edits)


def pooled_to_vectors(refusal: Refusal) -> Iterator[Fix]:
    """Whatever has more axes than a vector is pooled to one."""
    names = Names(refusal.graph)
    edits = tuple(
        insert(names, refusal.node, place, pooling(shape), "pooled")
        for place, shape in enumerate(refusal.shapes)
        if len(shape) in (3, 4, 5)
    )
    if edits:
        yield Fix("Pool images and sequences to vectors", edits)


def joins_samples(refusal: Refusal) -> Problem | None:
    """A concatenation along the batch: Keras would do it, and mix samples that have nothing to do with each other."""
    if refusal.kind != "Concatenate" or not refusal.shapes:
        return None
    axis, rank = refusal.setting("axis"), len(refusal.shapes[0])
    if axis not in (0, -rank):
        return None
    message = f"Axis {axis} is the samples of the batch, which are never joined; join along another axis."
    return refusal.problem(
        message, *other_axes(refusal), Fix("Join along the last axis", (configure(refusal.node.layer, axis=-1),))
    )


def differing_products(refusal: Refusal) -> Problem | None:
    """A dot product along axes of different size."""
    if refusal.kind != "Dot":
        return None
    message = (
        f"Dot multiplies along one axis of each input, and these have to be of one size: {refusal.written_shapes} "
        f"along axes {refusal.setting('axes')}; choose other axes or project one input."
    )
    return refusal.problem(message, *dot_axes(refusal), *last_axis_projections(refusal))


def dot_axes(refusal: Refusal) -> Iterator[Fix]:
    """The pairs of axes that have the same size, the last ones first."""
    first, second = refusal.shapes
    pairs = product(range(len(first) - 1, 0, -1), range(len(second) - 1, 0, -1))
    for one, other in [pair for pair in pairs if first[pair[0]] == second[pair[1]]][:2]:
        axes = one if one == other else [one, other]
        yield Fix(f"Multiply along axes {axes}", (configure(refusal.node.layer, axes=axes),))


def differing_features(refusal: Refusal) -> Problem | None:
    """Attention compares query and key number by number, so that both have the same number of features."""
    if refusal.kind not in ATTENTIONS or any(len(shape) != 3 for shape in refusal.shapes):
        return None
    query, key = refusal.shapes[0], refusal.shapes[-1]
    if None in (query[-1], key[-1]) or query[-1] == key[-1]:
        return None
    message = (
        f"{refusal.kind} compares query and key number by number, and they have {query[-1]} and {key[-1]} features: "
        f"{write_shapes((query, key))}; project one of them."
    )
    return refusal.problem(message, *last_axis_projections(refusal))


def last_axis_projections(refusal: Refusal) -> Iterator[Fix]:
    """A dense layer that gives one input as many features as the other has."""
    last = len(refusal.shapes) - 1
    for place, other in ((0, last), (last, 0)):
        units = refusal.shapes[other][-1]
        if units is not None and refusal.shapes[place][-1] != units:
            edit = insert(Names(refusal.graph), refusal.node, place, "Dense", "projection", units=units)
            yield Fix(f"Insert Dense, {units} units, after {source_of(refusal.node.inputs[place])}", (edit,))
