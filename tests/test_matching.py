"""Matching: graphs, data and losses that disagree are told with a mend, and every mend removes its problem."""

from dataclasses import replace
from functools import reduce

import numpy as np
import pytest

from components.building import inspect_experiment_json
from components.datasets import DATASETS, Dataset
from components.experiment import Data, Experiment, Training, experiment_from_json, experiment_to_json
from components.graph import GraphError
from components.mending import apply_mend
from components.weaving import Loom
from presets import ARCHITECTURES

ROWS = 40


def make(seed):
    random = np.random.default_rng(seed)
    inputs = {
        "features": random.normal(size=(ROWS, 6)).astype("float32"),
        "image": random.normal(size=(ROWS, 8, 8, 3)).astype("float32"),
        "words": random.integers(0, 500, (ROWS, 12)).astype("int32"),
    }
    digit = np.arange(ROWS) % 10
    targets = {
        "digit": digit,
        "answer": digit % 2,
        "price": random.normal(size=ROWS).astype("float32"),
        "age": np.arange(ROWS) % 37 + 18,
        "one_hot": np.eye(10, dtype="float32")[digit],
    }
    return {"train": (inputs, targets)}


@pytest.fixture(autouse=True, scope="module")
def dataset():
    DATASETS["matching"] = Dataset(
        "matching", "", "", make, classes={"digit": tuple("0123456789"), "answer": ("no", "yes")}
    )
    yield
    del DATASETS["matching"]


def experiment(target, loss=None, shape=(6,), name="features", kind="Dense", **config):
    loom = Loom()
    x = loom.input(name, list(shape), config.pop("dtype", "float32"))
    config = {"units": 1, **config} if kind == "Dense" else config
    graph = loom.graph(loom(kind, x, name="head", **config))
    losses = {"head": loss} if loss else {}
    return Experiment("", graph, Data("matching", targets={"head": target}), Training(losses=losses))


def problems(experiment):
    return inspect_experiment_json(experiment_to_json(experiment))["problems"]


def assert_mended_by_each(experiment, message, labels=()):
    (problem,) = problems(experiment)
    assert message in problem["message"]
    assert problem["message"].endswith(".")
    offered = [fix["label"] for fix in problem["fixes"]]
    assert offered
    for label in labels:
        assert any(label in text for text in offered), offered
    for fix in problem["fixes"]:
        assert problem["message"] not in [
            left["message"] for left in problems(reduce(apply_mend, fix["edits"], experiment))
        ]


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_presets_have_no_problems(name):
    assert problems(ARCHITECTURES[name].experiment) == []


@pytest.mark.parametrize(
    ("target", "loss", "units", "activation"),
    [
        ("digit", "sparse_categorical_crossentropy", 10, "softmax"),
        ("digit", "sparse_categorical_crossentropy", 12, "softmax"),
        ("answer", "sparse_categorical_crossentropy", 2, "softmax"),
        ("answer", "binary_crossentropy", 1, "sigmoid"),
        ("one_hot", "categorical_crossentropy", 10, "softmax"),
        ("one_hot", "binary_crossentropy", 10, "sigmoid"),
        ("price", "mse", 1, "linear"),
        ("price", "mae", 1, None),
        ("age", "mse", 1, "relu"),
        ("digit", None, 10, "softmax"),
        ("answer", None, 1, "sigmoid"),
        ("price", None, 1, None),
    ],
)
def test_heads_that_agree_have_no_problem(target, loss, units, activation):
    assert problems(experiment(target, loss, units=units, activation=activation)) == []


@pytest.mark.parametrize(
    ("target", "loss", "units", "activation", "message", "labels"),
    [
        ("answer", "binary_crossentropy", 1, "softmax", "always 1", ["Use sigmoid"]),
        ("digit", "sparse_categorical_crossentropy", 1, "softmax", "always 1", ["Use 10 units, softmax"]),
        ("price", "mse", 1, "softmax", "always 1", ["Leave the activation out"]),
        ("digit", "binary_crossentropy", 10, "sigmoid", "tells 2 classes apart, and the target has 10", ["softmax"]),
        ("digit", "mse", 10, "softmax", "distances between numbers", ["Use sparse_categorical_crossentropy"]),
        ("digit", "mse", 1, None, "distances between numbers", ["Use 10 units"]),
        ("answer", "mse", 1, "sigmoid", "distances between numbers", ["binary_crossentropy"]),
        (
            "digit",
            "sparse_categorical_crossentropy",
            5,
            "softmax",
            "10 classes, and this output has 5 units",
            ["10 units"],
        ),
        ("digit", "sparse_categorical_crossentropy", 10, None, "linear gives none", ["Use softmax"]),
        ("digit", "sparse_categorical_crossentropy", 10, "sigmoid", "sigmoid gives none", ["Use softmax"]),
        ("one_hot", "sparse_categorical_crossentropy", 10, "softmax", "row of 10 values", ["categorical_crossentropy"]),
        ("digit", "categorical_crossentropy", 10, "softmax", "class numbers", ["sparse_categorical_crossentropy"]),
        ("one_hot", "categorical_crossentropy", 4, "softmax", "rows of 10 values", ["Use 10 units"]),
        ("price", "sparse_categorical_crossentropy", 10, "softmax", "other values", ["mse"]),
        ("answer", "binary_crossentropy", 1, None, "expects a probability", ["Use sigmoid"]),
        ("answer", "binary_crossentropy", 2, "sigmoid", "one unit with one target", ["Use 1 unit", "2 units, softmax"]),
        ("price", "binary_crossentropy", 1, "sigmoid", "from 0 to 1", ["mse"]),
        ("price", "mse", 3, None, "1 number per sample, and this output has 3", ["Use 1 unit"]),
        ("digit", None, 1, "softmax", "always 1", ["Use 10 units"]),
    ],
)
def test_heads_losses_and_targets_that_disagree(target, loss, units, activation, message, labels):
    assert_mended_by_each(experiment(target, loss, units=units, activation=activation), message, labels)


