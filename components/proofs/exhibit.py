"""The exhibit: what a proof found, as plain data that any page can draw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from components.graph import Json


def exhibit(
    holds: bool,
    message: str,
    values: Mapping[str, Any],
    *,
    charts: Sequence[Json] = (),
    columns: Sequence[str] = (),
    rows: Sequence[Sequence[Any]] = (),
) -> Json:
    """A finding: whether the claim holds, a sentence with `{fields}` for its values, charts and a table."""
    return {
        "holds": bool(holds),
        "message": message,
        "values": dict(values),
        "charts": list(charts),
        "columns": list(columns),
        "rows": [list(row) for row in rows],
    }


def lines(title: str, x: str, y: str, series: Mapping[str, Sequence[float]], **more: Any) -> Json:
    """A chart of lines. `more`: `at` (the common x values; 1, 2, … otherwise), `log` (of y), `marks` ({x: name})."""
    drawn = [
        {"name": name, "x": list(more.get("at") or range(1, len(values) + 1)), "y": [float(value) for value in values]}
        for name, values in series.items()
    ]
    marks = [{"x": at, "name": name} for at, name in more.get("marks", {}).items()]
    return {
        "kind": "lines",
        "title": title,
        "x": x,
        "y": y,
        "series": drawn,
        "log": bool(more.get("log")),
        "marks": marks,
    }


def bars(title: str, x: str, y: str, names: Sequence[Any], series: Mapping[str, Sequence[float]], **more: Any) -> Json:
    """A chart of bars, one group for each of the names. `more`: `log`, `stacked`."""
    drawn = [
        {"name": name, "x": [str(n) for n in names], "y": [float(value) for value in values]}
        for name, values in series.items()
    ]
    return {
        "kind": "bars",
        "title": title,
        "x": x,
        "y": y,
        "series": drawn,
        "log": bool(more.get("log")),
        "stacked": bool(more.get("stacked")),
        "marks": [],
    }
