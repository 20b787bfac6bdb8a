"""Maps: what any call gives for one row, in nested models and at second calls too, against plain Keras."""

from __future__ import annotations

import base64
import json
from concurrent.futures import Future
from dataclasses import replace
from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf
from streamlit.testing.v1 import AppTest

from components.building import build_model
from components.experiment import experiment_to_json
from components.graph import Graph, Layer, Node, calls_within
from components.inside.feature_maps import drawn, feature_maps_json, maps_of, samples_json
from components.inside.layer_points import LayerError, OpenRun
from components.store import SharedRun, Store
from components.training.checkpoints import epoch_name, pack_state
from dashboard import backstage
from dashboard.panels.inside.maps import layers_with_maps
from dashboard.points.maps import MapsFilm, page_of
from presets import ARCHITECTURES


def opened(name: str) -> OpenRun:
    return OpenRun(ARCHITECTURES[name].experiment)


@pytest.fixture(scope="module")
def stereo() -> OpenRun:
    """Two pictures through one nested model of convolutions, and what is made of both."""
    return opened("dual_camera_small")


def test_a_convolution_in_a_nested_model_shows_its_maps_at_either_call(stereo):
    eye = stereo.model.get_layer("eye")
    for call, door in (("eye/edges", 0), ("eye/edges:1", 1)):
        picture = stereo.splits["validation"][0][door][2:3]
        plain = eye.get_layer("edges")(picture).numpy()
        answer = maps_of(stereo, call, 2, "validation")
        np.testing.assert_allclose(answer["maps"], plain[0].transpose(2, 0, 1), atol=1e-3)
        assert len(answer["filters"]) == eye.get_layer("edges").filters


def test_the_branches_before_a_concatenate_are_shown_as_strips(stereo):
    answer = maps_of(stereo, "joined", 2, "validation")
    pictures = [array[2:3] for array in stereo.splits["validation"][0]]
    branches = [stereo.model.get_layer("eye")(picture).numpy() for picture in pictures]
    assert [term["layer"] for term in answer["terms"]] == ["eye", "eye:1"]
    for term, branch in zip(answer["terms"], branches, strict=True):
        assert term["shape"] == [branch.shape[1]]
        assert term["size"] == pytest.approx(np.linalg.norm(branch), rel=1e-3)


def test_the_row_itself_is_shown(stereo):
    sample = maps_of(stereo, "joined", 2, "validation")["sample"]
    assert {values["kind"] for values in sample.values()} == {"image"}
    words = maps_of(opened("review_convnet"), "phrases", 0, "validation")["sample"]
    assert [values["kind"] for values in words.values()] == ["text"]


