"""What visitors are working on, and what is worth remembering: the parts of the store that know no run."""

from __future__ import annotations

import json
import time
from typing import Any

from sqlalchemy import Connection, delete, func, select, update
from sqlalchemy.exc import IntegrityError

from components.graph import Json
from components.runs import Draft, StaleDraft, StoreError
from components.store.database import Database, drafts, dump, remembered

MOST_DRAFTS = 200
"""Of one visitor."""

MOST_REMEMBERED = 5_000


class Drafts(Database):
    """Visitors' drafts, saved revision by revision so that two tabs do not overwrite one another."""

    def save_draft(self, workspace: str, name: str, content: Json, revision: int = 0) -> int:
        """Save over the revision that was read (0: a new draft); the new revision, or StaleDraft."""
        this = (drafts.c.workspace == workspace, drafts.c.name == name)
        row = {"revision": revision + 1, "saved": time.time(), "content": dump(content)}
        try:
            with self._writing() as connection:
                if revision:
                    saved = update(drafts).where(*this, drafts.c.revision == revision).values(**row)
                    kept = connection.execute(saved).rowcount == 1
                else:
                    check_draft_count(connection, workspace)
                    connection.execute(drafts.insert(), row | {"workspace": workspace, "name": name})
                    kept = True
        except IntegrityError:
            kept = False
        if not kept:
            raise StaleDraft(self.draft(workspace, name))
        return revision + 1

    def draft(self, workspace: str, name: str) -> Draft | None:
        """A visitor's draft, or None."""
        found = self._drafts(drafts.c.workspace == workspace, drafts.c.name == name)
        return found[0] if found else None

    def drafts(self, workspace: str) -> list[Draft]:
        """A visitor's drafts, last saved first."""
        return self._drafts(drafts.c.workspace == workspace)

    def _drafts(self, *where: Any) -> list[Draft]:
        query = select(drafts.c.name, drafts.c.content, drafts.c.revision, drafts.c.saved).where(*where)
        with self._reading() as connection:
            rows = connection.execute(query.order_by(drafts.c.saved.desc())).all()
        return [Draft(name, json.loads(content), revision, saved) for name, content, revision, saved in rows]

    def delete_draft(self, workspace: str, name: str) -> None:
        """Let go of a draft; nothing happens when there is none of that name."""
        with self._writing() as connection:
            connection.execute(delete(drafts).where(drafts.c.workspace == workspace, drafts.c.name == name))


class Memory(Database):
    """Answers that are dear to compute, by key."""

    def remember(self, key: str, value: Json) -> None:
        """Keep what was computed for a key; the oldest of many are forgotten."""
        row = {"key": key, "saved": time.time(), "value": dump(value)}
        oldest = select(remembered.c.saved).order_by(remembered.c.saved.desc()).offset(MOST_REMEMBERED).limit(1)
        try:
            with self._writing() as connection:
                connection.execute(delete(remembered).where(remembered.c.key == key))
                connection.execute(remembered.insert(), row)
                connection.execute(delete(remembered).where(remembered.c.saved <= oldest.scalar_subquery()))
        except IntegrityError:
            return  # Another process remembered the same key at the same moment.

    def recall(self, key: str) -> Json | None:
        """What was remembered for the key, or None."""
        with self._reading() as connection:
            value = connection.scalar(select(remembered.c.value).where(remembered.c.key == key))
        return None if value is None else json.loads(value)


def check_draft_count(connection: Connection, workspace: str) -> None:
    """Raise StoreError when the visitor has as many drafts as one may have."""
    count = connection.scalar(select(func.count()).select_from(drafts).where(drafts.c.workspace == workspace))
    if int(count or 0) >= MOST_DRAFTS:
        raise StoreError(f"A visitor keeps at most {MOST_DRAFTS} drafts, and there are {count}; delete one first.")
