"""Bundling: all that a person takes home of an experiment, in one zip file."""

from __future__ import annotations

import io
import zipfile

from components.codegen import generate_code
from components.experiment import Experiment, write_experiment
from components.exports.notebooks import generate_notebook
from components.graph import clean_name

WRITTEN = (2020, 1, 1, 0, 0, 0)
"""The time of every file: the same experiment gives the same bytes."""


def bundle(experiment: Experiment) -> bytes:
    """A zip of the Python file, the notebook and the experiment. Raises CodeError as `generate_code` does."""
    name = clean_name(experiment.name.lower())
    files = {
        f"{name}.py": generate_code(experiment),
        f"{name}.ipynb": generate_notebook(experiment),
        f"{name}.json": write_experiment(experiment),
    }
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            archive.writestr(zipfile.ZipInfo(path, WRITTEN), content, zipfile.ZIP_DEFLATED)
    return held.getvalue()
