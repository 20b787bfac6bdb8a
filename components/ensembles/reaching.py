"""Reaching: how the output of a call deep inside a network is got at, told once for Keras and once for source code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from components.codegen.calls import output_count
from components.graph import Graph, Layer, calls_of, split_reference


class Maker(Protocol):
    """What is made on the way: tensors and models of Keras, or the source that makes them."""

    def layer(self, model: Any, name: str) -> Any:
        """The model's layer of that name."""

    def outputs(self, layer: Any) -> Any:
        """What a layer gives that is called once."""

    def call(self, layer: Any, held: Layer | Graph, inputs: Sequence[Any]) -> Any:
        """What a layer, as the graph holds it, gives for other tensors."""

    def item(self, outputs: Any, place: int) -> Any:
        """One of several tensors."""

    def part(self, model: Any, outputs: Any) -> Any:
        """The model up to those tensors."""


def reach(make: Maker, model: Any, graph: Graph, way: Sequence[str]) -> Any:
    """What the call at the end of a way gives, from the inputs of the model that the graph describes.

    `way` has the ids of nodes, those that call the models around it first. Keras knows the tensors of a layer's first call,
    and of a nested model those by which it was made: what is called again, or inside, is called anew, with the same weights.
    """
    node_id, *inside = way
    node = graph.node(node_id)
    held = graph.layer_of(node)
    layer = make.layer(model, node.layer)
    if inside:
        assert isinstance(held, Graph), "a way leads through models"
        layer = make.part(layer, reach(make, layer, held, inside))
    elif len(calls_of(graph, node.layer)) == 1:
        return make.outputs(layer)
    return make.call(layer, held, [enter(make, model, graph, reference) for reference in node.inputs])


def enter(make: Maker, model: Any, graph: Graph, reference: str) -> Any:
    """The tensor that a reference points at."""
    source, place = split_reference(reference)
    outputs = reach(make, model, graph, (source,))
    return make.item(outputs, place) if output_count(graph.layer_of(graph.node(source))) > 1 else outputs
