"""What TensorBoard finds in a run's logs, once the run is over, beside what Keras's own callback writes."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from components.experiment import Experiment, experiment_to_json
from components.graph import Json
from components.inside.event_logs import read_events
from components.proofs.exhibit import exhibit
from components.proofs.fitting import fit, read_all
from components.store import Store, event_folder
from components.training.running import run_job

KINDS = (
    "losses",
    "histograms of weights",
    "histograms of activations",
    "histograms of gradients",
    "graph",
    "projector",
)
"""Of what a log may hold."""


def prove_json(experiments: list[Json], options: Json) -> Json:
    """Train once as a run and once with the stock callback, and read the files of both."""
    epochs = int(options.get("epochs", 2))
    experiment = read_all(experiments)[0]
    experiment = replace(experiment, training=replace(experiment.training, epochs=epochs, callbacks=()))
    with tempfile.TemporaryDirectory() as name:
        stock = Path(name) / "stock"
        logged, ours = logs_of_a_run(experiment, Path(name))
        fit(experiment, epochs=epochs, callbacks=[keras.callbacks.TensorBoard(stock, histogram_freq=1)])
        found, theirs = counts_of(ours), counts_of(stock)
        read = [tensor for tag, tensor in summaries(ours / "train") if tag == "epoch/loss"]
    apart = max(abs(float(tensor) - loss) for tensor, loss in zip(read, logged, strict=True))
    return exhibit(
        all(found.values()) and not theirs[KINDS[3]] and not theirs[KINDS[2]] and len(read) == epochs and apart < 1e-6,
        "The run was over, and its files gave back the losses of {epochs} epochs, {gradients} histograms of gradients, the "
        "graph and {points} sets of points; Keras's own callback wrote {stock} histograms of gradients.",
        {"epochs": len(read), "gradients": found[KINDS[3]], "points": found[KINDS[5]], "stock": theirs[KINDS[3]]},
        columns=("in the log", "of this run", "of Keras's callback"),
        rows=[(kind, found[kind], theirs[kind]) for kind in KINDS],
    )


def logs_of_a_run(experiment: Experiment, home: Path) -> tuple[list[float], Path]:
    """Train the experiment as the product does, in a store of its own; its losses as recorded, and its logs' folder."""
    store = Store(f"sqlite:///{home / 'runs.db'}")
    run = store.create_run("lesson", experiment_to_json(experiment), experiment.name)
    run_job(store.url, run)
    losses = [float(record.values["loss"]) for record in store.records(run, kinds=("epoch",))]
    return losses, event_folder(store.url) / run


def counts_of(folder: Path) -> dict[str, int]:
    """How many things of each kind the files hold."""
    tags = [tag for tag, _ in summaries(folder)]
    histograms = [tag for tag in tags if "loss" not in tag]
    projectors = [file.read_text() for file in folder.rglob("projector_config.pbtxt")]
    named = {kind: sum(tag.startswith(kind) for tag in histograms) for kind in ("activations", "gradients")}
    return {
        "losses": sum("epoch" in tag and tag.endswith("loss") for tag in tags),
        "histograms of weights": sum(tag.endswith("histogram") or tag.startswith("weights") for tag in histograms),
        "histograms of activations": named["activations"],
        "histograms of gradients": named["gradients"],
        "graph": sum(event.HasField("graph_def") for event in events(folder)),
        "projector": sum(text.count("tensor_path") for text in projectors),
    }


def summaries(folder: Path) -> Iterator[tuple[str, Any]]:
    """Every tag in the folder's event files, with its tensor."""
    for event in events(folder):
        for value in event.summary.value:
            yield value.tag, tf.make_ndarray(value.tensor)


def events(folder: Path) -> Iterator[Any]:
    """Every entry of the folder's event files, in their order."""
    for file in sorted(folder.rglob("events.out.tfevents.*")):
        yield from read_events(file)
