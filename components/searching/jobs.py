"""Jobs of studies: handed to the engine, a seat each, and handed over again when the server that ran them was ended."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from components.limits import limits_from_environment
from components.runs import Run

if TYPE_CHECKING:
    from components.engine import Engine
    from components.store import Store

logger = logging.getLogger(__name__)

STUDY = "components.searching.tuning.study_job"

RETRIES = 3
"""How often a seat is taken again after its worker died: a trial may be what killed it."""

MOST_RESUMED = 3
"""How often a study goes on by itself after its server was ended; a person may resume it as often as they like."""

MOST_ON_CLUSTER = 16

RESUMED = "The engine was ended while this searched; it goes on from where it stood."


def workers_reached() -> int:
    """How many trials can train at the same time: as many as this machine runs jobs, or the cluster may."""
    if os.environ.get("DASK_SCHEDULER_ADDRESS"):
        return MOST_ON_CLUSTER
    return limits_from_environment().workers_here


def begin_study(engine: Engine, store: Store, run: Run) -> None:
    """Hand a queued study to the engine. ValueError while one of its seats is still taken."""
    seats = max(1, min(run.experiment["search"].get("at_once", 1), workers_reached()))
    keys = keys_of(run.id)
    if any(engine.status(key) in ("queued", "running") for key in keys):
        raise ValueError("A part of this search is still ending; wait a moment and resume it then.")
    seconds = limits_from_environment().seconds
    for seat, key in enumerate(keys[:seats]):
        engine.submit(STUDY, store.url, run.id, seat, seats, key=key, seconds=seconds, retries=RETRIES)


def keys_of(run_id: str) -> list[str]:
    """The keys under which the jobs of a study may be known to the engine, by seat."""
    return [run_id, *(f"{run_id}/{seat}" for seat in range(1, MOST_ON_CLUSTER))]


class StudyKeeper:
    """The store as the engine tells it of its jobs; a study that was lost with its server is begun again."""

    def __init__(self, store: Store, begin: Callable[[Run], None]) -> None:
        self._store, self._begin = store, begin

    def end_run(self, run_id: str, state: str, message: str) -> bool:
        """Put an end to a run that still counts as active."""
        return self._store.end_run(run_id, state, message)

    def beat(self, run_ids: Iterable[str]) -> None:
        """Note that these runs are alive."""
        self._store.beat(run_ids)

    def lose_silent_runs(self, message: str, silence: float = 30.0) -> list[str]:
        """Mark the runs lost of which nothing was heard for so many seconds; what of them are studies go on."""
        lost = self._store.lose_silent_runs(message, silence)
        for run_id in lost:
            try:
                self._resume(self._store.run(run_id))
            except Exception as error:
                logger.warning("A lost study was not resumed: %s", error)
        return lost

    def _resume(self, run: Run) -> None:
        """Begin a lost study again, unless a person had paused it, or it was lost too often."""
        asked = [control.command for control in self._store.controls(run.id)]
        times = len(self._store.claims(run.id, "resumed/"))
        if "search" not in run.experiment or asked[-1:] == ["pause"] or times >= MOST_RESUMED:
            return
        if self._store.claim(run.id, f"resumed/{times}"):
            self._store.update_run(run.id, state="queued", message=RESUMED)
            try:
                self._begin(run)
            except Exception as error:
                self._store.end_run(run.id, "lost", str(error))
