"""How fast a search is, as JSON lines: `python -m tests.benchmarks.tuning [case …]`.

`search` runs as many random trials of the small dense preset as TRIALS says, ours through a study with its store and
Optuna's tables, against a plain Optuna loop that builds, compiles and calls `fit`: the same space, the same sampler with
the same seed, so the same trials, the same epochs, one process, measured in one run. `ratio` is the loop's time over
ours, from the first call to the last; `ratio_cpu` the same in processor time, which neighbours on the machine do not
change much. `overhead` is what asking, suggesting and telling takes for a trial with four
dimensions when a hundred are known, by sampler; its `ratio` is the limit of 30 ms over it. `page` is what one look of
the page at 500 trials costs the server: reading what is new and drawing the best and the curves.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import optuna
from optuna.trial import TrialState

from components.building import build_model
from components.graph import Graph
from components.searching.archives import Archive, open_storage, suggest
from components.searching.bench import open_data
from components.searching.samplers import SAMPLERS
from components.searching.search_space import Dimension, SearchSpace, choose
from components.searching.studies import Plan, create_study, trial_experiment
from components.searching.trials import Trials
from components.searching.tuning import study_job
from components.store import Record, Store
from components.training.running import compile_model
from dashboard.charts import searches
from presets import ARCHITECTURES

TRIALS = int(os.environ.get("TRIALS", "60"))
EPOCHS = int(os.environ.get("EPOCHS", "20"))
LIMIT = 0.030

SPACE = SearchSpace(
    (
        Dimension("learning_rate", "training", parameter="learning_rate", least=5e-4, most=5e-2, log=True),
        Dimension("batch_size", "training", parameter="batch_size", choices=(16, 32, 64)),
        Dimension("hidden", "layer", "hidden", "units", choices=(8, 16, 32)),
        Dimension("activation", "layer", "hidden", "activation", choices=("relu", "tanh")),
    )
)


def plan_of(**changes: object) -> Plan:
    """The search that is measured."""
    settings = {"samplers": ("random",), "trials": TRIALS, "epochs": EPOCHS, "pruner": "none", "monitor": "val_loss"}
    return Plan(SPACE, **{**settings, **changes})  # type: ignore[arg-type]


class Clock:
    """Seconds on the wall and of the processor since it was made."""

    def __init__(self) -> None:
        self._wall, self._processor = time.perf_counter(), time.process_time()

    def read(self) -> tuple[float, float]:
        """Both."""
        return time.perf_counter() - self._wall, time.process_time() - self._processor


def run_ours(folder: Path) -> tuple[tuple[float, float], list[float]]:
    """Seconds of a study with all it keeps, and the scores."""
    experiment = ARCHITECTURES["spirals"].experiment
    store = Store(f"sqlite:///{folder}/store.db")
    clock = Clock()
    run_id = create_study(store, "bench", experiment, plan_of())
    study_job(store.url, run_id)
    seconds = clock.read()
    assert store.run(run_id).state == "finished", store.run(run_id).message
    told = [record.values for record in store.records(run_id, kinds=["trial"])]
    return seconds, [one["value"] for one in told if one["event"] == "ended"]


def run_plainly() -> tuple[tuple[float, float], list[float]]:
    """Seconds of Optuna's own loop around `fit`, in memory, and the scores."""
    plan = plan_of()
    experiment = ARCHITECTURES["spirals"].experiment

    def objective(trial: optuna.Trial) -> float:
        values = choose(plan.space, experiment.graph, lambda one: suggest(trial, one))
        tried = trial_experiment(experiment, values, plan)
        keras.utils.set_random_seed(tried.seed)
        model = build_model(tried.graph, seed=tried.seed)
        compile_model(model, tried, data)
        history = model.fit(
            *data["train"],
            validation_data=data["validation"],
            batch_size=tried.training.batch_size,
            epochs=plan.epochs,
            verbose=0,
        )
        return min(history.history["val_loss"])

    clock = Clock()
    data = open_data(experiment)
    study = optuna.create_study(sampler=SAMPLERS["random"].make(plan.seed, plan.trials))
    study.optimize(objective, n_trials=plan.trials)
    return clock.read(), [float(trial.value or 0.0) for trial in study.trials]


