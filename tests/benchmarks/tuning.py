"""How fast a search is, as JSON lines: `python -m tests.benchmarks.tuning [case …]`.

`search` runs as many random trials of the small dense preset as TRIALS says, ours through a study with its store and
Optuna's tables, against a plain Optuna loop that builds, compiles and calls `fit`: the same space, the same sampler with
the same seed, so the same trials, the same epochs, one process, measured in one run. `ratio` is the loop's time over
ours, from the first call to the last; `ratio_cpu` the same in processor time, which neighbours on the machine do not
change much. Each goes first once, and both must have found the same scores. `overhead` is what a study takes between
two fits of a space with four dimensions when a hundred trials are known, by sampler: telling, recording, keeping
weights, asking, looking at shapes; its `ratio` is the limit of 30 ms over it. `luck` is the lab's check on shuffled
labels, against the same searches on a bench of their own each; both must have found the same scores. `page` is what one look of
the page at 500 trials costs the server: reading what is new and drawing the best and the curves. `following` is the same
in a browser, by view: from a trial's end in the store to its being on the page that follows 500 others, and from a click
on the view to its picture; `ratio` is a second over the slower of the two, medians both.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import optuna

from components.building import build_model
from components.experiment import Experiment
from components.searching import honesty, tuning
from components.searching.again import search_again
from components.searching.archives import suggest
from components.searching.bench import Bench, open_data
from components.searching.conditions import choose
from components.searching.samplers import SAMPLERS
from components.searching.search_space import Dimension, SearchSpace
from components.searching.studies import LUCK_SEARCHES, LUCK_TRIALS, Plan, create_study, trial_experiment
from components.searching.trials import Trials
from components.searching.tuning import study_job
from components.store import Record, Store
from components.training.running import compile_model
from dashboard.charts import searches
from dashboard.workspace import COOKIE
from presets import ARCHITECTURES
from tests.browser.pages import ROOT, chromium, served

TRIALS = int(os.environ.get("TRIALS", "60"))
EPOCHS = int(os.environ.get("EPOCHS", "20"))
LIMIT = 0.030

APP, VISITOR = ROOT / "dashboard/app.py", "v" * 40

PICTURES = {
    "Curves": ".st-key-chart_curves .main-svg",
    "Parallel": ".parallel[data-trials='{count}']",
    "Slices": ".st-key-chart_slices .main-svg",
    "Best so far": ".st-key-chart_best .main-svg",
}
"""What is there once a view's picture is drawn; the parallel coordinates say themselves how many trials they show."""

VALUES = {"batch_size": 16, "hidden": 16, "activation": "relu"}

TOLERANCE = 1e-4
"""How far apart the scores of the same trial may be."""

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


def searched() -> Experiment:
    """The preset, its rows in one order: Keras and we shuffle them in different ones."""
    experiment = ARCHITECTURES["spirals"].experiment
    return replace(experiment, training=replace(experiment.training, shuffle=False))


def run_ours(folder: Path) -> tuple[tuple[float, float], list[float]]:
    """Seconds of a study with all it keeps, and the scores."""
    experiment = searched()
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
    plan, experiment = plan_of(), searched()

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
            shuffle=False,
            verbose=0,
        )
        return min(history.history["val_loss"])

    clock = Clock()
    data = open_data(experiment)
    study = optuna.create_study(sampler=SAMPLERS["random"].make(plan.seed, plan.trials))
    study.optimize(objective, n_trials=plan.trials)
    return clock.read(), [float(trial.value or 0.0) for trial in study.trials]


def measure_search() -> Iterator[dict]:
    """The whole search, each side first once: what both share is warm for the one that comes second."""
    ours, plain, scores, plain_scores = [], [], [], []
    for first in ("ours", "plain"):
        with tempfile.TemporaryDirectory() as folder:
            for side in (first, "plain" if first == "ours" else "ours"):
                seconds, found = run_ours(Path(folder)) if side == "ours" else run_plainly()
                (ours if side == "ours" else plain).append(seconds)
                (scores if side == "ours" else plain_scores).append(found)
    apart = float(np.abs(np.subtract(scores, plain_scores)).max())
    assert apart < TOLERANCE, f"the two searches found other scores, up to {apart:.2g} apart"
    wall, processor = (sum(one[n] for one in plain) / sum(one[n] for one in ours) for n in (0, 1))
    yield {
        "case": "search",
        "ratio": round(wall, 2),
        "ratio_cpu": round(processor, 2),
        "goal": 4.0,
        "trials": TRIALS,
        "epochs": EPOCHS,
        "seconds": [round(one[0], 1) for one in ours],
        "plain_seconds": [round(one[0], 1) for one in plain],
        "best": round(min(scores[0]), 4),
        "apart": apart,
    }


def measure_luck() -> Iterator[dict]:
    """As many searches on shuffled labels as the lab makes."""
    experiment, plan = searched(), plan_of(trials=LUCK_TRIALS)
    with tempfile.TemporaryDirectory() as folder:
        store = Store(f"sqlite:///{folder}/store.db")
        run_id = create_study(store, "bench", experiment, plan)
        clock = Clock()
        honesty.luck_job(store.url, run_id)
        ours = clock.read()
        found = [record.values["value"] for record in store.records(run_id, kinds=["lab"])]
    data, clock = open_data(experiment), Clock()
    shuffled = [honesty.shuffle_targets(data, plan.seed + 1_000 * number) for number in range(LUCK_SEARCHES)]
    alone = [search_again(Bench(one), experiment, plan) for one in shuffled]
    theirs = clock.read()
    assert found == [one.score for one in alone if one is not None]
    yield {"case": "luck", "ratio": round(theirs[0] / ours[0], 2), "ratio_cpu": round(theirs[1] / ours[1], 2),
           "goal": 1.0, "searches": LUCK_SEARCHES, "trials": LUCK_TRIALS, "epochs": EPOCHS, "seconds": round(ours[0], 1),
           "seconds_anew": round(theirs[0], 1)}  # fmt: skip


