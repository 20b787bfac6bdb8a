"""Mending: the edits of an experiment that fixes are made of; those of its graph, and of its losses and data."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from components.edits import apply_edit
from components.experiment import Experiment
from components.graph import GraphError, Json


def apply_mend(experiment: Experiment, edit: Json, path: Sequence[str] = ()) -> Experiment:
    """The experiment after one edit: one of `MENDS`, or of `components.edits.EDITS` inside the model at `path`.

    Raises GraphError when the edit is unknown or breaks a rule.
    """
    mend = MENDS.get(edit.get("edit"))
    if mend is None:
        return replace(experiment, graph=apply_edit(experiment.graph, edit, path))
    try:
        return mend(experiment, **{name: str(value) for name, value in edit.items() if name != "edit"})
    except TypeError as error:
        raise GraphError("That mend does not fit this experiment; reload the page and try again.") from error


def set_loss(experiment: Experiment, output: str, loss: str) -> Experiment:
    """Another loss for one output."""
    losses = {**experiment.training.losses, output: loss}
    return replace(experiment, training=replace(experiment.training, losses=losses))


def set_array(experiment: Experiment, input: str, array: str) -> Experiment:
    """Another array of the data for one input."""
    return replace(experiment, data=replace(experiment.data, inputs={**experiment.data.inputs, input: array}))


def set_target(experiment: Experiment, output: str, array: str) -> Experiment:
    """Another array of the data as the target of one output."""
    return replace(experiment, data=replace(experiment.data, targets={**experiment.data.targets, output: array}))


MENDS: Mapping[Any, Callable[..., Experiment]] = {
    "set_loss": set_loss,
    "set_array": set_array,
    "set_target": set_target,
}
