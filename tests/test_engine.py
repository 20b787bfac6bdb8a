"""The engine with real processes: calls, jobs, and what is left after each of them is killed."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest
from distributed import Client

from components.engine import SILENT, Engine, EngineError, EngineNotReady, start_engine
from components.engine.host import environment
from components.engine.queue import LOST
from components.engine.worker import NotAllowed, pack, unpack
from components.experiment import experiment_to_json
from components.runs import logs_by_epoch
from components.store import Record, Store
from presets import ARCHITECTURES
from tests.test_disasters import LONG, experiment

ROOT = Path(__file__).resolve().parent.parent
JOBS = "tests.engine_jobs."
PATIENCE = 120
"""Seconds that anything may take on a busy machine."""

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kills processes as POSIX does")


def wait_for(condition: Callable[[], object]) -> None:
    """Wait until the condition holds."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"{condition} did not hold within {PATIENCE} seconds"
        time.sleep(0.005)


def processes_of(home: Path) -> list[int]:
    """Ids of the engine's processes: those with the home in their command line, and what descends from them."""
    listed = subprocess.run(
        ["ps", "-ww", "-eo", "pid=,ppid=,stat=,args="], capture_output=True, text=True, check=True
    ).stdout
    rows = [line.split(None, 3) for line in listed.splitlines()]
    rows = [row for row in rows if len(row) == 4 and not row[2].startswith("Z")]
    found = {int(row[0]) for row in rows if "components.engine.process" in row[3] and str(home) in row[3]}
    while True:
        grown = found | {int(row[0]) for row in rows if int(row[1]) in found}
        if grown == found:
            return sorted(found)
        found = grown


