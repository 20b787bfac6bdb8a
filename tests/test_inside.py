"""The inside: verdicts and maps of a real run, what edges show, and figures of all of it."""

from __future__ import annotations

import base64
import json
from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf

from components.experiment import Experiment, experiment_from_json, experiment_to_json
from components.graph import Graph, Layer, Node, call_names
from components.inside.feature_maps import feature_maps_json
from components.inside.judging import judge, judge_run_json, plane_points_json
from components.inside.layer_points import LayerError, OpenRun, open_run, to_pixels
from components.runs import Record
from components.store import Store
from components.training.running import run_job
from dashboard.editing import new_document
from dashboard.flows import flow_of
from dashboard.panels.inside import looking
from dashboard.panels.inside.answers import describe, line_of, verdicts_of
from dashboard.panels.inside.losses import describe as describe_shares
from dashboard.panels.inside.losses import parts_by_epoch, weights_by_epoch
from dashboard.panels.inside.signals import compared, merges
from dashboard.saying import what_is_happening
from dashboard.shares import PENALTIES, parts_of, shares_of
from dashboard.state import Work
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


def test_the_page_of_an_answer_is_what_the_element_draws(store, runs):
    answer = judge_run_json(store.url, runs["residual_digits"])
    verdict = verdicts_of(answer)["verdicts"]["digit"]
    assert np.sum(verdict["matrix"]) == answer["rows"]
    assert verdict["sentence"].startswith("After epoch 2, digit is right on ")
    assert [row["true"] for row in verdict["worst"]] == [row["true"] for row in answer["outputs"][0]["worst"]]
    json.dumps(verdict, allow_nan=False)
    numbers = verdicts_of(judge_run_json(store.url, runs["social_posts"]))["verdicts"]["age"]
    assert (numbers["names"], len(numbers["true"])) == ([], len(numbers["said"]))
    assert "is off by" in numbers["sentence"]


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


def test_the_worst_pictures_are_shown(store, runs):
    (verdict,) = judge_run_json(store.url, runs["residual_digits"])["outputs"]
    images = open_run(store.run(runs["residual_digits"]).experiment).splits["validation"][0]
    row = verdict["worst"][0]
    drawn = tf.io.decode_png(base64.b64decode(row["picture"].partition(",")[2])).numpy()
    plain = tf.image.resize(to_pixels(images)[row["row"]], drawn.shape[:2], "nearest").numpy()
    np.testing.assert_array_equal(drawn, plain)
    assert line_of(row)["picture"] == row["picture"]


def labelled(said: np.ndarray) -> OpenRun:
    """A run whose output tells of ten labels, each true or not by itself, and whose model always says the same."""
    experiment = shortened("residual_digits")
    training = replace(experiment.training, losses={"digit": "binary_crossentropy"}, metrics={})
    opened = OpenRun(replace(experiment, training=training))
    x, digits = opened.splits["validation"]
    labels = np.eye(10, dtype="float32")[digits.reshape(-1)]
    labels[:, 0] = 1.0  # so that two are true in most rows
    opened.splits["validation"] = (x, labels)
    opened.computed = lambda layer, x: iter([(np.zeros(0), [np.resize(said, (len(x[0]), 10))])])
    return opened


def test_labels_that_exclude_nothing_are_judged_column_by_column():
    said = np.full(10, 0.1, "float32")
    said[[0, 3]] = 0.9
    opened = labelled(said)
    true = opened.splits["validation"][1]
    verdicts = judge(opened, "validation")["outputs"]
    assert [verdict["output"] for verdict in verdicts] == [f"digit: {i}" for i in range(10)]
    assert verdicts[0]["right"] == verdicts[0]["rows"] == len(true)
    assert verdicts[3]["matrix"] == [[0, int((true[:, 3] == 0).sum())], [0, int((true[:, 3] == 1).sum())]]
    assert {row["said"] for row in verdicts[5]["worst"]} == {"no"}
    target = opened.compared("digit", true[:1], said[None])
    assert target.predictions == ("0 + 3",)


