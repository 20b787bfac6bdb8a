"""Event logs: what a run records, as TensorBoard reads it, written while the run goes on.

TensorFlow's own writer stamps an event with the moment of writing; here each epoch bears the time when it ended, and
what a person went back on is taken out again, so that no step stands there twice.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from tensorflow.core.framework.summary_pb2 import Summary, SummaryMetadata
from tensorflow.core.framework.tensor_pb2 import TensorProto
from tensorflow.core.framework.tensor_shape_pb2 import TensorShapeProto
from tensorflow.core.util.event_pb2 import Event

from components.runs import QUANTITIES, Record
from components.store import Store, StoreError
from components.training.compiling import TRACING

logger = logging.getLogger(__name__)

VALIDATION = "val_"
PARTS = ("train", "validation")
"""Training and validation are runs of TensorBoard's."""

GRAPH_PART = "train"

EVERY = 2.0
"""Seconds between two writings."""


class EventLog:
    """A run's event files, which grow with its records; an earlier job's of the same run are gone on with."""

    def __init__(self, store: Store, run_id: str) -> None:
        self.store, self.run_id = store, run_id
        self._waiting: list[tuple[float, Record]] = []
        self._ended: dict[int, float] = {}
        self._writers: dict[str, tf.io.TFRecordWriter] = {}
        self._graph: Event | None = None
        self._written = time.monotonic()
        self._broken = False
        self._drawing: threading.Thread | None = None

    def follow(self, model: keras.Model) -> None:
        """Write the model's graph too, with the first records: it is traced meanwhile by a thread of its own."""
        self._drawing = threading.Thread(target=self._draw, args=(model,), name="graph")

    def _draw(self, model: keras.Model) -> None:
        try:
            self._graph = graph_of(model)
        except Exception:  # whatever a layer does not bear: the rest is written without a graph
            logger.exception("The graph of a run could not be traced")

    def __call__(self, records: Sequence[Record]) -> None:
        """Take in records that just came; now and then they are written."""
        now = time.time()
        self._ended |= {record.epoch: now for record in records if record.kind == "epoch"}
        self._waiting += [(self._ended.get(record.epoch, now), record) for record in records if matters(record)]
        if self._waiting and time.monotonic() - self._written >= EVERY:
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        self._written = time.monotonic()
        if self._drawing is not None and self._drawing.ident is None:
            self._drawing.start()
        try:
            self.store.keep_events(self.run_id, self._write)
        except StoreError as error:
            logger.warning("The store did not count the event files of a run: %s", error)
        except (OSError, tf.errors.OpError):  # a full disk, say: the run itself goes on
            logger.exception("The event files of a run could not be written")
            self._broken = True

    def close(self) -> None:
        """Write the last."""
        self.flush()
        if self._drawing is not None:
            self._drawing.join()
            self.flush()
        for writer in self._writers.values():
            writer.close()

    def _write(self, folder: Path) -> None:
        waiting, self._waiting = self._waiting, []
        self._broken |= bool(self._writers) and not folder.exists()  # there was no room for them
        if self._broken:
            return
        graph, self._graph = self._graph, None
        if graph is not None and not has_graph(folder / GRAPH_PART):
            self._writer(folder, GRAPH_PART).write(graph.SerializeToString())
        for when, record in waiting:
            if record.kind == "mark":
                self._go_back(folder, record.epoch)
                continue
            for part in PARTS:
                if values := list(values_of(record, part)):
                    event = Event(wall_time=when, step=record.epoch, summary=Summary(value=values))
                    self._writer(folder, part).write(event.SerializeToString())
        for writer in self._writers.values():
            writer.flush()

    def _writer(self, folder: Path, part: str) -> tf.io.TFRecordWriter:
        if part not in self._writers:
            self._writers[part] = open_events(folder / part)
        return self._writers[part]

    def _go_back(self, folder: Path, epoch: int) -> None:
        """Take out what was told of epochs after that one."""
        for part in PARTS:
            if part in self._writers:
                self._writers.pop(part).close()
            files = sorted((folder / part).glob("events.*"))
            events = [event for file in files for event in read_events(file)]
            kept = [event for event in events if event.step <= epoch]
            if len(kept) == len(events):
                continue
            writer = self._writer(folder, part)
            for event in kept:
                if not event.HasField("file_version"):
                    writer.write(event.SerializeToString())
            for file in files:
                file.unlink()


