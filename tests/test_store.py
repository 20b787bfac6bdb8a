"""The store on SQLite and, where it can be started, on a real PostgreSQL: the same tests for both."""

from __future__ import annotations

import math
import multiprocessing
import sqlite3
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, event

from components.store import (
    ENDED,
    NoSuchRun,
    Record,
    StaleDraft,
    Store,
    StoreError,
    StoreFull,
    default_url,
    drafts,
    event_folder,
)
from tests.postgres import MISSING, find_postgres, new_database, started

MINE, YOURS = "workspace-of-mine", "workspace-of-yours"
EXPERIMENT = {"layerloom": 1, "name": "spirals", "graph": {"nodes": ["ä", "二"]}}


# A real PostgreSQL


@pytest.fixture(scope="module")
def postgres_server() -> Iterator[str]:
    """The address of a server that is started for these tests."""
    binaries = find_postgres()
    if binaries is None:
        warnings.warn(MISSING, stacklevel=1)
        pytest.skip(MISSING)
    with started(binaries) as address:
        yield address


# Stores


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'home' / 'layerloom.db'}"
    server = request.getfixturevalue("postgres_server")
    return new_database(server)


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """An empty store."""
    store = Store(url, patience=0.5)
    yield store
    store.close()


def ended_run(store: Store, workspace: str = MINE, artefact: int = 0) -> str:
    """A finished run that holds an artefact of so many bytes."""
    run_id = store.create_run(workspace, EXPERIMENT)
    if artefact:
        store.save_artefact(run_id, "weights/best.npz", bytes(artefact))
    store.update_run(run_id, state="finished")
    return run_id


# Runs


def test_a_run_is_read_as_it_was_created(store: Store) -> None:
    before = time.time()
    run = store.run(store.create_run(MINE, EXPERIMENT, "first", parent="other", forked_at=3))
    assert run.experiment == EXPERIMENT
    assert (run.workspace, run.name, run.state, run.parent, run.forked_at) == (MINE, "first", "queued", "other", 3)
    assert before <= run.created <= time.time()
    assert (run.started, run.ended, run.epoch, run.step, run.pinned, run.active) == (None, None, 0, 0, False, True)


def test_ids_cannot_be_guessed(store: Store) -> None:
    ids = {store.create_run(MINE, EXPERIMENT) for _ in range(20)}
    assert len(ids) == 20
    assert all(len(run_id) >= 22 for run_id in ids)


def test_runs_are_listed_newest_first_and_only_ones_own(store: Store) -> None:
    mine = [store.create_run(MINE, EXPERIMENT, str(number)) for number in range(3)]
    store.create_run(YOURS, EXPERIMENT)
    assert [run.id for run in store.runs(MINE)] == mine[::-1]
    assert store.runs("nobody") == []


def test_states_carry_their_times(store: Store) -> None:
    run_id = store.create_run(MINE, EXPERIMENT)
    store.update_run(run_id, state="starting")
    started = store.run(run_id).started
    store.update_run(run_id, state="running", epoch=2, step=20, steps_per_epoch=10, steps_per_second=99.5)
    assert store.run(run_id).started == started is not None
    store.update_run(run_id, state="finished", message="Done.")
    run = store.run(run_id)
    assert run.ended >= started
    assert (run.epoch, run.step, run.steps_per_epoch, run.steps_per_second, run.message) == (2, 20, 10, 99.5, "Done.")
    store.update_run(run_id, state="queued")
    assert store.run(run_id).ended is None


def test_wrong_fields_and_states_are_the_callers_mistake(store: Store) -> None:
    run_id = store.create_run(MINE, EXPERIMENT)
    with pytest.raises(TypeError, match="colour"):
        store.update_run(run_id, colour="red")
    with pytest.raises(TypeError, match="called id"):
        store.append(run_id, [], id="other")
    with pytest.raises(ValueError, match="'sleeping'"):
        store.update_run(run_id, state="sleeping")
    with pytest.raises(ValueError, match="'explode'"):
        store.send(run_id, "explode")


def test_an_ended_run_is_not_ended_again(store: Store) -> None:
    run_id = store.create_run(MINE, EXPERIMENT)
    assert store.end_run(run_id, "lost", "Its process was ended.")
    assert not store.end_run(run_id, "failed", "Too late.")
    assert (store.run(run_id).state, store.run(run_id).message) == ("lost", "Its process was ended.")
    assert not store.end_run("no such run", "lost", "")


