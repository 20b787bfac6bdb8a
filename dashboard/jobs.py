"""Jobs: the one door through which pages give the engine long work, hold it against the limits, and have it stopped."""

from __future__ import annotations

from typing import Any

from components.datasets import DATASETS, asked_rows
from components.experiment import Experiment, experiment_to_json
from components.graph import Json
from components.limits import limits_from_environment
from components.runs import NoSuchRun, Run
from components.searching.jobs import keys_of
from dashboard import backstage

ENOUGH_EPOCHS = 3
"""So many epochs of a run tell how long its next ones take."""


def submit(function: str, run_id: str, *arguments: Any, key: str = "", retries: int = 0) -> None:
    """Hand a run's job to the engine, by the run's id or another key; begun anew so often if its worker dies."""
    store, seconds = backstage.store(), limits_from_environment().seconds
    backstage.engine().submit(
        function, store.url, run_id, *arguments, key=key or run_id, seconds=seconds, retries=retries
    )


def stop(run_id: str, place: str) -> None:
    """Stop a job, a search in all its seats: at once where it waits; where it runs by itself, or it is ended.

    Raises NoSuchRun for another's.
    """
    backstage.store().run(run_id, place)
    engine = backstage.engine()
    waited = [engine.stop(key) for key in engine.active_keys() if key in keys_of(run_id)]
    if not waited or not all(waited):
        backstage.store().send(run_id, "stop", workspace=place)


# Limits


def check_another(workspace: str) -> None:
    """Raise LimitError where a visitor has as many jobs as are allowed: runs, searches, their labs and ensembles."""
    limits_from_environment().check_jobs(len(backstage.store().active_runs(workspace)) + labs_of(workspace))


def labs_of(workspace: str) -> int:
    """How many parts of the visitor's labs wait or run; they have no runs of their own, as a search's seats have not."""
    parts = [key.partition("/") for key in backstage.engine().active_keys()]
    return [visitor_of(study) for study, _, lab in parts if lab and not lab.isdigit()].count(workspace)


def visitor_of(run_id: str) -> str | None:
    """Whose a search is, by the place beside that visitor's runs where it is kept; None when it was deleted."""
    try:
        return backstage.store().run(run_id).workspace.partition("/")[0]
    except NoSuchRun:
        return None


def check_training(experiment: Experiment, parameters: int, before: Run | None) -> None:
    """Raise LimitError where a training asks for too much, as far as that can be told before it begins.

    `before` is the run that went before it, by which its time is told where only its training differs.
    """
    limits = limits_from_environment()
    if experiment.data.dataset in DATASETS:
        limits.check_rows(asked_rows(experiment.data.dataset, experiment.data.config))
    limits.check_parameters(parameters)
    if before is not None and is_alike(experiment_to_json(experiment), before.experiment):
        limits.check_seconds(experiment.training.epochs * seconds_per_epoch(before))


def is_alike(one: Json, other: Json) -> bool:
    """Whether an epoch of the two takes about the same time."""
    same = all(one[part] == other.get(part) for part in ("graph", "data"))
    return same and one["training"]["batch_size"] == other["training"]["batch_size"]


def seconds_per_epoch(run: Run) -> float:
    """What an epoch of a run took at its best; 0 where too few were trained to tell it from the time of compiling."""
    epochs = backstage.store().records(run.id, kinds=("epoch",))
    return min(record.values.get("seconds", 0.0) for record in epochs) if len(epochs) >= ENOUGH_EPOCHS else 0.0
