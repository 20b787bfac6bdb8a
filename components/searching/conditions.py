"""Conditions: which dimensions count after what was chosen before, and every combination that is left."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from components.graph import Graph, GraphError, Layer, graph_at, leading_to_outputs, source_of, topological_order
from components.layers import find_layer
from components.searching.applying import reshape
from components.searching.search_space import MOST_GRID, SHAPING, Dimension, SearchSpace, SpaceError


class Conditions:
    """What counts in a space over a graph: its own conditions, and what the choices about topology leave standing."""

    def __init__(self, space: SearchSpace, graph: Graph | None = None) -> None:
        self.space, self._graph = space, graph
        self.order = in_order(space, graph)
        self._shaping = [one for one in self.order if one.place in SHAPING]
        self._standing: dict[tuple[Any, ...], Graph] = {}

    def choose(self, ask: Callable[[Dimension], Any]) -> dict[str, Any]:
        """A value for each dimension that counts, asked for one after the other."""
        values: dict[str, Any] = {}
        for dimension in self.order:
            if self.counts(dimension, values):
                values[dimension.name] = ask(dimension)
        return values

    def counts(self, dimension: Dimension, chosen: Mapping[str, Any]) -> bool:
        """Whether the dimension matters after those choices: its condition holds, and what it is about is there."""
        if dimension.only_if is not None:
            other, values = dimension.only_if
            if other not in chosen or chosen[other] not in values:
                return False
        if self._graph is None or dimension.place == "training":
            return True
        inner = inner_of(self.standing(chosen), dimension.path)
        return inner is not None and matters(dimension, inner)

    def standing(self, chosen: Mapping[str, Any]) -> Graph:
        """The graph after the choices about its topology so far; as it is, where they do not go together."""
        assert self._graph is not None, "without a graph nothing is asked of it"
        made = tuple(repr(chosen.get(one.name)) for one in self._shaping)
        if made not in self._standing:
            try:
                self._standing[made] = reshape(self._graph, chosen, self.space)
            except (SpaceError, GraphError):
                self._standing[made] = self._graph
        return self._standing[made]


def inner_of(graph: Graph, path: Sequence[str]) -> Graph | None:
    """The nested graph at a path; None where it is not called on the way to an output."""
    for name in path:
        inner = graph.layers.get(name)
        if not isinstance(inner, Graph) or name not in called(graph):
            return None
        graph = inner
    return graph


def called(graph: Graph) -> set[str]:
    """The layers that are called on the way to an output."""
    needed = leading_to_outputs(graph)
    return {node.layer for node in graph.nodes if node.id in needed}


def matters(dimension: Dimension, graph: Graph) -> bool:
    """Whether what a dimension is about stands in its graph."""
    if dimension.place in ("layer", "kind"):
        layer = graph.layers.get(dimension.owner)
        if dimension.owner not in called(graph) or layer is None:
            return False
        return dimension.place == "kind" or (isinstance(layer, Layer) and takes(layer, dimension.parameter))
    if dimension.owner not in leading_to_outputs(graph):
        return False
    if dimension.place == "branch":
        entering = [source_of(reference) for reference in graph.node(dimension.owner).inputs]
        return len(entering) > 1 and dimension.parameter in entering
    return True


def takes(layer: Layer, parameter: str) -> bool:
    """Whether a layer has a parameter of that name."""
    return find_layer(layer.kind).parameter(parameter) is not None


def in_order(space: SearchSpace, graph: Graph | None = None) -> list[Dimension]:
    """The dimensions, each after those that decide whether it counts: its condition's, then outer before inner graphs,
    branches of later merges before those of earlier ones, branches before layers, layers before their parameters."""
    waiting = sorted(space.dimensions, key=lambda one: rank_of(one, graph))
    ordered: list[Dimension] = []
    while waiting:
        known = {one.name for one in ordered}
        free = [one for one in waiting if one.only_if is None or one.only_if[0] in known]
        # A condition that can never be met is told by the checks; here it is asked about last.
        ordered.append(free[0] if free else waiting[0])
        waiting.remove(ordered[-1])
    return ordered


def rank_of(dimension: Dimension, graph: Graph | None) -> tuple[int, int, int]:
    """Where a dimension stands among the others."""
    if dimension.place not in SHAPING:
        return (len(SHAPING) * 100, 0, 0)
    place = 0
    if graph is not None and dimension.place == "branch":
        try:
            inner = graph_at(graph, dimension.path)
            place = -[node.id for node in topological_order(inner)].index(dimension.owner)
        except (GraphError, ValueError):
            place = 0  # it is not there: the checks say so
    return (len(dimension.path), SHAPING.index(dimension.place), place)


def choose(space: SearchSpace, graph: Graph | None, ask: Callable[[Dimension], Any]) -> dict[str, Any]:
    """A value for each dimension that counts, asked for one after the other."""
    return Conditions(space, graph).choose(ask)


def grid(space: SearchSpace, graph: Graph | None = None) -> list[dict[str, Any]]:
    """Every combination, each once; SpaceError where there are infinitely many or too many."""
    size = 1
    for dimension in space.dimensions:
        if dimension.values is None:
            raise SpaceError(
                f"A grid tries every value, and “{dimension.name}” has too many; give it a step or choices, "
                "or use another sampler."
            )
        size *= len(dimension.values)
    if size > MOST_GRID:
        raise SpaceError(f"A grid has at most {MOST_GRID:,} points here, and this has {size:,}; use fewer values.")
    return list({tuple(sorted(one.items(), key=str)): one for one in combinations(space, graph)}.values())


def combinations(space: SearchSpace, graph: Graph | None) -> Iterator[dict[str, Any]]:
    """Every combination, some more than once where a dimension does not count."""
    conditions = Conditions(space, graph)
    for values in itertools.product(*(dimension.values or () for dimension in space.dimensions)):
        given = dict(zip(space.names, values, strict=True))
        yield conditions.choose(lambda dimension, given=given: given[dimension.name])  # type: ignore[misc]
