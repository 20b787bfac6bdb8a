"""The exported notebook: valid, explained, and the same program as the exported file."""

from __future__ import annotations

import ast
import subprocess
import sys
from dataclasses import replace

import nbformat
import pytest

from components.codegen import CodeError, generate_code
from components.codereading import read_code
from components.experiment import Data
from components.exports.notebooks import generate_notebook
from tests.test_codegen import experiment_of, words

__all__ = ["words"]

NAMES = ["chain", "question_answering", "social_posts", "siamese", "stereo", "states"]


def notebook_of(name: str) -> nbformat.NotebookNode:
    """The notebook of an experiment, checked against nbformat's schema."""
    notebook = nbformat.reads(generate_notebook(experiment_of(name)), as_version=4)
    nbformat.validate(notebook)
    return notebook


def source_of(notebook: nbformat.NotebookNode) -> str:
    """All code of a notebook, from top to bottom."""
    return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")


@pytest.mark.parametrize("name", NAMES)
def test_every_step_is_explained_and_parses(name):
    notebook = notebook_of(name)
    assert notebook.cells[0].cell_type == "markdown"
    for cell in notebook.cells:
        if cell.cell_type == "code":
            ast.parse(cell.source)
    assert len({cell.id for cell in notebook.cells}) == len(notebook.cells)
    explained = sum(cell.cell_type == "markdown" for cell in notebook.cells)
    assert explained >= 4
    assert explained >= len(notebook.cells) / 3


@pytest.mark.parametrize("name", NAMES)
def test_the_notebook_builds_what_the_file_builds(name):
    experiment = experiment_of(name)
    file, notebook = read_code(generate_code(experiment)), read_code(source_of(notebook_of(name)))
    assert notebook.graph == file.graph
    assert notebook.training == file.training


def test_shared_and_nested_parts_are_pointed_out():
    text = "\n".join(cell.source for cell in notebook_of("stereo").cells)
    assert "sharing weights between calls: `eye`" in text
    assert "Models used as layers: `eye`, `up`, `down`" in text


def test_the_same_experiment_gives_the_same_notebook():
    assert generate_notebook(experiment_of("stereo")) == generate_notebook(experiment_of("stereo"))


def test_a_notebook_of_a_persons_own_data_says_where_the_file_must_lie():
    experiment = replace(experiment_of("chain"), data=Data("images", {"file": f"{'a' * 64}/my album.zip", "side": 16}))
    notebook = nbformat.reads(generate_notebook(experiment), as_version=4)
    said = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    assert any("`my album.zip`: put that file into the folder of this notebook" in text for text in said)
    assert 'file="my album.zip"' in source_of(notebook)


def test_an_unknown_dataset_is_refused():
    with pytest.raises(CodeError, match="nowhere"):
        generate_notebook(replace(experiment_of("chain"), data=Data("nowhere")))


def test_a_hostile_title_stays_a_title():
    notebook = nbformat.reads(generate_notebook(replace(experiment_of("chain"), name='"""\n# `x` \\')), as_version=4)
    assert "\n" not in notebook.cells[0].source.split("\n\n")[0]


def test_the_notebook_runs_from_top_to_bottom(tmp_path):
    file = tmp_path / "notebook.py"
    file.write_text(source_of(notebook_of("question_answering")), encoding="utf-8")
    run = subprocess.run([sys.executable, file], cwd=tmp_path, capture_output=True, text=True, timeout=200)
    assert run.returncode == 0, run.stderr[-2000:]
    assert "epoch 3: loss" in run.stdout
