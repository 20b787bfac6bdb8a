"""Run tables: the epochs of a run as comma-separated values."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from components.runs import Record, logs_by_epoch

RISKY = ("=", "+", "-", "@", "\t", "\r")
"""With these a spreadsheet takes a text for a formula."""


def records_csv(records: Sequence[Record]) -> str:
    """A line for every epoch, as it stands after rewinds, with all that was logged."""
    logs = logs_by_epoch(records)
    names = list(dict.fromkeys(name for values in logs.values() for name in values))
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["epoch", *map(harmless, names)])
    table.writerows([epoch, *(values.get(name) for name in names)] for epoch, values in sorted(logs.items()))
    return text.getvalue()


def harmless(name: str) -> str:
    """A heading that no spreadsheet runs as a formula."""
    return "'" + name if name.startswith(RISKY) else name