def test_text_that_a_database_refuses_is_cleaned(store: Store) -> None:
    run_id = store.create_run(MINE, {"name": "\ud800 \0"}, "a\0b\ud800" + "x" * 500)
    store.append(run_id, [Record("mark", 0, 0, {"text": "\0\ud800"})], message="\0m")
    assert store.run(run_id).name.startswith("ab?x")
    assert len(store.run(run_id).name) == 200
    assert store.run(run_id).message == "m"
    assert store.records(run_id)[0].values == {"text": "\0\ud800"}


def test_a_deleted_run_leaves_nothing(store: Store) -> None:
    run_id = store.create_run(MINE, EXPERIMENT)
    store.append(run_id, [Record("epoch", 1, 10, {"loss": 1.0})])
    store.send(run_id, "stop")
    store.save_artefact(run_id, "weights/best.npz", b"...")
    token = store.share(run_id, MINE)
    store.delete_run(run_id)
    assert store.size() == 0
    for missing in (
        lambda: store.run(run_id),
        lambda: store.records(run_id),
        lambda: store.controls(run_id),
        lambda: store.artefact(run_id, "weights/best.npz"),
        lambda: store.append(run_id, [Record("epoch", 2, 20)]),
        lambda: store.update_run(run_id, state="running"),
        lambda: store.save_artefact(run_id, "a", b""),
        lambda: store.send(run_id, "stop"),
        lambda: store.delete_run(run_id),
        lambda: store.shared(token),
    ):
        with pytest.raises(NoSuchRun):
            missing()


# Visitors are apart


def test_another_visitors_run_might_as_well_not_exist(store: Store) -> None:
    run_id = store.create_run(MINE, EXPERIMENT)
    store.append(run_id, [Record("epoch", 1, 10)])
    store.save_artefact(run_id, "a", b"a")
    acts: list[Callable[[str], object]] = [
        lambda workspace: store.run(run_id, workspace),
        lambda workspace: store.update_run(run_id, workspace, name="taken over"),
        lambda workspace: store.records(run_id, workspace=workspace),
        lambda workspace: store.artefact(run_id, "a", workspace=workspace),
        lambda workspace: store.artefacts(run_id, workspace=workspace),
        lambda workspace: store.send(run_id, "stop", workspace=workspace),
        lambda workspace: store.share(run_id, workspace),
        lambda workspace: store.unshare(run_id, workspace),
        lambda workspace: store.delete_run(run_id, workspace),
    ]
    for act in acts:
        for stranger in (YOURS, "", "%", MINE + " "):
            with pytest.raises(NoSuchRun, match="no such run"):
                act(stranger)
    assert store.controls(run_id) == []
    for act in acts:
        act(MINE)


def test_a_link_shows_a_run_and_can_be_taken_back(store: Store) -> None:
    run_id = store.create_run(MINE, EXPERIMENT, "shown")
    store.append(run_id, [Record("epoch", 1, 10, {"loss": 0.5})])
    store.save_artefact(run_id, "a", b"a")
    token = store.share(run_id, MINE)
    assert store.share(run_id, MINE) == token != run_id
    shown = store.shared(token)
    assert (shown.run().name, shown.run().workspace) == ("shown", "")
    assert [record.values for record in shown.records()] == [{"loss": 0.5}]
    assert (shown.artefacts(), shown.artefact("a")) == (["a"], b"a")
    store.unshare(run_id, MINE)
    for gone in (token, run_id, ""):
        with pytest.raises(NoSuchRun):
            store.shared(gone)


def test_active_runs_are_counted_per_visitor(store: Store) -> None:
    mine, yours = store.create_run(MINE, EXPERIMENT), store.create_run(YOURS, EXPERIMENT)
    ended_run(store)
    assert store.active_runs(MINE) == [mine]
    assert store.active_runs() == [mine, yours]
    study, other = store.create_run(f"{MINE}/studies", EXPERIMENT), store.create_run(f"{MINE}-2", EXPERIMENT)
    assert store.active_runs(MINE) == [mine, study]
    assert store.active_runs() == [mine, yours, study, other]


# Records and controls


