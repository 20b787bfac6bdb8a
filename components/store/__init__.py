"""The store: runs with their records, controls and artefacts, visitors' drafts, and what is worth remembering."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Select, delete, select, update

from components.graph import Json
from components.limits import limits_from_environment
from components.runs import ACTIVE, COMMANDS, ENDED, Control, Draft, NoSuchRun, Record, Run, StaleDraft, StoreError
from components.store.claims import Claims
from components.store.database import (
    artefacts,
    clean,
    controls,
    default_url,
    dump,
    event_folder,
    experiments,
    home_folder,
    records,
    runs,
    shares,
)
from components.store.drafts import Drafts, Memory
from components.store.files import Files
from components.store.room import Room, StoreFull
from components.store.rows import RUN_COLUMNS, belongs, read_run, record_rows, run_changes

__all__ = [
    "ACTIVE",
    "COMMANDS",
    "ENDED",
    "Control",
    "Draft",
    "NoSuchRun",
    "Record",
    "Run",
    "SharedRun",
    "StaleDraft",
    "Store",
    "StoreError",
    "StoreFull",
    "default_url",
    "event_folder",
    "home_folder",
]


class Store(Claims, Room, Drafts, Memory, Files):
    """The one place where runs are kept; any number of threads and processes may open it.

    Where a method takes a `workspace`, it acts for that visitor and raises NoSuchRun for the run of another.
    Without one it acts for the machinery: the job that trains the run. Every method may raise StoreError.
    """

    def __init__(self, url: str | None = None, most_bytes: int | None = None, patience: float = 10.0) -> None:
        """Open the store at an SQLAlchemy address, waiting up to `patience` seconds for a lock at each access.

        It may hold `most_bytes`, otherwise what the limits say, before the oldest runs are cleaned up.
        """
        super().__init__(url or default_url(), patience)
        self.most_bytes = limits_from_environment().store if most_bytes is None else most_bytes

    # Runs

    def create_run(
        self,
        workspace: str,
        experiment: Json,
        name: str = "",
        *,
        parent: str | None = None,
        forked_at: int | None = None,
    ) -> str:
        """A new queued run and its unguessable id; StoreFull when clean-up cannot make room for it."""
        self._make_room()
        run_id, content, now = secrets.token_urlsafe(16), dump(experiment), time.time()
        row = {
            "id": run_id,
            "workspace": clean(workspace, 128),
            "name": clean(name, 200),
            "state": "queued",
            "message": "",
            "created": now,
            "beat": now,
            "parent": parent,
            "forked_at": forked_at,
            "bytes": len(content),
        }
        with self._writing() as connection:
            connection.execute(runs.insert(), row)
            connection.execute(experiments.insert(), {"run_id": run_id, "content": content})
        return run_id

    def run(self, run_id: str, workspace: str | None = None) -> Run:
        """The run as it is now."""
        query = select(*RUN_COLUMNS, experiments.c.content).join(experiments).where(runs.c.id == run_id)
        if workspace is not None:
            query = query.where(runs.c.workspace == workspace)
        with self._reading() as connection:
            row = connection.execute(query).mappings().first()
        if row is None:
            raise NoSuchRun
        return read_run(row)

    def runs(self, workspace: str) -> list[Run]:
        """A visitor's runs, newest first."""
        query = select(*RUN_COLUMNS, experiments.c.content).join(experiments).where(runs.c.workspace == workspace)
        with self._reading() as connection:
            rows = connection.execute(query.order_by(runs.c.created.desc(), runs.c.id)).mappings().all()
        return [read_run(row) for row in rows]

    def active_runs(self, workspace: str | None = None) -> list[str]:
        """Ids of the runs that wait or train, oldest first: everybody's, or a visitor's with searches and ensembles."""
        query = select(runs.c.id).where(runs.c.state.in_(ACTIVE)).order_by(runs.c.created)
        if workspace is not None:
            beside = runs.c.workspace.startswith(f"{workspace}/", autoescape=True)
            query = query.where((runs.c.workspace == workspace) | beside)
        with self._reading() as connection:
            return list(connection.scalars(query))

    def update_run(self, run_id: str, workspace: str | None = None, **fields: Any) -> None:
        """Set fields of a run. A state that says so also notes when the run started or ended."""
        with self._writing() as connection:
            self._change(connection, run_id, workspace, run_changes(fields))

    def end_run(self, run_id: str, state: str, message: str) -> bool:
        """Put an end to a run that still counts as active; False when it had ended already or is gone."""
        changes = run_changes({"state": state, "message": message})
        with self._writing() as connection:
            ended = connection.execute(
                update(runs).where(runs.c.id == run_id, runs.c.state.in_(ACTIVE)).values(**changes)
            )
        return ended.rowcount == 1

    def delete_run(self, run_id: str, workspace: str | None = None) -> None:
        """Delete a run with all it had. A job still training it meets NoSuchRun at its next record."""
        with self._writing() as connection:
            deleted = connection.execute(delete(runs).where(*belongs(run_id, workspace)))
        if not deleted.rowcount:
            raise NoSuchRun
        self._give_back([run_id])

    def _change(self, connection: Connection, run_id: str, workspace: str | None, columns: dict[str, Any]) -> None:
        change = update(runs).where(*belongs(run_id, workspace)).values(beat=time.time(), **columns)
        if not connection.execute(change).rowcount:
            raise NoSuchRun

    def _check_owner(self, connection: Connection, run_id: str, workspace: str | None) -> None:
        if connection.scalar(select(runs.c.id).where(*belongs(run_id, workspace))) is None:
            raise NoSuchRun

    # Signs of life

    def beat(self, run_ids: Iterable[str]) -> None:
        """Note that these runs are known to be alive; every record and update of a run notes it too."""
        with self._writing() as connection:
            connection.execute(update(runs).where(runs.c.id.in_(list(run_ids))).values(beat=time.time()))

    def lose_silent_runs(self, message: str, silence: float = 30.0) -> list[str]:
        """Mark active runs lost that gave no sign of life for `silence` seconds; their ids."""
        with self._reading() as connection:
            silent = select(runs.c.id).where(runs.c.state.in_(ACTIVE), runs.c.beat < time.time() - silence)
            found = list(connection.scalars(silent))
        return [run_id for run_id in found if self.end_run(run_id, "lost", message)]

    # Records

    def append(self, run_id: str, batch: Sequence[Record], **fields: Any) -> int:
        """Add records to a run and set fields of it in one transaction; the last record's seq.

        Older runs make way for them, but never are records refused for want of room.
        """
        texts = [dump(record.values) for record in batch]
        added = sum(map(len, texts))
        self._make_room_now_and_then(added, besides=run_id)
        grown = {"last_record": runs.c.last_record + len(batch), "bytes": runs.c.bytes + added}
        with self._writing() as connection:
            # The run's row is locked from here to the commit, so seqs become visible in their order.
            self._change(connection, run_id, None, run_changes(fields) | grown)
            last = int(connection.scalar(select(runs.c.last_record).where(runs.c.id == run_id)) or 0)
            if batch:
                connection.execute(records.insert(), list(record_rows(run_id, batch, texts, last - len(batch) + 1)))
        return last

    def records(
        self,
        run_id: str,
        after: int = 0,
        kinds: Collection[str] | None = None,
        *,
        workspace: str | None = None,
        most: int | None = None,
    ) -> list[Record]:
        """The records with a seq above `after`, in order: all, those of some kinds, at most so many."""
        columns = (records.c.kind, records.c.epoch, records.c.step, records.c["values"], records.c.seq)
        query = select(*columns).where(records.c.run_id == run_id, records.c.seq > after).order_by(records.c.seq)
        if kinds is not None:
            query = query.where(records.c.kind.in_(list(kinds)))
        rows = self._read_rows(run_id, workspace, query.limit(most))
        return [Record(kind, epoch, step, json.loads(values), seq) for kind, epoch, step, values, seq in rows]

    def last_record(
        self, run_id: str, kind: str, epoch: int | None = None, *, workspace: str | None = None
    ) -> Record | None:
        """The newest record of a kind, of those at or before `epoch` where that is given."""
        columns = (records.c.kind, records.c.epoch, records.c.step, records.c["values"], records.c.seq)
        query = select(*columns).where(records.c.run_id == run_id, records.c.kind == kind)
        if epoch is not None:
            query = query.where(records.c.epoch <= epoch)
        rows = self._read_rows(run_id, workspace, query.order_by(records.c.seq.desc()).limit(1))
        return next((Record(kind, at, step, json.loads(values), seq) for kind, at, step, values, seq in rows), None)

    def _read_rows(self, run_id: str, workspace: str | None, query: Select[Any]) -> Sequence[Any]:
        with self._reading() as connection:
            rows = connection.execute(query).all()
            if not rows or workspace is not None:
                self._check_owner(connection, run_id, workspace)
        return rows

    # Controls

    def send(self, run_id: str, command: str, value: Json = None, *, workspace: str | None = None) -> int:
        """Ask something of a run; the control's seq."""
        if command not in COMMANDS:
            raise ValueError(f"A control is one of {', '.join(COMMANDS)}, and this is {command!r}.")
        next_control = update(runs).where(*belongs(run_id, workspace)).values(last_control=runs.c.last_control + 1)
        with self._writing() as connection:
            if not connection.execute(next_control).rowcount:
                raise NoSuchRun
            seq = int(connection.scalar(select(runs.c.last_control).where(runs.c.id == run_id)) or 0)
            row = {"run_id": run_id, "seq": seq, "command": command, "value": dump(value)}
            connection.execute(controls.insert(), row)
        return seq

    def controls(self, run_id: str, after: int = 0) -> list[Control]:
        """What was asked of the run since the control `after`."""
        query = select(controls.c.command, controls.c.value, controls.c.seq)
        query = query.where(controls.c.run_id == run_id, controls.c.seq > after).order_by(controls.c.seq)
        rows = self._read_rows(run_id, None, query)
        return [Control(command, json.loads(value), seq) for command, value, seq in rows]

    # Artefacts

    def save_artefact(self, run_id: str, name: str, content: bytes) -> None:
        """Keep a file of the run, in place of one of the same name; StoreFull when there is no room for it."""
        self._make_room(len(content), besides=run_id)
        this = (artefacts.c.run_id == run_id, artefacts.c.name == name)
        with self._writing() as connection:
            before = connection.scalar(select(artefacts.c.bytes).where(*this)) or 0
            self._change(connection, run_id, None, {"bytes": runs.c.bytes + (len(content) - before)})
            connection.execute(delete(artefacts).where(*this))
            row = {"run_id": run_id, "name": name, "bytes": len(content), "content": content}
            connection.execute(artefacts.insert(), row)

    def artefact(self, run_id: str, name: str, *, workspace: str | None = None) -> bytes | None:
        """A file of the run, or None when it has none of that name."""
        query = select(artefacts.c.content).where(artefacts.c.run_id == run_id, artefacts.c.name == name)
        rows = self._read_rows(run_id, workspace, query)
        return bytes(rows[0][0]) if rows else None

    def artefacts(self, run_id: str, *, workspace: str | None = None) -> list[str]:
        """Names of the run's files, sorted."""
        query = select(artefacts.c.name).where(artefacts.c.run_id == run_id)
        return sorted(row[0] for row in self._read_rows(run_id, workspace, query))

    def delete_artefact(self, run_id: str, name: str) -> None:
        """Let go of a file of the run; nothing happens when there is none of that name."""
        this = (artefacts.c.run_id == run_id, artefacts.c.name == name)
        with self._writing() as connection:
            held = connection.scalar(select(artefacts.c.bytes).where(*this)) or 0
            self._change(connection, run_id, None, {"bytes": runs.c.bytes - held})
            connection.execute(delete(artefacts).where(*this))

    # Sharing

    def share(self, run_id: str, workspace: str) -> str:
        """A token with which anybody may watch the run, and nothing else; the same one each time."""
        with self._writing() as connection:
            self._check_owner(connection, run_id, workspace)
            token = connection.scalar(select(shares.c.token).where(shares.c.run_id == run_id))
            if token is None:
                token = secrets.token_urlsafe(16)
                connection.execute(shares.insert(), {"run_id": run_id, "token": token})
        return str(token)

    def token(self, run_id: str, workspace: str) -> str | None:
        """The token with which others may watch the run now, for its owner alone; None when none was given."""
        query = select(shares.c.token).join(runs).where(shares.c.run_id == run_id, runs.c.workspace == workspace)
        with self._reading() as connection:
            return connection.scalar(query)

    def unshare(self, run_id: str, workspace: str) -> None:
        """Take the token back."""
        with self._writing() as connection:
            self._check_owner(connection, run_id, workspace)
            connection.execute(delete(shares).where(shares.c.run_id == run_id))

    def shared(self, token: str) -> SharedRun:
        """What the owner of a token may see; NoSuchRun when it was taken back."""
        with self._reading() as connection:
            run_id = connection.scalar(select(shares.c.run_id).where(shares.c.token == token))
        if run_id is None:
            raise NoSuchRun
        return SharedRun(self, run_id)


class SharedRun:
    """A run as seen through a read-only link: to be watched, never steered."""

    def __init__(self, store: Store, run_id: str) -> None:
        self._store = store
        self._run_id = run_id

    def run(self) -> Run:
        """The run as it is now, without its owner's workspace."""
        return replace(self._store.run(self._run_id), workspace="")

    def records(self, after: int = 0, kinds: Collection[str] | None = None, *, most: int | None = None) -> list[Record]:
        """As `Store.records`."""
        return self._store.records(self._run_id, after, kinds, most=most)

    def artefact(self, name: str) -> bytes | None:
        """As `Store.artefact`."""
        return self._store.artefact(self._run_id, name)

    def artefacts(self) -> list[str]:
        """As `Store.artefacts`."""
        return self._store.artefacts(self._run_id)
