"""Going back, and branching off: what callbacks remember and have written is of the epochs that stand, in either run."""

from __future__ import annotations

import hashlib
from pathlib import Path

import keras
import numpy as np
import pytest

from components.experiment import Callback
from components.runs import logs_by_epoch
from components.store import Store
from components.training.callbacks import build_callback
from components.training.checkpoints import BEST, LAST, Keeper, epoch_name, epoch_of, restore_weights
from components.training.live_fit import LiveFit
from components.training.remembering import Memory
from components.training.running import run_job
from tests.test_running import (
    experiment,
    go_on,
    make,
    remembering,
    store,
    submit,
    table_of,
    train,
    values_of,
    weights_of,
    when,
)  # fmt: skip
from tests.test_training import build

__all__ = ["store"]

SAVER = Callback("ModelCheckpoint", {"save_best_only": True})
SAVED = "files/best.keras"

# The file of the best model


def standing(store: Store, run_id: str) -> dict[int, float]:
    """The validation losses of the epochs that stand."""
    logs = logs_by_epoch(store.records(run_id, kinds=("epoch", "mark")))
    return {epoch: values["val_loss"] for epoch, values in logs.items()}


def loss_of_saved(store: Store, run_id: str, folder: Path) -> float:
    """The validation loss of the model in the file that is kept with the run."""
    file = folder / "saved.keras"
    file.write_bytes(store.artefact(run_id, SAVED) or b"")
    points, labels = make(4)["validation"]
    return keras.models.load_model(file).evaluate(points["points"], labels["up"], verbose=0)


def saved_marks(store: Store, run_id: str) -> list[int]:
    """The epochs at which a model is told to have been saved and that stand."""
    told: list[int] = []
    for record in store.records(run_id, kinds=("mark",)):
        if record.values["mark"] == "rewound":
            told = [epoch for epoch in told if epoch <= record.epoch]
        elif record.values["mark"] == "saved":
            told.append(record.epoch)
    return told


def test_while_a_run_rests_where_it_went_back_to_its_file_is_of_the_best_epoch_that_stands(store, tmp_path):
    run_id = submit(store, experiment(epochs=10_000, learning_rate=0.01, callbacks=(SAVER,)))
    seen: list[float] = []

    def rested() -> bool:
        told = [values["text"] for values in values_of(store, run_id, "mark")]
        return "best.keras holds the model of epoch 3 again." in told

    def look():
        store.send(run_id, "rewind", 3)
        when(rested, lambda: seen.append(loss_of_saved(store, run_id, tmp_path))).join()
        store.send(run_id, "stop")

    pause = when(lambda: store.run(run_id).epoch > 6, lambda: store.send(run_id, "pause"))
    rest = when(lambda: store.run(run_id).state == "paused", look)
    run_job(store.url, run_id)
    pause.join(), rest.join()
    losses = standing(store, run_id)
    assert (list(losses), min(losses, key=losses.__getitem__)) == ([1, 2, 3], 3)
    assert epoch_of(store.artefact(run_id, LAST)) == 3
    # What is kept while it rests, when it has ended, and what the curve draws are of the same epoch.
    assert seen == [pytest.approx(losses[3], rel=1e-4)]
    assert loss_of_saved(store, run_id, tmp_path) == pytest.approx(losses[3], rel=1e-4)
    assert epoch_of(store.artefact(run_id, BEST)) == 3
    assert saved_marks(store, run_id)[-1] == 3
    assert [values["text"][:19] for values in values_of(store, run_id, "mark") if values["mark"] == "best"] == [
        "Best here: epoch 3,"
    ]


