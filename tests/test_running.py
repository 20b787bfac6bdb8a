"""Runs from the store to the store: trained, steered, forked, resumed, and refused in a sentence."""

from __future__ import annotations

import csv
import threading
import time
from collections.abc import Callable
from dataclasses import replace

import keras
import numpy as np
import pytest

from components.building import build_model
from components.checks import check_training, default_losses, logged_metric, logged_names
from components.datasets import Dataset, register_dataset
from components.experiment import Callback, Data, Experiment, Training, dump, experiment_to_json
from components.graph import Graph
from components.own_callbacks import own_callbacks
from components.runs import Record, logs_by_epoch
from components.store import NoSuchRun, Store, event_folder
from components.training import running
from components.training.checkpoints import BEST, LAST, epoch_name, restore_weights
from components.training.running import run_job
from components.weaving import Loom

STEPS = 3


def make(seed: int, strange: bool = False):
    """Points, whether they lie up or right, and how far from the middle."""
    import numpy as np

    def half(rows):
        random = np.random.default_rng((seed, rows))
        points = random.normal(size=(rows, 2)).astype("float32")
        if strange:
            points[3] = np.nan
        up = (points[:, :1] > 0).astype("float32")
        return {"points": points}, {"up": up, "far": np.hypot(*points.T)[:, None].astype("float32")}

    return {"train": half(40), "validation": half(30), "test": half(20)}


register_dataset(Dataset("test_points", "Points", "For tests.", make))


def one_head() -> Graph:
    loom = Loom()
    x = loom.input("points", [2])
    return loom.graph(
        loom("Dense", loom("Dense", x, units=4, activation="tanh"), units=1, activation="sigmoid", name="up")
    )


def wide() -> Graph:
    loom = Loom()
    points = loom.input("points", [2])
    return loom.graph(loom("Dense", loom("Dense", points, units=20_000_000), units=1, activation="sigmoid", name="up"))


def two_heads() -> Graph:
    loom = Loom()
    h = loom("Dense", loom.input("points", [2]), units=4, activation="tanh")
    return loom.graph(loom("Dense", h, units=1, activation="sigmoid", name="up"), loom("Dense", h, units=1, name="far"))


def experiment(graph: Graph | None = None, data: Data | None = None, **training) -> Experiment:
    settings = {"epochs": 3, "batch_size": 16, **training}
    return Experiment("test", graph or one_head(), data or Data("test_points"), Training(**settings), seed=4)


@pytest.fixture
def store(tmp_path):
    return Store(f"sqlite:///{tmp_path / 'runs.db'}")


def submit(store: Store, chosen: Experiment, **more) -> str:
    return store.create_run("me", experiment_to_json(chosen), **more)


def train(store: Store, chosen: Experiment, **more) -> str:
    run_id = submit(store, chosen, **more)
    run_job(store.url, run_id)
    return run_id


def values_of(store: Store, run_id: str, kind: str) -> list:
    return [record.values for record in store.records(run_id, kinds=[kind])]


def marks(store: Store, run_id: str) -> list[str]:
    return [values["mark"] for values in values_of(store, run_id, "mark")]


def weights_of(store: Store, run_id: str, name: str, graph: Graph | None = None) -> list[np.ndarray]:
    model = build_model(graph or one_head())
    restore_weights(model, store.artefact(run_id, name))
    return model.get_weights()


def when(ready: Callable[[], bool], act: Callable[[], object]) -> threading.Thread:
    """Act from another thread as soon as it is time."""

    def watch():
        deadline = time.monotonic() + 60
        while not ready() and time.monotonic() < deadline:
            time.sleep(0.01)
        act()

    thread = threading.Thread(target=watch)
    thread.start()
    return thread


# A whole run


def test_a_run_from_start_to_end(store):
    run_id = train(store, experiment(metrics={"up": ("accuracy",)}))
    run = store.run(run_id)
    assert (run.state, run.message, run.epoch, run.step, run.steps_per_epoch) == ("finished", "", 3, 9, STEPS)
    epochs = values_of(store, run_id, "epoch")
    assert len(epochs) == 3
    assert {"loss", "accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds"} == set(epochs[0])
    assert [s for values in values_of(store, run_id, "steps") for s in values["step"]] == list(range(1, 10))
    assert set(values_of(store, run_id, "histograms")[-1]) == {"weights", "activations", "gradients"}
    assert values_of(store, run_id, "surface")[-1]["size"] == 100
    assert {epoch_name(epoch) for epoch in range(4)} | {LAST, BEST} == set(store.artefacts(run_id))


