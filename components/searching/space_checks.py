"""What is wrong with a search space for an experiment, in sentences: rule, value, remedy."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from components.experiment import Experiment, ExperimentError
from components.graph import Graph, GraphError, Layer, graph_at, is_input, output_names, source_of
from components.layers import check_config
from components.parameters import check_value, show
from components.searching.applying import apply, reshape
from components.searching.conditions import choose
from components.searching.pointing import parameter_of
from components.searching.search_space import (
    MOST_DIMENSIONS,
    MOST_REPEATS,
    PLACES,
    SHAPING,
    Dimension,
    SearchSpace,
    SpaceError,
)


def check_space(experiment: Experiment, space: SearchSpace) -> list[str]:
    """What is wrong with a space for this experiment, a sentence each (rule, value, remedy); [] when all is well."""
    if not space.dimensions:
        return ["A search varies at least one thing, and this space is empty; point at a parameter first."]
    if len(space.dimensions) > MOST_DIMENSIONS:
        return [f"A space has at most {MOST_DIMENSIONS} dimensions, and this has {len(space.dimensions)}; remove some."]
    doubled = sorted({name for name in space.names if space.names.count(name) > 1})
    sentences = [f"Names of dimensions are unique, and “{name}” is there twice; remove one." for name in doubled]
    for place, dimension in enumerate(space.dimensions):
        before = space.dimensions[:place]
        sentences += check_range(dimension) or check_condition(dimension, before)
        sentences += check_place(where_it_counts(experiment, space, dimension), dimension) if not sentences else []
    return sentences or check_extremes(experiment, space)


def where_it_counts(experiment: Experiment, space: SearchSpace, one: Dimension) -> Experiment:
    """The experiment in which a dimension is looked at: with the layer in place under which alone it counts."""
    other = next((other for other in space.dimensions if one.only_if and other.name == one.only_if[0]), None)
    if other is None or one.only_if is None or other.place != "kind":
        return experiment
    return replace(experiment, graph=reshape(experiment.graph, {other.name: one.only_if[1][0]}, SearchSpace((other,))))


def check_range(one: Dimension) -> list[str]:
    """Whether the values hold together, whatever they are for."""
    if one.place not in PLACES:
        return [
            f"A dimension varies one of {', '.join(PLACES)}, and “{one.name}” varies {show(one.place)}; choose one."
        ]
    if one.choices:
        return check_choices(one)
    if one.least is None or one.most is None:
        return [f"“{one.name}” needs a range or choices, and has neither; give it from and to."]
    if not all(is_finite(value) for value in (one.least, one.most)):
        return [f"“{one.name}” goes between two numbers, and these are {one.least!r} and {one.most!r}; correct them."]
    if one.least >= one.most:
        return [f"“{one.name}” goes from less to more, and this is {one.least:g} to {one.most:g}; swap or widen them."]
    if one.log and one.least <= 0:
        return [f"A log scale begins above 0, and “{one.name}” begins at {one.least:g}; begin higher or switch it off."]
    if one.log and one.step is not None:
        return [f"A log scale has no steps, and “{one.name}” has steps of {one.step:g}; leave one of the two out."]
    if one.step is not None and not (is_finite(one.step) and 0 < one.step <= one.most - one.least):
        return [f"A step is above 0 and fits the range, and that of “{one.name}” is {one.step!r}; correct it."]
    if one.whole and not all(float(value).is_integer() for value in (one.least, one.most, one.step or 1)):
        return [f"“{one.name}” takes whole numbers, and its range is {one.least:g} to {one.most:g}; round it."]
    return []


def is_finite(value: Any) -> bool:
    """Whether it is a number that can be an end of a range."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def check_choices(one: Dimension) -> list[str]:
    """Whether there is something to choose between, in values that a study can hold."""
    if len(set(map(repr, one.choices))) < 2:
        return [f"There is a choice between two values at least, and “{one.name}” has one; add another or remove it."]
    odd = [value for value in one.choices if not (value is None or isinstance(value, (bool, int, float, str)))]
    if odd:
        return [f"A choice is a number, a word or a switch, and “{one.name}” offers {show(odd[0])}; leave it out."]
    return []


