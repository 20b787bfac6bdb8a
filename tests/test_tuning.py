"""Studies: samplers against random, budgets, deaths and resumptions, the seal, and trials trained to the same bits."""

from __future__ import annotations

import io
import math
import multiprocessing
import os
import signal
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import TrialState

from components.datasets import Dataset, register_dataset
from components.experiment import Data, Experiment, Training, experiment_from_json, experiment_to_json
from components.graph import Graph
from components.searching import archives, honesty, studies
from components.searching.again import search_again
from components.searching.archives import (
    Archive,
    importances_json,
    is_counted,
    open_storage,
    optuna_address,
    study_name,
)
from components.searching.bench import Bench, open_data
from components.searching.claims import OwnClaims
from components.searching.conditions import grid
from components.searching.gaussian import encode, place, shares_of
from components.searching.optuna_tables import insert_trial
from components.searching.pointing import pointed_at
from components.searching.samplers import SAMPLERS
from components.searching.scoring import best_of
from components.searching.seals import SealError, open_once, openings
from components.searching.search_space import Dimension, SearchSpace, SpaceError
from components.searching.studies import (
    Plan,
    check_plan,
    create_study,
    plan_from_json,
    plan_to_json,
    read_study,
    trial_experiment,
    workspace_of,
)
from components.searching.trials import chance_of, read_trials
from components.searching.tuning import record_breakers, study_job, train_again
from components.store import Store
from components.weaving import Loom
from dashboard.charts import searches

PLACE = "test-workspace"


def make_noise(seed=0, rows=60):
    """Numbers and classes that have nothing to do with one another."""
    import numpy as np

    random = np.random.default_rng(seed)

    def part(count):
        return {"x": random.normal(size=(count, 4)).astype("float32")}, {"y": random.integers(0, 2, count)}

    return {"train": part(rows), "validation": part(rows), "test": part(400)}


register_dataset(Dataset("noise", "Noise", "Nothing to learn.", make_noise))
register_dataset(Dataset("little noise", "Little noise", "Nothing to learn.", lambda seed=0: make_noise(seed, 30)))


def network(dataset="noise", epochs=3) -> Experiment:
    loom = Loom()
    x = loom("Dense", loom.input("x", [4]), name="hidden", units=8, activation="relu")
    graph = loom.graph(
        loom("Dense", loom("Dropout", x, name="drop", rate=0.1), name="y", units=2, activation="softmax")
    )
    training = Training(
        losses={"y": "sparse_categorical_crossentropy"}, metrics={"y": ("accuracy",)}, epochs=epochs, batch_size=16
    )
    return Experiment("Noise", graph, Data(dataset), training, seed=3)


RATE = Dimension("rate", "training", parameter="learning_rate", least=1e-4, most=1.0, log=True)
UNITS = Dimension("units", "layer", "hidden", "units", choices=(4, 8))
DROP = Dimension("drop", "present", "drop", choices=(True, False))
SHARE = Dimension("share", "layer", "drop", "rate", least=0.0, most=0.5, step=0.25)
PLAN = Plan(SearchSpace((DROP, RATE, UNITS)), ("random",), trials=4, epochs=3, monitor="val_accuracy", pruner="none")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(f"sqlite:///{tmp_path}/store.db")


def begin(store: Store, plan: Plan = PLAN, experiment: Experiment | None = None) -> str:
    return create_study(store, PLACE, experiment or network(), plan)


def ended(store: Store, run_id: str) -> list[dict]:
    return [r.values for r in store.records(run_id, kinds=["trial"]) if r.values["event"] == "ended"]


def kept(store: Store, run_id: str, sampler: str) -> list[optuna.trial.FrozenTrial]:
    return optuna.load_study(study_name=study_name(run_id, sampler), storage=open_storage(store.url)).trials


# Plans


def test_plans_go_through_json_and_say_what_is_wrong():
    plan = replace(PLAN, samplers=("tpe", "gp"))
    assert plan_from_json(plan_to_json(plan)) == plan
    assert check_plan(network(), plan) == []
    for change, sentence in (
        ({"samplers": ("tpex",)}, "no sampler “tpex”"),
        ({"samplers": ()}, "none is chosen"),
        ({"pruner": "x"}, "no pruner “x”"),
        ({"trials": 0}, "from 1 to 2,000 trials"),
        ({"epochs": 0}, "from 1 to 10,000 epochs"),
        ({"monitor": "accuracy"}, "val_accuracy, val_loss, and not by “accuracy”"),
        ({"samplers": ("grid",)}, "A grid tries every value"),
        ({"space": SearchSpace()}, "this space is empty"),
    ):
        assert any(sentence in told for told in check_plan(network(), replace(plan, **change))), sentence


def test_a_wrong_plan_makes_no_run(store):
    with pytest.raises(SpaceError, match="empty"):
        begin(store, replace(PLAN, space=SearchSpace()))
    assert store.runs(workspace_of(PLACE)) == []


