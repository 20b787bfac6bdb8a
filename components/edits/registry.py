"""The edits by their names, and how one that arrives as JSON is carried out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from components.graph import Graph, GraphError, Json

Edit = Callable[..., Graph]
EDITS: dict[str, Edit] = {}


def edit(function: Edit) -> Edit:
    """Enter the function among the edits that may arrive as JSON."""
    EDITS[function.__name__] = function
    return function


def apply_edit(graph: Graph, data: Json, path: Sequence[str] = ()) -> Graph:
    """The graph after one edit given as JSON: `{"edit": name, …arguments}`.

    `path` names nested graphs, outermost first, inside which the edit happens; an edit's own
    `"path"` does the same. Raises GraphError when the edit is unknown or breaks a rule.
    """
    arguments = dict(data)
    name = arguments.pop("edit", None)
    path = (*path, *arguments.pop("path", ()))
    if name not in EDITS:
        raise GraphError(f"“{name}” is no edit of this version; reload the page.")
    return edit_inside(graph, path, lambda inner: call_edit(inner, name, arguments))


def call_edit(graph: Graph, name: str, arguments: Json) -> Graph:
    """The edit of that name with those arguments, malformed ones as GraphError."""
    try:
        return EDITS[name](graph, **arguments)
    except (TypeError, KeyError, AttributeError, IndexError) as error:
        raise GraphError(f"The edit “{name}” does not fit this graph; reload the page and try again.") from error


def edit_inside(graph: Graph, path: Sequence[str], change: Callable[[Graph], Graph]) -> Graph:
    """The graph with `change` applied to the nested graph at `path`."""
    if not path:
        return change(graph)
    inner = graph.layers.get(path[0])
    if not isinstance(inner, Graph):
        raise GraphError(f"There is no model “{path[0]}” in this graph; it may have been ungrouped.")
    return replace(graph, layers={**graph.layers, path[0]: edit_inside(inner, path[1:], change)})
