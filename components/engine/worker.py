"""What runs inside a worker: it finds a function by its dotted name, runs it, and answers in plain data.

The server never unpickles what a worker sends except through `unpack`, which knows plain data and NumPy
arrays alone: so no answer can carry code, and none makes the server import Keras.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import io
import logging
import os
import pickle
import signal
import socket
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

logger = logging.getLogger(__name__)

LANES = {"short": ThreadPoolExecutor(1, "short-call"), "long": ThreadPoolExecutor(1, "long-call")}
"""One thread each: drawing is not thread-safe, and a projection of seconds must not hold up a shape."""

ARRAY_PARTS = {"_frombuffer", "_reconstruct", "dtype", "ndarray", "scalar"}
"""What NumPy's arrays and numbers are pickled with."""

GRACE = 0.1
"""Seconds in which an answer gets away before the worker that gave it is ended."""

NICENESS = 10
"""Jobs give way to calls and to the page where they compete, and have every core where they do not."""


class NotAllowed(ValueError):
    """The dotted name is none that the engine runs."""


# Functions by name


def check_allowed(function: str, allowed: Sequence[str]) -> None:
    """Raise NotAllowed unless the dotted name starts with one of the prefixes and is public."""
    public = not any(part.startswith("_") for part in function.split("."))
    if not public or not function.startswith(tuple(allowed)):
        raise NotAllowed(f"The engine runs functions of {', '.join(allowed)} only, and this is {function!r}.")


def find_function(function: str, allowed: Sequence[str]) -> Callable[..., Any]:
    """The function behind `"package.module.function"`."""
    check_allowed(function, allowed)
    module, _, name = function.rpartition(".")
    found: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return found


# Answers


def answer(function: str, args: Sequence[Any], allowed: Sequence[str]) -> bytes:
    """Run the function; its result, or what it raised, packed.

    The packages it may be of are imported first: presets enter their datasets in a list as they are imported.
    """
    import_modules([prefix.rstrip(".") for prefix in allowed])
    try:
        return pack({"result": find_function(function, allowed)(*args)})
    except Exception as error:
        return pack(describe_error(error, function, allowed))


def describe_error(error: Exception, function: str, allowed: Sequence[str]) -> dict[str, Any]:
    """An exception as plain data. `ours` says that its text was written for people."""
    ours = isinstance(error, NotAllowed) or f"{type(error).__module__}.".startswith(tuple(allowed))
    if not ours:
        logger.error("%s raised", function, exc_info=error)
    return {"error": type(error).__name__, "message": str(error), "ours": ours}


def pack(content: dict[str, Any]) -> bytes:
    """An answer as bytes."""
    return pickle.dumps(content, protocol=5)


def unpack(content: bytes) -> dict[str, Any]:
    """An answer from bytes; an error in its place when it holds anything but plain data and NumPy arrays."""
    try:
        answered: dict[str, Any] = PlainUnpickler(io.BytesIO(content)).load()
    except pickle.UnpicklingError as error:
        return {"error": "UnpicklingError", "message": str(error), "ours": True}
    return answered


class PlainUnpickler(pickle.Unpickler):
    """Loads plain data and NumPy arrays, and no other class or function."""

    def find_class(self, module: str, name: str) -> Any:
        """NumPy's parts of an array; all else is refused."""
        if module.split(".")[0] == "numpy" and name in ARRAY_PARTS:
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"The engine answers with plain data, and this holds a {module}.{name}.")


# The two doors


async def answer_call(function: str, args: Sequence[Any], allowed: Sequence[str], lane: str, timeout: float) -> bytes:
    """Run a call in its lane. One that overstays ends this worker, since a thread cannot be stopped."""
    began = threading.Event()

    def work() -> bytes:
        began.set()
        return answer(function, args, allowed)

    loop = asyncio.get_running_loop()
    try:
        return await asyncio.wait_for(loop.run_in_executor(LANES[lane], work), timeout)
    except TimeoutError:
        if began.is_set():
            end_worker_soon()
            return pack({"error": "TimeoutError", "message": overtime_message(timeout), "ours": True})
        return pack({"error": "TimeoutError", "message": busy_message(timeout), "ours": True})


def overtime_message(seconds: float) -> str:
    """What a person reads when a call took too long."""
    return f"This took longer than {seconds:g} seconds and was ended; try something smaller."


def busy_message(seconds: float) -> str:
    """What a person reads when a call was never begun."""
    return f"The engine was busy with other requests for {seconds:g} seconds; try again."


def answer_job(function: str, args: Sequence[Any], allowed: Sequence[str], topic: str, key: str) -> bytes:
    """Run a job, saying first on which process it began."""
    from distributed import get_worker

    worker = get_worker()
    began = {"key": key, "worker": worker.address, "pid": os.getpid(), "host": socket.gethostname()}
    worker.log_event(topic, began)
    try:
        return answer(function, args, allowed)
    finally:
        forget_models()


def forget_models() -> None:
    """Let go of what Keras keeps of models, so that a thousand jobs need no more memory than one."""
    keras = sys.modules.get("keras")
    if keras is not None:
        keras.utils.clear_session(free_memory=False)
        forget_gradients()
    gc.collect()


def forget_gradients() -> None:
    """Let go of the gradients of graphs that are traced no more.

    TensorFlow registers each custom gradient that a graph uses under a name of its own for ever, and with it the graph:
    every optimizer's sum of gradients over replicas is one. They are looked up while a graph is traced, never at rest.
    """
    ops = sys.modules["tensorflow.python.framework.ops"]
    registered = getattr(getattr(ops, "gradient_registry", None), "_registry", {})  # there is no public way to
    for name in [name for name in registered if name.startswith("CustomGradient-")]:
        del registered[name]


def end_worker() -> None:
    """End this process at once; its nanny starts another."""
    os.kill(os.getpid(), signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)


def end_worker_soon() -> None:
    """The same, when the answer to whoever asked for it is on its way."""
    asyncio.get_running_loop().call_later(GRACE, end_worker)


# Setting a worker up


def dask_setup(worker: Any) -> None:
    """Called by Dask in each new worker, before it offers itself to the scheduler."""
    import dask

    settings = dask.config.get("layerloom", {})
    import_modules(settings.get("preload", ()))
    if settings.get("role") == "job" and hasattr(os, "nice"):
        os.nice(NICENESS)
    warm_tensorflow(settings.get("threads"))
    # What is loaded now stays: without this each full collection walks through all of TensorFlow.
    gc.collect()
    gc.freeze()


def import_modules(names: Sequence[str]) -> None:
    """Import modules early. One that fails is told in the log, and again by the call that needs it."""
    for name in names:
        try:
            importlib.import_module(name)
        except Exception:
            logger.exception("%s cannot be imported", name)


def warm_tensorflow(threads: int | None) -> None:
    """Start TensorFlow's runtime, where it is imported, with so many threads within an operation."""
    tensorflow = sys.modules.get("tensorflow")
    if tensorflow is None:
        return
    if threads:
        tensorflow.config.threading.set_intra_op_parallelism_threads(threads)
    tensorflow.constant([1.0]) + 1.0