def test_event_files_count_as_the_runs_and_go_with_it(store):
    run_id = train(store, experiment())
    folder = event_folder(store.url) / run_id
    held = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    assert store.size() > held > 1_000
    store.delete_run(run_id)
    assert (store.size(), folder.exists()) == (0, False)


def test_the_same_seed_gives_the_same_run(store):
    first, second = train(store, experiment()), train(store, experiment())
    assert [v["loss"] for v in values_of(store, first, "epoch")] == [
        v["loss"] for v in values_of(store, second, "epoch")
    ]
    np.testing.assert_array_equal(weights_of(store, first, LAST)[0], weights_of(store, second, LAST)[0])


def test_two_heads_with_their_losses_and_weights(store):
    graph = two_heads()
    losses = {"up": "binary_crossentropy", "far": "mean_squared_error"}
    chosen = experiment(graph, losses=losses, loss_weights={"far": 0.5}, metrics={"up": ("accuracy",)})
    last = values_of(store, train(store, chosen), "epoch")[-1]
    assert set(logged_names(chosen)) <= set(last)
    assert last["val_loss"] == pytest.approx(last["val_up_loss"] + 0.5 * last["val_far_loss"], rel=0.05)


def test_a_head_without_a_loss_is_left_alone(store):
    chosen = experiment(two_heads(), losses={"up": "binary_crossentropy"})
    run_id = train(store, chosen)
    assert store.run(run_id).state == "finished"
    before, after = (weights_of(store, run_id, name, two_heads()) for name in (epoch_name(0), LAST))
    still = [np.array_equal(a, b) for a, b in zip(before, after, strict=True)]
    assert still.count(True) == 2


def test_what_callbacks_write_is_kept_with_the_run(store):
    chosen = experiment(
        callbacks=(Callback("CSVLogger"), Callback("ModelCheckpoint", {"filepath": "../../best.keras"}))
    )
    run_id = train(store, chosen)
    assert store.artefact(run_id, "files/training.csv").startswith(b"epoch,loss,val_loss")
    assert "files/best.keras" in store.artefacts(run_id)


def test_a_callback_that_ends_the_training_says_so(store):
    stopper = Callback("EarlyStopping", {"monitor": "val_loss", "patience": 0, "min_delta": 100})
    run_id = train(store, experiment(epochs=50, callbacks=(stopper,)))
    run = store.run(run_id)
    assert (run.state, run.epoch) == ("finished", 2)
    assert "epoch 2" in run.message
    assert marks(store, run_id) == ["stopped", "best"]


def test_a_persons_own_callback_is_found_in_the_folder(store, tmp_path, monkeypatch):
    (tmp_path / "own.py").write_text(
        "import keras\n\nclass EndSoon(keras.callbacks.Callback):\n"
        "    def on_epoch_end(self, epoch, logs=None):\n        self.model.stop_training = True\n"
    )
    (tmp_path / "broken.py").write_text("class (")
    monkeypatch.setenv("LAYERLOOM_CALLBACKS", str(tmp_path))
    assert list(own_callbacks()) == ["EndSoon"]
    assert store.run(train(store, experiment(callbacks=(Callback("EndSoon"),)))).epoch == 1


def test_a_loss_that_is_no_number_is_marked_and_the_run_goes_on(store):
    run_id = train(store, experiment(data=Data("test_points", {"strange": True})))
    assert store.run(run_id).state == "finished"
    assert marks(store, run_id) == ["nan"]


# Steering


def test_pause_then_stop(store):
    run_id = submit(store, experiment(epochs=10_000))
    pause = when(lambda: store.run(run_id).epoch > 2, lambda: store.send(run_id, "pause"))
    stop = when(lambda: store.run(run_id).state == "paused", lambda: store.send(run_id, "stop"))
    run_job(store.url, run_id)
    pause.join(), stop.join()
    run = store.run(run_id)
    assert run.state == "stopped"
    assert 2 < run.epoch < 10_000
    assert marks(store, run_id) == ["paused", "best"]
    assert {LAST, BEST} <= set(store.artefacts(run_id))


def test_a_stop_says_whether_it_came_within_an_epoch(store):
    run_id = submit(store, experiment(epochs=10_000))
    for command in ("pause", "step", "stop"):
        store.send(run_id, command)
    run_job(store.url, run_id)
    run = store.run(run_id)
    done, within = divmod(run.step, STEPS)
    wanted = f"Stopped in epoch {done + 1}." if within else f"Stopped after epoch {done}."
    assert (run.state, run.message) == ("stopped", wanted if run.step else "Stopped before the first step.")