def test_answers_that_are_no_numbers_are_counted_and_left_out():
    opened = labelled(np.zeros(10, "float32"))
    rows = len(opened.splits["validation"][1])
    said = np.full((rows, 10), 0.9, "float32")
    said[:4] = np.nan
    opened.computed = lambda layer, x: iter([(np.zeros(0), [said])])
    answer = {"epoch": 2, **judge(opened, "validation")}
    assert (answer["outputs"][0]["rows"], answer["outputs"][0]["strange"]) == (rows - 4, 4)
    assert np.sum(answer["outputs"][0]["matrix"]) == rows - 4
    assert "For 4 more it says no number" in describe(answer["outputs"][0], answer)
    said[:] = np.inf
    lost = {"epoch": 2, **judge(opened, "validation")}
    assert "says no number for any" in describe(lost["outputs"][0], lost)
    json.dumps(lost, allow_nan=False)


def test_numbers_that_are_none_are_not_drawn_as_zero(store, runs):
    opened = OpenRun(experiment_from_json(store.run(runs["social_posts"]).experiment))
    opened.model.get_layer("age").set_weights([w * np.nan for w in opened.model.get_layer("age").get_weights()])
    verdicts = {verdict["output"]: verdict for verdict in judge(opened, "validation")["outputs"]}
    assert (verdicts["age"]["said"], verdicts["age"]["error"], verdicts["age"]["rows"]) == ([], None, 0)
    assert verdicts["income"]["strange"] == 0


def test_an_epoch_whose_state_was_not_kept_is_told_with_the_one_that_is_shown(store, runs, monkeypatch):
    monkeypatch.setattr(looking.backstage, "store", lambda: store)
    monkeypatch.setattr(looking, "workspace", lambda: "me")
    run = replace(store.run(runs["residual_digits"]), epoch=51)
    work = Work("w", new_document(ARCHITECTURES["residual_digits"].experiment))
    for scrubbed, said in ((1, ""), (51, "Of epoch 51 no state was kept"), (None, "after epoch 2")):
        work.scrubbed = scrubbed
        note = looking.kept_note(work, run)
        assert said in note
        assert bool(note) == bool(said)


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


def test_a_layer_that_the_model_has_not_is_refused_by_name(store, runs):
    with pytest.raises(LayerError, match="no layer “nothing”"):
        feature_maps_json(store.url, runs["social_posts"], "nothing", 0)


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


def test_edges_are_as_wide_as_the_root_of_the_share_and_cards_bear_the_number():
    graph = ARCHITECTURES["spirals"].experiment.graph
    flow = flow_of(graph, (), {"activations": {"hidden": 4.0, "deeper": 16.0}}, "activations")
    assert flow == {
        "title": "activations",
        "nodes": {"hidden": 0.5, "deeper": 1.0},
        "cards": {"hidden": [0.5, "4"], "deeper": [1.0, "16"]},
    }


def test_edges_show_the_gradient_that_flows_back_and_cards_that_of_the_weights():
    graph = ARCHITECTURES["siamese_lstm"].experiment.graph
    calls = call_names(graph)
    backward = {call: 4.0 if call.endswith(":1") else 1.0 for call in calls.values()}
    flow = flow_of(graph, (), {"gradients": {"encoder": 0.25}, "backward": backward}, "gradients")
    first, second = (next(node for node, call in calls.items() if call == name) for name in ("encoder", "encoder:1"))
    assert (flow["nodes"][first], flow["nodes"][second]) == (0.5, 1.0)
    assert flow["cards"] == {first: [1.0, "0.25"], second: [1.0, "0.25"]}


TOWER = Graph(
    {"entry": Layer("InputLayer", {"shape": [3]}), "dense": Layer("Dense", {"units": 2}), "top": Layer("Dense", {"units": 2})},
    (Node("entry", "entry"), Node("first", "dense", ("entry",)), Node("last", "top", ("first",))),
    ("last",),
)  # fmt: skip


