"""Samplers and pruners: who proposes the next trial, and who ends one early; an entry each."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import optuna

from components.searching.gaussian import GaussianProcessSampler

optuna.logging.set_verbosity(optuna.logging.WARNING)


@dataclass(frozen=True)
class Method:
    """A sampler or a pruner: its title, what it does in a sentence, and how it is made."""

    title: str
    summary: str
    make: Callable[..., Any] = field(compare=False)


def make_tpe(seed: int, trials: int) -> optuna.samplers.BaseSampler:
    """TPE over all dimensions together, grouped where some are conditional; trials that still train count as bad ones,
    so that two workers do not try the same."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return optuna.samplers.TPESampler(
            seed=seed, multivariate=True, group=True, n_startup_trials=min(10, trials // 3)
        )


def make_genetic(seed: int, trials: int) -> optuna.samplers.BaseSampler:
    """A population small enough for ten generations; children lie around their parents, not only at their values.

    L. J. Eshelman, J. D. Schaffer, "Real-coded genetic algorithms and interval-schemata", 1993 (BLX-α).
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        crossover = optuna.samplers.nsgaii.BLXAlphaCrossover()
    size = max(4, min(20, trials // 10))
    return optuna.samplers.NSGAIISampler(seed=seed, population_size=size, crossover=crossover)


SAMPLERS: Mapping[str, Method] = {
    "random": Method(
        "Random",
        "Every value anywhere in its range: the yardstick for all others.",
        lambda seed, trials: optuna.samplers.RandomSampler(seed),
    ),
    "tpe": Method(
        "TPE", "Learns where good trials lie and where bad ones do, and samples where they differ.", make_tpe
    ),
    "gp": Method(
        "Gaussian process",
        "Models the score over the space, and tries where improvement is likely.",
        lambda seed, trials: GaussianProcessSampler(seed),
    ),
    "genetic": Method("Genetic", "Crosses and mutates the best of each generation (NSGA-II).", make_genetic),
    "grid": Method(
        "Grid",
        "Every combination once, in shuffled order: for small spaces.",
        lambda seed, trials: optuna.samplers.RandomSampler(seed),
    ),
}

PRUNERS: Mapping[str, Method] = {
    "none": Method("None", "Every trial trains to its end.", lambda epochs: optuna.pruners.NopPruner()),
    "median": Method(
        "Median",
        "Ends a trial that is worse than the median of the others at the same epoch.",
        lambda epochs: optuna.pruners.MedianPruner(n_startup_trials=5, n_warmup_steps=max(1, epochs // 5)),
    ),
    "hyperband": Method(
        "Hyperband",
        "Gives many trials a few epochs, and the best third of them three times as many.",
        lambda epochs: optuna.pruners.HyperbandPruner(min_resource=max(1, epochs // 9), max_resource=max(1, epochs)),
    ),
}