def measure_search() -> Iterator[dict]:
    """The whole search, ours first: what both share is warm for the other."""
    with tempfile.TemporaryDirectory() as folder:
        ours, scores = run_ours(Path(folder))
    plain, plain_scores = run_plainly()
    yield {
        "case": "search",
        "ratio": round(plain[0] / ours[0], 2),
        "ratio_cpu": round(plain[1] / ours[1], 2),
        "goal": 4.0,
        "trials": TRIALS,
        "epochs": EPOCHS,
        "seconds": round(ours[0], 1),
        "plain_seconds": round(plain[0], 1),
        "best": round(min(scores), 4),
        "plain_best": round(min(plain_scores), 4),
    }


def measure_overhead() -> Iterator[dict]:
    """Ask, suggest and tell, with the store's tables on the disk."""
    for sampler in ("random", "tpe", "genetic", "gp"):
        with tempfile.TemporaryDirectory() as folder:
            storage = open_storage(Store(f"sqlite:///{folder}/store.db").url)
            archive = Archive(storage, "bench", sampler, plan_of(trials=130), Graph())
            times = []
            while not archive.is_over:
                began = time.perf_counter()
                trial, values = archive.ask()
                asked = time.perf_counter()
                for epoch in range(1, EPOCHS + 1):
                    archive.should_prune(trial, epoch, values["learning_rate"] + 1 / epoch)
                told = time.perf_counter()
                archive.tell(trial, values["learning_rate"], TrialState.COMPLETE)
                times.append(asked - began + time.perf_counter() - told)
        each = sum(times[100:]) / len(times[100:])
        yield {"case": f"overhead {sampler}", "ratio": round(LIMIT / each, 2), "goal": 1.0, "ms": round(1000 * each, 1)}


def measure_page() -> Iterator[dict]:
    """One look at 500 trials while they go on."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(f"sqlite:///{folder}/store.db")
        run_id = store.create_run("bench", {})
        store.append(run_id, [record for number in range(500) for record in records_of(number)])
        trials = Trials()
        trials.take(store.records(run_id, trials.read))
        times = []
        for number in range(500, 520):
            store.append(run_id, list(records_of(number)))
            began = time.perf_counter()
            trials.take(store.records(run_id, trials.read))
            searches.figure_of_best(trials.all, {}, "val_loss", False, "light").to_json()
            searches.figure_of_curves(trials.all, "val_loss", False, "light").to_json()
            times.append(time.perf_counter() - began)
    each = sorted(times)[len(times) // 2]
    yield {"case": "page", "ratio": round(1.0 / each, 2), "goal": 4.0, "trials": 500, "ms": round(1000 * each, 1)}


def records_of(number: int) -> Iterator[Record]:
    """The records of one trial."""
    name = {"sampler": ("random", "tpe")[number % 2], "number": number // 2}
    epochs = [[epoch, 1 / epoch + number % 7, 1 / epoch] for epoch in range(1, 21)]
    for values in (
        {"event": "begun", "values": {"learning_rate": 0.01, "hidden": 16}},
        {"event": "epochs", "epochs": epochs},
        {"event": "ended", "state": "complete", "value": 0.05 + number % 7, "seconds": 0.5},
    ):
        yield Record("trial", 0, 0, {**name, **values})


CASES: dict[str, Callable[[], Iterator[dict]]] = {
    "overhead": measure_overhead,
    "page": measure_page,
    "search": measure_search,
}


def main(chosen: list[str]) -> None:
    """Print a line for each case."""
    for name in chosen or CASES:
        for figures in CASES[name]():
            print(json.dumps(figures), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
