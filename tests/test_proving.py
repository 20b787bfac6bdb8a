"""Proving: the exported file, run by itself, says what our model says; and a file that does not is found out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from components.building import build_model
from components.codegen import generate_code
from components.experiment import experiment_to_json
from components.exports import proving
from components.exports.proving import (
    ProofError,
    compared,
    made_up_inputs,
    prove_experiment_json,
    prove_run_json,
    run_file,
)
from components.store import Store
from components.training.checkpoints import epoch_name, pack_state
from presets import ARCHITECTURES


@pytest.fixture
def store(tmp_path) -> Store:
    """A store of its own."""
    return Store(f"sqlite:///{tmp_path}/runs.db")


def trained_run(store: Store, name: str) -> str:
    """A run of a preset that has kept the weights of its third epoch, which no seed would give."""
    experiment = ARCHITECTURES[name].experiment
    run = store.create_run("somebody", experiment_to_json(experiment))
    model = build_model(experiment.graph, seed=11)
    random = np.random.default_rng(1)
    model.set_weights([w + 0.1 * random.random(w.shape).astype(w.dtype) for w in model.get_weights()])
    store.save_artefact(run, epoch_name(3), pack_state(model, 3))
    store.update_run(run, epoch=3)
    return run


@pytest.mark.parametrize("name", ["siamese_lstm", pytest.param("social_posts", marks=pytest.mark.soak)])
def test_a_runs_file_says_what_the_run_says(store, name):
    proof = prove_run_json(store.url, trained_run(store, name))
    assert proof["epoch"] == 3
    assert proof["rows"] == proving.ROWS
    assert proof["parameters"] == ARCHITECTURES[name].parameters
    assert proof["same"]
    assert proof["difference"] <= 1e-6
    assert proof["largest"] > 0.01


@pytest.mark.soak
def test_an_untrained_experiment_without_data_is_proved_too():
    experiment = ARCHITECTURES["residual_digits"].experiment
    bare = replace(experiment, data=replace(experiment.data, dataset=""))
    proof = prove_experiment_json(experiment_to_json(bare))
    assert proof["epoch"] is None
    assert proof["same"]
    assert [output["shape"][0] for output in proof["outputs"]] == [proving.ROWS]


@pytest.mark.soak
def test_a_file_of_another_network_is_found_out():
    experiment = ARCHITECTURES["spirals"].experiment
    model, inputs = build_model(experiment.graph, seed=0), made_up_inputs(experiment.graph)
    source = generate_code(experiment)
    other = source.replace('activation="relu"', 'activation="tanh"').replace(
        'activation="tanh"', 'activation="sigmoid"'
    )
    assert other != source
    theirs = run_file(other, model.get_weights(), inputs)
    ours = proving.proving_child.answer(model, inputs)
    verdict = compared("answer", ours[0], theirs[0])
    assert not verdict["same"]
    assert verdict["difference"] > 1e-3


def test_the_file_sees_nothing_of_our_surroundings(tmp_path, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://secret")
    environment = proving.surroundings(tmp_path)
    assert "DATABASE_URL" not in environment
    assert environment["HOME"] == str(tmp_path)


def test_a_file_that_fails_is_a_sentence():
    with pytest.raises(ProofError, match="did not run: ZeroDivisionError"):
        run_file("def build_model():\n    1 / 0\n", [], [np.zeros((1, 1))])


def test_a_file_that_does_not_end_is_ended(monkeypatch):
    monkeypatch.setattr(proving, "SECONDS", 1)
    with pytest.raises(ProofError, match="may run for 1 seconds"):
        run_file("while True:\n    pass\n", [], [np.zeros((1, 1))])


def test_numbers_that_are_none_are_compared():
    nan = np.array([np.nan, 1.0])
    assert compared("a", nan, nan)["difference"] == 0.0
    assert not compared("a", nan, np.array([0.0, 1.0]))["same"]
    assert compared("a", np.array([np.inf]), np.array([np.inf]))["same"]
    with pytest.raises(ProofError, match="shape"):
        compared("a", nan, np.zeros(3))


def test_inputs_are_made_up_by_shape_and_type():
    graph = ARCHITECTURES["question_answering"].experiment.graph
    for node, array in zip(graph.inputs, made_up_inputs(graph), strict=True):
        shape = graph.layer_of(graph.node(node)).config["shape"]
        assert array.shape == (proving.ROWS, *(size or proving.UNKNOWN_AXIS for size in shape))
        assert np.issubdtype(array.dtype, np.integer)
        assert set(np.unique(array)) <= {0, 1}
