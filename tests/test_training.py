"""The live fit against plain `fit`: weights, history, hooks; what it records, and how it is steered."""

from __future__ import annotations

import math
import re
import threading
import time
import weakref
from collections import Counter

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from components.engine.worker import forget_models
from components.training.accelerating import Accelerator, may_gain
from components.training.checkpoints import BEST, LAST, Keeper, epoch_name, epoch_of, is_kept, restore_weights
from components.training.compiling import hold_rows
from components.training.live_fit import train_model
from components.training.pacing import COMPILING
from components.training.recording import own_losses, thin
from components.training.regularising import scale_penalties
from components.training.remembering import Memory
from components.training.surfaces import surface_of, values_of
from components.training.written_files import CSVLogger

ROWS = 70
"""Not a multiple of the batch size: the last batch is smaller."""


# Models of every kind, each with its data


def dense():
    x = keras.Input((6,), name="features")
    h = layers.Dense(8, activation="relu")(x)
    return keras.Model(x, layers.Dense(3, activation="softmax")(h)), "sparse_categorical_crossentropy", None


def convolutional():
    x = keras.Input((6, 6, 1), name="image")
    h = layers.Conv2D(4, 3, activation="relu")(x)
    h = layers.Dropout(0.3, seed=5)(layers.BatchNormalization()(h))
    h = layers.Dropout(0.2, seed=6)(layers.Flatten()(h))
    return keras.Model(x, layers.Dense(3, activation="softmax")(h)), "sparse_categorical_crossentropy", None


def two_texts():
    """Two inputs of words through one shared embedding and one shared LSTM."""
    a, b = keras.Input((7,), dtype="int32", name="a"), keras.Input((7,), dtype="int32", name="b")
    embed, read = layers.Embedding(20, 4), layers.LSTM(5)
    joined = layers.Concatenate()([read(embed(a)), read(embed(b))])
    return keras.Model([a, b], layers.Dense(1, activation="sigmoid")(joined)), "binary_crossentropy", None


def three_heads():
    x = keras.Input((6,), name="features")
    h = layers.Dense(8, activation="relu")(x)
    age, income = layers.Dense(1, name="age")(h), layers.Dense(3, activation="softmax", name="income")(h)
    gender = layers.Dense(1, activation="sigmoid", name="gender")(h)
    losses = {"age": "mse", "income": "sparse_categorical_crossentropy", "gender": "binary_crossentropy"}
    return keras.Model(x, [age, income, gender]), losses, {"age": 0.25, "income": 1.0, "gender": 10.0}


def nested():
    inner_x = keras.Input((4,))
    inner = keras.Model(inner_x, layers.Dense(4, activation="tanh")(inner_x), name="inner")
    x = keras.Input((6,), name="features")
    h = layers.Dense(4, kernel_regularizer="l2")(x)
    h = layers.Add()([inner(h), inner(inner(h))])
    return keras.Model(x, layers.Dense(3, activation="softmax")(h)), "sparse_categorical_crossentropy", None


def noisy():
    x = keras.Input((6,), name="features")
    h = layers.Dropout(0.4, seed=3)(layers.Dense(8, activation="relu")(layers.GaussianNoise(0.2, seed=4)(x)))
    return keras.Model(x, layers.Dense(3, activation="softmax")(h)), "sparse_categorical_crossentropy", None


KINDS = {kind.__name__: kind for kind in (dense, convolutional, two_texts, three_heads, nested, noisy)}


def build(kind="dense", **compiling):
    """The model, compiled and always the same; and its data."""
    keras.utils.set_random_seed(7)
    model, loss, weights = KINDS[kind]()
    metrics = {"income": ["accuracy"], "gender": ["AUC"]} if weights else ["accuracy"]
    settings = {"optimizer": "sgd", "loss": loss, "loss_weights": weights, "metrics": metrics, **compiling}
    model.compile(**settings)
    return model, make_data(kind)


def make_data(kind="dense", rows=ROWS):
    def half(seed):
        random = np.random.default_rng(seed)
        classes = random.integers(0, 3, rows)
        if kind == "two_texts":
            x = [random.integers(0, 20, (rows, 7)) for _ in "ab"]
            return x, (classes > 1).astype("float32")[:, None]
        if kind == "convolutional":
            return random.normal(size=(rows, 6, 6, 1)) + classes[:, None, None, None], classes
        x = random.normal(size=(rows, 6)) + classes[:, None]
        heads = [x[:, :1].copy(), classes, (classes > 1).astype("float32")[:, None]]
        return x, heads if kind == "three_heads" else classes

    return {"train": half(0), "validation": half(1)}


