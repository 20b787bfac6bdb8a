"""The jobs that the server has given to the engine: their queue, what became of each, and how one is ended."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Container, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from components.engine.link import Link

logger = logging.getLogger(__name__)

LOST = "The process that ran this was ended from outside; what it recorded is kept."
ENGINE_LOST = "The engine was ended while it ran this; what it recorded is kept."
CANCELLED = "This was ended because it did not stop when asked; what it recorded is kept."

KEPT = 1_000
"""So many ended jobs are remembered."""

MOST_HANDINGS = 3
"""A job whose worker dies before it began is handed over again, but not for ever: it may be the cause."""


@dataclass
class Job:
    """A job under its key, and how it fares: queued, running, done, failed, lost or cancelled."""

    key: str
    function: str
    args: tuple[Any, ...]
    seconds: float | None = None
    status: str = "queued"
    message: str = ""
    result: Any = None
    ended: threading.Event = field(default_factory=threading.Event, repr=False)
    worker: str = ""
    pid: int = 0
    future: Any = field(default=None, repr=False)
    """Set from the moment in which it was handed to Dask."""
    handings: int = 0
    retries: int = 0
    """How often it is begun again when its worker dies: for a job that goes on from what it recorded."""
    verdict: tuple[str, str] | None = None
    """Status and message that it gets when it is ended on purpose."""

    @property
    def active(self) -> bool:
        """Whether it waits or runs."""
        return self.status in ("queued", "running")

    @property
    def is_part(self) -> bool:
        """Whether it is a part of a run's work, under the key `run/part`: a seat at a search, a part of its lab."""
        return "/" in self.key


