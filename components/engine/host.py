"""Where the engine lives: in a process of its own that we start, or on a cluster that others keep."""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING, Protocol

from components.engine.process import Settings

if TYPE_CHECKING:
    from components.engine.link import Link

MOST_LOG_BYTES = 1_000_000


class HostFailed(Exception):
    """The engine could not be started; the text is a sentence."""


class Host(Protocol):
    """A place where a scheduler and its workers live."""

    local: bool
    pid: int | None

    async def start(self) -> str:
        """The scheduler's address, once its workers are warm; HostFailed otherwise."""

    async def ended(self, link: Link) -> None:
        """Return when the scheduler is gone."""

    async def close(self) -> None:
        """End what was started."""


class Process:
    """An engine process of our own."""

    local: bool = True

    def __init__(self, settings: Settings) -> None:
        self.pid: int | None = None
        self._settings = settings
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> str:
        """Start it, and import Dask here while it warms its workers, when the first page is long painted."""
        with open_log(self.log) as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "components.engine.process",
                self._settings.to_argument(),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                env=environment(),
                start_new_session=True,
            )
        self.pid = self._process.pid
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            told = json.loads(line)
            if told["stage"] == "loaded":
                await asyncio.to_thread(importlib.import_module, "components.engine.link")
            if told["stage"] == "ready":
                return str(told["address"])
        raise HostFailed(f"The engine could not start ({last_line(self.log)}); what it says is in {self.log}.")

    @property
    def log(self) -> Path:
        """What the engine and its workers print."""
        return Path(self._settings.home) / "engine.log"

    async def ended(self, link: Link) -> None:
        """Return when the process has ended."""
        assert self._process is not None
        await self._process.wait()

    async def close(self) -> None:
        """Close its input, at which it ends; kill it if it does not."""
        if self._process is None:
            return
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), 3)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()


class Cluster:
    """A scheduler at an address, with workers that can import this project."""

    local: bool = False
    pid: int | None = None

    def __init__(self, address: str) -> None:
        self._address = address

    async def start(self) -> str:
        """Nothing to start: the address."""
        await asyncio.to_thread(importlib.import_module, "components.engine.link")
        return self._address

    async def ended(self, link: Link) -> None:
        """Ask every second whether the scheduler is still there."""
        from components.engine.link import Unreachable

        try:
            while True:
                await asyncio.sleep(1)
                await link.workers()
        except Unreachable:
            return

    async def close(self) -> None:
        """Nothing to end: it is not ours."""


def environment() -> dict[str, str]:
    """The process's environment: it finds this project from any folder, and TensorFlow is quiet."""
    root = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join(part for part in (root, os.environ.get("PYTHONPATH", "")) if part)
    return os.environ | {"PYTHONPATH": path, "TF_CPP_MIN_LOG_LEVEL": "3"}


def open_log(path: Path) -> IO[bytes]:
    """The log, opened at its end, or begun anew when it has grown long."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        grown = path.exists() and path.stat().st_size > MOST_LOG_BYTES
        return path.open("wb" if grown else "ab")
    except OSError as error:
        raise HostFailed(
            f"The engine's log {path} cannot be written ({error.strerror}); set LAYERLOOM_HOME to another folder."
        ) from error


def last_line(path: Path) -> str:
    """The last line of a log, which of a traceback names the exception."""
    lines = path.read_text(errors="replace").strip().splitlines()
    return lines[-1][:300] if lines else "it said nothing"
