"""Pages: what the points' element is told of a projection: what its points are, once, and where they stand, epoch by epoch."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from components.graph import Json
from dashboard import charts
from dashboard.curves.feed import shorten

MOST_CHARACTERS = 60
"""Of a label that the element shows."""


def cast_of(answer: Json) -> Json:
    """What the points are, whatever the epoch: rows, labels, and what is true of them.

    `truth` holds places among `names`, or without names plain numbers; it is None where nothing is known.
    """
    names = answer.get("class_names") or []
    return {
        "rows": answer["rows"],
        "labels": [shortened(label) for label in answer["labels"]],
        "names": names,
        "truth": numbered(answer["classes"], names),
        "output": answer.get("output"),
    }


def page_of(answer: Json, cast: int, layer: str) -> Json:
    """Where the points stand after an epoch, and what the model says of them then."""
    return {
        "epoch": answer["epoch"],
        "cast": cast,
        "dimensions": charts.dimensions_of(answer),
        "points": packed(answer["points"]),
        "said": numbered(answer["predictions"], answer.get("class_names") or []),
        "sentence": charts.describe_projection(answer, layer),
        "note": answer["note"] or "",
    }


def shortened(label: object) -> str:
    """A label that does not cover the picture."""
    text = str(label)
    return text if len(text) <= MOST_CHARACTERS else text[: MOST_CHARACTERS - 1] + "…"


def numbered(values: Sequence[Any], names: Sequence[str]) -> Json:
    """Names of classes as their places, numbers as they are; None without any."""
    if not len(values):
        return None
    if not names:
        return shorten([float(value) for value in values])
    places: Mapping[str, int] = {name: place for place, name in enumerate(names)}
    return [places.get(str(value), 0) for value in values]


def packed(points: Sequence[Sequence[float]]) -> str:
    """Points as base 64 of float32, one after another."""
    return base64.b64encode(np.asarray(points, "<f4").tobytes()).decode()


def unpacked(page: Json) -> list[list[float]]:
    """The points of a page."""
    flat = np.frombuffer(base64.b64decode(page["points"]), "<f4")
    return flat.reshape(-1, page["dimensions"]).tolist() if flat.size else []
