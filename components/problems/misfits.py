"""Misfits: arguments of a layer that do not fit what comes in, and values that would."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import gcd

from components.graph import Fix, Problem, calls_of
from components.layers import find_layer
from components.problems.mends import Names, configure, product, project, remove, squared
from components.problems.refusals import Refusal
from components.shapes import Shape, write_shape

NOTHING_LEFT = (
    "negative dimension",
    "zero or negative",
    "must be smaller than the input",
    "smaller than the corresponding",
)
ALONG_AXES = ("axis", "axes", "shared_axes")


def nothing_left(refusal: Refusal) -> Problem | None:
    """A window, or a border that is cut off, larger than what it is taken from."""
    if not any(sign in refusal.error.lower() for sign in NOTHING_LEFT):
        return None
    fixes = []
    if refusal.has("padding"):
        fixes.append(Fix("Pad the border (padding same)", (configure(refusal.node.layer, padding="same"),)))
    message = (
        f"{refusal.kind} is larger than what comes in, {refusal.written_shapes}, so that nothing would be left; "
        "make it smaller."
    )
    return refusal.problem(
        message, *fixes, *usual_values(refusal, tuple(refusal.layer.config)), remove(refusal.node, refusal.kind)
    )


def wrong_shared_size(refusal: Refusal) -> Problem | None:
    """A shared layer whose weights were made for another size."""
    found = re.search(r"expected axis -1 of input shape to have value (\d+)", refusal.error)
    shared = len(calls_of(refusal.graph, refusal.node.layer)) > 1
    if not shared or not (found or "expected ndim" in refusal.error):
        return None
    made_for = f"{found[1]} features" if found else "data of another rank"
    message = (
        f"{refusal.kind} “{refusal.node.layer}” is shared, and its first call made its weights for {made_for}, "
        f"but {refusal.written_shapes} comes in here; give this call weights of its own or project its input."
    )
    unshare = Fix("Give this call its own weights", ({"edit": "unshare", "id": refusal.node.id},))
    return refusal.problem(message, unshare, *(shared_projection(refusal, int(found[1])) if found else ()))


def shared_projection(refusal: Refusal, features: int) -> Iterator[Fix]:
    """A linear layer that brings what comes in to the size that the shared weights have."""
    given = refusal.shapes[0]
    way = project(Names(refusal.graph), refusal.node, 0, given, (*given[:-1], features))
    if way is not None:
        yield Fix(f"Insert {way[0]}", tuple(way[1]))


def wrong_total(refusal: Refusal) -> Problem | None:
    """A Reshape to more or fewer numbers than there are."""
    if refusal.kind != "Reshape" or not refusal.shapes:
        return None
    target, sizes = list(refusal.setting("target_shape") or ()), refusal.shapes[0][1:]
    count = f", {product(sizes)} numbers," if product(sizes) else ""
    given = f"{write_shape(refusal.shapes[0])}{count}"
    message = f"Reshape keeps all numbers, and {given} does not fit {write_shape(target)}; change the shape."
    return refusal.problem(message, *(reshape_to(refusal, shape) for shape in likely_targets(target, sizes)))


def likely_targets(target: list[int], sizes: Shape) -> Iterator[list[int]]:
    """Shapes near the wanted one that may hold all numbers: one size left to be counted, a square, a row."""
    if target:
        yield [-1, *(abs(size) for size in target[1:])]
        yield [*(abs(size) for size in target[:-1]), -1]
    picture = squared(sizes[0]) if len(sizes) == 1 else None
    if picture and len(target) == 3:
        yield picture
    yield [-1]


def reshape_to(refusal: Refusal, shape: list[int]) -> Fix:
    """The Reshape with another target."""
    return Fix(f"Reshape to {write_shape(shape)}", (configure(refusal.node.layer, target_shape=shape),))


def wrong_groups(refusal: Refusal) -> Problem | None:
    """Groups that do not divide the channels."""
    if "groups" not in refusal.error or not refusal.has("groups"):
        return None
    channels, groups = refusal.shapes[0][-1] or 1, refusal.setting("groups")
    common = gcd(channels, refusal.setting("filters") or channels)
    fitting = max(size for size in range(1, common + 1) if common % size == 0 and size <= max(groups, 1))
    message = f"groups divides channels into equal parts, and {groups} does not divide {channels}; choose {fitting}."
    return refusal.problem(message, Fix(f"Use {fitting} groups", (configure(refusal.node.layer, groups=fitting),)))


def wrong_order(refusal: Refusal) -> Problem | None:
    """A Permute that does not name each axis once."""
    if refusal.kind != "Permute" or not refusal.shapes or len(refusal.shapes[0]) < 2:
        return None
    rank = len(refusal.shapes[0]) - 1
    swapped = [*range(2, rank + 1), 1]
    message = (
        f"Permute names each axis of a sample once, from 1 to {rank} for {refusal.written_shapes}, "
        f"and this names {refusal.setting('dims')}; name them all."
    )
    return refusal.problem(message, Fix(f"Use the order {swapped}", (configure(refusal.node.layer, dims=swapped),)))


def wrong_equation(refusal: Refusal) -> Problem | None:
    """An equation with other axes than come in; Keras finds it only when the layer runs."""
    if refusal.kind != "EinsumDense":
        return None
    equation, rank = refusal.setting("equation"), len(refusal.shapes[0])
    found = re.fullmatch(r"([a-z]+),[a-z]+->[a-z]+", equation.replace(" ", ""))
    if found is None or len(found[1]) == rank or rank < 2:
        return None
    message = (
        f"The equation {equation} names {len(found[1])} axes of what comes in, and {refusal.written_shapes} has {rank}; "
        "name them all."
    )
    letters = "abcdefghijkl"[:rank]
    dense = f"{letters},{letters[-1]}z->{letters[:-1]}z"
    sizes = [*refusal.shapes[0][1:-1], (refusal.setting("output_shape") or [1])[-1]]
    change = configure(refusal.node.layer, equation=dense, output_shape=sizes)
    return refusal.problem(message, Fix(f"Use the equation {dense}", (change,)))


def axis_out_of_reach(refusal: Refusal) -> Problem | None:
    """An axis that what comes in does not have; Keras finds some of these only while it trains."""
    rank = min((len(shape) for shape in refusal.shapes), default=0)
    for name in ALONG_AXES:
        value = refusal.setting(name) if refusal.has(name) else None
        axes = value if isinstance(value, (list, tuple)) else [value]
        wrong = [axis for axis in axes if isinstance(axis, int) and not -rank <= axis < rank]
        if wrong:
            message = (
                f"{name} is from {-rank} to {rank - 1} for {refusal.written_shapes}, and this is {wrong[0]}; "
                "choose one that exists."
            )
            fix = Fix(
                f"Use {name} -1", (configure(refusal.node.layer, **{name: [-1] if name == "shared_axes" else -1}),)
            )
            return refusal.problem(message, fix)
    return None


def usual_values(refusal: Refusal, names: tuple[str, ...]) -> Iterator[Fix]:
    """The named arguments back at the value of a freshly placed layer, or at Keras's default; one fix each."""
    kind = find_layer(refusal.kind)
    defaults = {parameter.name: parameter.default for parameter in kind.parameters}
    for name in names:
        if name not in defaults or name not in refusal.layer.config:
            continue
        value = kind.start.get(name, defaults[name])
        if value == refusal.layer.config[name]:
            continue
        edit = configure(refusal.node.layer, **({name: value} if value is not None else {"unset": [name]}))
        yield Fix(f"Use {name} {value}" if value is not None else f"Leave {name} out", (edit,))
