"""Event files: a run as the stock TensorBoard opens it, written from the run's records and its last weights.

Scalars, histograms of weights, activations and gradients, the graph, and a projector for every Embedding. The
histograms are those that were recorded, bins and all: nothing is computed a second time.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import tensorflow as tf
from tensorflow.core.framework.summary_pb2 import SummaryMetadata

from components.building import build_model
from components.experiment import experiment_from_json
from components.inside.histograms import KINDS
from components.inside.layer_points import open_run
from components.runs import Record, Run
from components.store import Store
from components.training.checkpoints import LAST, restore_weights
from components.training.reporting import RunShelf

VALIDATION = "val_"


def write_events(store: Store, run_id: str, folder: Path) -> None:
    """The run's event files in `folder`, in place of older ones; training and validation are runs of TensorBoard's."""
    run = store.run(run_id)
    records = store.records(run_id, kinds=("epoch", "histograms"))
    shutil.rmtree(folder, ignore_errors=True)
    for part in ("train", "validation"):
        writer = tf.summary.create_file_writer(str(folder / part))
        with writer.as_default():
            for record in records:
                write_scalars(record, part)
                if part == "train":
                    write_histograms(record)
            if part == "train":
                write_graph(run)
        writer.close()
    write_projector(RunShelf(store, run_id, None), run, folder / "train")


def metadata_of(plugin: str) -> SummaryMetadata:
    """What tells TensorBoard which of its tabs a summary is for."""
    return SummaryMetadata(plugin_data=SummaryMetadata.PluginData(plugin_name=plugin))


def write_scalars(record: Record, part: str) -> None:
    """An epoch's figures, those of the validation data under the names of their counterparts."""
    if record.kind != "epoch":
        return
    for name, value in record.values.items():
        belongs = name.startswith(VALIDATION) == (part == "validation")
        if belongs and isinstance(value, (int, float)):
            tag = f"epoch/{name.removeprefix(VALIDATION)}"
            tf.summary.write(tag, tf.constant(value, tf.float32), record.epoch, metadata_of("scalars"))


def write_histograms(record: Record) -> None:
    """An epoch's histograms as they were counted: rows of left edge, right edge and count."""
    if record.kind != "histograms":
        return
    for kind in KINDS:
        for name, histogram in record.values.get(kind, {}).items():
            counts = np.asarray(histogram["counts"], float)
            edges = np.linspace(histogram["low"], histogram["high"], len(counts) + 1)
            rows = np.stack([edges[:-1], edges[1:], counts], axis=1)
            tag = f"{kind}/{name.replace(':', '_call_')}"
            tf.summary.write(tag, tf.constant(rows, tf.float64), record.epoch, metadata_of("histograms"))


def write_graph(run: Run) -> None:
    """The model as a graph of TensorFlow's operations."""
    model = build_model(experiment_from_json(run.experiment).graph)
    specs = [tf.TensorSpec([None, *tensor.shape[1:]], tensor.dtype) for tensor in model.inputs]
    traced = tf.function(lambda *x: model(x[0] if len(x) == 1 else list(x), training=False), autograph=False)
    tf.summary.graph(traced.get_concrete_function(*specs).graph)


def write_projector(shelf: RunShelf, run: Run, folder: Path) -> None:
    """The vectors of each Embedding with the words behind them, as files that the projector reads."""
    graph = experiment_from_json(run.experiment).graph
    names = [name for name, layer in graph.layers.items() if getattr(layer, "kind", "") == "Embedding"]
    if not names or LAST not in shelf:
        return
    opened = open_run(json.dumps(run.experiment, sort_keys=True))
    with opened.lock:
        restore_weights(opened.model, shelf[LAST])
        tables = {name: opened.weight_points(name, 10_000, run.epoch) for name in names}
    entries = []
    for name, table in tables.items():
        np.savetxt(folder / f"{name}.tsv", table.points, delimiter="\t", fmt="%.6g")
        (folder / f"{name}_words.tsv").write_text("\n".join(map(one_line, table.labels)) + "\n", encoding="utf-8")
        entries.append(
            f'embeddings {{\n  tensor_name: "{name}"\n  tensor_path: "{name}.tsv"\n  metadata_path: "{name}_words.tsv"\n}}\n'
        )
    (folder / "projector_config.pbtxt").write_text("".join(entries), encoding="utf-8")


def one_line(label: str) -> str:
    """A label that does not break the table."""
    return label.replace("\t", " ").replace("\n", " ") or " "
