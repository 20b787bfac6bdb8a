"""Carrying: what becomes of a search space when the experiment that it is about is edited."""

from __future__ import annotations

from collections.abc import Callable

from components.graph import Graph, GraphError, Json, graph_at
from components.searching.pointing import name_of
from components.searching.search_space import Dimension, SearchSpace

Path = tuple[str, ...]


def follow_edit(space: SearchSpace, edit: Json, path: Path, graph: Graph) -> SearchSpace:
    """The space with its dimensions about what the edit renamed or grouped inside the model at `path`.

    `graph` is the whole graph before the edit, which can be carried out.
    """
    path = (*path, *edit.get("path", ()))
    if edit.get("edit") == "rename_layer":
        old, new = edit["layer"], edit["name"]
        node = rename_of_node(graph_at(graph, path), old, new)
        return moved(space, lambda one: renamed(one, old, new, node, path))
    if edit.get("edit") == "group":
        inner = graph_at(graph, path)
        ids = set(edit["ids"])
        layers = {node.layer for node in inner.nodes if node.id in ids}
        return moved(space, lambda one: grouped(one, edit["name"], ids, layers, path))
    return space


def rename_of_node(graph: Graph, old: str, new: str) -> tuple[str, str]:
    """The node's id before and after its layer was renamed: `components.edits.rename_layer` takes it along if it is free."""
    ids = {node.id for node in graph.nodes}
    return (old, new) if old in ids and new not in ids else (old, old)


def moved(space: SearchSpace, move: Callable[[Dimension], Dimension]) -> SearchSpace:
    """The space with each dimension moved, and conditions on it following its name and its choices."""
    pairs = [(one, follow_name(one, move(one))) for one in space.dimensions]
    after = {old.name: (old, new) for old, new in pairs}

    def conditioned(one: Dimension) -> Dimension:
        if one.only_if is None or one.only_if[0] not in after:
            return one
        (old, new), values = after[one.only_if[0]], one.only_if[1]
        now = dict(zip(old.choices, new.choices, strict=True))
        return one.but(only_if=(new.name, tuple(now.get(value, value) for value in values)))

    return SearchSpace(tuple(conditioned(new) for _, new in pairs))


def follow_name(old: Dimension, new: Dimension) -> Dimension:
    """The moved dimension under the name that says what it is about now, unless it has one of its own."""
    own = old.name != name_of(old.place, old.owner, old.parameter, old.path)
    return new if own else new.but(name=name_of(new.place, new.owner, new.parameter, new.path))


def renamed(one: Dimension, old: str, new: str, node: tuple[str, str], path: Path) -> Dimension:
    """A dimension after a layer of the graph at `path`, and perhaps its node, got another name."""
    depth = len(path)
    if one.place == "training":
        return one.but(owner=new) if one.owner == old and not path else one
    if one.path[:depth] != path:
        return one
    if len(one.path) > depth:
        inside = (*path, new if one.path[depth] == old else one.path[depth], *one.path[depth + 1 :])
        return one.but(path=inside)
    by_layer = one.place in ("layer", "kind")
    before, after = (old, new) if by_layer else node
    one = one.but(owner=after) if one.owner == before else one
    if one.place == "branch" and one.parameter == before:
        return one.but(parameter=after)
    return with_options_renamed(one, old, new) if one.place == "kind" else one


def with_options_renamed(one: Dimension, old: str, new: str) -> Dimension:
    """A choice of blocks, of which one bears the name of a block of the graph."""
    if not isinstance(dict(one.options).get(old), Graph):
        return one
    options = tuple((new if name == old else name, block) for name, block in one.options)
    return one.but(options=options, choices=tuple(new if choice == old else choice for choice in one.choices))


def grouped(one: Dimension, name: str, ids: set[str], layers: set[str], path: Path) -> Dimension:
    """A dimension after nodes of the graph at `path` became a model of that name: what was about them is inside."""
    depth = len(path)
    if one.place == "training" or one.path[:depth] != path:
        return one
    if len(one.path) > depth:
        return one.but(path=(*path, name, *one.path[depth:])) if one.path[depth] in layers else one
    about = layers if one.place in ("layer", "kind") else ids
    return one.but(path=(*path, name)) if one.owner in about else one


# What is gone


def without_gone(space: SearchSpace, graph: Graph, before: SearchSpace, graph_before: Graph) -> SearchSpace:
    """The space without the dimensions whose layer or node was there before an edit and is not any more.

    The dimensions of `before` are the same, in the same order, as they were before the edit. Those about a block that may
    stand in a place are not in the graph itself, before or after.
    """
    pairs = zip(before.dimensions, space.dimensions, strict=True)
    gone = [now.name for then, now in pairs if is_there(graph_before, then) and not is_there(graph, now)]
    for name in gone:
        space = space.minus(name)
    return space


def is_there(graph: Graph, one: Dimension) -> bool:
    """Whether the layer or the nodes that a dimension is about are in the graph."""
    if one.place == "training":
        return not one.owner or one.owner in graph.layers
    try:
        inner = graph_at(graph, one.path)
    except GraphError:
        return False
    if one.place in ("layer", "kind"):
        return one.owner in inner.layers
    ids = {node.id for node in inner.nodes}
    return one.owner in ids and (one.place != "branch" or one.parameter in ids)