def test_the_best_epoch_is_marked_where_the_validation_loss_was_lowest(store):
    run_id = train(store, experiment(epochs=5, learning_rate=2.0))
    losses = {r.epoch: r.values["val_loss"] for r in store.records(run_id, kinds=["epoch"])}
    (mark,) = store.records(run_id, kinds=["mark"])
    assert mark.values["mark"] == "best"
    assert (mark.epoch, mark.values["value"]) == (min(losses, key=losses.get), min(losses.values()))


@pytest.mark.parametrize("rate", [0.02, 2.0])
def test_the_best_weights_are_those_of_the_epoch_that_is_marked_best(store, rate):
    run_id = train(store, experiment(epochs=40, learning_rate=rate))
    (mark,) = [record for record in store.records(run_id, kinds=["mark"]) if record.values["mark"] == "best"]
    model = build_model(one_head())
    assert restore_weights(model, store.artefact(run_id, BEST)) == mark.epoch
    model.compile(loss="binary_crossentropy")
    points, labels = make(4)["validation"]
    assert model.evaluate(points["points"], labels["up"], verbose=0) == pytest.approx(mark.values["value"], rel=1e-4)


def test_a_run_that_is_deleted_ends_quietly(store):
    run_id = submit(store, experiment(epochs=10_000))
    delete = when(lambda: store.run(run_id).epoch > 1, lambda: store.delete_run(run_id))
    run_job(store.url, run_id)
    delete.join()
    with pytest.raises(NoSuchRun):
        store.run(run_id)


def test_a_killed_run_goes_on_from_its_last_checkpoint(store, monkeypatch):
    straight = train(store, experiment(epochs=6))
    run_id = submit(store, experiment(epochs=6))
    monkeypatch.setattr(running, "train_model", killed_after(3))
    run_job(store.url, run_id)
    assert store.run(run_id).state == "failed"
    monkeypatch.undo()
    store.update_run(run_id, state="queued", message="")
    run_job(store.url, run_id)
    assert store.run(run_id).state == "finished"
    assert marks(store, run_id) == ["resumed", "best"]
    assert [record.epoch for record in store.records(run_id, kinds=["epoch"])] == list(range(1, 7))
    for ours, wanted in zip(weights_of(store, run_id, LAST), weights_of(store, straight, LAST), strict=True):
        np.testing.assert_allclose(ours, wanted, atol=1e-6)


def table_of(store: Store, run_id: str) -> list[list[str]]:
    """The table that CSVLogger wrote."""
    content = store.artefact(run_id, "files/training.csv") or b""
    return list(csv.reader(content.decode().splitlines()))


def remembering() -> tuple[Callback, ...]:
    """Halves the learning rate every second epoch, ends the run after nine, and writes it all down."""
    watch = {"monitor": "loss", "min_delta": 100}
    halving = Callback("ReduceLROnPlateau", {**watch, "patience": 2, "factor": 0.5})
    return halving, Callback("EarlyStopping", {**watch, "patience": 8}), Callback("CSVLogger")


def test_a_resumed_runs_callbacks_go_on_as_if_it_had_never_been_killed(store, monkeypatch):
    straight = train(store, experiment(epochs=50, callbacks=remembering()))
    run_id = submit(store, experiment(epochs=50, callbacks=remembering()))
    monkeypatch.setattr(running, "train_model", killed_after(3))
    run_job(store.url, run_id)
    assert [row[0] for row in table_of(store, run_id)] == ["epoch", "0", "1", "2"]
    monkeypatch.undo()
    store.update_run(run_id, state="queued", message="")
    run_job(store.url, run_id)
    assert store.run(run_id).message == store.run(straight).message == "EarlyStopping ended the training after epoch 9."
    rates = [[values["learning_rate"] for values in values_of(store, run, "epoch")] for run in (run_id, straight)]
    assert rates[0] == rates[1]
    assert len(set(rates[0])) == 4
    ours, wanted = table_of(store, run_id), table_of(store, straight)
    assert ours[0] == wanted[0]
    assert np.allclose(np.array(ours[1:], float), np.array(wanted[1:], float), rtol=1e-4)
    # Who goes back finds the table cut, and its rest written anew.
    go_on(store, run_id, "rewind", 4)
    assert [row[0] for row in table_of(store, run_id)] == ["epoch", *map(str, range(9))]
    go_on(store, run_id, "restart")
    assert [row[0] for row in table_of(store, run_id)] == ["epoch", *map(str, range(9))]


