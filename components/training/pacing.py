"""The steps of a fit at their fastest: which programs run them, and how many between two looks at the controls."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import tensorflow as tf

from components.training.accelerating import Accelerator
from components.training.compiling import Program, Programs, Rows

CHUNK = 0.03
"""Seconds of training between two looks at the controls."""

LONG_EPOCH = 2.0
"""Seconds of an epoch after which XLA is considered before its end."""


COMPILING = "The training step is being compiled: the curve goes on in a moment."

Announce = Callable[[str], None]
"""Says why nothing moves; an empty text when it does again."""


class Pacer:
    """Runs steps by graph or XLA programs, and adapts the number of steps in a chunk to the time they take.

    `compilation` is "graph", "xla" or "auto", see `Accelerator`.
    """

    def __init__(self, programs: Programs, compilation: str, announce: Announce = lambda text: None) -> None:
        self.programs, self.train, self.announce = programs, programs.train, announce
        self.accelerator = Accelerator(programs, compilation)
        self.chunk = 1
        self._ran = False
        self._compiling = 0.0

    def run_whole(self, order: tf.Tensor) -> dict[str, Any] | None:
        """A whole epoch with its validation in one XLA program; None where there is no such program (yet)."""
        programs = self.accelerator.epochs
        if programs is None:
            return None
        result = dict(programs.epoch(order))
        return {**result, "table": result["table"].numpy(), "whole": True}

    def run_chunk(self, order: tf.Tensor, step: int, last: int) -> dict[str, Any]:
        """The steps from `step` to `last`, the fit's very first one uncompiled: it is ready sooner.

        To promise the same bits as `fit`, "graph" compiles that one too.
        """
        if not self._ran and self.accelerator.compilation != "graph":
            self._ran = True
            result = self.programs.step_eagerly(order)
            return {**result, "table": result["table"].numpy()}
        programs = (self.accelerator.chunks if step < self.train.full else None) or self.programs
        if programs.finishes_at(step):
            with self.waiting_for(programs.finish):
                result = dict(programs.finish(order))
            return {**result, "table": result["table"].numpy()}
        began = time.perf_counter()
        with self.waiting_for(programs.advance):
            result = dict(programs.advance(order, tf.constant(step), tf.constant(last)))
        taken = int(result["done"]) - step
        if not self.accelerator.whole_epochs:
            self.accelerator.note((time.perf_counter() - began) / taken, programs.xla)
        # The rows of XLA's table are those of the whole epoch.
        start = step if programs.xla else 0
        return {**result, "table": result["table"].numpy()[start : start + taken]}

    @contextmanager
    def waiting_for(self, program: Program) -> Iterator[None]:
        """Say what takes so long while the program runs for the first time, and keep it apart from what training takes."""
        if program.is_traced:
            yield
            return
        self.announce(COMPILING)
        began = time.perf_counter()
        yield
        self._compiling += time.perf_counter() - began
        self.announce("")

    def adapt(self, seconds: float, steps: int, in_epoch: float, epochs_left: int) -> None:
        """Choose the next chunk from what the last one took; `in_epoch` seconds have passed in this epoch."""
        wanted = int(steps * CHUNK / max(seconds, 1e-6))
        self.chunk = max(1, min(wanted, 4 * self.chunk))
        if in_epoch - self._compiling > LONG_EPOCH:
            self.accelerator.consider(self.train.steps * seconds / steps, epochs_left)

    def note_epoch(self, seconds: float, whole: bool, epochs_left: int) -> None:
        """Take in how long an epoch took, and whether XLA ran it whole; perhaps begin to compile."""
        seconds, self._compiling = seconds - self._compiling, 0.0
        self.accelerator.consider(seconds, epochs_left)
        if self.accelerator.whole_epochs:
            self.accelerator.note(seconds, xla=whole)

    def evaluate(self, rows: Rows) -> dict[str, Any]:
        """The metrics on validation rows: under XLA over the batches of full size, the last one as a graph."""
        faster, full, steps = self.accelerator.chunks, rows.full, rows.steps
        if faster is None or not full:
            with self.waiting_for(self.programs.evaluate):
                return self.programs.evaluate(tf.constant(0), tf.constant(steps))
        logs = faster.evaluate(tf.constant(0), tf.constant(full))
        return self.programs.evaluate(tf.constant(full), tf.constant(steps)) if full < steps else logs
