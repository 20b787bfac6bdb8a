"""Architectures: counts as Keras's own, data that fits, names, links, and losses that fall."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from components.building import inspect_experiment_json
from components.datasets import load_dataset
from components.experiment import experiment_to_json, read_experiment, write_experiment
from components.graph import check_graph, output_names
from components.layers import check_config
from components.links import experiment_from_link, experiment_to_link
from presets import ARCHITECTURES, DATASETS
from presets.preset import CONCEPTS

EVERY = pytest.mark.parametrize("name", ARCHITECTURES)
MAIN = ("spirals", "question_answering", "social_posts", "inception_digits", "residual_digits", "siamese_lstm")
NOTES = {
    "dense_digits": 3_466,
    "question_answering_full": 1_000_052,
    "inception_v3": 23_851_784,
    "xception": 22_910_480,
    "separable_classifier": 38_949,
    "siamese_features": 20_673,
}


@EVERY
def test_keras_builds_it_and_counts_as_stated(name):
    architecture = ARCHITECTURES[name]
    inspection = inspect_experiment_json(experiment_to_json(architecture.experiment))
    assert inspection["problems"] == []
    assert inspection["parameters"] == architecture.parameters == NOTES.get(name, architecture.parameters)


def test_the_preset_in_the_readme_is_one():
    """Copied into a file as it stands, Keras builds it and counts as it says."""
    readme = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
    file: dict = {}
    exec(re.search(r"```python\n(.*?)```", readme, re.DOTALL)[1], file)
    inspection = inspect_experiment_json(experiment_to_json(file["ARCHITECTURE"].experiment))
    assert inspection["problems"] == []
    assert inspection["parameters"] == file["ARCHITECTURE"].parameters


@EVERY
def test_names_concepts_and_settings_are_valid(name):
    architecture = ARCHITECTURES[name]
    assert architecture.name == name
    assert set(architecture.concepts) <= set(CONCEPTS)
    assert architecture.idea.endswith(".")
    check_graph(architecture.experiment.graph)
    for layer in architecture.experiment.graph.layers.values():
        assert not hasattr(layer, "kind") or check_config(layer.kind, layer.config) == []
    assert set(architecture.experiment.training.losses) == set(output_names(architecture.experiment.graph))


@EVERY
def test_files_and_links_bring_the_same_experiment_back(name):
    experiment = ARCHITECTURES[name].experiment
    link = experiment_to_link(experiment)
    assert len(link) < 8000
    for again in (experiment_from_link(link), read_experiment(write_experiment(experiment))):
        assert experiment_to_json(again) == experiment_to_json(experiment)
        assert again.fingerprint == experiment.fingerprint


@EVERY
def test_the_data_fits_the_inputs_and_the_outputs(name):
    experiment = ARCHITECTURES[name].experiment
    inputs, targets = arrays_for(experiment)["train"]
    for node in experiment.graph.inputs:
        config = experiment.graph.layers[node].config
        for size, known in zip(inputs[node].shape[1:], config["shape"], strict=True):
            assert known in (None, size)
        assert (inputs[node].dtype == np.int32) == (config.get("dtype") == "int32")
    assert set(output_names(experiment.graph)) <= set(targets)
    vocabulary = DATASETS[experiment.data.dataset].vocabulary
    for node in experiment.graph.nodes:
        layer = experiment.graph.layer_of(node)
        if vocabulary and getattr(layer, "kind", "") == "Embedding":
            assert layer.config["input_dim"] > inputs[node.inputs[0]].max()


def arrays_for(experiment):
    """The arrays of its dataset; of the pictures no more than are looked at."""
    config = dict(experiment.data.config)
    return load_dataset(
        experiment.data.dataset, {**config, "rows": min(config["rows"], 4)} if "side" in config else config, 0
    )


def test_importing_the_presets_needs_neither_keras_nor_sklearn():
    code = "import presets, sys; print({'keras', 'tensorflow', 'sklearn'} & set(sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "set()"


def test_the_six_of_the_main_job_come_first():
    assert tuple(ARCHITECTURES)[:6] == MAIN