def killed_after(epochs: int) -> Callable[..., None]:
    """Trains as a run does, and is ended after so many epochs."""
    real = running.train_model

    def train_model(*args, **settings):
        real(*args, **{**settings, "epochs": epochs})
        raise RuntimeError("killed")

    return train_model


def go_on(store: Store, run_id: str, command: str, value=None) -> None:
    """Let a run that has ended go on, as the page does."""
    heard = store.send(run_id, command, value) - 1
    store.update_run(run_id, state="queued", message="")
    run_job(store.url, run_id, heard)


def counted(store: Store, run_id: str) -> list[int]:
    return list(logs_by_epoch(store.records(run_id, kinds=["epoch", "mark"])))


@pytest.mark.parametrize(("command", "value", "back"), [("restart", None, 0), ("rewind", 2, 2)])
def test_a_finished_run_goes_back_and_ends_where_it_ended(store, command, value, back):
    run_id = train(store, experiment(epochs=4))
    before = weights_of(store, run_id, LAST)
    go_on(store, run_id, command, value)
    run = store.run(run_id)
    assert (run.state, run.message, run.epoch) == ("finished", "", 4)
    assert marks(store, run_id) == ["best", "rewound", "best"]
    epochs = [record.epoch for record in store.records(run_id, kinds=["epoch"])]
    assert epochs == [1, 2, 3, 4, *range(back + 1, 5)]
    assert counted(store, run_id) == [1, 2, 3, 4]
    calls = values_of(store, run_id, "hooks")[-1]["calls"]
    trained = 4 + 4 - back
    assert (calls["on_train_begin"], calls["on_train_end"], calls["on_epoch_end"]) == (2, 2, trained)
    assert (calls["on_train_batch_end"], calls["on_test_batch_end"]) == (trained * STEPS, trained * 2)
    for ours, wanted in zip(weights_of(store, run_id, LAST), before, strict=True):
        np.testing.assert_allclose(ours, wanted, atol=1e-6)


@pytest.mark.parametrize(("command", "value", "first"), [("resume", None, 4), ("rewind", 1, 2), ("restart", None, 1)])
def test_a_lost_run_goes_on_from_where_it_was_asked_to(store, command, value, first):
    run_id = train(store, experiment(epochs=3))
    content = experiment_to_json(experiment(epochs=6))
    with store._writing() as connection:  # it was to be longer, and was lost in its fourth epoch
        connection.exec_driver_sql("UPDATE experiments SET content = ?", (dump(content),))
    store.append(run_id, [Record("steps", 3, 11, {"step": [10, 11], "loss": [1.0, 1.0]})], state="lost", step=11)
    store.send(run_id, "stop")
    go_on(store, run_id, command, value)
    assert store.run(run_id).state == "finished"
    assert [record.epoch for record in store.records(run_id, kinds=["epoch"])] == [1, 2, 3, *range(first, 7)]
    assert counted(store, run_id) == [1, 2, 3, 4, 5, 6]
    straight = train(store, experiment(epochs=6))
    for ours, wanted in zip(weights_of(store, run_id, LAST), weights_of(store, straight, LAST), strict=True):
        np.testing.assert_allclose(ours, wanted, atol=1e-6)


def test_what_is_asked_while_a_run_waits_to_go_on_is_heard(store):
    run_id = train(store, experiment())
    heard = store.send(run_id, "restart") - 1
    store.send(run_id, "stop")
    store.update_run(run_id, state="queued")
    run_job(store.url, run_id, heard)
    run = store.run(run_id)
    assert run.state == "stopped"
    assert run.epoch < 3


def test_what_was_turned_holds_when_a_run_goes_on(store):
    loom = Loom()
    h = loom("Dense", loom.input("points", [2]), units=4, kernel_regularizer="l2")
    heads = loom("Dense", h, units=1, activation="sigmoid", name="up"), loom("Dense", h, units=1, name="far")
    run_id = submit(store, experiment(loom.graph(*heads), epochs=6))
    store.send(run_id, "loss_weights", {"far": 40.0})
    store.send(run_id, "regularisation", 500.0)
    run_job(store.url, run_id)
    told = [values["value"] for values in values_of(store, run_id, "mark") if values["mark"] != "best"]
    assert told == [{"up": 1.0, "far": 40.0}, 500.0]
    go_on(store, run_id, "rewind", 4)
    losses = [values["val_loss"] for values in values_of(store, run_id, "epoch")]
    assert losses[6:] == pytest.approx(losses[4:6], rel=1e-4)


