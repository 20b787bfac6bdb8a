"""Voices: the members of an exported ensemble, what they answer, and the names that the file knows them by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from components.codegen.naming import Names
from components.experiment import Experiment
from components.graph import output_names


@dataclass(frozen=True)
class Voice:
    """A member as the file has it: its name, and its experiment; trees stand on the experiment's data.

    `monitor` is the value by which a network's best epoch is chosen; `tree` the kind of the trees, "" for a network.
    Trees on what a `call` gives, as `components.graph.calls_within` names it, name the place of its network among the
    voices in `on`; a network is `silent` that is there for such trees alone and answers nothing itself.
    """

    name: str
    experiment: Experiment
    monitor: str = "val_loss"
    tree: str = ""
    on: int | None = None
    call: str = ""
    silent: bool = False


@dataclass(frozen=True)
class Head:
    """One question that all members answer: whether it names classes, and the weight of each member's answer."""

    classes: bool
    weights: Sequence[float]


@dataclass(frozen=True)
class Part:
    """A member by its name in the file, and its functions: the one that gets it ready and the one that asks it."""

    key: str
    train: str
    ask: str


def keyed(voices: Iterable[Voice]) -> list[tuple[str, Voice]]:
    """Each voice with the name that the file, and the file of weights, knows it by."""
    names = Names()
    return [(names.claim(voice.name.lower()), voice) for voice in voices]


def heads_of(experiment: Experiment) -> list[str]:
    """The array that each output is compared with."""
    return [str(experiment.data.targets.get(name, name)) for name in output_names(experiment.graph)]


def arrays_of(experiment: Experiment) -> list[str]:
    """The array that feeds each input."""
    doors = [experiment.graph.node(node).layer for node in experiment.graph.inputs]
    return [str(experiment.data.inputs.get(name, name)) for name in doors]
