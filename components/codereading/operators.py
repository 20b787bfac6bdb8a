"""Operators between values: numbers, texts and lists as in Python, tensors as the layers that do the same."""

from __future__ import annotations

from collections.abc import Mapping

from components.codereading.errors import NotRead
from components.codereading.members import Members
from components.codereading.plain import BINARY, PLAIN, bounded
from components.codereading.values import Tensor, Unknown, Value

OPERATIONS: Mapping[str, str] = {"Add": "Add", "Sub": "Subtract", "Mult": "Multiply", "Div": "Divide"}
"""Python's operators, and what Keras calls the same."""

MERGES = {"Add", "Subtract", "Multiply"}
"""Operations between two tensors that a merging layer does as well."""


class Operators(Members):
    """Puts values together."""

    def combine(self, operator: str, left: Value, right: Value, source: str) -> Value:
        """Two values under an operator: numbers, texts and lists as in Python, tensors as the layer that does it."""
        if isinstance(left, Tensor) or isinstance(right, Tensor):
            return self.combine_tensors(operator, left, right, source)
        if isinstance(left, Unknown) or isinstance(right, Unknown):
            return Unknown(source)
        if not isinstance(left, PLAIN) or not isinstance(right, PLAIN) or operator not in BINARY:
            raise NotRead(f"“{source}” is not read; write it out.")
        return bounded(BINARY[operator](bounded(left), bounded(right)))

    def combine_tensors(self, operator: str, left: Value, right: Value, source: str) -> Value:
        """A tensor and another, or a tensor and a number."""
        operation = OPERATIONS.get(operator, operator)
        if isinstance(left, Tensor) and isinstance(right, Tensor) and operation in MERGES:
            return self.apply(self.make_layer(operation, (), {}), [[left, right]], {})
        tensor, number = (left, right) if isinstance(left, Tensor) else (right, left)
        scaled = scale_and_offset(operation, number, behind=tensor is left)
        if scaled is None:
            self.tell(f"“{source}” has no layer that does it, so what it takes in is passed on.")
            return tensor
        scale, offset = scaled
        return self.apply(self.make_layer("Rescaling", (), {"scale": scale, "offset": offset}), [tensor], {})

    def truth(self, value: Value) -> bool | None:
        """Whether the value counts as true; None when it is not known."""
        if isinstance(value, Unknown):
            return None
        return bool(value) if isinstance(value, PLAIN) else True


def scale_and_offset(operation: str, number: Value, behind: bool) -> tuple[float, float] | None:
    """The `Rescaling` that Keras's operation with a number is, which stands behind the tensor or before it; None when none."""
    if not isinstance(number, (int, float)) or isinstance(number, bool):
        return None
    if operation == "Multiply":
        return float(number), 0.0
    if operation == "Add":
        return 1.0, float(number)
    if operation == "Subtract":
        return (1.0, -float(number)) if behind else (-1.0, float(number))
    if operation == "Divide" and behind and number:
        return 1.0 / number, 0.0
    return None
