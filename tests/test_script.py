"""The training script: as ruff would have it, the network that was drawn, and obedient to its command line."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest

from components.codegen import CodeError, generate_code
from components.codegen.script import generate_script
from components.codereading import read_code
from components.experiment import Data
from presets import ARCHITECTURES
from tests.test_codegen import HOSTILE_NAMES, hostile, ruff_complaints, words  # noqa: F401


def test_every_presets_script_is_as_ruff_would_have_it(tmp_path):
    sources = {name: generate_script(preset.experiment) for name, preset in ARCHITECTURES.items()}
    assert not ruff_complaints(tmp_path, sources)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a_script_builds_the_network_of_the_plain_file(name):
    experiment = ARCHITECTURES[name].experiment
    assert read_code(generate_script(experiment)).graph == read_code(generate_code(experiment)).graph


def test_hostile_names_do_no_harm(tmp_path, words):  # noqa: F811
    source = generate_script(hostile(HOSTILE_NAMES))
    assert not ruff_complaints(tmp_path, {"hostile": source})
    assert "import os" not in [line.strip() for line in source.splitlines()]


def run(folder, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The spirals' script with those arguments."""
    (folder / "train.py").write_text(generate_script(ARCHITECTURES["spirals"].experiment), encoding="utf-8")
    command = [sys.executable, "train.py", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=200)


def test_the_command_line_is_obeyed(tmp_path):
    done = run(tmp_path, "--epochs", "2", "--batch-size", "50", "--output", "mine.keras")
    assert done.returncode == 0, done.stderr[-2000:]
    assert "Epoch 2/2" in done.stdout
    assert "test loss:" in done.stdout
    assert "saved mine.keras" in done.stdout
    assert (tmp_path / "mine.keras").stat().st_size > 1_000


def test_a_file_that_keras_could_not_save_is_refused_before_training(tmp_path):
    done = run(tmp_path, "--output", "mine.h5")
    assert done.returncode == 2
    assert "ends in .keras" in done.stderr
    assert "Epoch" not in done.stdout


def test_without_data_there_is_no_script():
    with pytest.raises(CodeError, match="choose some under Train"):
        generate_script(replace(ARCHITECTURES["spirals"].experiment, data=Data("")))
