"""The store's tables, and how their database is opened: SQLite by default, PostgreSQL by its address."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Engine,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    event,
    exc,
    select,
)
from sqlalchemy.engine import URL, Connection, make_url

from components.graph import Json
from components.runs import StoreError

VERSION = 1
"""Of the tables below; a store made by a newer version is refused."""

WRITING = {"writes": True}
"""Execution option of connections that write: on SQLite they take the write lock at once, not half-way."""

CREATION_LOCK = 0x4C6F6F6D
"""Key of PostgreSQL's advisory lock under which the tables are created, so that two processes can both try."""

metadata = MetaData()


def run_key() -> Column[str]:
    """The column that ties a row to its run, and ends with it."""
    return Column("run_id", String(64), ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)


# `runs` is rewritten with every batch of records, so the experiment, which never changes, is kept apart.
runs = Table(
    "runs",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("workspace", String(128), nullable=False),
    Column("name", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("message", Text, nullable=False),
    Column("created", Float(53), nullable=False),
    Column("started", Float(53)),
    Column("ended", Float(53)),
    Column("epoch", Integer, nullable=False, default=0),
    Column("step", BigInteger, nullable=False, default=0),
    Column("steps_per_epoch", Integer, nullable=False, default=0),
    Column("steps_per_second", Float(53), nullable=False, default=0.0),
    Column("pinned", Boolean, nullable=False, default=False),
    Column("parent", String(64)),
    Column("forked_at", Integer),
    Column("beat", Float(53), nullable=False),
    Column("bytes", BigInteger, nullable=False, default=0),
    Column("last_record", BigInteger, nullable=False, default=0),
    Column("last_control", BigInteger, nullable=False, default=0),
    Index("runs_by_workspace", "workspace", "created"),
)

experiments = Table("experiments", metadata, run_key(), Column("content", Text, nullable=False))

records = Table(
    "records",
    metadata,
    run_key(),
    Column("seq", BigInteger, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("step", BigInteger, nullable=False),
    Column("values", Text, nullable=False),
    sqlite_with_rowid=False,
)

controls = Table(
    "controls",
    metadata,
    run_key(),
    Column("seq", BigInteger, primary_key=True),
    Column("command", String(32), nullable=False),
    Column("value", Text, nullable=False),
    sqlite_with_rowid=False,
)

artefacts = Table(
    "artefacts",
    metadata,
    run_key(),
    Column("name", String(200), primary_key=True),
    Column("bytes", BigInteger, nullable=False),
    Column("content", LargeBinary, nullable=False),
)

claims = Table(
    "claims",
    metadata,
    run_key(),
    Column("name", String(200), primary_key=True),
    Column("content", Text, nullable=False),
)

shares = Table("shares", metadata, run_key(), Column("token", String(64), nullable=False, unique=True))

drafts = Table(
    "drafts",
    metadata,
    Column("workspace", String(128), primary_key=True),
    Column("name", String(200), primary_key=True),
    Column("revision", BigInteger, nullable=False),
    Column("saved", Float(53), nullable=False),
    Column("content", Text, nullable=False),
)

# What people gave as data; known by its content, so that the same file is the same data everywhere.
files = Table(
    "files",
    metadata,
    Column("workspace", String(128), primary_key=True),
    Column("digest", String(64), primary_key=True, index=True),
    Column("name", String(200), nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("used", Float(53), nullable=False),
    Column("content", LargeBinary, nullable=False),
)

remembered = Table(
    "remembered",
    metadata,
    Column("key", String(300), primary_key=True),
    Column("saved", Float(53), nullable=False, index=True),
    Column("value", Text, nullable=False),
)

versions = Table("versions", metadata, Column("version", Integer, primary_key=True))


# Opening


def home_folder() -> Path:
    """Where this machine's store is kept: `LAYERLOOM_HOME`, otherwise `~/.layerloom`."""
    return Path(os.environ.get("LAYERLOOM_HOME") or Path.home() / ".layerloom")


def event_folder(url: str) -> Path:
    """Where the runs' event files are written for TensorBoard: beside a store that is a file, else at home."""
    file = make_url(url).database if url.startswith("sqlite") else None
    return (Path(file).parent if file else home_folder()) / "tensorboard"


def default_url() -> str:
    """`DATABASE_URL`, otherwise SQLite in the home folder."""
    return os.environ.get("DATABASE_URL") or f"sqlite:///{home_folder() / 'layerloom.db'}"


def parse_url(url: str) -> URL:
    """The address of a database that we know how to use; StoreError for any other."""
    try:
        parsed = make_url(url)
    except exc.ArgumentError as error:
        raise StoreError(
            "DATABASE_URL is not an address of a database; write it as postgresql://user:password@host/name."
        ) from error
    if parsed.drivername in ("postgres", "postgresql"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise StoreError(
            f"The store is kept in SQLite or PostgreSQL, and this is {parsed.get_backend_name()}; "
            "give the address of one of them."
        )
    if parsed.get_backend_name() == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise StoreError(
            "The store is shared by several processes, and SQLite in memory is not; give the path of a file."
        )
    return parsed


def open_database(url: str, patience: float) -> Engine:
    """An engine on the database, with its tables made; `patience` is how many seconds to wait for a lock."""
    parsed = parse_url(url)
    with told_in_a_sentence():
        engine = (open_sqlite if parsed.get_backend_name() == "sqlite" else open_server)(parsed, patience)
        create_tables(engine)
    return engine


def open_sqlite(url: URL, patience: float) -> Engine:
    """SQLite with a write-ahead log: one writes while many read."""
    make_folder(Path(str(url.database)).parent)
    engine = create_engine(url, pool_size=8, max_overflow=56, pool_timeout=30, connect_args={"timeout": patience})
    event.listen(engine, "connect", prepare_sqlite)
    event.listen(engine, "begin", begin_sqlite)
    return engine


def make_folder(folder: Path) -> None:
    """The folder of the database, closed to other users of the machine; StoreError where it cannot be made."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"The folder {folder} for the store cannot be made ({error.strerror}); set LAYERLOOM_HOME to another."
        ) from error


def prepare_sqlite(connection: Any, _record: Any) -> None:
    """Set a fresh connection up. Order matters: auto_vacuum counts only before the file is first written."""
    connection.isolation_level = None
    for pragma in (
        "auto_vacuum = INCREMENTAL",
        "journal_mode = WAL",
        "synchronous = NORMAL",
        "foreign_keys = ON",
        "journal_size_limit = 16777216",
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def begin_sqlite(connection: Connection) -> None:
    """Begin ourselves: Python's driver would begin late, and a reader that turns writer cannot wait for a lock."""
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def open_server(url: URL, patience: float) -> Engine:
    """PostgreSQL, with a limit on how long it waits for a lock."""
    options = {"connect_timeout": 5, "options": f"-c lock_timeout={int(patience * 1000)}"}
    return create_engine(url, pool_size=8, max_overflow=24, pool_timeout=30, pool_pre_ping=True, connect_args=options)


def create_tables(engine: Engine) -> None:
    """Make the tables unless they are there; StoreError when a newer version made them."""
    with engine.execution_options(**WRITING).begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({CREATION_LOCK})")
        metadata.create_all(connection)
        version = connection.scalar(select(versions.c.version))
        if version is None:
            connection.execute(versions.insert(), {"version": VERSION})
        elif version > VERSION:
            raise StoreError(
                f"A newer Layerloom made this store (form {version}, this one knows {VERSION}); update Layerloom."
            )


# Using


class Database:
    """An open database: short transactions to read and to write in."""

    def __init__(self, url: str, patience: float) -> None:
        """Open it; `patience` is how many seconds each access waits for a lock."""
        self.url = url
        self._reader = open_database(url, patience)
        self._writer = self._reader.execution_options(**WRITING)

    def close(self) -> None:
        """Let go of every connection."""
        self._reader.dispose()

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with told_in_a_sentence(), self._reader.connect() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with told_in_a_sentence(), self._writer.begin() as connection:
            yield connection


def clean(text: str, most: int) -> str:
    """Text that every database takes: cut to `most` characters, without NULs and lone surrogates."""
    return text.encode("utf-8", "replace").decode().replace("\0", "")[:most]


def dump(value: Json) -> str:
    """Compact JSON; NaN and infinities are kept, NumPy's numbers and arrays become plain ones."""
    return json.dumps(value, separators=(",", ":"), default=lambda other: other.tolist())


# Errors, told to a person

REASONS = (
    ("disk is full", "The disk that holds the store is full; delete runs or other files and try again."),
    ("no space left", "The disk that holds the store is full; delete runs or other files and try again."),
    ("disk i/o error", "The store's disk cannot be read or written; check that it is there and not full."),
    ("database is locked", "Another program keeps the store locked; close it and try again."),
    ("lock timeout", "Another program keeps the store locked; close it and try again."),
    ("readonly", "The store's file may only be read; make it writable or set LAYERLOOM_HOME to another folder."),
    ("unable to open", "The store's file cannot be opened; check that its folder is there and may be written."),
    ("malformed", "The store's file is damaged; move it away, and a new one will be made."),
    ("not a database", "The store's file is not a database; move it away, and a new one will be made."),
    ("password authentication", "The database refuses the user or the password in DATABASE_URL; correct them."),
    ("does not exist", "The database named in DATABASE_URL does not exist; create it or correct the name."),
    ("queuepool limit", "The store is asked for more at once than it can answer; try again in a moment."),
    ("connection", "The database does not answer; check that it runs and that DATABASE_URL is right."),
)
"""What the drivers say (in lower case), and what it means; the first that fits counts."""


@contextmanager
def told_in_a_sentence() -> Iterator[None]:
    """Turn what the database raises inside into a StoreError."""
    try:
        yield
    except (exc.DBAPIError, exc.TimeoutError) as error:
        if isinstance(error, exc.IntegrityError):
            raise
        raise StoreError(sentence_for(error)) from error


def sentence_for(error: Exception) -> str:
    """One sentence for a driver's error."""
    text = str(getattr(error, "orig", None) or error).lower()
    for sign, sentence in REASONS:
        if sign in text:
            return sentence
    return f"The store could not do this ({text.splitlines()[0]}); try again."