def test_records_come_back_in_order_and_after_a_seq(store: Store) -> None:
    run_id = store.create_run(MINE, EXPERIMENT)
    assert store.append(run_id, [Record("steps", 1, step, {"loss": [step / 3]}) for step in range(3)], epoch=1) == 3
    assert store.append(run_id, [Record("epoch", 1, 3), Record("mark", 1, 3, {"mark": "best"})]) == 5
    assert store.append(run_id, []) == 5
    read = store.records(run_id)
    assert [record.seq for record in read] == [1, 2, 3, 4, 5]
    assert read[2].values == {"loss": [2 / 3]}
    assert [record.kind for record in store.records(run_id, after=3)] == ["epoch", "mark"]
    assert [record.seq for record in store.records(run_id, kinds=("steps", "mark"), after=1)] == [2, 3, 5]
    assert [record.seq for record in store.records(run_id, most=2)] == [1, 2]
    assert store.run(run_id).epoch == 1


def test_numbers_that_json_does_not_know_survive(store: Store) -> None:
    run_id = store.create_run(MINE, EXPERIMENT)
    values = {"loss": math.nan, "worst": -math.inf, "counts": np.arange(3), "mean": np.float32(0.5)}
    store.append(run_id, [Record("epoch", 1, 1, values)])
    read = store.records(run_id)[0].values
    assert math.isnan(read["loss"])
    assert (read["worst"], read["counts"], read["mean"]) == (-math.inf, [0, 1, 2], 0.5)


plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=plain)
def test_any_json_is_kept_as_it_is(store: Store, value: object) -> None:
    run_id = store.create_run(MINE, value)
    store.append(run_id, [Record("signals", 0, 0, value)])
    store.send(run_id, "loss_weights", value)
    assert store.run(run_id).experiment == value
    assert store.records(run_id)[0].values == value
    assert store.controls(run_id)[0].value == value


def test_controls_arrive_in_order(store: Store) -> None:
    run_id = store.create_run(MINE, EXPERIMENT)
    store.send(run_id, "pause")
    seq = store.send(run_id, "learning_rate", 0.01)
    store.send(run_id, "rewind", {"epoch": 3})
    assert [(c.command, c.value) for c in store.controls(run_id)] == [
        ("pause", None),
        ("learning_rate", 0.01),
        ("rewind", {"epoch": 3}),
    ]
    assert [control.command for control in store.controls(run_id, after=seq)] == ["rewind"]


def test_a_reader_misses_nothing_while_many_write(store: Store) -> None:
    run_id = store.create_run(MINE, EXPERIMENT)
    writers, batches = 4, 25

    def write() -> None:
        for step in range(batches):
            store.append(run_id, [Record("steps", 0, step), Record("epoch", 0, step)])

    threads = [threading.Thread(target=write) for _ in range(writers)]
    for thread in threads:
        thread.start()
    seen: list[int] = []
    while any(thread.is_alive() for thread in threads):
        seen += [record.seq for record in store.records(run_id, after=seen[-1] if seen else 0)]
    seen += [record.seq for record in store.records(run_id, after=seen[-1] if seen else 0)]
    assert seen == list(range(1, writers * batches * 2 + 1))


def write_from_another_process(url: str, run_id: str, count: int) -> None:
    """Append records as a worker does."""
    store = Store(url)
    for step in range(count):
        store.append(run_id, [Record("steps", 0, step)])
    store.close()