def test_studies_stand_beside_the_runs_and_open_as_experiments(store):
    run_id = begin(store)
    assert store.runs(PLACE) == []
    run = store.runs(workspace_of(PLACE))[0]
    assert run.id == run_id
    assert experiment_from_json(run.experiment) == network()
    assert read_study(run) == (network(), PLAN)
    with pytest.raises(SpaceError, match="no search"):
        read_study(store.run(store.create_run(PLACE, experiment_to_json(network()))))


@pytest.mark.parametrize(
    ("name", "higher"),
    [("val_accuracy", True), ("val_loss", False), ("val_age_mae", False), ("val_auc", True), ("val_r2_score", True),
     ("val_root_mean_squared_error", False), ("val_growth_rate_accuracy", True), ("val_absolute_auc", True),
     ("val_loss_accuracy", True), ("val_accuracy_loss", False), ("val_score_mse", False)],
)  # fmt: skip
def test_accuracies_rise_and_losses_fall(name, higher):
    assert studies.is_higher_better(name) == higher


# Samplers on a function with a known optimum

BOWL = SearchSpace(
    (
        Dimension("a", "training", parameter="a", least=-1.0, most=1.0),
        Dimension("b", "training", parameter="b", least=1e-3, most=1.0, log=True),
        Dimension("c", "training", parameter="c", least=0, most=20, whole=True),
        Dimension("d", "training", parameter="d", choices=("x", "y", "z")),
    )
)


def bowl(values: dict) -> float:
    """0 at a = 0.3, b = 0.03, c = 7, d = y; larger everywhere else."""
    depth = (values["a"] - 0.3) ** 2 + (np.log10(values["b"] / 0.03) / 3) ** 2 + ((values["c"] - 7) / 20) ** 2
    return float(depth + 0.3 * (values["d"] != "y"))


def search_bowl(storage, sampler: str, seed: int, trials: int) -> list[float]:
    """The values of the trials, in order."""
    archive = Archive(storage, f"bowl{seed}", sampler, Plan(BOWL, trials=trials, seed=seed, pruner="none"), Graph())
    while not archive.is_over:
        trial, values = archive.ask()
        archive.tell(trial, bowl(values), TrialState.COMPLETE)
    return [archive.ended[number].value for number in sorted(archive.ended)]


@pytest.mark.parametrize("sampler", [name for name in SAMPLERS if name != "grid"])
def test_every_sampler_stays_in_the_space_and_is_repeatable(sampler):
    first, again = (search_bowl(optuna.storages.InMemoryStorage(), sampler, 5, 25) for _ in range(2))
    assert first == again
    assert len(first) == 25
    for archive_seed in (1, 2):
        assert len(set(search_bowl(optuna.storages.InMemoryStorage(), sampler, archive_seed, 8))) > 4


def prune_bowl(run_id: str, pruner: str, seed: int = 0) -> list[int]:
    """How many of 27 epochs each trial trained, where worse trials stay worse."""
    plan = Plan(BOWL, trials=30, epochs=27, seed=seed, pruner=pruner)
    archive, epochs = Archive(optuna.storages.InMemoryStorage(), run_id, "random", plan, Graph()), []
    while not archive.is_over:
        trial, values = archive.ask()
        for epoch in range(1, 28):
            if archive.should_prune(trial, epoch, bowl(values) + 1 / epoch):
                break
        archive.tell(trial, bowl(values), TrialState.PRUNED if epoch < 27 else TrialState.COMPLETE)
        epochs.append(epoch)
    return epochs


def test_hyperband_is_repeatable_and_is_not_the_median():
    hyperband = prune_bowl("one", "hyperband")
    assert prune_bowl("another", "hyperband") == hyperband
    assert prune_bowl("one", "hyperband", seed=1) != hyperband
    # Its rungs stand at powers of three times the least; the median may end a trial at any epoch after its warm-up.
    assert {epochs for epochs in hyperband if epochs < 27} <= {3, 9}
    assert min(hyperband) == 3
    assert not {epochs for epochs in prune_bowl("one", "median") if epochs < 27} <= {3, 9}


@pytest.mark.soak
@pytest.mark.parametrize("sampler", ["tpe", "gp", "genetic"])
def test_samplers_beat_random_over_twenty_seeds(sampler):
    def best(name: str, seed: int) -> float:
        return min(search_bowl(optuna.storages.InMemoryStorage(), name, seed, 60))

    gains = [np.log10(best("random", seed)) - np.log10(best(sampler, seed)) for seed in range(20)]
    low = np.mean(gains) - 2.09 * np.std(gains, ddof=1) / np.sqrt(len(gains))
    print(f"{sampler}: 10^{np.mean(gains):.2f} times nearer than random, 95 % interval from 10^{low:.2f}")
    assert low > 0


