"""Projections: right pictures, honest numbers, sentences instead of crashes, and the engine's doors on a real run."""

from __future__ import annotations

import json

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness as sklearn_trustworthiness

from components.building import build_model
from components.datasets import DATASETS, Dataset, register_dataset
from components.experiment import Data, Experiment, Training, experiment_to_json
from components.graph import Graph
from components.inside.layer_points import MOST_FEATURES, fewer_features, inputs_of
from components.inside.projections import (
    Projection,
    nearest_neighbours,
    neighbourhood_json,
    neighbours_json,
    project,
    project_layer_json,
    project_pca,
    project_tsne,
    sample_json,
    trustworthiness,
)
from components.store import Store
from components.training.checkpoints import epoch_name, pack_state
from components.weaving import Loom

MINE = "m" * 40
"""The workspace of the runs."""

QUICK = 60
"""Iterations that are enough to see that it works."""


def clusters(count: int = 200, features: int = 16, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Points around four centres, and the centre of each."""
    rng = np.random.default_rng(seed)
    group = rng.integers(0, 4, count)
    return rng.normal(size=(4, features))[group] * 6 + rng.normal(size=(count, features)), group


# PCA


def test_pca_is_scikit_learns_with_the_variance_that_each_axis_explains():
    points, _ = clusters()
    found = project_pca(points, 3)
    reference = PCA(3, random_state=0)
    assert np.allclose(np.abs(found.points), np.abs(reference.fit_transform(points)))
    assert np.allclose(found.variance, reference.explained_variance_ratio_)


def test_pca_mirrors_its_axes_rather_than_let_points_jump():
    points, _ = clusters()
    first = project_pca(points)
    turned = Projection(first.points * [-1, 1], first.rows)
    assert np.allclose(project_pca(points, start=turned).points, turned.points)


def test_pca_of_fewer_features_than_axes_lies_flat():
    found = project_pca(np.arange(5.0)[:, None], 3)
    assert found.points.shape == (5, 3)
    assert found.variance == (1.0, 0.0, 0.0)


# t-SNE


@pytest.mark.parametrize("dimensions", [2, 3])
def test_tsne_keeps_clusters_together_and_shows_its_frames(dimensions):
    points, group = clusters()
    frames = []
    found = project_tsne(points, dimensions, on_frame=lambda iteration, placed: frames.append((iteration, placed)))
    assert found.points.shape == (len(points), dimensions)
    assert trustworthiness(points, found.points) > 0.9
    assert [iteration for iteration, _ in frames][:3] == [0, 10, 20]
    assert len(frames) == 25
    assert all(placed.shape == found.points.shape for _, placed in frames)
    nearest = [nearest_neighbours(found.points, row, 1, "euclidean")[0][0] for row in range(50)]
    assert np.mean(group[nearest] == group[:50]) > 0.95


def test_the_same_seed_gives_the_same_picture():
    points, _ = clusters(80)
    assert np.array_equal(
        project_tsne(points, iterations=QUICK, seed=3).points, project_tsne(points, iterations=QUICK, seed=3).points
    )


def test_a_warm_start_moves_points_less_than_a_fresh_one():
    points, _ = clusters()
    first = project_tsne(points)
    later = points * np.random.default_rng(1).uniform(0.1, 2, points.shape[1])
    warm, fresh = (
        np.linalg.norm(project_tsne(later, start=start).points - first.points, axis=1).mean() / first.points.std()
        for start in (first, None)
    )
    assert warm < 0.3
    assert warm < fresh / 3


# What cannot be projected


@pytest.mark.parametrize("method", ["pca", "tsne"])
@pytest.mark.parametrize("dimensions", [2, 3])
def test_one_point_stands_in_the_middle(method, dimensions):
    found = project(np.ones((1, 8)), method, dimensions)
    assert found.points.tolist() == [[0.0] * dimensions]
    assert found.notes == ("A projection compares points, and there is only one; it stands in the middle.",)


@pytest.mark.parametrize("method", ["pca", "tsne"])
def test_constant_points_say_so(method):
    found = project(np.full((50, 8), 0.1), method)
    assert not found.points.any()
    assert "All 50 points are the same" in found.notes[0]


@pytest.mark.parametrize("method", ["pca", "tsne"])
def test_rows_that_are_not_finite_are_left_out_with_a_sentence(method):
    points, _ = clusters(40)
    points[3, 2], points[7] = np.nan, np.inf
    options = {"iterations": QUICK} if method == "tsne" else {}
    found = project(points, method, **options)
    assert found.rows.tolist() == [row for row in range(40) if row not in (3, 7)]
    assert found.notes[0].startswith("2 of 40 points have numbers that are not finite")
    assert np.isfinite(found.points).all()


@pytest.mark.parametrize("method", ["pca", "tsne"])
def test_nothing_finite_at_all_is_an_empty_picture_with_a_sentence(method):
    found = project(np.full((6, 3), np.nan), method)
    assert found.points.shape == (0, 2)
    assert found.notes[0].startswith("Every point has numbers that are not finite")


@pytest.mark.parametrize("shape", [(0, 4), (0, 0), (3, 0)])
def test_no_points_or_no_features(shape):
    assert project(np.zeros(shape), "tsne").points.shape == (shape[0], 2)


def test_a_perplexity_that_is_too_large_is_lowered_and_told():
    points, _ = clusters(10)
    found = project_tsne(points, perplexity=30, iterations=QUICK)
    assert found.notes == (
        "Perplexity is at most a third of the other points, and 30 is too much for 10; 3 was taken.",
    )
    assert project_tsne(points, perplexity=2, iterations=QUICK).notes == ()
    assert "Perplexity is at least 1" in project_tsne(points, perplexity=0, iterations=QUICK).notes[0]


def test_duplicates_stay_together_without_a_crash():
    points, _ = clusters(60)
    points[30:] = points[:30]
    found = project_tsne(points, iterations=QUICK)
    apart = np.linalg.norm(found.points[30:] - found.points[:30], axis=1).mean()
    assert apart < found.points.std()


def test_a_handful_of_points_is_a_pca():
    found = project_tsne(np.eye(4))
    assert found.notes == ("t-SNE needs at least 5 points, and there are 4; this is their PCA.",)
    assert len(found.variance) == 2


def test_another_method_or_number_of_dimensions_is_refused():
    with pytest.raises(ValueError, match="one of pca, tsne, and this is “umap”"):
        project(np.eye(4), "umap")
    with pytest.raises(ValueError, match="2 or 3 dimensions, and 4 were"):
        project(np.eye(4), "pca", 4)


@settings(max_examples=30, deadline=None)
@given(
    st.integers(0, 12), st.integers(1, 6), st.sampled_from([2, 3]), st.sampled_from(["pca", "tsne"]), st.integers(0, 99)
)
def test_any_small_array_gives_finite_points(count, features, dimensions, method, seed):
    rng = np.random.default_rng(seed)
    points = rng.choice([0.0, 1.0, -1e30, 1e-30, np.nan], (count, features), p=[0.4, 0.4, 0.05, 0.05, 0.1])
    found = project(points, method, dimensions, **({"iterations": 20} if method == "tsne" else {}))
    assert found.points.shape == (len(found.rows), dimensions)
    assert np.isfinite(found.points).all()
    kept = points[found.rows]
    score = trustworthiness(kept, found.points)
    assert score is None or -1e-9 <= score <= 1 + 1e-9


# Trust and neighbours


def test_trustworthiness_is_scikit_learns():
    points, _ = clusters()
    placed = points[:, :2] + np.random.default_rng(2).normal(size=(len(points), 2))
    assert trustworthiness(points, placed) == pytest.approx(sklearn_trustworthiness(points, placed))
    assert trustworthiness(points, points) == 1.0
    assert trustworthiness(points[:2], placed[:2]) is None


def test_trustworthiness_of_many_points_is_judged_at_some(monkeypatch):
    points, _ = clusters(1_000)
    placed = points[:, :2]
    monkeypatch.setattr("components.inside.neighbourhoods.JUDGED_POINTS", 300)
    assert trustworthiness(points, placed) == pytest.approx(sklearn_trustworthiness(points, placed), abs=0.02)


def test_nearest_neighbours_by_angle_and_by_distance():
    points = np.array([[1.0, 0.0], [10.0, 1.0], [1.0, 1.0], [0.0, 0.0], [np.nan, 0.0]])
    rows, distances = nearest_neighbours(points, 0)
    assert rows.tolist() == [1, 2, 3]
    assert distances[2] == 1.0
    assert nearest_neighbours(points, 0, 2, "euclidean")[0].tolist() == [2, 3]
    with pytest.raises(ValueError, match="from 0 to 4, and this is 5"):
        nearest_neighbours(points, 5)


# The engine's doors

WORDS = ("", "red", "blue", "apple", "sky")


def make_phrases(seed=0):
    """Phrases of three words and eight pixels; which of two sorts each is, and a number."""
    rng = np.random.default_rng(seed)
    sort = rng.integers(0, 2, 60).astype("int32")
    text = np.stack([sort + 1, sort + 3, np.zeros(60, int)], axis=1).astype("int32")
    picture = rng.random((60, 4, 4, 1)).astype("float32")
    part = {"text": text, "picture": picture}, {"sort": sort, "size": sort * 2.0}
    return {"train": part, "validation": part, "test": part}


@pytest.fixture(scope="module", autouse=True)
def phrases():
    """The dataset, known by name for as long as these tests run."""
    name = "phrases_of_a_test"
    words = {"text": WORDS}
    register_dataset(Dataset(name, "Phrases", "", make_phrases, {}, {"sort": ("fruit", "sky")}, lambda: words))
    yield name
    del DATASETS[name]


def phrase_graph() -> Graph:
    """Two inputs, an Embedding called once, a Dense called twice, a nested model, and two outputs."""
    inner = Loom()
    inner_graph = inner.graph(inner("Dense", inner.input("inside", [3]), units=5, name="deep"))
    loom = Loom()
    text, picture = loom.input("text", [3], "int32"), loom.input("picture", [4, 4, 1])
    embedded = loom("Embedding", text, input_dim=5, output_dim=4, name="embed")
    read = loom("LSTM", embedded, units=3, name="read")
    seen = loom(
        "Dense", loom("Flatten", loom("Conv2D", picture, filters=2, kernel_size=3, name="look")), units=3, name="see"
    )
    shared = loom("Dense", read, units=3, name="both", activation="tanh")
    again = loom.again(shared, seen)
    joined = loom("Concatenate", loom.model("nested", inner_graph, shared), again)
    return loom.graph(
        loom("Dense", joined, units=2, activation="softmax", name="sort"), loom("Dense", joined, units=1, name="size")
    )


@pytest.fixture(scope="module")
def run(phrases, tmp_path_factory):
    """A run whose weights after epochs 0 and 3 are kept: the store's address, its id and the model of epoch 3."""
    graph = phrase_graph()
    losses = {"sort": "sparse_categorical_crossentropy", "size": "mse"}
    experiment = Experiment("Phrases", graph, Data(phrases), Training(losses=losses), seed=4)
    url = f"sqlite:///{tmp_path_factory.mktemp('store')}/store.sqlite"
    store = Store(url)
    run_id = store.create_run(MINE, experiment_to_json(experiment))
    model = build_model(graph, seed=4)
    store.save_artefact(run_id, epoch_name(0), pack_state(model, 0))
    for weight in model.weights:
        weight.assign(weight + 0.1)
    store.save_artefact(run_id, epoch_name(3), pack_state(model, 3))
    store.update_run(run_id, epoch=3)
    return url, run_id, model


def inputs() -> dict[str, np.ndarray]:
    return make_phrases(4)["validation"][0]


def test_outputs_of_a_layer_are_those_of_a_sub_model(run):
    url, run_id, model = run
    found = project_layer_json(url, run_id, "read", "outputs", "pca", 3)
    outputs = keras.Model(model.inputs, model.get_layer("read").output).predict(inputs(), verbose=0)
    reference = project_pca(outputs, 3)
    assert np.allclose(np.abs(found["points"]), np.abs(reference.points), atol=1e-4)
    assert np.allclose(found["variance"], reference.variance, atol=1e-3)
    assert found["epoch"] == 3


@pytest.mark.parametrize(("layer", "node"), [("both", 0), ("both:1", 1)])
def test_each_call_of_a_shared_layer_has_its_own_outputs(run, layer, node):
    url, run_id, model = run
    found = project_layer_json(url, run_id, layer)
    tensor = model.get_layer("both")._inbound_nodes[node].output_tensors[0]
    reference = project_pca(keras.Model(model.inputs, tensor).predict(inputs(), verbose=0))
    assert np.allclose(np.abs(found["points"]), np.abs(reference.points), atol=1e-4)


@pytest.mark.parametrize("layer", ["nested", "nested/deep", "look", "embed", "picture", "text"])
def test_nested_layers_maps_and_inputs_are_drawn_too(run, layer):
    found = project_layer_json(*run[:2], layer)
    assert np.shape(found["points"]) == (60, 2)
    json.dumps(found)


def test_points_bear_words_classes_predictions_and_mistakes(run):
    url, run_id, model = run
    found = project_layer_json(url, run_id, "read")
    sort = make_phrases(4)["validation"][1]["sort"]
    said = model.predict(inputs(), verbose=0)[0].argmax(axis=1)
    assert found["labels"][0] == ["red apple", "blue sky"][sort[0]]
    assert (found["output"], found["class_names"]) == ("sort", ["fruit", "sky"])
    assert found["classes"] == [["fruit", "sky"][s] for s in sort]
    assert found["predictions"] == [["fruit", "sky"][s] for s in said]
    assert found["mistakes"] == (sort != said).tolist()
    numbers = project_layer_json(url, run_id, "read", options={"output": "size"})
    assert numbers["classes"] == (sort * 2.0).tolist()
    assert numbers["mistakes"] == []


def test_weights_of_an_embedding_bear_its_words(run):
    url, run_id, model = run
    found = project_layer_json(url, run_id, "embed", "weights")
    assert found["labels"] == ["0", "red", "blue", "apple", "sky"]
    assert found["classes"] == []
    reference = project_pca(np.asarray(model.get_layer("embed").weights[0]))
    assert np.allclose(np.abs(found["points"]), np.abs(reference.points), atol=1e-4)
    units = project_layer_json(url, run_id, "both", "weights")
    assert units["labels"] == ["unit 0", "unit 1", "unit 2"]


def test_an_earlier_epoch_has_earlier_weights(run):
    url, run_id, _ = run
    first, last = (project_layer_json(url, run_id, "embed", "weights", epoch=epoch) for epoch in (2, None))
    assert (first["epoch"], last["epoch"]) == (0, 3)


def test_tsne_starts_from_an_earlier_answer_and_leaves_frames(run):
    url, run_id, _ = run
    first = project_layer_json(
        url, run_id, "both", method="tsne", epoch=0, options={"iterations": 100, "perplexity": 5}
    )
    later = project_layer_json(
        url, run_id, "both", method="tsne", options={"previous": first, "perplexity": 5, "frames": "a key"}
    )
    moved = np.linalg.norm(np.array(later["points"]) - first["points"], axis=1).mean()
    assert moved < np.std(first["points"])
    frame = Store(url).recall("a key")
    assert frame["done"]
    assert frame["points"] == later["points"]
    assert frame["rows"] == later["rows"]


def test_fewer_points_are_evenly_spread_and_an_earlier_answer_still_fits(run):
    url, run_id, _ = run
    found = project_layer_json(url, run_id, "both", options={"most": 7})
    assert found["rows"] == [0, 9, 19, 29, 39, 49, 59]
    assert len(project_layer_json(url, run_id, "both", options={"previous": found})["points"]) == 60


def test_neighbours_are_found_in_the_layers_own_space(run):
    url, run_id, _ = run
    found = neighbours_json(url, run_id, "embed", "weights", 1, 2)
    assert len(found) == 2
    assert {"row", "label", "distance"} == set(found[0])
    assert found[0]["distance"] <= found[1]["distance"]
    with pytest.raises(ValueError, match="Row 99 is not among the 5 points"):
        neighbours_json(url, run_id, "embed", "weights", 99)


def test_a_neighbourhood_has_what_the_data_holds_for_outputs_and_nothing_for_weights(run):
    url, run_id, _ = run
    found = neighbourhood_json(url, run_id, "both", "outputs", 3, 2)
    assert [each["row"] for each in found["neighbours"]] == [
        each["row"] for each in neighbours_json(url, run_id, "both", "outputs", 3, 2)
    ]
    assert found["samples"][0] == sample_json(url, run_id, 3)
    assert found["samples"][2] == sample_json(url, run_id, found["neighbours"][1]["row"])
    assert neighbourhood_json(url, run_id, "embed", "weights", 1, 2)["samples"] == []


def test_a_sample_is_shown_as_what_it_is(run):
    found = sample_json(*run[:2], 0)
    assert found["text"]["kind"] == "text"
    assert found["text"]["values"] in ("red apple", "blue sky")
    assert found["picture"]["kind"] == "image"
    assert found["picture"]["shape"] == [4, 4, 1]
    with pytest.raises(ValueError, match="There is no row 60 in the validation data"):
        sample_json(*run[:2], 60)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"layer": "nowhere"}, "no layer “nowhere”; it has "),
        ({"layer": "nowhere", "what": "weights"}, "no layer “nowhere”; it has"),
        ({"layer": "flatten", "what": "weights"}, "“flatten” has none; choose its outputs"),
        ({"layer": "read", "what": "dreams"}, "this is “dreams”"),
        ({"layer": "read", "options": {"split": "moon"}}, "this is “moon”"),
        ({"layer": "read", "options": {"output": "moon"}}, "The model's outputs are sort, size"),
        ({"layer": "read", "method": "umap"}, "one of pca, tsne"),
    ],
)
def test_what_a_run_does_not_have_is_a_sentence(run, arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        project_layer_json(*run[:2], **arguments)


def test_a_run_without_weights_says_so(run):
    url, run_id, _ = run
    store = Store(url)
    fresh = store.create_run(MINE, store.run(run_id).experiment)
    with pytest.raises(ValueError, match="has kept no weights yet"):
        project_layer_json(url, fresh, "read")


def test_weights_that_have_diverged_are_a_sentence(run):
    url, run_id, _ = run
    store = Store(url)
    lost = store.create_run(MINE, store.run(run_id).experiment)
    model = build_model(phrase_graph())
    for weight in model.weights:
        weight.assign(np.full(weight.shape, np.nan))
    store.save_artefact(lost, epoch_name(0), pack_state(model, 0))
    found = project_layer_json(url, lost, "read", method="tsne")
    assert found["points"] == []
    assert "not finite" in found["note"]


def test_large_maps_are_averaged_place_by_place():
    maps = np.arange(2 * 64 * 64 * 4, dtype="float32").reshape(2, 64, 64, 4)
    flat, notes = fewer_features(maps)
    assert flat.shape == (2, 32 * 32 * 4)
    assert flat[0, 0] == maps[0, :2, :2, 0].mean()
    assert len(notes) == 1
    assert fewer_features(np.zeros((2, 10_000)))[0].shape[1] <= MOST_FEATURES
    assert fewer_features(np.zeros((2, 3, 3)))[1] == ()


def test_the_inputs_behind_a_layer_are_found_through_nested_models():
    inner = Loom()
    a, b = inner.input("a", [3], "int32"), inner.input("b", [3], "int32")
    inner_graph = inner.graph(inner("Embedding", a, input_dim=5, output_dim=2, name="words"), inner("Identity", b))
    loom = Loom()
    first, second = loom.input("first", [3], "int32"), loom.input("second", [3], "int32")
    graph = loom.graph(loom.model("pair", inner_graph, first, second))
    assert inputs_of(graph, ["pair", "words"]) == ["first"]
    assert inputs_of(graph, ["pair"]) == ["first", "second"]
