"""A real PostgreSQL for the store's tests: found, installed where that can be done without asking, and started.

Run as `python -m tests.postgres`, which installs; exits 0 with one sentence when there is none, 1 when `CI` is set.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine

from tests.browser.install import quietly

MISSING = "NO POSTGRESQL ON THIS MACHINE: the store is tested on SQLite alone; install PostgreSQL, its server included."


def find_postgres() -> Path | None:
    """The folder of the newest PostgreSQL server on this machine."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: float(path.parts[4]))
    if found:
        return found[-1].parent
    on_path = shutil.which("postgres")
    return Path(on_path).resolve().parent if on_path else None


def is_root() -> bool:
    """Whether we may install packages, and must not run a server."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def install_postgres() -> None:
    """By Debian's package as root; nobody else is asked for a password."""
    if is_root() and shutil.which("apt-get"):
        quietly("apt-get", "update")
        quietly("apt-get", "install", "--yes", "--no-install-recommends", "postgresql")


@contextmanager
def started(binaries: Path) -> Iterator[str]:
    """A server of our own until the block ends: its address, with `{}` for a database, on a socket in its folder."""
    folder = Path("/tmp") / f"layerloom-postgres-{os.getpid()}"  # Its socket's path must be short.
    folder.mkdir(mode=0o700)
    user = "nobody" if is_root() else None  # PostgreSQL refuses to be run by root.
    if user:
        shutil.chown(folder, user)

    def run(*command: str | Path) -> None:
        subprocess.run(command, check=True, user=user, cwd=folder, stdout=subprocess.DEVNULL, env={"LC_ALL": "C"})

    data = folder / "data"
    try:
        run(binaries / "initdb", "-D", data, "-U", "loom", "-A", "trust", "-E", "UTF8", "--no-sync")
        options = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off"
        (folder / "options").write_text(options)
        run(binaries / "pg_ctl", "-D", data, "-l", folder / "log", "-o", options, "-w", "start")
        yield f"postgresql://loom@/{{}}?host={folder}"
    finally:
        if (data / "postmaster.pid").exists():
            run(binaries / "pg_ctl", "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def new_database(server: str) -> str:
    """The address of an empty database on the server."""
    name = f"test_{time.time_ns()}"
    maintenance = create_engine(
        server.format("postgres").replace("postgresql:", "postgresql+psycopg:"), isolation_level="AUTOCOMMIT"
    )
    with maintenance.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    maintenance.dispose()
    return server.format(name)


@contextmanager
def killed(server: str) -> Iterator[None]:
    """The server is gone, ended as abruptly as can be, until the block ends."""
    folder, binaries = Path(server.partition("?host=")[2]), find_postgres()
    control = [f"{binaries}/pg_ctl", "-D", str(folder / "data"), "-l", str(folder / "log"), "-w"]
    options = (folder / "options").read_text()

    def run(*command: str) -> None:
        user = "nobody" if is_root() else None
        subprocess.run([*control, *command], check=True, user=user, cwd=folder, stdout=subprocess.DEVNULL)

    run("-m", "immediate", "stop")
    try:
        yield
    finally:
        run("-o", options, "start")


def main() -> int:
    """Find or install; say so in one sentence when neither worked."""
    if find_postgres() is None:
        install_postgres()
    if find_postgres() is not None:
        return 0
    print(MISSING)
    return 1 if os.environ.get("CI") else 0


if __name__ == "__main__":
    sys.exit(main())
