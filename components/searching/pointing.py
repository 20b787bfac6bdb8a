"""Pointing: a dimension with a sensible range, from what a person points at in an experiment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from components.experiment import Experiment
from components.graph import Graph, GraphError, Layer, graph_at
from components.layers import find_layer
from components.parameters import Parameter
from components.searching.search_space import TRAINING, Dimension, SearchSpace, SpaceError


def pointed_at(
    experiment: Experiment, place: str, owner: str = "", parameter: str = "", path: tuple[str, ...] = ()
) -> Dimension:
    """A dimension with a sensible range around what the experiment has now; SpaceError where it cannot vary."""
    name = name_of(place, owner, parameter, path)
    base = Dimension(name, place, owner, parameter, path=path)
    if place in ("present", "branch"):
        return base.but(choices=(True, False))
    if place == "kind":
        return offering(base, standing_in(experiment.graph, owner, path))
    if place == "repeat":
        return base.but(least=1, most=3, whole=True)
    fact = parameter_of(experiment, base)
    if fact is None:
        raise SpaceError(f"There is no “{name}” in this experiment; choose a parameter of a layer that is there.")
    return ranged(base, fact, current_value(experiment, base, fact))


def name_of(place: str, owner: str, parameter: str, path: tuple[str, ...] = ()) -> str:
    """What a person reads: `hidden.units`, `learning_rate`, `noise is there`, `block repeats`."""
    where = "/".join((*path, owner))
    endings = {
        "kind": f"{where} is a",
        "present": f"{where} is there",
        "repeat": f"{where} repeats",
        "branch": f"{parameter} enters {where}",
    }
    return endings.get(place) or (f"{where}.{parameter}" if owner else parameter)


FAMILIES = (
    ("LSTM", "GRU", "SimpleRNN"),
    ("Conv2D", "SeparableConv2D"),
    ("Conv1D", "SeparableConv1D"),
    ("MaxPooling2D", "AveragePooling2D"),
    ("MaxPooling1D", "AveragePooling1D"),
    ("GlobalAveragePooling2D", "GlobalMaxPooling2D"),
    ("GlobalAveragePooling1D", "GlobalMaxPooling1D"),
    ("BatchNormalization", "LayerNormalization"),
    ("Dropout", "GaussianDropout"),
    ("Add", "Multiply", "Average", "Maximum", "Concatenate"),
)
"""Kinds of layers that can stand in one another's place."""


def standing_in(graph: Graph, owner: str, path: tuple[str, ...] = ()) -> dict[str, Layer | Graph]:
    """What could stand in a layer's place: its own kind, kinds like it, and blocks of the graph that take one input too."""
    try:
        inner = graph_at(graph, path)
    except GraphError:
        return {}
    held = inner.layers.get(owner)
    found: dict[str, Layer | Graph] = {owner: held} if isinstance(held, Graph) else alternatives(held)
    if any(len(node.inputs) != 1 for node in inner.nodes if node.layer == owner):
        return found
    blocks = {name: one for name, one in inner.layers.items() if isinstance(one, Graph) and name != owner}
    return found | {name: one for name, one in blocks.items() if len(one.inputs) == len(one.outputs) == 1}


def alternatives(layer: Layer | None) -> dict[str, Layer | Graph]:
    """The layer and what else could stand in its place, by kind; their common parameters as they are now."""
    if layer is None:
        return {}
    family = next((kinds for kinds in FAMILIES if layer.kind in kinds), ())
    found: dict[str, Layer | Graph] = {layer.kind: layer}
    for kind in family:
        entry = find_layer(kind)
        found.setdefault(kind, Layer(kind, {name: v for name, v in layer.config.items() if entry.parameter(name)}))
    return found


def offering(base: Dimension, options: Mapping[str, Layer | Graph]) -> Dimension:
    """A dimension that chooses which of these layers and blocks stands in the place; SpaceError with fewer than two."""
    if len(options) < 2:
        raise SpaceError(
            f"Nothing is known that could stand in the place of “{base.owner}”; group layers into a block and offer that."
        )
    return base.but(choices=tuple(options), options=tuple(options.items()))


