"""What a run tells the store and hears from it, by a thread of its own so that training never waits for a disk."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from typing import Any

from components.graph import Json
from components.runs import NoSuchRun, Record
from components.store import Store, StoreError, StoreFull

logger = logging.getLogger(__name__)

PAUSE = 0.04
"""Seconds between two writings."""

LISTEN = 0.02
"""Seconds between two looks for commands."""

RETRY = 0.5
"""Seconds until a failed writing is tried again."""

MOST_WAITING = 20_000
"""Records that may wait for a store that does not answer; beyond it the oldest of steps are dropped."""

PATIENCE = 20.0
"""Seconds for which the last writing of a run is tried."""

SPEED_OVER = 0.25
"""Seconds over which steps per second are measured."""

STATES = {"paused": "paused", "resumed": "running"}
"""The state of the run that a mark brings."""


Told = Callable[[Sequence[Record]], None]


class Reporter:
    """Writes a run's records and files in batches, and reads its controls."""

    def __init__(self, store: Store, run_id: str, told: Told = lambda records: None) -> None:
        """`told` hears of the records too, in the thread that writes them, as soon as the store has them."""
        self.store, self.run_id, self.told = store, run_id, told
        self.gone = self.stopped = self.full = False
        self.stop = ""  # in a sentence, where a callback ended the fit
        self.step = 0
        self.waiting: dict[str, bytes | None] = {}
        self._records: list[Record] = []
        self._fields: dict[str, Any] = {}
        self._changed = threading.Condition()
        self._closing = False
        self._heard = 0
        self._speed_from: tuple[float, int] | None = None
        self._commands: deque[tuple[str, Any]] = deque()
        self._writer = threading.Thread(target=self._write_on, name="reporter", daemon=True)
        self._listener = threading.Thread(target=self._listen_on, name="listener", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._writer.start()

    def listen(self, after: int | None = 0) -> None:
        """Begin to hear what was asked after that control; None: only what comes from now on."""
        if after is None:
            controls = self.store.controls(self.run_id)
            after = controls[-1].seq if controls else 0
        self._heard = after
        self._listener.start()

    # What the fit tells

    def record(self, kind: str, epoch: int, step: int, values: Json) -> None:
        """Take in a record; it is in the store within a twentieth of a second."""
        fields: dict[str, Any] = {"epoch": epoch, "step": step} if kind in ("steps", "epoch") else {}
        if kind == "mark" and values["mark"] in STATES:
            fields["state"] = STATES[values["mark"]]
        if kind == "mark" and values["mark"] == "rewound":
            fields |= {"epoch": epoch, "step": step}
            self._speed_from = None
        if kind == "mark" and values["mark"] == "stopped":
            self.stop = values["text"]
        if kind == "steps":
            fields |= self._speed(step)
        self.step = fields.get("step", self.step)
        with self._changed:
            self._records.append(Record(kind, epoch, step, values))
            self._fields |= fields
            self._changed.notify()

    def _speed(self, step: int) -> dict[str, float]:
        now = time.perf_counter()
        if self._speed_from is None:
            self._speed_from = (now, step)
            return {}
        began, first = self._speed_from
        if now - began < SPEED_OVER:
            return {}
        self._speed_from = (now, step)
        return {"steps_per_second": (step - first) / (now - began)}

    def tell(self, **fields: Any) -> None:
        """Set fields of the run."""
        with self._changed:
            self._fields |= fields
            self._changed.notify()

    def save(self, name: str, content: bytes | None) -> None:
        """Keep a file of the run; None: keep it no longer."""
        with self._changed:
            self.waiting[name] = content
            self._changed.notify()

    def close(self, **fields: Any) -> None:
        """Write what is left and these fields, and end the threads."""
        self.tell(**fields)
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._writer.join()
        if self._listener.ident is not None:
            self._listener.join()

    # What the fit hears

    def commands(self) -> list[tuple[str, Any]]:
        """Commands that came since the last call; a stop when the run was deleted."""
        if self.gone:
            return [("stop", None)]
        if not self._commands:
            return []
        commands = [self._commands.popleft() for _ in range(len(self._commands))]
        self.stopped |= any(command == "stop" for command, _ in commands)
        return commands

    def _listen_on(self) -> None:
        """Ask the store for commands again and again: the fit itself has no time to."""
        while not self._closing and not self.gone:
            try:
                controls = self.store.controls(self.run_id, self._heard)
            except NoSuchRun:
                self.gone = True
                return
            except StoreError as error:
                logger.warning("The store did not tell the commands for a run: %s", error)
                controls = []
            for control in controls:
                self._heard = control.seq
                self._commands.append((control.command, control.value))
            time.sleep(LISTEN)

    # The thread

    def _write_on(self) -> None:
        deadline = None
        while not self.gone:
            with self._changed:
                self._changed.wait_for(lambda: self._closing or self._records or self._fields or self.waiting)
                closing = self._closing
            done = self._write()
            if closing and deadline is None:
                deadline = time.monotonic() + PATIENCE
            if deadline is not None and (done or time.monotonic() > deadline):
                return
            time.sleep(0 if closing and done else PAUSE if done else RETRY)

    def _write(self) -> bool:
        """Write what waits; False when the store did not take it and it waits still."""
        with self._changed:
            records, self._records = self._records, []
            fields, self._fields = self._fields, {}
            files = dict(self.waiting)
        try:
            # Files first: a run that says it has finished has its weights.
            for name, content in files.items():
                self._save(name, content)
            if records or fields:
                self.store.append(self.run_id, records, **fields)
        except NoSuchRun:
            self.gone = True
        except StoreError as error:
            logger.warning("The store did not take the records of a run: %s", error)
            self._put_back(records, fields)
            return False
        if records and not self.gone:
            self.told(records)
        return True

    def _save(self, name: str, content: bytes | None) -> None:
        try:
            if content is None:
                self.store.delete_artefact(self.run_id, name)
            else:
                self.store.save_artefact(self.run_id, name, content)
        except StoreFull as error:
            self._tell_full(str(error))
        with self._changed:
            if self.waiting.get(name) is content:
                del self.waiting[name]

    def _tell_full(self, message: str) -> None:
        if not self.full:
            self.full = True
            self.record("mark", 0, 0, {"mark": "checkpoint", "text": f"Weights are no longer kept. {message}"})

    def _put_back(self, records: list[Record], fields: dict[str, Any]) -> None:
        with self._changed:
            self._records = records + self._records
            self._fields = {**fields, **self._fields}
            excess = len(self._records) - MOST_WAITING
            if excess > 0:
                steps = [place for place, record in enumerate(self._records) if record.kind == "steps"]
                dropped = set(steps[:excess])
                self._records = [record for place, record in enumerate(self._records) if place not in dropped]


class RunShelf(MutableMapping[str, bytes]):
    """A run's files in the store as a mapping; what is put in is written by the reporter."""

    def __init__(self, store: Store, run_id: str, reporter: Reporter | None) -> None:
        self._store, self._run_id, self._reporter = store, run_id, reporter

    def _waiting(self) -> dict[str, bytes | None]:
        return self._reporter.waiting.copy() if self._reporter is not None else {}

    def __getitem__(self, name: str) -> bytes:
        waiting = self._waiting()
        content = waiting[name] if name in waiting else self._store.artefact(self._run_id, name)
        if content is None:
            raise KeyError(name)
        return content

    def __setitem__(self, name: str, content: bytes) -> None:
        if self._reporter is None:
            self._store.save_artefact(self._run_id, name, content)
        else:
            self._reporter.save(name, content)

    def __delitem__(self, name: str) -> None:
        if self._reporter is None:
            self._store.delete_artefact(self._run_id, name)
        else:
            self._reporter.save(name, None)

    def __iter__(self) -> Iterator[str]:
        waiting = self._waiting()
        names = {*waiting, *self._store.artefacts(self._run_id)}
        return iter({name for name in names if waiting.get(name, b"") is not None})

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __contains__(self, name: object) -> bool:
        return any(name == held for held in self)
