"""Honesty: the sealed test data of a study, opened once; and what luck, other seeds and other folds say of its winner."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import optuna

from components.building import build_model
from components.experiment import Experiment
from components.graph import Json
from components.runs import Record, Run
from components.searching.bench import Bench, open_data, weights_of
from components.searching.search_space import choose
from components.searching.studies import NESTED_TRIALS, SAMPLERS, Plan, read_study, suggest, trial_experiment
from components.searching.tuning import record_breakers, trained_model
from components.store import Store
from components.training.feeding import Split
from components.training.running import compile_model, load_splits, sentence_of

logger = logging.getLogger(__name__)

FOLDS = 5

NESTED_FOLDS = 3
"""In how many folds the whole search is repeated."""


class SealError(ValueError):
    """The test data cannot be opened now; the text says why and what to do."""


# The sealed test data


def read_test(experiment: Experiment) -> Split:
    """The test part of the data: read here and nowhere else, once for each study."""
    return load_splits(experiment)["test"]


def open_seal(store_url: str, run_id: str) -> Json:
    """The winner's score on the test data, and those of the trials that led before it; read once, recorded for ever.

    Returns `{"at", "winner", "trials": [{"sampler", "number", "place", "validation", "test"}]}`, `place` being how many
    trials had ended by then. When it was opened before, what was found then.
    """
    store = Store(store_url)
    found = sealed_result(store, run_id)
    if found is not None:
        return found
    run = store.run(run_id)
    if run.active:
        raise SealError("The test data are opened when the search is over, and it still runs; stop it or wait.")
    leading = leaders(store, run)
    if not leading:
        raise SealError("There is a winner once a trial is complete, and none is yet; let the search go on.")
    # Noted before it is read: an opening that fails half-way was an opening all the same.
    store.append(run_id, [Record("seal", 0, 0, {"event": "opening", "at": time.time()})])
    experiment, plan = read_study(run)
    test = read_test(experiment)
    for one in leading:
        one["test"] = score_on(store, run, one, test, plan)
        del one["values"]
    result = {"event": "opened", "at": time.time(), "winner": leading[-1], "trials": leading}
    store.append(run_id, [Record("seal", 0, 0, result)])
    return result


def sealed_result(store: Store, run_id: str) -> Json | None:
    """What the opening found; None while the seal is whole."""
    records = store.records(run_id, kinds=["seal"])
    return next((record.values for record in records if record.values["event"] == "opened"), None)


def leaders(store: Store, run: Run) -> list[dict[str, Any]]:
    """The trials that led the whole search when they ended, in their order; the last is the winner."""
    _, plan = read_study(run)
    ended = [trial for trial in trials_of(store, run.id) if trial["state"] == "complete"]
    scores = [(place, float(trial["value"])) for place, trial in enumerate(ended)]
    places = record_breakers(scores, -1.0 if plan.maximises else 1.0)
    return [
        {
            "sampler": ended[place]["sampler"],
            "number": ended[place]["number"],
            "values": ended[place]["values"],
            "validation": ended[place]["value"],
            "place": place + 1,
        }
        for place in places
    ]


def trials_of(store: Store, run_id: str) -> list[dict[str, Any]]:
    """The ended trials as the records tell them, in the order in which they ended."""
    begun: dict[tuple[str, int], Any] = {}
    found = []
    for record in store.records(run_id, kinds=["trial"]):
        told = record.values
        if told["event"] == "begun":
            begun[told["sampler"], told["number"]] = told["values"]
        elif told["event"] == "ended":
            found.append({**told, "values": begun[told["sampler"], told["number"]]})
    return found


def score_on(store: Store, run: Run, one: Mapping[str, Any], split: Split, plan: Plan) -> float:
    """A trial's score on a split, by the plan's monitor."""
    model = trained_model(store, run, one["sampler"], one["number"], one["values"])
    logs = model.evaluate(split[0], split[1], batch_size=256, verbose=0, return_dict=True)
    return float(logs[plan.monitor.removeprefix("val_")])


# What luck would look like


def luck_job(store_url: str, run_id: str, trials: int) -> None:
    """The same search, at random, on data whose targets are shuffled: the best score that luck alone reaches.

    P. Good, "Permutation, Parametric and Bootstrap Tests of Hypotheses", 2005.
    """
    store = Store(store_url)
    experiment, plan = read_study(store.run(run_id))
    bench = Bench(shuffle_targets(open_data(experiment), plan.seed))
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(plan.seed + 1))
    told = len(lab_records(store, run_id, "luck"))
    for number in range(told, trials):
        trial = study.ask()
        values = choose(plan.space, experiment.graph, lambda one, trial=trial: suggest(trial, one))  # type: ignore[misc]
        score = best_score(bench, trial_experiment(experiment, values, plan), plan)
        tell_lab(store, run_id, "luck", number, score)


def shuffle_targets(splits: Mapping[str, Split], seed: int) -> dict[str, Split]:
    """The splits with rows of targets in another order than those of inputs: nothing is left to be learned."""
    random = np.random.default_rng((seed, 77))
    return {name: (split[0], reorder(split[1], random)) for name, split in splits.items()}


def reorder(part: Any, random: np.random.Generator) -> Any:
    """Arrays with their rows in one common, random order."""
    arrays = part if isinstance(part, list) else [part]
    order = random.permutation(len(arrays[0]))
    moved = [array[order] for array in arrays]
    return moved if isinstance(part, list) else moved[0]


# Other seeds, other folds


def seeds_job(store_url: str, run_id: str, repeats: int) -> None:
    """The winner trained again from other weights and in another order, on the same data."""
    store, experiment, plan, winner = winner_of(store_url, run_id)
    bench = Bench(open_data(experiment))
    for number in range(len(lab_records(store, run_id, "seeds")), repeats):
        seed = experiment.seed + 1_000 + number
        tell_lab(store, run_id, "seeds", number, best_score(bench, winner, plan, seed))


def folds_job(store_url: str, run_id: str, folds: int = FOLDS) -> None:
    """The winner's configuration trained on each of `folds` ways to part the training and validation data."""
    store, experiment, plan, winner = winner_of(store_url, run_id)
    data = open_data(experiment)
    for number, splits in enumerate(fold(data, folds, plan.seed)):
        if number >= len(lab_records(store, run_id, "folds")):
            tell_lab(store, run_id, "folds", number, best_score(Bench(splits), winner, plan))


