"""What a preset is: an architecture, a block or a lesson, with the words that a person chooses it by."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from components.experiment import Experiment
from components.graph import Json

CONCEPTS = ("branches", "concat", "residual", "shared", "nested", "many inputs", "many outputs")
"""What a topology can show; the gallery filters by these."""


@dataclass(frozen=True)
class Architecture:
    """An experiment ready to train: its idea in a sentence, the concepts it shows, its parameters as Keras counts."""

    name: str
    title: str
    idea: str
    concepts: tuple[str, ...]
    experiment: Experiment
    parameters: int


@dataclass(frozen=True)
class Block:
    """A pattern of layers to insert: `insert(graph, source=…, target=…, place=…, shape=…, config=…)` gives the edits."""

    name: str
    title: str
    summary: str
    insert: Callable[..., Sequence[Json]]
    config: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Lesson:
    """A text with the architecture that it is about."""

    name: str
    title: str
    text: str
    architecture: str
