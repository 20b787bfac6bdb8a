"""XLA behind a running fit's back: compiled aside, tried against the graph programs, kept where it is faster."""

from __future__ import annotations

import logging
import os
import sys
import threading
import time

import keras
import tensorflow as tf

from components.training.compiling import Program, Programs
from components.training.recurring import is_recurrent, layers_of

logger = logging.getLogger(__name__)

TRIALS = 3
"""Measurements of each kind before one is chosen."""

GAIN = 0.95
"""XLA is kept when it needs at most this share of the graph programs' time."""

WORTH_COMPILING, RECURRENT = 4.0, 40.0
"""Seconds of training still to come that make it worth compiling. Written-out recurrences take the compiler a quarter of a
minute beside the training, which goes a quarter slower meanwhile, and a quarter faster after it."""

COMPILER = "xla"
"""The name of the thread that compiles."""

SHORT_EPOCH = 0.15
"""Seconds that an epoch may take as a graph to be compiled as one program."""

# Measured on CPUs: XLA's convolutions take three to seven times as long, and as many seconds to compile.
SLOW_UNDER_XLA = ("Conv",)


def may_gain(model: keras.Model) -> bool:
    """Whether XLA has a chance on this machine: not with convolutions on a CPU."""
    if tf.config.list_physical_devices("GPU"):
        return True
    return not any(name in type(layer).__name__ for layer in layers_of(model) for name in SLOW_UNDER_XLA)


class Accelerator:
    """Compiles a fit's programs under XLA in a thread of its own, and finds by measuring which are faster.

    `compilation` is "graph" (never XLA), "xla" (as soon as it is compiled) or "auto" (when it is measured faster).
    `programs` is None until XLA's are ready for a trial, and again when they lost it.
    """

    def __init__(self, graph: Programs, compilation: str = "auto") -> None:
        self.graph, self.compilation = graph, compilation
        self.programs: Programs | None = None
        self.whole_epochs = False
        self.thread: threading.Thread | None = None
        self.times: dict[bool, list[float]] = {False: [], True: []}

    def consider(self, epoch_seconds: float, epochs_left: float) -> None:
        """Begin to compile if enough training is to come: whole epochs where they are short, chunks otherwise."""
        if self.thread is not None or self.compilation == "graph":
            return
        model = self.graph.model
        least = RECURRENT if is_recurrent(model) else WORTH_COMPILING
        worth = epoch_seconds * epochs_left >= least and may_gain(model)
        if self.compilation == "xla" or worth:
            self.whole_epochs = epoch_seconds < SHORT_EPOCH
            self.thread = threading.Thread(target=self._compile, name=COMPILER)
            self.thread.start()
        if self.compilation == "xla" and self.thread is not None:
            self.thread.join()

    @property
    def epochs(self) -> Programs | None:
        """The programs with which to run whole epochs."""
        return self.programs if self.whole_epochs else None

    @property
    def chunks(self) -> Programs | None:
        """The programs with which to run chunks of steps."""
        return None if self.whole_epochs else self.programs

    def note(self, seconds: float, xla: bool) -> None:
        """Take in what a step (or a whole epoch) took; after enough trials give the slower programs up."""
        if self.thread is None or self.compilation == "xla" or len(self.times[True]) >= TRIALS:
            return
        self.times[xla].append(seconds)
        if len(self.times[True]) >= TRIALS and min(self.times[True]) > GAIN * min(self.times[False][-TRIALS:]):
            self.programs = None

    def _compile(self) -> None:
        give_way()
        try:
            self.programs = self._compiled()
        except Exception as error:  # XLA refuses some operations, each with an error of its own
            logger.info("This model trains without XLA: %s", str(error).split("\n")[0])

    def _compiled(self) -> Programs:
        graph = self.graph
        programs = Programs(
            graph.model,
            graph.train,
            graph.validation,
            surface=graph.surface,
            stop_on_nan=graph.stop_on_nan,
            exact=graph.exact,
            xla=True,
        )
        programs.columns = graph.columns
        order, zero = tf.range(graph.train.count), tf.constant(0)
        if self.whole_epochs:
            compile_aside(programs.epoch, order)
            return programs
        compile_aside(programs.advance, order, zero, zero)
        if graph.validation is not None:
            compile_aside(programs.evaluate, zero, zero)
        return programs


def give_way() -> None:
    """Let the training go first: on Linux this thread, and the compiler's own that it starts, get what is left over."""
    if hasattr(os, "PRIO_PROCESS") and sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 19)


def compile_aside(program: Program, *args: tf.Tensor) -> None:
    """Compile a program by running it on copies of its variables.

    XLA locks the variables of a program while it compiles it, and the fit goes on with them meanwhile. What was
    compiled for the copies is used for the originals: XLA does not tell variables of the same shape apart.
    """
    traced = program.traced
    copies = {id(variable.handle): tf.Variable(variable) for variable in traced.graph.variables}
    captured = [copies[id(held)].handle if id(held) in copies else held for held in traced.captured_inputs]
    began = time.perf_counter()
    traced._call_flat(list(args), captured)
    logger.debug("XLA compiled a program in %.2f s", time.perf_counter() - began)