# The whole search again, inside folds


def nested_job(store_url: str, run_id: str, folds: int = NESTED_FOLDS) -> None:
    """The search repeated in each fold on the rest of the rows, its winner judged on the fold that it never saw.

    S. Varma and R. Simon, "Bias in error estimation when using cross-validation for model selection", 2006.
    """
    store, experiment, plan, _ = winner_of(store_url, run_id)
    sampler = leaders(store, store.run(run_id))[-1]["sampler"]
    data = open_data(experiment)
    share = rows_in(data["validation"]) / (rows_in(data["train"]) + rows_in(data["validation"]))
    for number, splits in enumerate(fold(data, folds, plan.seed)):
        if number < len(lab_records(store, run_id, "nested")):
            continue
        inside = part_off(splits["train"], share, (plan.seed, number))
        found = search_again(inside, experiment, plan, sampler, number)
        if found is None:
            tell_lab(store, run_id, "nested", number, None)
            continue
        tell_lab(store, run_id, "promised", number, found.score)
        tell_lab(store, run_id, "nested", number, found.judge(inside, splits["validation"], plan))


@dataclass(frozen=True)
class Found:
    """The winner of a small search: its experiment, its score where it was chosen, its weights at that epoch."""

    experiment: Experiment
    score: float
    weights: list[np.ndarray]

    def judge(self, inside: Mapping[str, Split], held: Split, plan: Plan) -> float:
        """Its score on rows that its search never saw."""
        model = build_model(self.experiment.graph, seed=self.experiment.seed)
        compile_model(model, self.experiment, dict(inside))
        model.set_weights(self.weights)
        logs = model.evaluate(held[0], held[1], batch_size=256, verbose=0, return_dict=True)
        return float(logs[plan.monitor.removeprefix("val_")])


