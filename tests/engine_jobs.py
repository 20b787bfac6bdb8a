"""Functions that the engine's tests run on workers."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from components.graph import GraphError


def add(left: float, right: float) -> float:
    """Their sum."""
    return left + right


def echo(value: Any) -> Any:
    """The same."""
    return value


def process_id() -> int:
    """Of the worker."""
    return os.getpid()


def now(*_: Any) -> float:
    """Seconds since 1970, at which this began."""
    return time.time()


def sleep(seconds: float) -> int:
    """Sleep; the worker's process id."""
    time.sleep(seconds)
    return os.getpid()


def hold(began: str, released: str) -> int:
    """Leave one file and wait for the other; the worker's process id."""
    Path(began).touch()
    while not Path(released).exists():
        time.sleep(0.01)
    return os.getpid()


def refuse() -> None:
    """Raise an error that was written for people."""
    raise GraphError("A graph has no cycles, but a, b wait for one another; remove an edge.")


def crash() -> None:
    """Raise an error that was not."""
    raise RuntimeError("the very first line\nand a second one")


def end_process() -> None:
    """End the worker as the kernel would."""
    os.kill(os.getpid(), 9)


def eat_memory(megabytes: int) -> None:
    """Hold more and more memory."""
    held = []
    for _ in range(megabytes // 50):
        held.append(np.ones(50_000_000, np.uint8))
        time.sleep(0.02)
    time.sleep(60)


def array() -> dict[str, Any]:
    """Plain data with arrays and NumPy numbers in it."""
    words = np.array(["a", "b"])
    return {"points": np.arange(6.0).reshape(2, 3), "words": words, "one": np.float32(1.5), "svg": b"<svg>"}


class Guest:
    """A class that the server does not know."""


def guest() -> Guest:
    """Something that is not plain data."""
    return Guest()


def modules(*names: str) -> list[str]:
    """Which of these are imported in the worker."""
    return [name for name in names if name in sys.modules]


def keras_count() -> int:
    """Parameters of a small model, so that Keras and TensorFlow are really used."""
    import keras

    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    return int(model.count_params())


def train_busily(seconds: float) -> int:
    """Multiply matrices on every core for a while; how often."""
    import tensorflow as tf

    matrix = tf.random.normal((800, 800))
    until, count = time.time() + seconds, 0
    while time.time() < until:
        tf.linalg.matmul(matrix, matrix).numpy()
        count += 1
    return count