def test_a_nested_model_shows_its_whole_and_opened_each_of_its_layers():
    graph = Graph(
        {"x": Layer("InputLayer", {"shape": [3]}), "tower": TOWER, "out": Layer("Dense", {"units": 1})},
        (Node("x", "x"), Node("left", "tower", ("x",)), Node("right", "tower", ("x",)), Node("out", "out", ("left",))),
        ("out", "right"),
    )
    signals = {
        "gradients": {"tower/dense": 3.0, "tower/top": 4.0, "out": 5.0},
        "weights": {"tower/dense": 1.0, "tower/top": 3.0, "out": 1.0},
        "updates": {"tower/dense": 0.3, "tower/top": 0.1, "out": 0.0},
    }
    closed = flow_of(graph, (), signals, "gradients")["cards"]
    assert closed == {"left": [1.0, "5"], "right": [1.0, "5"], "out": [1.0, "5"]}
    opened = flow_of(graph, ("tower",), signals, "gradients")["cards"]
    assert opened == {"first": [0.866, "3"], "last": [1.0, "4"]}
    assert flow_of(graph, (), signals, "updates")["cards"]["left"][1] == "0.13"  # √(0.3² + 0.3²) / √(1² + 3²)


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


def test_shares_of_the_loss_add_up_and_follow_the_weights(store, runs):
    records = store.records(runs["social_posts"], kinds=("epoch",))
    weights = {"age": 0.25, "income": 1.0, "gender": 10.0}
    bare, weighted = (shares_of(parts_by_epoch(records, chosen)[2]) for chosen in (None, weights))
    assert sum(bare.values()) == pytest.approx(1)
    assert sum(weighted.values()) == pytest.approx(1)
    assert weighted["gender"] > bare["gender"]


def turned() -> list[Record]:
    """Two epochs, between which a person turned down the first loss's weight."""
    logs = {"loss": 10.0, "a_loss": 9.0, "b_loss": 1.0}
    weights = [{"weights": {"a": 1.0, "b": 1.0}}, {"weights": {"a": 0.2, "b": 1.0}}]
    return [
        Record(kind, epoch, 10 * epoch, values)
        for epoch in (1, 2)
        for kind, values in (("epoch", logs), ("losses", weights[epoch - 1]))
    ]


def test_each_epochs_shares_follow_the_weights_that_were_in_force(store, runs):
    run = store.run(runs["social_posts"])
    shares = {epoch: shares_of(parts) for epoch, parts in parts_by_epoch(turned(), {"a": 5.0}).items()}
    assert (shares[1]["a"], shares[2]["a"]) == (pytest.approx(0.9), pytest.approx(1.8 / 2.8))
    assert weights_by_epoch(turned(), {})[2]["a"] == 0.2
    assert any("drowns the others" in said for said in what_is_happening(run, turned()[:2]))
    assert not any("drowns the others" in said for said in what_is_happening(run, turned()))


def test_penalties_have_their_share_of_one_outputs_loss_and_of_severals():
    assert parts_of({"loss": 4.0}, {}, 3.0) == {"loss": 1.0, PENALTIES: 3.0}
    assert parts_of({"loss": 4.0, "a_loss": 2.0, "b_loss": 1.0}, {"a": 0.5}, 2.0) == {
        "a": 1.0,
        "b": 1.0,
        PENALTIES: 2.0,
    }
    assert parts_of({"loss": float("nan")}, {}) == {}
    parts = parts_of({"loss": 4.0}, {}, 3.0)
    assert describe_shares(parts, parts, {}) == "loss on the data: 25 %. penalties on the weights: 75 %."


def test_the_last_record_of_a_kind_can_be_asked_for_an_epoch(store, runs):
    run = runs["residual_digits"]
    assert store.last_record(run, "epoch").epoch == 2
    assert store.last_record(run, "epoch", 1).epoch == 1
    assert store.last_record(run, "surface") is None
