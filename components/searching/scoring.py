"""Scoring: how a trial comes out: its best epoch, by which it is judged, the weights it had then, and how it ended."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import optuna
from optuna.trial import TrialState

from components.experiment import Experiment
from components.searching.archives import Archive
from components.searching.bench import Bench, weights_of
from components.searching.studies import Plan
from components.training.running import sentence_of

logger = logging.getLogger(__name__)


@dataclass
class Best:
    """The best epoch so far by the plan's monitor; `weights` are those of that epoch where they are kept."""

    plan: Plan
    keeps: bool = True
    value: float | None = None
    epoch: int = 0
    weights: list[np.ndarray] | None = None

    def take(self, epoch: int, logs: Mapping[str, Any], model: keras.Model) -> bool:
        """Take in an epoch; whether its score and its loss are numbers still, so that it is of use to go on."""
        value = float(logs[self.plan.monitor])
        if not (math.isfinite(value) and math.isfinite(float(logs["loss"]))):
            return False
        if self.plan.is_better(value, self.value):
            self.value, self.epoch = value, epoch
            self.weights = weights_of(model) if self.keeps else None
        return True


@dataclass
class Course:
    """A trial while it trains, and how it ends: what it reached, and whether it was cut short or its loss blew up."""

    archive: Archive
    trial: optuna.Trial
    best: Best
    pruned: bool = False
    diverged: bool = False

    @property
    def number(self) -> int:
        """Its number among those of its sampler, from 0."""
        return self.trial.number

    @property
    def state(self) -> TrialState:
        """What is told of it to its sampler."""
        if self.diverged or self.best.value is None:
            return TrialState.FAIL
        return TrialState.PRUNED if self.pruned else TrialState.COMPLETE

    def take(self, epoch: int, logs: Mapping[str, Any], model: keras.Model) -> bool:
        """Take in an epoch; whether it is worth going on."""
        plan = self.archive.plan
        if not self.best.take(epoch, logs, model):
            self.diverged = True
            return False
        value = float(logs[plan.monitor])
        self.pruned = self.archive.should_prune(self.trial, epoch, value) and epoch < plan.epochs
        return not self.pruned


def best_of(bench: Bench, experiment: Experiment, plan: Plan, seed: int | None = None, keeps: bool = False) -> Best:
    """Train an experiment; its best epoch, without a value when it did not train."""
    best = Best(plan, keeps)
    try:
        bench.fit(experiment, best.take, seed=seed)
    except Exception as error:
        logger.info("A fit failed: %s", sentence_of(error))
    return best
