"""Alignment: how far right each node of ordered rows stands, so that edges run straight and nothing overlaps.

U. Brandes and B. Köpf, "Fast and Simple Horizontal Coordinate Assignment", Graph Drawing 2001: four alignments,
one for each pair of up or down and left or right, and of the four places of a node the mean of the middle two.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

from components.drawing.layering import Layering, Rows

Width = Callable[[str], float]
Places = dict[str, float]


def align(layering: Layering, width: Width, gap: float) -> Places:
    """The middle of each node; within a row, neighbours stand at least `gap` apart from side to side."""
    conflicts = crossing_straights(layering)
    candidates = []
    for upwards in (False, True):
        for leftwards in (False, True):
            places = align_once(layering, width, gap, conflicts, upwards, leftwards)
            candidates.append({node: -x for node, x in places.items()} if leftwards else places)
    return balance(candidates)


def balance(candidates: Sequence[Places]) -> Places:
    """The mean of each node's two middle places, once all candidates are moved over the narrowest one."""
    narrowest = min(candidates, key=lambda places: max(places.values()) - min(places.values()))
    left, right = min(narrowest.values()), max(narrowest.values())
    shifts = []
    for number, places in enumerate(candidates):
        leftwards = number % 2 == 1
        shifts.append(right - max(places.values()) if leftwards else left - min(places.values()))
    placed = {}
    for node in narrowest:
        ordered = sorted(places[node] + shift for places, shift in zip(candidates, shifts, strict=True))
        placed[node] = (ordered[1] + ordered[2]) / 2
    return placed


def crossing_straights(layering: Layering) -> set[tuple[str, str]]:
    """Edges that cross the inside of a long edge: they give way, so that long edges stay straight."""
    conflicts: set[tuple[str, str]] = set()
    for upper, lower in pairwise(layering.rows):
        above = {node: place for place, node in enumerate(upper)}
        start, scanned = 0, 0
        for place, node in enumerate(lower):
            inside = long_edge_above(layering, node)
            if inside is None and place < len(lower) - 1:
                continue
            end = above[inside] if inside is not None else len(upper) - 1
            for other in lower[scanned : place + 1]:
                for source in layering.above[other]:
                    both = source in layering.passing and other in layering.passing
                    if not both and not start <= above[source] <= end:
                        conflicts.add((source, other))
            start, scanned = end, place + 1
    return conflicts


def long_edge_above(layering: Layering, node: str) -> str | None:
    """The stand-in above a stand-in, when both are inside one long edge."""
    if node not in layering.passing:
        return None
    return next((other for other in layering.above[node] if other in layering.passing), None)


def align_once(
    layering: Layering, width: Width, gap: float, conflicts: set[tuple[str, str]], upwards: bool, leftwards: bool
) -> Places:
    """One of the four alignments; places count to the left when `leftwards`."""
    rows = [list(reversed(row)) if leftwards else row for row in layering.rows]
    rows = list(reversed(rows)) if upwards else rows
    neighbours = without_shortcuts(layering, layering.below if upwards else layering.above)
    if upwards:
        conflicts = {(lower, upper) for upper, lower in conflicts}
    roots = build_blocks(rows, neighbours, conflicts)
    return place_blocks(rows, roots, width, gap)


def without_shortcuts(layering: Layering, neighbours: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """The neighbours that a node is aligned with: those in its chain, not the shortcut past it, so that it is straight."""
    past = {node for node in layering.passing if leaves_a_chain(layering, node)}
    return {
        node: [other for other in others if (other in past) == (node in past)] for node, others in neighbours.items()
    }


def leaves_a_chain(layering: Layering, passing: str) -> bool:
    """Whether the long edge begins at a node that other calls follow directly."""
    source = passing.partition("@")[0]
    return any(other not in layering.passing for other in layering.below[source])


def build_blocks(rows: Rows, neighbours: Mapping[str, list[str]], conflicts: set[tuple[str, str]]) -> dict[str, str]:
    """Each node's block, named by its first node: a node joins the middle one of its neighbours where it may."""
    place = {node: index for row in rows for index, node in enumerate(row)}
    roots = {node: node for row in rows for node in row}
    taken: set[str] = set()
    for row in rows[1:]:
        last = -1
        for node in row:
            ordered = sorted(neighbours[node], key=place.__getitem__)
            middle = (len(ordered) - 1) / 2
            for index in dict.fromkeys((int(middle), int(middle + 0.5))) if ordered else ():
                other = ordered[index]
                if other not in taken and last < place[other] and (other, node) not in conflicts:
                    roots[node] = roots[other]
                    taken.add(other)
                    last = place[other]
                    break
    return roots


def place_blocks(rows: Rows, roots: Mapping[str, str], width: Width, gap: float) -> Places:
    """Blocks as far left as those left of them allow, then pulled right towards those right of them."""
    before: dict[str, dict[str, float]] = {root: {} for root in roots.values()}
    after: dict[str, dict[str, float]] = {root: {} for root in roots.values()}
    for row in rows:
        for left, right in pairwise(row):
            one, other = roots[left], roots[right]
            distance = (width(left) + width(right)) / 2 + gap
            before[other][one] = after[one][other] = max(distance, before[other].get(one, 0.0))
    places: Places = {}
    ordered = in_order(before)
    for root in ordered:
        places[root] = max((places[other] + distance for other, distance in before[root].items()), default=0.0)
    for root in reversed(ordered):
        if after[root]:
            places[root] = max(places[root], min(places[other] - distance for other, distance in after[root].items()))
    return {node: places[root] for node, root in roots.items()}


def in_order(before: Mapping[str, Mapping[str, float]]) -> list[str]:
    """The blocks so that each comes after those left of it."""
    users: dict[str, list[str]] = {root: [] for root in before}
    waiting = {root: len(others) for root, others in before.items()}
    for root, others in before.items():
        for other in others:
            users[other].append(root)
    ready = [root for root, count in waiting.items() if not count]
    ordered = []
    while ready:
        root = ready.pop()
        ordered.append(root)
        for user in users[root]:
            waiting[user] -= 1
            if not waiting[user]:
                ready.append(user)
    return ordered
