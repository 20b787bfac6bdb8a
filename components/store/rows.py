"""Rows: how runs and records are written to the database and read back."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import RowMapping, func

from components.runs import ACTIVE, ENDED, Record, Run
from components.store.database import clean, runs

RUN_COLUMNS = tuple(runs.c[name] for name in Run.__dataclass_fields__ if name != "experiment")
UPDATABLE = set(Run.__dataclass_fields__) - {"id", "workspace", "experiment", "created"}


def read_run(row: RowMapping) -> Run:
    """A run from its row, with the text of its experiment as `content`."""
    fields = dict(row)
    return Run(experiment=json.loads(fields.pop("content")), **fields)


def run_changes(fields: dict[str, Any]) -> dict[str, Any]:
    """The columns to set for changed fields of a run; TypeError or ValueError where the caller is wrong."""
    unknown = set(fields) - UPDATABLE
    if unknown:
        raise TypeError(f"A run has no field to update called {', '.join(sorted(unknown))}.")
    changes = {name: clean(value, 2_000) if isinstance(value, str) else value for name, value in fields.items()}
    return times_of(changes.get("state")) | changes


def times_of(state: str | None) -> dict[str, Any]:
    """The times that go with a new state: when the run started, that it ended or that it has not."""
    if state is None:
        return {}
    if state not in ACTIVE + ENDED:
        raise ValueError(f"A run is {', '.join(ACTIVE + ENDED)}, and not {state!r}.")
    if state in ENDED:
        return {"ended": time.time()}
    began = {} if state == "queued" else {"started": func.coalesce(runs.c.started, time.time())}
    return {"ended": None} | began


def record_rows(run_id: str, batch: Sequence[Record], texts: Sequence[str], first: int) -> Iterator[dict[str, Any]]:
    """The records' rows, numbered from `first`; `texts` are their values, written already."""
    for seq, (record, text) in enumerate(zip(batch, texts, strict=True), start=first):
        row = {"kind": record.kind, "epoch": record.epoch, "step": record.step, "values": text}
        yield {"run_id": run_id, "seq": seq} | row


def belongs(run_id: str, workspace: str | None) -> list[Any]:
    """Conditions that pick the run, and with a workspace only if it is that visitor's."""
    return [runs.c.id == run_id] + ([runs.c.workspace == workspace] if workspace is not None else [])


def may_go() -> list[Any]:
    """Conditions on a run that clean-up may delete."""
    return [runs.c.state.not_in(ACTIVE), runs.c.pinned.is_(False)]
