"""The monitor of an ordinary fit records what the live fit records."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers

from components.training.live_fit import train_model
from components.training.monitor import LiveMonitor

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(40, 4)).astype("float32")
Y = [X[:, :1] * 2, (X[:, 1] > 0).astype("float32")[:, None]]


def build():
    keras.utils.set_random_seed(1)
    x = keras.Input((4,))
    h = layers.Dense(6, activation="relu")(x)
    model = keras.Model(x, [layers.Dense(1, name="a")(h), layers.Dense(1, activation="sigmoid", name="b")(h)])
    model.compile("adam", {"a": "mse", "b": "binary_crossentropy"}, metrics={"b": ["accuracy"]})
    return model


@pytest.fixture(scope="module")
def both():
    """Records of an ordinary fit by the monitor, and of a live fit, in the same order."""
    monitored, live = [], []
    monitor = LiveMonitor(lambda *record: monitored.append(record), probe_data=(X[:8], [y[:8] for y in Y]))
    stop = keras.callbacks.EarlyStopping(monitor="loss", patience=1, min_delta=100)
    build().fit(
        X, Y, validation_data=(X, Y), batch_size=16, epochs=4, shuffle=False, verbose=0, callbacks=[stop, monitor]
    )
    train_model(
        build(),
        {"train": (X, Y), "validation": (X, Y)},
        epochs=2,
        batch_size=16,
        shuffle=False,
        compilation="graph",
        record=lambda *record: live.append(record),
    )
    return monitored, live


def steps(records):
    """Every step's row, over all records of steps."""
    rows = {}
    for kind, _, _, values in records:
        if kind == "steps":
            for place, step in enumerate(values["step"]):
                rows[step] = {name: column[place] for name, column in values.items() if name != "step"}
    return rows


def test_steps_are_those_of_the_live_fit(both):
    monitored, live = map(steps, both)
    assert list(monitored) == list(live) == list(range(1, 7))
    for step, row in monitored.items():
        assert row.keys() == live[step].keys()
        for name, value in row.items():
            assert value == pytest.approx(live[step][name], rel=1e-4, abs=1e-5)


def test_epochs_are_those_of_the_live_fit(both):
    found = [[record for record in records if record[0] == "epoch"] for records in both]
    for ours, theirs in zip(*found, strict=True):
        assert ours[1:3] == theirs[1:3]
        assert ours[3].keys() == theirs[3].keys()
        assert {k: v for k, v in ours[3].items() if k != "seconds"} == {
            k: v for k, v in theirs[3].items() if k != "seconds"
        }


def test_the_end_is_marked_and_the_inside_recorded(both):
    monitored, _ = both
    assert [values["mark"] for kind, _, _, values in monitored if kind == "mark"] == ["stopped"]
    inside = [values for kind, _, _, values in monitored if kind == "histograms"]
    assert len(inside) == 2
    assert {"weights", "activations", "gradients"} == set(inside[0])


def test_it_also_watches_a_live_fit():
    records = []
    monitor = LiveMonitor(lambda *record: records.append(record))
    train_model(build(), {"train": (X, Y)}, epochs=1, batch_size=16, callbacks=[monitor])
    assert list(steps(records)) == [1, 2, 3]
