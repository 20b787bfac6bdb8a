"""Bayesian search with a Gaussian process, as an Optuna sampler on scikit-learn: Optuna's own needs PyTorch."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import FrozenTrial, TrialState
from threadpoolctl import threadpool_limits

Values = dict[str, Any]

STARTUP = 10
"""Random trials before the first that is modelled."""

CANDIDATES = 400
"""Points among which the most promising is chosen: half from anywhere, half near the best."""

TUNE_AGAIN = 1.15
"""The kernel is fitted anew when there are so many times as many trials as when it was last."""

MOST_POINTS = 120
"""Trials that the process is fitted to, the best and the latest: its time grows with their cube."""


class GaussianProcessSampler(optuna.samplers.BaseSampler):
    """Fits a Gaussian process with a Matérn kernel to what was seen, and asks where the expected improvement is largest.

    J. Snoek et al., "Practical Bayesian Optimization of Machine Learning Algorithms", 2012. Dimensions that not every
    trial has are sampled at random.
    """

    def __init__(self, seed: int | None = None) -> None:
        self._random = np.random.default_rng(seed)
        self._independent = optuna.samplers.RandomSampler(seed)
        self._process: Any = None
        self._width = self._tuned = 0
        self._common = optuna.search_space.IntersectionSearchSpace()

    def infer_relative_search_space(self, study: optuna.Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """The dimensions that every trial so far has."""
        return {name: one for name, one in self._common.calculate(study).items() if not one.single()}

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> Values:
        """Where the improvement is expected to be largest; nothing while there is too little to learn from."""
        seen = [one for one in study.get_trials(deepcopy=False) if is_scored(one, search_space)]
        if not search_space or len(seen) < STARTUP:
            return {}
        sign = -1.0 if study.direction == optuna.study.StudyDirection.MINIMIZE else 1.0
        told = list(most_telling(seen, sign))
        scores = sign * np.array([score_of(one) for one in told])
        best = told[int(scores.argmax())].params
        # What others train counts as bad until they tell, so that they are not followed to the same place.
        untold = [
            one for one in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)) if one.number != trial.number
        ]
        untold = [one for one in untold if all(name in one.params for name in search_space)]
        told, scores = told + untold, np.append(scores, np.full(len(untold), scores.min()))
        candidates = [self._anywhere(search_space) for _ in range(CANDIDATES // 2)]
        candidates += [self._near(best, search_space) for _ in range(CANDIDATES // 2)]
        points = encode([one.params for one in told], search_space)
        self._fit(points, scores, len(seen))
        return candidates[int(self._gain(encode(candidates, search_space), scores.max()).argmax())]

    def _fit(self, points: np.ndarray, scores: np.ndarray, count: int) -> None:
        """Fit the process, its kernel anew only now and then: that is what takes the time."""
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.gaussian_process import GaussianProcessRegressor

        known = self._process.kernel_ if self._process is not None and self._width == points.shape[1] else None
        tunes = known is None or count >= self._tuned * TUNE_AGAIN
        self._process = GaussianProcessRegressor(
            known or kernel_of(points.shape[1]), optimizer="fmin_l_bfgs_b" if tunes else None, normalize_y=True
        )
        # Many threads on matrices as small as these only wait for one another.
        with warnings.catch_warnings(), threadpool_limits(1):
            warnings.simplefilter("ignore", ConvergenceWarning)
            self._process.fit(points, scores)
        self._width, self._tuned = points.shape[1], count if tunes else self._tuned

    def _gain(self, candidates: np.ndarray, best: float) -> np.ndarray:
        """How much better than the best score each candidate is expected to be; float [candidates]."""
        from scipy.stats import norm

        with threadpool_limits(1):
            mean, spread = self._process.predict(candidates, return_std=True)
        spread = np.maximum(spread, 1e-9)
        away = (mean - best) / spread
        return (mean - best) * norm.cdf(away) + spread * norm.pdf(away)

    def sample_independent(
        self, study: optuna.Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """At random."""
        return self._independent.sample_independent(study, trial, param_name, param_distribution)

    def reseed_rng(self) -> None:
        """Begin another sequence of random numbers."""
        self._random = np.random.default_rng()
        self._independent.reseed_rng()

    def _anywhere(self, space: Mapping[str, BaseDistribution]) -> Values:
        return {name: place(one, self._random.random()) for name, one in space.items()}

    def _near(self, values: Values, space: Mapping[str, BaseDistribution]) -> Values:
        """One or two dimensions moved a little, or a choice made anew."""
        moved = {name: values[name] for name in space}
        for name in self._random.choice(list(space), size=min(2, len(space)), replace=False):
            one = space[name]
            if isinstance(one, CategoricalDistribution):
                moved[name] = place(one, self._random.random())
            else:
                at = share(one, values[name]) + self._random.normal(0, 0.12)
                moved[name] = place(one, float(np.clip(at, 0.0, 1.0 - 1e-9)))
        return moved


def is_scored(trial: FrozenTrial, space: Mapping[str, BaseDistribution]) -> bool:
    """Whether the trial has a finite score and all those dimensions."""
    if trial.state not in (TrialState.COMPLETE, TrialState.PRUNED) or any(name not in trial.params for name in space):
        return False
    score = score_of(trial)
    return score is not None and math.isfinite(score)


def score_of(trial: FrozenTrial) -> Any:
    """A trial's value; of a pruned one what it had last."""
    if trial.state == TrialState.COMPLETE:
        return trial.value
    return trial.intermediate_values.get(trial.last_step) if trial.last_step is not None else None


