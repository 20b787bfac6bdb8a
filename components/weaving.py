"""A loom for writing graphs in Python: call it once per layer, then ask it for the graph."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from components.graph import INPUT, Graph, Layer, Node, unique_name


class Loom:
    """Weaves a Graph as one would write a Keras functional model.

        loom = Loom()
        x = loom.input("features", [64])
        x = loom("Dense", x, units=32, activation="relu")
        graph = loom.graph(x)

    Every method returns the reference that the next call takes as its input.
    """

    def __init__(self) -> None:
        self._layers: dict[str, Layer | Graph] = {}
        self._nodes: list[Node] = []

    def input(self, name: str, shape: Sequence[int | None], dtype: str = "float32") -> str:
        """An input without its batch axis; `None` in the shape means any length."""
        config: dict[str, Any] = {"shape": list(shape)}
        if dtype != "float32":
            config["dtype"] = dtype
        return self._call(name, Layer(INPUT, config), ())

    def __call__(self, kind: str, *inputs: str, name: str | None = None, **config: Any) -> str:
        """A new layer of that kind called on the inputs; its name defaults to the kind in lower case."""
        return self._call(name or kind.lower(), Layer(kind, config), inputs)

    def model(self, name: str, graph: Graph, *inputs: str) -> str:
        """A graph as a layer, called on the inputs."""
        return self._call(name, graph, inputs)

    def again(self, node: str, *inputs: str, name: str | None = None) -> str:
        """One more call of the layer that `node` calls: shared weights."""
        layer = next(n.layer for n in self._nodes if n.id == node)
        return self._add(Node(self._free(name or layer), layer, tuple(inputs)))

    def graph(self, *outputs: str) -> Graph:
        """The graph woven so far, leaving at those references."""
        return Graph(dict(self._layers), tuple(self._nodes), tuple(outputs))

    def _call(self, name: str, layer: Layer | Graph, inputs: tuple[str, ...]) -> str:
        name = self._free(name)
        self._layers[name] = layer
        return self._add(Node(name, name, inputs))

    def _add(self, node: Node) -> str:
        self._nodes.append(node)
        return node.id

    def _free(self, name: str) -> str:
        return unique_name(name, set(self._layers) | {node.id for node in self._nodes})
