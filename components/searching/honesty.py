"""Honesty: the sealed test data of a study, opened once; and what luck, other seeds and other folds say of its winner."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import keras
import numpy as np

from components.building import build_model
from components.experiment import Experiment
from components.graph import Json
from components.runs import Record, Run
from components.searching.again import Found, search_again
from components.searching.bench import Bench, open_data, read_test
from components.searching.scoring import best_of
from components.searching.seals import SealError, open_once
from components.searching.studies import (
    FOLDS,
    LUCK_SEARCHES,
    NESTED_FOLDS,
    NESTED_TRIALS,
    Plan,
    compared,
    read_study,
    trial_experiment,
)
from components.searching.trials import read_trials
from components.searching.tuning import record_breakers, trained_model
from components.store import Store
from components.training.feeding import Split
from components.training.running import compile_model

# The sealed test data


def open_seal(store_url: str, run_id: str, agreed: Collection[str] = ()) -> Json:
    """The winner's score on the test data, and those of the trials that led before it; read once, recorded for ever.

    Returns `{"at", "winner", "trials": [{"sampler", "number", "place", "validation", "test"}]}`, `place` being how many
    trials had ended by then. When it was opened before, what was found then. `agreed` holds the ids of other searches
    over the same rows that end with it.
    """
    store = Store(store_url)
    run = store.run(run_id)
    if run.active:
        raise SealError("The test data are opened when the search is over, and it still runs; stop it or wait.")
    leading = leaders(store, run)
    if not leading:
        raise SealError("There is a winner once a trial is complete, and none is yet; let the search go on.")
    return open_once(store, run, lambda: judge(store, run, leading), agreed)


def judge(store: Store, run: Run, leading: Sequence[dict[str, Any]]) -> Json:
    """The leading trials with their scores on the test data."""
    experiment, plan = read_study(run)
    test = read_test(experiment)
    judged = [{**one, "test": score_on(store, run, one, test, plan)} for one in leading]
    for one in judged:
        del one["values"]
    return {"winner": judged[-1], "trials": judged}


def leaders(store: Store, run: Run) -> list[dict[str, Any]]:
    """The trials that led the whole search when they ended, in their order; the last is the winner."""
    _, plan = read_study(run)
    ended = [row for row in read_trials(store, run.id).ended if row.state == "complete"]
    scores = [(place, float(row.value or 0.0)) for place, row in enumerate(ended)]
    places = record_breakers(scores, -1.0 if plan.maximises else 1.0)
    return [
        {
            "sampler": ended[place].sampler,
            "number": ended[place].number,
            "values": ended[place].values,
            "validation": ended[place].value,
            "place": place + 1,
        }
        for place in places
    ]


def score_on(store: Store, run: Run, one: Mapping[str, Any], split: Split, plan: Plan) -> float:
    """A trial's score on a split, by the plan's monitor."""
    return evaluated(trained_model(store, run, one["sampler"], one["number"], one["values"]), split, plan)


def evaluated(model: keras.Model, split: Split, plan: Plan) -> float:
    """A compiled model's score on a split, by the plan's monitor."""
    logs = model.evaluate(split[0], split[1], batch_size=256, verbose=0, return_dict=True)
    return float(logs[plan.monitor.removeprefix("val_")])


# What luck would look like


def luck_job(store_url: str, run_id: str, searches: int = LUCK_SEARCHES) -> None:
    """The same search again and again on data whose targets are shuffled: the best score that luck alone reaches each
    time, to be set beside that of as many of the study's own trials.

    P. Good, "Permutation, Parametric and Bootstrap Tests of Hypotheses", 2005.
    """
    store = Store(store_url)
    experiment, plan = read_study(store.run(run_id))
    data = open_data(experiment)
    bench = Bench(data)
    for number in range(len(lab_records(store, run_id, "luck")), searches):
        bench = bench.on(shuffle_targets(data, plan.seed + 1_000 * number))
        found = search_again(bench, experiment, replace(plan, trials=compared(plan)))
        tell_lab(store, run_id, "luck", number, found.score if found else None)


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
        tell_lab(store, run_id, "seeds", number, best_of(bench, winner, plan, seed).value)


def folds_job(store_url: str, run_id: str, folds: int = FOLDS) -> None:
    """The winner's configuration trained on each of `folds` ways to part the training and validation data."""
    store, experiment, plan, winner = winner_of(store_url, run_id)
    data = open_data(experiment)
    bench = Bench(data)
    for number, splits in enumerate(fold(data, folds, plan.seed)):
        if number >= len(lab_records(store, run_id, "folds")):
            bench = bench.on(splits)
            tell_lab(store, run_id, "folds", number, best_of(bench, winner, plan).value)


# The whole search again, inside folds


def nested_job(store_url: str, run_id: str, folds: int = NESTED_FOLDS) -> None:
    """The search repeated in each fold on the rest of the rows, its winner judged on the fold that it never saw.

    S. Varma and R. Simon, "Bias in error estimation when using cross-validation for model selection", 2006.
    """
    store, experiment, plan, _ = winner_of(store_url, run_id)
    sampler = leaders(store, store.run(run_id))[-1]["sampler"]
    data = open_data(experiment)
    bench = Bench(data)
    share = rows_in(data["validation"]) / (rows_in(data["train"]) + rows_in(data["validation"]))
    for number, splits in enumerate(fold(data, folds, plan.seed)):
        if number < len(lab_records(store, run_id, "nested")):
            continue
        inside = part_off(splits["train"], share, (plan.seed, number))
        small = replace(
            plan, samplers=(sampler,), trials=min(NESTED_TRIALS, plan.trials), seed=plan.seed + 101 * (number + 1)
        )
        bench = bench.on(inside)
        found = search_again(bench, experiment, small)
        if found is None:
            tell_lab(store, run_id, "nested", number, None)
            continue
        tell_lab(store, run_id, "promised", number, found.score)
        tell_lab(store, run_id, "nested", number, judge_outside(found, inside, splits["validation"], plan))


def judge_outside(found: Found, inside: Mapping[str, Split], held: Split, plan: Plan) -> float:
    """A winner's score on rows that its search never saw."""
    model = build_model(found.experiment.graph, seed=found.experiment.seed)
    compile_model(model, found.experiment, dict(inside))
    model.set_weights(found.weights)
    return evaluated(model, held, plan)


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


def tell_lab(store: Store, run_id: str, lab: str, number: int, value: float | None) -> None:
    """Record one fit of the lab."""
    store.append(run_id, [Record("lab", 0, 0, {"lab": lab, "number": number, "value": value})])


def lab_records(store: Store, run_id: str, lab: str) -> list[Json]:
    """What one part of the lab has found."""
    return [record.values for record in store.records(run_id, kinds=["lab"]) if record.values["lab"] == lab]