def test_a_convolution_over_a_sequence_is_a_strip_of_channels_by_steps():
    run = opened("review_convnet")
    answer = maps_of(run, "phrases", 1, "validation")
    row = run.splits["validation"][0][1:2]
    plain = keras.Model(run.model.inputs, run.model.get_layer("phrases").output)(row).numpy()[0].T
    (strip,) = answer["maps"]
    assert len(answer["shape"]) == 2
    assert np.shape(strip)[0] == min(len(plain), 64)
    np.testing.assert_allclose(strip, plain[:, :: -(-plain.shape[1] // 64)][:64], atol=1e-3)
    kernel = run.model.get_layer("phrases").kernel.numpy()
    np.testing.assert_allclose(answer["filters"][0], kernel[:, :, 0].T, atol=1e-3)


def test_every_merge_shows_what_it_joins():
    run = opened("siamese_symmetric")
    most = maps_of(run, "most", 0, "validation")
    left, right = (np.array(term["maps"]) for term in most["terms"])
    np.testing.assert_allclose(most["maps"], np.maximum(left, right), atol=2e-4)
    product = maps_of(run, "product", 0, "validation")
    assert [term["layer"] for term in product["terms"]] == ["encoder", "encoder:1"]


INNER = Graph(
    {
        "entry": Layer("InputLayer", {"shape": [8, 8, 1]}),
        "fine": Layer("Conv2D", {"filters": 1, "kernel_size": 3, "padding": "same"}),
        "sum": Layer("Add"),
    },
    (
        Node("entry", "entry"),
        Node("a", "fine", ("entry",)),
        Node("b", "fine", ("a",)),
        Node("s", "sum", ("b", "entry")),
    ),
    ("s",),
)
OUTER = Graph(
    {
        "image": Layer("InputLayer", {"shape": [8, 8, 1]}),
        "block": INNER,
        "flat": Layer("Flatten"),
        "digit": Layer("Dense", {"units": 10, "activation": "softmax"}),
    },
    (
        Node("image", "image"), Node("one", "block", ("image",)), Node("two", "block", ("one",)),
        Node("flat", "flat", ("two",)), Node("digit", "digit", ("flat",)),
    ),
    ("digit",),
)  # fmt: skip


def test_a_merge_inside_a_nested_model_that_is_called_twice_knows_its_terms_at_each_call():
    calls = calls_within(OUTER)
    assert calls["block/sum"].terms == ("block/fine:1", "image")
    assert calls["block/sum:1"].terms == ("block/fine:3", "block")
    run = OpenRun(replace(ARCHITECTURES["residual_digits"].experiment, graph=OUTER))
    for call in ("block/sum", "block/sum:1"):
        answer = maps_of(run, call, 0, "validation")
        first, second = (np.array(term["maps"]) for term in answer["terms"])
        np.testing.assert_allclose(first + second, answer["maps"], atol=3e-4)
    assert layers_with_maps(OUTER) == [
        "block/fine", "block/fine:1", "block/sum", "block/fine:2", "block/fine:3", "block/sum:1",
    ]  # fmt: skip


def test_what_is_neither_image_sequence_nor_vector_is_refused_by_name():
    with pytest.raises(LayerError, match="“film” gives something else"):
        drawn(np.zeros((1, 2, 3, 3, 1)), "film")


def test_rows_are_offered_by_their_pictures_or_their_words(tmp_path):
    store = Store(f"sqlite:///{tmp_path}/store.db")
    for name, pictured in (("residual_digits", True), ("review_convnet", False)):
        run = store.create_run("me", experiment_to_json(ARCHITECTURES[name].experiment))
        samples = samples_json(store.url, run, count=3)
        assert [sample["row"] for sample in samples] == [0, 1, 2]
        assert all(bool(sample["picture"]) == pictured for sample in samples)
        if pictured:
            png = base64.b64decode(samples[0]["picture"].partition(",")[2])
            assert tf.io.decode_png(png).numpy().max() > 100
        else:
            assert " " in samples[0]["label"]


# What the element is told


def told(shape, maps, **more) -> dict:
    sample = {"image": {"kind": "image", "shape": [2, 2, 1], "values": [[[0], [255]], [[255], [0]]]}}
    answer = {"epoch": 3, "row": 0, "rows": 9, "shape": shape, "maps": maps, "size": 1.0, "filters": [], "terms": []}
    return {**answer, "sample": sample, **more}


@pytest.mark.parametrize(
    ("shape", "maps", "said"),
    [
        ([2, 2, 1], [[[0.0, 1.0], [1.0, 0.0]]], "1 of 1 maps of 2×2"),
        ([3, 2], [[[0.0, 1.0, 2.0], [1.0, 0.0, 1.0]]], "3 steps from left to right, 2 channels down"),
        ([4], [[[0.0, 1.0, 2.0, 1.0]]], "4 numbers from left to right"),
    ],
)
def test_a_page_has_its_terms_its_maps_and_its_filters_each_on_its_own_scale(shape, maps, said):
    terms = [{"layer": name, "shape": shape, "maps": maps, "size": size} for name, size in (("left", 3.0), ("x", 1.0))]
    page = page_of(told(shape, maps, terms=terms, filters=[[[5.0, 5.0]]]), "sum")
    assert said in page["sentence"]
    titles = [block["title"] for block in page["blocks"]]
    assert titles[:3] == ["Term 1: left, 75 % of what comes in", "Term 2: x, 25 % of what comes in", "Together: sum"]
    assert titles[3].startswith("Its filters")
    drawn_maps, filters = page["blocks"][2], page["blocks"][3]
    assert (drawn_maps["count"], drawn_maps["height"], drawn_maps["width"]) == np.shape(maps)
    values = np.frombuffer(base64.b64decode(drawn_maps["values"]), np.uint8).reshape(np.shape(maps))
    np.testing.assert_allclose(values, np.array(maps) / np.max(maps) * 255, atol=0.5)
    assert base64.b64decode(filters["values"]) == bytes(2), "a constant picture is all 0"


def test_the_film_has_a_page_for_every_epoch_with_the_weights_of_that_epoch(tmp_path, monkeypatch):
    experiment = ARCHITECTURES["residual_digits"].experiment
    store = Store(f"sqlite:///{tmp_path}/store.db")
    run = store.create_run("me", experiment_to_json(experiment))
    models = [build_model(experiment.graph, seed=seed) for seed in (0, 1)]
    for epoch, model in enumerate(models):
        store.save_artefact(run, epoch_name(epoch), pack_state(model, epoch))
    store.update_run(run, state="finished", epoch=1)

    def call(function: str, *arguments):
        assert function == "components.inside.feature_maps.feature_maps_json"
        future: Future = Future()
        future.set_result(feature_maps_json(*arguments))
        return future

    monkeypatch.setattr(backstage, "store", lambda: store)
    monkeypatch.setattr(backstage, "engine", lambda: SimpleNamespace(state="ready"))
    monkeypatch.setattr(backstage, "call_later", call)
    function = "components.inside.feature_maps.feature_maps_json"
    film = MapsFilm(run, function, ("stem", 2), lambda answer: page_of(answer, "stem"))
    for _ in range(4):
        film.advance(SharedRun(store, run))
    assert sorted(film.pages) == [0, 1]
    assert film.sample["image"]["kind"] == "image"
    picture = opened("residual_digits").splits["validation"][0][2:3]
    for epoch, model in enumerate(models):
        plain = model.get_layer("stem")(picture).numpy()[0].transpose(2, 0, 1)[:32]
        low, high = plain.min(axis=(1, 2), keepdims=True), plain.max(axis=(1, 2), keepdims=True)
        block = film.pages[epoch]["blocks"][0]
        values = np.frombuffer(base64.b64decode(block["values"]), np.uint8).reshape(plain.shape)
        np.testing.assert_allclose(values, (plain - low) / np.where(high > low, high - low, 1) * 255, atol=4)


VIEW = """
import streamlit as st
from dashboard.panels.inside.maps import list_samples, show_maps
from dashboard.points.maps import MapsFilm, page_of
film = MapsFilm("a run", "", (), lambda answer: page_of(answer, "layer"))
list_samples([{"row": 0, "label": "some words", "picture": None}])
show_maps(film, "maps/key", film.take(st.session_state["told"]))
"""


def test_the_view_shows_the_row_above_the_maps():
    app = AppTest.from_string(VIEW, default_timeout=60)
    app.session_state["work"] = SimpleNamespace(scrubbed=None)
    sample = {"text": {"kind": "text", "shape": [1], "values": "some words"}}
    app.session_state["told"] = told([4], [[[0.0, 1.0, 2.0, 1.0]]], sample=sample)
    app.run()
    assert not app.exception
    assert [caption.value for caption in app.caption] == ["text: some words"]
    assert app.dataframe[0].value.shape == (1, 2)
    (element,) = app.get("bidi_component")
    told_to_it = json.loads(element.proto.mixed.json or element.proto.json)
    assert "4 numbers from left to right" in told_to_it["pages"][0]["sentence"]
