"""Studies on real workers: several at once, one killed in mid-trial, and the server itself ended."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import optuna
import pytest

from components.engine import PRELOAD, Engine, start_engine
from components.searching.archives import is_counted, open_storage, study_name
from components.searching.jobs import MOST_RESUMED, StudyKeeper, begin_study
from components.searching.search_space import Dimension, SearchSpace
from components.searching.studies import Plan, create_study
from components.store import Record, Run, Store
from presets import ARCHITECTURES

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kills processes as POSIX does")

RATE = Dimension("rate", "training", parameter="learning_rate", least=1e-4, most=1e-1, log=True)
UNITS = Dimension("units", "layer", "hidden", "units", choices=(4, 8))
PLAN = Plan(SearchSpace((RATE, UNITS)), ("random", "tpe"), 3, 80, "none", "val_loss", at_once=2)


class Server:
    """A dashboard's store and engine, which can be ended and begun again."""

    def __init__(self, home: Path) -> None:
        self.home, self.store = home, Store(f"sqlite:///{home}/store.db")
        self.engine = self.begin()

    def begin(self) -> Engine:
        keeper = StudyKeeper(self.store, self.begin_study)
        preload = (*PRELOAD, "components.searching.tuning")
        self.engine = start_engine(self.home, preload=preload, workers=2, store=keeper)
        return self.engine

    def begin_study(self, run: Run) -> None:
        begin_study(self.engine, self.store, run)


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("LAYERLOOM_MOST_WORKERS", "2")
    monkeypatch.setattr("components.engine.reporting.SILENCE", 12.0)
    server = Server(tmp_path)
    yield server
    server.engine.close()


def wait_for(server: Server, run_id: str, condition: Callable[[], object], seconds: float = 180.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, (
            server.engine.message,
            server.store.run(run_id).state,
            server.engine.job(run_id),
            server.engine.job(f"{run_id}/1"),
            told(server, run_id, "ended"),
            (server.home / "engine.log").read_text()[-2000:],
        )
        time.sleep(0.02)


def told(server: Server, run_id: str, event: str) -> list[dict]:
    records = server.store.records(run_id, kinds=["trial"])
    return [record.values for record in records if record.values["event"] == event]


def training(server: Server, run_id: str) -> set[tuple[str, int]]:
    """The trials of which epochs were told and no end."""
    ended = {(one["sampler"], one["number"]) for one in told(server, run_id, "ended")}
    return {(one["sampler"], one["number"]) for one in told(server, run_id, "epochs")} - ended


def test_two_workers_share_a_study_that_outlives_a_worker_and_the_server(server: Server) -> None:
    run_id = create_study(server.store, "w", ARCHITECTURES["spirals"].experiment, PLAN)
    server.begin_study(server.store.run(run_id))
    # Two trials at the same time, on two workers.
    wait_for(server, run_id, lambda: len(training(server, run_id)) == 2)
    pids = {server.engine.job(key).pid for key in (run_id, f"{run_id}/1")}
    assert len(pids) == 2
    # One of the workers is killed in mid-trial; nobody resumes anything.
    before = training(server, run_id)
    os.kill(server.engine.job(run_id).pid, signal.SIGKILL)
    wait_for(server, run_id, lambda: [one for one in told(server, run_id, "ended") if one.get("interrupted")])
    marked = [(one["sampler"], one["number"]) for one in told(server, run_id, "ended") if one.get("interrupted")]
    assert len(marked) == 1
    wait_for(server, run_id, lambda: len(training(server, run_id)) == 2)
    assert server.store.run(run_id).state == "running"
    assert server.engine.job(run_id).pid not in pids, (
        server.engine.job(f"{run_id}/1"),
        (server.home / "engine.log").read_text()[-3000:],
        pids,
    )
    # The server ends, with all its workers; the next one lets the search go on by itself.
    server.engine.close()
    left = training(server, run_id)
    assert server.store.run(run_id).state == "running"
    server.begin()
    wait_for(server, run_id, lambda: server.store.run(run_id).state == "finished")
    # The budget is exact, nothing is counted twice, and what was interrupted is marked.
    every = told(server, run_id, "ended")
    numbers = [(one["sampler"], one["number"]) for one in every]
    assert len(set(numbers)) == len(numbers)
    assert {key for key, one in zip(numbers, every, strict=True) if one.get("interrupted")} >= {*marked, *left}
    for sampler in PLAN.samplers:
        name = study_name(run_id, sampler)
        kept = optuna.load_study(study_name=name, storage=open_storage(server.store.url)).trials
        assert sum(map(is_counted, kept)) == PLAN.trials
        assert sorted(trial.user_attrs["number"] for trial in kept) == list(range(len(kept)))
    assert before & set(marked)


def test_a_paused_study_and_one_that_was_lost_too_often_wait_for_a_person(tmp_path: Path) -> None:
    store, begun = Store(f"sqlite:///{tmp_path}/store.db"), []
    keeper = StudyKeeper(store, lambda run: begun.append(run.id))
    paused, lost = (create_study(store, "w", ARCHITECTURES["spirals"].experiment, PLAN) for _ in range(2))
    plain = store.create_run("w", {"layerloom": 1})
    store.send(paused, "pause")
    store.append(lost, [Record("trial", 0, 0, {})], state="running")
    time.sleep(0.01)
    assert set(keeper.lose_silent_runs("silent", 0.0)) == {paused, lost, plain}
    assert begun == [lost]
    assert [store.run(one).state for one in (paused, lost, plain)] == ["lost", "queued", "lost"]
    for _ in range(MOST_RESUMED + 2):
        time.sleep(0.01)
        keeper.lose_silent_runs("silent", 0.0)
    assert begun == [lost] * MOST_RESUMED
    assert (store.run(lost).state, store.run(lost).message) == ("lost", "silent")


def test_a_study_takes_as_many_seats_as_there_are_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(f"sqlite:///{tmp_path}/store.db")
    engine = start_engine(tmp_path / "engine", preload=())
    try:
        for workers, wanted, seats in ((2, 3, 2), (4, 3, 3), (4, 1, 1)):
            monkeypatch.setenv("LAYERLOOM_MOST_WORKERS", str(workers))
            plan = replace(PLAN, at_once=wanted)
            run = store.run(create_study(store, "w", ARCHITECTURES["spirals"].experiment, plan))
            begin_study(engine, store, run)
            keys = [run.id, *(f"{run.id}/{seat}" for seat in range(1, 5))]
            assert [engine.status(key) for key in keys] == ["queued"] * seats + [None] * (5 - seats)
            with pytest.raises(ValueError, match="still ending"):
                begin_study(engine, store, run)
    finally:
        engine.close()
