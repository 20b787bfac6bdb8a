"""Projections: any layer of a run brought to two or three dimensions, its neighbours and its samples, as plain data."""

from __future__ import annotations

import base64
import math
import time
from typing import Any

import numpy as np

from components.graph import Json
from components.inside.layer_points import LayerPoints, layer_points, open_run, sample_of
from components.inside.neighbourhoods import nearest_neighbours, trustworthiness
from components.inside.reducing import (
    METHODS,
    PERPLEXITY,
    Projection,
    finite_rows,
    is_constant,
    project,
    project_pca,
    project_tsne,
)
from components.inside.sprites import SPRITE, pictures_of, sheet_of
from components.store import Store

__all__ = [
    "METHODS",
    "Projection",
    "nearest_neighbours",
    "neighbourhood_json",
    "neighbours_json",
    "project",
    "project_layer_json",
    "project_pca",
    "project_tsne",
    "sample_json",
    "thumbnails_json",
    "trustworthiness",
]

FRAME_SECONDS = 0.1
"""The least time between two frames that are remembered: a page looks no more often."""


def project_layer_json(
    store_url: str,
    run_id: str,
    layer: str,
    what: str = "outputs",
    method: str = "pca",
    dimensions: int = 2,
    options: Json = None,
    epoch: int | str | None = None,
) -> Json:
    """A layer of a run projected, as the page draws it.

    `layer`, `what`, `epoch` and the options `most`, `split`, `output` as in `layer_points`; further options:
    `perplexity`, `learning_rate`, `iterations`, `seed`; `previous`, an earlier answer to start from; and `frames`, a
    key under which the store remembers `{"iteration", "points", "rows", "done"}` while t-SNE works, and under
    `frames/about` what the points are, as the answer tells it.

    The answer: `points`; `rows`, which row of the data or which word each is; `labels`; `classes`, `predictions` and
    `mistakes` of the output told in `output`, with its `class_names`, all empty where there are none; `variance`;
    `trustworthiness`; `note`, a text or None; `epoch`, that of the weights.
    """
    options = dict(options or {})
    store = Store(store_url)
    found = layer_points(store, run_id, layer, what, epoch, options)
    chosen: dict[str, Any] = {
        "start": earlier_projection(options.get("previous"), found.rows),
        "seed": int(options.get("seed") or 0),
    }
    if method == "tsne":
        chosen |= {name: options[name] for name in ("learning_rate", "iterations") if options.get(name) is not None}
        chosen["perplexity"] = float(options.get("perplexity") or PERPLEXITY)
        if options.get("frames"):
            chosen["on_frame"] = FrameWriter(store, options["frames"], found, dimensions)
            chosen["on_frame"].introduce(found)
    projection = project(found.points, method, dimensions, **chosen)
    if "on_frame" in chosen:
        chosen["on_frame"].finish(projection.points)
    return answer(found, projection)


def earlier_projection(answered: Json, rows: np.ndarray) -> Projection | None:
    """The projection in an earlier answer, of those of its points that stand for one of these rows."""
    if not answered or not answered.get("points"):
        return None
    _, before, places = np.intersect1d(answered["rows"], rows, return_indices=True)
    return Projection(np.array(answered["points"], dtype=np.float64)[before], places)


def answer(found: LayerPoints, projection: Projection) -> Json:
    """What the page draws."""
    notes = (*found.notes, *projection.notes)
    return {
        "points": rounded(projection.points),
        **about(found, projection.rows),
        "variance": [round(share, 4) for share in projection.variance],
        "trustworthiness": judged(found.points, projection),
        "note": " ".join(notes) or None,
    }


def about(found: LayerPoints, places: np.ndarray) -> Json:
    """What the points at these places are: their rows and labels, and what is true and said of them."""
    kept = places.tolist()
    target = found.target
    return {
        "rows": [int(found.rows[i]) for i in kept],
        "labels": [found.labels[i] for i in kept],
        "output": target.output if target else None,
        "classes": [target.classes[i] for i in kept] if target else [],
        "predictions": [target.predictions[i] for i in kept] if target else [],
        "mistakes": [target.mistakes[i] for i in kept] if target and target.names else [],
        "class_names": list(target.names) if target else [],
        "epoch": found.epoch,
    }


def judged(points: np.ndarray, projection: Projection) -> float | None:
    """The trustworthiness to three digits; None where nothing can be said of it."""
    kept = np.asarray(points, dtype=np.float64)[projection.rows]
    if is_constant(kept):
        return None
    found = trustworthiness(kept, projection.points)
    return None if found is None else round(found, 3)


