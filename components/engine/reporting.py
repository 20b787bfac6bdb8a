"""What the engine tells the store of its jobs: that they live, how they end, and which runs are silent."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable
from contextlib import suppress
from typing import Any, Protocol

from components.engine.queue import CANCELLED, Job

logger = logging.getLogger(__name__)

SILENT = "Nothing was heard of this run since its engine was ended; what it recorded is kept."

BEAT = 2.0
"""Seconds between two signs of life that the server gives for the jobs it knows of."""

SILENCE = 15.0
"""Seconds after which a run of which nothing was heard counts as lost."""

RUN_STATES = {"done": "finished", "failed": "failed", "lost": "lost", "cancelled": "stopped"}
"""What a run becomes whose job ended without saying so in the store."""


class RunKeeper(Protocol):
    """What the engine tells of its jobs. The store does this; there a job's key is the id of a run."""

    def end_run(self, run_id: str, state: str, message: str) -> bool:
        """Put an end to a run that still counts as active."""

    def beat(self, run_ids: Iterable[str]) -> None:
        """Note that these runs are alive."""

    def lose_silent_runs(self, message: str, silence: float = ...) -> list[str]:
        """Mark the runs lost of which nothing was heard for so many seconds."""


class Reporter:
    """Speaks with the store, where there is one, in threads of its own; called from the engine's loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, store: RunKeeper | None) -> None:
        self._loop, self._store = loop, store
        self._held: set[asyncio.Task[None]] = set()

    async def beat(self, active_keys: Callable[[], list[str]]) -> None:
        """Give signs of life for the jobs that wait or run, and mark the runs of dead engines, for as long as the engine lives."""
        while self._store is not None:
            await asyncio.sleep(BEAT)
            try:
                await asyncio.to_thread(self._store.beat, active_keys())
                await asyncio.to_thread(self._store.lose_silent_runs, SILENT, SILENCE)
            except Exception as error:
                logger.warning("no sign of life could be given: %s", error)

    def note_end(self, job: Job) -> None:
        """A job has ended."""
        if self._store is not None:
            self.hold(self._tell_end(self._store, job))

    async def _tell_end(self, store: RunKeeper, job: Job) -> None:
        """Tell the store; one that is locked just now is told again."""
        for pause in (0.5, 2.0, 8.0, 0.0):
            try:
                await asyncio.to_thread(store.end_run, job.key, RUN_STATES[job.status], job.message)
                return
            except Exception as error:
                logger.warning("the end of %s could not be noted: %s", job.key, error)
                await asyncio.sleep(pause)

    async def may_kill(self, job: Job) -> bool:
        """Whether a job that did not stop is to be ended: not where its run has ended and it only tidies up.

        A part has no run of its own.
        """
        if self._store is not None and not job.is_part:
            with suppress(Exception):
                return await asyncio.to_thread(self._store.end_run, job.key, "stopped", CANCELLED)
        return True

    def hold(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something in the loop, and before the engine closes; held here, since the loop itself might let go of it."""
        task = self._loop.create_task(work)
        self._held.add(task)
        task.add_done_callback(self._held.discard)

    async def finish(self, seconds: float) -> None:
        """Wait so long for what is held."""
        if self._held:
            await asyncio.wait(self._held, timeout=seconds)