@pytest.mark.parametrize("sampler", list(SAMPLERS))
def test_two_workers_share_one_budget_and_learn_from_one_another(sampler):
    space = SearchSpace(BOWL.dimensions[2:]) if sampler == "grid" else BOWL
    plan = Plan(space, trials=31, seed=2, pruner="none", at_once=2)
    storage, claims = optuna.storages.InMemoryStorage(), OwnClaims()
    seats = [Archive(storage, "both", sampler, plan, Graph(), claims, seat) for seat in (0, 1)]
    running: dict[int, tuple] = {}
    seen = []
    # The second takes two turns to a trial, so that their trials end in another order than they begin.
    for turn in range(200):
        for archive in seats:
            if archive.seat in running and (archive.seat == 0 or turn % 3 == 0):
                trial, values = running.pop(archive.seat)
                archive.catch_up()
                archive.tell(trial, bowl({"a": 0.3, "b": 0.03, **values}), TrialState.COMPLETE)
            if archive.seat not in running:
                archive.catch_up()
                asked = archive.ask()
                if asked is not None:
                    running[archive.seat] = asked
                    seen.append(asked[1])
    for archive in seats:
        archive.catch_up()
        assert (archive.is_over, archive.done, archive.total) == (True, 31, 31)
        assert sorted(archive.ended) == list(range(31))
        known = archive.study.get_trials()
        assert [trial.number for trial in known] == list(range(31))
        assert [trial.value for trial in known] == [archive.ended[number].value for number in range(31)]
    assert list(seats[0].ended) != sorted(seats[0].ended)
    kept = optuna.load_study(study_name=study_name("both", sampler), storage=storage).trials
    assert sorted(trial.user_attrs["number"] for trial in kept) == list(range(31))
    assert len(set(map(str, seen))) == 31 if sampler == "grid" else len(seen) == 31
    again = Archive(storage, "both", sampler, plan, Graph(), claims, 0)
    assert [trial.params for trial in again.study.get_trials()] == [trial.params for trial in known]


def test_a_trial_that_others_gave_up_stays_as_they_left_it():
    plan, storage, claims = Plan(BOWL, trials=3, at_once=2), optuna.storages.InMemoryStorage(), OwnClaims()
    first, second = (Archive(storage, "gone", "random", plan, Graph(), claims, seat) for seat in (0, 1))
    trial, values = first.ask()
    second.catch_up()
    second.note_interrupted(0, "gone")
    first.catch_up()
    first.tell(trial, 0.1, TrialState.COMPLETE)
    for archive in (first, second):
        assert (archive.done, archive.ended[0].state, archive.ended[0].params) == (0, TrialState.FAIL, values)
    numbers = [second.ask()[0].number for _ in range(3)]
    assert (numbers, second.ask()) == ([1, 2, 3], None)


def test_the_grid_tries_each_point_once(store):
    space = SearchSpace((DROP, SHARE, UNITS))
    plan = replace(PLAN, space=space, samplers=("grid",), trials=100)
    archive = Archive(open_storage(store.url), "g", "grid", plan, network().graph)
    seen = []
    for _ in range(5):
        trial, values = archive.ask()
        archive.tell(trial, 0.5, TrialState.COMPLETE)
        seen.append(values)
    again = Archive(open_storage(store.url), "g", "grid", plan, network().graph)
    while not again.is_over:
        trial, values = again.ask()
        again.tell(trial, 0.5, TrialState.COMPLETE)
        seen.append(values)
    points = grid(space, network().graph)
    assert len(seen) == len(points) == 8
    assert all(point in seen for point in points)


# Trials


def test_a_trial_on_a_used_bench_has_the_bits_of_a_fresh_one():
    experiment = network()
    data = open_data(experiment)

    def run(bench: Bench, **training) -> list[tuple]:
        seen = []
        trained = replace(experiment, training=replace(experiment.training, **training))
        bench.fit(trained, lambda epoch, logs, model: seen.append((epoch, logs["loss"], logs["val_loss"])) or True)
        return seen

    used = Bench(data)
    run(used, learning_rate=0.5)
    run(used, learning_rate=0.01, batch_size=8)
    again = run(used, learning_rate=0.02)
    assert used.built == 2
    assert again == run(Bench(data), learning_rate=0.02)
    assert again != run(used, learning_rate=0.021)


def test_a_bench_goes_on_with_other_rows_to_the_bits_of_a_new_one():
    data, experiment = open_data(network()), network()
    shuffled = honesty.shuffle_targets(data, 5)
    bench = Bench(data)
    ours = best_of(bench, experiment, PLAN, keeps=True)
    luck = best_of(bench.on(shuffled), experiment, PLAN, keeps=True)
    fresh = best_of(Bench(shuffled), experiment, PLAN, keeps=True)
    assert (luck.value, luck.epoch) == (fresh.value, fresh.epoch)
    assert all(np.array_equal(*pair) for pair in zip(luck.weights, fresh.weights, strict=True))
    assert not all(np.array_equal(*pair) for pair in zip(luck.weights, ours.weights, strict=True))
    assert bench.built == 1
    assert bench.on(data) is bench
    assert best_of(bench, experiment, PLAN).value == ours.value
    fewer = {name: (x[:-1], y[:-1]) for name, (x, y) in data.items()}
    assert bench.on(fewer) is not bench  # what was traced knows how many rows there are
    assert best_of(bench.on(fewer), experiment, PLAN).value is not None