@pytest.mark.parametrize(("command", "value"), [("rewind", 3), ("restart", None)])
def test_a_run_that_had_ended_goes_back_with_its_file(store, tmp_path, command, value):
    run_id = train(store, experiment(epochs=8, learning_rate=0.01, callbacks=(SAVER,)))
    assert loss_of_saved(store, run_id, tmp_path) == pytest.approx(min(standing(store, run_id).values()), rel=1e-4)
    heard = store.send(run_id, command, value) - 1
    store.send(run_id, "stop")
    store.update_run(run_id, state="queued", message="")
    run_job(store.url, run_id, heard)
    losses = standing(store, run_id)
    assert len(losses) < 8
    told = [(each["mark"], each["text"]) for each in values_of(store, run_id, "mark") if each["mark"].endswith("saved")]
    if losses:
        assert ("saved", f"best.keras holds the model of epoch {value} again.") in told
        assert loss_of_saved(store, run_id, tmp_path) == pytest.approx(min(losses.values()), rel=1e-4)
        assert saved_marks(store, run_id)[-1] == min(losses, key=losses.__getitem__)
        assert epoch_of(store.artefact(run_id, BEST)) == min(losses, key=losses.__getitem__)
    else:
        assert ("unsaved", "best.keras was deleted: no epoch that stands had been saved.") in told
        assert not {SAVED, BEST} & set(store.artefacts(run_id))


def test_going_on_leaves_a_file_that_is_right_as_it_is(store):
    run_id = train(store, experiment(epochs=6, learning_rate=2.0, callbacks=(SAVER,)))
    before = store.artefact(run_id, SAVED)
    losses = standing(store, run_id)
    assert min(losses, key=losses.__getitem__) < 5
    heard = store.send(run_id, "rewind", 5) - 1
    store.send(run_id, "stop")
    store.update_run(run_id, state="queued", message="")
    run_job(store.url, run_id, heard)
    assert store.artefact(run_id, SAVED) == before


def checkpoint(folder, model, name="best.keras", **settings):
    """A ModelCheckpoint as a run has it, watching the accuracy."""
    settings = {"monitor": "acc", "mode": "max", "save_best_only": True, **settings}
    built = build_callback(Callback("ModelCheckpoint", {"filepath": name, **settings}), folder, {})
    built.set_model(model)
    return built


def let_pass(keeper, saver, values):
    """Let epochs pass that end with those accuracies; each epoch's weights are its number."""
    for epoch, value in values.items():
        keeper.model.layers[-1].bias.assign([epoch] * 3)
        logs = {"acc": value, "val_loss": 1.0}
        saver.on_epoch_end(epoch - 1, logs)
        keeper.note(epoch, logs)
        keeper.keep(epoch)


def saved_in(file):
    """The epoch whose weights a file holds."""
    return int(keras.models.load_model(file).layers[-1].bias.numpy()[0])


def test_a_best_state_that_is_trained_again_is_kept_as_it_is_then():
    """Of epochs beyond fifty, the same one may be the best a second time, with other weights."""
    model, _ = build()
    model.optimizer.build(model.trainable_variables)
    shelf: dict[str, bytes] = {}
    keeper = Keeper(model, shelf, "val_loss")
    for start, weight in ((1, 1.0), (51, 2.0)):
        for epoch in range(start, 53):
            model.layers[-1].bias.assign([weight] * 3)
            keeper.note(epoch, {"val_loss": 0.1 if epoch == 51 else 1.0})
            keeper.keep(epoch)
        keeper.save(52)
        if start == 1:
            keeper.go_back(50)
    keeper.note(53, {"val_loss": 0.01})
    keeper.save(53)
    keeper.go_back(52)
    restored, _ = build()
    assert restore_weights(restored, shelf[BEST]) == 51
    assert restored.layers[-1].bias.numpy()[0] == 2.0


def test_the_saved_model_is_the_best_of_the_kept_epochs_that_stand(tmp_path):
    """Of those beyond fifty every second is kept, and what the saver watches is not what the best state goes by."""
    model, _ = build()
    model.optimizer.build(model.trainable_variables)
    saver = checkpoint(tmp_path, model)
    keeper = Keeper(model, {}, "val_loss", memory=Memory([saver]))
    rising = {epoch: epoch / 100 for epoch in range(1, 60)}
    let_pass(keeper, saver, {**rising, 60: 0.1, 61: 0.9, 62: 0.3})
    assert saved_in(tmp_path / "best.keras") == 61
    before = model.get_weights()
    assert keeper.go_back(62)[1] == []  # it is right as it is
    assert saved_in(tmp_path / "best.keras") == 61
    at, acts = keeper.go_back(60)
    assert (at, [(kind, more["epoch"]) for kind, _, more in acts]) == (60, [("saved", 58)])
    assert (saved_in(tmp_path / "best.keras"), saver.saved_epoch, saver.best) == (58, 58, 0.58)
    assert model.layers[-1].bias.numpy()[0] == 60
    assert [array.shape for array in before] == [array.shape for array in model.get_weights()]
    let_pass(keeper, saver, {61: 0.57, 62: 0.585})
    assert saved_in(tmp_path / "best.keras") == 62


