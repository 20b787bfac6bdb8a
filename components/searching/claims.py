"""Claims: who trains which trial: names that one worker alone may take."""

from __future__ import annotations

from typing import Protocol

from components.graph import Json
from components.store import Store


class Claims(Protocol):
    """Names that one worker alone may take, with what it says of them."""

    def claim(self, name: str, content: Json) -> bool:
        """Take a name; False when it was taken before."""

    def note(self, name: str, content: Json) -> None:
        """Say something else of a name."""

    def read(self, prefix: str) -> dict[str, Json]:
        """What is said of the names that begin so, in order."""


class StoreClaims:
    """Those of a study's run, shared by all its workers."""

    def __init__(self, store: Store, run_id: str) -> None:
        self._store, self._run_id = store, run_id

    def claim(self, name: str, content: Json) -> bool:
        """Take a name; False when it was taken before."""
        return self._store.claim(self._run_id, name, content)

    def note(self, name: str, content: Json) -> None:
        """Say something else of a name."""
        self._store.note_claim(self._run_id, name, content)

    def read(self, prefix: str) -> dict[str, Json]:
        """What is said of the names that begin so, in order."""
        return self._store.claims(self._run_id, prefix)


class OwnClaims:
    """Those of one who works alone."""

    def __init__(self) -> None:
        self._known: dict[str, Json] = {}

    def claim(self, name: str, content: Json) -> bool:
        """Take a name; False when it was taken before."""
        return self._known.setdefault(name, content) is content

    def note(self, name: str, content: Json) -> None:
        """Say something else of a name."""
        self._known[name] = content

    def read(self, prefix: str) -> dict[str, Json]:
        """What is said of the names that begin so, in order."""
        return {name: content for name, content in sorted(self._known.items()) if name.startswith(prefix)}


def claim_name(sampler: str, number: int) -> str:
    """The name under which a trial is claimed."""
    return f"{sampler}/{number:05d}"