def alive(pid: int) -> bool:
    """Whether the process exists and is not merely waiting to be buried."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return bool(state.strip()) and not state.startswith("Z")


def begin(engine: Engine, key: str, function: str, *args: object) -> None:
    """Submit a job and wait until it runs."""
    engine.submit(JOBS + function, *args, key=key)
    wait_for(lambda: engine.status(key) == "running")


@pytest.fixture(scope="module")
def tensorflow_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """An engine as the dashboard starts it, with TensorFlow."""
    home = tmp_path_factory.mktemp("tensorflow")
    engine = start_engine(
        home, preload=("tensorflow", "keras"), allowed=("tests.",), memory=1_500_000_000, warm=JOBS + "keras_count"
    )
    assert engine.wait_until_ready(PATIENCE), engine.message
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def shared_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """An engine without TensorFlow, which is up in two seconds."""
    engine = start_engine(tmp_path_factory.mktemp("engine"), preload=(), allowed=("tests.",))
    assert engine.wait_until_ready(PATIENCE), engine.message
    yield engine
    engine.close()


@pytest.fixture
def engine(shared_engine: Engine) -> Engine:
    """The same, once it has recovered from the test before."""
    assert shared_engine.wait_until_ready(PATIENCE), shared_engine.message
    return shared_engine


# Calls


def test_a_call_returns_plain_data_and_arrays(engine: Engine) -> None:
    assert engine.call(JOBS + "add", 1, 2) == 3
    answer = engine.call(JOBS + "array")
    assert np.array_equal(answer["points"], [[0, 1, 2], [3, 4, 5]])
    assert (list(answer["words"]), answer["one"], answer["svg"]) == (["a", "b"], 1.5, b"<svg>")
    value = {"nodes": [{"shape": [None, 80]}], "ü": (1, 2.5, None, True)}
    assert engine.call(JOBS + "echo", value) == value


def test_our_own_errors_keep_their_sentence(engine: Engine) -> None:
    with pytest.raises(EngineError, match=r"^A graph has no cycles, but a, b wait .* remove an edge\.$") as raised:
        engine.call(JOBS + "refuse")
    assert (raised.value.kind, raised.value.user_message) == ("GraphError", str(raised.value))


def test_other_errors_are_told_in_one_sentence(engine: Engine) -> None:
    with pytest.raises(EngineError) as raised:
        engine.call(JOBS + "crash")
    assert str(raised.value) == "The engine could not do this (RuntimeError: the very first line)."
    assert raised.value.kind == "RuntimeError"


@pytest.mark.parametrize("function", ["os.system", "tests.engine_jobs._private", "subprocess.run", "component.x", ""])
def test_only_allowed_functions_are_run(engine: Engine, function: str) -> None:
    with pytest.raises(NotAllowed, match="runs functions of components"):
        engine.call(function, "true")
    with pytest.raises(NotAllowed):
        engine.submit(function, key="never")


@pytest.mark.parametrize("function", ["tests.engine_jobs.missing", "components.missing.function"])
def test_a_function_that_is_not_there_is_told(engine: Engine, function: str) -> None:
    with pytest.raises(EngineError, match=r"AttributeError|ModuleNotFoundError"):
        engine.call(function)


def test_the_server_never_unpickles_a_class(engine: Engine) -> None:
    with pytest.raises(EngineError, match=r"answers with plain data, and this holds a tests\.engine_jobs\.Guest"):
        engine.call(JOBS + "guest")
    assert "plain data" in unpack(pack({"result": os.system}))["message"]
    assert unpack(pack({"result": {1, 2}})) == {"result": {1, 2}}


def test_a_call_that_overstays_is_ended(engine: Engine) -> None:
    with pytest.raises(EngineError, match=r"longer than 0\.5 seconds and was ended; try something smaller"):
        engine.call(JOBS + "sleep", 60, timeout=0.5)
    assert engine.call(JOBS + "add", 1, 1) == 2


def test_short_calls_do_not_wait_for_a_long_one(engine: Engine, tmp_path: Path) -> None:
    began, released = tmp_path / "began", tmp_path / "released"
    long = threading.Thread(target=engine.call, args=(JOBS + "hold", str(began), str(released)), kwargs={"long": True})
    long.start()
    wait_for(began.exists)
    assert engine.call(JOBS + "add", 1, 1) == 2
    assert long.is_alive()
    released.touch()
    long.join(PATIENCE)
    assert not long.is_alive()


def test_many_threads_may_call_at_once(engine: Engine) -> None:
    answers: dict[int, int] = {}

    def ask(number: int) -> None:
        for _ in range(5):
            answers[number] = engine.call(JOBS + "add", number, number)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert answers == {number: 2 * number for number in range(40)}


def test_a_call_that_kills_its_worker_is_told_and_the_next_one_works(engine: Engine) -> None:
    with pytest.raises(EngineError, match="process was ended while it did this; try again"):
        engine.call(JOBS + "end_process")
    assert engine.call(JOBS + "add", 1, 1) == 2
    os.kill(engine.call(JOBS + "process_id"), signal.SIGKILL)
    assert engine.call(JOBS + "add", 2, 2) == 4


# Jobs


def test_a_job_goes_from_queued_to_done(engine: Engine) -> None:
    engine.submit(JOBS + "add", 20, 22, key="sum")
    assert engine.wait("sum", PATIENCE) == "done"
    job = engine.job("sum")
    assert (job.result, job.message, engine.place("sum")) == (42, "", None)
    assert (engine.status("unknown"), engine.place("unknown"), engine.job("unknown")) == (None, None, None)


def test_a_failing_job_says_why(engine: Engine) -> None:
    engine.submit(JOBS + "refuse", key="refuse")
    engine.submit(JOBS + "crash", key="crash")
    assert (engine.wait("refuse", PATIENCE), engine.wait("crash", PATIENCE)) == ("failed", "failed")
    assert engine.job("refuse").message.endswith("remove an edge.")
    assert engine.job("crash").message == "The engine could not do this (RuntimeError: the very first line)."


def test_jobs_wait_in_order_and_know_their_place(engine: Engine) -> None:
    begin(engine, "first", "sleep", 60)
    for key in ("second", "third", "fourth"):
        engine.submit(JOBS + "now", key=key)
    assert [engine.place(key) for key in ("first", "second", "third", "fourth")] == [None, 1, 2, 3]
    with pytest.raises(ValueError, match="'second' is already queued"):
        engine.submit(JOBS + "now", key="second")
    assert engine.active_keys() == ["first", "second", "third", "fourth"]
    assert engine.stop("third")
    assert (engine.status("third"), engine.job("third").message) == ("cancelled", "Stopped while it waited.")
    assert engine.place("fourth") == 2
    assert not engine.stop("first", patience=0)
    assert engine.wait("first", PATIENCE) == "cancelled"
    assert "did not stop when asked" in engine.job("first").message
    assert (engine.wait("second", PATIENCE), engine.wait("fourth", PATIENCE)) == ("done", "done")
    assert engine.job("second").result < engine.job("fourth").result
    engine.submit(JOBS + "add", 1, 1, key="third")
    assert engine.wait("third", PATIENCE) == "done"


def test_calls_are_answered_while_a_job_runs(engine: Engine) -> None:
    begin(engine, "busy", "sleep", 60)
    assert engine.call(JOBS + "process_id") != engine.job("busy").pid
    engine.stop("busy", patience=0)
    assert engine.wait("busy", PATIENCE) == "cancelled"


def test_a_killed_worker_loses_its_job_only_and_is_back_at_once(engine: Engine) -> None:
    begin(engine, "killed", "sleep", 60)
    engine.submit(JOBS + "now", key="next")
    killed = time.time()
    os.kill(engine.job("killed").pid, signal.SIGKILL)
    assert engine.wait("killed", PATIENCE) == "lost"
    noticed = time.time() - killed
    assert engine.wait("next", PATIENCE) == "done"
    assert engine.job("killed").message == "The process that ran this was ended from outside; what it recorded is kept."
    # 0.1 s and 0.3 s; the limits leave room for a busy machine.
    assert noticed < 5.0
    assert engine.job("next").result - killed < 8.0


def test_a_job_that_can_go_on_is_begun_again_so_many_times_and_no_more(engine: Engine) -> None:
    engine.submit(JOBS + "sleep", 60, key="again", retries=2)
    lives: list[int] = []
    for _ in range(3):
        wait_for(lambda: engine.status("again") == "running" and engine.job("again").pid not in (0, *lives))
        lives.append(engine.job("again").pid)
        os.kill(lives[-1], signal.SIGKILL)
    assert engine.wait("again", PATIENCE) == "lost"
    assert len(set(lives)) == 3
    # Ended on purpose it is not begun again.
    engine.submit(JOBS + "sleep", 60, key="ended", retries=2)
    wait_for(lambda: engine.status("ended") == "running")
    engine.stop("ended", patience=0)
    assert engine.wait("ended", PATIENCE) == "cancelled"


def test_a_worker_killed_again_and_again_always_comes_back(engine: Engine) -> None:
    for number in range(4):
        begin(engine, f"victim-{number}", "sleep", 60)
        os.kill(engine.job(f"victim-{number}").pid, signal.SIGKILL)
        assert engine.wait(f"victim-{number}", PATIENCE) == "lost"
    engine.submit(JOBS + "add", 1, 1, key="after")
    assert engine.wait("after", PATIENCE) == "done"


def test_a_job_that_takes_too_long_is_ended_with_a_sentence(engine: Engine) -> None:
    engine.submit(JOBS + "sleep", 60, key="long", seconds=0.6)
    assert engine.wait("long", PATIENCE) == "failed"
    assert engine.job("long").message.startswith("A job may run for 0.01 minutes here")
    engine.submit(JOBS + "add", 1, 1, key="quick", seconds=1.5)
    assert engine.wait("quick", PATIENCE) == "done"
    time.sleep(1.7)  # beyond the time it had
    assert engine.status("quick") == "done"


def test_a_job_that_stops_by_itself_in_time_is_not_killed(engine: Engine, tmp_path: Path) -> None:
    released = tmp_path / "released"
    begin(engine, "willing", "hold", str(tmp_path / "began"), str(released))
    assert not engine.stop("willing", patience=2)
    released.touch()
    assert engine.wait("willing", PATIENCE) == "done"
    time.sleep(2.2)  # beyond the patience
    engine.submit(JOBS + "process_id", key="after")
    assert engine.wait("after", PATIENCE) == "done"
    assert engine.job("after").result == engine.job("willing").result
    assert [engine.stop(key) for key in ("willing", "unknown")] == [False, False]


# The store is told


class Recorder:
    """Counts what the engine tells."""

    def __init__(self) -> None:
        self.beats: list[list[str]] = []
        self.ends: list[tuple[str, str, str]] = []

    def beat(self, run_ids: list[str]) -> None:
        """As `Store.beat`."""
        self.beats.append(list(run_ids))

    def end_run(self, run_id: str, state: str, message: str) -> bool:
        """As `Store.end_run`, failing the first time as a locked store does."""
        self.ends.append((run_id, state, message))
        if len(self.ends) == 1:
            raise OSError("locked")
        return True

    def lose_silent_runs(self, message: str, silence: float = 30.0) -> list[str]:
        """As `Store.lose_silent_runs`."""
        return []


def test_the_store_hears_of_living_and_of_lost_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("components.engine.reporting.BEAT", 0.1)
    monkeypatch.setattr("components.engine.reporting.SILENCE", 4.0)
    store = Store(f"sqlite:///{tmp_path / 'a.db'}")
    forgotten = store.create_run("w", {})
    running, waiting = store.create_run("w", {}), store.create_run("w", {})
    engine = start_engine(tmp_path / "home", preload=(), allowed=("tests.",), store=store)
    try:
        engine.submit(JOBS + "sleep", 60, key=running)
        engine.submit(JOBS + "sleep", 60, key=waiting)
        wait_for(lambda: engine.status(running) == "running")
        store.append(running, [Record("epoch", 1, 10, {"loss": 0.5})], state="running")
        wait_for(lambda: store.run(forgotten).state == "lost")
        assert store.run(forgotten).message == SILENT
        assert (store.run(running).state, store.run(waiting).state) == ("running", "queued")
        os.kill(engine.job(running).pid, signal.SIGKILL)
        wait_for(lambda: store.run(running).state == "lost")
        assert "what it recorded is kept" in store.run(running).message
        assert [record.values for record in store.records(running)] == [{"loss": 0.5}]
        wait_for(lambda: engine.status(waiting) == "running")
    finally:
        engine.close()
    assert (store.run(waiting).state, store.run(waiting).message[:26]) == ("lost", "The engine was ended while")
    store.close()


def test_what_was_stopped_is_told_on_the_run_and_no_longer_counts(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'a.db'}")
    stubborn, waiting, tidying = (store.create_run("w", {}) for _ in range(3))
    engine = start_engine(tmp_path / "home", preload=(), allowed=("tests.",), store=store)
    try:
        engine.submit(JOBS + "sleep", 60, key=stubborn)
        engine.submit(JOBS + "sleep", 60, key=waiting)
        engine.submit(JOBS + "sleep", 1.5, key=tidying)
        wait_for(lambda: engine.status(stubborn) == "running")
        assert engine.stop(waiting)
        wait_for(lambda: store.run(waiting).state == "stopped")
        assert store.run(waiting).message == "Stopped while it waited."
        assert store.active_runs("w") == [stubborn, tidying]
        assert not engine.stop(stubborn, patience=0.2)
        wait_for(lambda: store.run(stubborn).state == "stopped")
        assert "did not stop when asked; what it recorded is kept" in store.run(stubborn).message
        wait_for(lambda: engine.status(tidying) == "running")
        store.update_run(tidying, state="stopped", message="Stopped after epoch 3.")
        assert not engine.stop(tidying, patience=0.2)
        assert engine.wait(tidying, PATIENCE) == "done"
        assert store.run(tidying).message == "Stopped after epoch 3."
        # A seat of a search, or a part of its lab, is ended too, though no run bears its key.
        engine.submit(JOBS + "sleep", 60, key=f"{tidying}/1")
        wait_for(lambda: engine.status(f"{tidying}/1") == "running")
        assert not engine.stop(f"{tidying}/1", patience=0.2)
        assert engine.wait(f"{tidying}/1", 20) == "cancelled"
    finally:
        engine.close()
    store.close()


def test_a_store_that_cannot_just_now_is_told_again(tmp_path: Path) -> None:
    recorder = Recorder()
    engine = start_engine(tmp_path, preload=(), allowed=("tests.",), store=recorder)
    engine.submit(JOBS + "crash", key="run")
    assert engine.wait("run", PATIENCE) == "failed"
    wait_for(lambda: len(recorder.ends) == 2)
    assert recorder.ends[0] == recorder.ends[1]
    wait_for(lambda: recorder.beats)
    engine.close()


# Deaths


def test_the_engine_killed_is_started_again_and_keeps_its_queue(tmp_path: Path) -> None:
    engine = start_engine(tmp_path, preload=(), allowed=("tests.",))
    try:
        engine.submit(JOBS + "sleep", 60, key="running")
        engine.submit(JOBS + "add", 1, 1, key="waiting")
        assert engine.wait_until_ready(PATIENCE)
        wait_for(lambda: engine.status("running") == "running")
        before = processes_of(tmp_path)
        assert len(before) >= 4  # The process, its fork server and two workers.
        os.kill(engine.pid, signal.SIGKILL)
        wait_for(lambda: engine.state == "starting")
        assert engine.wait("running", PATIENCE) == "lost"
        assert engine.job("running").message == "The engine was ended while it ran this; what it recorded is kept."
        with pytest.raises(EngineNotReady, match="lost and is starting again"):
            engine.call(JOBS + "add", 1, 1)
        assert engine.status("waiting") == "queued"
        assert engine.wait("waiting", PATIENCE) == "done"
        assert engine.call(JOBS + "add", 1, 1) == 2
        wait_for(lambda: not any(alive(pid) for pid in before))
    finally:
        engine.close()
    wait_for(lambda: not processes_of(tmp_path))


PARENT = """
import sys, time
from components.engine import start_engine
engine = start_engine(sys.argv[1], preload=(), allowed=("tests.",))
assert engine.wait_until_ready(120)
engine.submit("tests.engine_jobs.sleep", 600, key="job")
while engine.status("job") != "running":
    time.sleep(0.01)
