"""Reducing: points of many numbers brought to two or three dimensions, by PCA or t-SNE."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from openTSNE import TSNEEmbedding
from openTSNE.affinity import PerplexityBasedNN
from sklearn.decomposition import PCA

METHODS = ("pca", "tsne")
PERPLEXITY = 30.0
ITERATIONS = 250
EXAGGERATED = 75
"""The first iterations pull clusters together, at most so many."""

EXAGGERATION = 12.0
WARM_ITERATIONS = 75
"""From an earlier picture of nearly the same points, t-SNE has only a little way to go."""

FRAME_EVERY = 10
"""Iterations between two frames."""

COMPONENTS = 30
"""t-SNE looks at so many principal components: as trustworthy as at all of them, and much faster."""

LEAST_FOR_TSNE = 5
FFT_FROM = 4_000
"""Points from which on interpolation by FFT is faster than the Barnes–Hut tree (two dimensions only)."""

PARALLEL_FROM = 5_000
"""Fewer points are placed sooner by one thread than by several that wait for one another."""

Frame = Callable[[int, np.ndarray], None]
"""Takes the number of iterations done and the points as they stand, float [points, dimensions]."""


@dataclass(frozen=True)
class Projection:
    """Points brought to few dimensions.

    `points` is float [kept, dimensions]; `rows` int [kept] says which of the given rows they are, for rows with
    numbers that are not finite are left out. `variance` is the share of the variance that each axis of a PCA
    explains. `notes` says in sentences what a person should know of it.
    """

    points: np.ndarray
    rows: np.ndarray
    variance: tuple[float, ...] = ()
    notes: tuple[str, ...] = ()


def project(points: np.ndarray, method: str = "pca", dimensions: int = 2, **options: Any) -> Projection:
    """`project_pca` or `project_tsne`, by name; ValueError for another."""
    if method not in METHODS:
        raise ValueError(f"A projection is one of {', '.join(METHODS)}, and this is “{method}”; choose one of those.")
    return (project_tsne if method == "tsne" else project_pca)(points, dimensions, **options)


# PCA


def project_pca(
    points: np.ndarray, dimensions: int = 2, *, start: Projection | None = None, seed: int = 0
) -> Projection:
    """The directions in which the points, float [points, features], vary most.

    `start` is an earlier projection of the same rows: axes are mirrored where that keeps points from jumping.
    """
    kept, rows, notes = finite_rows(points, dimensions)
    if is_constant(kept):
        return Projection(np.zeros((len(kept), dimensions)), rows, (0.0,) * dimensions, (*notes, *why_constant(kept)))
    pca, projected = fit_pca(kept, dimensions, seed)
    missing = dimensions - projected.shape[1]
    variance = tuple(pca.explained_variance_ratio_.tolist()) + (0.0,) * missing
    projected = np.pad(projected, ((0, 0), (0, missing)))
    return Projection(mirrored(projected, rows, start), rows, variance, notes)


def fit_pca(points: np.ndarray, components: int, seed: int) -> tuple[PCA, np.ndarray]:
    """The fitted PCA and the points in it; scikit-learn takes its randomised solver where that pays."""
    pca = PCA(min(components, *points.shape), svd_solver="auto", random_state=seed)
    return pca, pca.fit_transform(points)


def mirrored(points: np.ndarray, rows: np.ndarray, start: Projection | None) -> np.ndarray:
    """The points, each axis mirrored if it then agrees better with the earlier ones."""
    shared, now, before = rows_in_common(rows, start)
    if start is None or not len(shared) or start.points.shape[1] != points.shape[1]:
        return points
    agreement = (points[now] * start.points[before]).sum(axis=0)
    return points * np.where(agreement < 0, -1.0, 1.0)


def rows_in_common(rows: np.ndarray, start: Projection | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The rows that both hold, and their places in either."""
    before = np.empty(0, int) if start is None else start.rows
    return np.intersect1d(rows, before, assume_unique=True, return_indices=True)


# t-SNE


def project_tsne(
    points: np.ndarray,
    dimensions: int = 2,
    *,
    perplexity: float = PERPLEXITY,
    learning_rate: float | None = None,
    iterations: int | None = None,
    start: Projection | None = None,
    on_frame: Frame | None = None,
    seed: int = 0,
) -> Projection:
    """Points, float [points, features], placed so that neighbours stay neighbours (van der Maaten & Hinton 2008).

    Uses openTSNE (Poličar et al. 2019) on the first 30 principal components. Without a learning rate the number of
    points over the exaggeration is taken (Belkina et al. 2019). `start` is an earlier projection of the same rows to
    begin from; then fewer iterations are made. `on_frame` is called every 10 iterations, and with the beginning as 0.
    A perplexity that is too large for the number of points is lowered, and a note says so.
    """
    kept, rows, notes = finite_rows(points, dimensions)
    if is_constant(kept) or len(kept) < LEAST_FOR_TSNE:
        plain = project_pca(points, dimensions, start=start, seed=seed)
        return plain if is_constant(kept) else replace(plain, notes=(*plain.notes, too_few(len(kept))))
    perplexity, clamped = fitting_perplexity(perplexity, len(kept))
    _, reduced = fit_pca(kept / np.abs(kept).max(), COMPONENTS, seed)
    reduced /= reduced.std()
    begin, warm = beginning(reduced, dimensions, rows, start, seed)
    if on_frame is not None:
        on_frame(0, begin)
    count = iterations if iterations is not None else WARM_ITERATIONS if warm else ITERATIONS
    placed = optimise(begin, reduced, perplexity, learning_rate, count, 0 if warm else EXAGGERATED, on_frame, seed)
    if not np.isfinite(placed).all():
        plain = project_pca(points, dimensions, start=start, seed=seed)
        return replace(plain, notes=(*plain.notes, FLEW_APART))
    return Projection(placed, rows, (), (*notes, *clamped))


