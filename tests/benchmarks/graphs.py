"""Graphs of any size to measure with."""

from __future__ import annotations

from components.graph import Graph
from components.weaving import Loom

COLUMNS = 10


def tower(size: int) -> Graph:
    """A graph of that many nodes: columns of dense layers that exchange what they know now and then."""
    loom = Loom()
    count = min(COLUMNS, max(1, size // 6))
    row = [loom.input(f"input_{column}", [8]) for column in range(count)]
    made = count
    while made < size - 1:
        row, made = grow(loom, row, made, size - 1 - made)
    return loom.graph(loom("Concatenate", *row, name="all_columns") if count > 1 else row[0])


def grow(loom: Loom, row: list[str], made: int, most: int) -> tuple[list[str], int]:
    """One more row, of at most so many nodes: dense layers, and one sum of two neighbours."""
    grown = list(row)
    for column in range(min(len(row), most)):
        if column % 5 == 4:
            grown[column] = loom("Add", row[column], row[column - 1], name=f"add_{made}")
        else:
            grown[column] = loom("Dense", row[column], name=f"dense_{made}", units=8)
        made += 1
    return grown, made
