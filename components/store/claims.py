"""Claims: names within a run that one process alone may take, with what it says of them; so that nothing is done twice."""

from __future__ import annotations

import json

from sqlalchemy import exc, select, update

from components.graph import Json
from components.runs import NoSuchRun
from components.store.database import Database, claims, dump, runs


class Claims(Database):
    """What the processes that work on one run agree on. Whoever takes a name first has it."""

    def claim(self, run_id: str, name: str, content: Json = None) -> bool:
        """Take a name; False when it was taken before. NoSuchRun when the run is gone."""
        try:
            with self._writing() as connection:
                connection.execute(claims.insert(), {"run_id": run_id, "name": name, "content": dump(content)})
        except exc.IntegrityError:
            with self._reading() as connection:
                if connection.scalar(select(runs.c.id).where(runs.c.id == run_id)) is None:
                    raise NoSuchRun from None
            return False
        return True

    def note_claim(self, run_id: str, name: str, content: Json) -> None:
        """Say something else of a name that was taken; whoever calls this has it."""
        change = update(claims).where(claims.c.run_id == run_id, claims.c.name == name)
        with self._writing() as connection:
            connection.execute(change.values(content=dump(content)))

    def claims(self, run_id: str, prefix: str = "") -> dict[str, Json]:
        """What is said of the names that begin so, sorted by name."""
        query = select(claims.c.name, claims.c.content).where(claims.c.run_id == run_id)
        query = query.where(claims.c.name.startswith(prefix, autoescape=True)).order_by(claims.c.name)
        with self._reading() as connection:
            return {name: json.loads(content) for name, content in connection.execute(query)}