def matters(record: Record) -> bool:
    """Whether a record is written, or takes others out again."""
    back = record.kind == "mark" and record.values.get("mark") in ("rewound", "resumed")
    return back or record.kind in ("epoch", "histograms")


# Files of events


def open_events(folder: Path) -> tf.io.TFRecordWriter:
    """A new file of events in the folder, read after those that are there."""
    folder.mkdir(parents=True, exist_ok=True)
    writer = tf.io.TFRecordWriter(str(folder / f"events.out.tfevents.{time.time_ns()}"))
    writer.write(Event(wall_time=time.time(), file_version="brain.Event:2").SerializeToString())
    return writer


def read_events(file: Path) -> Iterator[Event]:
    """The events of a file, as far as it is whole: a job that was killed may have left half a one."""
    records = iter(tf.data.TFRecordDataset(str(file)).as_numpy_iterator())
    while True:
        try:
            yield Event.FromString(next(records))
        except (StopIteration, tf.errors.DataLossError):
            return


# Graphs


def graph_of(model: keras.Model) -> Event:
    """The model as a graph of TensorFlow's operations."""
    specs = [tf.TensorSpec([None, *tensor.shape[1:]], tensor.dtype) for tensor in model.inputs]
    traced = tf.function(lambda *x: model(x[0] if len(x) == 1 else list(x), training=False), autograph=False)
    with TRACING:
        graph = traced.get_concrete_function(*specs).graph.as_graph_def()
    return Event(wall_time=time.time(), graph_def=graph.SerializeToString())


def has_graph(folder: Path) -> bool:
    """Whether there is a graph among the files of events."""
    files = sorted(folder.glob("events.*"))
    return any(event.HasField("graph_def") for file in files for event in read_events(file))


# Values


def values_of(record: Record, part: str) -> Iterable[Summary.Value]:
    """What a record says to a part."""
    if record.kind == "epoch":
        return scalars_of(record, part)
    return histograms_of(record) if part == "train" else ()


def scalars_of(record: Record, part: str) -> Iterator[Summary.Value]:
    """An epoch's figures, those of the validation data under the names of their counterparts."""
    for name, value in record.values.items():
        belongs = name.startswith(VALIDATION) == (part == "validation")
        if belongs and isinstance(value, (int, float)):
            yield value_of(f"epoch/{name.removeprefix(VALIDATION)}", np.float32(value), "scalars")


def histograms_of(record: Record) -> Iterator[Summary.Value]:
    """An epoch's histograms as they were counted: rows of left edge, right edge and count."""
    named = {
        f"{kind}/{name.replace(':', '_call_')}": histogram
        for kind in QUANTITIES
        for name, histogram in record.values.get(kind, {}).items()
    }
    if not named:
        return
    counts = np.array([histogram["counts"] for histogram in named.values()], float)
    low, high = (np.array([histogram[end] for histogram in named.values()]) for end in ("low", "high"))
    edges = np.linspace(low, high, counts.shape[1] + 1, axis=1)
    for tag, rows in zip(named, np.stack([edges[:, :-1], edges[:, 1:], counts], axis=2), strict=True):
        yield value_of(tag, rows, "histograms")


def value_of(tag: str, value: np.ndarray | np.floating, plugin: str) -> Summary.Value:
    """A value for one of TensorBoard's tabs."""
    shape = TensorShapeProto(dim=[TensorShapeProto.Dim(size=size) for size in value.shape])
    dtype = tf.as_dtype(value.dtype).as_datatype_enum
    # What tf.make_tensor_proto makes of an array, in a third of the time.
    tensor = TensorProto(dtype=dtype, tensor_shape=shape, tensor_content=value.tobytes())
    return Summary.Value(tag=tag, metadata=METADATA[plugin], tensor=tensor)


METADATA = {
    plugin: SummaryMetadata(plugin_data=SummaryMetadata.PluginData(plugin_name=plugin))
    for plugin in ("scalars", "histograms")
}