print("ready", flush=True)
{then}
"""


def start_parent(home: Path, then: str) -> subprocess.Popen[str]:
    """A process that starts an engine with a running job, as the dashboard does."""
    program = PARENT.format(then=then)
    return subprocess.Popen([sys.executable, "-c", program, str(home)], cwd=ROOT, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT])
def test_no_process_outlives_its_parent(tmp_path: Path, end: signal.Signals) -> None:
    parent = start_parent(tmp_path, "time.sleep(600)")
    assert parent.stdout.readline() == "ready\n"
    children = processes_of(tmp_path)
    assert len(children) >= 4
    parent.send_signal(end)
    parent.wait(PATIENCE)
    wait_for(lambda: not any(alive(pid) for pid in children))


def test_no_process_outlives_a_parent_that_ends_by_itself(tmp_path: Path) -> None:
    parent = start_parent(tmp_path, "")
    assert parent.stdout.readline() == "ready\n"
    assert parent.wait(PATIENCE) == 0
    wait_for(lambda: not processes_of(tmp_path))


def test_an_engine_that_is_still_starting_can_be_closed(tmp_path: Path) -> None:
    engine = start_engine(tmp_path, preload=())
    assert (engine.state, engine.job("x")) == ("starting", None)
    with pytest.raises(EngineNotReady, match="warming up; this takes about"):
        engine.call("components.limits.default_memory")
    engine.submit("components.limits.default_memory", key="never")
    engine.close()
    assert engine.state == "gone"
    assert engine.status("never") == "queued"
    for ask in (engine.call, lambda function: engine.submit(function, key="x")):
        with pytest.raises(EngineNotReady, match="was closed"):
            ask("components.limits.default_memory")
    wait_for(lambda: not processes_of(tmp_path))


def test_an_engine_that_cannot_start_says_so(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file where the folder should be")
    engine = start_engine(tmp_path / "home", preload=())
    wait_for(lambda: engine.state == "gone")
    assert re.match(r"The engine's log .* cannot be written .* set LAYERLOOM_HOME to another folder\.", engine.message)
    engine.close()


def test_a_module_that_cannot_be_imported_does_not_stop_the_engine(tmp_path: Path) -> None:
    engine = start_engine(tmp_path, preload=("components.missing",), allowed=("tests.",))
    assert engine.wait_until_ready(PATIENCE)
    assert engine.call(JOBS + "add", 1, 1) == 2
    engine.close()
    assert "components.missing cannot be imported" in (tmp_path / "engine.log").read_text()


def test_the_engine_finds_the_project_where_nothing_is_installed(tmp_path: Path) -> None:
    # -S: without the folder in which an editable install leaves its path.
    program = [sys.executable, "-S", "-c", "import components.engine.process, presets; print(presets.__file__)"]
    found = subprocess.run(program, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=True)
    assert Path(found.stdout.strip()).parents[1] == ROOT


def test_the_engine_listens_on_this_machine_alone(engine: Engine) -> None:
    main = psutil.Process(engine.pid)

    def listening() -> list[str]:
        return [
            connection.laddr.ip
            for process in (main, *main.children(recursive=True))
            for connection in process.net_connections()
            if connection.status == psutil.CONN_LISTEN
        ]

    wait_for(lambda: len(listening()) >= 5)  # A worker may be on its way back from the test before.
    assert listening() == ["127.0.0.1"] * 5  # The scheduler, two nannies and two workers: no web server.


# Several workers, and a cluster of others


def test_as_many_jobs_run_as_there_are_workers(tmp_path: Path) -> None:
    engine = start_engine(tmp_path, preload=(), workers=2, allowed=("tests.",))
    for key in "abc":
        engine.submit(JOBS + "sleep", 60, key=key)
    assert engine.wait_until_ready(PATIENCE)
    wait_for(lambda: [engine.status(key) for key in "abc"] == ["running", "running", "queued"])
    engine.stop("b", patience=0)
    wait_for(lambda: [engine.status(key) for key in "abc"] == ["running", "cancelled", "running"])
    engine.close()


@pytest.fixture
def workers() -> int:
    """How many a cluster has."""
    return 2


@pytest.fixture
def cluster(workers: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A Dask scheduler and its workers, started from their own commands, and its address in the environment."""
    told = tmp_path / "scheduler.json"
    environment = os.environ | {"PYTHONPATH": str(ROOT), "DASK_LOGGING__DISTRIBUTED": "error"}

    def start(*command: str) -> subprocess.Popen[bytes]:
        started = [sys.executable, "-m", "dask", *command, "--no-dashboard"]
        return subprocess.Popen(started, env=environment, cwd=tmp_path, stderr=subprocess.DEVNULL)

    here = "--host", "127.0.0.1", "--scheduler-file", str(told)
    processes = [start("scheduler", *here, "--port", "0")]
    processes += [start("worker", *here, "--nworkers", "1", "--nthreads", "1") for _ in range(workers)]
    try:
        wait_for(lambda: told.exists() and told.read_text().endswith("}"))
        address = json.loads(told.read_text())["address"]
        monkeypatch.setenv("DASK_SCHEDULER_ADDRESS", address)
        with Client(address, set_as_default=False) as client:
            client.wait_for_workers(workers, timeout=PATIENCE)
        yield address
    finally:
        for process in processes:
            process.kill()
            process.wait(PATIENCE)