class FreeBench:
    """A bench whose fits cost nothing, and that notes when each began and ended."""

    clock: ClassVar[Clock] = Clock()
    times: ClassVar[list[tuple[tuple[float, float], tuple[float, float]]]] = []

    def __init__(self, splits: object) -> None:
        self.model = SimpleNamespace(weights=[])

    def fit(self, experiment: Experiment, on_epoch: Callable[..., bool], control: object) -> None:
        """Tell epochs as a fit would."""
        began, rate = self.clock.read(), experiment.training.learning_rate
        for epoch in range(1, EPOCHS + 1):
            on_epoch(epoch, {"val_loss": rate + 1 / epoch, "loss": 1.0}, self.model)
        self.times.append((began, self.clock.read()))


def measure_overhead() -> Iterator[dict]:
    """Between two fits of a study, everything that it keeps on the disk."""
    tuning.Bench = FreeBench  # type: ignore[misc, assignment]
    for sampler in ("random", "tpe", "genetic", "gp"):
        FreeBench.times = []
        with tempfile.TemporaryDirectory() as folder:
            store = Store(f"sqlite:///{folder}/store.db")
            run_id = create_study(store, "bench", searched(), plan_of(samplers=(sampler,), trials=130))
            study_job(store.url, run_id)
            assert store.run(run_id).state == "finished", store.run(run_id).message
        times = FreeBench.times[100:]
        wall, processor = (
            sum(after[0][n] - before[1][n] for before, after in pairwise(times)) / (len(times) - 1) for n in (0, 1)
        )
        yield {"case": f"overhead {sampler}", "ratio": round(LIMIT / wall, 2), "goal": 1.0, "ms": round(1000 * wall, 1),
               "ms_cpu": round(1000 * processor, 1)}  # fmt: skip
    tuning.Bench = Bench  # type: ignore[misc]


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


def rate_of(number: int) -> float:
    """A learning rate by which the page tells a trial from those around it."""
    return (101 + number % 390) / 10_000


def records_of(number: int, score: float | None = None) -> Iterator[Record]:
    """The records of one trial."""
    value = 0.05 + number % 7 if score is None else score
    name = {"sampler": ("random", "tpe")[number % 2], "number": number // 2}
    epochs = [[epoch, 1 / epoch + number % 7, 1 / epoch] for epoch in range(1, 21)]
    for values in (
        {
            "event": "begun",
            "values": {**VALUES, "learning_rate": rate_of(number)},
        },
        {"event": "epochs", "epochs": epochs},
        {"event": "ended", "state": "complete", "value": value, "seconds": 0.5},
    ):
        yield Record("trial", 0, 0, {**name, **values})


def measure_following() -> Iterator[dict]:
    """A page that follows a search in which trials end, every one told to it by the store alone."""
    with tempfile.TemporaryDirectory() as home, chromium() as browser, served(APP, Path(home)) as address:
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        context.add_cookies([{"name": COOKIE, "value": VISITOR, "url": address}])
        page = context.new_page()
        page.goto(f"{address}/tune")
        page.get_by_role("button", name="Start the search").wait_for(timeout=60_000)
        page.locator(".st-key-engine_line").wait_for(state="detached", timeout=180_000)
        store = Store(f"sqlite:///{home}/layerloom.db")
        run_id = create_study(store, VISITOR, searched(), plan_of(samplers=("random", "tpe"), trials=400))
        store.append(
            run_id, [record for number in range(500) for record in records_of(number)], state="running", epoch=500
        )
        page.reload()
        page.get_by_text("500 of 800 trials").wait_for(timeout=60_000)
        ended = 500
        for view, picture in PICTURES.items():
            began = time.perf_counter()
            page.get_by_role("radio", name=view, exact=True).click()
            page.locator(picture.format(count=ended)).first.wait_for()
            drawn, delays = time.perf_counter() - began, []
            for _ in range(10):
                ended += 1
                time.sleep(0.37)  # so that they end at other moments of the page's beat
                store.append(run_id, list(records_of(ended - 1, -ended)), epoch=ended)
                began = time.perf_counter()
                page.locator(picture.format(count=ended)).first.wait_for()
                page.locator(".st-key-trial_card").get_by_text(
                    f"{rate_of(ended - 1):.3g}"
                ).wait_for()  # it is the best now
                delays.append(time.perf_counter() - began)
            shown = sorted(delays)[len(delays) // 2]
            yield {"case": f"following {view}", "ratio": round(1.0 / max(shown, drawn), 2), "goal": 1.0, "trials": ended,
                   "shown_s": round(shown, 2), "shown_slowest_s": round(max(delays), 2), "view_s": round(drawn, 2)}  # fmt: skip


CASES: dict[str, Callable[[], Iterator[dict]]] = {
    "overhead": measure_overhead,
    "luck": measure_luck,
    "page": measure_page,
    "following": measure_following,
    "search": measure_search,
}


def main(chosen: list[str]) -> None:
    """Print a line for each case."""
    for name in chosen or CASES:
        for figures in CASES[name]():
            print(json.dumps(figures), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
