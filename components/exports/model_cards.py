"""Model cards: an experiment and what came of a run of it, in Markdown, as people publish models.

M. Mitchell et al., "Model Cards for Model Reporting", FAT* 2019.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from components.checks import losses_of
from components.codegen import printable
from components.codegen.data import chosen_dataset
from components.experiment import Experiment
from components.graph import Graph, Json, Layer, calls_of, output_names
from components.runs import Record, Run
from components.shapes import write_shape

MOST_LAYERS = 60
"""Rows of the table of layers; the rest is counted."""


def write_model_card(
    experiment: Experiment,
    run: Run | None = None,
    records: Sequence[Record] = (),
    inspection: Json | None = None,
    file: str = "model",
) -> str:
    """The card as Markdown. `records` are the run's of the kind "epoch"; `inspection` tells shapes and parameters.

    `file` is what the files beside it are called, without their endings.
    """
    parts = [
        header(),
        [f"# {plain_words(experiment.name) or 'A network'}", "", *summary(experiment.graph, inspection)],
        ["## Results", "", *results(run, records)],
        ["## Training", "", *training(experiment)],
        ["## Data", "", *data(experiment)],
        ["## Layers", "", *layers(experiment.graph, inspection)],
        ["## Use and limits", "", *limits(experiment, file)],
    ]
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def header() -> list[str]:
    """What model hubs read first."""
    return ["---", "library_name: keras", "tags:", "- keras", "- layerloom", "---"]


def plain_words(text: str) -> str:
    """The text on one line, without what Markdown or HTML would take for more than words."""
    return re.sub(r"([\\`*_{}\[\]<>#|!&~$])", r"\\\1", printable(text))


def code(text: Any) -> str:
    """The text as code, in a table or anywhere."""
    kept = printable(str(text)).replace("`", "'").replace("|", "/")
    return f"`{kept}`"


def figure(value: Any) -> str:
    """A number with four digits that count."""
    return f"{value:.4g}" if isinstance(value, (int, float)) else "–"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table of Markdown."""
    return [
        f"| {' | '.join(heads)} |",
        f"|{'---|' * len(heads)}",
        *(f"| {' | '.join(row)} |" for row in rows),
    ]


# The parts


def summary(graph: Graph, inspection: Json | None) -> list[str]:
    """What goes in, what comes out, how large it is and what is special about it."""
    doors = [graph.node(node).layer for node in graph.inputs]
    lines = [
        f"- Inputs: {', '.join(map(code, doors))}",
        f"- Outputs: {', '.join(map(code, output_names(graph)))}",
    ]
    if inspection is not None:
        lines.append(f"- Parameters: {inspection['parameters']:,}")
    shared = [name for name in graph.layers if len(calls_of(graph, name)) > 1]
    nested = [name for name, layer in graph.layers.items() if isinstance(layer, Graph)]
    if shared:
        lines.append(f"- Called more than once, with the same weights: {', '.join(map(code, shared))}")
    if nested:
        lines.append(f"- Models used as layers: {', '.join(map(code, nested))}")
    return lines


def results(run: Run | None, records: Sequence[Record]) -> list[str]:
    """The figures of the last epoch and of the best."""
    epochs = [record for record in records if record.kind == "epoch"]
    if run is None or not epochs:
        return ["Not trained yet."]
    last, best = epochs[-1], best_of(epochs)
    ended = datetime.fromtimestamp(run.ended or run.created, UTC).strftime("%Y-%m-%d")
    said = f"After {last.epoch} epochs, {run.state} on {ended}."
    if best is not last:
        said += f" The validation loss was lowest after epoch {best.epoch}."
    names = [name for name in last.values if not name.startswith("val_") and name not in ("learning_rate", "seconds")]
    rows = [
        (code(name), *(figure(epoch.values.get(key)) for epoch in (last, best) for key in (name, f"val_{name}")))
        for name in names
    ]
    heads = ("", "train, last", "validation, last", "train, best", "validation, best")
    return [said, "", *table(heads, rows)]


def best_of(epochs: Sequence[Record]) -> Record:
    """The epoch with the lowest validation loss; the last where none was measured."""
    judged = [e for e in epochs if isinstance(e.values.get("val_loss"), (int, float))]
    return min(judged, key=lambda e: e.values["val_loss"]) if judged else epochs[-1]


def training(experiment: Experiment) -> list[str]:
    """How it was fitted."""
    training = experiment.training
    lines = [
        f"- Optimizer: {code(training.optimizer)}, learning rate {training.learning_rate:g}",
        f"- Up to {training.epochs} epochs of batches of {training.batch_size}, seed {experiment.seed}",
    ]
    weighed = len(output_names(experiment.graph)) > 1
    for name, loss in losses_of(experiment).items():
        weight = f", weight {training.loss_weights.get(name, 1.0):g}" if weighed else ""
        lines.append(f"- Loss of {code(name)}: {code(loss)}{weight}")
    if training.callbacks:
        lines.append(f"- Callbacks: {', '.join(code(callback.kind) for callback in training.callbacks)}")
    return lines


def data(experiment: Experiment) -> list[str]:
    """What it was fitted on. Raises CodeError for a dataset that is not known."""
    dataset = chosen_dataset(experiment.data)
    if dataset is None:
        return ["None was chosen."]
    settings = {**dataset.config, **experiment.data.config}
    if dataset.file:
        settings[dataset.file] = str(settings[dataset.file]).rpartition("/")[2]
    said = f"{dataset.title}: {dataset.summary}"
    rows = [(code(name), code(value)) for name, value in settings.items()]
    return [said, "", *table(("Argument", "Value"), rows)] if rows else [said]


def layers(graph: Graph, inspection: Json | None) -> list[str]:
    """A row for each call of a layer."""
    known = (inspection or {}).get("nodes", {})
    rows = [
        (code(node.id), kind_of(graph.layer_of(node)), shape_of(known.get(node.id)), count_of(known.get(node.id)))
        for node in graph.nodes[:MOST_LAYERS]
    ]
    more = len(graph.nodes) - MOST_LAYERS
    return table(("Call", "Layer", "Shape", "Parameters"), rows) + (["", f"And {more} more."] if more > 0 else [])


def kind_of(layer: Layer | Graph) -> str:
    """The layer's class."""
    return "Model" if isinstance(layer, Graph) else code(layer.kind)


def shape_of(node: Json | None) -> str:
    """The shapes that come out of a call."""
    return ", ".join(write_shape(output["shape"]) for output in (node or {}).get("outputs", ())) or "–"


def count_of(node: Json | None) -> str:
    """The parameters of a call."""
    count = (node or {}).get("parameters")
    return f"{count:,}" if count else "–"


def limits(experiment: Experiment, file: str) -> list[str]:
    """What the model is for, and what it is not."""
    dataset = chosen_dataset(experiment.data)
    if dataset is not None and (dataset.file or dataset.downloads):
        data = "The figures above are of one random split of its data; where else the data differs, so will they."
    else:
        data = (
            "Its data is small and made up by a seeded function, so the figures above say how the architecture learns, "
            "not how it would do on data from the world."
        )
    return [
        f"Made to learn and to try an architecture with. {data}",
        "",
        f'Load it with `keras.models.load_model("{file}.keras")`; the Python file exported beside it builds and '
        "trains it anew.",
    ]
