"""Bayesian search with a Gaussian process, as an Optuna sampler on scikit-learn: Optuna's own needs PyTorch."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import FrozenTrial, TrialState
from threadpoolctl import ThreadpoolController

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
        best = shares_of([told[int(scores.argmax())].params], search_space)
        # What others train counts as bad until they tell, so that they are not followed to the same place.
        untold = [
            one for one in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)) if one.number != trial.number
        ]
        untold = [one for one in untold if all(name in one.params for name in search_space)]
        told, scores = told + untold, np.append(scores, np.full(len(untold), scores.min()))
        candidates = np.concatenate([self._anywhere(search_space), self._near(best, search_space)])
        points = encode(shares_of([one.params for one in told], search_space), search_space)
        # Many threads on matrices as small as these only wait for one another.
        with thread_pools().limit(limits=1):
            self._fit(points, scores, len(seen))
            gains = self._gain(encode(candidates, search_space), scores.max())
        chosen = candidates[int(gains.argmax())]
        return {name: place(one, at) for (name, one), at in zip(search_space.items(), chosen, strict=True)}

    def _fit(self, points: np.ndarray, scores: np.ndarray, count: int) -> None:
        """Fit the process, its kernel anew only now and then: that is what takes the time."""
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.gaussian_process import GaussianProcessRegressor

        known = self._process.kernel_ if self._process is not None and self._width == points.shape[1] else None
        tunes = known is None or count >= self._tuned * TUNE_AGAIN
        self._process = GaussianProcessRegressor(
            known or kernel_of(points.shape[1]), optimizer="fmin_l_bfgs_b" if tunes else None, normalize_y=True
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            self._process.fit(points, scores)
        self._width, self._tuned = points.shape[1], count if tunes else self._tuned

    def _gain(self, candidates: np.ndarray, best: float) -> np.ndarray:
        """How much better than the best score each candidate is expected to be; float [candidates]."""
        from scipy.stats import norm

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

    def _anywhere(self, space: Mapping[str, BaseDistribution]) -> np.ndarray:
        """Half of the candidates, all over the space; shares, float [candidates, dimensions]."""
        return self._random.random((CANDIDATES // 2, len(space)))

    def _near(self, best: np.ndarray, space: Mapping[str, BaseDistribution]) -> np.ndarray:
        """The other half: of the best, one or two dimensions moved a little, or a choice made anew; shares alike."""
        shape = CANDIDATES // 2, len(space)
        anew = np.array([isinstance(one, CategoricalDistribution) for one in space.values()])
        moved = np.clip(best + self._random.normal(0, 0.12, shape), 0.0, 1.0 - 1e-9)
        moved = np.where(anew, self._random.random(shape), moved)
        chosen = self._random.random(shape).argsort(axis=1) < 2
        return np.where(chosen, moved, best)


@cache
def thread_pools() -> ThreadpoolController:
    """Those of the libraries that the process is computed with: to look for them takes as long as to fit it."""
    import sklearn.gaussian_process  # noqa: F401

    return ThreadpoolController()


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


def shares_of(points: Sequence[Values], space: Mapping[str, BaseDistribution]) -> np.ndarray:
    """Where values stand in their dimensions, from 0 to 1; float [points, dimensions]."""
    return np.array([[share(one, point[name]) for name, one in space.items()] for point in points])


def share(one: BaseDistribution, value: Any) -> float:
    """Where a value stands in its range, from 0 to 1; a choice stands in the middle of its own part."""
    if isinstance(one, CategoricalDistribution):
        return (one.to_internal_repr(value) + 0.5) / len(one.choices)
    assert isinstance(one, (FloatDistribution, IntDistribution)), "Optuna has three kinds"
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
    value = float(values_at(one, np.array(at)))
    return round(value) if isinstance(one, IntDistribution) else value


def values_at(one: FloatDistribution | IntDistribution, at: np.ndarray) -> np.ndarray:
    """The numbers that stand at those shares, on the steps of the distribution."""
    low, high = scaled_ends(one)
    values = low + at * (high - low)
    values = np.exp(values) if one.log else values
    if one.step and not one.log:
        values = one.low + np.round((values - one.low) / one.step) * one.step
    values = np.clip(values, one.low, one.high)
    return np.round(values) if isinstance(one, IntDistribution) else values


def encode(shares: np.ndarray, space: Mapping[str, BaseDistribution]) -> np.ndarray:
    """Shares as the process is given them, on the steps of their dimensions, a column for each choice of one.

    float [points, dimensions] → float [points, columns].
    """
    columns = []
    for at, one in zip(shares.T, space.values(), strict=True):
        if isinstance(one, CategoricalDistribution):
            columns += list(((at * len(one.choices)).astype(int)[:, None] == np.arange(len(one.choices))).T)
        else:
            assert isinstance(one, (FloatDistribution, IntDistribution)), "Optuna has three kinds"
            low, high = scaled_ends(one)
            values = values_at(one, at)
            columns.append(((np.log(values) if one.log else values) - low) / (high - low))
    return np.array(columns, dtype=float).T


def kernel_of(dimensions: int) -> Any:
    """Matérn 5/2 with a length for each dimension, and noise."""
    from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel

    smooth = Matern(np.full(dimensions, 0.5), (0.05, 10.0), nu=2.5)
    return ConstantKernel(1.0, (0.05, 20.0)) * smooth + WhiteKernel(1e-2, (1e-6, 1.0))