def test_where_nothing_that_is_kept_could_be_in_it_the_file_goes_and_the_next_epoch_is_the_best(tmp_path):
    model, _ = build()
    model.optimizer.build(model.trainable_variables)
    saver = checkpoint(tmp_path, model)
    keeper = Keeper(model, {}, "val_loss", memory=Memory([saver]))
    keeper.keep(0)
    let_pass(keeper, saver, {1: 0.5, 2: 0.9})
    assert keeper.go_back(0)[1] == [
        ("unsaved", "best.keras was deleted: no epoch that stands had been saved.", {"by": "ModelCheckpoint"})
    ]
    assert not (tmp_path / "best.keras").exists()
    let_pass(keeper, saver, {1: 0.2})
    assert (saved_in(tmp_path / "best.keras"), saver.saved_epoch) == (1, 1)


@pytest.mark.parametrize("settings", [{"save_best_only": False}, {"save_weights_only": True, "name": "a.weights.h5"}])
def test_a_saved_model_of_every_epoch_or_without_its_graph_goes_back_too(tmp_path, settings):
    model, _ = build()
    model.optimizer.build(model.trainable_variables)
    saver = checkpoint(tmp_path, model, **settings)
    keeper = Keeper(model, {}, "val_loss", memory=Memory([saver]))
    let_pass(keeper, saver, {1: 0.1, 2: 0.2, 3: 0.3})
    assert keeper.go_back(2)[1][0][0] == "saved"
    if settings.get("save_weights_only"):
        model.load_weights(saver.file)
        assert model.layers[-1].bias.numpy()[0] == 2
    else:
        assert saved_in(saver.file) == 2


def test_saved_models_named_by_their_epoch_are_deleted_with_it(tmp_path):
    model, _ = build()
    model.optimizer.build(model.trainable_variables)
    saver = checkpoint(tmp_path, model, "at-{epoch:02d}-{acc:.1f}.keras", save_best_only=False)
    keeper = Keeper(model, {}, "val_loss", memory=Memory([saver]))
    let_pass(keeper, saver, {1: 0.1, 2: 0.2, 3: 0.3})
    keeper.go_back(2)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["at-01-0.1.keras", "at-02-0.2.keras"]


# A fork


def digests(store: Store, run_id: str) -> dict[str, str]:
    """All that is kept of a run."""
    return {name: hashlib.sha256(store.artefact(run_id, name)).hexdigest() for name in store.artefacts(run_id)}


def rates(store: Store, run_id: str) -> list[float]:
    """The learning rate, epoch by epoch."""
    return [values["learning_rate"] for values in values_of(store, run_id, "epoch")]


def stopped_at(store: Store, run_id: str) -> int:
    """The epoch after which a callback ended the run."""
    assert store.run(run_id).message == f"EarlyStopping ended the training after epoch {store.run(run_id).epoch}."
    return store.run(run_id).epoch


def test_a_forks_callbacks_go_on_as_those_of_its_parent_did(store, tmp_path):
    chosen = experiment(epochs=50, callbacks=(*remembering(), SAVER))
    parent = train(store, chosen)
    before, records = digests(store, parent), store.records(parent)
    fork = train(store, chosen, parent=parent, forked_at=4)
    assert stopped_at(store, fork) == stopped_at(store, parent) == 9
    assert rates(store, fork) == rates(store, parent)[4:]
    assert len(set(rates(store, fork))) > 1
    ours, wanted = table_of(store, fork), table_of(store, parent)
    assert [row[0] for row in ours] == ["epoch", *map(str, range(9))]
    assert ours[:5] == wanted[:5]
    assert np.allclose(np.array(ours[1:], float), np.array(wanted[1:], float), rtol=1e-4)
    losses = {**standing(store, parent), **standing(store, fork)}
    assert loss_of_saved(store, fork, tmp_path) == pytest.approx(min(losses.values()), rel=1e-4)
    # It has files of its own: the parent's are as they were.
    assert (digests(store, parent), store.records(parent)) == (before, records)
    # And it goes back, in another job, with all of it, though its parent is gone.
    store.delete_run(parent)
    go_on(store, fork, "rewind", 6)
    assert stopped_at(store, fork) == 9
    assert [row[0] for row in table_of(store, fork)] == ["epoch", *map(str, range(9))]


