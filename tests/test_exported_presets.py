"""What a person takes home of a preset: its file trains on its own data and tells how it does on the test data."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace

import keras
import pytest

from components.building import sketch_model
from components.codegen import generate_code
from components.datasets import DATASETS
from components.experiment import Experiment
from presets import ARCHITECTURES
from tests.test_codegen import comparable
from tests.test_codegen import run as built_by

LARGE = [name for name, preset in ARCHITECTURES.items() if preset.parameters >= 1_000_000]
FIRST = list(ARCHITECTURES)[:6]
"""The presets of the main job, whose files run in a process of their own each."""

ROWS = 32
"""Of the data that may be asked for by number; what is read as a whole is taken in large batches."""


def shortened(experiment: Experiment) -> Experiment:
    """One epoch on a few rows."""
    data, training = experiment.data, replace(experiment.training, epochs=1)
    if "rows" not in {**DATASETS[data.dataset].config, **data.config}:
        return replace(experiment, training=replace(training, batch_size=512))
    data = replace(data, config={**data.config, "rows": ROWS})
    return replace(experiment, data=data, training=replace(training, batch_size=ROWS))


@pytest.mark.parametrize("name", FIRST)
def test_its_file_runs_in_a_fresh_process(name, tmp_path):
    (tmp_path / "taken_home.py").write_text(generate_code(shortened(ARCHITECTURES[name].experiment)), encoding="utf-8")
    command = [sys.executable, "-I", "taken_home.py"]  # away from this project, which the file needs no more
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr[-2000:]
    assert f"Total params: {ARCHITECTURES[name].parameters:,}" in done.stdout
    assert float(re.search(r"test loss: (\d+\.\d+)", done.stdout)[1]) > 0


@pytest.mark.parametrize("name", [name for name in ARCHITECTURES if name not in {*LARGE, *FIRST}])
def test_its_file_trains_and_tells_its_test_loss(name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)  # where a callback of the preset may leave its file
    source = generate_code(shortened(ARCHITECTURES[name].experiment))
    exec(compile(source, "exported.py", "exec"), {"__name__": "__main__"})
    keras.backend.clear_session()
    said = capsys.readouterr().out
    assert f"Total params: {ARCHITECTURES[name].parameters:,}" in said
    assert float(re.search(r"test loss: (\d+\.\d+)", said)[1]) > 0


@pytest.mark.parametrize("name", LARGE)
def test_the_file_of_a_large_one_builds_the_same_network(name):
    """Without weights, which would take a gigabyte."""
    experiment = ARCHITECTURES[name].experiment
    drawn = sketch_model(experiment.graph)
    with keras.StatelessScope(initialize_variables=False):
        exported = built_by(generate_code(experiment))
    assert exported.count_params() == ARCHITECTURES[name].parameters
    assert comparable(exported.get_config()) == comparable(drawn.get_config())
