"""Disasters in the middle of real trainings: what is kept, what is said, and that the next run works."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from components.engine import Engine, start_engine
from components.experiment import Callback, Data, Experiment, Training, experiment_to_json
from components.inside.event_logs import read_events
from components.inside.finishing import FINISH, FinishingKeeper, files_key
from components.store import Record, Store, StoreError, event_folder
from components.training.checkpoints import LAST
from components.training.filing import PREFIX
from components.weaving import Loom
from tests.postgres import killed, new_database
from tests.test_store import postgres_server

__all__ = ["postgres_server"]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kills processes as POSIX does")

LONG = 10_000
"""Epochs that no test sees the end of."""

PATIENCE = 180
"""Seconds that anything may take on a busy machine."""


def experiment(epochs: int, **training: object) -> Experiment:
    """A small network on the spirals."""
    loom = Loom()
    hidden = loom("Dense", loom.input("point", [2]), units=8, activation="tanh")
    graph = loom.graph(loom("Dense", hidden, units=2, activation="softmax", name="curve"))
    settings = Training(epochs=epochs, losses={"curve": "sparse_categorical_crossentropy"}, **training)
    return Experiment("disaster", graph, Data("spirals", {"rows": 40_000 if epochs == LONG else 400}), settings, seed=3)


def diverging(epochs: int, *callbacks: Callback) -> Experiment:
    """A linear network at a learning rate that blows it up."""
    loom = Loom()
    graph = loom.graph(loom("Dense", loom.input("point", [2]), units=1, name="curve"))
    settings = Training(
        optimizer="SGD", learning_rate=10.0, epochs=epochs, losses={"curve": "mean_squared_error"}, callbacks=callbacks
    )
    return replace(experiment(epochs), graph=graph, training=settings)


def wait_for(condition: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Wait until the condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{condition} did not hold within {seconds} seconds"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Where the runs are kept."""
    store = Store(f"sqlite:///{tmp_path_factory.mktemp('home') / 'store.db'}")
    yield store
    store.close()


