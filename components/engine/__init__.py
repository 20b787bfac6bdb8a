"""The engine as the server sees it: short calls and long jobs, run elsewhere by functions' dotted names.

Importing this costs nothing: Dask is imported by the engine's own thread, once there is something to speak to.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
import os
import threading
import time
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from components.engine.host import Cluster, Host, HostFailed, Process
from components.engine.process import Settings, main
from components.engine.queue import Job, JobQueue, sentence_of
from components.engine.reporting import SILENT, Reporter, RunKeeper
from components.engine.worker import check_allowed

if TYPE_CHECKING:
    from components.engine.link import Link

__all__ = ["PRELOAD", "SILENT", "Engine", "EngineError", "EngineNotReady", "RunKeeper", "start_engine"]

logger = logging.getLogger(__name__)

PRELOAD = (
    "tensorflow",
    "keras",
    "presets",
    "components.building",
    "components.drawing.diagrams",
    "components.training.running",
    "components.inside.projections",
    "components.inside.judging",
    "components.inside.feature_maps",
)
"""What workers import before they are asked for anything."""

ALLOWED = ("components.", "presets.")

STARTING = "The engine is warming up; this takes about fifteen seconds."
LOST = "The engine was lost and is starting again; what was running ended, and what waits will follow."
CLOSED = "The engine was closed."
ENDED = "The engine's process was ended while it did this; try again."
WITHDRAWN = "Stopped while it waited."

PATIENCE = 10.0
"""Seconds in which a job that is asked to stop may do so by itself."""

Result = TypeVar("Result")


class EngineError(Exception):
    """What went wrong in the engine, in a sentence; `kind` is the name of the exception that was raised there."""

    def __init__(self, user_message: str, kind: str = "EngineError") -> None:
        super().__init__(user_message)
        self.user_message = user_message
        self.kind = kind


class EngineNotReady(EngineError):
    """The engine is warming up or gone; the text says which."""


class Engine:
    """Calls and jobs, from any number of threads. `state` is starting, ready or gone; `message` says why not ready.

    It keeps itself alive: a lost engine is started again, and what waits in its queue goes on waiting.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        address: str | None = None,
        allowed: Sequence[str] = (),
        warm: str | None = None,
        store: RunKeeper | None = None,
    ) -> None:
        """Start in the background. `warm` is a function that is called once before the engine counts as ready."""
        self.state = "starting"
        self.message = STARTING
        self.pid: int | None = None
        self._settings = settings
        self._address = address
        self._allowed = (*ALLOWED, *allowed)
        self._warm = warm
        self._link: Link | None = None
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._reporter = Reporter(self._loop, store)
        self._queue = JobQueue(self._loop, self._reporter.note_end)
        self._life: asyncio.Task[None] = self._loop.create_task(self._live())
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
        self._thread.start()

    def wait_until_ready(self, timeout: float | None = None) -> bool:
        """Wait for the engine; whether it is ready."""
        return self._ready.wait(timeout)

    def close(self) -> None:
        """End the engine and all that it runs."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._life.cancel)
            self._thread.join(10)

    # Calls

    def call(self, function: str, *args: Any, timeout: float = 30.0, long: bool = False) -> Any:
        """What the function returns, from the worker that is kept free for calls.

        `long` is for what takes seconds: it has a lane of its own, so that shapes do not wait for projections.
        Raises EngineNotReady, or EngineError for what the function raised or when it took too long.
        """
        check_allowed(function, self._allowed)
        if self.state != "ready":
            raise EngineNotReady(self.message)
        answer = self._await(self._call(function, args, "long" if long else "short", timeout), timeout + 2)
        if "error" in answer:
            raise EngineError(sentence_of(answer), answer["error"])
        return answer["result"]

    def _await(self, work: Coroutine[Any, Any, Result], timeout: float) -> Result:
        """Have the engine's thread do something, and wait for it."""
        asked = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return asked.result(timeout)
        except concurrent.futures.TimeoutError as error:
            asked.cancel()
            raise EngineError(
                f"The engine gave no answer for {timeout:g} seconds; try again.", "TimeoutError"
            ) from error
        except concurrent.futures.CancelledError as error:
            raise EngineNotReady(CLOSED) from error

    async def _call(self, function: str, args: tuple[Any, ...], lane: str, timeout: float) -> dict[str, Any]:
        link = self._link
        if link is None:
            raise EngineNotReady(self.message)
        lost = ""
        # Twice, since the worker may have been dying already when it was asked.
        for _ in range(2):
            worker = await self._find_call_worker(link, besides=lost)
            try:
                return await link.call(worker, function, args, lane, timeout)
            except OSError:
                lost = worker
        raise EngineError(ENDED, "WorkerLost")

    async def _find_call_worker(self, link: Link, besides: str = "", patience: float = 5.0) -> str:
        """Its address; a killed one is back within a second, so wait a little."""
        from components.engine.link import Unreachable, call_worker

        until = time.monotonic() + patience
        while time.monotonic() < until:
            try:
                found = call_worker(await link.workers(), besides)
            except Unreachable as error:
                raise EngineNotReady(LOST) from error
            if found is not None:
                return found
            await asyncio.sleep(0.02)
        raise EngineNotReady("The engine has no worker for this just now; try again.")

    # Jobs

    def submit(self, function: str, *args: Any, key: str, seconds: float | None = None, retries: int = 0) -> None:
        """Queue a job under a key (the id of its run); it is ended after `seconds` of running, if given.

        When its worker dies it is begun again, `retries` times. It may be queued while the engine is starting. Raises
        ValueError while a job of that key is active.
        """
        check_allowed(function, self._allowed)
        if self._life.done():
            raise EngineNotReady(CLOSED)
        self._queue.add(Job(key, function, args, seconds, retries=retries))

    def status(self, key: str) -> str | None:
        """queued, running, done, failed, lost or cancelled; None for a job that is not known here."""
        job = self._queue.find(key)
        return job.status if job else None

    def job(self, key: str) -> Job | None:
        """The job with its status, message and result, or None."""
        return self._queue.find(key)

    def place(self, key: str) -> int | None:
        """The job's place among those that wait: 1 is the next to begin. None when it does not wait."""
        return self._queue.place(key)

    def wait(self, key: str, timeout: float | None = None) -> str | None:
        """Wait for the job's end; its status then."""
        job = self._queue.find(key)
        if job is not None:
            job.ended.wait(timeout)
        return self.status(key)

    def active_keys(self) -> list[str]:
        """Keys of the jobs that wait or run."""
        return [job.key for job in self._queue.with_status("queued", "running")]

    def stop(self, key: str, patience: float = PATIENCE) -> bool:
        """End a job at once if it waits; whether it did.

        One that runs is asked to stop by whoever calls this, and is killed if it has not after so many seconds.
        """
        job = self._queue.find(key)
        if job is None or not job.active or self._life.done():
            return False
        return self._await(self._stop(job, patience), 10)

    async def _stop(self, job: Job, patience: float) -> bool:
        if job.status == "queued":
            await self._queue.end(job, ("cancelled", WITHDRAWN))
            return True
        self._loop.call_later(patience, lambda: self._reporter.hold(self._end_stubborn(job)))
        return False

    async def _end_stubborn(self, job: Job) -> None:
        """Kill a job that did not stop."""
        if job.active and await self._reporter.may_kill(job):
            await self._queue.end(job)

    # Life

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            with suppress(asyncio.CancelledError):
                self._loop.run_until_complete(self._life)
        finally:
            self._loop.run_until_complete(cancel_tasks(self._loop))
            self._loop.close()

    async def _live(self) -> None:
        """Keep an engine: start it, and when it is lost start another, after a while if it fails again and again."""
        beating = self._loop.create_task(self._reporter.beat(self.active_keys))
        failures = 0
        try:
            while True:
                lived = await self._serve()
                failures = 0 if lived else failures + 1
                await asyncio.sleep(min(30.0, 0.5 * 2.0**failures) if failures else 0)
        finally:
            beating.cancel()
            self._set("gone", CLOSED)
            await self._reporter.finish(5)

    async def _serve(self) -> bool:
        """One life of an engine, from its start to its loss; whether it was ever ready."""
        host: Host = Cluster(self._address) if self._address else Process(self._settings)
        try:
            address = await host.start()
            self.pid = host.pid
            await self._serve_at(address, host)
        except HostFailed as error:
            self._set("gone", str(error))
            return False
        finally:
            await host.close()
        return True

    async def _serve_at(self, address: str, host: Host) -> None:
        from components.engine.link import Link, Unreachable

        try:
            link = await Link.open(address, self._allowed, host.local)
        except Unreachable as error:
            raise HostFailed(
                f"No Dask scheduler answers at {address}; start it, or unset DASK_SCHEDULER_ADDRESS."
            ) from error
        serving = self._loop.create_task(self._queue.serve(link))
        try:
            await self._warm_up(link)
            self._link = link
            self._set("ready", "")
            await host.ended(link)
        finally:
            self._set("starting", LOST)
            self._link = None
            serving.cancel()
            self._queue.lose()
            await link.close()

    async def _warm_up(self, link: Link) -> None:
        """Have the function called that makes the first real call quick. That it fails is no reason not to go on."""
        if self._warm is None:
            return
        try:
            worker = await self._find_call_worker(link)
            answer = await link.call(worker, self._warm, (), "short", 120.0)
        except (EngineNotReady, OSError) as error:
            answer = {"error": type(error).__name__, "message": str(error)}
        if "error" in answer:
            logger.error("%s failed: %s", self._warm, answer["message"])

    def _set(self, state: str, message: str) -> None:
        self.message = message
        self.state = state
        if state == "ready":
            self._ready.set()
        else:
            self._ready.clear()


async def cancel_tasks(loop: asyncio.AbstractEventLoop) -> None:
    """Cancel what still runs in the loop, and wait for it."""
    tasks = [task for task in asyncio.all_tasks(loop) if task is not asyncio.current_task()]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def start_engine(
    home: Path | str,
    preload: Sequence[str] = PRELOAD,
    workers: int = 1,
    *,
    memory: int = 0,
    allowed: Sequence[str] = (),
    warm: str | None = None,
    store: RunKeeper | None = None,
) -> Engine:
    """Start an engine and return at once, while it is still "starting"; its processes end with this one.

    `home` takes its log and scratch files, `workers` is how many jobs run at once, `memory` the most bytes of
    one of them (0: no limit), `allowed` more prefixes of functions' names. The environment's
    `DASK_SCHEDULER_ADDRESS` sends the same calls and jobs to a cluster instead.
    """
    settings = Settings(str(home), tuple(preload), workers, memory)
    address = os.environ.get("DASK_SCHEDULER_ADDRESS") or None
    return Engine(settings, address=address, allowed=allowed, warm=warm, store=store)


if __name__ == "__main__":
    main()
