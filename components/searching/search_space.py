"""Search spaces: what may vary in an Experiment, as plain data; knows neither Keras nor a sampler."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from components.edits import apply_edit, delete_and_bridge, disconnect, edit_inside, redirect
from components.experiment import Experiment, ExperimentError, check_experiment, plain
from components.graph import (
    Graph,
    GraphError,
    Json,
    Layer,
    Node,
    graph_at,
    is_input,
    output_names,
    source_of,
    unique_name,
)
from components.layers import check_config, find_layer
from components.parameters import Parameter, check_value, show
from components.settings import OPTIMIZERS

PLACES = ("layer", "training", "repeat", "present", "branch")
"""What a dimension can vary: a layer's parameter, a training setting, how often a node stands in a row, whether it is
there, and whether a branch enters a merge."""

TRAINING: Mapping[str, Parameter] = {
    "learning_rate": Parameter("learning_rate", "number", 0.001, least=1e-9, most=1e3, help="How far each step goes."),
    "batch_size": Parameter("batch_size", "integer", 32, least=1, most=65_536, help="Rows of one step."),
    "optimizer": Parameter("optimizer", "choice", "Adam", choices=tuple(OPTIMIZERS), help="How a step is made."),
    "loss_weight": Parameter("loss_weight", "number", 1.0, least=0, help="How much an output's loss counts."),
}

MOST_DIMENSIONS = 40
MOST_REPEATS = 12
MOST_GRID = 10_000


class SpaceError(ValueError):
    """A search space that breaks a rule; its text says the rule, the value and the remedy."""


@dataclass(frozen=True)
class Dimension:
    """One thing that varies, and the values it may take.

    `place` is one of PLACES. `owner` is a layer's name for "layer", a node's id for "repeat" and "present", the merging
    node's id for "branch", an output's name for the training setting `loss_weight`. `parameter` is the layer's or the
    training's argument, or the source of the branch. `path` leads into nested models.

    With `choices` one of them is taken, otherwise a number from `least` to `most`: whole if `whole`, on a log scale if
    `log`, in steps of `step` where it is set. `only_if` is `(another dimension's name, the values under which this one
    counts)`; that other comes before it.
    """

    name: str
    place: str
    owner: str = ""
    parameter: str = ""
    least: float | None = None
    most: float | None = None
    whole: bool = False
    log: bool = False
    step: float | None = None
    choices: tuple[Any, ...] = ()
    only_if: tuple[str, tuple[Any, ...]] | None = None
    path: tuple[str, ...] = ()

    def but(self, **changes: Any) -> Dimension:
        """The same dimension with some of its facts changed."""
        return replace(self, **changes)

    @property
    def values(self) -> tuple[Any, ...] | None:
        """Every value, in order; None where there are infinitely many, or too many to name."""
        if self.choices:
            return self.choices
        step = self.step or (1 if self.whole else None)
        if step is None or self.least is None or self.most is None or (self.most - self.least) / step > MOST_GRID:
            return None
        count = math.floor((self.most - self.least) / step + 1e-9) + 1
        found = [self.least + place * step for place in range(count)]
        return tuple(round(value) if self.whole else value for value in found)


@dataclass(frozen=True)
class SearchSpace:
    """The dimensions, each after those that it depends on."""

    dimensions: tuple[Dimension, ...] = ()

    def __getitem__(self, name: str) -> Dimension:
        for dimension in self.dimensions:
            if dimension.name == name:
                return dimension
        raise SpaceError(f"This space has no dimension “{name}”; choose one of {', '.join(self.names) or 'none'}.")

    @property
    def names(self) -> tuple[str, ...]:
        """The dimensions' names, in order."""
        return tuple(dimension.name for dimension in self.dimensions)

    def plus(self, dimension: Dimension) -> SearchSpace:
        """With one more, in place of the one of the same name; what decides on layers' presence comes first."""
        kept = [other for other in self.dimensions if other.name != dimension.name]
        ordered = sorted([*kept, dimension], key=lambda one: one.place not in ("present", "repeat", "branch"))
        return SearchSpace(tuple(ordered))

    def minus(self, name: str) -> SearchSpace:
        """Without the one of that name, and without the conditions on it."""
        kept = [other for other in self.dimensions if other.name != name]
        freed = [one.but(only_if=None) if one.only_if and one.only_if[0] == name else one for one in kept]
        return SearchSpace(tuple(freed))


