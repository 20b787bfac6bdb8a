"""Bringing: code, files and Keras's own networks become experiments; what cannot is refused by name and nothing is run."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace

import keras
import numpy as np
import pytest
from keras.src.applications.convnext import LayerScale
from keras.src.applications.inception_resnet_v2 import CustomScaleLayer

from components.applications import application_json, application_names_json
from components.bringing import bring_code, bring_file
from components.building import build_model, sketch_model
from components.codegen import generate_code
from components.codereading import read_code
from components.experiment import ExperimentError, write_experiment
from components.graph import graph_from_json
from components.keras_config import KerasConfigError, read_config
from components.weaving import Loom
from presets import ARCHITECTURES

LIKE = ARCHITECTURES["spirals"].experiment
CODE = """
import keras
from keras import layers
a = keras.Input((4,), name="left"); b = keras.Input((4,), name="right")
shared = layers.Dense(8, activation="relu")
x = layers.concatenate([shared(a), shared(b)])
model = keras.Model([a, b], layers.Dense(1, activation="sigmoid", name="same")(x), name="twins")
"""


def test_pasted_code_becomes_an_experiment_with_a_usual_loss():
    brought = bring_code(CODE, LIKE)
    assert brought.experiment.name == "twins"
    assert brought.experiment.training.losses == {"same": "binary_crossentropy"}
    assert build_model(brought.experiment.graph).count_params() == 4 * 8 + 8 + 16 + 1


def test_code_that_touches_the_machine_is_not_run(tmp_path):
    witness = tmp_path / "witness"
    brought = bring_code(f"import os\nos.system('touch {witness}')\n{CODE}", LIKE)
    assert not witness.exists()
    assert any("os.system" in sentence for _, sentence in brought.notes)
    assert brought.experiment is not None


def test_code_without_a_model_says_so_by_line():
    brought = bring_code("x = 1\n", LIKE)
    assert brought.experiment is None
    assert "No Keras model" in brought.notes[0][1]


@pytest.fixture(scope="module")
def model() -> keras.Model:
    """A small model with two inputs."""
    return build_model(ARCHITECTURES["siamese_lstm"].experiment.graph)


def test_a_keras_file_gives_its_graph(model, tmp_path):
    model.save(tmp_path / "mine.keras")
    brought = bring_file("mine.keras", (tmp_path / "mine.keras").read_bytes(), LIKE)
    assert build_model(brought.experiment.graph).count_params() == model.count_params()
    assert brought.experiment.name == "mine"


def test_what_to_json_wrote_gives_its_graph(model):
    brought = bring_file("mine.json", model.to_json().encode(), LIKE)
    assert build_model(brought.experiment.graph).count_params() == model.count_params()


def test_an_experiments_own_file_comes_back_as_it_was():
    experiment = ARCHITECTURES["social_posts"].experiment
    text = write_experiment(experiment)
    assert bring_file("any.json", text if isinstance(text, bytes) else text.encode(), LIKE).experiment == experiment


def test_an_experiment_with_objects_in_its_first_lines_is_known_by_its_key():
    loom = Loom()
    price = {"class_name": "L2", "config": {"l2": 0.002}}
    graph = loom.graph(loom("Dense", loom.input("x", [3]), name="y", units=2, kernel_regularizer=price))
    mine = replace(LIKE, graph=graph, layout={})
    assert bring_file("any.json", write_experiment(mine).encode(), LIKE).experiment == mine


def test_a_notebook_too_large_says_its_size():
    with pytest.raises(KerasConfigError, match="21 MB"):
        bring_file("note.ipynb", b" " * 21_000_000, LIKE)


def test_a_notebook_with_large_pictures_is_read():
    cells = [{"cell_type": "code", "source": CODE, "outputs": [{"data": "A" * 2_000_000}]}]
    assert bring_file("note.ipynb", json.dumps({"cells": cells}).encode(), LIKE).experiment is not None


def test_a_notebook_is_read_cell_by_cell():
    cells = [
        {"cell_type": "markdown", "source": ["# hello"]},
        {"cell_type": "code", "source": ["%pip install keras\n", CODE]},
    ]
    assert bring_file("note.ipynb", json.dumps({"cells": cells}).encode(), LIKE).experiment.name == "twins"


def zip_of(**files: bytes) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("_json", ".json"), content)
    return held.getvalue()


LAMBDA = {
    "class_name": "Sequential",
    "config": {"name": "s", "layers": [{"class_name": "Lambda", "module": "keras.layers", "config": {"name": "evil"}}]},
}

REFUSED = [
    ("model.h5", b"\x89HDF\r\n\x1a\n rest", ".h5 file can run code"),
    ("model.keras", b"not a zip", ".keras"),
    ("model.keras", zip_of(config_json=json.dumps(LAMBDA).encode()), "Lambda"),
    ("model.keras", zip_of(config_json=b"0" * 60_000_000), "MB"),
    ("model.json", b"{", "JSON"),
    ("model.json", b"[1, 2]", "object|model|experiment"),
    ("model.py", b"\xff\xfe\x00", "UTF-8"),
    ("model.ipynb", b"{}", "notebook"),
]


@pytest.mark.parametrize(("name", "content", "word"), REFUSED)
def test_what_cannot_be_opened_is_refused_with_a_sentence(name, content, word):
    with pytest.raises((KerasConfigError, ExperimentError), match=word):
        bring_file(name, content, LIKE)


COUNTED = {
    "ConvNeXtTiny": 28_589_128,
    "InceptionResNetV2": 55_873_736,
    "MobileNetV2": 3_538_984,
    "VGG16": 138_357_544,
    "Xception": 22_910_480,
}


@pytest.mark.parametrize("name", COUNTED)
def test_networks_that_keras_ships_keep_their_parameters(name):
    graph = graph_from_json(application_json(name))
    with keras.StatelessScope(initialize_variables=False):
        assert build_model(graph).count_params() == COUNTED[name]


def test_an_unknown_network_is_named_beside_the_known_ones():
    assert len(application_names_json()) >= 38
    with pytest.raises(ValueError, match="no network called “Nope”"):
        application_json("Nope")


@pytest.mark.soak
@pytest.mark.parametrize("name", application_names_json())
def test_every_network_comes_back_with_its_parameters(name):
    with keras.StatelessScope(initialize_variables=False):
        wanted = getattr(keras.applications, name)(weights=None).count_params()
    graph = graph_from_json(json.loads(json.dumps(application_json(name))))
    assert sketch_model(graph).count_params() == wanted
    reading = read_code(generate_code(replace(LIKE, graph=graph, layout={})))
    assert (reading.graph, reading.notes) == (graph, ())


def scaled_by_channel(x):
    """A block as ConvNeXt has it."""
    return keras.layers.Dense(2)(LayerScale(0.25, 3, name="scale")(keras.layers.Dense(3)(x)))


def shortcut_with_a_share(x):
    """Blocks as InceptionResNetV2 has them, one scaling layer called twice."""
    share = CustomScaleLayer(0.17, name="share")
    x = share([x, keras.layers.Dense(4)(x)])
    return share([x, keras.layers.Dense(4)(x)])


@pytest.mark.parametrize("block", [scaled_by_channel, shortcut_with_a_share])
def test_layers_that_only_the_applications_have_become_standard_ones_that_say_the_same(block):
    door = keras.Input((5, 6, 4))
    theirs = keras.Model(door, block(door))
    ours = build_model(read_config(keras.saving.serialize_keras_object(theirs)))
    assert [weight.shape for weight in ours.weights] == [weight.shape for weight in theirs.weights]
    for one, other in zip(ours.weights, theirs.weights, strict=True):
        if other.path.startswith("scale"):
            np.testing.assert_array_equal(one, other)  # it begins with the same factor
    random = np.random.default_rng(0)
    weights = [random.normal(size=weight.shape) for weight in theirs.weights]
    theirs.set_weights(weights)
    ours.set_weights(weights)
    x = random.normal(size=(2, 5, 6, 4)).astype("float32")
    np.testing.assert_array_equal(ours(x), theirs(x))


def test_a_layer_of_the_same_name_from_elsewhere_is_another():
    door = keras.Input((5, 4))
    config = keras.saving.serialize_keras_object(keras.Model(door, LayerScale(0.25, 4, name="scale")(door)))
    config["config"]["layers"][1]["module"] = "evil"
    with pytest.raises(KerasConfigError, match="LayerScale"):
        read_config(config)


@pytest.mark.parametrize("name", ["spirals", "siamese_lstm", "residual_digits"])
def test_the_code_that_is_shown_is_read_back_as_the_same_network(name):
    experiment = ARCHITECTURES[name].experiment
    brought = bring_code(generate_code(experiment), experiment)
    assert build_model(brought.experiment.graph).count_params() == ARCHITECTURES[name].parameters
    assert brought.experiment.training.losses == experiment.training.losses
