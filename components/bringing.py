"""Bringing: a model that a person has already, as an experiment: from code, from a file, or by name.

Nothing that is given is run or unpickled: code is read over its syntax tree, files as plain data.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import PurePath

from components.checks import usual_losses
from components.codereading import Networks, Reading, read_code
from components.experiment import Experiment, Training, experiment_from_json
from components.graph import Graph, Json, clean_name
from components.keras_config import KerasConfigError, read_config
from components.keras_files import read_json, read_keras_file
from components.unpacking import TooMany, load_json

ENDINGS = ("py", "keras", "json", "h5", "ipynb")
"""Of files that are looked at; some only to say why they are not opened."""

MOST_NOTEBOOK = 20_000_000
"""Bytes of a notebook, nearly all of which are pictures."""


@dataclass(frozen=True)
class Brought:
    """What was made of a gift: an experiment (None when there is none) and sentences by line (0: of the whole)."""

    experiment: Experiment | None
    notes: tuple[tuple[int, str], ...] = ()


def bring_code(source: str, like: Experiment, name: str = "", networks: Networks | None = None) -> Brought:
    """The model that Keras code builds; its training where the code says so, all else as in `like`."""
    reading = read_code(source, networks)
    if reading.graph is None:
        return Brought(None, reading.notes)
    return Brought(around(reading.graph, like, named(reading, name), reading.training), reading.notes)


def named(reading: Reading, name: str) -> str:
    """What to call the experiment: as the model or its file is called."""
    return (reading.name or name or "Pasted model").replace("_", " ").strip()[:60]


def bring_file(name: str, content: bytes, like: Experiment, networks: Networks | None = None) -> Brought:
    """What is in a file, by its ending. Raises KerasConfigError or ExperimentError with the reason why not."""
    ending = PurePath(name.lower()).suffix.lstrip(".")
    stem = PurePath(name).stem
    if ending == "py":
        return bring_code(text_of(content), like, stem, networks)
    if ending == "ipynb":
        return bring_code(code_of_notebook(content), like, stem, networks)
    if ending in ("keras", "h5"):
        return Brought(around(read_keras_file(content), like, stem))
    given = read_json(content)
    if is_experiment(given):
        return Brought(experiment_from_json(given))
    return Brought(around(read_config(given), like, stem))


def text_of(content: bytes) -> str:
    """The file as text; KerasConfigError when it is none."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise KerasConfigError("A Python file is text in UTF-8, and this one is not; save it as UTF-8.") from error


def code_of_notebook(content: bytes) -> str:
    """The code cells of a notebook, without the lines that are the notebook's own commands."""
    if len(content) > MOST_NOTEBOOK:
        raise KerasConfigError(
            f"A notebook has at most {MOST_NOTEBOOK // 1_000_000} MB here, and this has {len(content) / 1e6:.0f} MB; "
            "clear its outputs and save it again."
        )
    try:
        cells = load_json(content)["cells"]
        sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    except TooMany as error:
        raise KerasConfigError(f"{error}; clear the notebook's outputs and save it again.") from error
    except (ValueError, KeyError, TypeError) as error:
        raise KerasConfigError("A notebook is JSON with cells, and this is not one; save it again.") from error
    lines = "\n\n".join(sources).split("\n")
    return "\n".join("" if line.lstrip().startswith(("%", "!")) else line for line in lines)


def is_experiment(given: Json) -> bool:
    """Whether the plain data is one of our experiments rather than a Keras model's config."""
    return isinstance(given, dict) and "layerloom" in given


def around(graph: Graph, like: Experiment, name: str, training: Training | None = None) -> Experiment:
    """An experiment on a graph: on the data of `like`, trained as told, with a usual loss where none is told."""
    told = training or replace(like.training, losses={}, metrics={}, loss_weights={})
    losses, metrics = dict(told.losses), dict(told.metrics)
    for output, (loss, metric) in usual_losses(graph).items():
        if output not in losses:
            losses[output] = loss
            metrics.setdefault(output, (metric,))
    return Experiment(
        name or clean_name("model"), graph, like.data, replace(told, losses=losses, metrics=metrics), like.seed
    )
