"""What the inside shows is what a plain computation gives; and what cannot be shown is a sentence, never a crash."""

from __future__ import annotations

import json

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from components.building import build_model
from components.experiment import experiment_to_json
from components.inside.histograms import LayerProbe
from components.inside.projections import nearest_neighbours, project
from components.runs import QUANTITIES, Record, Run
from components.training.feeding import load_splits, probed_rows
from components.training.running import compile_model
from dashboard import charts
from dashboard.curves.flipbook import pages_of
from dashboard.panels.inside.histograms import said_of
from dashboard.panels.inside.signals import compared, page_of, table
from dashboard.saying import inside_words
from presets import ARCHITECTURES

ROWS = 16
RANDOM = np.random.default_rng(0)


def plain_chain():
    """One output."""
    x = keras.Input((5,), name="x")
    model = keras.Model(x, layers.Dense(2, name="out")(layers.Dense(7, activation="tanh", name="hidden")(x)))
    model.compile("sgd", "mse")
    return model, RANDOM.normal(size=(ROWS, 2)).astype("float32")


def shared_and_nested():
    """Two outputs upon a layer that is called twice and a model within the model."""
    x = keras.Input((5,), name="x")
    inner_x = keras.Input((5,), name="inner_x")
    inner = keras.Model(inner_x, layers.Dense(5, activation="relu", name="deep")(inner_x), name="inner")
    shared = layers.Dense(5, activation="tanh", name="shared")
    joined = layers.Add(name="sum")([shared(inner(shared(x))), x])
    model = keras.Model(x, [layers.Dense(1, name="a")(joined), layers.Dense(2, name="b")(joined)])
    model.compile("sgd", {"a": "mse", "b": "mse"}, loss_weights={"a": 0.3, "b": 2.0})
    return model, [RANDOM.normal(size=(ROWS, units)).astype("float32") for units in (1, 2)]


@pytest.fixture(scope="module", params=[plain_chain, shared_and_nested])
def looked(request):
    """A model, its rows, and every number that the probe takes from it."""
    keras.utils.set_random_seed(5)
    model, y = request.param()
    x = RANDOM.normal(size=(ROWS, 5)).astype("float32")
    probe = LayerProbe(model, (x, y))
    return model, x, y, probe, probe.traced()


def parts(probe: LayerProbe, found, kind: str) -> dict[str, np.ndarray]:
    """The numbers by the name of their tensor."""
    names = [(kind, name) for kind in QUANTITIES for name in probe._names[kind]]
    ends = np.cumsum([size for kind in QUANTITIES for size in probe._sizes[kind]])[:-1]
    values = dict(zip(names, np.split(found["values"].numpy(), ends), strict=True))
    return {name: values[of, name] for of, name in names if of == kind}


def test_gradients_equal_those_of_a_plain_tape(looked):
    model, x, y, probe, found = looked
    weights = {"a": 0.3, "b": 2.0} if isinstance(y, list) else {"out": 1.0}
    with tf.GradientTape() as tape:
        said = model(x)
        pairs = zip(
            weights.values(), y if isinstance(y, list) else [y], said if isinstance(y, list) else [said], strict=True
        )
        loss = sum(weight * tf.reduce_mean((true - given) ** 2) for weight, true, given in pairs)
    plain = tape.gradient(loss, model.trainable_variables)
    ours = parts(probe, found, "gradients")
    paths = [variable.path for variable in model.trainable_variables]
    names = [path if path.split("/")[0] != "deep" else f"inner/{path}" for path in paths]
    assert set(ours) == set(names)
    for name, gradient in zip(names, plain, strict=True):
        np.testing.assert_allclose(ours[name], gradient.numpy().ravel(), atol=1e-5)


def test_activations_equal_those_of_sub_models(looked):
    model, x, _, probe, found = looked
    ours = parts(probe, found, "activations")
    for layer in model.layers[1:]:
        for number, node in enumerate(
            layer._inbound_nodes[-2:] if layer.name == "shared" else layer._inbound_nodes[-1:]
        ):
            plain = keras.Model(model.inputs, node.output_tensors[0])(x).numpy()
            np.testing.assert_allclose(
                ours[f"{layer.name}:{number}" if number else layer.name], plain.ravel(), atol=1e-5
            )
    if "inner/deep" in ours:
        inside = model.get_layer("inner")(model.get_layer("shared")(x)).numpy()
        np.testing.assert_allclose(ours["inner/deep"], inside.ravel(), atol=1e-5)


