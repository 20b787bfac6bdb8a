"""Exporting: every form in which an experiment, and a run of it, can be taken home, and the zip of those chosen."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from components.codegen import CodeError, generate_code, is_chain
from components.codegen.script import generate_script
from components.datasets import DATASETS
from components.experiment import Experiment, experiment_from_json, write_experiment
from components.exports.model_cards import write_model_card
from components.exports.notebooks import generate_notebook
from components.graph import Json, clean_name
from components.runs import Record, Run

WRITTEN = (2020, 1, 1, 0, 0, 0)
"""The time of every file in a zip: the same content gives the same bytes."""


@dataclass(frozen=True)
class Taken:
    """What is taken home: an experiment, and of a run of it what is known; the answers of the engine by their form.

    `epoch` is the one whose weights are taken: a number, "best", or None for the latest.
    """

    experiment: Experiment
    run: Run | None = None
    records: Sequence[Record] = ()
    epoch: int | str | None = None
    inspection: Json | None = None
    answers: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def told(self) -> Experiment:
        """The experiment of which the figures speak: the run's own, as it was when it began."""
        return experiment_from_json(self.run.experiment) if self.run is not None else self.experiment

    @property
    def name(self) -> str:
        """What its files are called."""
        return clean_name(self.experiment.name.lower())

    @property
    def data_file(self) -> str:
        """The reference of a person's own file of data; none where the data makes itself."""
        dataset = DATASETS.get(self.experiment.data.dataset)
        return str(self.experiment.data.config.get(dataset.file, "")) if dataset and dataset.file else ""

    @property
    def trained(self) -> bool:
        """Whether there are weights to take home."""
        return self.run is not None and self.run.epoch > 0


@dataclass(frozen=True)
class Form:
    """A form: what its file is called, and how it is written; `asks` when only the engine can write it."""

    title: str
    ending: str
    write: Callable[[Taken], str] | None = None
    fits: Callable[[Taken], bool] = lambda taken: True

    @property
    def asks(self) -> bool:
        """Whether the engine writes it."""
        return self.write is None


def has_data(taken: Taken) -> bool:
    """Whether there is something to train on."""
    return bool(taken.experiment.data.dataset)


FORMS: Mapping[str, Form] = {
    "code": Form("Python", ".py", lambda t: generate_code(t.experiment)),
    "list": Form(
        "Python, inputs as a list",
        "_list.py",
        lambda t: generate_code(t.experiment, input_feed="list"),
        lambda t: has_data(t) and len(t.experiment.graph.inputs) > 1,
    ),
    "sequential": Form(
        "Sequential",
        "_sequential.py",
        lambda t: generate_code(t.experiment, style="sequential"),
        lambda t: is_chain(t.experiment.graph),
    ),
    "notebook": Form("Notebook", ".ipynb", lambda t: generate_notebook(t.experiment)),
    "script": Form("Training script", "_train.py", lambda t: generate_script(t.experiment), has_data),
    "card": Form("Model card", ".md", lambda t: write_model_card(t.told, t.run, t.records, t.inspection, t.name)),
    "experiment": Form("Experiment", ".json", lambda t: write_experiment(t.experiment)),
    "data": Form("Your data", "", fits=lambda t: bool(t.data_file)),
    "svg": Form("Diagram, SVG", ".svg"),
    "png": Form("Diagram, PNG", ".png"),
    "pdf": Form("Diagram, PDF", ".pdf"),
    "dot": Form("Diagram, DOT", ".dot"),
    "keras": Form("Trained model, .keras", ".keras", fits=lambda t: t.trained),
    "tflite": Form("TensorFlow Lite", ".tflite", fits=lambda t: t.trained),
    "onnx": Form("ONNX", ".onnx", fits=lambda t: t.trained),
}
"""All forms; an empty graph or one without data has fewer of them."""


def fitting_forms(taken: Taken) -> list[str]:
    """The forms that can hold what is taken home. Those of a graph without outputs are none."""
    return (
        [name for name, form in FORMS.items() if form.fits(taken)] if taken.experiment.graph.outputs else ["experiment"]
    )


def write_files(taken: Taken, forms: Sequence[str]) -> tuple[dict[str, bytes], list[str]]:
    """The files of those forms by their names, and a sentence for each that could not be written."""
    files: dict[str, bytes] = {}
    refused: list[str] = []
    for name in forms:
        form = FORMS[name]
        try:
            content = form.write(taken).encode() if form.write else taken.answers.get(name)
        except CodeError as error:
            refused.append(f"{form.title}: {error}")
            continue
        if content is not None:
            # The code reads a person's data by its own name, from beside it.
            files[taken.data_file.rpartition("/")[2] if name == "data" else taken.name + form.ending] = content
    return files, refused


def zip_files(files: Mapping[str, bytes]) -> bytes:
    """A zip of the files."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            archive.writestr(zipfile.ZipInfo(path, WRITTEN), content, zipfile.ZIP_DEFLATED)
    return held.getvalue()
