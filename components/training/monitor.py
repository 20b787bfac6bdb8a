"""A Keras callback that records an ordinary `fit` as the live fit records itself; works in a notebook."""

from __future__ import annotations

import time
from typing import Any

import keras
import numpy as np

from components.inside.histograms import LayerProbe
from components.training.recording import Recorder, StepLog, learning_rate_of, plain_logs


class LiveMonitor(keras.callbacks.Callback):
    """Records steps, epochs, what other callbacks did, and with `probe_data` the inside of the model.

        records = []
        monitor = LiveMonitor(lambda *record: records.append(record))
        model.fit(x, y, validation_data=(a, b), callbacks=[monitor])

    `record` takes (kind, epoch, step, values), the same records as those of `components.training.live_fit.train_model`.
    `probe_data` is `(x, y)` or `(x, y, sample_weight)`, a small batch of the validation data say: Keras gives a
    callback no data. A batch's own losses are what Keras's running means gain by it.
    """

    def __init__(self, record: Recorder, probe_data: tuple | None = None) -> None:
        super().__init__()
        self.record, self.probe_data = record, probe_data
        self.log = StepLog(record)
        self.probe: LayerProbe | None = None
        self.done = self.first = 0
        self.epoch_began = 0.0
        self.rate: float | None = None
        self.before: dict[str, np.ndarray] = {}

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Make ready to look inside."""
        if self.probe_data is not None:
            self.probe = LayerProbe(self.model, self.probe_data)

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Start the epoch's clock."""
        self.epoch_began, self.before, self.first = time.perf_counter(), {}, self.done
        self.rate = learning_rate_of(self.model)

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Take in one step, or several where the model was compiled with `steps_per_execution`."""
        values = {name: value for name, value in plain_logs(logs or {}).items() if isinstance(value, float)}
        values |= self._own_losses()
        columns = ["loss", *(name for name in values if name != "loss")]
        self.done = self.first + batch + 1
        self.log.add(columns, self.done, np.array([[values[name] for name in columns]]))
        self.log.flush(self._epoch)

    def _own_losses(self) -> dict[str, float]:
        """The losses since the last call: what Keras's running means have gained."""
        means = [metric for metric in self.model.metrics if is_running_loss(metric)]
        sums = {mean.name: np.array([float(mean.total.numpy()), float(mean.count.numpy())]) for mean in means}
        gained = {name: total - self.before.get(name, 0.0) for name, total in sums.items()}
        self.before = sums
        return {name: float(total / count) for name, (total, count) in gained.items() if count}

    @property
    def _epoch(self) -> int:
        steps = self.params.get("steps") or max(self.done, 1)
        return self.done // steps

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Record the epoch, what callbacks before this one did, and the inside."""
        seconds = time.perf_counter() - self.epoch_began
        self.log.flush(epoch + 1)
        values = {**plain_logs(logs or {}), "learning_rate": self.rate, "seconds": seconds}
        self.record("epoch", epoch + 1, self.done, values)
        self._mark_changes(epoch)
        for kind, found in self.probe(epoch + 1) if self.probe is not None else ():
            self.record(kind, epoch + 1, self.done, found)

    def _mark_changes(self, epoch: int) -> None:
        if self.model.stop_training:
            text = f"A callback ended the training after epoch {epoch + 1}."
            self.record("mark", epoch + 1, self.done, {"mark": "stopped", "text": text})

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Record the steps that are left."""
        self.log.flush(self._epoch, now=True)


def is_running_loss(metric: keras.Metric) -> bool:
    """Whether the metric is the mean of the loss, or of one output's, since the epoch began."""
    return isinstance(metric, keras.metrics.Mean) and (metric.name == "loss" or metric.name.endswith("_loss"))