def trained(engine: Engine, store: Store) -> tuple[str, dict[int, dict[str, float]], list[np.ndarray]]:
    """How a short training on this engine ended, its history and its weights."""
    spirals = ARCHITECTURES["spirals"].experiment
    training = replace(spirals.training, epochs=4, callbacks=())
    run = store.create_run("w", experiment_to_json(replace(spirals, training=training)))
    engine.submit("components.training.running.run_job", store.url, run, key=run)
    assert engine.wait(run, PATIENCE) == "done", engine.job(run)  # a plain worker imports TensorFlow first
    history = logs_by_epoch(store.records(run, kinds=("epoch",)))
    with np.load(io.BytesIO(store.artefact(run, "weights/last.npz") or b"")) as held:
        weights = [held[name] for name in sorted(held.files) if held[name].dtype.kind == "f"]
    figures = {epoch: {name: v for name, v in logs.items() if name != "seconds"} for epoch, logs in history.items()}
    return store.run(run).state, figures, weights


def test_a_cluster_trains_to_the_same_weights_as_this_machine(
    tensorflow_engine: Engine, cluster: str, tmp_path: Path
) -> None:
    store = Store(f"sqlite:///{tmp_path / 'runs.db'}")
    there = start_engine(tmp_path / "unused", store=store)
    try:
        assert there.wait_until_ready(PATIENCE), there.message
        assert there.pid is None
        state, history, weights = trained(there, store)
    finally:
        there.close()
    here = trained(tensorflow_engine, store)
    assert (state, list(history)) == (here[0], list(here[1])) == ("finished", [1, 2, 3, 4])
    for epoch, logs in history.items():
        assert logs == pytest.approx(here[1][epoch], rel=1e-5)
    assert len(weights) == len(here[2]) > 4
    for ours, theirs in zip(weights, here[2], strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-7)
    store.close()


