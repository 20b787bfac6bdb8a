"""Saving: every form of a trained model, opened by its own reader, says what the model says."""

from __future__ import annotations

import base64
import io

import keras
import numpy as np
import onnx
import onnx.reference
import pytest
import tensorflow as tf

from components.building import build_model
from components.experiment import experiment_to_json
from components.exports.proving import made_up_inputs
from components.exports.proving_child import answer
from components.exports.saving import FORMS, SavingError, save_model, save_run_json
from components.store import Store
from presets import ARCHITECTURES
from tests.test_proving import store, trained_run  # noqa: F401

NAMES = ("inception_digits", "question_answering")
"""Branches and convolutions; two inputs and recurrent layers."""

ROWS = 3


def made(name: str) -> tuple[keras.Model, list[np.ndarray], np.ndarray]:
    """A preset's model that was never called, rows for it, and what its twin says of them."""
    graph = ARCHITECTURES[name].experiment.graph
    rows = [array[:ROWS] for array in made_up_inputs(graph)]
    return build_model(graph, seed=5), rows, answer(build_model(graph, seed=5), rows)[0]


@pytest.mark.parametrize("name", NAMES)
def test_a_tensorflow_lite_file_says_the_same_row_by_row(name, tmp_path):
    model, rows, ours = made(name)
    reader = tf.lite.Interpreter(model_content=save_model(model, "tflite", tmp_path))
    doors = {door["name"].removeprefix("serving_default_").split(":")[0]: door for door in reader.get_input_details()}
    said = []
    for place in range(ROWS):
        shaped = {
            t.name: a[place : place + 1].astype(doors[t.name]["dtype"]) for t, a in zip(model.inputs, rows, strict=True)
        }
        for door, row in shaped.items():
            reader.resize_tensor_input(doors[door]["index"], row.shape)
        reader.allocate_tensors()
        for door, row in shaped.items():
            reader.set_tensor(doors[door]["index"], row)
        reader.invoke()
        said.append(reader.get_tensor(reader.get_output_details()[0]["index"])[0])
    np.testing.assert_allclose(said, ours, atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_an_onnx_file_says_the_same(name, tmp_path):
    model, rows, ours = made(name)
    read = onnx.load_from_string(save_model(model, "onnx", tmp_path))
    onnx.checker.check_model(read)
    fed = {door.name: array for door, array in zip(read.graph.input, rows, strict=True)}
    np.testing.assert_allclose(onnx.reference.ReferenceEvaluator(read).run(None, fed)[0], ours, atol=1e-5)


def test_a_runs_keras_file_opens_in_safe_mode_with_its_trained_weights(store: Store, tmp_path):  # noqa: F811
    run = trained_run(store, "siamese_lstm")
    saved = save_run_json(store.url, run, "keras")
    assert saved["epoch"] == 3
    (tmp_path / "model.keras").write_bytes(base64.b64decode(saved["file"]))
    loaded = keras.models.load_model(tmp_path / "model.keras", safe_mode=True)
    graph = ARCHITECTURES["siamese_lstm"].experiment.graph
    fresh = build_model(graph, seed=ARCHITECTURES["siamese_lstm"].experiment.seed)
    with np.load(io.BytesIO(store.artefact(run, "weights/epoch-0003.npz"))) as arrays:
        held = [arrays[name] for name in sorted(arrays.files) if name.startswith("weight_")]
    for weight, wanted in zip(loaded.get_weights(), held, strict=True):
        np.testing.assert_array_equal(weight, wanted)
    assert not np.array_equal(loaded.get_weights()[0], fresh.get_weights()[0])


def test_a_run_that_has_kept_nothing_says_so(store: Store):  # noqa: F811
    run = store.create_run("somebody", experiment_to_json(ARCHITECTURES["spirals"].experiment))
    with pytest.raises(ValueError, match="kept no weights yet"):
        save_run_json(store.url, run, "keras")


def test_a_form_that_is_not_known_or_fails_is_a_sentence(store: Store, tmp_path, monkeypatch):  # noqa: F811
    with pytest.raises(SavingError, match="keras, tflite, onnx, and not as “h5”"):
        save_run_json(store.url, "any", "h5")

    def fail(model, folder):
        raise RuntimeError("no such operation\nat line 3")

    monkeypatch.setitem(FORMS, "onnx", fail)
    with pytest.raises(SavingError, match=r"cannot be saved as onnx \(no such operation\)"):
        save_model(None, "onnx", tmp_path)


@pytest.mark.soak
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", [name for name, preset in ARCHITECTURES.items() if preset.parameters < 1_000_000])
def test_every_small_preset_is_saved_in_every_form(name, form, tmp_path):
    assert len(save_model(build_model(ARCHITECTURES[name].experiment.graph, seed=0), form, tmp_path)) > 500
