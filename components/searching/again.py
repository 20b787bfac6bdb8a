"""Searching again: a plan's search repeated on other data, in memory, to learn what its winner is worth."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import optuna
from optuna.trial import TrialState

from components.experiment import Experiment
from components.searching.archives import Archive
from components.searching.bench import Bench
from components.searching.feasibility import Feasibility
from components.searching.scoring import Best, Course
from components.searching.studies import Plan, trial_experiment


@dataclass(frozen=True)
class Found:
    """The winner of a search: its experiment, its score where it was chosen, its weights at that epoch."""

    experiment: Experiment
    score: float
    weights: list[np.ndarray]


def search_again(
    bench: Bench, experiment: Experiment, plan: Plan, on_score: Callable[[float], object] = lambda score: None
) -> Found | None:
    """The winner of the plan's search on the bench's data, by its samplers, budget and pruner; None without one.

    `on_score` is told the score of each complete trial.
    """
    best: Found | None = None
    feasibility = Feasibility(experiment, plan)
    for sampler in plan.samplers:
        archive = Archive(optuna.storages.InMemoryStorage(), "again", sampler, plan, experiment.graph)
        while not archive.is_over and (asked := archive.ask()) is not None:
            found = try_out(bench, archive, *asked, experiment, feasibility)
            if found is not None:
                on_score(found.score)
            if found is not None and plan.is_better(found.score, best.score if best else None):
                best = found
    return best


def try_out(
    bench: Bench,
    archive: Archive,
    trial: optuna.Trial,
    values: Mapping[str, Any],
    experiment: Experiment,
    feasibility: Feasibility,
) -> Found | None:
    """Train and tell one trial; what it found, unless it failed or was pruned."""
    if feasibility.complaint(values) is not None:
        archive.tell(trial, None, TrialState.FAIL, impossible=True)
        return None
    tried, course = trial_experiment(experiment, values, archive.plan), Course(archive, trial, Best(archive.plan))
    try:
        bench.fit(tried, course.take)
    except ValueError:
        course.diverged = True
    best = course.best
    archive.tell(trial, best.value, course.state)
    if course.state != TrialState.COMPLETE or best.value is None:
        return None
    return Found(tried, best.value, best.weights or [])