@pytest.mark.parametrize("workers", [3])
def test_two_remote_workers_train_at_once_and_one_is_killed(cluster: str, workers: int, tmp_path: Path) -> None:
    """One worker answers calls. What the killed one trained is lost with a sentence, and goes on; the other never stops."""
    store = Store(f"sqlite:///{tmp_path / 'runs.db'}")
    engine = start_engine(tmp_path / "unused", store=store)
    train = "components.training.running.run_job"
    try:
        assert engine.wait_until_ready(PATIENCE), engine.message
        killed, other = (store.create_run("w", experiment_to_json(experiment(LONG))) for _ in "ab")
        for run in (killed, other):
            engine.submit(train, store.url, run, key=run)
        wait_for(lambda: all(store.run(run).epoch > 5 for run in (killed, other)))
        pids = [engine.job(run).pid for run in (killed, other)]
        assert len({*pids, os.getpid()}) == 3
        os.kill(pids[0], signal.SIGKILL)
        assert engine.wait(killed, PATIENCE) == "lost"
        wait_for(lambda: not store.run(killed).active)
        lost, there = store.run(killed), store.run(other).epoch
        assert (lost.state, lost.message) == ("lost", LOST)
        assert [record.epoch for record in store.records(killed, kinds=("epoch",))] == list(range(1, lost.epoch + 1))
        store.update_run(killed, state="queued", message="")
        engine.submit(train, store.url, killed, key=killed)
        wait_for(lambda: store.run(killed).epoch > lost.epoch and store.run(other).epoch > there)
        assert engine.job(other).pid == pids[1]
        for run in (killed, other):
            store.send(run, "stop")
            assert engine.wait(run, PATIENCE) == "done"
            counted = logs_by_epoch(store.records(run, kinds=("epoch", "mark")))
            assert (store.run(run).state, list(counted)) == ("stopped", list(range(1, len(counted) + 1)))
    finally:
        engine.close()
        store.close()