# JSON


def space_to_json(space: SearchSpace) -> Json:
    """The space as plain data, what is at its default left out."""
    return [
        {
            field.name: plain(getattr(one, field.name))
            for field in fields(one)
            if getattr(one, field.name) != field.default
        }
        for one in space.dimensions
    ]


def space_from_json(content: Json) -> SearchSpace:
    """The space that `space_to_json` wrote; SpaceError when it is none."""
    try:
        return SearchSpace(tuple(map(dimension_from_json, content)))
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise SpaceError(
            "A search space is a list of dimensions, each with a name and a place, and this is none; make it again."
        ) from error


def dimension_from_json(content: Json) -> Dimension:
    """One dimension."""
    given = dict(content)
    for name in ("choices", "path"):
        given[name] = tuple(given.get(name, ()))
    if given.get("only_if"):
        other, values = given["only_if"]
        given["only_if"] = (str(other), tuple(values))
    return Dimension(**given)


# What counts, given what was chosen before


def counts(space: SearchSpace, dimension: Dimension, chosen: Mapping[str, Any], graph: Graph | None = None) -> bool:
    """Whether the dimension matters after those choices: its condition holds, and its layer is there."""
    if dimension.only_if is not None:
        other, values = dimension.only_if
        if other not in chosen or chosen[other] not in values:
            return False
    if dimension.place == "branch" and graph is not None:
        return len(branches_left(space, dimension, chosen, graph)) > 1
    if dimension.place != "layer":
        return True
    callers = callers_of(graph, dimension) if graph is not None else [dimension.owner]
    gone = [one.owner for one in space.dimensions if one.path == dimension.path and is_gone(one, chosen)]
    return not callers or any(caller not in gone for caller in callers)


def branches_left(space: SearchSpace, dimension: Dimension, chosen: Mapping[str, Any], graph: Graph) -> list[str]:
    """The branches that still enter the dimension's merge: the last of them is never cut."""
    cut = [
        one.parameter
        for one in space.dimensions
        if (one.place, one.owner, one.path) == ("branch", dimension.owner, dimension.path)
        and not chosen.get(one.name, True)
    ]
    node = graph_at(graph, dimension.path).node(dimension.owner)
    return [source_of(reference) for reference in node.inputs if source_of(reference) not in cut]


def callers_of(graph: Graph, dimension: Dimension) -> list[str]:
    """The nodes that call the dimension's layer."""
    inner = graph_at(graph, dimension.path)
    return [node.id for node in inner.nodes if node.layer == dimension.owner]


def is_gone(dimension: Dimension, chosen: Mapping[str, Any]) -> bool:
    """Whether the choices leave the dimension's node out."""
    absent = {"present": False, "repeat": 0}
    return dimension.place in absent and chosen.get(dimension.name, True) == absent[dimension.place]