# Vanishing


@pytest.fixture(scope="module")
def stacks() -> dict[str, dict]:
    """The signals of twenty layers, plain and residual, before any training."""
    found = {}
    for name in ("plain_stack", "residual_stack"):
        experiment = ARCHITECTURES[name].experiment
        splits = load_splits(experiment)
        model = build_model(experiment.graph, seed=experiment.seed)
        compile_model(model, experiment, splits)
        found[name] = dict(LayerProbe(model, probed_rows(splits["train"]))(0))["signals"]
    return found


def run_of(name: str) -> Run:
    experiment = experiment_to_json(ARCHITECTURES[name].experiment)
    return Run("r", "me", name, experiment, "finished", "", 0.0, None, None, 3, 9, 3, 0.0, False, None, None)


def test_the_residual_stack_keeps_ten_times_the_gradient_and_the_page_says_so(stacks):
    plain, residual = (stacks[name]["gradients"] for name in ("plain_stack", "residual_stack"))
    assert next(iter(plain)) == next(iter(residual)) == "entry"
    assert residual["entry"] >= 10 * plain["entry"]
    assert any("vanishes" in said for said in inside_words(run_of("plain_stack"), stacks["plain_stack"]))
    assert not any("vanishes" in said for said in inside_words(run_of("residual_stack"), stacks["residual_stack"]))
    said = compared(residual, plain, "gradients", run_of("plain_stack"))
    assert "times that of plain_stack" in said


# Strange models


@pytest.mark.parametrize("value", [np.nan, np.inf, 0.0, 3.0])
def test_constant_and_broken_weights_are_drawn_or_said(value):
    x = keras.Input((3,), name="x")
    model = keras.Model(x, layers.Dense(2, name="out")(layers.Flatten(name="flat")(layers.Dense(4, name="broken")(x))))
    model.compile("sgd", "mse")
    model.get_layer("broken").set_weights([np.full((3, 4), value, "float32"), np.zeros(4, "float32")])
    records = dict(LayerProbe(model, (np.ones((ROWS, 3), "float32"), np.ones((ROWS, 2), "float32")))(1))
    for kind, named in records["histograms"].items():
        for name, histogram in named.items():
            history = [(1, histogram), (2, histogram)]
            json.dumps(pages_of(history, {}, said_of(history)), allow_nan=False)
            assert name in charts.describe_histograms(name, history), kind
    signals = records["signals"]
    graph = ARCHITECTURES["spirals"].experiment.graph
    page = page_of(run_of("spirals"), graph, Record("signals", 1, 9, signals), "gradients", None, [])
    json.dumps(page, allow_nan=False)
    assert {row["layer"] for row in table(signals)} >= {"broken", "out"}
    assert all("nan" not in said for said in inside_words(run_of("plain_stack"), signals))


def test_a_model_without_weights_has_activations_alone():
    x = keras.Input((3,), name="x")
    model = keras.Model(x, layers.ReLU(name="only")(x))
    model.compile("sgd", "mse")
    records = dict(LayerProbe(model, (np.ones((4, 3), "float32"), np.ones((4, 3), "float32")))(1))
    assert records["histograms"]["weights"] == records["histograms"]["gradients"] == {}
    assert sum(records["histograms"]["activations"]["only"]["counts"]) == 12
    assert records["signals"]["gradients"] == {}


@pytest.mark.parametrize(
    ("points", "count"),
    [(np.ones((1, 4)), 0), (np.ones((6, 4)), 5), (np.full((3, 4), np.nan), 0), (np.zeros((4, 3)), 3)],
)
def test_neighbours_of_one_point_of_duplicates_and_of_broken_ones(points, count):
    for metric in ("cosine", "euclidean"):
        rows, distances = nearest_neighbours(points, 0, 10, metric)
        assert len(rows) == len(distances) == count
        assert np.isfinite(distances).all()


def test_t_sne_of_a_few_duplicates_with_too_high_a_perplexity_says_so():
    points = np.repeat(np.eye(3), 4, axis=0)
    found = project(points, "tsne", perplexity=500, iterations=30)
    assert np.isfinite(found.points).all()
    assert "500 is too much for 12" in found.notes[-1]
