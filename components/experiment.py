"""The Experiment, the one truth from which everything is derived, and its versioned JSON."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from components.graph import Graph, GraphError, Json, graph_from_json, graph_to_json
from components.unpacking import TooMany, load_json

VERSION = 1
MOST_BYTES = 4_000_000
"""The largest file or unpacked link that is read."""


class ExperimentError(ValueError):
    """A file, link or setting that breaks a rule; its text says the rule, the value and the remedy."""


@dataclass(frozen=True)
class Data:
    """Which dataset, with which arguments, and which of its arrays feeds which input and output.

    `inputs` maps an input's name to an array's name, `targets` an output's; a name left out means the same name.
    With a `seed` of their own the rows stay the same when the experiment's changes.
    """

    dataset: str
    config: Mapping[str, Any] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)
    targets: Mapping[str, str] = field(default_factory=dict)
    seed: int | None = None


@dataclass(frozen=True)
class Callback:
    """A callback by name and the arguments that differ from its defaults."""

    kind: str
    config: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Training:
    """How to fit: Keras's own words. Losses, weights and metrics are keyed by output name."""

    optimizer: str = "Adam"
    learning_rate: float = 0.001
    losses: Mapping[str, str] = field(default_factory=dict)
    loss_weights: Mapping[str, float] = field(default_factory=dict)
    metrics: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    epochs: int = 20
    batch_size: int = 32
    shuffle: bool = True
    callbacks: tuple[Callback, ...] = ()


@dataclass(frozen=True)
class Experiment:
    """A graph, its data, its training and a seed. `layout` (node → x, y) is only how it is drawn."""

    name: str
    graph: Graph
    data: Data
    training: Training = Training()
    seed: int = 0
    layout: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    @property
    def data_seed(self) -> int:
        """The seed of the rows: the data's own, or else the experiment's."""
        return self.seed if self.data.seed is None else self.data.seed

    @property
    def fingerprint(self) -> str:
        """SHA-256 of all that decides a run: neither the name nor the layout."""
        content = experiment_to_json(replace(self, name="", layout={}))
        return hashlib.sha256(dump(content)).hexdigest()


# JSON


def dump(data: Json) -> bytes:
    """Canonical JSON."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def experiment_to_json(experiment: Experiment) -> Json:
    """The experiment as plain data, marked with the version of the form."""
    data, training = experiment.data, experiment.training
    return {
        "layerloom": VERSION,
        "name": experiment.name,
        "graph": graph_to_json(experiment.graph),
        "data": {
            f.name: plain(getattr(data, f.name)) for f in fields(Data) if f.name != "seed" or data.seed is not None
        },
        "training": {f.name: plain(getattr(training, f.name)) for f in fields(Training)},
        "seed": experiment.seed,
        "layout": {node: list(point) for node, point in experiment.layout.items()},
    }


def plain(value: Any) -> Json:
    """Mappings, tuples and callbacks as JSON's objects and arrays."""
    if isinstance(value, Callback):
        return {"kind": value.kind, "config": plain(value.config)}
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [plain(item) for item in value]
    return value


def experiment_from_json(content: Json) -> Experiment:
    """The experiment that `experiment_to_json` wrote.

    Raises ExperimentError when it is not one, is of a newer version, or does not hold together.
    """
    check_version(content)
    try:
        training = dict(content["training"])
        training["callbacks"] = tuple(Callback(c["kind"], dict(c["config"])) for c in training["callbacks"])
        training["metrics"] = {name: tuple(chosen) for name, chosen in training["metrics"].items()}
        experiment = Experiment(
            name=str(content["name"])[:200],
            graph=graph_from_json(content["graph"]),
            data=data_from_json(content["data"]),
            training=Training(**training),
            seed=int(content["seed"]),
            layout={str(node): (float(x), float(y)) for node, (x, y) in content["layout"].items()},
        )
        check_types(experiment)
    except GraphError as error:
        raise ExperimentError(str(error)) from error
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise ExperimentError(
            "This file says it is a Layerloom experiment, but parts of it are missing or of the wrong type; "
            "export it again from the dashboard."
        ) from error
    return check_experiment(experiment)


def data_from_json(content: Json) -> Data:
    """Which data, and their own seed where they have one."""
    seed = content.get("seed")
    return Data(**{**content, "seed": None if seed is None else int(seed)})


def check_types(experiment: Experiment) -> None:
    """Raise TypeError where a name is no text, or a table no table, of names to what they stand for."""
    data, training = experiment.data, experiment.training
    tables = (data.config, data.inputs, data.targets, training.losses, training.loss_weights, training.metrics)
    texts = [data.dataset, training.optimizer, *(callback.kind for callback in training.callbacks)]
    texts += [*data.inputs.values(), *data.targets.values(), *training.losses.values()]
    texts += [metric for chosen in training.metrics.values() for metric in chosen]
    if not all(isinstance(table, dict) for table in tables) or not all(isinstance(text, str) for text in texts):
        raise TypeError("a field of another type")
    if not all(isinstance(weight, (int, float)) for weight in training.loss_weights.values()):
        raise TypeError("a weight that is no number")


def check_version(content: Json) -> None:
    """Raise ExperimentError unless the content is an experiment of a version that we know."""
    version = content.get("layerloom") if isinstance(content, dict) else None
    if not isinstance(version, int):
        raise ExperimentError(
            "An experiment is a JSON object with the key “layerloom”, and this has none; "
            "choose a file that the dashboard exported."
        )
    if version > VERSION:
        raise ExperimentError(
            f"This was made by a newer Layerloom (form {version}, this one reads up to {VERSION}); update Layerloom."
        )


RANGES: Mapping[str, tuple[float, float]] = {
    "epochs": (1, 10_000),
    "batch_size": (1, 65_536),
    "learning_rate": (1e-9, 1e3),
}


def check_experiment(experiment: Experiment) -> Experiment:
    """The same experiment; ExperimentError when a number of its training is out of range or not a number."""
    for name, (least, most) in RANGES.items():
        value = getattr(experiment.training, name)
        whole = name != "learning_rate"
        if (
            isinstance(value, bool)
            or not isinstance(value, int if whole else (int, float))
            or not least <= value <= most
        ):
            kind = "whole number" if whole else "number"
            raise ExperimentError(
                f"{name} is a {kind} from {least:g} to {most:g}, and this is {value!r}; choose one inside the range."
            )
    return experiment


def read_experiment(source: bytes | str) -> Experiment:
    """An experiment from the text of a file; ExperimentError when it is too large or no JSON."""
    size = len(source)
    if size > MOST_BYTES:
        raise ExperimentError(
            f"An experiment's file has at most {MOST_BYTES / 1e6:.0f} MB, and this has {size / 1e6:.1f} MB; "
            "choose the JSON that the dashboard exported."
        )
    try:
        content = load_json(source)
    except TooMany as error:
        raise ExperimentError(f"{error}; choose the JSON that the dashboard exported.") from error
    except ValueError as error:
        raise ExperimentError("This file is not JSON; choose the file that the dashboard exported.") from error
    return experiment_from_json(content)


def write_experiment(experiment: Experiment) -> str:
    """The experiment as the text of a file, indented for a person."""
    return json.dumps(experiment_to_json(experiment), indent=1, ensure_ascii=False)