def test_a_fork_begins_where_its_parent_stood(store):
    parent = train(store, experiment())
    fork = train(store, experiment(epochs=4), parent=parent, forked_at=2)
    records = store.records(fork, kinds=["epoch"])
    assert [record.epoch for record in records] == [3, 4]
    np.testing.assert_array_equal(
        weights_of(store, fork, epoch_name(2))[0], weights_of(store, parent, epoch_name(2))[0]
    )


def test_a_fork_takes_the_learning_rate_that_was_chosen_for_it(store):
    parent = train(store, experiment())
    fork = train(store, experiment(epochs=4, learning_rate=0.125), parent=parent, forked_at=2)
    assert [values["learning_rate"] for values in values_of(store, fork, "epoch")] == [0.125, 0.125]


def test_a_fork_of_a_deleted_run_says_so(store):
    parent = submit(store, experiment())
    fork = submit(store, experiment(), parent=parent, forked_at=2)
    store.delete_run(parent)
    run_job(store.url, fork)
    assert store.run(fork).state == "failed"
    assert "was deleted" in store.run(fork).message


# What is refused, in one sentence


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        (experiment(data=Data("nowhere")), "no dataset “nowhere”"),
        (experiment(data=Data("test_points", inputs={"points": "pixels"})), "input “points” takes one of"),
        (experiment(data=Data("test_points", targets={"up": "down"})), "output “up” takes one of"),
        (experiment(callbacks=(Callback("EarlyStopping", {"monitor": "val_acc"}),)), "“val_acc” will not exist"),
        (experiment(callbacks=(Callback("Teleport"),)), "no callback “Teleport”"),
        (experiment(callbacks=(Callback("EarlyStopping", {"patients": 3}),)), "does not take these arguments"),
        (experiment(losses={"down": "mse"}), "“down” is none of up"),
        (experiment(losses={"up": "no_such_loss"}), "Keras could not train this experiment"),
        (experiment(graph=replace(one_head(), outputs=())), "has none"),
        (experiment(graph=wide()), "at most 50,000,000 parameters here, and this has 80,000,001"),
        (
            experiment(data=Data("test_points", {"rows": 10**9})),
            "at most 200,000 rows here, and this has 1,000,000,000",
        ),
    ],
)
def test_what_cannot_train_is_told_in_one_sentence(store, chosen, words):
    run = store.run(train(store, chosen))
    assert run.state == "failed"
    assert words in run.message
    assert "Traceback" not in run.message
    assert "\n" not in run.message


def test_what_is_no_experiment_fails_too(store):
    run_id = store.create_run("me", {"layerloom": 1, "name": "broken"})
    run_job(store.url, run_id)
    assert store.run(run_id).state == "failed"


def test_the_store_is_asked_again_while_it_does_not_answer(store, monkeypatch):
    from components.store import StoreError

    real, failures = Store.append, iter(range(3))

    def append(self, *args, **fields):
        if next(failures, None) is not None:
            raise StoreError("locked")
        return real(self, *args, **fields)

    monkeypatch.setattr(Store, "append", append)
    run_id = train(store, experiment())
    assert store.run(run_id).state == "finished"
    assert [record.epoch for record in store.records(run_id, kinds=["epoch"])] == [1, 2, 3]


# Checks, without Keras


def test_checks_know_the_names_that_fit_logs():
    chosen = experiment(
        two_heads(), losses={"up": "binary_crossentropy", "far": "mse"}, metrics={"up": ("AUC", "accuracy")}
    )
    names = ["loss", "up_loss", "far_loss", "up_auc", "up_accuracy"]
    assert logged_names(chosen) == names + [f"val_{name}" for name in names]
    assert check_training(chosen) == []


@pytest.mark.parametrize("name", ["AUC", "MeanSquaredError", "TopKCategoricalAccuracy", "R2Score", "F1Score"])
def test_metrics_are_logged_under_keras_names(name):
    keras.utils.clear_session()  # it counts the names
    assert logged_metric(name) == getattr(keras.metrics, name)().name


def test_usual_losses_follow_the_activation():
    assert default_losses(two_heads()) == {"up": "binary_crossentropy", "far": "mean_squared_error"}
