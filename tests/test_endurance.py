"""A thousand short runs in a row: memory, files, event folders and temporary files stay within their limits.

`SOAK_RUNS` makes it fewer.
"""

from __future__ import annotations

import os
import sys
import tempfile
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


def test_many_runs_in_a_row_leave_nothing_behind(engine: Engine, store: Store):
    for number in range(SETTLED):
        last = train(engine, store, number)
    worker = engine.job(last).pid
    began, open_files = memory(worker, os.getpid(), engine.pid), psutil.Process(worker).num_fds()
    for number in range(SETTLED, RUNS):
        last = train(engine, store, number)
    assert engine.job(last).pid == worker
    for pid, held in memory(worker, os.getpid(), engine.pid).items():
        assert held < 1.25 * began[pid] + 50_000_000
    assert psutil.Process(worker).num_fds() <= open_files + 5
    kept = {run.id for run in store.runs("me")}
    assert last in kept
    assert len(kept) < RUNS
    assert {folder.name for folder in event_folder(store.url).iterdir()} == kept
    assert store.size() <= MOST
    # SQLite's file has room to spare and its log a limit of its own.
    assert held_by(Path(store.url.removeprefix("sqlite:///")).parent) < 2 * MOST + 17_000_000
    assert not list(Path(tempfile.gettempdir()).glob(f"{PREFIX}{worker}-*"))