def test_the_search_sees_no_test_data():
    assert set(open_data(network())) == {"train", "validation"}
    data = open_data(network())
    assert set(Bench({**data, "test": (1, 2)}).splits) == {"train", "validation"}
    assert set(Bench(data).on({**data, "test": (1, 2)}).splits) == {"train", "validation"}


def test_a_study_runs_its_budget_for_every_sampler(store):
    plan = replace(PLAN, samplers=("random", "tpe"), trials=3)
    run_id = begin(store, plan)
    study_job(store.url, run_id)
    run = store.run(run_id)
    assert (run.state, run.message) == ("finished", "")
    for sampler in plan.samplers:
        trials = kept(store, run_id, sampler)
        assert [trial.number for trial in trials] == [0, 1, 2]
        told = [one for one in ended(store, run_id) if one["sampler"] == sampler]
        assert [one["value"] for one in told] == [trial.value for trial in trials]
        assert all(len(trial.intermediate_values) == 3 for trial in trials)
    # In turn, so that they can be compared while they run.
    assert [one["sampler"] for one in ended(store, run_id)] == ["random", "tpe"] * 3
    curves = [r.values for r in store.records(run_id, kinds=["trial"]) if r.values["event"] == "epochs"]
    assert sum(len(curve["epochs"]) for curve in curves) == 18


def test_any_trial_opens_as_an_experiment_that_scores_the_same(store):
    plan = replace(PLAN, trials=12, epochs=6, pruner="median", monitor="val_loss")
    run_id = begin(store, plan)
    study_job(store.url, run_id)
    experiment, plan = read_study(store.run(run_id))
    rows = read_trials(store, run_id).all
    assert {row.state for row in rows} >= {"complete", "pruned"}
    bench = Bench(open_data(experiment))
    for row in rows:
        opened = trial_experiment(experiment, row.values, plan)
        assert experiment_from_json(experiment_to_json(opened)) == opened
        again = []
        bench.fit(opened, lambda epoch, logs, model, seen=again: seen.append(float(logs["val_loss"])) or True)
        assert again[: len(row.epochs)] == [point[1] for point in row.epochs], row.name
        assert (min(again) == row.value) == (row.state == "complete")


def test_a_diverging_trial_fails_and_the_study_goes_on(store):
    wild = RATE.but(least=1e30, most=1e38)
    experiment = replace(network(), training=replace(network().training, optimizer="SGD"))
    with pytest.raises(SpaceError):
        begin(store, replace(PLAN, space=SearchSpace((wild,))), experiment)
    wild = Dimension("rate", "training", parameter="learning_rate", choices=(1e3, 0.01))
    scale = Dimension("act", "layer", "hidden", "activation", choices=("exponential", "relu"))
    run_id = begin(
        store, replace(PLAN, space=SearchSpace((wild, scale)), samplers=("grid",), trials=4, epochs=8), experiment
    )
    study_job(store.url, run_id)
    told = ended(store, run_id)
    assert len(told) == 4
    assert {one["state"] for one in told} == {"complete", "fail"}
    assert all("ceased to be a number" in one["reason"] for one in told if one["state"] == "fail")


@pytest.mark.parametrize("sampler", ["grid", "random"])
def test_what_does_not_go_together_is_refused_before_it_is_trained_and_does_not_count(store, sampler):
    loom = Loom()
    x = loom.input("x", [4])
    left, right = loom("Dense", x, name="left", units=4), loom("Dense", x, name="right", units=4)
    merged = loom("Concatenate", left, right, name="merge")
    graph = loom.graph(loom("Dense", merged, name="y", units=2, activation="softmax"))
    experiment = replace(network(), graph=graph)
    units = Dimension("units", "layer", "left", "units", choices=(4, 8))
    merge = pointed_at(experiment, "kind", "merge").but(choices=("Add", "Concatenate"))
    plan = Plan(SearchSpace((merge, units)), (sampler,), 4, 2, "none", "val_loss", seed=1)
    run_id = begin(store, plan, experiment)
    study_job(store.url, run_id)
    told = ended(store, run_id)
    refused = [one for one in told if one.get("impossible")]
    trained = [one for one in told if not one.get("impossible")]
    assert store.run(run_id).state == "finished"
    assert len(trained) == (3 if sampler == "grid" else 4)
    assert refused
    assert all("4" in one["reason"] and "8" in one["reason"] and one["state"] == "fail" for one in refused), refused[0]
    assert all(one["state"] == "complete" for one in trained)
    assert Archive(open_storage(store.url), run_id, sampler, plan, graph).is_over


@pytest.mark.parametrize("pruner", ["median", "hyperband"])
def test_pruners_end_trials_early(store, pruner):
    rates = Dimension("rate", "training", parameter="learning_rate", least=1e-5, most=0.1, log=True)
    plan = Plan(SearchSpace((rates,)), ("random",), trials=14, epochs=9, monitor="val_loss", pruner=pruner)
    loom = Loom()
    graph = loom.graph(loom("Dense", loom.input("measurements", [13]), name="grower", units=3, activation="softmax"))
    losses = {"grower": "sparse_categorical_crossentropy"}
    run_id = begin(store, plan, Experiment("Wine", graph, Data("wine"), Training(losses=losses, batch_size=16)))
    study_job(store.url, run_id)
    states = [one["state"] for one in ended(store, run_id)]
    assert len(states) == 14
    assert 0 < states.count("pruned") < 14
    best = min(one["value"] for one in ended(store, run_id) if one["state"] == "complete")
    assert all(one["value"] > best for one in ended(store, run_id) if one["state"] == "pruned")


