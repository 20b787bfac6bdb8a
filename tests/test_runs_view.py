"""The runs of a visitor on the page: listed, changed, forked, compared, and apart from everybody else's."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from components.differences import compare_settings
from components.experiment import experiment_to_json
from components.exports.run_tables import records_csv
from components.runs import NoSuchRun, Record, best_epoch, kept_epoch, logs_by_epoch
from components.store import Store, event_folder
from dashboard import backstage, charts, jobs, running
from dashboard.boards import command_for
from dashboard.state import work_on
from dashboard.views import runs as view
from presets import ARCHITECTURES

MINE, THEIRS = "m" * 40, "t" * 40
PAGE = "from dashboard.views import runs; runs.show()"
EXPERIMENT = ARCHITECTURES["spirals"].experiment


@pytest.fixture
def store(tmp_path, monkeypatch):
    """A store of its own, and an engine that only notes what it was given."""
    made = Store(f"sqlite:///{tmp_path / 'runs.sqlite'}")
    submitted: list[str] = []
    heard: list[int] = []

    def submit(function, url, run, after, *, key, **more):
        submitted.append(key)
        heard.append(after)

    engine = SimpleNamespace(submit=submit, submitted=submitted, heard=heard, active_keys=lambda: [])
    monkeypatch.setattr(backstage, "store", lambda: made)
    monkeypatch.setattr(backstage, "engine", lambda: engine)
    monkeypatch.setattr("dashboard.state.store", lambda: made)
    monkeypatch.setattr("dashboard.state.remember_in_address", lambda work: None)
    return made


@pytest.fixture
def mine(monkeypatch):
    """Be one visitor; the value says which."""
    who = SimpleNamespace(name=MINE)
    for module in (running, view):
        monkeypatch.setattr(module, "workspace", lambda: who.name)
    monkeypatch.setattr("dashboard.state.workspace", lambda: who.name)
    return who


def a_run(store: Store, workspace: str = MINE, state: str = "finished", name: str = "first") -> str:
    """A run of four epochs, with states kept at 0, 2 and 3 and its best weights."""
    run_id = store.create_run(workspace, experiment_to_json(EXPERIMENT), name)
    losses = (0.9, 0.5, 0.4, 0.6)
    batch = [Record("epoch", e, e * 10, {"loss": v, "val_loss": v + 0.1}) for e, v in enumerate(losses, 1)]
    store.append(run_id, batch, state=state, epoch=4, step=40, steps_per_epoch=10)
    for epoch in (0, 2, 3):
        store.save_artefact(run_id, f"weights/epoch-{epoch:04d}.npz", b"state")
    store.save_artefact(run_id, "weights/best.npz", b"best")
    return run_id


def page(workspace: str = MINE) -> AppTest:
    app = AppTest.from_string(PAGE, default_timeout=60)
    app.session_state["workspace"] = workspace
    return app.run()


def choose(app: AppTest, *rows: int) -> AppTest:
    app.session_state["runs_table"] = {"selection": {"rows": list(rows), "columns": [], "cells": []}}
    return app.run()


# Pure


def test_what_was_rewound_does_not_count_for_the_best():
    def epoch(number, loss):
        return Record("epoch", number, 0, {"val_loss": loss})

    back = Record("mark", 1, 0, {"mark": "rewound"})
    logs = logs_by_epoch([epoch(1, 0.5), epoch(2, 0.1), back, epoch(2, 0.3), epoch(3, float("nan"))])
    assert best_epoch(logs) == (2, 0.3)
    assert best_epoch({1: {"loss": 0.2}}) is None


def test_the_kept_epoch_is_the_last_no_later():
    files = ["weights/epoch-0000.npz", "weights/epoch-0004.npz", "weights/best.npz"]
    assert [kept_epoch(files, epoch) for epoch in (0, 3, 4, 9)] == [0, 0, 4, 4]
    assert kept_epoch(["weights/best.npz"], 9) is None


def test_differences_name_the_setting_and_both_values():
    one = experiment_to_json(EXPERIMENT)
    other = {**one, "seed": one["seed"] + 1, "training": {**one["training"], "epochs": 7}, "layout": {}}
    rows = compare_settings(one, other)
    assert sorted(rows) == [
        ("seed", str(one["seed"]), str(one["seed"] + 1)),
        ("training · epochs", str(one["training"]["epochs"]), "7"),
    ]
    assert compare_settings(one, one) == []


def test_csv_has_a_line_for_every_epoch_and_no_formula():
    text = records_csv([Record("epoch", 1, 5, {"loss": 0.5}), Record("epoch", 2, 9, {"loss": 0.25, "=x": 1})])
    assert text == "epoch,loss,'=x\n1,0.5,\n2,0.25,1\n"


def test_the_overlay_draws_each_run_with_its_validation_and_its_best():
    logs = {1: {"loss": 0.5, "val_loss": 0.6}, 2: {"loss": 0.3, "val_loss": 0.7}}
    figure = charts.figure_of_runs([("a", logs), ("b", {1: {"loss": 0.4}})], "loss")
    assert [list(trace.y) for trace in figure.data] == [[0.5, 0.3], [0.6, 0.7], [0.6], [0.4]]
    assert "epoch 1" in figure.data[2].text[0]


# Forks


@pytest.mark.parametrize("state", ["running", "paused", "finished", "stopped", "lost"])
def test_a_fork_is_a_new_run_with_its_parent_as_its_ghost(store, mine, monkeypatch, state):
    parent = a_run(store, state=state)
    work = work_on(EXPERIMENT)
    work.run = parent
    running.carry_out(work, "fork", 2)
    fork = store.run(work.run, MINE)
    assert work.notice is None
    assert (fork.parent, fork.forked_at, fork.state) == (parent, 2, "queued")
    assert backstage.engine().submitted == [fork.id]
    monkeypatch.setattr(running.st, "session_state", {})
    (ghost,) = running.ghosts(fork)
    assert ghost["run"] == parent
    assert [record["values"]["loss"] for record in ghost["records"]] == [0.9, 0.5, 0.4, 0.6]


def test_a_ghost_that_goes_on_is_read_again_in_the_same_state(store, mine, monkeypatch):
    parent = a_run(store, state="running")
    fork = store.run(store.create_run(MINE, experiment_to_json(EXPERIMENT), parent=parent, forked_at=1), MINE)
    monkeypatch.setattr(running.st, "session_state", {})

    def epochs():
        return len(running.ghosts(fork)[0]["records"])

    before = epochs()
    store.append(parent, [Record("epoch", 9, 45, {"loss": 0.1})], epoch=9, step=45)
    assert epochs() == before  # the second look came at once: a run of 500 epochs a second is not read 500 times
    monkeypatch.setattr(running, "GHOST_EVERY", 0.0)
    assert epochs() == before + 1
    store.append(parent, [Record("epoch", 10, 50, {"loss": 0.1})], epoch=10, step=50, state="finished")
    monkeypatch.setattr(running, "GHOST_EVERY", 1000.0)
    assert epochs() == before + 2  # its end is seen at once


def test_a_fork_without_a_kept_state_says_so_and_leaves_the_run_shown(store, mine):
    work = work_on(EXPERIMENT)
    work.run = shown = store.create_run(MINE, experiment_to_json(EXPERIMENT))
    running.carry_out(work, "fork", 3)
    assert work.run == shown
    assert "No state was kept at or before epoch 3" in work.notice
    assert work.unsaid


# Going on


@pytest.mark.parametrize(("command", "value"), [("resume", None), ("rewind", 2), ("restart", None)])
def test_an_ended_run_goes_on_in_the_queue(store, mine, command, value):
    work = work_on(EXPERIMENT)
    work.run = run_id = a_run(store, state="lost")
    store.send(run_id, "stop")
    running.carry_out(work, command, value)
    assert work.notice is None
    assert store.run(run_id).state == "queued"
    assert store.run(run_id).active
    assert backstage.engine().submitted == [run_id]
    assert [(control.command, control.value) for control in store.controls(run_id, 1)] == [(command, value)]
    assert backstage.engine().heard == [1]  # the stop was for the job before


def test_a_run_that_cannot_go_on_says_why_and_stays_as_it_was(store, mine, monkeypatch):
    work = work_on(EXPERIMENT)
    work.run = run_id = a_run(store, state="stopped")

    def asked(command, value=None):
        running.carry_out(work, command, value)
        assert store.run(run_id).state == "stopped"
        assert work.unsaid
        return work.notice

    def refuse(*_, **__):
        raise ValueError("The job is already running; wait for its end.")

    with monkeypatch.context() as patch:
        patch.setattr(backstage.engine(), "submit", refuse)
        assert "just about to end" in asked("resume")
    store.delete_artefact(run_id, "weights/epoch-0000.npz")
    assert "No state was kept at or before epoch 1" in asked("rewind", 1)
    a_run(store, state="running")
    monkeypatch.setenv("LAYERLOOM_MOST_JOBS", "1")
    assert "1 jobs" in asked("resume")
    store.update_run(run_id, epoch=EXPERIMENT.training.epochs)
    assert "epochs are done" in asked("resume")
    assert store.active_runs(MINE) != [run_id]


def test_a_lost_run_is_resumed_from_the_list(store):
    run_id = a_run(store, state="lost")
    app = choose(page(), 0)
    app.button(key="resume_run").click().run()
    assert not app.exception
    assert store.run(run_id).state == "queued"
    assert backstage.engine().submitted == [run_id]
    store.update_run(run_id, state="finished", epoch=EXPERIMENT.training.epochs)
    assert "resume_run" not in {button.key for button in choose(page(), 0).button}


# The page


def test_without_runs_the_page_says_where_they_come_from(store):
    app = page()
    assert not app.exception
    assert "No runs yet" in app.info[0].value


def test_the_table_shows_a_visitors_runs_and_their_best(store):
    a_run(store)
    a_run(store, THEIRS, name="secret")
    app = page()
    assert not app.exception
    table = app.dataframe[0].value
    assert list(table["name"]) == ["first"]
    assert list(table["best"]) == [0.5]
    assert list(table["best_at"]) == [3]


# Visitors are apart


def test_another_workspace_neither_sees_nor_stops_nor_changes_a_run(store, mine, monkeypatch):
    run_id = a_run(store, state="running")
    theirs = store.run(run_id)
    mine.name = THEIRS
    work = work_on(EXPERIMENT)
    work.run = run_id
    assert running.shown_run(work) is None
    for command in ("stop", "fork", "pause"):
        running.carry_out(work, command, 2)
    assert store.controls(run_id) == []
    assert store.runs(THEIRS) == []
    assert backstage.engine().submitted == []
    for look in (view.epochs_of, view.weights_of):
        with pytest.raises(NoSuchRun):
            look(theirs)
    with pytest.raises(NoSuchRun):
        view.change(run_id, name="taken")
    said = []
    monkeypatch.setattr(view.st, "error", said.append)
    view.delete(run_id)
    assert "no such run" in said[0]
    assert store.run(run_id, MINE).name == "first"


def test_the_command_for_tensorboard_stands_by_the_run_ready_to_be_copied(store, mine):
    run_id = a_run(store)
    app = choose(page(), 0)
    assert not app.exception
    assert [code.value for code in app.code] == [command_for(event_folder(store.url) / run_id)]
    assert not app.expander


def test_a_search_is_stopped_in_every_seat_and_only_told_so_where_one_runs(store, monkeypatch):
    run_id = store.create_run(f"{MINE}/studies", experiment_to_json(EXPERIMENT))
    seats, stopped = [run_id, f"{run_id}/1", f"{run_id}/2"], []
    for waiting in (seats, seats[1:]):
        stopped.clear()
        engine = SimpleNamespace(
            active_keys=lambda: [*seats, f"{run_id}/luck", "another"],
            stop=lambda key, waiting=waiting: stopped.append(key) or key in waiting,
        )
        monkeypatch.setattr(backstage, "engine", lambda engine=engine: engine)
        jobs.stop(run_id, f"{MINE}/studies")
        assert stopped == seats
        assert [control.command for control in store.controls(run_id)] == ([] if waiting == seats else ["stop"])
    with pytest.raises(NoSuchRun):
        jobs.stop(run_id, f"{THEIRS}/studies")
