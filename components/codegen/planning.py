"""Which functions build a model and the models inside it, and in which order they call the layers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from components.codegen.errors import CodeError
from components.codegen.naming import Names
from components.graph import Graph, Node, ancestors, source_of, topological_order


@dataclass(frozen=True)
class Builder:
    """A function that returns a model: which graph, which model's name, and where that model is used.

    `paths` are the nested layers that it builds, as `("outer", "inner")`; the whole network's path is `()`.
    """

    graph: Graph
    function: str
    title: str
    paths: tuple[tuple[str, ...], ...]

    def keys(self, node: Node) -> tuple[str, ...]:
        """The node as the line map names it, once for every place in which it is used."""
        return tuple("/".join((*path, node.id)) for path in self.paths)

    @property
    def named_by_caller(self) -> bool:
        """Whether several layers are built by this one function."""
        return len({path[-1:] for path in self.paths}) > 1


def plan_builders(graph: Graph, title: str, names: Names, function: str = "build_model") -> list[Builder]:
    """The functions that build the graph, inner models first; equal inner graphs share a function.

    `function` is the name of the last, which the caller has claimed.
    """
    found: dict[str, Builder] = {}
    for inner_path, inner in nested_graphs(graph):
        key = inner.fingerprint
        if key in found:
            found[key] = replace(found[key], paths=(*found[key].paths, inner_path))
        else:
            found[key] = Builder(inner, names.claim(f"build_{inner_path[-1]}"), inner_path[-1], (inner_path,))
    return [*found.values(), Builder(graph, function, title, ((),))]


def nested_graphs(graph: Graph, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Graph]]:
    """Every graph inside the graph that is called, with its path, the innermost first."""
    for name in dict.fromkeys(node.layer for node in live_nodes(graph)):
        layer = graph.layers[name]
        if isinstance(layer, Graph):
            yield from nested_graphs(layer, (*path, name))
            yield (*path, name), layer


def live_nodes(graph: Graph) -> list[Node]:
    """The inputs and all nodes that outputs depend on, in the order in which the model is built.

    Raises CodeError when the graph has no output.
    """
    if not graph.outputs:
        raise CodeError("A model has at least one output, and this one has none; mark a layer as an output.")
    needed = set(graph.inputs).union(*(ancestors(graph, source_of(r)) | {source_of(r)} for r in graph.outputs))
    return [node for node in topological_order(graph) if node.id in needed]
