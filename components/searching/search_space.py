"""Search spaces: what may vary in an Experiment, as plain data; knows neither Keras nor a sampler."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from components.experiment import plain
from components.graph import Graph, Json, Layer, layer_from_json, layer_to_json
from components.parameters import Parameter
from components.settings import OPTIMIZERS

SHAPING = ("branch", "present", "repeat", "kind")
"""What changes the topology: whether a branch enters a merge, whether a node is there, how often it stands in a row,
and which layer or block stands in a place. What comes first here decides on what comes later."""

PLACES = ("layer", "training", *SHAPING)
"""What a dimension can vary: a layer's parameter, a training setting, and the topology."""

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

    `place` is one of PLACES. `owner` is a layer's name for "layer" and "kind", a node's id for "repeat" and "present", the
    merging node's id for "branch", an output's name for the training setting `loss_weight`. `parameter` is the layer's or
    the training's argument, or the source of the branch. `path` leads into nested models.

    With `choices` one of them is taken, otherwise a number from `least` to `most`: whole if `whole`, on a log scale if
    `log`, in steps of `step` where it is set. `only_if` is `(another dimension's name, the values under which this one
    counts)`; that other comes before it. `options` holds, for "kind", the layer or the block that each choice stands for.
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
    options: tuple[tuple[str, Layer | Graph], ...] = ()

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
        ordered = sorted([*kept, dimension], key=lambda one: one.place not in SHAPING)
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
            field.name: options_to_json(one) if field.name == "options" else plain(getattr(one, field.name))
            for field in fields(one)
            if getattr(one, field.name) != field.default
        }
        for one in space.dimensions
    ]


def options_to_json(one: Dimension) -> Json:
    """What the choices stand for."""
    return [[name, layer_to_json(layer)] for name, layer in one.options]


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
    given["options"] = tuple((str(name), layer_from_json(layer)) for name, layer in given.get("options", ()))
    if given.get("only_if"):
        other, values = given["only_if"]
        given["only_if"] = (str(other), tuple(values))
    return Dimension(**given)