def test_a_cluster_is_reached_by_its_address(cluster: str, tmp_path: Path) -> None:
    engine = start_engine(tmp_path / "unused", allowed=("tests.",))
    try:
        assert engine.wait_until_ready(PATIENCE), engine.message
        assert (engine.pid, (tmp_path / "unused").exists()) == (None, False)
        assert engine.call(JOBS + "add", 1, 2) == 3
        begin(engine, "first", "sleep", 60)
        assert engine.call(JOBS + "process_id") != engine.job("first").pid
        engine.submit(JOBS + "add", 1, 2, key="second")
        engine.stop("first", patience=0)
        assert engine.wait("first", PATIENCE) == "cancelled"
        assert engine.wait("second", PATIENCE) == "done"
        begin(engine, "third", "sleep", 60)
        engine.submit(JOBS + "add", 1, 2, key="fourth")
        os.kill(engine.job("third").pid, signal.SIGKILL)
        assert engine.wait("third", PATIENCE) == "lost"
        assert engine.wait("fourth", PATIENCE) == "done"
    finally:
        engine.close()


def test_an_address_where_nobody_is_is_told_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASK_SCHEDULER_ADDRESS", "tcp://127.0.0.1:9")
    engine = start_engine(tmp_path)
    wait_for(lambda: engine.state == "gone")
    assert engine.message == (
        "No Dask scheduler answers at tcp://127.0.0.1:9; start it, or unset DASK_SCHEDULER_ADDRESS."
    )
    engine.close()


