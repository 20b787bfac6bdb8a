"""The engine's own process: a Dask scheduler and its workers on the loopback, which end when their parent does.

Run as `python -m components.engine.process '{"home": …}'`. It tells its progress in lines of JSON on its
standard output (`{"stage": "loaded"}`, then `{"stage": "ready", "address": …}`) and ends when its standard
input closes: the kernel closes it even when the parent was killed.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import sys
import threading
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from distributed import Nanny, Scheduler

logger = logging.getLogger(__name__)

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Settings:
    """How the process runs: where its scratch files go, what is imported early, how many jobs at once.

    `memory` is the limit of one worker in bytes; 0 means none.
    """

    home: str
    preload: tuple[str, ...] = ()
    workers: int = 1
    memory: int = 0

    def to_argument(self) -> str:
        """The settings as the process's one argument."""
        return json.dumps(asdict(self))

    @classmethod
    def from_argument(cls, argument: str) -> Settings:
        """The settings from the process's one argument."""
        return cls(**json.loads(argument))


def main() -> None:
    """Run until the parent is gone."""
    settings = Settings.from_argument(sys.argv[1])
    told = take_over_output()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "DASK_LOGGING__DISTRIBUTED": "warning"}
    nannies: dict[str, Nanny] = {}
    threading.Thread(target=end_with_parent, args=(nannies,), daemon=True).start()
    configure_dask(settings)
    asyncio.run(serve(settings, nannies, told))


def take_over_output() -> TextIO:
    """Keep standard output for our own lines: what workers print goes to the log instead."""
    told = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    return told


def tell(told: TextIO, **line: Any) -> None:
    """One line for the parent."""
    told.write(json.dumps(line) + "\n")


def end_with_parent(nannies: dict[str, Nanny]) -> None:
    """Wait until the parent closes our input, by will or by death, then end all at once.

    The workers would notice by themselves; killing them leaves no moment in which they outlive us.
    """
    while os.read(0, 1024):
        pass
    for nanny in list(nannies.values()):
        if nanny.pid:
            kill_quietly(nanny.pid)
    os._exit(0)


def kill_quietly(pid: int) -> None:
    """Kill a process that may be gone already."""
    with suppress(OSError):
        os.kill(pid, getattr(signal, "SIGKILL", signal.SIGTERM))


def start_method() -> str:
    """A fork server gives back a killed worker in a fifth of a second; only Linux has one that bears TensorFlow."""
    return "forkserver" if sys.platform == "linux" else "spawn"


def configure_dask(settings: Settings) -> None:
    """Dask for one machine and few, long jobs: none is run twice, nothing is spilled, stolen or profiled."""
    import dask

    dask.config.set(
        {
            "temporary-directory": str(Path(settings.home) / "scratch"),
            "distributed.scheduler.allowed-failures": 0,
            "distributed.scheduler.work-stealing": False,
            "distributed.scheduler.active-memory-manager.start": False,
            "distributed.scheduler.http.routes": [],
            "distributed.worker.http.routes": [],
            "distributed.worker.multiprocessing-method": start_method(),
            "distributed.worker.profile.enabled": False,
            "distributed.worker.memory.target": False,
            "distributed.worker.memory.spill": False,
            "distributed.worker.memory.pause": False,
            "distributed.worker.memory.terminate": 0.95,
            "distributed.comm.timeouts.connect": "5s",
            "distributed.admin.tick.limit": "1h",
        }
    )


async def serve(settings: Settings, nannies: dict[str, Nanny], told: TextIO) -> None:
    """Start the scheduler and the workers, say where they are, and stay."""
    tell(told, stage="loading")
    if start_method() == "forkserver":
        await asyncio.to_thread(load_fork_server, settings)
    tell(told, stage="loaded")
    from components.engine.servers import QuietScheduler

    async with QuietScheduler(host=HOST, port=0, dashboard=False) as scheduler:
        kept = [Keeper(scheduler, settings, role, nannies) for role in roles(settings)]
        staying = [asyncio.create_task(keeper.stay()) for keeper in kept]
        for keeper in kept:
            await keeper.began.wait()
        tell(told, stage="ready", address=scheduler.address)
        await asyncio.gather(*staying)


def load_fork_server(settings: Settings) -> None:
    """Start the fork server and wait until it has imported everything.

    Dask sets its own list of imports when it is first asked for the context, so ours comes after.
    """
    from distributed.utils import get_mp_context

    os.environ["LAYERLOOM_PRELOAD"] = " ".join(settings.preload)
    context = get_mp_context()
    context.set_forkserver_preload(["components.engine.preload"])
    first = context.Process(target=int)
    first.start()
    first.join()


def roles(settings: Settings) -> list[str]:
    """Names of the workers: one for calls, the others for jobs."""
    return ["call", *(f"job-{number}" for number in range(settings.workers))]


def threads_for(role: str, settings: Settings) -> int:
    """TensorFlow's threads within an operation: the cores shared among the jobs, at most two for calls."""
    from dask.system import CPU_COUNT

    return min(2, CPU_COUNT) if role == "call" else max(1, CPU_COUNT // max(1, settings.workers))


class Keeper:
    """Keeps one worker alive. Its nanny restarts it; when the nanny itself gives up, there is another."""

    def __init__(self, scheduler: Scheduler, settings: Settings, role: str, nannies: dict[str, Nanny]) -> None:
        self.began = asyncio.Event()
        self._scheduler = scheduler
        self._settings = settings
        self._role = role
        self._nannies = nannies

    async def stay(self) -> None:
        """Never returns."""
        while True:
            try:
                nanny = self._nannies[self._role] = self._make_nanny()
                await nanny
                self.began.set()
                await nanny.finished()
            except Exception:
                logger.exception("The worker %s could not be started; trying again", self._role)
            await asyncio.sleep(0.2)

    def _make_nanny(self) -> Nanny:
        from distributed import Nanny

        from components.engine.servers import QuietWorker

        kind = self._role.split("-")[0]
        own = {
            "role": kind,
            "preload": list(self._settings.preload),
            "threads": threads_for(self._role, self._settings),
        }
        return Nanny(
            self._scheduler.address,
            host=HOST,
            name=self._role,
            nthreads=1,
            resources={kind: 1},
            memory_limit=self._settings.memory,
            worker_class=QuietWorker,
            preload=["components.engine.worker"],
            config={"layerloom": own},
        )


if __name__ == "__main__":
    main()