def test_a_fork_that_is_killed_before_its_first_epoch_still_goes_on_as_its_parent_did(store, monkeypatch):
    chosen = experiment(epochs=50, callbacks=(*remembering(), SAVER))
    parent = train(store, chosen)
    fork = submit(store, chosen, parent=parent, forked_at=4)
    killed = Killed()
    monkeypatch.setattr(LiveFit, "run_epoch", killed.die)
    with pytest.raises(Killed):
        run_job(store.url, fork)
    monkeypatch.undo()
    store.delete_run(parent)
    store.update_run(fork, state="queued", message="")
    run_job(store.url, fork)
    assert stopped_at(store, fork) == 9
    assert [row[0] for row in table_of(store, fork)] == ["epoch", *map(str, range(9))]


class Killed(BaseException):
    """The process is gone: nothing is told or tidied up any more."""

    def die(self, *_: object) -> None:
        """Now."""
        raise self


def test_a_fork_that_is_never_better_has_the_best_model_of_its_parent(store, tmp_path):
    parent = train(store, experiment(epochs=4, learning_rate=0.01, callbacks=(SAVER,)))
    losses = standing(store, parent)
    fork = train(store, experiment(epochs=7, learning_rate=500.0, callbacks=(SAVER,)), parent=parent, forked_at=3)
    assert min(standing(store, fork).values()) > losses[3]
    assert loss_of_saved(store, fork, tmp_path) == pytest.approx(losses[3], rel=1e-4)
    assert loss_of_saved(store, parent, tmp_path) == pytest.approx(losses[4], rel=1e-4)
    assert saved_marks(store, fork) == [3]


def test_a_fork_brings_back_the_best_weights_of_its_parent_when_its_patience_is_over(store):
    stopper = Callback("EarlyStopping", {"patience": 4, "min_delta": 100, "restore_best_weights": True})
    parent = train(store, experiment(epochs=3, callbacks=(stopper,)))
    fork = train(store, experiment(epochs=50, callbacks=(stopper,)), parent=parent, forked_at=2)
    assert stopped_at(store, fork) == 5
    assert [values["value"] for values in values_of(store, fork, "mark") if values["mark"] == "restored"] == [1]
    first = weights_of(store, parent, epoch_name(1))
    for again in range(2):
        for ours, wanted in zip(weights_of(store, fork, LAST), first, strict=True):
            np.testing.assert_array_equal(ours, wanted)
        if not again:
            store.delete_run(parent)
            go_on(store, fork, "rewind", 4)


@pytest.mark.parametrize(
    ("changed", "ends"),
    [({"patience": 10}, 11), ({"monitor": "val_loss"}, 13)],
    ids=["more patience counts on", "another value is watched anew"],
)
def test_a_callback_that_compares_the_same_remembers_and_another_begins_anew(store, changed, ends):
    halving, stopper, table = remembering()
    parent = train(store, experiment(epochs=6, callbacks=(halving, stopper, table)))
    other = Callback(stopper.kind, {**stopper.config, **changed})
    fork = train(store, experiment(epochs=50, callbacks=(other, table)), parent=parent, forked_at=4)
    assert stopped_at(store, fork) == ends
    assert [row[0] for row in table_of(store, fork)] == ["epoch", *map(str, range(ends))]


def test_a_fork_takes_no_file_of_a_callback_that_it_does_not_have(store):
    parent = train(store, experiment(epochs=4, callbacks=(Callback("CSVLogger"), SAVER)))
    fork = train(
        store, experiment(epochs=6, callbacks=(Callback("CSVLogger", {"separator": ";"}),)), parent=parent, forked_at=2
    )
    assert {name for name in store.artefacts(fork) if name.startswith("files/")} == {"files/training.csv"}
    assert [line.partition(b";")[0] for line in store.artefact(fork, "files/training.csv").split()] == [
        b"epoch", b"2", b"3", b"4", b"5"
    ]  # fmt: skip
