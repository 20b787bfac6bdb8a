"""Heads: whether the end of a network, its loss and its target agree, and the edits that make them agree."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from components.checks import activation_of
from components.graph import Fix, Graph, Json, Layer, Node, Problem
from components.layers import LAYERS
from components.problems.columns import Column
from components.problems.mends import configure, flattened, source_before
from components.problems.ranks import keeps_axes
from components.shapes import Shape, write_shape

SPARSE, ONE_HOT, BINARY = "sparse_categorical_crossentropy", "categorical_crossentropy", "binary_crossentropy"
BINARY_LOSSES = {BINARY, "binary_focal_crossentropy"}
NUMBER_LOSSES = {
    "mse", "mae", "mean_squared_error", "mean_absolute_error", "huber", "log_cosh", "mean_squared_logarithmic_error",
    "mean_absolute_percentage_error",
}  # fmt: skip
UNITS = ("Dense", "EinsumDense")
"""Heads whose number of outputs is a setting of theirs."""


@dataclass(frozen=True)
class Head:
    """An output of the graph: the node that gives it, its shape, and its loss."""

    graph: Graph
    node: Node
    shape: Shape
    loss: str

    @property
    def name(self) -> str:
        """The name under which Keras knows the output."""
        return self.node.layer

    @property
    def layer(self) -> Layer | Graph:
        """The layer that the output comes from."""
        return self.graph.layer_of(self.node)

    @property
    def units(self) -> int | None:
        """How many numbers come out, along the last axis."""
        return self.shape[-1] if len(self.shape) > 1 else 1

    @property
    def activation(self) -> str | None:
        """Keras's name of the function that the output passes through; None where it cannot be told."""
        if isinstance(self.layer, Graph):
            return activation_of(self.layer) or None
        if self.layer.kind == "Softmax":
            return "softmax"
        known = any(parameter.name == "activation" for parameter in LAYERS[self.layer.kind].parameters)
        return activation_of(self.layer) or "linear" if known and LAYERS[self.layer.kind].group != "Recurrent" else None

    @property
    def is_dense(self) -> bool:
        """Whether units and activation can be set."""
        return isinstance(self.layer, Layer) and self.layer.kind == "Dense"

    def problem(self, message: str, *fixes: Fix | None) -> Problem:
        """The problem at the head."""
        return Problem(self.node.id, message, tuple(fix for fix in fixes if fix is not None))

    def change(self, label: str, loss: str | None = None, **config: Any) -> Fix | None:
        """The head, and its loss, set otherwise; None where the layer has no such settings."""
        edits: list[Json] = []
        if config:
            if not self.is_dense:
                return None
            edits.append(configure(self.name, **config))
        if loss is not None and loss != self.loss:
            edits.append({"edit": "set_loss", "output": self.name, "loss": loss})
        return Fix(label, tuple(edits)) if edits else None


def match_head(head: Head, column: Column) -> Problem | None:
    """The first thing in which head, loss and target disagree."""
    return next((problem for rule in RULES if (problem := rule(head, column))), None)


def many_axes(head: Head, column: Column) -> Problem | None:
    """A head that still has an image's or a sequence's axes where the target has one value per sample."""
    if len(head.shape) < 3 or not (column.flat or (head.loss == ONE_HOT and len(column.shape) == 1)):
        return None
    first = head.node if len(head.shape) < 4 else first_dense(head.graph, head.node)
    what = "this output is" if first is head.node else "this leads to an output of"
    message = f"The target is one value per sample, and {what} {write_shape(head.shape)}; pool or flatten before it."
    return Problem(first.id, message, tuple(flattened(head.graph, first, 0, head.shape)))


def first_dense(graph: Graph, node: Node) -> Node:
    """The first of the dense layers that end in the node: there the pixels of an image begin to be judged one by one."""
    first, current = node, node
    while (before := source_before(graph, current)) is not None:
        layer = graph.layer_of(before)
        if not isinstance(layer, Layer) or layer.kind not in LAYERS or not keeps_axes(layer.kind):
            break
        current, first = before, before if layer.kind == "Dense" else first
    return first


def softmax_of_one(head: Head, column: Column) -> Problem | None:
    """A softmax over one unit is always 1."""
    if head.activation != "softmax" or head.units != 1:
        return None
    several = classes_fix(head, column) if column.classes > 2 else None
    numbers = None if column.classes else head.change("Leave the activation out", loss="mse", unset=["activation"])
    binary = head.change("Use sigmoid", loss=BINARY, activation="sigmoid") if column.classes in (0, 2) else None
    message = "A softmax over 1 unit is always 1 and can learn nothing; use a sigmoid, or one unit per class."
    return head.problem(message, several, numbers, binary)


def classes_fix(head: Head, column: Column) -> Fix | None:
    """A softmax over all classes with the loss that goes with it."""
    label = f"Use {column.classes} units, softmax and {SPARSE}"
    return head.change(label, loss=SPARSE, units=column.classes, activation="softmax")


def binary_fix(head: Head) -> Fix | None:
    """A sigmoid for two classes with the loss that goes with it."""
    return head.change(f"Use 1 unit, sigmoid and {BINARY}", loss=BINARY, units=1, activation="sigmoid")


