"""How soon a run obeys, and how soon it begins, as one JSON line: `python -m tests.benchmarks.steering [samples]`.

`pause_…` and `stop_…` are the milliseconds from a control's being in the store to its effect in the fit: it stands
still, or has left its loop. `warm_start_s` is the median time from a click's arrival to the first record in the store,
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
from dataclasses import replace
from pathlib import Path
from statistics import median, quantiles
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from components.engine import start_engine
from components.experiment import Experiment, experiment_to_json
from components.store import Store
from components.training.running import Job
from presets import ARCHITECTURES

SAMPLES = 120
STARTS = 8
PATIENCE = 120.0
"""Seconds that anything may take."""


def long_training() -> Experiment:
    """The spirals, for longer than is measured."""
    experiment = ARCHITECTURES["spirals"].experiment
    return replace(experiment, training=replace(experiment.training, epochs=10_000, callbacks=()))


class Watched(Job):
    """A job that tells when what happens in its fit, by the clock of this process."""

    def __init__(self, store: Store, run_id: str) -> None:
        super().__init__(store, store.run(run_id))
        self.moments: queue.Queue[tuple[str, float]] = queue.Queue()
        self._tell, self.reporter.record = self.reporter.record, self._note  # type: ignore[method-assign]
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def _note(self, kind: str, epoch: int, step: int, values: Any) -> None:
        self.moments.put((values["mark"] if kind == "mark" else kind, time.perf_counter()))
        self._tell(kind, epoch, step, values)

    def mark_best(self, *told: Any) -> None:
        """Called when the fit has left its loop."""
        self.moments.put(("left", time.perf_counter()))
        super().mark_best(*told)

    def when(self, what: str) -> float:
        """The next moment in which that happens."""
        while True:
            happened, moment = self.moments.get(timeout=PATIENCE)
            if happened == what:
                return moment


def begin(store: Store) -> Watched:
    """A run that trains steadily."""
    job = Watched(store, store.create_run("bench", experiment_to_json(long_training())))
    for _ in range(20):
        job.when("epoch")
    return job


def seconds_until(job: Watched, store: Store, command: str, effect: str) -> float:
    """From the control's being in the store to its effect, sent at any moment of a chunk."""
    time.sleep(random.uniform(0.02, 0.15))
    store.send(job.run_row.id, command)
    sent = time.perf_counter()
    return max(0.0, job.when(effect) - sent)


def pauses(store: Store, samples: int) -> list[float]:
    """How long one run takes to stand still, again and again."""
    job, taken = begin(store), []
    for _ in range(samples):
        taken.append(seconds_until(job, store, "pause", "paused"))
        seconds_until(job, store, "resume", "resumed")
    store.send(job.run_row.id, "stop")
    job.thread.join()
    return taken


def stops(store: Store, samples: int) -> list[float]:
    """How long each of so many runs takes to leave its loop."""
    taken = []
    for _ in range(samples):
        job = begin(store)
        taken.append(seconds_until(job, store, "stop", "left"))
        job.thread.join()
    return taken


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
        line |= milliseconds("pause", pauses(store, samples)) | milliseconds("stop", stops(store, samples))
        first, *warm = starts(store, Path(folder))
        print(json.dumps(line | {"first_start_s": round(first, 3), "warm_start_s": round(median(warm), 3)}))
        store.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else SAMPLES)
