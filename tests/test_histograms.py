"""The probe into a model: against plain computations, on strange tensors, and that it changes nothing."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from keras import layers

from components.inside.histograms import MOST_ELEMENTS, LayerProbe, sample
from components.inside.summaries import BINS, PERCENTILES, summarise
from components.inside.watching import named_layers

RANDOM = np.random.default_rng(0)
ROWS = 24


def two_heads():
    """A shared layer, a nested model, dropout and normalisation, two outputs."""
    keras.utils.set_random_seed(3)
    x = keras.Input((5,), name="x")
    inner_x = keras.Input((4,), name="inner_x")
    inner = keras.Model(inner_x, layers.Dense(4, activation="relu", name="deep")(inner_x), name="inner")
    shared = layers.Dense(4, activation="tanh", name="shared")
    h = inner(layers.Dropout(0.5, name="drop")(layers.BatchNormalization(name="norm")(shared(x[:, :4]))))
    h = shared(h)
    model = keras.Model(x, [layers.Dense(1, name="a")(h), layers.Dense(3, activation="softmax", name="b")(h)])
    model.compile("adam", {"a": "mse", "b": "sparse_categorical_crossentropy"}, loss_weights={"a": 0.5, "b": 2.0})
    data = (
        RANDOM.normal(size=(ROWS, 5)).astype("float32"),
        [RANDOM.normal(size=(ROWS, 1)).astype("float32"), RANDOM.integers(0, 3, ROWS)],
    )
    return model, data


@pytest.fixture(scope="module")
def looked():
    """A model, its data, and what the probe saw of it."""
    model, data = two_heads()
    state = [variable.numpy().copy() for variable in model.variables]
    records = dict(LayerProbe(model, data)(1))
    return model, data, state, records


def test_looking_changes_nothing(looked):
    model, _, state, _ = looked
    metrics = {id(variable) for variable in model.metrics_variables}
    for variable, before in zip(model.variables, state, strict=True):
        if id(variable) not in metrics:
            np.testing.assert_array_equal(variable.numpy(), before)


def test_weights_are_counted(looked):
    model, _, _, records = looked
    weights = records["histograms"]["weights"]
    assert len(weights) == len(model.weights)
    for variable in model.weights:
        check_summary(weights[placed(variable)], variable.numpy())


def placed(variable) -> str:
    """The name of a variable of `two_heads` after its place in the model."""
    return f"inner/{variable.path}" if variable.path.startswith("deep/") else variable.path


def test_gradients_are_those_of_a_plain_tape(looked):
    model, (x, y), _, records = looked
    with tf.GradientTape() as tape:
        a, b = model(x, training=False)
        losses = keras.losses.mean_squared_error(y[0], a), keras.losses.sparse_categorical_crossentropy(y[1], b)
        loss = 0.5 * tf.reduce_mean(losses[0]) + 2.0 * tf.reduce_mean(losses[1])
    for variable, gradient in zip(
        model.trainable_variables, tape.gradient(loss, model.trainable_variables), strict=True
    ):
        check_summary(records["histograms"]["gradients"][placed(variable)], gradient.numpy())
    kernel = model.get_layer("a").kernel
    norms = (
        np.linalg.norm(tape_gradient(model, x, y, kernel)),
        np.linalg.norm(tape_gradient(model, x, y, model.get_layer("a").bias)),
    )
    assert records["signals"]["gradients"]["a"] == pytest.approx(np.hypot(*norms), rel=1e-4)


def tape_gradient(model, x, y, variable):
    with tf.GradientTape() as tape:
        loss = model.compute_loss(x, y, model(x, training=False))
    return tape.gradient(loss, variable).numpy()


def test_activations_are_those_of_submodels_at_every_call(looked):
    model, (x, _), _, records = looked
    activations = records["histograms"]["activations"]
    assert {"shared", "shared:1", "inner", "inner/deep", "norm", "drop", "a", "b"} <= set(activations)
    shared = model.get_layer("shared")
    first = shared(x[:, :4]).numpy()
    check_summary(activations["shared"], first)
    inside = model.get_layer("inner")(model.get_layer("norm")(first, training=False)).numpy()
    check_summary(activations["inner/deep"], inside)
    check_summary(activations["shared:1"], shared(inside).numpy())
    assert records["signals"]["activations"]["shared"] == pytest.approx(np.linalg.norm(first), rel=1e-5)


def check_summary(found, values):
    """The summary is that of the values, up to a fine bin."""
    np.testing.assert_allclose(found["mean"], values.mean(), atol=1e-5)
    np.testing.assert_allclose(found["std"], values.std(), atol=1e-5)
    assert sum(found["counts"]) == values.size
    if values.min() < values.max():
        np.testing.assert_allclose([found["low"], found["high"]], [values.min(), values.max()], atol=1e-5)


def test_update_ratios_come_with_the_second_look():
    model, data = two_heads()
    probe = LayerProbe(model, data)
    assert "updates" not in dict(probe(1))["signals"]
    kernel = model.get_layer("a").kernel
    before = [weight.copy() for weight in model.get_layer("a").get_weights()]
    kernel.assign(kernel * 1.5)
    signals = dict(probe(3))["signals"]
    held = np.sqrt(sum((weight**2).sum() for weight in before))
    moved = np.linalg.norm(before[0] * 0.5)
    assert signals["updates"]["a"] == pytest.approx(moved / held / 2, rel=1e-4)  # of two epochs, the mean
    assert signals["updates"]["b"] == 0


def test_dead_units_are_found():
    x = keras.Input((3,))
    model = keras.Model(x, layers.Dense(4, activation="relu", name="half", bias_initializer="zeros")(x))
    model.compile("sgd", "mse")
    kernel = np.ones((3, 4), "float32")
    kernel[:, :2] = -1
    model.get_layer("half").set_weights([kernel, np.zeros(4, "float32")])
    data = (np.ones((8, 3), "float32"), np.ones((8, 4), "float32"))
    assert dict(LayerProbe(model, data)(1))["signals"]["dead"] == {"half": 0.5}


def test_units_of_a_hidden_layer_that_stand_at_a_bound_are_saturated():
    x = keras.Input((3,))
    hidden = layers.Dense(4, activation="tanh", name="hidden")(x)
    model = keras.Model(x, layers.Dense(1, activation="sigmoid", name="sure", bias_initializer="ones")(hidden))
    model.compile("sgd", "mse")
    kernel = np.full((3, 4), 0.1, "float32")
    kernel[:, 0] = -9
    model.get_layer("hidden").set_weights([kernel, np.zeros(4, "float32")])
    model.get_layer("sure").set_weights([np.full((4, 1), 99, "float32"), np.zeros(1, "float32")])
    data = (np.ones((8, 3), "float32"), np.ones((8, 1), "float32"))
    assert dict(LayerProbe(model, data)(1))["signals"]["saturated"] == {"hidden": 0.25}


def test_what_flows_back_to_each_call_is_the_gradient_of_a_sub_model(looked):
    model, (x, y), _, records = looked
    shared, norm, inner = (model.get_layer(name) for name in ("shared", "norm", "inner"))
    with tf.GradientTape() as tape:
        first = shared(x[:, :4])
        tape.watch(first)
        second = shared(inside := inner(norm(first, training=False)))
        predicted = [model.get_layer("a")(second), model.get_layer("b")(second)]
        loss = model.compute_loss(x, y, predicted)
    plain = tape.gradient(loss, {"shared": first, "inner": inside, "shared:1": second, "a": predicted[0]})
    for call, gradient in plain.items():
        assert records["signals"]["backward"][call] == pytest.approx(np.linalg.norm(gradient), rel=1e-4)


def recurrent_towers():
    """Two nested models whose layers bear the same names, a recurrent layer and an attention."""
    x = keras.Input((6, 4), name="x")
    towers = []
    for name in ("left", "right"):
        entry = keras.Input((6, 4), name="entry")
        towers.append(
            keras.Model(entry, layers.LSTM(3, name="encoder")(layers.Dense(4, name="dense")(entry)), name=name)
        )
    attended = layers.MultiHeadAttention(1, 2, name="attention")(x, x)
    both = layers.Concatenate(name="both")([towers[0](attended), towers[1](attended)])
    model = keras.Model(x, layers.Dense(1, name="out")(both))
    model.compile("sgd", "mse")
    return model, (RANDOM.normal(size=(ROWS, 6, 4)).astype("float32"), np.ones((ROWS, 1), "float32"))


def test_layers_of_one_name_in_two_models_are_told_apart():
    model, data = recurrent_towers()
    records = dict(LayerProbe(model, data)(1))
    weights, signals = records["histograms"]["weights"], records["signals"]
    assert len(weights) == len(model.weights)
    for tower in ("left", "right"):
        dense = model.get_layer(tower).get_layer("dense")
        check_summary(weights[f"{tower}/dense/kernel"], dense.kernel.numpy())
        size = np.sqrt(sum((weight**2).sum() for weight in dense.get_weights()))
        assert signals["weights"][f"{tower}/dense"] == pytest.approx(size, rel=1e-5)


def test_a_recurrent_layer_and_an_attention_are_one_layer_each_with_the_parts_in_their_weights_names():
    model, data = recurrent_towers()
    records = dict(LayerProbe(model, data)(1))
    signals = records["signals"]
    expected = {"attention", "left/dense", "left/encoder", "right/dense", "right/encoder", "out"}
    assert set(signals["weights"]) == set(signals["gradients"]) == expected
    assert expected <= set(signals["dead"])
    assert {"left/encoder/lstm_cell/kernel", "attention/query/kernel"} <= set(records["histograms"]["weights"])


def test_words_and_layers_without_weights():
    x = keras.Input((6,), dtype="int32")
    h = layers.Flatten()(layers.Embedding(50_000, 2, name="words")(x))
    model = keras.Model(x, layers.Dense(1)(h))
    model.compile("sgd", "mse")
    data = (RANDOM.integers(0, 50_000, (8, 6)), np.ones((8, 1), "float32"))
    records = dict(LayerProbe(model, data)(1))
    found = records["histograms"]["weights"]["words/embeddings"]
    assert 0 < sum(found["counts"]) <= MOST_ELEMENTS
    assert records["signals"]["weights"]["words"] == pytest.approx(
        np.linalg.norm(model.get_layer("words").get_weights()[0]), rel=1e-5
    )
    assert "flatten" in " ".join(records["histograms"]["activations"])


def test_layers_of_nested_models_have_their_models_in_their_names():
    model, _ = two_heads()
    assert "inner/deep" in dict(named_layers(model))


def test_a_sample_meets_every_unit():
    tensor = tf.reshape(tf.range(100 * 1024), [100, 1024])
    units = sample(tensor).numpy() % 1024
    assert len(units) <= MOST_ELEMENTS
    assert len(set(units.tolist())) == 1024


# Summaries of strange tensors

numbers = st.floats(width=32, allow_nan=True, allow_infinity=True)


@given(st.lists(st.lists(numbers, min_size=1, max_size=30), min_size=1, max_size=5))
def test_any_numbers_are_summarised(parts):
    flat = np.array([value for part in parts for value in part], "float32")
    for found, part in zip(summarise(flat, [len(part) for part in parts]), parts, strict=True):
        finite = [value for value in part if np.isfinite(value)]
        assert len(found["counts"]) == BINS
        assert sum(found["counts"]) == len(finite)
        assert found["strange"] == len(part) - len(finite)
        assert found["low"] <= found["high"]
        assert all(np.isfinite([found["low"], found["high"], found["mean"], found["std"]]))


def test_a_constant_lies_in_the_middle():
    (found,) = summarise(np.zeros(7, "float32"), [7])
    assert found["counts"][BINS // 2] == 7
    assert found["low"] < 0 < found["high"]
    assert found["std"] == 0


def test_percentiles_are_those_of_numpy_to_a_fine_bin():
    values = np.random.default_rng(1).normal(size=5000).astype("float32")
    (found,) = summarise(values, [5000])
    width = (values.max() - values.min()) / BINS / 16
    np.testing.assert_allclose(found["percentiles"], np.percentile(values, PERCENTILES), atol=width)


def test_nothing_to_summarise():
    assert summarise(np.zeros(0, "float32"), []) == []


def test_many_large_parts_are_summarised_as_each_is_by_itself():
    random = np.random.default_rng(2)
    parts = [random.normal(size=size).astype("float32") for size in (40_000, 3, 40_000, 70_000, 1)]
    parts[1][:] = np.nan
    parts[2][::7] = np.inf
    together = summarise(np.concatenate(parts), [len(part) for part in parts])
    assert together == [summarise(part, [len(part)])[0] for part in parts]
    assert [found["strange"] for found in together] == [0, 3, 5715, 0, 0]
