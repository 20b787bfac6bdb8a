"""Seeding: the same seed gives the same weights, whatever else goes on in the process.

Keras draws the seeds of initializers and of dropout from Python's generator, which all threads of a process share:
those of a server's, a worker's or a notebook's own draw from it too. A build draws from one of its thread's own.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import keras
from keras.src.random import seed_generator


class ThreadsOwn(threading.local):
    """In the place of Python's generator for Keras: the thread's own while it builds, otherwise the shared one."""

    own: random.Random | None = None

    def randint(self, least: int, most: int) -> int:
        """As `random.randint`."""
        return (self.own or random).randint(least, most)


drawn = ThreadsOwn()
seed_generator.python_random = drawn


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """What is made meanwhile has the seeds that it has after `keras.utils.set_random_seed(seed)` in a quiet process."""
    keras.utils.set_random_seed(seed)
    drawn.own = random.Random(seed)
    try:
        yield
    finally:
        drawn.own = None