def choose(
    space: SearchSpace, graph: Graph | None, ask: Callable[[Dimension], Any], chosen: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """A value for each dimension that counts, asked for one after the other."""
    values = dict(chosen or {})
    for dimension in space.dimensions:
        if counts(space, dimension, values, graph):
            values[dimension.name] = ask(dimension)
    return values


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
    for values in itertools.product(*(dimension.values or () for dimension in space.dimensions)):
        given = dict(zip(space.names, values, strict=True))
        yield choose(space, graph, lambda dimension, given=given: given[dimension.name])  # type: ignore[misc]


# Pointing at something


def pointed_at(
    experiment: Experiment, place: str, owner: str = "", parameter: str = "", path: tuple[str, ...] = ()
) -> Dimension:
    """A dimension with a sensible range around what the experiment has now; SpaceError where it cannot vary."""
    name = name_of(place, owner, parameter, path)
    base = Dimension(name, place, owner, parameter, path=path)
    if place in ("present", "branch"):
        return base.but(choices=(True, False))
    if place == "repeat":
        return base.but(least=1, most=3, whole=True)
    fact = parameter_of(experiment, base)
    if fact is None:
        raise SpaceError(f"There is no “{name}” in this experiment; choose a parameter of a layer that is there.")
    return ranged(base, fact, current_value(experiment, base, fact))


def name_of(place: str, owner: str, parameter: str, path: tuple[str, ...] = ()) -> str:
    """What a person reads: `hidden.units`, `learning_rate`, `noise is there`, `block repeats`."""
    where = "/".join((*path, owner))
    endings = {"present": f"{where} is there", "repeat": f"{where} repeats", "branch": f"{parameter} enters {where}"}
    return endings.get(place) or (f"{where}.{parameter}" if owner else parameter)


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


# Checking


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
        sentences += check_range(dimension) or check_condition(dimension, before) or check_place(experiment, dimension)
    return sentences or check_extremes(experiment, space)


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
    if one.place in ("repeat", "present", "branch"):
        return check_topology(experiment.graph, one)
    fact = parameter_of(experiment, one)
    if fact is None:
        return [f"“{one.name}” is no longer in this experiment; remove it from the space or put the layer back."]
    if one.parameter == "loss_weight" and one.owner not in output_names(experiment.graph):
        return [f"A loss weight belongs to an output, and “{one.owner}” is none; remove “{one.name}”."]
    tried = one.choices or tuple(int(end) if one.whole else end for end in (one.least, one.most))  # type: ignore[arg-type]
    complaints = [check_value(fact, value) for value in tried]
    return [f"“{one.name}”: {complaint}" for complaint in complaints if complaint][:1]


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


# Applying


def apply(experiment: Experiment, values: Mapping[str, Any], space: SearchSpace) -> Experiment:
    """The experiment with those values, by dimension's name; dimensions that are not among them stay as they are.

    Raises SpaceError, GraphError or ExperimentError when the result is no experiment.
    """
    changed = experiment
    for place in ("training", "layer", "branch", "repeat", "present"):
        for dimension in space.dimensions:
            if dimension.place == place and dimension.name in values:
                changed = APPLY[place](changed, dimension, values[dimension.name])
    if changed.graph != experiment.graph:
        changed = replace(changed, graph=without_dead_ends(changed.graph))
    return check_experiment(changed)


def set_training(experiment: Experiment, dimension: Dimension, value: Any) -> Experiment:
    """A training setting."""
    training = experiment.training
    if dimension.parameter == "loss_weight":
        weights = {**training.loss_weights, dimension.owner: float(value)}
        return replace(experiment, training=replace(training, loss_weights=weights))
    if dimension.parameter not in TRAINING:
        raise SpaceError(f"The training has no setting “{dimension.parameter}” to search; choose another.")
    return replace(experiment, training=replace(training, **{dimension.parameter: value}))


def set_parameter(experiment: Experiment, dimension: Dimension, value: Any) -> Experiment:
    """A layer's parameter."""
    edit = {"edit": "configure", "layer": dimension.owner, "config": {dimension.parameter: value}}
    graph = apply_edit(experiment.graph, edit, dimension.path)
    layer = graph_at(graph, dimension.path).layers[dimension.owner]
    wrong = check_config(layer.kind, layer.config) if isinstance(layer, Layer) else []
    if wrong:
        raise SpaceError(f"“{dimension.name}”: {wrong[0]}")
    return replace(experiment, graph=graph)


def set_repeats(experiment: Experiment, dimension: Dimension, value: Any) -> Experiment:
    """A node so many times in a row, each with weights of its own."""
    return edited(experiment, dimension, lambda graph: repeat_node(graph, dimension.owner, int(value)))


def set_presence(experiment: Experiment, dimension: Dimension, value: Any) -> Experiment:
    """A node there, or bridged."""
    if value:
        return experiment
    return edited(experiment, dimension, lambda graph: bridge(graph, dimension.owner))


def set_branch(experiment: Experiment, dimension: Dimension, value: Any) -> Experiment:
    """A branch into a merge there, or cut."""
    if value:
        return experiment
    return edited(experiment, dimension, lambda graph: cut_branch(graph, dimension.owner, dimension.parameter))


APPLY: Mapping[str, Callable[[Experiment, Dimension, Any], Experiment]] = {
    "training": set_training,
    "layer": set_parameter,
    "repeat": set_repeats,
    "branch": set_branch,
    "present": set_presence,
}


def edited(experiment: Experiment, dimension: Dimension, change: Callable[[Graph], Graph]) -> Experiment:
    """The experiment with the graph at the dimension's path changed."""
    return replace(experiment, graph=edit_inside(experiment.graph, dimension.path, change))


def bridge(graph: Graph, node_id: str) -> Graph:
    """Without the node, if it is there."""
    return delete_and_bridge(graph, id=node_id) if any(node.id == node_id for node in graph.nodes) else graph


def repeat_node(graph: Graph, node_id: str, times: int) -> Graph:
    """The node `times` times in a row: 0 bridges it, copies bear its layer's name with a number."""
    if times == 0:
        return bridge(graph, node_id)
    there = any(node.id == node_id for node in graph.nodes)
    for _ in range(times - 1 if there else 0):
        graph = copy_after(graph, node_id)
    return graph


def copy_after(graph: Graph, node_id: str) -> Graph:
    """One more of the node behind it, with a copy of its layer."""
    node = graph.node(node_id)
    taken = set(graph.layers) | {other.id for other in graph.nodes}
    name = unique_name(node.layer, taken)
    moved = redirect(graph, node_id, name)
    place = next(place for place, other in enumerate(moved.nodes) if other.id == node_id)
    nodes = (*moved.nodes[: place + 1], Node(name, name, (node_id,)), *moved.nodes[place + 1 :])
    return replace(moved, layers={**moved.layers, name: graph.layers[node.layer]}, nodes=nodes)


def cut_branch(graph: Graph, merge: str, source: str) -> Graph:
    """The merge without that branch; with one branch left the merge itself is bridged."""
    node = next((node for node in graph.nodes if node.id == merge), None)
    if node is None:
        raise SpaceError(f"At least one branch enters “{merge}”, and none would be left; keep one of them.")
    place = next((place for place, r in enumerate(node.inputs) if source_of(r) == source), None)
    if place is None or len(node.inputs) < 2:
        raise SpaceError(f"At least one branch enters “{merge}”, and none would be left; keep one of them.")
    cut = disconnect(graph, target=merge, place=place)
    return bridge(cut, merge) if len(node.inputs) == 2 else cut


def without_dead_ends(graph: Graph) -> Graph:
    """Without what led to an output before a branch was cut and leads to none now; inputs stay."""
    needed: set[str] = set()
    pending = [source_of(reference) for reference in graph.outputs]
    by_id = {node.id: node for node in graph.nodes}
    while pending:
        current = pending.pop()
        if current not in needed:
            needed.add(current)
            pending.extend(map(source_of, by_id[current].inputs))
    kept = tuple(node for node in graph.nodes if node.id in needed or is_input(graph.layer_of(node)))
    unfed = [node.id for node in kept if node.id not in needed]
    if unfed:
        raise SpaceError(f"Every input leads to an output, and “{unfed[0]}” would lead to none; keep its branch.")
    return replace(graph, nodes=kept, layers={node.layer: graph.layers[node.layer] for node in kept})