def test_an_image_into_a_dense_head_is_pooled_or_flattened():
    broken = experiment("digit", None, (8, 8, 3), "image", units=10, activation="softmax")
    assert_mended_by_each(broken, "(None, 8, 8, 10); pool or flatten", ["GlobalAveragePooling2D", "Flatten"])


def test_an_image_into_dense_layers_is_pooled_or_flattened_before_the_first_of_them():
    loom = Loom()
    x = loom("Conv2D", loom.input("image", [8, 8, 3]), name="looks", filters=4, kernel_size=3)
    x = loom("Dropout", loom("Dense", x, name="first", units=128), name="rests", rate=0.2)
    graph = loom.graph(loom("Dense", x, name="head", units=10, activation="softmax"))
    training = Training(losses={"head": "sparse_categorical_crossentropy"})
    broken = Experiment("", graph, Data("matching", targets={"head": "digit"}), training)
    assert [problem["node"] for problem in problems(broken)] == ["first"]
    assert_mended_by_each(broken, "leads to an output of (None, 6, 6, 10)", ["GlobalAveragePooling2D", "Flatten"])
    (pool, _) = problems(broken)[0]["fixes"]
    mended = reduce(apply_mend, pool["edits"], broken)
    assert problems(mended) == []
    assert mended.graph.node("first").inputs == ("pooled",)


def test_an_input_of_another_shape_than_the_data():
    assert_mended_by_each(experiment("price", shape=(5,)), "takes (None, 5), and the data gives (None, 6)", ["(6,)"])


def test_an_input_that_would_cut_fractions_off():
    assert_mended_by_each(experiment("price", dtype="int32"), "fractions", ["Take float32"])


def test_an_input_and_an_output_without_an_array_of_their_name():
    assert_mended_by_each(experiment("price", name="other"), "no array “other”", ["Feed it features"])
    assert_mended_by_each(experiment("nothing"), "no target “head”", ["Aim it at price"])


def test_an_embedding_that_is_too_small_for_the_words():
    loom = Loom()
    words = loom.input("words", [12], "int32")
    for sizes, label in (((100, 32), "Make room for 5"), ((32, 1000), "Swap the two")):
        vectors = loom("Embedding", words, input_dim=sizes[0], output_dim=sizes[1])
        graph = loom.graph(loom("Dense", loom("GlobalAveragePooling1D", vectors), name="price", units=1))
        needed = {node.layer for node in graph.nodes if node.id in graph.outputs}
        assert needed
        whole = Experiment("", graph, Data("matching"), Training(losses={"price": "mse"}))
        found = [problem for problem in problems(whole) if "numbers them up to" in problem["message"]]
        assert any(label in fix["label"] for fix in found[-1]["fixes"])


def test_two_outputs_of_one_layer_cannot_be_told_apart():
    loom = Loom()
    x = loom.input("features", [6])
    head = loom("Dense", x, name="price", units=1)
    again = loom.again(head, loom("Dense", x, name="inner", units=6), name="second")
    whole = Experiment("", loom.graph(head, again), Data("matching"), Training(losses={"price": "mse"}))
    (problem,) = problems(whole)
    assert "two of them come from “price”" in problem["message"]
    mended = reduce(apply_mend, problem["fixes"][0]["edits"], whole)
    assert len({mended.graph.node(output).layer for output in mended.graph.outputs}) == 2


def test_unknown_data_is_one_sentence():
    for data in (Data("nowhere"), Data("matching", {"wrong": 1})):
        (problem,) = problems(replace(experiment("price"), data=data))
        assert problem["node"] is None
        assert problem["message"].endswith(".")


def test_a_broken_graph_keeps_its_own_problems_and_no_others():
    found = problems(experiment("price", kind="Conv2D", filters=2, kernel_size=3))
    assert [problem["node"] for problem in found] == ["head"]


def test_mends_that_do_not_fit_are_refused():
    whole = experiment_from_json(experiment_to_json(experiment("price")))
    for edit in ({"edit": "set_loss"}, {"edit": "set_array", "colour": "red"}, {"edit": "nonsense"}):
        with pytest.raises(GraphError):
            apply_mend(whole, edit)