def rounded(points: np.ndarray) -> list[list[float]]:
    """The points in five digits of the largest: what a screen can show."""
    largest = float(np.abs(points).max(initial=0.0))
    decimals = 5 - int(np.ceil(np.log10(largest))) if largest > 0 else 0
    return np.round(points, decimals).tolist()


class FrameWriter:
    """Remembers the latest frame of a t-SNE in the store, not more often than a page can look at it."""

    def __init__(self, store: Store, key: str, found: LayerPoints, dimensions: int) -> None:
        self.store, self.key = store, key
        self._kept = finite_rows(found.points, dimensions)[1]
        self.rows = found.rows[self._kept].tolist()
        self._written = 0.0

    def introduce(self, found: LayerPoints) -> None:
        """Remember what the points are before the first frame is there."""
        self.store.remember(f"{self.key}/about", about(found, self._kept))

    def __call__(self, iteration: int, points: np.ndarray) -> None:
        if time.monotonic() - self._written >= FRAME_SECONDS:
            self.write(iteration, points, False)

    def finish(self, points: np.ndarray) -> None:
        """The last frame."""
        self.write(None, points, True)

    def write(self, iteration: int | None, points: np.ndarray, done: bool) -> None:
        """One frame, in place of the one before."""
        frame = {"iteration": iteration, "points": rounded(points), "rows": self.rows, "done": done}
        self.store.remember(self.key, frame)
        self._written = time.monotonic()


def neighbours_json(
    store_url: str,
    run_id: str,
    layer: str,
    what: str,
    row: int,
    count: int = 10,
    metric: str = "cosine",
    options: Json = None,
    epoch: int | str | None = None,
) -> Json:
    """The points nearest to one in the layer's own space: `[{"row", "label", "distance"}, …]`, nearest first.

    `row` is one of an answer's `rows`; the other arguments are those of `project_layer_json`.
    """
    found = layer_points(Store(store_url), run_id, layer, what, epoch, dict(options or {}))
    place = int(np.searchsorted(found.rows, row))
    if place >= len(found.rows) or found.rows[place] != row:
        raise ValueError(f"Row {row} is not among the {len(found.rows)} points that are drawn; choose one of those.")
    places, distances = nearest_neighbours(found.points, place, count, metric)
    return [
        {"row": int(found.rows[i]), "label": found.labels[i], "distance": round(float(d), 5)}
        for i, d in zip(places, distances, strict=True)
    ]


def neighbourhood_json(
    store_url: str,
    run_id: str,
    layer: str,
    what: str,
    row: int,
    count: int = 10,
    metric: str = "cosine",
    options: Json = None,
    epoch: int | str | None = None,
) -> Json:
    """A point and what is nearest to it, with what the data holds there: `{"row", "neighbours", "samples"}`.

    `neighbours` as `neighbours_json` gives them. `samples` are, for the point and then its neighbours, the inputs as
    `sample_json` gives them; none where points are weights.
    """
    neighbours = neighbours_json(store_url, run_id, layer, what, row, count, metric, options, epoch)
    rows = [row, *(neighbour["row"] for neighbour in neighbours)] if what == "outputs" else []
    split = str((options or {}).get("split") or "validation")
    return {
        "row": row,
        "neighbours": neighbours,
        "samples": [sample_json(store_url, run_id, each, split) for each in rows],
    }


def thumbnails_json(store_url: str, run_id: str, rows: list[int], split: str = "validation") -> Json:
    """All the pictures that these rows of the data are, on one sheet: `{"png", "side", "columns"}`; None without any.

    `png` is base 64; pictures are `side` pixels wide and high, row by row, `columns` in each.
    """
    opened = open_run(Store(store_url).run(run_id).experiment)
    pictures = pictures_of(opened, np.asarray(rows, int), split)
    if pictures is None:
        return None
    columns = math.ceil(math.sqrt(len(pictures)))
    return {"png": base64.b64encode(sheet_of(pictures)).decode(), "side": SPRITE, "columns": columns}


def sample_json(store_url: str, run_id: str, row: int, split: str = "validation") -> Json:
    """What the data holds in a row, to be shown beside its point: by input a kind, a shape and values.

    `kind` is "text" (the words), "image" (integers from 0 to 255) or "numbers".
    """
    return sample_of(Store(store_url), run_id, row, split)
