"""Dask's scheduler and worker without their web servers: the engine opens no port but those it is spoken to on."""

from __future__ import annotations

from typing import Any

from distributed import Scheduler, Worker


class QuietScheduler(Scheduler):
    """A scheduler without a web server."""

    def start_http_server(self, *_: Any, **__: Any) -> None:
        """None."""


class QuietWorker(Worker):
    """A worker without a web server; Dask's own would listen on every network of the machine."""

    def start_http_server(self, *_: Any, **__: Any) -> None:
        """None."""
