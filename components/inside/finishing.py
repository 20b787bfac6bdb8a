"""Finishing: a run that was ended from outside has its event files finished by a job of their own."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from components.engine import RunKeeper

logger = logging.getLogger(__name__)

FINISH = "components.inside.event_files.finish_events_job"


class FinishingKeeper:
    """What the engine tells of its jobs, told on; for each run that this puts an end to `finish` is called with its id.

    A run that ends by itself has finished its files already, and is put no end to here.
    """

    def __init__(self, keeper: RunKeeper, finish: Callable[[str], None]) -> None:
        self._keeper, self._finish_files = keeper, finish

    def end_run(self, run_id: str, state: str, message: str) -> bool:
        """Put an end to a run that still counts as active."""
        ended = self._keeper.end_run(run_id, state, message)
        if ended:
            self._finish(run_id)
        return ended

    def beat(self, run_ids: Iterable[str]) -> None:
        """Note that these runs are alive."""
        self._keeper.beat(run_ids)

    def lose_silent_runs(self, message: str, silence: float = 30.0) -> list[str]:
        """Mark the runs lost of which nothing was heard for so many seconds."""
        lost = self._keeper.lose_silent_runs(message, silence)
        for run_id in lost:
            self._finish(run_id)
        return lost

    def _finish(self, run_id: str) -> None:
        try:
            self._finish_files(run_id)
        except Exception as error:
            logger.warning("The event files of a run are not finished: %s", error)


def files_key(run_id: str) -> str:
    """The key of the job that finishes a run's files."""
    return f"{run_id}/events"
