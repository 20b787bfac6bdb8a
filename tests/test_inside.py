"""The inside: verdicts and maps of a real run, what edges show, and figures of all of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from components.experiment import Experiment, experiment_to_json
from components.graph import call_names
from components.inside.feature_maps import feature_maps_json
from components.inside.judging import judge_run_json, plane_points_json
from components.inside.layer_points import LayerError
from components.store import Store
from components.training.running import run_job
from dashboard.charts.inside import (
    figure_of_confusion,
    figure_of_maps,
    figure_of_numbers,
    figure_of_shares,
)
from dashboard.flows import flow_of
from dashboard.panels.inside.losses import shares_of
from dashboard.panels.inside.signals import compared, merges
from presets import ARCHITECTURES


def shortened(name: str, **data) -> Experiment:
    """A preset that trains for two epochs on little data."""
    experiment = ARCHITECTURES[name].experiment
    training = replace(experiment.training, epochs=2, callbacks=())
    return replace(
        experiment, training=training, data=replace(experiment.data, config={**experiment.data.config, **data})
    )


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> Store:
    return Store(f"sqlite:///{tmp_path_factory.mktemp('home')}/store.db")


@pytest.fixture(scope="module")
def runs(store) -> dict[str, str]:
    """A finished run of a classifier of images, and of one with three outputs."""
    started = {}
    for name, data in (("residual_digits", {}), ("social_posts", {"rows": 300})):
        started[name] = store.create_run("me", experiment_to_json(shortened(name, **data)), name)
        run_job(store.url, started[name])
        assert store.run(started[name]).state == "finished", store.run(started[name]).message
    return started


# Verdicts


def test_the_confusion_matrix_counts_every_row_once(store, runs):
    answer = judge_run_json(store.url, runs["residual_digits"])
    (verdict,) = answer["outputs"]
    matrix = np.array(verdict["matrix"])
    assert matrix.shape == (10, 10)
    assert matrix.sum() == answer["rows"]
    assert verdict["right"] == np.trace(matrix)
    logged = [r.values["val_accuracy"] for r in store.records(runs["residual_digits"], kinds=("epoch",))]
    assert verdict["right"] / answer["rows"] == pytest.approx(logged[-1], abs=1e-6)


def test_an_earlier_epoch_has_its_own_verdict(store, runs):
    first = judge_run_json(store.url, runs["residual_digits"], 1)
    logged = [r.values["val_accuracy"] for r in store.records(runs["residual_digits"], kinds=("epoch",))]
    assert first["epoch"] == 1
    assert first["outputs"][0]["right"] / first["rows"] == pytest.approx(logged[0], abs=1e-6)


def test_the_worst_rows_come_worst_first_and_are_wrong(store, runs):
    (verdict,) = judge_run_json(store.url, runs["residual_digits"])["outputs"]
    probabilities = [row["probability"] for row in verdict["worst"]]
    assert probabilities == sorted(probabilities)
    assert all(row["true"] != row["said"] for row in verdict["worst"])


def test_several_outputs_have_a_verdict_each_numbers_as_numbers(store, runs):
    verdicts = {verdict["output"]: verdict for verdict in judge_run_json(store.url, runs["social_posts"])["outputs"]}
    assert set(verdicts) == {"age", "income", "gender"}
    age = verdicts["age"]
    assert age["names"] == []
    assert age["error"] == pytest.approx(np.abs(np.subtract(age["true"], age["said"])).mean(), rel=1e-3)
    assert len(verdicts["gender"]["matrix"]) == 2


# Maps


def test_maps_are_what_the_layer_gives_for_that_row(store, runs):
    answer = feature_maps_json(store.url, runs["residual_digits"], "stem", 3)
    height, width, channels = answer["shape"]
    assert (len(answer["maps"]), len(answer["maps"][0]), len(answer["maps"][0][0])) == (
        min(channels, 32),
        height,
        width,
    )
    other = feature_maps_json(store.url, runs["residual_digits"], "stem", 4)
    assert other["maps"] != answer["maps"]
    assert len(answer["filters"]) == min(channels, 32)


def test_an_add_shows_its_two_terms_and_they_sum_to_it(store, runs):
    graph = ARCHITECTURES["residual_digits"].experiment.graph
    merge = next(node.layer for node in graph.nodes if len(node.inputs) == 2)
    answer = feature_maps_json(store.url, runs["residual_digits"], merge, 3)
    first, second = answer["terms"]
    assert np.allclose(np.add(first["maps"], second["maps"]), answer["maps"], atol=3e-4)
    assert first["layer"] != second["layer"]
    assert feature_maps_json(store.url, runs["residual_digits"], "stem", 3)["terms"] == []


def test_the_table_of_merges_shares_what_comes_in():
    graph = ARCHITECTURES["residual_stack"].experiment.graph
    rows = merges(graph, {name: 3.0 if name.startswith("layer") else 1.0 for name in call_names(graph).values()})
    assert len(rows) == 40
    assert {row["term"]: row["share"] for row in rows if row["merge"] == "sum_2"} == {
        "layer_2": "75 %",
        "sum_1": "25 %",
    }
    assert merges(graph, {"layer_1": float("nan")}) == []


def test_a_layer_without_maps_is_refused_by_name(store, runs):
    with pytest.raises(LayerError, match="“age” gives none"):
        feature_maps_json(store.url, runs["social_posts"], "age", 0)


def test_points_of_the_plane_bear_the_classes_of_the_output_that_is_asked_for():
    answer = plane_points_json(experiment_to_json(ARCHITECTURES["spirals"].experiment))
    assert len(answer["points"]) == len(answer["truth"]) > 100
    assert answer["names"] == ["first", "second"]
    assert set(answer["truth"]) == {0, 1}
    assert plane_points_json(experiment_to_json(ARCHITECTURES["spirals"].experiment), "curve") == answer


# Flows


def test_each_call_of_a_shared_layer_has_its_own_name():
    graph = ARCHITECTURES["siamese_lstm"].experiment.graph
    calls = call_names(graph)
    shared = [call for node, call in calls.items() if graph.node(node).layer == "encoder"]
    assert sorted(shared) == ["encoder", "encoder:1"]


def test_edges_are_as_wide_as_the_root_of_the_share():
    graph = ARCHITECTURES["spirals"].experiment.graph
    flow = flow_of(graph, (), {"activations": {"hidden": 4.0, "deeper": 16.0}}, "activations")
    assert flow == {"nodes": {"hidden": 0.5, "deeper": 1.0}}


@pytest.mark.parametrize(
    "signals", [{}, {"activations": {}}, {"activations": {"hidden": float("nan")}}, {"activations": {"hidden": 0.0}}]
)
def test_without_sizes_edges_show_nothing(signals):
    assert flow_of(ARCHITECTURES["spirals"].experiment.graph, (), signals, "activations") is None


def test_a_nested_model_that_the_run_does_not_have_shows_nothing():
    assert (
        flow_of(ARCHITECTURES["spirals"].experiment.graph, ("gone",), {"activations": {"hidden": 1.0}}, "activations")
        is None
    )


# Figures


def test_the_first_layers_of_two_runs_are_compared_in_words(store, runs):
    other = store.run(runs["residual_digits"])
    said = compared({"entry": 5.0, "last": 1.0}, {"entry": 0.001}, "gradients", other)
    assert "entry" in said
    assert "5\u202f000 times that of" in said
    assert "1/20 of that of" in compared({"entry": 0.05}, {"entry": 1.0}, "gradients", other)
    assert "has none" in compared({"entry": 1.0}, {"entry": float("nan")}, "gradients", other)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_figure_can_be_drawn_and_says_when_it_is_empty(theme):
    verdict = {"names": ["a", "<b>"], "matrix": [[3, 1], [0, 2]]}
    assert "&lt;b&gt;" in figure_of_confusion(verdict, theme).to_json().encode().decode("unicode_escape")
    assert len(figure_of_numbers({"true": [1.0, 2.0], "said": [1.5, 1.0]}, theme).data) == 2
    assert "no points" in figure_of_numbers({"true": [], "said": []}, theme).to_json()
    assert len(figure_of_maps([[[0.0, 1.0], [1.0, 1.0]]] * 9, theme).data[0].z) == 5
    assert "no maps" in figure_of_maps([], theme).to_json()


def test_shares_of_the_loss_add_up_and_follow_the_weights(store, runs):
    records = store.records(runs["social_posts"], kinds=("epoch",))
    weights = {"age": 0.25, "income": 1.0, "gender": 10.0}
    bare, weighted = shares_of(records, {}), shares_of(records, weights)
    assert np.allclose(np.sum(list(bare.values()), axis=0), 1)
    assert np.allclose(np.sum(list(weighted.values()), axis=0), 1)
    assert weighted["gender"][-1] > bare["gender"][-1]
    assert len(figure_of_shares([1, 2], weighted).data) == 3


def test_the_last_record_of_a_kind_can_be_asked_for_an_epoch(store, runs):
    run = runs["residual_digits"]
    assert store.last_record(run, "epoch").epoch == 2
    assert store.last_record(run, "epoch", 1).epoch == 1
    assert store.last_record(run, "surface") is None
