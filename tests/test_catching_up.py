"""The probe that catches up: every epoch is seen as it was, the fit is not disturbed, and what was gone back on is gone."""

from __future__ import annotations

import threading

import keras
import numpy as np
import pytest
from keras import layers

from components.inside.catching_up import LateProbe
from components.inside.histograms import LayerProbe
from components.training.live_fit import train_model

RANDOM = np.random.default_rng(0)
X, Y = RANDOM.normal(size=(40, 5)).astype("float32"), RANDOM.integers(0, 3, 40)
BATCH = (X[:16], Y[:16])


def build() -> keras.Model:
    """Always the same."""
    keras.utils.set_random_seed(3)
    x = keras.Input((5,), name="x")
    h = layers.BatchNormalization(name="norm")(layers.Dense(6, activation="relu", name="hidden")(x))
    model = keras.Model(x, layers.Dense(3, activation="softmax", name="out")(layers.Dropout(0.2, name="drop")(h)))
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


class Slow(LayerProbe):
    """A probe whose compilation takes until it is let go."""

    def __init__(self, model: keras.Model) -> None:
        super().__init__(model, BATCH)
        self.go = threading.Event()

    def look(self, epoch, weights=None):
        assert self.go.wait(30)
        return super().look(epoch, weights)


def fit(model: keras.Model, probes, epochs: int = 6, **settings):
    """A fit, and by epoch what was seen of it in the usual way."""
    seen = {}

    def record(kind, epoch, step, values):
        if kind in ("histograms", "signals"):
            seen.setdefault(epoch, {})[kind] = values

    train_model(model, {"train": (X, Y)}, epochs=epochs, batch_size=16, record=record, probes=probes,
                probe_share=None, **settings)  # fmt: skip
    return seen


@pytest.fixture(scope="module")
def plain() -> dict:
    """What a probe that every epoch waits for sees."""
    model = build()
    return fit(model, [LayerProbe(model, BATCH)])


def test_epochs_before_it_was_ready_are_seen_as_they_were(plain):
    model, late = build(), {}
    slow = Slow(model)

    def probe(epoch, last):
        if epoch == 4:
            slow.go.set()
        return caught(epoch, last)

    caught = LateProbe(slow, lambda kind, epoch, values: late.setdefault(epoch, {}).update({kind: values}))
    seen = fit(model, [probe])
    everything = {**late, **seen}
    assert sorted(everything) == sorted(plain) == [1, 2, 3, 4, 5, 6]
    assert {1, 2, 3} <= set(late)
    for epoch, expected in plain.items():
        for name, histogram in expected["histograms"]["weights"].items():
            assert everything[epoch]["histograms"]["weights"][name]["counts"] == histogram["counts"]
        for kind in ("gradients", "activations", "updates"):
            for name, size in expected["signals"].get(kind, {}).items():
                assert everything[epoch]["signals"][kind][name] == pytest.approx(size, rel=1e-4), (epoch, kind)


def test_the_last_look_waits_and_brings_all_epochs():
    model, late = build(), []
    probe = LateProbe(LayerProbe(model, BATCH), lambda kind, epoch, values: late.append((kind, epoch)))
    assert probe(1) == []
    found = probe(2, last=True)
    kinds = [*late, *((kind, 2) for kind, _ in found)]
    assert kinds == [("histograms", 1), ("signals", 1), ("histograms", 2), ("signals", 2)]


def test_a_fit_that_is_stopped_before_its_last_epoch_has_its_epochs_told():
    model, late = build(), []
    slow = Slow(model)
    probe = LateProbe(slow, lambda kind, epoch, values: late.append((kind, epoch)))
    probe.settle()  # nothing has begun
    stop = iter([[("stop", None)]])

    def stop_after_the_first(epoch, last):
        found = probe(epoch, last)
        slow.go.set()
        return found

    def control():
        return next(stop, []) if model.optimizer.iterations.numpy() >= 3 else []

    seen = fit(model, [stop_after_the_first], epochs=50, control=control)
    assert seen == {}
    probe.settle()
    probe.settle()
    assert late == [("histograms", 1), ("signals", 1)]


def test_the_fit_is_not_disturbed():
    alone, watched = build(), build()
    train_model(alone, {"train": (X, Y)}, epochs=5, batch_size=16)
    fit(watched, [LateProbe(LayerProbe(watched, BATCH), lambda *record: None)], epochs=5)
    for a, b in zip(alone.weights, watched.weights, strict=True):
        np.testing.assert_array_equal(np.array(a), np.array(b))


def test_epochs_that_were_gone_back_on_are_not_told():
    model, late = build(), []
    slow = Slow(model)
    probe = LateProbe(slow, lambda kind, epoch, values: late.append((epoch, values)))
    kernel = model.get_layer("out").kernel
    for epoch in (1, 2, 3):
        kernel.assign(np.full(kernel.shape, float(epoch)))
        assert probe(epoch) == []
    kernel.assign(np.full(kernel.shape, 20.0))
    assert probe(2) == []  # gone back to 1, and come to 2 again
    slow.go.set()
    found = probe(3, last=True)
    told = [
        (epoch, values["weights"]["out/kernel"]["mean"])
        for epoch, values in late
        if "activations" in values and "dead" not in values
    ]
    told += [(3, found[0][1]["weights"]["out/kernel"]["mean"])] if found else []
    assert told == [(1, pytest.approx(1.0)), (2, pytest.approx(20.0)), (3, pytest.approx(20.0))]


def test_a_model_that_cannot_be_looked_into_trains_on(caplog):
    class Broken(LayerProbe):
        def look(self, epoch, weights=None):
            raise RuntimeError("a layer of an unknown kind")

    model = build()
    assert fit(model, [LateProbe(Broken(model, BATCH), lambda *record: None)]) == {}
    assert model.optimizer.iterations.numpy() == 6 * 3
    assert "could not be looked into" in caplog.text