class JobQueue:
    """Jobs in the order in which they came. `add` and what only reads may be called from any thread.

    A job waits here until a worker is free for it: what a worker holds shares its death.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, on_end: Callable[[Job], None]) -> None:
        self._loop = loop
        self._on_end = on_end
        self._jobs: dict[str, Job] = {}
        self._lock = threading.Lock()
        self._link: Link | None = None
        self._woken = asyncio.Event()
        self._most_workers = 0
        self._cancelled: set[str] = set()
        self._ended_for_memory: dict[int, int] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    # From any thread

    def add(self, job: Job) -> None:
        """Queue a job; ValueError while one of the same key is active."""
        with self._lock:
            before = self._jobs.get(job.key)
            if before is not None and before.active:
                raise ValueError(f"The job {job.key!r} is already {before.status}; wait for its end.")
            self._jobs.pop(job.key, None)
            self._jobs[job.key] = job
            for key in [key for key, old in self._jobs.items() if not old.active][:-KEPT]:
                del self._jobs[key]
        self._loop.call_soon_threadsafe(self._woken.set)

    def find(self, key: str) -> Job | None:
        """The job, or None."""
        return self._jobs.get(key)

    def place(self, key: str) -> int | None:
        """Its place among those that wait, from 1; None when it does not wait."""
        waiting = [job.key for job in self.with_status("queued")]
        return waiting.index(key) + 1 if key in waiting else None

    def with_status(self, *statuses: str) -> list[Job]:
        """The jobs of these statuses, in order."""
        with self._lock:
            return [job for job in self._jobs.values() if job.status in statuses]

    # From the engine's loop

    async def serve(self, link: Link) -> None:
        """Hand jobs over to the workers at the other end of this link, until it is cancelled."""
        from components.engine.link import Unreachable, job_workers

        link.listen(self._note_begin, self._note_memory)
        self._link = link
        self._woken.set()
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), self._pause())
            self._woken.clear()
            if self.with_status("queued", "running"):
                with suppress(Unreachable):
                    workers = await link.workers()
                    self._miss_dead(workers)
                    self._hand_over(link, job_workers(workers))

    def _pause(self) -> float:
        """Seconds until workers are looked for again: soon while a job waits for one that is being restarted."""
        missed = self.with_status("queued") and len(self.with_status("running")) < self._most_workers
        return 0.05 if missed else 1.0

    def _miss_dead(self, workers: Container[str]) -> None:
        """Settle the jobs whose worker is gone: a scheduler that tolerates failures would wait for it to return."""
        for job in self.with_status("queued", "running"):
            if job.future is not None and job.worker not in workers:
                self._spawn(self._settle_lost(job))

    def _hand_over(self, link: Link, workers: Sequence[str]) -> None:
        """Hand as many waiting jobs over as there are workers without one."""
        self._most_workers = max(self._most_workers, len(workers))
        held = {job.worker for job in self.with_status("queued", "running") if job.future is not None}
        free = [worker for worker in workers if worker not in held]
        waiting = [job for job in self.with_status("queued") if job.future is None]
        for job, worker in zip(waiting, free, strict=False):
            job.worker = worker
            job.handings += 1
            job.future = link.start_job(job.function, job.args, worker)
            self._spawn(self._follow(job, job.future))

    async def _follow(self, job: Job, future: Any) -> None:
        """Wait for the end of what was handed over, and note it."""
        from components.engine.link import answer_of

        try:
            answer = await answer_of(future)
        except (Exception, asyncio.CancelledError) as error:
            if job.future is future:
                logger.info("%s was lost: %r", job.key, error)
                await self._settle_lost(job)
        else:
            self._end_with(job, answer)
        self._woken.set()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something in the loop; it is held here, since the loop itself might let go of it."""
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _settle_lost(self, job: Job) -> None:
        if job.future is None:
            return  # It is being settled already, or was begun again.
        job.future = None
        if job.verdict is not None:
            self._end(job, *job.verdict)
        elif job.status == "queued" and job.handings < MOST_HANDINGS:
            logger.info("%s had not begun and is handed over again", job.key)
        else:
            self._end(job, "lost", await self._reason(job))

    async def _reason(self, job: Job) -> str:
        """Why a job was lost: what is told of its memory may come a moment after its death."""
        for _ in range(3):
            if job.pid in self._ended_for_memory:
                gigabytes = self._ended_for_memory[job.pid] / 1e9
                return (
                    f"This was ended because it used {gigabytes:.1f} GB of memory, the most that a job may use; "
                    "make the batches or the model smaller."
                )
            await asyncio.sleep(0.02)
        return LOST

    def _end_with(self, job: Job, answer: dict[str, Any]) -> None:
        if "error" in answer:
            self._end(job, "failed", sentence_of(answer))
        else:
            job.result = answer["result"]
            self._end(job, "done", "")

    def _end(self, job: Job, status: str, message: str) -> None:
        if job.active and status == "lost" and job.retries > 0:
            self._begin_again(job)
        elif job.active:
            job.message = message
            job.status = status
            job.args, job.future = (), None  # Dask keeps an answer as long as somebody holds its future.
            job.ended.set()
            self._on_end(job)

    def _begin_again(self, job: Job) -> None:
        """Let a lost job wait once more, at its old place."""
        logger.info("%s was lost and is begun again", job.key)
        job.retries -= 1
        job.status, job.future, job.worker, job.pid, job.handings = "queued", None, "", 0, 0
        self._woken.set()

    def _note_begin(self, event: dict[str, Any]) -> None:
        """A job has begun: for the first time, or for the second on a cluster that runs lost jobs again."""
        if event["key"] in self._cancelled and self._link is not None:
            self._cancelled.discard(event["key"])
            self._spawn(self._link.end_worker(event["worker"], event["pid"]))
        for job in self.with_status("queued", "running"):
            if job.future is not None and job.future.key == event["key"]:
                again = job.status == "running"
                job.worker, job.pid, job.status = event["worker"], event["pid"], "running"
                if again:
                    self._spawn(self.end(job, job.verdict or ("lost", LOST)))
                elif job.seconds is not None:
                    self._loop.call_later(job.seconds, self._end_overtime, job)

    def _note_memory(self, event: dict[str, Any]) -> None:
        self._ended_for_memory[event["pid"]] = event["rss"]

    def _end_overtime(self, job: Job) -> None:
        minutes = (job.seconds or 0) / 60
        sentence = f"A job may run for {minutes:g} minutes here, and this ran longer; train fewer epochs or fewer rows."
        self._spawn(self.end(job, ("failed", sentence)))

    async def end(self, job: Job, verdict: tuple[str, str] = ("cancelled", CANCELLED)) -> None:
        """End a job at once, with its worker if it runs."""
        if not job.active:
            return
        job.verdict = verdict
        if job.future is None:
            self._end(job, *verdict)
        elif job.status == "queued":
            self._cancelled.add(job.future.key)  # It may begin before the news of it reaches the worker.
            await job.future.cancel()
        elif self._link is not None:
            await self._link.end_job(job.future, job.worker, job.pid)

    def lose(self) -> None:
        """The link is gone: what ran is lost, what waited goes on waiting."""
        self._link = None
        self._most_workers = 0
        for job in self.with_status("queued", "running"):
            job.future = None
            if job.status == "running":
                self._end(job, *(job.verdict or ("lost", ENGINE_LOST)))


def sentence_of(answer: dict[str, Any]) -> str:
    """One sentence for what a function raised. Ours were written for people; of others, the first line."""
    if answer["ours"]:
        return str(answer["message"])
    first = (str(answer["message"]).strip().splitlines() or [""])[0][:300]
    return f"The engine could not do this ({answer['error']}{': ' if first else ''}{first})."
