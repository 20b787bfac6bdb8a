"""The server's connection to one living Dask scheduler: its workers, calls to them, jobs on them.

Imports Dask, which takes a second and more: imported by the engine's thread alone, when there is something
to connect to.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import dask

dask.config.set({"logging.distributed": "critical"})

from distributed import Client, Future  # noqa: E402  (its loggers are set up as it is imported)

from components.engine.process import kill_quietly  # noqa: E402
from components.engine.worker import GRACE, answer_call, answer_job, end_worker_soon, unpack  # noqa: E402

Event = dict[str, Any]

Workers = dict[str, dict[str, Any]]
"""Workers by address; among what is known of each are the resources that it declares, by which it is kept."""


class Unreachable(Exception):
    """There is no scheduler at the address, or not any more."""


class Link:
    """One connection, used from one event loop."""

    def __init__(self, client: Client, allowed: Sequence[str], local: bool) -> None:
        self._client = client
        self._allowed = tuple(allowed)
        self._local = local
        self._topic = f"layerloom-{uuid.uuid4().hex}"

    @classmethod
    async def open(cls, address: str, allowed: Sequence[str], local: bool, timeout: float = 5.0) -> Link:
        """Connect to a scheduler; Unreachable when none answers within `timeout` seconds."""
        client = Client(address, asynchronous=True, set_as_default=False, timeout=timeout)
        try:
            await client
        except OSError as error:
            await client.close()
            raise Unreachable(str(error)) from error
        return cls(client, allowed, local)

    async def close(self) -> None:
        """Let go of the connection, whether or not there is still somebody at its other end."""
        try:
            await asyncio.wait_for(self._client.close(timeout=1), 2)
        except (TimeoutError, OSError):
            return

    def listen(self, on_begin: Callable[[Event], None], on_memory: Callable[[Event], None]) -> None:
        """Have told on which process a job begins, and which process was ended for its memory."""
        self._client.subscribe_topic(self._topic, lambda event: on_begin(event[1]))
        self._client.subscribe_topic("worker-restart-memory", lambda event: on_memory(event[1]))

    async def workers(self) -> Workers:
        """The workers that live; Unreachable when the scheduler is gone."""
        scheduler = self._client.scheduler
        if scheduler is None:
            raise Unreachable("the connection is closed")
        try:
            identity = await asyncio.wait_for(scheduler.identity(n_workers=-1), 30)
        except (OSError, TimeoutError) as error:
            raise Unreachable(str(error)) from error
        return dict(identity["workers"])

    async def call(self, address: str, function: str, args: Sequence[Any], lane: str, timeout: float) -> dict[str, Any]:
        """Run a function in a worker's lane for calls; its answer."""
        asked = (function, args, self._allowed, lane, timeout)
        answers = await self._client.run(answer_call, *asked, workers=[address])
        return unpack(answers[address])

    def start_job(self, function: str, args: Sequence[Any], worker: str) -> Future[Any]:
        """Hand a job to a worker, and to no other: Dask might queue it behind another job.

        The future's key is what tells of its beginning. All have one prefix, of which Dask keeps count for ever.
        """
        key = f"job-{uuid.uuid4().hex}"
        asked = (function, args, self._allowed, self._topic, key)
        return self._client.submit(answer_job, *asked, key=key, pure=False, workers=[worker])

    async def end_job(self, future: Future[Any], worker: str, pid: int) -> None:
        """End a job that runs, by killing its worker; the nanny starts another."""
        await self.end_worker(worker, pid)
        if not self._local:
            # A cluster may wait to run a lost job again, unless it is cancelled; before its worker is gone, the
            # next job would be handed to that one.
            await asyncio.sleep(2 * GRACE)
            await future.cancel()

    async def end_worker(self, worker: str, pid: int) -> None:
        """Kill a worker."""
        if self._local:
            kill_quietly(pid)
        else:
            await self._client.run(end_worker_soon, workers=[worker])


def kept_workers(workers: Workers, kind: str) -> tuple[list[str], list[str]]:
    """Addresses of the workers that are kept for calls or for jobs, and of those that are for anything."""
    kept = [address for address, worker in workers.items() if worker["resources"].get(kind)]
    plain = [address for address, worker in workers.items() if not worker["resources"]]
    return sorted(kept), sorted(plain)


def call_worker(workers: Workers, besides: str = "") -> str | None:
    """The worker for calls, other than the one named, if there is one."""
    kept, plain = kept_workers(workers, "call")
    return next((address for address in kept + plain if address != besides), None)


def job_workers(workers: Workers) -> list[str]:
    """The workers for jobs: those kept for them, or else, on a plain cluster, all but the one for calls."""
    kept, plain = kept_workers(workers, "job")
    return kept or plain[1:] or plain


async def answer_of(future: Future[Any]) -> dict[str, Any]:
    """A job's answer; raises what Dask raises when its worker died."""
    waiting: Awaitable[bytes] = future.result()
    return unpack(await waiting)