@pytest.fixture(scope="module")
def shared_engine(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """One engine for all that happens."""
    preload = ("tensorflow", "keras", "presets", "components.training.running")
    keeper = FinishingKeeper(store, lambda run: engine.submit(FINISH, store.url, run, key=files_key(run)))
    engine = start_engine(tmp_path_factory.mktemp("engine"), preload=preload, store=keeper)
    yield engine
    engine.close()


@pytest.fixture
def engine(shared_engine: Engine) -> Engine:
    """The same, once it has recovered from the test before."""
    assert shared_engine.wait_until_ready(PATIENCE), shared_engine.message
    return shared_engine


def begin(engine: Engine, store: Store, chosen: Experiment) -> str:
    """Submit a run."""
    run = store.create_run("me", experiment_to_json(chosen))
    submit(engine, store, run)
    return run


def submit(engine: Engine, store: Store, run: str) -> None:
    """Have a run trained, or go on."""
    engine.submit("components.training.running.run_job", store.url, run, key=run)


def epochs_of(store: Store, run: str) -> list[int]:
    """The epochs that are recorded, in order."""
    return [record.epoch for record in store.records(run, kinds=("epoch",))]


def marks_of(store: Store, run: str) -> list[str]:
    """What is marked on the curve."""
    return [record.values["mark"] for record in store.records(run, kinds=("mark",))]


def the_next_run_works(engine: Engine, store: Store) -> None:
    """From beginning to end."""
    run = begin(engine, store, experiment(3))
    assert engine.wait(run, PATIENCE) == "done"
    assert (store.run(run).state, store.run(run).message, epochs_of(store, run)) == ("finished", "", [1, 2, 3])


def test_a_loss_that_is_no_number(engine: Engine, store: Store):
    """Keras's own callback ends the run; without it the run goes on, and the curve says where it happened."""
    ended = begin(engine, store, diverging(200, Callback("TerminateOnNaN")))
    gone_on = begin(engine, store, diverging(20))
    assert (engine.wait(ended, PATIENCE), engine.wait(gone_on, PATIENCE)) == ("done", "done")
    assert store.run(ended).state == "finished"
    assert "TerminateOnNaN ended the training" in store.run(ended).message
    assert store.run(ended).epoch < 200
    assert (store.run(gone_on).state, epochs_of(store, gone_on)) == ("finished", list(range(1, 21)))
    for run in (ended, gone_on):
        assert "nan" in marks_of(store, run)
        assert LAST in store.artefacts(run)
    the_next_run_works(engine, store)


def test_a_database_that_is_locked_while_a_run_trains(engine: Engine, store: Store):
    run = begin(engine, store, experiment(LONG))
    wait_for(lambda: store.run(run).epoch > 5)
    with (
        closing(sqlite3.connect(store.url.removeprefix("sqlite:///"), timeout=PATIENCE)) as other,
        closing(Store(store.url, patience=0.2)) as page,
    ):
        other.execute("BEGIN IMMEDIATE")
        before = store.run(run).epoch
        with pytest.raises(StoreError, match="Another program keeps the store locked; close it and try again"):
            page.send(run, "stop")
        time.sleep(2)
        assert store.run(run).state == "running"  # reading goes on
        assert store.run(run).epoch <= before + 20
        other.rollback()
    wait_for(lambda: store.run(run).epoch > before + 5)
    store.send(run, "stop")
    assert engine.wait(run, PATIENCE) == "done"
    kept = epochs_of(store, run)
    assert kept == list(range(1, len(kept) + 1))
    assert store.run(run).state == "stopped"
    the_next_run_works(engine, store)


def test_a_run_on_postgresql_outlives_a_locked_table_and_a_killed_server(
    engine: Engine, store: Store, postgres_server: str
):
    with closing(Store(new_database(postgres_server), patience=0.2)) as kept:
        run = begin(engine, kept, experiment(LONG, callbacks=(Callback("CSVLogger"),)))
        wait_for(lambda: kept.run(run).epoch > 60)  # more than are kept one by one
        other = create_engine(kept.url.replace("postgresql:", "postgresql+psycopg:"))
        with other.begin() as connection:
            connection.exec_driver_sql("LOCK TABLE runs IN EXCLUSIVE MODE")
            before = kept.run(run).epoch
            with pytest.raises(StoreError, match="Another program keeps the store locked; close it and try again"):
                kept.send(run, "stop")
            time.sleep(2)
            assert (kept.run(run).state, kept.run(run).epoch <= before + 20) == ("running", True)
        other.dispose()
        wait_for(lambda: kept.run(run).epoch > before + 5)
        with killed(postgres_server):
            with pytest.raises(StoreError, match="does not answer"):
                kept.run(run)
            time.sleep(3)  # states of epochs are to be kept meanwhile
        wait_for(lambda: kept.run(run).epoch > before + 100)
        kept.send(run, "stop")
        assert engine.wait(run, PATIENCE) == "done"
        epochs = epochs_of(kept, run)
        assert epochs == list(range(1, len(epochs) + 1))
        assert kept.run(run).state == "stopped"
        assert LAST in kept.artefacts(run)
        _, *lines = (kept.artefact(run, "files/training.csv") or b"").decode().splitlines()
        assert len(lines) == len(epochs)
    the_next_run_works(engine, store)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of six megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", folder]
    if not sys.platform.startswith("linux") or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a small disk to fill can only be mounted by root on Linux")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def test_a_disk_that_is_full_while_a_run_trains(engine: Engine, store: Store, small_disk: Path):
    with closing(Store(f"sqlite:///{small_disk / 'store.db'}")) as small:
        run = begin(engine, small, experiment(LONG))
        wait_for(lambda: small.run(run).epoch > 5)
        ballast = small_disk / "ballast"
        fill(ballast)
        wait_for(lambda: is_refused(small, run))
        wait_for(lambda: stands_still(small, run))
        stood = small.run(run)
        assert stood.state == "running"
        ballast.unlink()
        wait_for(lambda: small.run(run).epoch > stood.epoch)
        small.send(run, "stop")
        assert engine.wait(run, PATIENCE) == "done"
        kept = epochs_of(small, run)
        assert kept == list(range(1, len(kept) + 1))
        assert small.run(run).state == "stopped"
        assert LAST in small.artefacts(run)
    the_next_run_works(engine, store)


def fill(ballast: Path) -> None:
    """Take all the room there is."""
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return


def stands_still(store: Store, run: str) -> bool:
    """Whether the store takes nothing more of a run: what little room was left is full."""
    before = store.run(run).epoch
    time.sleep(1)
    return store.run(run).epoch == before


def is_refused(store: Store, run: str) -> bool:
    """Whether the store says that its disk is full."""
    try:
        store.append(run, [Record("note", 0, 0, {"text": "x" * 4096})])
    except StoreError as error:
        return str(error) == "The disk that holds the store is full; delete runs or other files and try again."
    return False


def test_the_worker_killed_while_it_trains(engine: Engine, store: Store):
    """The run says so and keeps its records, its weights and its callbacks' files; it goes on from the checkpoint."""
    run = begin(engine, store, experiment(LONG, callbacks=(Callback("CSVLogger"),)))
    wait_for(lambda: "files/training.csv" in store.artefacts(run))
    pid = engine.job(run).pid
    assert list(Path(tempfile.gettempdir()).glob(f"{PREFIX}{pid}-*"))
    os.kill(pid, signal.SIGKILL)
    assert engine.wait(run, PATIENCE) == "lost"
    wait_for(lambda: not store.run(run).active)
    lost = store.run(run)
    assert (lost.state, lost.message) == (
        "lost",
        "The process that ran this was ended from outside; what it recorded is kept.",
    )
    kept = epochs_of(store, run)
    assert kept == list(range(1, lost.epoch + 1))
    assert store.artefact(run, "files/training.csv").startswith(b"epoch,")
    assert LAST in store.artefacts(run)
    the_next_run_works(engine, store)
    assert engine.wait(files_key(run), PATIENCE) == "done"
    assert_files_are_whole(store, run)
    assert not list(Path(tempfile.gettempdir()).glob(f"{PREFIX}{pid}-*"))
    store.update_run(run, state="queued", message="")
    submit(engine, store, run)
    # Epochs that were told of after the last state was kept are taken back, and trained again.
    wait_for(lambda: {"resumed", "rewound"} & set(marks_of(store, run)) and store.run(run).epoch > lost.epoch)
    store.send(run, "stop")
    assert engine.wait(run, PATIENCE) == "done"
    assert store.run(run).state == "stopped"
    assert set(kept) <= set(epochs_of(store, run))
    _, *lines = (store.artefact(run, "files/training.csv") or b"").decode().splitlines()
    assert [line.partition(",")[0] for line in lines] == [str(epoch) for epoch in range(store.run(run).epoch)]


def assert_files_are_whole(store: Store, run: str) -> None:
    """TensorBoard has the graph once, and points for its projector."""
    folder = event_folder(store.url) / run / "train"
    events = [event for file in sorted(folder.glob("events.*")) for event in read_events(file)]
    assert sum(event.HasField("graph_def") for event in events) == 1
    assert 'tensor_path: "dense_outputs.tsv"' in (folder / "projector_config.pbtxt").read_text()


def test_the_engine_killed_while_it_trains(engine: Engine, store: Store):
    """What trained is lost and says so; what waited trains as soon as the engine is back."""
    run, waiting = begin(engine, store, experiment(LONG)), begin(engine, store, experiment(3))
    wait_for(lambda: store.run(run).epoch > 5)
    os.kill(engine.pid, signal.SIGKILL)
    assert engine.wait(run, PATIENCE) == "lost"
    wait_for(lambda: not store.run(run).active)
    lost = store.run(run)
    assert (lost.state, lost.message) == ("lost", "The engine was ended while it ran this; what it recorded is kept.")
    assert epochs_of(store, run) == list(range(1, lost.epoch + 1))
    assert engine.wait(waiting, PATIENCE) == "done"
    assert (store.run(waiting).state, epochs_of(store, waiting)) == ("finished", [1, 2, 3])
    assert engine.wait(files_key(run), PATIENCE) == "done"
    assert_files_are_whole(store, run)
    the_next_run_works(engine, store)