def plain_fit(model, data, **settings):
    """Keras's own fit on the same data in the same order."""
    x, y, *weights = data["train"]
    settings = {"epochs": 3, "batch_size": 16, **settings}
    return model.fit(
        x,
        y,
        sample_weight=weights[0] if weights else None,
        validation_data=data.get("validation"),
        shuffle=False,
        verbose=0,
        **settings,
    )


def live_fit(model, data, **settings):
    return train_model(model, data, **{"epochs": 3, "batch_size": 16, "shuffle": False, **settings})


# Parity with fit


@pytest.mark.parametrize("kind", KINDS)
def test_weights_and_history_are_those_of_fit(kind):
    plain, data = build(kind, optimizer="adam")
    ours, _ = build(kind, optimizer="adam")
    expected = plain_fit(plain, data)
    history = live_fit(ours, data, compilation="graph")
    for after, wanted in zip(ours.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_array_equal(after, wanted)
    assert history.history == expected.history
    assert history.epoch == expected.epoch
    assert history.params == {**expected.params, "verbose": 0}


@pytest.mark.parametrize("kind", ["noisy", "three_heads", "two_texts"])
def test_xla_ends_where_fit_ends_within_tolerance(kind):
    plain, data = build(kind, optimizer="adam")
    ours, _ = build(kind, optimizer="adam")
    expected = plain_fit(plain, data, epochs=4)
    history = live_fit(ours, data, epochs=4, compilation="xla")
    for after, wanted in zip(ours.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_allclose(after, wanted, atol=2e-5)
    assert history.history.keys() == expected.history.keys()
    for name, values in history.history.items():
        np.testing.assert_allclose(values, expected.history[name], rtol=1e-3, atol=1e-4)


def test_an_uncompiled_first_step_changes_only_the_rounding():
    plain, data = build("three_heads")
    ours, _ = build("three_heads")
    expected, history = plain_fit(plain, data), live_fit(ours, data)
    for after, wanted in zip(ours.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_allclose(after, wanted, atol=1e-5)
    for name, values in history.history.items():
        np.testing.assert_allclose(values, expected.history[name], rtol=1e-4)


def test_sample_weights_and_rows_that_fit_no_batch():
    plain, data = build("three_heads", weighted_metrics=[])
    ours, _ = build("three_heads", weighted_metrics=[])
    weights = np.random.default_rng(0).uniform(0, 2, 9).astype("float32")
    x, y = data["train"]
    few = {"train": (x[:9], [part[:9] for part in y], weights)}
    assert live_fit(ours, few, compilation="graph").history == plain_fit(plain, few).history
    np.testing.assert_array_equal(ours.get_weights()[0], plain.get_weights()[0])


HEADS = ["age", "income", "gender"]


def weighed(kind):
    """A model some of whose metrics are weighted, and data with a sample weight per row for each output."""
    model, data = build(
        "dense" if kind == "one" else "three_heads", weighted_metrics=["accuracy"] if kind == "one" else None
    )
    if kind == "dict":  # Keras wants the structure of the outputs
        _, losses, weights = three_heads()
        model = keras.Model(model.inputs, dict(zip(HEADS, model.outputs, strict=True)))
        model.compile("sgd", losses, loss_weights=weights, weighted_metrics={"age": ["mae"], "gender": ["accuracy"]})

    def with_weights(x, y, seed):
        weights = [np.random.default_rng((seed, i)).uniform(0, 2, ROWS) for i in range(3)]
        if kind == "dict":
            return x, dict(zip(HEADS, y, strict=True)), dict(zip(HEADS, weights, strict=True))
        return x, y, weights[0] if kind == "one" else weights

    return model, data, {split: with_weights(*part, seed) for seed, (split, part) in enumerate(data.items())}


@pytest.mark.parametrize("kind", ["one", "list", "dict"])
def test_sample_weights_of_each_output_and_of_validation(kind):
    (plain, _, data), (ours, bare, _) = weighed(kind), weighed(kind)
    history = live_fit(ours, data, compilation="graph").history
    assert history == plain_fit(plain, data).history
    for after, wanted in zip(ours.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_array_equal(after, wanted)
    if kind != "dict":
        assert history["val_loss"][-1] != ours.evaluate(*bare["validation"], verbose=0, return_dict=True)["loss"]


def test_dicts_of_inputs_and_targets():
    plain, data = build("three_heads")
    ours, _ = build("three_heads")
    named = {
        split: ({"features": x}, dict(zip(["age", "income", "gender"], y, strict=True)))
        for split, (x, y) in data.items()
    }
    assert live_fit(ours, named, compilation="graph").history == plain_fit(plain, data).history


def test_a_learning_rate_schedule_moves_as_in_fit():
    def optimizer():
        return keras.optimizers.SGD(keras.optimizers.schedules.ExponentialDecay(0.1, 5, 0.5))

    plain, data = build(optimizer=optimizer())
    ours, _ = build(optimizer=optimizer())
    records = []
    plain_fit(plain, data)
    live_fit(ours, data, compilation="graph", record=lambda *record: records.append(record))
    np.testing.assert_array_equal(ours.get_weights()[0], plain.get_weights()[0])
    rates = [values["learning_rate"] for kind, _, _, values in records if kind == "epoch"]
    assert rates == sorted(rates, reverse=True)
    assert len(set(rates)) == 3


def test_each_epoch_has_its_own_order_that_the_seed_decides():
    weights = []
    for seed in (1, 1, 2):
        model, data = build()
        live_fit(model, data, shuffle=True, seed=seed, compilation="graph")
        weights.append(model.get_weights()[0])
    np.testing.assert_array_equal(weights[0], weights[1])
    assert not np.array_equal(weights[0], weights[2])


# Callbacks


class Hooks(keras.callbacks.Callback):
    """Notes the name of every hook that is called."""

    def __init__(self, names):
        super().__init__()
        self.calls = []
        for name in names:
            setattr(self, name, self.noting(name))

    def noting(self, name):
        def note(*args, logs=None):
            self.calls.append((name, *args[:1]) if args and isinstance(args[0], int) else (name,))

        return note


EPOCH_HOOKS = [
    f"on_{what}" for what in ("train_begin", "epoch_begin", "test_begin", "test_end", "epoch_end", "train_end")
]
ALL_HOOKS = EPOCH_HOOKS + [f"on_{what}_batch_{end}" for what in ("train", "test") for end in ("begin", "end")]


@pytest.mark.parametrize("names", [EPOCH_HOOKS, ALL_HOOKS], ids=["epochs", "batches"])
def test_hooks_are_called_as_fit_calls_them(names):
    expected, ours = Hooks(names), Hooks(names)
    model, data = build()
    plain_fit(model, data, callbacks=[expected], epochs=2)
    live_fit(build()[0], data, callbacks=[ours], epochs=2)
    assert ours.calls == expected.calls
    assert len(ours.calls) > len(names)


def test_callbacks_do_what_they_do_in_fit(tmp_path):
    def callbacks(name):
        return [
            keras.callbacks.EarlyStopping(monitor="val_loss", patience=1, min_delta=10, restore_best_weights=True),
            keras.callbacks.ReduceLROnPlateau(monitor="loss", patience=1, min_delta=10, factor=0.5),
            keras.callbacks.CSVLogger(tmp_path / f"{name}.csv"),
            keras.callbacks.ModelCheckpoint(tmp_path / f"{name}.keras", save_best_only=True),
        ]

    plain, data = build()
    ours, _ = build()
    records = []
    expected = plain_fit(plain, data, callbacks=callbacks("fit"), epochs=9)
    history = live_fit(
        ours, data, callbacks=callbacks("ours"), epochs=9, compilation="graph", record=lambda *r: records.append(r)
    )
    assert len(history.epoch) == len(expected.epoch) == 2
    np.testing.assert_array_equal(ours.get_weights()[0], plain.get_weights()[0])
    assert (tmp_path / "ours.csv").read_text() == (tmp_path / "fit.csv").read_text()
    assert (tmp_path / "ours.keras").exists()
    marks = {(values["mark"], values["by"], epoch) for kind, epoch, _, values in records if kind == "mark"}
    assert marks == {
        ("saved", "ModelCheckpoint", 1),
        ("saved", "ModelCheckpoint", 2),
        ("learning_rate", "ReduceLROnPlateau", 2),
        ("stopped", "EarlyStopping", 2),
        ("restored", "EarlyStopping", 2),
    }
    texts = [values["text"] for kind, _, _, values in records if kind == "mark"]
    assert "EarlyStopping ended the training after epoch 2." in texts
    assert "EarlyStopping brought back the weights of epoch 1." in texts


def test_whoever_ends_the_fit_is_named_even_a_persons_own():
    class Enough(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training = epoch == 1

    class Impatient(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.stop_training = True

    for callbacks, who in (([keras.callbacks.CSVLogger("/dev/null"), Enough()], "Enough"), ([Impatient()], None)):
        model, data = build()
        records = []
        live_fit(model, data, epochs=9, callbacks=callbacks, record=lambda *record, to=records: to.append(record))
        (stop,) = [values for kind, _, _, values in records if kind == "mark"]
        assert (stop["mark"], stop.get("by")) == ("stopped", who)


@pytest.mark.parametrize(("frequency", "calls"), [("epoch", 0), ("batch", 10)])
def test_tensorboard_is_called_for_each_batch_only_where_it_writes_there(tmp_path, frequency, calls):
    def board(name):
        return keras.callbacks.TensorBoard(
            tmp_path / name, update_freq=frequency, histogram_freq=1, write_steps_per_second=frequency == "epoch"
        )

    plain, data = build()
    ours, _ = build()
    counted, mine = [], board("ours")
    called = mine.on_train_batch_end
    mine.on_train_batch_end = lambda batch, logs=None: (counted.append(batch), called(batch, logs))
    plain_fit(plain, data, epochs=2, callbacks=[board("fit")])
    live_fit(ours, data, epochs=2, callbacks=[mine], compilation="graph")
    assert len(counted) == calls
    assert scalars_of(tmp_path / "ours") == scalars_of(tmp_path / "fit")
    assert any(tag == "epoch_loss" for tag, _ in scalars_of(tmp_path / "ours"))


def scalars_of(folder):
    """The tags and steps in the event files of a folder."""
    files = sorted(folder.rglob("events*"))
    events = [event for file in files for event in tf.compat.v1.train.summary_iterator(str(file))]
    values = [(value.tag, event.step) for event in events for value in event.summary.value if value.tag != "keras"]
    return sorted((re.sub(r"_\d+/", "/", tag), step) for tag, step in values)  # Keras counts the layers that it names


@pytest.mark.parametrize("stops", [True, False])
def test_a_loss_that_is_no_number_is_told_and_ends_the_fit_if_that_was_chosen(stops):
    model, data = build("nested")  # a relu may make a zero of what is no number
    data["train"][0][40] = np.nan
    records = []
    callbacks = [keras.callbacks.TerminateOnNaN()] if stops else []
    live_fit(model, data, callbacks=callbacks, record=lambda *record: records.append(record))
    marks = [values["mark"] for kind, _, _, values in records if kind == "mark"]
    assert marks == (["nan", "stopped"] if stops else ["nan"])
    last = max(step for kind, _, step, _ in records if kind == "steps")
    assert last == (3 if stops else 15)


# Records


def test_records_say_what_the_history_says():
    model, data = build("three_heads")
    records = []
    history = live_fit(model, data, record=lambda *record: records.append(record))
    epochs = [values for kind, _, _, values in records if kind == "epoch"]
    for name, values in history.history.items():
        assert [epoch[name] for epoch in epochs] == values
    steps = [step for kind, _, _, values in records if kind == "steps" for step in values["step"]]
    assert steps == list(range(1, 16))
    assert [(epoch, step) for kind, epoch, step, _ in records if kind == "epoch"] == [(1, 5), (2, 10), (3, 15)]


def test_recorded_losses_are_those_of_the_batches():
    model, data = build("three_heads", optimizer=keras.optimizers.SGD(0.0))
    records = []
    live_fit(model, data, epochs=1, record=lambda *record: records.append(record))
    x, y = data["train"]
    places = [slice(start, start + 16) for start in range(0, ROWS, 16)]
    expected = [model.evaluate(x[p], [part[p] for part in y], verbose=0, return_dict=True) for p in places]
    recorded = [values for kind, _, _, values in records if kind == "steps"]
    for name in ("loss", "age_loss", "income_loss"):
        told = [value for values in recorded for value in values[name]]
        np.testing.assert_allclose(told, [logs[name] for logs in expected], rtol=1e-4)


def test_own_losses_across_chunks():
    losses = np.array([3.0, 1.0, 2.0, 6.0])
    running = (np.cumsum(losses) / np.arange(1, 5))[:, None]
    first = own_losses(["a_loss"], running[:2], 0, None)
    second = own_losses(["a_loss"], running[2:], 2, running[1])
    np.testing.assert_allclose(np.concatenate([first, second])[:, 0], losses)


def test_thinning_keeps_the_last_and_spreads_the_rest():
    assert thin(10).tolist() == list(range(10))
    chosen = thin(1000)
    assert len(chosen) == 64
    assert chosen[0] == 0
    assert chosen[-1] == 999
    assert np.diff(chosen).min() > 10


def test_the_surface_is_what_the_model_says_on_the_grid():
    x = keras.Input((2,))
    model = keras.Model(x, layers.Dense(1, activation="sigmoid")(x))
    model.compile("sgd", "binary_crossentropy")
    points = np.random.default_rng(0).normal(size=(30, 2)).astype("float32")
    surface, records = surface_of(points, size=5), []
    data = {"train": (points, (points[:, :1] > 0).astype("float32"))}
    live_fit(model, data, surface=surface, record=lambda *record: records.append(record))
    packed = [values for kind, _, _, values in records if kind == "surface"][-1]
    assert packed == surface.pack([model.predict(surface.points(), verbose=0)])
    assert (packed["size"], packed["units"]) == (5, 1)


def test_the_surface_holds_every_output():
    x = keras.Input((2,))
    model = keras.Model(x, [layers.Dense(3, activation="softmax")(x), layers.Dense(1)(x)])
    model.compile("sgd", ["sparse_categorical_crossentropy", "mse"])
    points = np.random.default_rng(0).normal(size=(30, 2)).astype("float32")
    surface, records = surface_of(points, size=5), []
    data = {"train": (points, [(points[:, 0] > 0).astype("int32"), points[:, 1]])}
    live_fit(model, data, surface=surface, record=lambda *record: records.append(record))
    packed = [values for kind, _, _, values in records if kind == "surface"][-1]
    said = model.predict(surface.points(), verbose=0)
    assert (packed["units"], packed["heads"]) == (4, [3, 1])
    for head in (0, 1):
        np.testing.assert_allclose(values_of(packed, head), said[head], atol=2e-3)


# Steering


class Person:
    """Sends commands at chosen moments: a function of the records so far gives the next ones."""

    def __init__(self, script):
        self.script, self.records, self.sent = script, [], 0

    def record(self, *record):
        self.records.append(record)

    def control(self):
        if self.sent >= len(self.script):
            return []
        ready, *commands = self.script[self.sent]
        if not ready(self.records):
            return []
        self.sent += 1
        return commands

    def marks(self):
        return [values["mark"] for kind, _, _, values in self.records if kind == "mark"]

    def steps(self):
        return [step for kind, _, _, values in self.records if kind == "steps" for step in values["step"]]


def seen(kind, number=1):
    return lambda records: sum(1 for record in records if record[0] == kind) >= number


def now(records):
    return True


def steer(script, **settings):
    person = Person(script)
    model, data = build()
    history = live_fit(model, data, record=person.record, control=person.control, **settings)
    return person, history, model


def test_one_step_then_one_epoch_then_on():
    counts = []

    def count(records):
        counts.append(len(person_steps(records)))
        return True

    def person_steps(records):
        return [s for kind, _, _, values in records if kind == "steps" for s in values["step"]]

    script = [
        (now, ("pause", None)),
        (count, ("step", None)),
        (seen("mark", 3), ("epoch", None)),
        (seen("mark", 5), ("resume", None)),
    ]
    person, history, _ = steer(script)
    assert person.marks() == ["paused", "resumed", "paused", "resumed", "paused", "resumed"]
    at = [step for kind, _, step, values in person.records if kind == "mark" and values["mark"] == "paused"]
    assert counts == [0]
    assert person.steps() == list(range(1, 16))
    assert len(history.epoch) == 3
    assert len(at) == 3


def test_stop_ends_the_epoch_at_once():
    _, history, _ = steer([(seen("epoch", 2), ("stop", None))], epochs=500)
    assert len(history.epoch) < 500
    assert len(history.history["loss"]) == len(history.epoch)


def test_stop_ends_an_epoch_of_seconds_in_its_middle():
    """Asked from another thread at any moment, as a person does; the epoch would go on for a long time."""
    rows, looks, asked = 60_000, [], threading.Event()
    times = {}

    def ask():
        times["asked"] = time.perf_counter()
        asked.set()

    def control():
        looks.append(time.perf_counter())
        if len(looks) == 12:  # all is compiled by now, and chunks have found their size
            threading.Timer(0.03, ask).start()
        return [("stop", None)] if asked.is_set() else []

    model, _ = build()
    person = Person([])
    data = make_data(rows=rows)
    history = live_fit(model, data, batch_size=1, epochs=2, record=person.record, control=control, compilation="graph")
    took = time.perf_counter() - times["asked"]
    last = person.steps()[-1]
    assert 0 < last < rows
    assert took < 0.2 + 2 * max(np.diff(looks[-6:]))
    assert sum(1 for look in looks if look > times["asked"]) == 1
    assert history.epoch == []
    assert not seen("epoch")(person.records)
    assert int(model.optimizer.iterations.numpy()) == last


def test_pause_and_stop_take_effect_within_a_chunk():
    times = {}

    def after_some_epochs(records):
        if seen("epoch", 5)(records) and "asked" not in times:
            times["asked"] = time.perf_counter()
            return True
        return False

    class Watch(Person):
        def record(self, *record):
            super().record(*record)
            if record[0] == "mark" and record[3]["mark"] == "paused":
                times["paused"] = time.perf_counter()

    person = Watch([(after_some_epochs, ("pause", None)), (seen("mark"), ("stop", None))])
    model, data = build()
    live_fit(model, data, epochs=10_000, record=person.record, control=person.control)
    assert times["paused"] - times["asked"] < 0.2


def test_learning_rate_and_loss_weights_change_meanwhile():
    weights = {name: keras.Variable(1.0, trainable=False) for name in ("age", "income", "gender")}
    model, data = build("three_heads", loss_weights=weights, optimizer="sgd")
    script = [(seen("epoch"), ("learning_rate", 0.0)), (seen("epoch", 2), ("loss_weights", {"age": 100.0}))]
    person = Person(script)
    history = live_fit(
        model, data, epochs=4, record=person.record, control=person.control, loss_weights=weights, compilation="graph"
    )
    assert person.marks() == ["learning_rate", "loss_weights"]
    in_force = [values["weights"]["age"] for kind, _, _, values in person.records if kind == "losses"]
    assert (in_force[0], in_force[-1]) == (1.0, 100.0)
    last = [values for kind, _, _, values in person.records if kind == "epoch"][-1]
    assert last["learning_rate"] == 0
    weighted = 100 * last["val_age_loss"] + last["val_income_loss"] + last["val_gender_loss"]
    assert last["val_loss"] == pytest.approx(weighted, rel=0.05)
    assert history.history["loss"][-1] > 10 * history.history["loss"][1]


def penalised_model(penalty: float | None) -> keras.Model:
    """One layer with a penalty on its weights, the same weights each time."""
    keras.utils.set_random_seed(3)
    door = keras.Input((4,))
    regularizer = None if penalty is None else keras.regularizers.L2(penalty)
    model = keras.Model(door, keras.layers.Dense(1, kernel_regularizer=regularizer, name="out")(door))
    model.compile("sgd", "mse")
    return model


def test_the_strength_of_penalties_changes_meanwhile():
    x = np.random.default_rng(0).normal(size=(32, 4)).astype("float32")
    data = {"train": (x, x.sum(axis=1, keepdims=True)), "validation": (x, x.sum(axis=1, keepdims=True))}
    ours, plain = penalised_model(0.5), penalised_model(None)
    strength = scale_penalties(ours)
    person = Person([(seen("epoch"), ("regularisation", 3.0)), (seen("epoch", 2), ("regularisation", 0.0))])
    ours.optimizer.learning_rate = plain.optimizer.learning_rate = 0.0
    history = live_fit(ours, data, epochs=4, record=person.record, control=person.control, regularisation=strength)
    kernel = ours.get_layer("out").kernel.numpy()
    bare = plain.evaluate(*data["validation"], verbose=0)
    assert history.history["val_loss"][0] == pytest.approx(bare + 0.5 * (kernel**2).sum(), rel=1e-5)
    assert history.history["val_loss"][-1] == pytest.approx(bare, rel=1e-5)
    assert person.marks() == ["regularisation", "regularisation"]
    told = [values["penalty"] for kind, _, _, values in person.records if kind == "losses"]
    assert (told[0], told[-1]) == (pytest.approx(0.5 * (kernel**2).sum(), rel=1e-5), 0.0)
    assert ours.get_layer("out").get_config() == penalised_model(0.5).get_layer("out").get_config()


def test_without_penalties_there_is_no_strength_to_change():
    assert scale_penalties(penalised_model(None)) is None


def test_what_is_compiled_is_announced_once_for_each_program_and_taken_back():
    model, data = build()
    said = []
    live_fit(model, data, epochs=2, announce=said.append)
    assert said == [COMPILING, ""] * len(["training", "validation"])


def test_a_schedule_keeps_its_learning_rate():
    model, data = build(optimizer=keras.optimizers.SGD(keras.optimizers.schedules.ExponentialDecay(0.1, 5, 0.5)))
    person = Person([(seen("epoch"), ("learning_rate", 1.0))])
    live_fit(model, data, record=person.record, control=person.control)
    assert "schedule" in person.records[[r[0] for r in person.records].index("mark")][3]["text"]


@pytest.mark.parametrize("kind", ["dense", "convolutional"])
def test_a_fit_that_went_back_ends_where_it_would_have_ended(kind):
    straight, data = build(kind)
    live_fit(straight, data, epochs=4, shuffle=True, compilation="graph")
    person = Person([(seen("epoch", 3), ("rewind", 1)), (seen("epoch", 5), ("restart", None))])
    ours, _ = build(kind)
    history = live_fit(
        ours, data, epochs=4, shuffle=True, record=person.record, control=person.control, compilation="graph"
    )
    assert person.marks() == ["rewound", "rewound"]
    assert history.epoch == [0, 1, 2, 3]
    assert len(history.history["val_loss"]) == 4
    for after, wanted in zip(ours.get_weights(), straight.get_weights(), strict=True):
        np.testing.assert_array_equal(after, wanted)


class Tally(keras.callbacks.Callback):
    """A person's own: it counts, and has more to take back than a number."""

    def __init__(self, most):
        super().__init__()
        self.most, self.count, self.seen = most, 0, []

    def on_epoch_end(self, epoch, logs=None):
        self.count += 1
        self.seen.append(epoch)
        self.model.stop_training |= self.count >= self.most

    def go_back(self, epoch):
        self.seen = [each for each in self.seen if each < epoch]


def callbacks_that_remember(folder):
    """The learning rate falls each second epoch, and the fit ends after seven: nothing is ever better than the first."""
    return [
        keras.callbacks.ReduceLROnPlateau(monitor="loss", patience=2, min_delta=10, factor=0.5),
        keras.callbacks.EarlyStopping(monitor="loss", patience=6, min_delta=10, restore_best_weights=True),
        keras.callbacks.ModelCheckpoint(folder / "best.keras", monitor="loss", save_best_only=True),
        CSVLogger(folder / "table.csv"),
        Tally(100),
    ]


def test_callbacks_of_a_fit_that_went_back_are_as_if_it_never_had(tmp_path):
    (tmp_path / "straight").mkdir(), (tmp_path / "ours").mkdir()
    straight, ours = (callbacks_that_remember(tmp_path / name) for name in ("straight", "ours"))
    first, data = build()
    live_fit(first, data, epochs=50, callbacks=straight, compilation="graph")
    person = Person([(seen("epoch", 6), ("rewind", 3)), (seen("epoch", 9), ("restart", None))])
    model, _ = build()
    history = live_fit(
        model, data, epochs=50, callbacks=ours, record=person.record, control=person.control, compilation="graph"
    )
    assert history.epoch == list(range(7))
    assert (tmp_path / "ours/table.csv").read_text() == (tmp_path / "straight/table.csv").read_text()
    told = [
        Memory([each for each in callbacks if not isinstance(each, CSVLogger)]).tell() for callbacks in (ours, straight)
    ]
    assert told[0] == told[1]
    assert (told[0][0]["best"], told[0][1]["wait"], told[0][-1]["count"]) == (
        pytest.approx(history.history["loss"][0]),
        6,
        7,
    )
    assert ours[-1].seen == list(range(7))
    for after, wanted in zip(model.get_weights(), first.get_weights(), strict=True):
        np.testing.assert_array_equal(after, wanted)


def test_what_is_kept_of_a_fit():
    shelf, (model, data) = {}, build()
    live_fit(model, data, shelf=shelf)
    assert set(shelf) == {LAST, BEST} | {epoch_name(epoch) for epoch in range(4)}
    fresh, _ = build()
    assert restore_weights(fresh, shelf[LAST]) == 3
    np.testing.assert_array_equal(fresh.get_weights()[0], model.get_weights()[0])
    with pytest.raises(ValueError, match="another shape"):
        restore_weights(build("nested")[0], shelf[LAST])


def kept_by(keeper, values, shelf):
    """Let epochs pass that end with those validation losses; each epoch's weights are its number."""
    for epoch, value in values.items():
        keeper.model.layers[-1].bias.assign([epoch] * 3)
        keeper.note(epoch, {"val_loss": value})
        keeper.keep(epoch)
    keeper.save(max(values))
    return best_on(shelf)


def best_on(shelf):
    """The epoch of the best state on a shelf, which its weights must bear out."""
    model, _ = build()
    epoch = restore_weights(model, shelf[BEST])
    assert model.layers[-1].bias.numpy()[0] == epoch
    return epoch


def test_the_best_state_is_that_of_the_best_epoch_however_short_epochs_are():
    shelf, (model, data) = {}, build()
    history = live_fit(model, data, epochs=120, shelf=shelf, compilation="graph")
    losses = history.history["val_loss"]
    best, _ = build()
    assert restore_weights(best, shelf[BEST]) == losses.index(min(losses)) + 1
    x, y = data["validation"]
    assert best.evaluate(x, y, verbose=0)[0] == pytest.approx(min(losses), rel=1e-5)


def test_the_best_of_epochs_that_were_gone_back_on_is_forgotten():
    shelf, (model, _) = {}, build()
    model.optimizer.build(model.trainable_variables)
    keeper = Keeper(model, shelf, "val_loss")
    falling = {epoch: 2.0 - epoch / 100 for epoch in range(1, 58)}
    assert kept_by(keeper, {**falling, 58: 3.0, 59: 3.0, 60: math.nan, 61: 0.1, 62: 0.2}, shelf) == 61
    assert keeper.go_back(60) == (60, [])
    assert (keeper.best_epoch, best_on(shelf)) == (57, 57)
    assert kept_by(keeper, {61: 1.9, 62: 1.8}, shelf) == 57
    assert kept_by(keeper, {63: 0.5}, shelf) == 63
    assert keeper.go_back(0) is None


def test_a_best_state_that_stands_no_more_is_not_kept():
    shelf, (model, _) = {}, build()
    model.optimizer.build(model.trainable_variables)
    keeper = Keeper(model, shelf, "val_loss")
    keeper.keep(0)
    assert kept_by(keeper, {1: 0.5, 2: 0.3}, shelf) == 2
    assert keeper.go_back(0) == (0, [])
    assert BEST not in shelf
    assert epoch_of(shelf[LAST]) == 0
    assert kept_by(keeper, {1: 0.7}, shelf) == 1


def test_what_was_best_before_a_fit_was_resumed_stays_the_best():
    shelf, (model, _) = {}, build()
    model.optimizer.build(model.trainable_variables)
    before = {1: 0.9, 2: 0.2, 3: 0.5}
    kept_by(Keeper(model, shelf, "val_loss"), before, shelf)
    keeper = Keeper(model, shelf, "val_loss")
    keeper.resume({epoch: {"val_loss": value} for epoch, value in before.items()})
    assert kept_by(keeper, {4: 0.3}, shelf) == 2
    assert kept_by(keeper, {5: 0.1}, shelf) == 5


def test_ever_fewer_epochs_are_kept():
    kept = [epoch for epoch in range(1001) if is_kept(epoch)]
    assert kept[:51] == list(range(51))
    assert [epoch for epoch in kept if 50 < epoch <= 100] == list(range(52, 101, 2))
    assert len(kept) < 200


# XLA


def test_convolutions_stay_graphs_and_dense_layers_may_gain():
    assert may_gain(build("dense")[0])
    assert not may_gain(build("convolutional")[0])


def test_the_slower_programs_are_given_up():
    model, data = build()
    accelerator = Accelerator(programs_of(model, data))
    accelerator.thread, accelerator.programs = object(), accelerator.graph
    for seconds in (0.2, 0.1, 0.3):
        accelerator.note(seconds, xla=False)
    for seconds in (0.2, 0.2, 0.11):
        assert accelerator.programs is not None
        accelerator.note(seconds, xla=True)
    assert accelerator.programs is None


def programs_of(model, data):
    from components.training.compiling import Programs

    return Programs(model, hold_rows(data["train"], 16))


def test_no_graph_of_a_fit_outlives_it():
    model, data = build()
    model.optimizer.build(model.trainable_variables)
    programs = programs_of(model, data)
    graph = weakref.ref(programs.advance.traced.graph)
    del model, programs
    forget_models()
    assert graph() is None


def test_rows_of_different_length_are_refused():
    with pytest.raises(ValueError, match="same number of rows"):
        hold_rows((np.zeros((3, 2)), np.zeros(4)), 2)


def test_records_come_as_kinds():
    model, data = build()
    records = []
    live_fit(model, data, record=lambda *record: records.append(record))
    assert set(Counter(kind for kind, *_ in records)) == {"steps", "epoch"}
