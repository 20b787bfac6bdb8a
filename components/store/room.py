"""Room: what all runs hold together, and the clean-up that keeps it within the limit, oldest runs first."""

from __future__ import annotations

import logging
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import delete, func, select, update

from components.runs import StoreError
from components.store.database import Database, event_folder, runs
from components.store.rows import may_go

logger = logging.getLogger(__name__)


class StoreFull(StoreError):
    """The limit is reached by runs that may not be cleaned up."""

    def __init__(self, held: int, most: int) -> None:
        super().__init__(
            f"The running and pinned runs hold {held / 1e6:,.0f} MB, and the store's limit is {most / 1e6:,.0f} MB; "
            "delete or unpin runs that you no longer need."
        )


class Room(Database):
    """A store of limited size: `most_bytes` is what its runs may hold, their event files included."""

    most_bytes: int
    _unlooked = 0

    def size(self) -> int:
        """Bytes that the runs hold."""
        with self._reading() as connection:
            return int(connection.scalar(select(func.sum(runs.c.bytes))) or 0)

    def clean_up(self, most_bytes: int | None = None, besides: str | None = None) -> list[str]:
        """Delete ended, unpinned runs, oldest first, until the rest fits; the deleted ids."""
        most = self.most_bytes if most_bytes is None else most_bytes
        excess = self.size() - most
        deleted: list[str] = []
        for run_id, held in self._deletable(besides) if excess > 0 else ():
            if excess <= 0:
                break
            if self._delete_if_ended(run_id):
                deleted.append(run_id)
                excess -= held
        if deleted:
            self._give_back(deleted)
        return deleted

    def _deletable(self, besides: str | None) -> Sequence[Any]:
        query = select(runs.c.id, runs.c.bytes).where(*may_go()).order_by(runs.c.created)
        if besides is not None:
            query = query.where(runs.c.id != besides)
        with self._reading() as connection:
            return connection.execute(query).all()

    def _delete_if_ended(self, run_id: str) -> bool:
        """Ask once more: since it was listed, the run may have been resumed or pinned."""
        with self._writing() as connection:
            return connection.execute(delete(runs).where(runs.c.id == run_id, *may_go())).rowcount == 1

    def _make_room(self, wanted: int = 0, besides: str | None = None) -> None:
        room = self.most_bytes - wanted
        if self.size() > room:
            # A tenth more than needed, so that not every run cleans up again.
            self.clean_up(max(0, room - self.most_bytes // 10), besides)
            held = self.size()
            if held > room:
                raise StoreFull(held + wanted, self.most_bytes)

    def _make_room_now_and_then(self, added: int, besides: str) -> None:
        """Make room when a hundredth of the limit was added since the last time: records come often and are small."""
        self._unlooked += added
        if self._unlooked > self.most_bytes // 100:
            wanted, self._unlooked = self._unlooked, 0
            with suppress(StoreFull):
                self._make_room(wanted, besides)

    def _give_back(self, deleted: Sequence[str]) -> None:
        """Give the disk back what deleted runs held: event files, and pages of SQLite's file.

        When others use that file just now, a later time will do.
        """
        forget_events(self.url, deleted)
        if self._reader.dialect.name != "sqlite":
            return
        connection = self._reader.raw_connection()
        try:
            with suppress(sqlite3.OperationalError):
                connection.cursor().executescript("PRAGMA incremental_vacuum; PRAGMA wal_checkpoint(TRUNCATE);")
        finally:
            connection.close()

    # Event files

    def keep_events(self, run_id: str, write: Callable[[Path], None]) -> None:
        """Have a run's event files written into their folder, in place of older ones; without room for them none stay."""
        folder = event_folder(self.url) / run_id
        before = bytes_of(folder)
        try:
            write(folder)
            self._make_room(bytes_of(folder) - before, besides=run_id)
        except StoreFull as error:
            logger.warning("No event files are kept of a run: %s", error)
            forget_events(self.url, [run_id])
        finally:
            grown = runs.c.bytes + (bytes_of(folder) - before)
            with self._writing() as connection:
                counted = connection.execute(update(runs).where(runs.c.id == run_id).values(bytes=grown))
            if not counted.rowcount:
                forget_events(self.url, [run_id])


def bytes_of(folder: Path) -> int:
    """What the files in a folder hold; 0 where there is none."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def forget_events(url: str, run_ids: Sequence[str]) -> None:
    """Delete these runs' event files, as far as they are on this machine."""
    for run_id in run_ids:
        shutil.rmtree(event_folder(url) / run_id, ignore_errors=True)
