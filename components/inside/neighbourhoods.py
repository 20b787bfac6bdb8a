"""Neighbourhoods: which points are near one another, and whether a picture of them shows it truly."""

from __future__ import annotations

import numpy as np
from sklearn.neighbors import NearestNeighbors

JUDGED_POINTS = 2_000
"""Trustworthiness is judged at so many points, evenly spread, when there are more."""


def trustworthiness(points: np.ndarray, projected: np.ndarray, neighbours: int = 5) -> float | None:
    """How many of a point's drawn neighbours are true ones, from 0 to 1 (Venna & Kaski 2001).

    Among more than 2,000 points it is judged at 2,000 of them. None when there are too few to say anything.
    """
    count = len(points)
    neighbours = min(neighbours, (count - 1) // 2)
    if neighbours < 1:
        return None
    judged = np.unique(np.linspace(0, count - 1, min(count, JUDGED_POINTS)).astype(int))
    drawn = (
        NearestNeighbors(n_neighbors=neighbours + 1).fit(projected).kneighbors(projected[judged], return_distance=False)
    )
    penalty = sum(
        rank_penalty(points, judged[part], drawn[part], neighbours)
        for part in np.array_split(np.arange(len(judged)), -(-len(judged) // 250))
    )
    worst = len(judged) * neighbours * (2 * count - 3 * neighbours - 1) / 2
    return float(1 - penalty / worst)


def rank_penalty(points: np.ndarray, judged: np.ndarray, drawn: np.ndarray, neighbours: int) -> float:
    """By how many ranks the drawn neighbours of the judged points are too far in truth."""
    squares = (points**2).sum(axis=1)
    distances = squares[None] - 2 * points[judged] @ points.T
    distances[np.arange(len(judged)), judged] = -np.inf
    others = drawn != judged[:, None]
    counted = others & (np.cumsum(others, axis=1) <= neighbours)
    penalty = 0.0
    for place in range(drawn.shape[1]):
        drawn_at = np.take_along_axis(distances, drawn[:, place : place + 1], axis=1)
        ranks = (distances < drawn_at).sum(axis=1)
        penalty += float(np.maximum(ranks - neighbours, 0)[counted[:, place]].sum())
    return penalty


def nearest_neighbours(
    points: np.ndarray, row: int, count: int = 10, metric: str = "cosine"
) -> tuple[np.ndarray, np.ndarray]:
    """The rows nearest to a row of float [points, features] before any projection, and their distances.

    `metric` is "cosine" or "euclidean". Rows with numbers that are not finite are nobody's neighbours.
    """
    if not 0 <= row < len(points):
        raise ValueError(f"A point's number is from 0 to {len(points) - 1}, and this is {row}; choose one of those.")
    flat = np.asarray(points, dtype=np.float64).reshape(len(points), -1)
    with np.errstate(invalid="ignore", over="ignore"):
        distances = cosine_distances(flat, row) if metric == "cosine" else np.linalg.norm(flat - flat[row], axis=1)
    distances[row] = np.nan
    order = np.argsort(distances, kind="stable")[: min(count, int(np.isfinite(distances).sum()))]
    return order, distances[order]


def cosine_distances(points: np.ndarray, row: int) -> np.ndarray:
    """One minus the cosine of the angle between a row and every row; a row of zeros is as far as a right angle."""
    lengths = np.linalg.norm(points, axis=1) * np.linalg.norm(points[row])
    return 1 - np.divide(
        points @ points[row], lengths, out=np.where(np.isfinite(lengths), 0.0, np.nan), where=lengths > 0
    )
