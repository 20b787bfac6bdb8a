"""The live fit: Keras's `fit` in compiled chunks, recorded while it goes and steered between chunks."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from components.graph import Json
from components.training.callbacks import BATCH_HOOKS, TEST_HOOKS, acts_per_epoch, overrides
from components.training.checkpoints import Keeper
from components.training.compiling import Programs, Rows, hold_rows
from components.training.feeding import Split
from components.training.hook_calls import HookCalls
from components.training.options import Options
from components.training.pacing import Pacer
from components.training.recording import StepLog, forget_epochs, learning_rate_of, own_losses, plain_logs
from components.training.regularising import penalties_of
from components.training.remembering import Memory
from components.training.steering import Steering, steered_of
from components.training.witnessing import Act, Acts

SURFACE_EVERY = 0.06
"""Seconds between two records of the surface."""

WAIT = 0.005
"""Seconds between two looks while paused."""


def train_model(
    model: keras.Model,
    data: Mapping[str, Split],
    *,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    **options: Any,
) -> keras.callbacks.History:
    """Train a compiled model as `fit` does, faster, and return the same History.

    `data` has "train" and may have "validation", each `(x, y)` or `(x, y, sample_weight)`. The options are those of
    `Options`, `epochs` at least. Where there is a `control` and no `shelf`, states are kept in memory.
    """
    if options.get("control") and options.get("shelf") is None:
        options["shelf"] = {}
    return LiveFit(model, data, Options(**options), callbacks).run()


class LiveFit:
    """One fit: its programs, where it stands, and whom it tells."""

    def __init__(
        self,
        model: keras.Model,
        data: Mapping[str, Split],
        options: Options,
        callbacks: Sequence[keras.callbacks.Callback] = (),
        programs: Programs | None = None,
    ) -> None:
        """`programs` are those of an earlier fit of the same model on the same data, to be run again."""
        self.model, self.options = model, options
        self.epochs, self.epoch = options.epochs, options.initial_epoch
        self.nan_stoppers = [c for c in callbacks if isinstance(c, keras.callbacks.TerminateOnNaN)]
        self.programs = programs or self.compile(data)
        self.train, self.validation = self.programs.train, self.programs.validation
        self.pacer = Pacer(self.programs, options.compilation, options.announce)
        self.listen_with(callbacks)
        self.record, self.log = options.record, StepLog(options.record)
        self.steering = Steering(options.control, self.train.steps, self.obey)
        steered = steered_of(options.loss_weights, options.regularisation)
        memory = Memory(self.acts.callbacks)
        monitor = "loss" if self.validation is None else "val_loss"
        self.keeper = Keeper(model, options.shelf, monitor, steered, memory, options.elder)
        self.keeper.resume(options.earlier)
        self.had_nan = False
        self.jump: int | None = None
        self.rate: float | None = None
        self.idle = self.trained = self.probed = self.drawn = 0.0

    def compile(self, data: Mapping[str, Split]) -> Programs:
        """The programs for this data."""
        options = self.options
        validation = hold_rows(data["validation"], options.batch_size) if data.get("validation") else None
        points = None if options.surface is None else tf.constant(options.surface.points(), keras.config.floatx())
        return Programs(
            self.model,
            hold_rows(data["train"], options.batch_size),
            validation,
            surface=points,
            stop_on_nan=bool(self.nan_stoppers),
            exact=options.compilation == "graph",
        )

    def listen_with(self, callbacks: Sequence[keras.callbacks.Callback]) -> None:
        """Who is called at the hooks; what they do is seen, and how often they are called is counted."""
        self.counters = [callback for callback in callbacks if isinstance(callback, HookCalls)]
        others = [callback for callback in callbacks if callback not in self.counters]
        watchers = [callback for callback in others if not acts_per_epoch(callback)]
        self.batch_hooks, self.test_hooks = overrides(watchers, BATCH_HOOKS), overrides(watchers, TEST_HOOKS)
        self.has_callbacks = bool(others)
        self.acts = Acts(self.model, others, lambda: self.read_rate() if self.has_settable_rate else None)
        self.callbacks = keras.callbacks.CallbackList(
            [*self.acts.witnessed(), *self.counters],
            add_history=True, model=self.model, verbose=0, epochs=self.epochs, steps=self.train.steps,
        )  # fmt: skip

    # The course of a fit

    def run(self) -> keras.callbacks.History:
        """Train to the end; Keras's History, in the form of `fit`'s."""
        self.model.stop_training = False
        if self.model.optimizer is not None:
            self.model.optimizer.build(self.model.trainable_variables)
        self.callbacks.on_train_begin()
        self.tell_acts(self.keeper.recall(self.epoch))
        self.keeper.keep(self.epoch)
        logs: dict[str, Any] | None = None
        while self.epoch < self.epochs and not self.steering.ends and not self.model.stop_training:
            logs = self.run_epoch(self.epoch) or logs
        self.log.flush(self.epoch, now=True)
        if self.model.optimizer is not None and self.epochs > 0:
            self.model.optimizer.finalize_variable_values(self.model.trainable_weights)
        self.callbacks.on_train_end(logs)
        self.tell_acts(self.acts.restored(self.epoch))
        self.keeper.save(self.epoch)
        return self.model.history

    def run_epoch(self, epoch: int) -> dict[str, Any] | None:
        """One epoch as `fit` runs it; its logs, or None when it was left before its end."""
        began, idle = time.perf_counter(), self.idle
        self.callbacks.on_epoch_begin(epoch)
        logs = self.train_epoch(epoch)
        if logs is None:
            return None
        if self.validation is not None:
            logs |= {f"val_{name}": value for name, value in self.validate(self.validation).items()}
        seconds = time.perf_counter() - began - (self.idle - idle)
        self.trained += seconds
        self.pacer.note_epoch(seconds, "whole" in self.result, self.epochs - epoch - 1)
        self.end_epoch(epoch, logs, seconds)
        return logs

    def train_epoch(self, epoch: int) -> dict[str, Any] | None:
        """The epoch's steps; its training logs, or None when a person ended it or went back."""
        order, step, before = self.order_of(epoch), 0, None
        self.result: dict[str, Any] = {}
        self.epoch_began = time.perf_counter()
        while step < self.train.steps and not self.model.stop_training:
            self.listen(step)
            if self.steering.ends or self.jump is not None:
                self.epoch, self.jump = self.epoch if self.jump is None else self.jump, None
                return None
            whole = self.pacer.run_whole(order) if self.may_run_whole(step) else None
            if whole:
                self.count("train", int(whole["done"]))
            self.result = whole or self.run_chunk(order, step)
            before = self.take_in(self.result, epoch, step, before)
            step = int(self.result["done"])
        return plain_logs(self.result["logs"])

    def order_of(self, epoch: int) -> tf.Tensor:
        """The order of the rows in that epoch, int32 [rows]."""
        rows = np.arange(self.train.count, dtype=np.int32)
        if self.options.shuffle:
            np.random.default_rng((self.options.seed, epoch)).shuffle(rows)
        return tf.constant(rows)

    @property
    def done(self) -> int:
        """Steps done before this epoch."""
        return self.epoch * self.train.steps

    # Chunks

    def may_run_whole(self, step: int) -> bool:
        """Whether nothing asks for a stop within the epoch."""
        nan_may_end_it = bool(self.nan_stoppers) and bool(self.train.rest)
        if step or self.batch_hooks or self.test_hooks or nan_may_end_it:
            return False
        return self.steering.allowed(self.done, self.train.steps) == self.train.steps

    def run_chunk(self, order: tf.Tensor, step: int) -> dict[str, Any]:
        """As many steps as fit into the time between two looks at the controls; one where callbacks ask for each."""
        last = step + self.steering.allowed(self.done + step, min(self.pacer.chunk, self.train.steps - step))
        began = time.perf_counter()
        if self.batch_hooks:
            self.callbacks.on_train_batch_begin(step)
        result = self.pacer.run_chunk(order, step, last)
        if self.batch_hooks:
            self.callbacks.on_train_batch_end(step, plain_logs(result["logs"]))
        else:
            now = time.perf_counter()
            steps = int(result["done"]) - step
            self.count("train", steps)
            self.pacer.adapt(now - began, steps, now - self.epoch_began, self.epochs - self.epoch)
        return result

    def take_in(self, result: dict[str, Any], epoch: int, step: int, before: Any) -> Any:
        """Record a chunk's steps; its last row."""
        table, columns = result["table"], self.programs.columns
        self.log.add(columns, self.done + step + 1, own_losses(columns, table, step, before))
        self.log.flush(epoch)
        if not np.isfinite(table[:, 0]).all():
            self.meet_nan(table, step, result["logs"])
        return table[-1]

    def meet_nan(self, table: np.ndarray, step: int, logs: Mapping[str, Any]) -> None:
        """Say once that the loss is no number any more, and let TerminateOnNaN end the fit where it was chosen."""
        step += int(np.flatnonzero(~np.isfinite(table[:, 0]))[0])
        if not self.had_nan:
            at = self.done + step + 1
            self.mark("nan", f"The loss is no longer a number since step {at}; try a lower learning rate.")
        self.had_nan = True
        for callback in () if self.batch_hooks else self.nan_stoppers:
            callback.on_batch_end(step, {"loss": float(logs["loss"])})
            self.acts.epoch = self.epoch + 1
            self.acts.end(type(callback).__name__)

    def count(self, kind: str, batches: int) -> None:
        """So many batches went by without their hooks being called."""
        for counter in self.counters:
            counter.pass_batches(kind, batches)

    # The end of an epoch

    def validate(self, rows: Rows) -> dict[str, Any]:
        """The metrics on the validation data, with Keras's hooks."""
        self.callbacks.on_test_begin()
        if "validation" in self.result:
            logs = plain_logs(self.result["validation"])
        else:
            logs = plain_logs(self.evaluate_singly(rows) if self.test_hooks else self.pacer.evaluate(rows))
        if not self.test_hooks:
            self.count("test", rows.steps)
        self.callbacks.on_test_end(logs)
        return logs

    def evaluate_singly(self, rows: Rows) -> dict[str, Any]:
        """The validation metrics batch by batch, since a callback wants to be called around each."""
        logs: dict[str, Any] = {}
        for step in range(rows.steps):
            self.callbacks.on_test_batch_begin(step)
            logs = self.programs.evaluate(tf.constant(step), tf.constant(step + 1))
            self.callbacks.on_test_batch_end(step, plain_logs(logs))
        return logs

    def end_epoch(self, epoch: int, logs: dict[str, Any], seconds: float) -> None:
        """Call the hooks, record the epoch and what callbacks did, look inside, and keep the state."""
        rate = self.read_rate()
        self.acts.begin(epoch + 1, rate)
        self.callbacks.on_epoch_end(epoch, logs)
        self.epoch += 1
        self.log.flush(self.epoch)
        self.tell("epoch", {**logs, "learning_rate": rate, "seconds": seconds})
        self.tell_losses()
        self.tell_acts(self.acts.take())
        self.keeper.note(self.epoch, logs)
        self.keeper.keep(self.epoch)
        self.draw()
        self.look_inside()

    def tell(self, kind: str, values: Json) -> None:
        """Record something at this epoch."""
        self.record(kind, self.epoch, self.done, values)

    def tell_losses(self) -> None:
        """Record what the losses count for, and what the penalties add, where a person may change it."""
        values: dict[str, Any] = {}
        weights = self.options.loss_weights
        if weights:
            values["weights"] = {name: float(variable.numpy()) for name, variable in weights.items()}
        if self.options.regularisation is not None:
            values["penalty"] = float(self.penalties().numpy())
        if values:
            self.tell("losses", values)

    @cached_property
    def penalties(self) -> Callable[[], tf.Tensor]:
        """The sum of the penalties on the weights."""
        return penalties_of(self.model)

    def mark(self, mark: str, text: str, **more: Any) -> None:
        """Record an event for the curve."""
        self.tell("mark", {"mark": mark, "text": text, **more})

    def tell_acts(self, acts: Iterable[Act], at: int | None = None) -> None:
        """Mark what callbacks did; that they ended what was at its end anyway is nothing to tell."""
        for mark, text, more in acts:
            if mark != "stopped" or self.epoch < self.epochs:
                epoch = more.get("epoch", self.epoch if at is None else at)
                self.record("mark", epoch, epoch * self.train.steps, {"mark": mark, "text": text, **more})

    def draw(self) -> None:
        """Record the surface some times a second, and after the last epoch."""
        surface, now = self.options.surface, time.perf_counter()
        if surface is None or (now - self.drawn < SURFACE_EVERY and self.epoch != self.epochs):
            return
        values = self.result["surface"] if "surface" in self.result else self.programs.draw()
        self.drawn = now
        self.tell("surface", surface.pack([output.numpy() for output in values]))

    def look_inside(self) -> None:
        """Let the probes look, as long as they take no more than their share of the time."""
        last = self.epoch == self.epochs or self.model.stop_training
        share = self.options.probe_share
        if share is not None and self.probed > share * self.trained and not last:
            return
        began = time.perf_counter()
        for probe in self.options.probes:
            for kind, values in probe(self.epoch, last):
                self.tell(kind, values)
        self.probed += time.perf_counter() - began if self.epoch > self.options.initial_epoch + 1 else 0.0

    # What a person asks

    def listen(self, step: int) -> None:
        """Carry out what was asked since the last chunk; wait here while paused."""
        self.steering.look(self.done + step)
        if not self.steering.is_paused(self.done + step):
            return
        began = time.perf_counter()
        self.log.flush(self.epoch, now=True)
        for counter in self.counters:
            counter.tell()
        self.mark("paused", f"Paused in epoch {self.epoch + 1}.")
        while self.steering.is_paused(self.done + step) and self.jump is None:
            time.sleep(WAIT)
            self.steering.look(self.done + step)
        self.idle += time.perf_counter() - began
        if not self.steering.ends and self.jump is None:
            self.mark("resumed", f"Went on in epoch {self.epoch + 1}.")

    def obey(self, command: str, value: Any) -> None:
        """Carry out a command that is more than where to pause."""
        commands = {
            "learning_rate": self.set_learning_rate,
            "loss_weights": self.set_loss_weights,
            "regularisation": self.set_regularisation,
            "rewind": self.go_back,
            "restart": lambda _: self.go_back(0),
        }
        if command in commands:
            commands[command](value)

    @cached_property
    def has_settable_rate(self) -> bool:
        """Whether the learning rate is a number, and no schedule."""
        optimizer = self.model.optimizer
        return optimizer is not None and isinstance(optimizer.get_config().get("learning_rate"), float)

    def read_rate(self) -> float | None:
        """The learning rate; read once as long as neither a schedule nor a callback can change it."""
        if self.rate is None or self.has_callbacks or not self.has_settable_rate:
            self.rate = learning_rate_of(self.model)
        return self.rate

    def set_learning_rate(self, value: Any) -> None:
        """From the next step on, unless the rate follows a schedule."""
        if not self.has_settable_rate:
            self.mark("learning_rate", "The learning rate follows a schedule and stays on it.")
            return
        self.model.optimizer.learning_rate = float(value)
        self.rate = None
        self.mark("learning_rate", f"The learning rate was set to {float(value):.3g}.", value=float(value))

    def set_loss_weights(self, value: Mapping[str, float]) -> None:
        """From the next step on, for the outputs that have a weight."""
        for output, weight in value.items():
            if output in self.options.loss_weights:
                self.options.loss_weights[output].assign(float(weight))
        weights = {name: float(variable.numpy()) for name, variable in self.options.loss_weights.items()}
        told = ", ".join(f"{name} {weight:g}" for name, weight in weights.items())
        self.mark("loss_weights", f"Loss weights: {told or 'there are none to set in this fit'}.", value=weights)

    def set_regularisation(self, value: Any) -> None:
        """How strongly penalties count from the next step on, 1 being as they were chosen."""
        if self.options.regularisation is None:
            self.mark("regularisation", "This network has no penalty on its weights to strengthen or weaken.")
            return
        self.options.regularisation.assign(float(value))
        self.mark("regularisation", f"Regularisation counts {float(value):.3g} times from here.", value=float(value))

    def go_back(self, value: Any) -> None:
        """To the last kept state that is no later than epoch `value`, to go on from there."""
        back = self.keeper.go_back(int(value))
        if back is None:
            self.mark("rewound", f"No state at or before epoch {value} was kept; the fit goes on.")
            return
        self.jump, acts = back
        self.rate = None
        self.log.forget()
        forget_epochs(self.model.history, self.jump)
        self.steering.went_back(self.jump * self.train.steps)
        self.tell_acts([("rewound", f"Back to epoch {self.jump}.", {}), *acts], at=self.jump)
