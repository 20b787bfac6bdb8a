"""How soon a run obeys, and how soon it begins, as one JSON line: `python -m tests.benchmarks.steering [samples]`.

`pause_…` and `stop_…` are the milliseconds from a click's arrival to its effect in the fit: it stands still, or has left
its loop. `warm_start_s` is the median time from a click's arrival to the first record in the store,
through an engine that is ready; of it `first_start_s` was the first, in a worker that had trained nothing yet.
"""

from __future__ import annotations

import json
import os
import queue
import random
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median, quantiles
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras

from components.engine import start_engine
from components.experiment import Experiment, experiment_to_json
from components.store import Store
from components.training import running
from components.training.live_fit import LiveFit
from components.training.options import Options
from components.training.running import Job
from presets import ARCHITECTURES

SAMPLES = 100
STARTS = 6
FIRST_EPOCHS, EPOCHS = 20, 2
"""Epochs before a fit is steered: the first compiles meanwhile, the others have that behind them."""

PATIENCE = 120.0
"""Seconds that anything may take."""


def long_training() -> Experiment:
    """The spirals, for longer than is measured."""
    experiment = ARCHITECTURES["spirals"].experiment
    return replace(experiment, training=replace(experiment.training, epochs=10_000, callbacks=()))


class Watched(Job):
    """A job that tells when what happens in its fit, by the clock of this process.

    It fits so many times in a row: what the first fit has compiled, and found to be fast, serves the others, so that a
    hundred stops take no hundred compilations.
    """

    def __init__(self, store: Store, run_id: str, fits: int) -> None:
        super().__init__(store, store.run(run_id))
        self.fits = fits
        running.train_model = self.fit
        self.moments: queue.Queue[tuple[str, float]] = queue.Queue()
        self._tell, self.reporter.record = self.reporter.record, self._note  # type: ignore[method-assign]
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def _note(self, kind: str, epoch: int, step: int, values: Any) -> None:
        self.moments.put((values["mark"] if kind == "mark" else kind, time.perf_counter()))
        self._tell(kind, epoch, step, values)

    def fit(
        self, model: keras.Model, data: Any, *, callbacks: Sequence[keras.callbacks.Callback], **options: Any
    ) -> keras.callbacks.History:
        """As `train_model`, again and again; tells when a fit has left its loop."""
        first = fit = LiveFit(model, data, Options(**options), callbacks)
        for left in reversed(range(self.fits)):
            history = fit.run()
            self.moments.put(("left", time.perf_counter()))
            if left:
                fit = LiveFit(model, data, Options(**options), callbacks, first.programs)
                fit.pacer = first.pacer
        return history

    def pass_epochs(self, count: int) -> None:
        """Wait until so many epochs more have ended."""
        for _ in range(count):
            self.when("epoch")

    def when(self, what: str) -> float:
        """The next moment in which that happens."""
        while True:
            happened, moment = self.moments.get(timeout=PATIENCE)
            if happened == what:
                return moment


def seconds_until(job: Watched, store: Store, command: str, effect: str) -> float:
    """From asking, at any moment of a chunk and between two looks, to the effect."""
    time.sleep(random.uniform(0.02, 0.1))
    asked = time.perf_counter()
    store.send(job.run_row.id, command)
    return job.when(effect) - asked


def pauses_and_stops(store: Store, samples: int) -> tuple[list[float], list[float]]:
    """How long a run takes to stand still, again and again; then how long it takes to leave its loop, fit by fit."""
    job = Watched(store, store.create_run("bench", experiment_to_json(long_training())), fits=samples)
    job.pass_epochs(FIRST_EPOCHS)
    pauses, stops = [], []
    for _ in range(samples):
        pauses.append(seconds_until(job, store, "pause", "paused"))
        seconds_until(job, store, "resume", "resumed")
    for sample in range(samples):
        job.pass_epochs(EPOCHS if sample else 0)
        stops.append(seconds_until(job, store, "stop", "left"))
    job.thread.join()
    return pauses, stops


def starts(store: Store, home: Path) -> list[float]:
    """From submitting a run to its first record, one after another."""
    engine, taken = start_engine(home, store=store), []
    try:
        if not engine.wait_until_ready(PATIENCE):
            raise SystemExit(engine.message)
        for _ in range(STARTS):
            began = time.perf_counter()
            run = store.create_run("bench", experiment_to_json(long_training()))
            engine.submit("components.training.running.run_job", store.url, run, key=run)
            while not store.records(run, kinds=("steps",), most=1):
                time.sleep(0.002)
            taken.append(time.perf_counter() - began)
            store.send(run, "stop")
            engine.wait(run, PATIENCE)
    finally:
        engine.close()
    return taken


def milliseconds(name: str, taken: list[float]) -> dict[str, float]:
    """Median and 99th percentile."""
    return {
        f"{name}_p50_ms": round(median(taken) * 1000, 1),
        f"{name}_p99_ms": round(quantiles(taken, n=100, method="inclusive")[-1] * 1000, 1),
    }


def main(samples: int) -> None:
    """Print the measurements."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(f"sqlite:///{folder}/store.db")
        line: dict[str, Any] = {"case": "steering", "samples": samples}
        pauses, stops = pauses_and_stops(store, samples)
        line |= milliseconds("pause", pauses) | milliseconds("stop", stops)
        first, *warm = starts(store, Path(folder))
        print(json.dumps(line | {"first_start_s": round(first, 3), "warm_start_s": round(median(warm), 3)}))
        store.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else SAMPLES)