# With TensorFlow


def test_tensorflow_is_in_the_workers_and_not_here(tensorflow_engine: Engine) -> None:
    assert tensorflow_engine.call(JOBS + "modules", "tensorflow", "keras", "os") == ["tensorflow", "keras", "os"]
    assert tensorflow_engine.call(JOBS + "keras_count") == 15
    program = "import sys, components.engine; print(*{'distributed', 'dask', 'tensorflow'} & {*sys.modules})"
    printed = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert printed.stdout.strip() == ""


def test_calls_stay_quick_while_a_job_trains(tensorflow_engine: Engine) -> None:
    begin(tensorflow_engine, "training", "train_busily", 60)
    taken = []
    for _ in range(40):
        began = time.perf_counter()
        tensorflow_engine.call(JOBS + "add", 1, 1)
        taken.append(time.perf_counter() - began)
    tensorflow_engine.stop("training", patience=0)
    assert tensorflow_engine.wait("training", PATIENCE) == "cancelled"
    # 4 to 6 ms; the limit leaves room for a busy machine.
    assert np.median(taken) < 0.2


def test_a_killed_worker_with_tensorflow_is_back_within_a_second(tensorflow_engine: Engine) -> None:
    begin(tensorflow_engine, "killed", "sleep", 60)
    tensorflow_engine.submit(JOBS + "keras_count", key="next")
    killed = time.monotonic()
    os.kill(tensorflow_engine.job("killed").pid, signal.SIGKILL)
    assert tensorflow_engine.wait("next", PATIENCE) == "done"
    assert time.monotonic() - killed < 8.0  # 0.6 s; without the fork server 13 s on a machine that is idle


def test_a_job_that_uses_too_much_memory_says_so(tensorflow_engine: Engine) -> None:
    begin(tensorflow_engine, "greedy", "eat_memory", 3_000)
    assert tensorflow_engine.wait("greedy", PATIENCE) == "lost"
    assert re.match(r"This was ended because it used \d\.\d GB of memory.*", tensorflow_engine.job("greedy").message)
    tensorflow_engine.submit(JOBS + "add", 1, 1, key="after")
    assert tensorflow_engine.wait("after", PATIENCE) == "done"
