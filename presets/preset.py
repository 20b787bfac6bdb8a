"""What a preset is: an architecture, a block or a lesson, with the words that a person chooses it by."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from components.edits import apply_edit
from components.experiment import Experiment
from components.graph import INPUT, Graph, GraphError, Json, Layer, Node, source_of, unique_name
from components.parameters import Parameter, check_values
from presets.inserting import Stitches, seam_at

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
    """A pattern of layers that is inserted already connected, its reason as the summary.

    `weave(stitches, seam, **config)` adds the nodes and returns the reference where the block ends.
    """

    name: str
    title: str
    summary: str
    weave: Callable[..., str]
    parameters: tuple[Parameter, ...] = ()

    def insert(
        self,
        graph: Graph,
        *,
        source: str | None = None,
        target: str | None = None,
        place: int = 0,
        shape: Sequence[int | None] | None = None,
        config: Mapping[str, Any] | None = None,
    ) -> list[Json]:
        """The edits that put the block on an edge (`target`, `place`), after a node (`source`), or on its own.

        `shape` is what flows at the place, batch axis included, where it is known. Raises GraphError when the
        block has no such parameter or value, or does not fit what flows there.
        """
        chosen = {parameter.name: parameter.default for parameter in self.parameters} | dict(config or {})
        wrong = check_values(self.title, self.parameters, chosen)
        if wrong:
            raise GraphError(wrong[0])
        stitches = Stitches(graph)
        seam = seam_at(stitches, source, target, place, shape)
        return stitches.close(seam, self.weave(stitches, seam, **chosen))


def block_alone(block: Block, shape: Sequence[int | None]) -> Graph:
    """The block as a model of its own, for what has that shape, batch axis included; GraphError where it does not fit."""
    door = unique_name("input", ())
    graph = Graph({door: Layer(INPUT, {"shape": list(shape[1:])})}, (Node(door, door),), ())
    for edit in block.insert(graph, source=door, shape=shape):
        graph = apply_edit(graph, edit)
    fed = {source_of(reference) for node in graph.nodes for reference in node.inputs}
    ends = tuple(node.id for node in graph.nodes if node.id not in fed)
    whole = replace(graph, outputs=ends)
    if len(ends) != 1 or ends == (door,) or len(whole.inputs) != 1:
        raise GraphError(f"What stands in a layer’s place has one input and one end, and {block.title} has not.")
    return whole


@dataclass(frozen=True)
class Lesson:
    """A text with the architecture that it is about: the idea, a prediction, what is to be seen and tried next.

    `claim` names a proof of `components.proofs`, which is given the architecture, those `beside` it and the
    `options`, and the architecture once more with each of the `blocks` inserted; a lesson without one sends the reader
    to the studio. Those in `also` are shown and not given to the proof. The code of the architecture stands below the text
    in each of the `styles`. `rows` are the syllabus's.
    """

    name: str
    title: str
    text: str
    architecture: str
    rows: tuple[str, ...]
    question: str
    choices: tuple[str, ...]
    right: int
    see: str
    next: str
    correction: str = ""
    beside: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    blocks: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()
    claim: str = ""
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def shown(self) -> tuple[str, ...]:
        """The architectures that stand beside the text."""
        return (self.architecture, *self.beside, *self.also)