def search_again(
    splits: Mapping[str, Split], experiment: Experiment, plan: Plan, sampler: str, number: int
) -> Found | None:
    """The winner of a search of few trials over the plan's space; None when no trial trained."""
    trials = min(NESTED_TRIALS, plan.trials)
    study = optuna.create_study(
        direction=plan.direction, sampler=SAMPLERS[sampler].make(plan.seed + 101 * (number + 1), trials)
    )
    bench, best = Bench(splits), None
    for _ in range(trials):
        trial = study.ask()
        values = choose(plan.space, experiment.graph, lambda one, trial=trial: suggest(trial, one))  # type: ignore[misc]
        tried = trial_experiment(experiment, values, plan)
        score, weights = best_epoch(bench, tried, plan)
        if score is None:
            study.tell(trial, state=optuna.trial.TrialState.FAIL)
            continue
        study.tell(trial, score)
        if best is None or (score > best.score if plan.maximises else score < best.score):
            best = Found(tried, score, weights)
    return best


def rows_in(split: Split) -> int:
    """How many rows a split has."""
    return len(split[0][0] if isinstance(split[0], list) else split[0])


def part_off(split: Split, share: float, seed: tuple[int, ...]) -> dict[str, Split]:
    """A split parted into training and validation data; the latter get the share, and both at least a row."""
    count = rows_in(split)
    order = np.random.default_rng((*seed, 9)).permutation(count)
    held = max(1, min(count - 1, round(share * count)))
    parts = {"train": np.sort(order[held:]), "validation": np.sort(order[:held])}
    return {name: (take(split[0], rows), take(split[1], rows)) for name, rows in parts.items()}


def winner_of(store_url: str, run_id: str) -> tuple[Store, Experiment, Plan, Experiment]:
    """The store, the searched experiment, the plan, and the winner as an experiment."""
    store = Store(store_url)
    run = store.run(run_id)
    experiment, plan = read_study(run)
    leading = leaders(store, run)
    if not leading:
        raise SealError("There is a winner once a trial is complete, and none is yet; let the search go on.")
    return store, experiment, plan, trial_experiment(experiment, leading[-1]["values"], plan)


def fold(data: Mapping[str, Split], folds: int, seed: int) -> Iterator[dict[str, Split]]:
    """Training and validation data joined and parted anew, each row in one validation part."""
    x, y = (join(data["train"][side], data["validation"][side]) for side in (0, 1))
    count = len(x[0] if isinstance(x, list) else x)
    order = np.random.default_rng((seed, 5)).permutation(count)
    for held in np.array_split(order, folds):
        rest = np.setdiff1d(order, held)
        yield {"train": (take(x, rest), take(y, rest)), "validation": (take(x, held), take(y, held))}


def join(first: Any, second: Any) -> Any:
    """Arrays, one below the other."""
    if isinstance(first, list):
        return [np.concatenate(pair) for pair in zip(first, second, strict=True)]
    return np.concatenate([first, second])


def take(part: Any, rows: np.ndarray) -> Any:
    """Those rows of the arrays."""
    return [array[rows] for array in part] if isinstance(part, list) else part[rows]


def best_score(bench: Bench, experiment: Experiment, plan: Plan, seed: int | None = None) -> float | None:
    """The best value of the monitor over the epochs, as a trial is scored; None when it did not train."""
    return best_epoch(bench, experiment, plan, seed, keep=False)[0]


def best_epoch(
    bench: Bench, experiment: Experiment, plan: Plan, seed: int | None = None, keep: bool = True
) -> tuple[float | None, list[np.ndarray]]:
    """The best value of the monitor over the epochs, and the weights of that epoch where they are to be kept."""
    best: float | None = None
    weights: list[np.ndarray] = []

    def after_epoch(epoch: int, logs: Mapping[str, Any], model: Any) -> bool:
        nonlocal best, weights
        value = float(logs[plan.monitor])
        if not math.isfinite(value):
            return False
        if best is None or (value > best if plan.maximises else value < best):
            best, weights = value, weights_of(model) if keep else []
        return True

    try:
        bench.fit(experiment, after_epoch, seed=seed)
    except Exception as error:
        logger.info("A fit of the lab failed: %s", sentence_of(error))
    return best, weights


def tell_lab(store: Store, run_id: str, lab: str, number: int, value: float | None) -> None:
    """Record one fit of the lab."""
    store.append(run_id, [Record("lab", 0, 0, {"lab": lab, "number": number, "value": value})])


def lab_records(store: Store, run_id: str, lab: str) -> list[Json]:
    """What one part of the lab has found."""
    return [record.values for record in store.records(run_id, kinds=["lab"]) if record.values["lab"] == lab]
