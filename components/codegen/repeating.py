"""Blocks that repeat under names that count up: where a loop says in a few lines what would be a line for each."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from components.codegen.layout import Expression, string
from components.graph import Node, source_of, split_reference

LEAST_ROUNDS = 3
LEAST_SAVED = 6
"""Statements that a loop must save: a short row reads better written out."""

NUMBER = re.compile(r"(?<![0-9])(?:0|[1-9][0-9]{0,5})(?![0-9])")
"""A number in a name, as an f-string writes it: without zeros in front."""

Wire = tuple[int, str | int | None, int]
"""An input in a block: the offset of its node, where it comes from, and which output that is.

It comes from a node of the block (its offset), from a node above the loop (its id), or from the round before (None).
"""


@dataclass(frozen=True)
class CountedName:
    """A name with a running number in it: `middle_{number}_conv`."""

    before: str
    after: str

    def at(self, number: int) -> str:
        """The name in the round of that number."""
        return f"{self.before}{number}{self.after}"

    def source(self, variable: str) -> str:
        """The f-string that gives the name: `f"layer_{number}"`."""
        before, after = (part.replace("{", "{{").replace("}", "}}") for part in (self.before, self.after))
        return "f" + string(f"{before}{{{variable}}}{after}")

    @property
    def stems(self) -> tuple[str, str]:
        """What the variable in the loop may be called: the name without its number, or with a letter for it."""
        bare = re.sub("_+", "_", f"{self.before}_{self.after}").strip("_")
        return bare or "block", f"{self.before}n{self.after}"


@dataclass(frozen=True)
class Repetition:
    """A block of nodes, one after the other, that stands several times in a row."""

    start: int
    """Place of the first node of the first round."""
    names: tuple[CountedName, ...]
    first: int
    rounds: int
    entering: str
    """What the first round takes in where each further one takes the result of the round before."""
    last_use: int
    """Place of the last node that takes in the result; behind all nodes where it leaves the model."""

    @property
    def length(self) -> int:
        """Nodes in a round."""
        return len(self.names)

    @property
    def end(self) -> int:
        """Place behind the last node of the last round."""
        return self.start + self.length * self.rounds

    @property
    def range(self) -> str:
        """The numbers as source: `range(1, 21)`."""
        return f"range({f'{self.first}, ' if self.first else ''}{self.first + self.rounds})"

    @property
    def reads_better(self) -> bool:
        """Whether a loop, with a line above it for what enters, is clearly shorter than a statement for each node."""
        return self.rounds >= LEAST_ROUNDS and self.length * (self.rounds - 1) - 2 >= LEAST_SAVED


def repetitions(
    nodes: Sequence[Node], outputs: Sequence[str], written: Callable[[Node], Expression | None]
) -> dict[int, Repetition]:
    """By the place of their first node, the blocks of the nodes that a loop is to write.

    `written` gives a node's layer as it would be written but for its name, or None when it cannot stand in a loop.
    """
    search = Search(nodes, outputs, written)
    found: dict[int, Repetition] = {}
    place = 0
    while place < len(nodes):
        better = [repetition for repetition in search.beginning_at(place) if repetition.reads_better]
        if better:
            found[place] = max(better, key=lambda repetition: repetition.end)
        place = found[place].end if better else place + 1
    return found


class Search:
    """The nodes of one graph in their order, and who uses what they give."""

    def __init__(
        self, nodes: Sequence[Node], outputs: Sequence[str], written: Callable[[Node], Expression | None]
    ) -> None:
        self.nodes, self.written = nodes, written
        self.places = {node.id: place for place, node in enumerate(nodes)}
        self.named = {node.layer: place for place, node in enumerate(nodes)}
        self.users: dict[str, set[int]] = {node.id: set() for node in nodes}
        for place, references in enumerate([*(node.inputs for node in nodes), outputs]):
            for reference in references:
                self.users.setdefault(source_of(reference), set()).add(place)

    def beginning_at(self, start: int) -> Iterator[Repetition]:
        """The repetitions that begin at that place, at most one for every number in its name."""
        for name, number in counted_names(self.nodes[start].layer):
            length = self.named.get(name.at(number + 1), start) - start
            names = self.names(start, length, number)
            if not names:
                continue
            wires = self.wires(start + length, length, self.nodes[start + length - 1].id)
            entering = self.entering(start, length, wires)
            if entering is not None:
                rounds = self.rounds(start, names, number, wires)
                result = self.nodes[start + length * rounds - 1].id
                yield Repetition(start, names, number, rounds, entering, max(self.users[result]))

    def names(self, start: int, length: int, number: int) -> tuple[CountedName, ...]:
        """The counted names of the block that begins there; nothing when the next `length` nodes do not count on."""
        names: list[CountedName] = []
        if start + 2 * length > len(self.nodes):
            return ()
        for node, following in zip(self.nodes[start:], self.nodes[start + length : start + 2 * length], strict=False):
            counted = (name for name, held in counted_names(node.layer) if held == number)
            fitting = next((name for name in counted if name.at(number + 1) == following.layer), None)
            if fitting is None:
                return ()
            names.append(fitting)
        return tuple(names)

    def wires(self, start: int, length: int, carried: str | None) -> list[Wire]:
        """The inputs of a block, by which two blocks can be compared; `carried` is the result of the round before."""
        wires: list[Wire] = []
        for offset, node in enumerate(self.nodes[start : start + length]):
            for source, index in map(split_reference, node.inputs):
                place = self.places[source]
                held = place - start if place >= start else source
                wires.append((offset, None if source == carried else held, index))
        return wires

    def entering(self, start: int, length: int, wires: Sequence[Wire]) -> str | None:
        """What the first round takes in place of a round before; None when it is not wired as the others are."""
        own = self.wires(start, length, None)
        if len(own) != len(wires) or not self.is_closed(start, length):
            return None
        carried = {one[1:] for one, other in zip(own, wires, strict=True) if other[1] is None}
        same = (
            one[0] == other[0] and (one == other or other[1] is None) for one, other in zip(own, wires, strict=True)
        )
        if not all(same) or len(carried) != 1:
            return None
        source, index = carried.pop()
        return None if isinstance(source, int) else f"{source}:{index}" if index else source

    def is_closed(self, start: int, length: int) -> bool:
        """Whether a block can stand in a loop, and nothing but its last result is used behind it."""
        block = self.nodes[start : start + length]
        within = range(start, start + length)
        inner = all(place in within for node in block[:-1] for place in self.users[node.id])
        return inner and all(self.written(node) is not None for node in block)

    def rounds(self, start: int, names: Sequence[CountedName], number: int, wires: Sequence[Wire]) -> int:
        """How many rounds follow each other from there, the first included."""
        length, count = len(names), 1
        while self.goes_on(start, start + count * length, [name.at(number + count) for name in names], wires):
            count += 1
        return count

    def goes_on(self, first: int, start: int, names: Sequence[str], wires: Sequence[Wire]) -> bool:
        """Whether the block at `start` is one more round of that at `first`, and alone uses the round before."""
        length, before = len(names), self.nodes[start - 1].id
        block = self.nodes[start : start + length]
        return (
            [node.layer for node in block] == names
            and self.users[before] <= {*range(start, start + length)}
            and self.wires(start, length, before) == wires
            and self.is_closed(start, length)
            and [*map(self.written, block)] == [*map(self.written, self.nodes[first : first + length])]
        )


def counted_names(name: str) -> Iterator[tuple[CountedName, int]]:
    """Every number in the name with what stands around it."""
    for found in NUMBER.finditer(name):
        yield CountedName(name[: found.start()], name[found.end() :]), int(found.group())