FLEW_APART = "t-SNE's points flew apart beyond all numbers, and this is their PCA; take a smaller learning rate."


def too_few(count: int) -> str:
    """Why there is no t-SNE of a handful of points."""
    return f"t-SNE needs at least {LEAST_FOR_TSNE} points, and there are {count}; this is their PCA."


def fitting_perplexity(perplexity: float, count: int) -> tuple[float, tuple[str, ...]]:
    """The perplexity, at most a third of the other points, and a note when it was lowered."""
    most = max(1.0, (count - 1) / 3)
    if not perplexity >= 1:
        return min(30.0, most), (
            f"Perplexity is at least 1, and {perplexity:g} was asked for; {min(30.0, most):g} was taken.",
        )
    if perplexity <= most:
        return float(perplexity), ()
    return most, (
        f"Perplexity is at most a third of the other points, and {perplexity:g} is too much for {count}; "
        f"{most:.3g} was taken.",
    )


def beginning(
    reduced: np.ndarray, dimensions: int, rows: np.ndarray, start: Projection | None, seed: int
) -> tuple[np.ndarray, bool]:
    """Where each point begins, and whether most of them stand where an earlier projection left them.

    A point that is new to an earlier projection begins in its middle. A little noise keeps duplicates apart.
    """
    noise = np.random.default_rng(seed).normal(size=(len(rows), dimensions))
    shared, now, before = rows_in_common(rows, start)
    if start is not None and 2 * len(shared) > len(rows) and start.points.shape[1] == dimensions:
        placed = np.tile(start.points.mean(axis=0), (len(rows), 1))
        placed[now] = start.points[before]
        return placed + noise * 1e-4, True
    placed = np.zeros((len(rows), dimensions))
    placed[:, : min(dimensions, reduced.shape[1])] = reduced[:, :dimensions]
    return placed / placed[:, 0].std() * 1e-4 + noise * 1e-6, False


def optimise(
    begin: np.ndarray,
    reduced: np.ndarray,
    perplexity: float,
    learning_rate: float | None,
    iterations: int,
    exaggerated: int,
    on_frame: Frame | None,
    seed: int,
) -> np.ndarray:
    """The points after the iterations, the first of them exaggerated."""
    jobs = os.cpu_count() if len(begin) >= PARALLEL_FROM else 1
    affinities = PerplexityBasedNN(reduced, perplexity, method="exact", n_jobs=jobs, random_state=seed)
    method = "fft" if begin.shape[1] <= 2 and len(begin) >= FFT_FROM else "bh"
    rate = "auto" if learning_rate is None else learning_rate
    embedding = TSNEEmbedding(begin, affinities, negative_gradient_method=method, n_jobs=jobs, random_state=seed)
    exaggerated = min(exaggerated, iterations // 3)
    for count, done, phase in (
        (exaggerated, 0, {"exaggeration": EXAGGERATION, "momentum": 0.5}),
        (iterations - exaggerated, exaggerated, {"momentum": 0.8}),
    ):
        embedding.optimize(
            count,
            learning_rate=rate,
            inplace=True,
            callbacks=told(on_frame, done),
            callbacks_every_iters=FRAME_EVERY,
            **phase,
        )
    return np.asarray(embedding, dtype=np.float64)


def told(on_frame: Frame | None, done: int) -> list[Callable[[int, float, np.ndarray], None]] | None:
    """openTSNE's callbacks for the frames of a phase that begins after `done` iterations."""
    if on_frame is None:
        return None
    return [lambda iteration, error, embedding: on_frame(done + iteration, np.array(embedding))]


# What cannot be projected


def finite_rows(points: np.ndarray, dimensions: int) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """The rows whose numbers are all finite, float64 [kept, features], which they are, and a note when some are not."""
    if dimensions not in (2, 3):
        raise ValueError(f"A projection has 2 or 3 dimensions, and {dimensions} were asked for; choose one of the two.")
    flat = np.asarray(points, dtype=np.float64)
    flat = flat.reshape(len(flat), -1) if flat.size else flat.reshape(len(flat), 1) if flat.ndim < 2 else flat
    rows = np.flatnonzero(np.isfinite(flat).all(axis=1))
    left_out = len(flat) - len(rows)
    if not left_out:
        return flat, rows, ()
    who = "Every point has" if not len(rows) else f"{left_out} of {len(flat)} points have"
    remedy = "training has diverged: lower the learning rate or look at an earlier epoch"
    return flat[rows], rows, (f"{who} numbers that are not finite and cannot be drawn; perhaps {remedy}.",)


def is_constant(points: np.ndarray) -> bool:
    """Whether all points are one, or there is none."""
    return not points.size or bool(np.ptp(points, axis=0).max() <= 1e-12 * max(1.0, np.abs(points).max()))


def why_constant(points: np.ndarray) -> tuple[str, ...]:
    """What to say of points that are all the same."""
    if len(points) == 1:
        return ("A projection compares points, and there is only one; it stands in the middle.",)
    if len(points):
        return (f"All {len(points)} points are the same, so that there is nothing to tell them apart by.",)
    return ()
