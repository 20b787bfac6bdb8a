"""Written files: Keras's own callbacks whose files are, after every way back, of the epochs that stand."""

from __future__ import annotations

import re
import zlib
from itertools import takewhile
from pathlib import Path
from string import Formatter
from typing import Any

import keras

from components.training.remembering import Past


class CSVLogger(keras.callbacks.CSVLogger):
    """Keras's, whose file holds the epochs that stand: it goes on where a run goes on, and ends where one goes back to."""

    def __init__(self, filename: str, separator: str = ",", append: bool = True) -> None:
        """`append` is for other fits: a run's file is its own, and never overwritten."""
        super().__init__(filename, separator, append=True)

    def go_back(self, epoch: int) -> None:
        """Cut the file behind so many epochs."""
        file, separator = Path(self.filename), self.sep.encode()
        if file.exists():
            with file.open("r+b") as lines:
                kept = takewhile(lambda line: number_of(line.partition(separator)[0]) < epoch, lines)
                size = sum(len(line) for line in kept)
                lines.truncate(size)
            self.append_header = not size


def number_of(field: bytes) -> int:
    """The epoch that a line begins with; -1 for the heading."""
    return int(field) if field.isdigit() else -1


class ModelCheckpoint(keras.callbacks.ModelCheckpoint):
    """Keras's, whose file holds a model of an epoch that stands: the best of them where only the best is saved.

    It knows its file by the checksum, which is kept with the states of the fit: one that was written after the epoch to
    which somebody goes back, or that another run wrote, is made anew from the state that is kept of the epoch.
    """

    best: float | None

    def __init__(self, filepath: str, *arguments: Any, **more: Any) -> None:
        super().__init__(filepath, *arguments, **more)
        self.saved_epoch: int | None = None
        self.checksum: int | None = None
        self.rises: bool | None = None  # whether a greater value is a better one

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """As Keras's; and note what was saved."""
        before = changed_at(self.file)
        super().on_epoch_end(epoch, logs)
        self.rises = self.monitor_op is keras.ops.greater
        if changed_at(self.file) != before:
            self.saved_epoch, self.checksum = epoch + 1, checksum_of(self.file)

    @property
    def file(self) -> Path:
        """The one file that it writes; there is none of that name where the epoch's number is part of it."""
        return Path(self.filepath)

    def bring_back(self, past: Past) -> tuple[int, str] | None:
        """Have the file hold what it held; the epoch that is in it, and what was done, if anything was."""
        if self.save_freq != "epoch":
            return None  # of a batch, of which no state is kept
        if "{" in self.file.name:
            delete_beyond(self.file, past.epoch)
            return None
        if self.saved_epoch is not None and checksum_of(self.file) == self.checksum:
            return None
        kept = self.epoch_in(past)
        return self.let_go() if kept is None else self.save_again(past, kept)

    def epoch_in(self, past: Past) -> int | None:
        """The epoch whose model the file is to hold: the one it held, or of those that are kept the best."""
        if self.saved_epoch is None or past.holds(self.saved_epoch):
            return self.saved_epoch
        values = past.values_of(self.monitor) if self.save_best_only else {}
        held = [epoch for epoch in sorted(values) if past.holds(epoch)]
        return (max if self.rises else min)(held, key=values.__getitem__, default=None)

    def save_again(self, past: Past, epoch: int) -> tuple[int, str]:
        """Write the model of that epoch into the file."""
        if epoch != self.saved_epoch:
            self.best = past.values_of(self.monitor)[epoch]
        with past.standing_at(epoch):
            if self.save_weights_only:
                self.model.save_weights(self.file, overwrite=True)
            else:
                self.model.save(self.file, overwrite=True)
        self.saved_epoch, self.checksum = epoch, checksum_of(self.file)
        return epoch, f"{self.file.name} holds the model of epoch {epoch} again."

    def let_go(self) -> tuple[int, str] | None:
        """Delete the file: nothing that stands could be in it, and the next epoch that is saved is the best."""
        if self.saved_epoch is not None:
            self.saved_epoch = self.checksum = self.best = None
        if not self.file.exists():
            return None
        self.file.unlink()
        return 0, f"{self.file.name} was deleted: no epoch that stands had been saved."


def changed_at(file: Path) -> int | None:
    """When a file was written last, in nanoseconds; None when there is none."""
    return file.stat().st_mtime_ns if file.is_file() else None


def checksum_of(file: Path) -> int | None:
    """The CRC-32 of a file; None when there is none."""
    if not file.is_file():
        return None
    checksum = 0
    with file.open("rb") as content:
        while part := content.read(1 << 20):
            checksum = zlib.crc32(part, checksum)
    return checksum


def delete_beyond(file: Path, epoch: int) -> None:
    """Delete the files named as `file` says, with `{epoch}` in the name, whose number is greater."""
    named = pattern_of(file.name)
    for found in file.parent.glob("*"):
        numbered = named.fullmatch(found.name)
        if numbered and int(numbered.groupdict().get("epoch") or 0) > epoch:
            found.unlink()


def pattern_of(name: str) -> re.Pattern[str]:
    """What matches every file of a name with fields in it; the group `epoch` is the epoch's number."""
    parts, seen = [], False
    for literal, field, _, _ in Formatter().parse(name):
        parts.append(re.escape(literal))
        if field is not None:
            parts.append(r"(?P<epoch>\d+)" if field == "epoch" and not seen else ".+")
            seen |= field == "epoch"
    return re.compile("".join(parts))
