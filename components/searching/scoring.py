"""Scoring: the best epoch of a fit, by which a trial is judged, and the weights that it had then."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from components.experiment import Experiment
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


def best_of(bench: Bench, experiment: Experiment, plan: Plan, seed: int | None = None, keeps: bool = False) -> Best:
    """Train an experiment; its best epoch, without a value when it did not train."""
    best = Best(plan, keeps)
    try:
        bench.fit(experiment, best.take, seed=seed)
    except Exception as error:
        logger.info("A fit failed: %s", sentence_of(error))
    return best