def test_a_deleted_study_leaves_nothing_in_either_table(store):
    run_id = begin(store)
    study_job(store.url, run_id)
    archives.delete_study(store, run_id, PLACE)
    assert store.runs(workspace_of(PLACE)) == []
    assert open_storage(store.url).get_all_studies() == []


# Stops and deaths


def run_aside(store: Store, run_id: str) -> threading.Thread:
    thread = threading.Thread(target=study_job, args=(store.url, run_id))
    thread.start()
    return thread


def wait_for(condition, seconds: float = 120.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def test_pause_stop_and_resume_count_nothing_twice(store):
    run_id = begin(store, replace(PLAN, trials=6, epochs=40))
    thread = run_aside(store, run_id)
    wait_for(lambda: len(ended(store, run_id)) >= 2)
    store.send(run_id, "pause")
    wait_for(lambda: store.run(run_id).state == "paused")
    before = len(store.records(run_id))
    time.sleep(0.5)
    assert len(store.records(run_id)) <= before + 1
    store.send(run_id, "stop")
    thread.join(120)
    assert store.run(run_id).state == "stopped"
    done = [trial for trial in kept(store, run_id, "random") if is_counted(trial)]
    assert 2 <= len(done) < 6
    store.update_run(run_id, state="queued")
    study_job(store.url, run_id)
    trials = kept(store, run_id, "random")
    assert store.run(run_id).state == "finished"
    assert sum(map(is_counted, trials)) == 6
    assert [trial.params for trial in trials[: len(done)]] == [trial.params for trial in done]
    assert len({str(trial.params) for trial in trials}) == len(trials)


def test_a_process_killed_in_mid_trial_leaves_a_marked_trial_and_a_study_that_goes_on(store):
    run_id = begin(store, replace(PLAN, trials=4, epochs=3000))
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=_register_and_run, args=(store.url, run_id))
    process.start()
    wait_for(lambda: any(r.values["event"] == "epochs" for r in store.records(run_id, kinds=["trial"])), 90)
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    open_ones = {r.values["number"] for r in store.records(run_id, kinds=["trial"])}
    counted_before = [trial.number for trial in kept(store, run_id, "random")]
    content = store.run(run_id).experiment
    assert open_ones - set(counted_before)
    # The rest is resumed with fewer epochs, so that the test is quick.
    experiment, plan = read_study(store.run(run_id))
    _shorten(store, run_id, content)
    study_job(store.url, run_id)
    trials = kept(store, run_id, "random")
    assert sum(map(is_counted, trials)) == 4
    marked = [trial for trial in trials if not is_counted(trial)]
    assert [trial.number for trial in marked] == sorted(open_ones - set(counted_before))
    assert all(trial.state == TrialState.FAIL and "was ended" in trial.user_attrs["reason"] for trial in marked)
    told = ended(store, run_id)
    assert len(told) == len({one["number"] for one in told}) == len(trials)
    assert (experiment, plan.trials) == (network(), 4)


def _register_and_run(url: str, run_id: str) -> None:
    """In another process, where importing this module has registered the dataset."""
    study_job(url, run_id)


def _shorten(store: Store, run_id: str, content: dict) -> None:
    import json

    from sqlalchemy import update

    from components.store.database import experiments

    content["search"]["epochs"] = 2
    with store._writing() as connection:
        connection.execute(
            update(experiments).where(experiments.c.run_id == run_id).values(content=json.dumps(content))
        )


# The seal


def test_the_seal_is_opened_once_and_ends_the_search(store, monkeypatch):
    reads = []
    original = honesty.read_test
    monkeypatch.setattr(honesty, "read_test", lambda experiment: reads.append(1) or original(experiment))
    run_id = begin(store)
    with pytest.raises(SealError, match="still runs"):
        honesty.open_seal(store.url, run_id)
    study_job(store.url, run_id)
    assert reads == []
    first = honesty.open_seal(store.url, run_id)
    assert honesty.open_seal(store.url, run_id) == first
    assert reads == [1]
    assert [(one["kind"], one["by"]) for one in openings(store, store.run(run_id))] == [("search", "Noise")]
    assert first["winner"]["validation"] == max(one["value"] for one in ended(store, run_id))
    # What the kept weights score is what the test data say.
    best = honesty.leaders(store, store.run(run_id))[-1]
    experiment, plan = read_study(store.run(run_id))
    assert honesty.score_on(store, store.run(run_id), best, original(experiment), plan) == first["winner"]["test"]
    study_job(store.url, run_id)
    assert store.run(run_id).state in ("finished", "failed")
    assert len(ended(store, run_id)) == 4


