"""Seats: the workers that run one study together, and how they learn that one of them is gone."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from components.runs import NoSuchRun
from components.store import Store, StoreError

logger = logging.getLogger(__name__)

BEAT = 2.0
"""Seconds between two signs of life."""

SILENCE = 30.0
"""Seconds without one after which a worker counts as gone, and what it trained as interrupted."""


class Seats:
    """One of `count` seats at a study, numbered from 0. A sign of life is a number that grows: clocks may differ."""

    def __init__(self, store: Store, run_id: str, mine: int = 0, count: int = 1) -> None:
        self.mine, self._count = mine, count
        self._store, self._run_id = store, run_id
        self._left = threading.Event()
        self._heard: dict[int, tuple[int | None, float]] = {}

    @property
    def several(self) -> bool:
        """Whether there are others at all."""
        return self._count > 1

    def are_mine(self, seat: int) -> bool:
        """Whether this worker answers for what was begun at a seat: its own, and the first for those that are no more."""
        return seat == self.mine or (self.mine == 0 and seat >= self._count)

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Give signs of life meanwhile, if there is somebody to give them to."""
        beating = threading.Thread(target=self._beat_on, name="seat", daemon=True)
        if self.several:
            beating.start()
        try:
            yield
        finally:
            self._left.set()
            if self.several:
                beating.join()

    def _beat_on(self) -> None:
        count = 0
        self._say(count)
        while not self._left.wait(BEAT):
            count += 1
            self._say(count)

    def _say(self, count: int) -> None:
        name = f"seat/{self.mine}"
        try:
            if not self._store.claim(self._run_id, name, count):
                self._store.note_claim(self._run_id, name, count)
        except (NoSuchRun, StoreError) as error:
            logger.warning("No sign of life could be given: %s", error)

    def is_silent(self, seat: int) -> bool:
        """Whether nothing new was heard of another seat for so long that it counts as gone.

        Time is this worker's own, which stands still while the machine sleeps.
        """
        if seat == self.mine:
            return False
        said = self._store.claims(self._run_id, f"seat/{seat}").get(f"seat/{seat}")
        known, since = self._heard.setdefault(seat, (said, time.monotonic()))
        if said != known:
            self._heard[seat] = (said, time.monotonic())
        return said == known and time.monotonic() - since > SILENCE
