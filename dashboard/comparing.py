"""Comparing runs: their names, the settings in which two differ, and their epochs as a table; pure."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence

from components.graph import Json
from components.runs import Record, Run, logs_by_epoch

MOST_CHARACTERS = 120
"""Of a setting that is shown in a table."""

RISKY = ("=", "+", "-", "@", "\t", "\r")
"""With these a spreadsheet takes a text for a formula."""


def name_of(run: Run) -> str:
    """What the run is called: its own name, or its experiment's."""
    return run.name or str(run.experiment["name"])


def differences(one: Json, other: Json) -> list[tuple[str, str, str]]:
    """(setting, its value in the one, in the other) of two experiments as plain data; how they are drawn is left out."""
    first, second = flat(one), flat(other)
    paths = list(dict.fromkeys([*first, *second]))
    return [
        (path, shown(first.get(path)), shown(second.get(path))) for path in paths if first.get(path) != second.get(path)
    ]


def flat(content: Json, path: str = "") -> dict[str, Json]:
    """Nested settings by their paths: `training · epochs`. Lists of named things go by their names."""
    if isinstance(content, list) and content and all(isinstance(item, dict) and "id" in item for item in content):
        content = {item["id"]: {key: value for key, value in item.items() if key != "id"} for item in content}
    if not isinstance(content, dict) or not content:
        return {path: content}
    found: dict[str, Json] = {}
    for key, value in content.items():
        if path or key not in ("layout", "layerloom"):
            found |= flat(value, f"{path} · {key}" if path else key)
    return found


def shown(value: Json) -> str:
    """A setting as a cell shows it; a dash where there is none."""
    if value is None:
        return "–"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= MOST_CHARACTERS else text[: MOST_CHARACTERS - 1] + "…"


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