def check_condition(one: Dimension, before: tuple[Dimension, ...]) -> list[str]:
    """Whether a condition speaks of an earlier dimension and of values that it takes."""
    if one.only_if is None:
        return []
    other, values = one.only_if
    known = {dimension.name: dimension for dimension in before}
    if other not in known:
        return [
            f"“{one.name}” depends on “{other}”, which does not come before it; put that first or drop the condition."
        ]
    offered = known[other].values
    foreign = [value for value in values if offered is not None and value not in offered]
    if foreign or not values:
        return [f"“{one.name}” counts when “{other}” is {show(foreign[0] if foreign else None)}, which it never is."]
    return []


def check_place(experiment: Experiment, one: Dimension) -> list[str]:
    """Whether what varies is there, and takes the values."""
    if one.place == "kind":
        return check_kinds(experiment.graph, one)
    if one.place in SHAPING:
        return check_topology(experiment.graph, one)
    fact = parameter_of(experiment, one)
    if fact is None:
        return [f"“{one.name}” is no longer in this experiment; remove it from the space or put the layer back."]
    if one.parameter == "loss_weight" and one.owner not in output_names(experiment.graph):
        return [f"A loss weight belongs to an output, and “{one.owner}” is none; remove “{one.name}”."]
    tried = one.choices or tuple(int(end) if one.whole else end for end in (one.least, one.most))  # type: ignore[arg-type]
    complaints = [check_value(fact, value) for value in tried]
    return [f"“{one.name}”: {complaint}" for complaint in complaints if complaint][:1]


def check_kinds(graph: Graph, one: Dimension) -> list[str]:
    """Whether there is a layer whose place can be taken, and something sound behind each choice."""
    try:
        held = graph_at(graph, one.path).layers.get(one.owner)
    except GraphError:
        held = None
    if held is None or is_input(held):
        return [f"“{one.name}” is about a layer that is not there, or an input; remove it from the space."]
    options = dict(one.options)
    missing = [choice for choice in one.choices if choice not in options]
    if missing:
        return [f"“{one.name}” offers {show(missing[0])}, and nothing stands behind it; leave it out."]
    found = {
        name: check_config(layer.kind, layer.config) for name, layer in options.items() if isinstance(layer, Layer)
    }
    return [f"“{one.name}”, {name}: {wrong[0]}" for name, wrong in found.items() if wrong][:1]


def check_topology(graph: Graph, one: Dimension) -> list[str]:
    """Whether a node may be left out or repeated, or a branch cut."""
    try:
        inner = graph_at(graph, one.path)
        node = inner.node(one.owner)
    except GraphError:
        return [f"“{one.name}” is about a node that is not there; remove it from the space."]
    if one.place == "branch":
        entering = [reference for reference in node.inputs if source_of(reference) == one.parameter]
        if not entering or len(node.inputs) < 2:
            return [
                f"A branch is one of several that enter a node, and “{one.parameter}” is none; remove “{one.name}”."
            ]
        return []
    if is_input(inner.layer_of(node)) or len(node.inputs) != 1:
        return [
            f"What may be left out or repeated has one input, and “{node.id}” has {len(node.inputs)}; choose another."
        ]
    if node.id in map(source_of, inner.outputs):
        return [f"An output is always there, once, and “{node.id}” is one; choose a node before it."]
    if one.place == "repeat" and not (one.whole and (one.least or 0) >= 0 and (one.most or 0) <= MOST_REPEATS):
        return [f"A node repeats from 0 to {MOST_REPEATS} times, and “{one.name}” says otherwise; correct the range."]
    return []


def check_extremes(experiment: Experiment, space: SearchSpace) -> list[str]:
    """Whether the least and the greatest of everything still make an experiment."""
    for end in (0, -1):
        values = choose(space, experiment.graph, lambda dimension, end=end: end_of(dimension, end))  # type: ignore[misc]
        try:
            apply(experiment, values, space)
        except (SpaceError, GraphError, ExperimentError) as error:
            return [str(error)]
    return []


def end_of(dimension: Dimension, end: int) -> Any:
    """The first or the last value."""
    if dimension.choices:
        return dimension.choices[end]
    value = (dimension.least, dimension.most)[end]
    return int(value) if dimension.whole and value is not None else value