def test_processes_share_a_store_that_none_has_made_yet(url: str) -> None:
    context = multiprocessing.get_context("spawn")
    openers = [context.Process(target=Store, args=(url,)) for _ in range(3)]
    for opener in openers:
        opener.start()
    for opener in openers:
        opener.join(30)
        assert opener.exitcode == 0
    store = Store(url)
    run_id = store.create_run(MINE, EXPERIMENT)
    writers = [context.Process(target=write_from_another_process, args=(url, run_id, 50)) for _ in range(2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(30)
    assert [record.seq for record in store.records(run_id)] == list(range(1, 101))
    store.close()


def test_appending_and_reading_are_quick(store: Store) -> None:
    run_id = store.create_run(MINE, EXPERIMENT)
    points = {"step": list(range(64)), "loss": [0.123456789] * 64}
    appended, read = [], []
    for _ in range(60):
        began = time.perf_counter()
        last = store.append(run_id, [Record("steps", 1, 1, points)] * 3)
        appended.append(time.perf_counter() - began)
        began = time.perf_counter()
        store.records(run_id, after=last - 3, workspace=MINE)
        read.append(time.perf_counter() - began)
    # 1 to 2 ms each; the limit leaves room for a busy machine.
    assert np.median(appended) < 0.010
    assert np.median(read) < 0.010


# Artefacts


def test_artefacts_are_kept_by_name(store: Store) -> None:
    run_id = store.create_run(MINE, EXPERIMENT)
    store.save_artefact(run_id, "weights/epoch-0001.npz", bytes(range(256)))
    store.save_artefact(run_id, "weights/best.npz", b"old")
    store.save_artefact(run_id, "weights/best.npz", b"newer")
    assert store.artefacts(run_id) == ["weights/best.npz", "weights/epoch-0001.npz"]
    assert store.artefact(run_id, "weights/best.npz") == b"newer"
    assert store.artefact(run_id, "weights/epoch-0001.npz") == bytes(range(256))
    assert store.artefact(run_id, "nothing") is None
    held = store.size()
    store.delete_artefact(run_id, "weights/epoch-0001.npz")
    store.delete_artefact(run_id, "nothing")
    assert store.size() == held - 256
    assert store.artefacts(run_id) == ["weights/best.npz"]


# Room


def test_clean_up_takes_the_oldest_and_leaves_what_runs_or_is_pinned(store: Store) -> None:
    running = store.create_run(MINE, EXPERIMENT)
    store.update_run(running, state="running")
    pinned = ended_run(store, artefact=1_000)
    store.update_run(pinned, MINE, pinned=True)
    old, middle, new = (ended_run(store, artefact=1_000) for _ in range(3))
    assert store.clean_up(store.size()) == []
    assert store.clean_up(store.size() - 1) == [old]
    assert store.clean_up(0) == [middle, new]
    assert {run.id for run in store.runs(MINE)} == {running, pinned}


@pytest.mark.parametrize("state", ENDED)
def test_every_ended_state_may_be_cleaned_up(store: Store, state: str) -> None:
    run_id = store.create_run(MINE, EXPERIMENT)
    store.update_run(run_id, state=state)
    assert store.clean_up(0) == [run_id]


def test_a_full_store_makes_room_by_itself(url: str) -> None:
    store = Store(url, most_bytes=100_000)
    runs = [ended_run(store, artefact=20_000) for _ in range(12)]
    assert store.size() <= 100_000
    assert store.runs(MINE)[0].id == runs[-1]
    store.close()


def test_a_store_full_of_running_runs_says_so(url: str) -> None:
    store = Store(url, most_bytes=50_000)
    run_id = store.create_run(MINE, EXPERIMENT)
    store.save_artefact(run_id, "a", bytes(30_000))
    with pytest.raises(StoreFull, match="limit is 0 MB; delete or unpin"):
        store.save_artefact(run_id, "b", bytes(30_000))
    assert store.artefacts(run_id) == ["a"]
    store.append(run_id, [Record("epoch", 1, 1)])
    store.close()


def test_a_run_that_ended_does_not_clean_itself_up(url: str) -> None:
    store = Store(url, most_bytes=50_000)
    run_id = ended_run(store, artefact=30_000)
    with pytest.raises(StoreFull):
        store.save_artefact(run_id, "projection", bytes(30_000))
    assert store.run(run_id).id == run_id
    store.close()


def test_records_make_room_for_themselves(url: str) -> None:
    store = Store(url, most_bytes=100_000)
    old = [ended_run(store, artefact=20_000) for _ in range(4)]
    growing = store.create_run(MINE, EXPERIMENT)
    for step in range(20):
        store.append(growing, [Record("steps", 1, step, {"loss": [0.5] * 400})])
    assert store.size() <= 100_000
    assert len(store.records(growing)) == 20
    assert old[0] not in {run.id for run in store.runs(MINE)}
    store.close()


def test_the_limit_is_what_the_environment_says(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAYERLOOM_MOST_STORE", "0.1MB")
    store = Store(url)
    for _ in range(12):
        ended_run(store, artefact=20_000)
    assert 0 < store.size() <= 100_000
    store.close()


def write_some(size: int) -> Callable[[Path], None]:
    """What writes event files of so many bytes."""

    def write(folder: Path) -> None:
        (folder / "train").mkdir(parents=True, exist_ok=True)
        (folder / "train" / "events").write_bytes(bytes(size))

    return write


def test_event_files_count_and_go_with_their_run(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'a.db'}", most_bytes=100_000)
    first, second, third = (ended_run(store) for _ in range(3))
    empty = store.size()
    for size in (70_000, 30_000):
        store.keep_events(first, write_some(size))
        assert store.size() == empty + size
    store.keep_events(second, write_some(60_000))
    store.keep_events(third, write_some(30_000))
    kept = event_folder(store.url)
    assert [run.id for run in store.runs(MINE)] == [folder.name for folder in kept.iterdir()] == [third]
    store.delete_run(third)
    assert not (kept / third).exists()
    store.close()


def test_event_files_without_room_or_run_do_not_stay(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'a.db'}", most_bytes=100_000)
    run_id = ended_run(store)
    empty = store.size()
    store.keep_events(run_id, write_some(200_000))
    assert store.size() == empty
    store.keep_events("gone", write_some(10))
    assert list(event_folder(store.url).iterdir()) == []
    store.close()


def test_a_thousand_runs_leave_the_file_small(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'a.db'}", most_bytes=1_000_000)
    for number in range(1_000):
        run_id = store.create_run(MINE, EXPERIMENT)
        store.append(run_id, [Record("epoch", 1, 1, {"loss": [0.1] * 100})], state="running")
        if number % 10 == 0:
            store.save_artefact(run_id, "weights/best.npz", bytes(50_000))
        store.end_run(run_id, "finished", "")
    assert store.size() <= 1_000_000
    store.close()
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) < 3_000_000


# Signs of life


def test_silent_runs_are_lost_and_living_ones_are_not(store: Store) -> None:
    silent, alive, ended = store.create_run(MINE, EXPERIMENT), store.create_run(MINE, EXPERIMENT), ended_run(store)
    time.sleep(0.3)
    store.beat([alive])
    store.beat([])
    assert store.lose_silent_runs("Nothing was heard of it.", silence=0.25) == [silent]
    assert [store.run(run_id).state for run_id in (silent, alive, ended)] == ["lost", "queued", "finished"]
    assert store.run(silent).message == "Nothing was heard of it."


def test_a_record_is_a_sign_of_life(store: Store) -> None:
    run_id = store.create_run(MINE, EXPERIMENT)
    time.sleep(0.3)
    store.append(run_id, [Record("epoch", 1, 1)])
    assert store.lose_silent_runs("", silence=0.25) == []


# Drafts and memory


def test_drafts_are_saved_revision_by_revision(store: Store) -> None:
    first = store.save_draft(MINE, "spirals", EXPERIMENT)
    second = store.save_draft(MINE, "spirals", {"changed": True}, first)
    assert (first, second) == (1, 2)
    assert store.draft(MINE, "spirals").content == {"changed": True}
    assert store.draft(YOURS, "spirals") is None
    store.save_draft(MINE, "other", {})
    assert [draft.name for draft in store.drafts(MINE)] == ["other", "spirals"]
    store.delete_draft(MINE, "spirals")
    assert store.draft(MINE, "spirals") is None


@pytest.mark.parametrize("revision", [0, 1, 7])
def test_two_tabs_do_not_overwrite_each_other(store: Store, revision: int) -> None:
    store.save_draft(MINE, "spirals", {"by": "me"}, store.save_draft(MINE, "spirals", {}))
    with pytest.raises(StaleDraft, match="another tab") as raised:
        store.save_draft(MINE, "spirals", {"by": "you"}, revision)
    assert raised.value.current == store.draft(MINE, "spirals")
    assert raised.value.current.content == {"by": "me"}


def test_a_deleted_draft_is_stale_too(store: Store) -> None:
    with pytest.raises(StaleDraft) as raised:
        store.save_draft(MINE, "gone", {}, 3)
    assert raised.value.current is None


def test_drafts_have_a_limit(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drafts, "MOST_DRAFTS", 2)
    store.save_draft(MINE, "a", {})
    revision = store.save_draft(MINE, "b", {})
    with pytest.raises(StoreError, match="at most 2 drafts"):
        store.save_draft(MINE, "c", {})
    store.save_draft(MINE, "b", {}, revision)
    store.save_draft(YOURS, "c", {})


def test_what_was_computed_is_remembered_and_the_oldest_forgotten(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drafts, "MOST_REMEMBERED", 3)
    assert store.recall("a") is None
    for key in "abcd":
        store.remember(key, {"shape": [None, key]})
        time.sleep(0.002)
    store.remember("d", {"shape": "again"})
    assert store.recall("a") is None
    assert store.recall("b") == {"shape": [None, "b"]}
    assert store.recall("d") == {"shape": "again"}


def test_many_threads_may_remember_the_same(store: Store) -> None:
    threads = [threading.Thread(target=store.remember, args=("key", {"same": True})) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.recall("key") == {"same": True}


# When the database cannot


def test_a_locked_database_is_told_in_a_sentence_and_read_meanwhile(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    store = Store(f"sqlite:///{path}", patience=0.2)
    run_id = store.create_run(MINE, EXPERIMENT)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="keeps the store locked; close it and try again"):
        store.append(run_id, [Record("epoch", 1, 1)])
    assert store.records(run_id) == []
    other.execute("COMMIT")
    other.close()
    assert store.append(run_id, [Record("epoch", 1, 1)]) == 1


def test_a_table_locked_in_postgresql_is_told_in_the_same_sentence(postgres_server: str) -> None:
    address = postgres_server.format("postgres")
    store = Store(address, patience=0.2)
    run_id = store.create_run(MINE, EXPERIMENT)
    other = create_engine(address.replace("postgresql:", "postgresql+psycopg:"))
    with other.begin() as connection:
        connection.exec_driver_sql("LOCK TABLE runs IN EXCLUSIVE MODE")
        with pytest.raises(StoreError, match="keeps the store locked; close it and try again"):
            store.append(run_id, [Record("epoch", 1, 1)])
    assert store.append(run_id, [Record("epoch", 1, 1)]) == 1
    store.close()
    other.dispose()


def fill_store(store: Store, run_id: str) -> None:
    """Append until the store refuses."""
    for step in range(10_000):
        store.append(run_id, [Record("epoch", 1, step, {"loss": [0.5] * 500})])


def test_a_full_disk_is_told_in_a_sentence_and_loses_nothing(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'a.db'}")
    spare, run_id = ended_run(store, artefact=200_000), store.create_run(MINE, EXPERIMENT)
    store.close()
    limit_pages(store, 20 + (tmp_path / "a.db").stat().st_size // 4096)
    with pytest.raises(StoreError, match="disk that holds the store is full"):
        fill_store(store, run_id)
    kept = store.records(run_id)
    assert [record.seq for record in kept] == list(range(1, len(kept) + 1))
    store.delete_run(spare)
    assert store.append(run_id, [Record("epoch", 1, 1)]) == len(kept) + 1
    store.close()


def limit_pages(store: Store, most: int) -> None:
    """SQLite's own limit on a file, which gives the error that a full disk gives."""
    event.listen(store._reader, "connect", lambda raw, _: raw.execute(f"PRAGMA max_page_count = {most}").close())


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of two megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a small disk to fill can only be mounted by root")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="mounts a tmpfs")
def test_a_disk_that_is_really_full(small_disk: Path) -> None:
    store = Store(f"sqlite:///{small_disk / 'a.db'}")
    run_id = store.create_run(MINE, EXPERIMENT)
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(1_000_000))
    with pytest.raises(StoreError, match="full"):
        fill_store(store, run_id)
    kept = len(store.records(run_id))
    assert kept > 0
    ballast.unlink()
    assert store.append(run_id, [Record("epoch", 1, 1)]) == kept + 1
    store.close()


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("nonsense", "not an address of a database"),
        ("mysql+pymysql://host/name", "SQLite or PostgreSQL, and this is mysql"),
        ("sqlite://", "give the path of a file"),
        ("sqlite:////proc/none/a.db", "cannot be made"),
        ("postgresql://loom@127.0.0.1:1/none", "does not answer|DATABASE_URL"),
    ],
)
def test_a_wrong_address_is_told_in_a_sentence(url: str, sentence: str) -> None:
    with pytest.raises(StoreError, match=sentence):
        Store(url)


def test_a_file_that_is_no_store_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "a.db").write_bytes(b"this is not a database, and long enough to be looked at" * 100)
    with pytest.raises(StoreError, match="not a database"):
        Store(f"sqlite:///{tmp_path / 'a.db'}")


def test_a_newer_store_is_refused(url: str) -> None:
    store = Store(url)
    with store._writing() as connection:
        connection.exec_driver_sql("UPDATE versions SET version = 99")
    store.close()
    with pytest.raises(StoreError, match="newer Layerloom"):
        Store(url)


def test_where_the_store_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("LAYERLOOM_HOME", str(tmp_path))
    assert default_url() == f"sqlite:///{tmp_path / 'layerloom.db'}"
    monkeypatch.setenv("DATABASE_URL", "postgresql://host/name")
    assert default_url() == "postgresql://host/name"
