"""LayerKind: what the catalogue says of one Keras layer class."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from components.parameters import Parameter

GROUPS = (
    "Core",
    "Convolution",
    "Pooling",
    "Recurrent",
    "Normalization",
    "Regularization",
    "Attention",
    "Reshaping",
    "Merging",
    "Activation",
    "Preprocessing",
)
"""Keras's own groups."""

HANDOVERS = (
    "single",  # layer(a)
    "list",  # layer([a, b])
    "arguments",  # layer(a, b)
    "state",  # layer(a, initial_state=[b, c]); layer(a) when there is nothing but a
)


@dataclass(frozen=True)
class LayerKind:
    """One Keras layer: its parameters in the order of Keras's signature, and how it is called.

    `arity` is the least and most number of inputs (None: any); `start` the arguments that make a freshly placed
    one valid; `handover` how several inputs reach it (one of HANDOVERS).
    """

    name: str
    group: str
    summary: str
    parameters: tuple[Parameter, ...] = ()
    arity: tuple[int, int | None] = (1, 1)
    start: Mapping[str, Any] = field(default_factory=dict)
    handover: str = "single"

    def parameter(self, name: str) -> Parameter | None:
        """The parameter of that name, or None."""
        return next((parameter for parameter in self.parameters if parameter.name == name), None)