def numbers_fix(head: Head, column: Column) -> Fix | None:
    """A linear head for numbers with the loss that goes with it."""
    units = column.shape[0] if len(column.shape) == 1 else 1
    return head.change(
        f"Use {units} unit{'s' if units > 1 else ''}, no activation and mse",
        loss="mse",
        units=units,
        unset=["activation"],
    )


def sparse_loss(head: Head, column: Column) -> Problem | None:
    """Class numbers, a unit for each class."""
    if head.loss != SPARSE or (column.flat and 0 < column.classes <= (head.units or 0)):
        return None
    if not column.flat and column.shape[-1:] == head.shape[-1:]:
        message = f"{SPARSE} takes class numbers, and the target is a row of {column.shape[-1]} values; use {ONE_HOT}."
        return head.problem(message, head.change(f"Use {ONE_HOT}", loss=ONE_HOT))
    if not column.classes:
        message = f"{SPARSE} takes class numbers, and the target holds other values; use a loss for numbers."
        return head.problem(message, numbers_fix(head, column))
    have = f"{head.units} unit{'s' if head.units != 1 else ''}"
    message = f"The target has {column.classes} classes, and this output has {have}; give it one unit per class."
    return head.problem(message, classes_fix(head, column), binary_fix(head) if column.classes == 2 else None)


def one_hot_loss(head: Head, column: Column) -> Problem | None:
    """Rows of ones and zeros, a unit for each."""
    if head.loss != ONE_HOT or (not column.flat and column.shape[-1:] == head.shape[-1:]):
        return None
    if column.flat:
        message = f"{ONE_HOT} takes rows of ones and zeros, and the target is class numbers; use {SPARSE}."
        fits_classes = 0 < column.classes <= (head.units or 0)
        sparse = head.change(f"Use {SPARSE}", loss=SPARSE) if fits_classes else classes_fix(head, column)
        return head.problem(message, sparse if column.classes else numbers_fix(head, column))
    message = f"The target is rows of {column.shape[-1]} values, and this output has {head.units}; give it as many."
    return head.problem(
        message, head.change(f"Use {column.shape[-1]} units", units=column.shape[-1], activation="softmax")
    )


def shares(head: Head, column: Column) -> Problem | None:
    """A loss over classes expects shares that add up to 1."""
    if head.loss not in (SPARSE, ONE_HOT) or head.activation in (None, "softmax"):
        return None
    message = f"{head.loss} expects shares that add up to 1, and {head.activation} gives none; use softmax."
    return head.problem(message, head.change("Use softmax", activation="softmax"))


def binary_loss(head: Head, column: Column) -> Problem | None:
    """A probability for each yes or no."""
    if head.loss not in BINARY_LOSSES:
        return None
    if column.classes > 2:
        message = f"{head.loss} tells 2 classes apart, and the target has {column.classes}; use a softmax over them."
        return head.problem(message, classes_fix(head, column))
    if column.least < 0 or column.greatest > 1:
        reach = f"{column.least:g} to {column.greatest:g}"
        message = f"{head.loss} takes values from 0 to 1, and the target goes from {reach}; use a loss for numbers."
        return head.problem(message, numbers_fix(head, column))
    if column.flat and head.units != 1:
        message = (
            f"{head.loss} compares one unit with one target, and this output has {head.units}; use 1 unit, or {SPARSE}."
        )
        return head.problem(message, binary_fix(head), classes_fix(head, column) if column.classes else None)
    if head.activation in (None, "sigmoid", "hard_sigmoid"):
        return None
    message = f"{head.loss} expects a probability, and {head.activation} gives none; use sigmoid."
    return head.problem(message, head.change("Use sigmoid", activation="sigmoid"))


def number_loss(head: Head, column: Column) -> Problem | None:
    """Distances between numbers say nothing about classes."""
    if head.loss not in NUMBER_LOSSES:
        return None
    treats_as_classes = head.activation in ("softmax", "sigmoid") or (head.units or 1) > 1
    if column.classes and (column.named or treats_as_classes):
        message = (
            f"{head.loss} measures distances between numbers, and the target is {column.classes} classes; "
            "use a loss for classes."
        )
        return head.problem(message, *(fix(head, column) for fix in class_fixes(head, column)))
    width = 1 if column.flat else column.shape[-1]
    if head.activation == "softmax":
        message = f"{head.loss} compares numbers of any size, and softmax gives shares that add up to 1; leave it out."
        return head.problem(message, numbers_fix(head, column))
    if head.units not in (None, width):
        have = f"{width} number{'s' if width > 1 else ''}"
        message = f"The target is {have} per sample, and this output has {head.units}; give it as many."
        return head.problem(message, head.change(f"Use {width} unit{'s' if width > 1 else ''}", units=width))
    return None


def class_fixes(head: Head, column: Column) -> list[Callable[[Head, Column], Fix | None]]:
    """The losses for classes that suit the head, the one that changes least first."""
    if head.activation == "softmax" and (head.units or 0) >= column.classes:
        return [lambda head, _: head.change(f"Use {SPARSE}", loss=SPARSE)]
    if column.classes == 2:
        return [lambda head, _: binary_fix(head), classes_fix]
    return [classes_fix]


RULES: tuple[Callable[[Head, Column], Problem | None], ...] = (
    many_axes, softmax_of_one, sparse_loss, one_hot_loss, shares, binary_loss, number_loss,
)  # fmt: skip
"""Tried in this order; the first that finds something speaks."""
