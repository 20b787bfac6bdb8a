"""Files: what people gave as data, kept by content; and how a job finds one by the reference in its experiment."""

from __future__ import annotations

import hashlib
import io
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from components.datasets import MissingFile
from components.runs import StoreError
from components.store.database import Database, clean, default_url, files

MOST_BYTES = 500_000_000
"""Of all files together; those that were not used for the longest time go first."""

MOST_FILES = 40
"""Of one visitor."""

REFERENCE = re.compile(r"([0-9a-f]{64})/([^/\\\0]{1,100})")


@dataclass(frozen=True)
class KeptFile:
    """A file that a visitor gave. `reference` stands for it in an experiment: the digest of its content and its name."""

    reference: str
    name: str
    bytes: int


class Files(Database):
    """Visitors' data. Whoever knows a reference may read the file: a shared experiment shares its data."""

    def keep_file(self, workspace: str, name: str, content: bytes) -> str:
        """Keep a file of a visitor's; its reference. StoreError when it does not fit at all."""
        if len(content) > MOST_BYTES:
            raise StoreError(f"All files of data hold at most {MOST_BYTES / 1e6:.0f} MB; give a smaller one.")
        digest = hashlib.sha256(content).hexdigest()
        kept = clean(file_name(name), 100)
        row = {"workspace": workspace, "digest": digest, "name": kept, "bytes": len(content), "used": time.time()}
        with self._writing() as connection:
            connection.execute(delete(files).where(files.c.workspace == workspace, files.c.digest == digest))
            make_room(connection, workspace, len(content))
            connection.execute(files.insert(), row | {"content": content})
        return f"{digest}/{kept}"

    def files(self, workspace: str) -> list[KeptFile]:
        """A visitor's files, last used first."""
        query = select(files.c.digest, files.c.name, files.c.bytes).where(files.c.workspace == workspace)
        with self._reading() as connection:
            rows = connection.execute(query.order_by(files.c.used.desc())).all()
        return [KeptFile(f"{digest}/{name}", name, held) for digest, name, held in rows]

    def file(self, reference: Any) -> bytes:
        """The content behind a reference; MissingFile when it is not here, or is no reference."""
        digest, name = read_reference(reference)
        with self._writing() as connection:
            connection.execute(update(files).where(files.c.digest == digest).values(used=time.time()))
            content = connection.scalar(select(files.c.content).where(files.c.digest == digest).limit(1))
        if content is None:
            raise MissingFile(f"The file “{name}” is not kept here; give it again under Train.")
        return bytes(content)

    def has_file(self, reference: Any) -> bool:
        """Whether the file behind a reference is here."""
        try:
            digest, _ = read_reference(reference)
        except MissingFile:
            return False
        with self._reading() as connection:
            return connection.scalar(select(files.c.bytes).where(files.c.digest == digest).limit(1)) is not None

    def delete_file(self, workspace: str, reference: str) -> None:
        """Let go of a visitor's file; nothing happens when there is none."""
        digest, _ = read_reference(reference)
        with self._writing() as connection:
            connection.execute(delete(files).where(files.c.workspace == workspace, files.c.digest == digest))


def file_name(name: str) -> str:
    """The last part of a path, without what a file's name cannot hold."""
    return re.sub(r'[\x00-\x1f/\\:*?"<>|]+', "_", re.split(r"[/\\]", name)[-1])[-100:].strip(". ") or "data"


def read_reference(reference: Any) -> tuple[str, str]:
    """Digest and name; MissingFile when it is something else."""
    matched = REFERENCE.fullmatch(reference) if isinstance(reference, str) else None
    if matched is None:
        raise MissingFile("This data is a file of a person's own, and none is named; give one under Train.")
    return matched[1], matched[2]


def make_room(connection: Connection, workspace: str, wanted: int) -> None:
    """Delete what was not used for the longest time until a file of so many bytes fits."""
    own = select(files.c.workspace, files.c.digest, files.c.bytes).where(files.c.workspace == workspace)
    forget(connection, connection.execute(own.order_by(files.c.used.desc()).offset(MOST_FILES - 1)).all())
    held = int(connection.scalar(select(func.sum(files.c.bytes))) or 0)
    every = select(files.c.workspace, files.c.digest, files.c.bytes).order_by(files.c.used)
    for row in connection.execute(every).all() if held + wanted > MOST_BYTES else ():
        if held + wanted <= MOST_BYTES:
            break
        forget(connection, [row])
        held -= row.bytes


def forget(connection: Connection, rows: Sequence[Any]) -> None:
    """Delete these files."""
    for workspace, digest, _ in rows:
        connection.execute(delete(files).where(files.c.workspace == workspace, files.c.digest == digest))


# For whoever makes the arrays: the engine's processes

_url: list[str] = []


def look_in(url: str) -> None:
    """From now on this process looks for files in the store at that address."""
    _url[:] = [url]


def open_file(reference: Any) -> io.BytesIO:
    """The content behind a reference, as a file that can be read. Raises MissingFile or StoreError."""
    return io.BytesIO(opened(_url[0] if _url else default_url()).file(reference))


@lru_cache(maxsize=2)
def opened(url: str) -> Files:
    """The files of the store at that address; opened once in a process."""
    return Files(url, patience=10.0)