def test_an_opening_that_failed_is_an_opening_and_is_not_tried_again(store, monkeypatch):
    reads = []

    def broken(experiment):
        reads.append(1)
        raise OSError("the disk is gone")

    monkeypatch.setattr(honesty, "read_test", broken)
    run_id = begin(store)
    study_job(store.url, run_id)
    with pytest.raises(OSError, match="disk is gone"):
        honesty.open_seal(store.url, run_id)
    monkeypatch.undo()
    with pytest.raises(SealError, match="an attempt that failed"):
        honesty.open_seal(store.url, run_id)
    assert (reads, len(openings(store, store.run(run_id)))) == ([1], 1)
    store.update_run(run_id, state="queued")
    study_job(store.url, run_id)
    assert "so it is over" in store.run(run_id).message


def test_two_sessions_cannot_both_open_the_seal(store):
    run_id, run = begin(store), None
    store.update_run(run_id, state="finished")
    run, both, found = store.run(run_id), threading.Barrier(2), []

    def attempt():
        both.wait()
        try:
            found.append(open_once(Store(store.url), run, lambda: time.sleep(0.3) or {"winner": 1}))
        except SealError as error:
            found.append(str(error))

    threads = [threading.Thread(target=attempt) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(isinstance(one, str) for one in found) == [False, True]
    assert any("are being opened" in one for one in found if isinstance(one, str))
    assert len(openings(store, run)) == 1


def test_a_second_search_over_opened_rows_says_so_even_when_the_first_is_deleted(store):
    first, second = begin(store), begin(store, replace(PLAN, trials=2))
    elsewhere = begin(store, experiment=replace(network(), seed=4))
    for run_id in (first, second):
        store.update_run(run_id, state="finished")
    with pytest.raises(SealError, match="sealed by the search “Noise”"):
        open_once(store, store.run(first), dict)
    open_once(store, store.run(first), dict, [second])
    archives.delete_study(store, first, PLACE)
    assert [one["kind"] for one in openings(store, store.run(second))] == ["search"]
    assert openings(store, store.run(elsewhere)) == []
    open_once(store, store.run(second), dict)
    assert len(openings(store, store.run(second))) == 2
    third = begin(store)
    assert len(openings(store, store.run(third))) == 2
    assert store.runs(PLACE) == []


def test_weights_that_were_lost_are_trained_again_to_the_same_bits(store):
    run_id = begin(store)
    study_job(store.url, run_id)
    best = honesty.leaders(store, store.run(run_id))[-1]
    experiment, plan = read_study(store.run(run_id))
    trial = trial_experiment(experiment, best["values"], plan)
    name = f"trials/random-{best['number']:04d}.npz"
    assert train_again(trial, plan, open_data(trial)) == store.artefact(run_id, name)


def test_the_lab_measures_luck_seeds_and_folds(store, monkeypatch):
    run_id = begin(store)
    study_job(store.url, run_id)
    benches, made = [], honesty.Bench
    monkeypatch.setattr(honesty, "Bench", lambda data: benches.append(made(data)) or benches[-1])
    honesty.luck_job(store.url, run_id, 1)
    honesty.luck_job(store.url, run_id, 3)
    # However often the targets are shuffled, each of the four topologies is compiled once for a job.
    assert [bench.built for bench in benches] == [bench.built for bench in benches[:1]] * 2
    assert benches[0].built <= 4
    first = [one["value"] for one in honesty.lab_records(store, run_id, "luck")]
    # Each is the best of as many trials as the study's own first, on targets shuffled in another way.
    assert len(set(first)) > 1
    again = replace(PLAN, trials=studies.compared(PLAN))
    shuffled = Bench(honesty.shuffle_targets(open_data(network()), PLAN.seed))
    assert search_again(shuffled, network(), again).score == first[0]
    trials = read_trials(store, run_id)
    scores = [trials.rows["random", number].value for number in range(4)]
    assert [trials.best_of_first(count, True) for count in (1, 2, 4)] == [scores[0], max(scores[:2]), max(scores)]
    honesty.seeds_job(store.url, run_id, 3)
    honesty.folds_job(store.url, run_id, 3)
    for lab in ("luck", "seeds", "folds"):
        found = honesty.lab_records(store, run_id, lab)
        assert [one["number"] for one in found] == [0, 1, 2]
        assert all(0 <= one["value"] <= 1 for one in found)


def test_the_chance_of_luck_counts_this_search_among_the_others():
    assert chance_of([0.5, 0.6, 0.7], 0.65, True) == 0.5
    assert chance_of([0.5] * 19, 0.6, True) == 0.05
    assert chance_of([0.5] * 19, 0.5, True) == 1.0
    assert chance_of([0.5, 0.6, 0.7], 0.4, False) == 0.25


@pytest.mark.soak
def test_on_noise_the_check_cries_no_more_often_than_it_may():
    plan, cries = replace(PLAN, trials=2, epochs=1), 0
    for seed in range(60):
        experiment = replace(network(), seed=seed)
        data = open_data(experiment)
        bench = Bench(data)
        ours = search_again(bench, experiment, plan).score
        luck = [
            search_again(bench.on(honesty.shuffle_targets(data, 1_000 * number)), experiment, plan).score
            for number in range(studies.LUCK_SEARCHES)
        ]
        cries += chance_of(luck, ours, True) <= 0.05
    print(f"luck was denied on noise in {cries} of 60 searches; 3 are expected, 8 are one in a hundred")
    assert cries < 8


def test_the_nested_search_judges_its_winners_on_rows_that_no_inner_trial_saw(store, monkeypatch):
    run_id = begin(store, replace(PLAN, trials=3))
    study_job(store.url, run_id)
    seen: list[set] = []
    original = honesty.search_again

    def watched(bench, *rest):
        splits = bench.splits
        rows = np.concatenate([splits["train"][0], splits["validation"][0]])
        seen.append(set(map(tuple, rows.tolist())))
        assert len(splits["validation"][0]) == round(len(rows) / 2)  # as the study's own, half are for validation
        return original(bench, *rest)

    monkeypatch.setattr(honesty, "search_again", watched)
    honesty.nested_job(store.url, run_id, 3)
    data = open_data(network())
    every = set(map(tuple, np.concatenate([data["train"][0], data["validation"][0]]).tolist()))
    held = [set(map(tuple, splits["validation"][0].tolist())) for splits in honesty.fold(data, 3, PLAN.seed)]
    assert [rows | fold for rows, fold in zip(seen, held, strict=True)] == [every] * 3
    assert not any(rows & fold for rows, fold in zip(seen, held, strict=True))
    for lab in ("promised", "nested"):
        found = honesty.lab_records(store, run_id, lab)
        assert [one["number"] for one in found] == [0, 1, 2]
        assert all(0 <= one["value"] <= 1 for one in found)
    honesty.nested_job(store.url, run_id, 3)
    assert len(seen) == 3
    assert store.records(run_id, kinds=["seal"]) == []


def test_folds_hold_each_row_out_once_and_shuffling_keeps_the_targets():
    data = open_data(network())
    held = [splits["validation"][0] for splits in honesty.fold(data, 4, 0)]
    joined = np.concatenate([data["train"][0], data["validation"][0]])
    assert sorted(map(tuple, np.concatenate(held).tolist())) == sorted(map(tuple, joined.tolist()))
    shuffled = honesty.shuffle_targets(data, 0)
    assert (shuffled["train"][0] == data["train"][0]).all()
    assert not (shuffled["train"][1] == data["train"][1]).all()
    assert sorted(shuffled["train"][1]) == sorted(data["train"][1])


def test_record_breakers():
    assert record_breakers([(0, 0.5), (1, 0.4), (2, 0.7), (3, 0.7), (4, 0.9)], -1.0) == [0, 2, 4]
    assert record_breakers([(1, 0.5), (0, 0.9), (2, 0.7)], -1.0) == [1, 0]
    assert record_breakers([(0, 0.5), (1, 0.4), (2, 0.7)], 1.0) == [0, 1]


def test_importance_finds_what_matters(store):
    plan = replace(PLAN, space=BOWL, monitor="val_loss", trials=40)
    archive = Archive(open_storage(store.url), "i", "random", plan, Graph())
    while not archive.is_over:
        trial, values = archive.ask()
        archive.tell(trial, values["a"] ** 2, TrialState.COMPLETE)
    found = importances_json(store.url, "i", ["random"])
    assert max(found, key=found.get) == "a"
    assert found["a"] > 0.6
    assert sum(found.values()) == pytest.approx(1.0)


def test_importance_counts_what_not_every_trial_has_and_the_trials_of_every_sampler(store):
    plan = replace(PLAN, space=SearchSpace((DROP, SHARE, UNITS)), monitor="val_loss", trials=30)
    for sampler in ("random", "tpe"):
        archive = Archive(open_storage(store.url), "c", sampler, plan, network().graph)
        while not archive.is_over:
            trial, values = archive.ask()
            archive.tell(trial, values.get("share", 1.0) + 0.01 * values["units"], TrialState.COMPLETE)
    found = importances_json(store.url, "c", ["random", "tpe"])
    assert set(found) == {"drop", "share", "units"}
    assert found["share"] > found["units"]
    assert found != importances_json(store.url, "c", ["random"])


def test_optuna_dashboard_lists_the_studies_of_the_same_database(store):
    import json

    from optuna_dashboard import wsgi

    run_id = begin(store, replace(PLAN, trials=2, samplers=("random", "tpe")))
    study_job(store.url, run_id)
    app = wsgi(optuna_address(store.url))

    def ask(path: str) -> dict:
        status: list[str] = []
        query = {"REQUEST_METHOD": "GET", "PATH_INFO": path, "SERVER_NAME": "x", "SERVER_PORT": "80",
                 "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(), "QUERY_STRING": ""}  # fmt: skip
        answered = b"".join(app(query, lambda told, headers, *_: status.append(told)))
        assert status[0].startswith("200"), (status, answered)
        return json.loads(answered)

    listed = ask("/api/studies")["study_summaries"]
    assert {one["study_name"] for one in listed} == {study_name(run_id, name) for name in ("random", "tpe")}
    detail = ask(f"/api/studies/{listed[0]['study_id']}")
    assert [trial["state"] for trial in detail["trials"]] == ["Complete", "Complete"]


def test_a_trial_stands_in_the_tables_as_optuna_itself_would_write_it(store):
    space = {"a": FloatDistribution(1e-4, 1.0, log=True), "b": CategoricalDistribution(("relu", True, None, 4))}
    curve = {1: math.nan, 2: math.inf, 3: -math.inf, 4: 0.1 + 0.2}
    written = [
        optuna.create_trial(
            state=state, value=value, params={"a": 0.1 + 0.2, "b": choice}, distributions=space, system_attrs={"s": [1]},
            intermediate_values=curve, user_attrs={"number": 3, "reason": "“é”", "impossible": True},
        )
        for state, value, choice in (
            (TrialState.COMPLETE, 0.1 + 0.2, True), (TrialState.COMPLETE, math.inf, None), (TrialState.PRUNED, None, 4)
        )
    ]  # fmt: skip
    storage = open_storage(store.url)
    ours, theirs = (optuna.create_study(storage=storage, study_name=name) for name in ("ours", "theirs"))
    for trial in written:
        insert_trial(storage, storage.get_study_id_from_name("ours"), trial)
        storage.create_new_trial(storage.get_study_id_from_name("theirs"), trial)
    fresh = open_storage(store.url)
    both = zip(*(optuna.load_study(study_name=name, storage=fresh).trials for name in ("ours", "theirs")), strict=True)
    for ours, theirs in both:
        for name in ("number", "state", "values", "params", "distributions", "user_attrs", "system_attrs",
                     "datetime_start", "datetime_complete"):  # fmt: skip
            assert getattr(ours, name) == getattr(theirs, name), name
        assert repr(ours.intermediate_values) == repr(theirs.intermediate_values)
    assert ours.number == len(written) - 1


def test_workers_that_open_a_new_database_at_the_same_moment_all_find_its_tables(tmp_path):
    for round_ in range(3):
        together = threading.Barrier(4)
        found: list[list] = []

        def opened(address: str, together: threading.Barrier = together, found: list[list] = found) -> None:
            together.wait()
            found.append(open_storage(address).get_all_studies())

        workers = [
            threading.Thread(target=opened, args=(f"sqlite:///{tmp_path}/new{round_}.db",)) for _ in range(4)
        ]  # fmt: skip
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert found == [[]] * 4


def test_what_the_gaussian_process_is_given_stands_on_the_steps_of_each_dimension():
    space = {
        "rate": FloatDistribution(1e-4, 1.0, log=True),
        "share": FloatDistribution(0.0, 0.5, step=0.25),
        "units": IntDistribution(4, 64, log=True),
        "layers": IntDistribution(1, 7, step=2),
        "kind": CategoricalDistribution(("relu", "tanh", None)),
    }
    shares = np.random.default_rng(0).random((50, len(space)))
    points = [{name: place(one, at) for (name, one), at in zip(space.items(), row, strict=True)} for row in shares]
    assert all(one._contains(one.to_internal_repr(point[name])) for point in points for name, one in space.items())
    assert {len({point[name] for point in points}) for name in ("share", "kind")} == {3}
    again = shares_of(points, space)
    assert [{n: place(one, at) for (n, one), at in zip(space.items(), row, strict=True)} for row in again] == points
    encoded = encode(shares, space)
    assert encoded.shape == (50, 7)
    np.testing.assert_allclose(encoded, encode(again, space), atol=1e-9)
    assert encoded[:, 4:].sum(axis=1).tolist() == [1.0] * 50


@pytest.mark.soak
def test_two_hundred_trials_on_noise_are_the_winners_curse(store, monkeypatch):
    reads = []
    original = honesty.read_test
    monkeypatch.setattr(honesty, "read_test", lambda experiment: reads.append(1) or original(experiment))
    run_id = begin(store, replace(PLAN, trials=200, epochs=5), network("little noise"))
    study_job(store.url, run_id)
    found = honesty.open_seal(store.url, run_id)
    winner = found["winner"]
    print(f"the best of 200 on noise: {winner['validation']:.3f} on validation, {winner['test']:.3f} on test")
    assert winner["validation"] - winner["test"] > 0.1
    assert abs(winner["test"] - 0.5) < 0.1
    assert reads == [1]
    # What the lab shows of it.
    curse = searches.figure_of_curse(found, "val_accuracy", "light")
    assert [trace.y[-1] for trace in curse.data] == [winner["validation"], winner["test"]]
    assert "the search flattered it by" in searches.describe_curse(found, True)
    honesty.luck_job(store.url, run_id)
    trials, plan = read_trials(store, run_id), read_study(store.run(run_id))[1]
    count = studies.compared(plan)
    luck, ours = trials.lab_values("luck"), trials.best_of_first(count, True)
    assert len(luck) == studies.LUCK_SEARCHES
    assert "luck alone explains it" in searches.describe_luck(luck, ours, True, count)
    assert len(searches.figure_of_spread({"luck": luck}, ours, "light", "this search").data[0].x) == len(luck)
