"""Refusals: a call that Keras does not carry out, with all that is needed to explain and to mend it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from components.graph import Fix, Graph, Layer, Node, Problem
from components.layers import find_layer
from components.shapes import Shape, write_shapes

LONGEST = 300
"""Characters of Keras's own words that are shown."""


@dataclass(frozen=True)
class Refusal:
    """A call of a layer, the shapes and dtypes that come in, and what Keras says against it."""

    graph: Graph
    node: Node
    shapes: tuple[Shape, ...]
    dtypes: tuple[str, ...]
    error: str

    @property
    def layer(self) -> Layer:
        """The layer that is called; never a nested graph."""
        layer = self.graph.layer_of(self.node)
        assert isinstance(layer, Layer)
        return layer

    @property
    def kind(self) -> str:
        """The layer's Keras class."""
        return self.layer.kind

    def setting(self, name: str) -> Any:
        """An argument of the layer, its default where it is not set."""
        defaults = {parameter.name: parameter.default for parameter in find_layer(self.kind).parameters}
        return self.layer.config.get(name, defaults.get(name))

    def has(self, name: str) -> bool:
        """Whether the layer takes an argument of that name."""
        return any(parameter.name == name for parameter in find_layer(self.kind).parameters)

    def problem(self, message: str, *fixes: Fix) -> Problem:
        """The problem at the call's node."""
        return Problem(self.node.id, message, fixes)

    @property
    def written_shapes(self) -> str:
        """What comes in, for a person."""
        return write_shapes(self.shapes)


def first_sentence(error: str) -> str:
    """Keras's own sentence, without its notes on arguments, its escapes and its name for the layer."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", error)
    plain = re.sub(r"^Exception encountered when calling .*?\.\n+", "", plain, flags=re.S)
    plain = re.sub(r"Input (\d+) with name '[^']*' of layer '?\w+'? is incompatible with the layer: ", "", plain)
    line = next((line.strip() for line in plain.splitlines() if line.strip()), "it gives no reason")
    return line if len(line) <= LONGEST else line[:LONGEST] + "…"
