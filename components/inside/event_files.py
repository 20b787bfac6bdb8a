"""Event files: what a run's event log gets at its end, however that came, for the stock TensorBoard.

A projector for every Embedding and for what the network makes of the data, with thumbnails where they are pictures;
scalars, histograms and the graph came while the run went on (`event_logs.py`).
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.decomposition import PCA

from components.building import build_model
from components.experiment import experiment_from_json
from components.graph import embeddings_in, last_hidden
from components.inside.event_logs import GRAPH_PART, graph_of, has_graph, open_events
from components.inside.layer_points import LayerPoints, open_run
from components.inside.sprites import SPRITE, pictures_of, sheet_of
from components.runs import NoSuchRun, Run
from components.store import Store
from components.store.files import look_in
from components.training.checkpoints import LAST, epoch_name, nearest_kept, restore_weights
from components.training.reporting import RunShelf

logger = logging.getLogger(__name__)

MOST_WORDS, MOST_ROWS = 10_000, 1_000
"""Of an Embedding, and of the validation data."""

MOST_COLUMNS = 128


def finish_events_job(store_url: str, run_id: str) -> None:
    """Finish the event files of a run whose own job was ended before it could."""
    look_in(store_url)
    finish_events(Store(store_url), run_id)


def finish_events(store: Store, run_id: str) -> None:
    """Add what is known of a run at its end: the projector's files, and its graph if it ended too early to write it."""
    try:
        run = store.run(run_id)
        store.keep_events(run_id, lambda folder: write_end(store, run, folder / GRAPH_PART))
    except NoSuchRun:
        logger.info("The run was deleted before its event files were finished.")
    except Exception:  # what could not be trained may be no model at all, or its data may be gone
        logger.exception("The event files of a run could not be finished")


def write_end(store: Store, run: Run, folder: Path) -> None:
    """The graph, and what the projector reads."""
    if not has_graph(folder):
        write_graph(run, folder)
    write_projector(RunShelf(store, run.id, None), run, folder)


def write_graph(run: Run, folder: Path) -> None:
    """The graph of the run's model, in a file of events of its own."""
    graph = graph_of(build_model(experiment_from_json(run.experiment).graph))
    with open_events(folder) as writer:
        writer.write(graph.SerializeToString())


def write_projector(shelf: RunShelf, run: Run, folder: Path) -> None:
    """What the projector reads: the vectors of each Embedding with their words, and what the network makes of the data.

    The latter are the outputs of the last hidden layer on validation rows, with their classes; where the data are
    pictures, each point has its own.
    """
    kept = nearest_kept(shelf, run.epoch)
    last = LAST if LAST in shelf else None if kept is None else epoch_name(kept)
    if last is None:
        return
    graph = experiment_from_json(run.experiment).graph
    opened = open_run(run.experiment)
    with opened.lock:
        epoch = restore_weights(opened.model, shelf[last])
        tables = {name: opened.weight_points(name, MOST_WORDS, epoch) for name in embeddings_in(graph)}
        hidden = opened.output_points(last_hidden(graph), MOST_ROWS, epoch, "validation", None)
    entries = [write_points(folder, name, finite(table)) for name, table in tables.items()]
    name, hidden = f"{last_hidden(graph)}_outputs", finite(hidden)
    entries.append(write_points(folder, name, hidden, write_sprites(folder, name, pictures_of(opened, hidden.rows))))
    (folder / "projector_config.pbtxt").write_text("".join(entries), encoding="utf-8")


def finite(table: LayerPoints) -> LayerPoints:
    """The points without those that are no numbers, which the projector could not place."""
    kept = np.flatnonzero(np.isfinite(table.points).all(axis=1))
    if len(kept) == len(table.points):
        return table
    target = table.target and replace(
        table.target,
        classes=tuple(table.target.classes[i] for i in kept),
        predictions=tuple(table.target.predictions[i] for i in kept),
    )
    labels = tuple(table.labels[i] for i in kept)
    return replace(table, points=table.points[kept], rows=table.rows[kept], labels=labels, target=target)


def write_points(folder: Path, name: str, table: LayerPoints, more: str = "") -> str:
    """The points and their labels as files; the entry of the projector's configuration that names them, if any is left."""
    if not len(table.points):
        return ""
    file = name.replace("/", "_")
    np.savetxt(folder / f"{file}.tsv", fewer_columns(table.points), delimiter="\t", fmt="%.6g")
    (folder / f"{file}_labels.tsv").write_text(labels_of(table), encoding="utf-8")
    paths = f'  tensor_path: "{file}.tsv"\n  metadata_path: "{file}_labels.tsv"\n'
    return f'embeddings {{\n  tensor_name: "{name}"\n{paths}{more}}}\n'


def fewer_columns(points: np.ndarray) -> np.ndarray:
    """The points; of more numbers each than a browser likes to load, their principal components."""
    if points.shape[1] <= MOST_COLUMNS or len(points) < 2:
        return points
    return PCA(min(MOST_COLUMNS, len(points)), random_state=0).fit_transform(points)


def labels_of(table: LayerPoints) -> str:
    """A line for each point: its label, and where something is to be said of it the truth and what was said.

    A single column has no heading: that is how the projector reads it.
    """
    columns: list[Sequence[Any]] = [("label", *table.labels)]
    if table.target is None:
        return "\n".join(map(one_line, table.labels)) + "\n"
    columns += [("true", *table.target.classes), ("predicted", *table.target.predictions)]
    return "".join("\t".join(map(one_line, row)) + "\n" for row in zip(*columns, strict=True))


def write_sprites(folder: Path, name: str, pictures: np.ndarray | None) -> str:
    """All pictures row by row on one square sheet, as TensorBoard cuts it; its lines of the projector's configuration."""
    if pictures is None:
        return ""
    (folder / f"{name}_sprites.png").write_bytes(sheet_of(pictures))
    size = f"    single_image_dim: {SPRITE}\n" * 2
    return f'  sprite {{\n    image_path: "{name}_sprites.png"\n{size}  }}\n'


def one_line(label: object) -> str:
    """A label that does not break the table."""
    return str(label).replace("\t", " ").replace("\n", " ") or " "