def most_telling(seen: Sequence[FrozenTrial], sign: float) -> Sequence[FrozenTrial]:
    """All, or the best and the latest of them."""
    if len(seen) <= MOST_POINTS:
        return seen
    best = sorted(seen, key=lambda one: sign * score_of(one))[-MOST_POINTS // 2 :]
    return list({one.number: one for one in [*best, *seen[-MOST_POINTS // 2 :]]}.values())


# Points of the unit cube


def share(one: BaseDistribution, value: float) -> float:
    """Where a number stands in its range, from 0 to 1."""
    assert isinstance(one, (FloatDistribution, IntDistribution)), "choices have no order"
    low, high = scaled_ends(one)
    return ((math.log(value) if one.log else value) - low) / (high - low)


def scaled_ends(one: FloatDistribution | IntDistribution) -> tuple[float, float]:
    """The ends of the range, logarithms on a log scale."""
    return (math.log(one.low), math.log(one.high)) if one.log else (one.low, one.high)


def place(one: BaseDistribution, at: float) -> Any:
    """The value that stands at a share from 0 to 1 of the distribution."""
    if isinstance(one, CategoricalDistribution):
        return one.choices[int(at * len(one.choices))]
    assert isinstance(one, (FloatDistribution, IntDistribution)), "Optuna has three kinds"
    low, high = scaled_ends(one)
    value = low + at * (high - low)
    value = math.exp(value) if one.log else value
    if one.step and not one.log:
        value = one.low + round((value - one.low) / one.step) * one.step
    value = min(max(value, one.low), one.high)
    return round(value) if isinstance(one, IntDistribution) else float(value)


def encode(points: Sequence[Values], space: Mapping[str, BaseDistribution]) -> np.ndarray:
    """Values as rows of numbers from 0 to 1, a column for each choice; float [points, columns]."""
    columns = []
    for name, one in space.items():
        if isinstance(one, CategoricalDistribution):
            columns += [[float(point[name] == choice) for point in points] for choice in one.choices]
        else:
            columns.append([share(one, point[name]) for point in points])
    return np.array(columns).T


def kernel_of(dimensions: int) -> Any:
    """Matérn 5/2 with a length for each dimension, and noise."""
    from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel

    smooth = Matern(np.full(dimensions, 0.5), (0.05, 10.0), nu=2.5)
    return ConstantKernel(1.0, (0.05, 20.0)) * smooth + WhiteKernel(1e-2, (1e-6, 1.0))