def ranged(base: Dimension, fact: Parameter, value: Any) -> Dimension:
    """The dimension with the range that is usual for such a parameter."""
    if fact.type == "boolean":
        return base.but(choices=(False, True))
    if fact.type == "choice":
        offered = [choice for choice in USUAL.get(fact.name, fact.choices) if choice in fact.choices]
        return base.but(choices=tuple(dict.fromkeys([value, *offered]))[:8])
    if fact.type not in ("integer", "number", "integers"):
        raise SpaceError(f"{fact.name} is {fact.type} and cannot be searched; choose a number, a choice or a switch.")
    return numbered(base, fact, value if isinstance(value, (int, float)) and not isinstance(value, bool) else 1)


USUAL: Mapping[str, tuple[str, ...]] = {
    "activation": ("relu", "tanh", "gelu", "elu", "silu", "sigmoid", "linear"),
    "optimizer": ("Adam", "SGD", "RMSprop", "AdamW", "Nadam"),
}
"""What is offered first where there are many choices."""


def numbered(base: Dimension, fact: Parameter, value: float) -> Dimension:
    """A range of numbers around a value, inside the parameter's limits."""
    if fact.type == "number" and fact.name == "learning_rate":
        return base.but(least=value / 10, most=min(value * 10, 1.0), log=True)
    if fact.name == "rate" or (fact.least == 0 and fact.most is not None and fact.most <= 1):
        return base.but(least=0.0, most=0.6, step=0.1)
    if fact.type == "number":
        return base.but(least=max(fact.least or 0.0, value / 4), most=max(value * 4, 1.0))
    if fact.type == "integers":
        return base.but(choices=tuple(sorted({1, 3, 5, int(value)})))
    if fact.name == "batch_size":
        return base.but(choices=tuple(sorted({8, 16, 32, 64, 128, int(value)})))
    least, most = max(int(fact.least or 1), int(value) // 4), max(int(value) * 4, 4)
    return base.but(least=least, most=min(most, int(fact.most)) if fact.most is not None else most, whole=True)


def parameter_of(experiment: Experiment, dimension: Dimension) -> Parameter | None:
    """The facts of the argument that a dimension varies; None where there is no such argument."""
    if dimension.place == "training":
        return TRAINING.get(dimension.parameter)
    layer = layer_at(experiment.graph, dimension)
    return find_layer(layer.kind).parameter(dimension.parameter) if layer is not None else None


def varied_nodes(graph: Graph, space: SearchSpace | None, path: tuple[str, ...] = ()) -> Counter[str]:
    """How many dimensions vary something of each node of the graph at `path`, or inside of it."""
    nodes, depth, counts = graph_at(graph, path).nodes, len(path), Counter[str]()
    for one in space.dimensions if space is not None else ():
        if one.place == "training" or one.path[:depth] != path:
            continue
        owner, is_inside = (*one.path, one.owner)[depth], len(one.path) > depth
        by_layer = is_inside or one.place in ("layer", "kind")
        counts.update(node.id for node in nodes if owner == (node.layer if by_layer else node.id))
    return counts


def layer_at(graph: Graph, dimension: Dimension) -> Layer | None:
    """The layer that a dimension varies; None where it is not there."""
    try:
        found = graph_at(graph, dimension.path).layers.get(dimension.owner)
    except GraphError:
        return None
    return found if isinstance(found, Layer) else None


def current_value(experiment: Experiment, dimension: Dimension, fact: Parameter) -> Any:
    """What the argument is now."""
    if dimension.place == "training":
        if dimension.parameter == "loss_weight":
            return experiment.training.loss_weights.get(dimension.owner, 1.0)
        return getattr(experiment.training, dimension.parameter)
    layer = layer_at(experiment.graph, dimension)
    return layer.config.get(fact.name, fact.default) if layer is not None else fact.default
