"""Filing: what callbacks write goes into a folder of the run's own, and is kept with the run as often as its state is."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Collection
from pathlib import Path, PurePosixPath

import psutil

from components.store import Store
from components.training.checkpoints import LAST, Shelf
from components.training.reporting import Reporter, RunShelf

MOST_FILE_BYTES = 50_000_000
"""The largest file of a callback that is kept with the run."""

FILES = "files/"
"""What the names of those files begin with among the run's."""

PREFIX = "layerloom-files-"


class FilingShelf(RunShelf):
    """A run's shelf that takes the files of its folder along with each last state: so a kill loses none of them."""

    def __init__(self, store: Store, run_id: str, reporter: Reporter) -> None:
        super().__init__(store, run_id, reporter)
        sweep_folders()
        self.folder = make_folder()
        self._kept: dict[Path, tuple[int, int]] = {}

    def __setitem__(self, name: str, content: bytes) -> None:
        super().__setitem__(name, content)
        if name == LAST:
            self.keep_files()

    def bring_files(self, shelf: Shelf | None = None, without: Collection[re.Pattern[str]] = ()) -> None:
        """Put what was kept back into the folder: callbacks go on where they were.

        From another run's `shelf` come copies, `without` what is written by those names.
        """
        source = self if shelf is None else shelf
        for name in source:
            path = PurePosixPath(name.removeprefix(FILES))
            if name.startswith(FILES) and not any(left.fullmatch(path.parts[0]) for left in without):
                file = self.folder / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(source[name])
                if source is self:
                    self._kept[file] = stand_of(file)

    def keep_files(self) -> None:
        """Keep what has changed in the folder since the last time, and nothing that is there no more."""
        for gone in [file for file in self._kept if not file.exists()]:
            del self[FILES + gone.relative_to(self.folder).as_posix()]
            del self._kept[gone]
        for file in sorted(path for path in self.folder.rglob("*") if path.is_file()):
            stands = stand_of(file)
            if stands[1] <= MOST_FILE_BYTES and self._kept.get(file) != stands:
                self[FILES + file.relative_to(self.folder).as_posix()] = file.read_bytes()
                self._kept[file] = stands

    def close(self) -> None:
        """The folder is needed no more."""
        shutil.rmtree(self.folder, ignore_errors=True)


def stand_of(file: Path) -> tuple[int, int]:
    """When a file was changed last, and its size in bytes."""
    stat = file.stat()
    return stat.st_mtime_ns, stat.st_size


def make_folder() -> Path:
    """A folder of this process's own."""
    return Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))


def sweep_folders() -> None:
    """Delete the folders that killed processes of this machine left behind."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        owner = re.match(rf"{PREFIX}(\d+)-", folder.name)
        if owner and not psutil.pid_exists(int(owner[1])):
            shutil.rmtree(folder, ignore_errors=True)
