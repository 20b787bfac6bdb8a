"""A thousand short runs in a row: memory, files, event folders and temporary files stay within their limits.

`SOAK_RUNS` makes it fewer. Nearly all of a run's time is the tracing of its programs, which is what leaked: on two quiet
cores a run takes 0.6 seconds, and a thousand of them ten minutes.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from components.engine import Engine, start_engine
from components.experiment import experiment_to_json
from components.store import Store, event_folder
from components.training.filing import PREFIX
from tests.test_disasters import experiment

RUNS = int(os.environ.get("SOAK_RUNS", "1000"))
SETTLED = max(5, RUNS // 10)
"""Runs after which everything has been imported, compiled and cached that will be."""

LOOK_EVERY = 100
"""Runs between two looks at the memory: what grows is seen early, and how it grew is told."""

MOST = 2_000_000
"""Bytes that the store may hold: some ten runs."""

pytestmark = [pytest.mark.soak, pytest.mark.skipif(sys.platform == "win32", reason="looks at processes as on POSIX")]


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A small store, here and in the worker."""
    monkeypatch.setenv("LAYERLOOM_MOST_STORE", str(MOST))
    store = Store(f"sqlite:///{tmp_path / 'store' / 'store.db'}")
    yield store
    store.close()


@pytest.fixture
def engine(store: Store, tmp_path: Path) -> Iterator[Engine]:
    """The engine as the dashboard starts it."""
    engine = start_engine(tmp_path / "engine", store=store)
    assert engine.wait_until_ready(300), engine.message
    yield engine
    engine.close()


def train(engine: Engine, store: Store, number: int) -> str:
    """A short run; the topology is another every time, so that nothing compiled serves twice."""
    run = store.create_run("me", experiment_to_json(experiment(2, batch_size=20 + number % 40)), f"run {number}")
    engine.submit("components.training.running.run_job", store.url, run, key=run)
    assert engine.wait(run, 300) == "done", engine.job(run)
    assert store.run(run).state == "finished"
    return run


def memory(*pids: int) -> dict[int, int]:
    """What each process holds, in bytes."""
    return {pid: psutil.Process(pid).memory_info().rss for pid in pids}


def held_by(folder: Path) -> int:
    """What all files below a folder hold, in bytes."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def test_many_runs_in_a_row_leave_nothing_behind(engine: Engine, store: Store, capsys: pytest.CaptureFixture[str]):
    for number in range(SETTLED):
        last = train(engine, store, number)
    worker, since = engine.job(last).pid, time.monotonic()
    began, open_files = memory(worker, os.getpid(), engine.pid), psutil.Process(worker).num_fds()
    for number in range(SETTLED, RUNS):
        last = train(engine, store, number)
        if (number + 1) % LOOK_EVERY == 0 or number + 1 == RUNS:
            assert engine.job(last).pid == worker
            now = memory(*began)
            with capsys.disabled():
                told = ", ".join(
                    f"{held / 1e6:.0f} MB (began with {began[pid] / 1e6:.0f})" for pid, held in now.items()
                )
                print(f"{number + 1} runs, {(time.monotonic() - since) / (number + 1 - SETTLED):.2f} s each: {told}")
            assert all(held < 1.25 * began[pid] + 50_000_000 for pid, held in now.items())
            assert psutil.Process(worker).num_fds() <= open_files + 5
    kept = {run.id for run in store.runs("me")}
    assert last in kept
    assert len(kept) < RUNS
    assert {folder.name for folder in event_folder(store.url).iterdir()} == kept
    assert store.size() <= MOST
    # SQLite's file has room to spare and its log a limit of its own.
    assert held_by(Path(store.url.removeprefix("sqlite:///")).parent) < 2 * MOST + 17_000_000
    assert not list(Path(tempfile.gettempdir()).glob(f"{PREFIX}{worker}-*"))
