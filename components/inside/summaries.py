"""Summaries of many arrays at once, which lie one after the other in a flat one: counts in bins, moments, percentiles."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

import numpy as np

from components.graph import Json

BINS = 30
FINE = 32
"""Fine bins in each bin, from which percentiles are read."""

PERCENTILES = (5, 25, 50, 75, 95)


AT_ONCE = 65_536
"""Elements that are summarised at once, if parts are no larger: of more the arrays in between no longer stay in the
processor's cache, and their memory is fetched anew each time."""


def summarise(flat: np.ndarray, sizes: Sequence[int]) -> list[Json]:
    """Low, high, counts in 30 bins, mean, std and percentiles of each part of a flat array.

    Values that are not finite are only counted, as `"strange"`. A constant part has all in its middle bin.
    """
    if not sizes:
        return []
    finite = np.isfinite(flat)
    held = np.asarray(sizes)
    if not finite.all():
        held = np.add.reduceat(finite.astype(np.int64), offsets(sizes))
        flat = flat[finite]
    summaries = chain.from_iterable(summarise_finite(*block) for block in blocks(flat, held[held > 0]))
    return [
        (next(summaries) if count else dict(EMPTY)) | {"strange": int(size - count)}
        for size, count in zip(sizes, held.tolist(), strict=True)
    ]


EMPTY: Json = {"low": -1e-6, "high": 1e-6, "counts": [0] * BINS, "mean": 0.0, "std": 0.0, "percentiles": []}
"""What there is to say where nothing is finite."""


def blocks(flat: np.ndarray, sizes: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The array in pieces of some whole parts each, with their sizes."""
    ends = np.cumsum(sizes)
    first = begin = 0
    while first < len(sizes):
        last = max(first + 1, int(np.searchsorted(ends, begin + AT_ONCE, "right")))
        yield flat[begin : ends[last - 1]], sizes[first:last]
        first, begin = last, int(ends[last - 1])


def summarise_finite(flat: np.ndarray, sizes: np.ndarray) -> list[Json]:
    """The summaries of parts of which each has a number at least, and finite ones only."""
    starts = offsets(sizes)
    low = np.minimum.reduceat(flat, starts).astype(np.float64)
    high = np.maximum.reduceat(flat, starts).astype(np.float64)
    above = np.repeat(low, sizes)
    np.subtract(flat, above, out=above)
    rise = np.add.reduceat(above, starts) / sizes
    std = np.sqrt(np.maximum(np.add.reduceat(above * above, starts) / sizes - rise**2, 0))
    left, width = widened(low, high)
    total = np.cumsum(count_finely(above, low - left, width, sizes))
    counts = np.diff(total[FINE - 1 :: FINE], prepend=0).reshape(-1, BINS)
    columns = (left, left + width, counts, low + rise, std, percentiles_of(total, left, width, sizes))
    names = ("low", "high", "counts", "mean", "std", "percentiles")
    return [dict(zip(names, row, strict=True)) for row in zip(*(column.tolist() for column in columns), strict=True)]


def offsets(sizes: Sequence[int] | np.ndarray) -> np.ndarray:
    """Where each part begins."""
    return np.cumsum(sizes) - sizes


def widened(low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Left edge and width of each range; one without width, to what a float tells, is given some around its value."""
    narrow = high - low <= 1e-6 * np.maximum(np.abs(low), np.abs(high))
    least = np.where(low == 0, 1e-6, np.abs(low) * 1e-3)
    return np.where(narrow, low - least, low), np.where(narrow, 2 * least, high - low)


def count_finely(above: np.ndarray, margin: np.ndarray, width: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """The parts' BINS × FINE bins one after the other; `above`, used up here, is what values have above their part's
    lowest.

    `margin` is by how much the bins begin below that, `width` how far they reach. Large arrays are not made anew: their
    memory takes longer to come than their numbers.
    """
    bins = BINS * FINE
    scale = bins / width
    above *= np.repeat(scale, sizes)
    above += np.repeat(margin * scale, sizes)
    np.minimum(above, bins - 1, out=above)
    above += np.repeat(np.arange(len(sizes)) * float(bins), sizes)
    return np.bincount(above.astype(np.int64), minlength=len(sizes) * bins)


def percentiles_of(total: np.ndarray, left: np.ndarray, width: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """The PERCENTILES of each part, [parts, 5], exact to a fine bin; `total` is the running sum over all fine bins."""
    bins = BINS * FINE
    wanted = offsets(sizes)[:, None] + np.array(PERCENTILES) / 100 * sizes[:, None]
    places = np.searchsorted(total, wanted.ravel()).reshape(wanted.shape) % bins
    return left[:, None] + (places + 0.5) / bins * width[:, None]


def norms(flat: np.ndarray, sizes: Sequence[int]) -> np.ndarray:
    """The norm of each part of a flat array."""
    return np.sqrt(np.add.reduceat(flat.astype(np.float64) ** 2, offsets(sizes))) if sizes else np.zeros(0)


def means(flat: np.ndarray, sizes: Sequence[int]) -> np.ndarray:
    """The mean of each part of a flat array."""
    return np.add.reduceat(flat.astype(np.float64), offsets(sizes)) / sizes if sizes else np.zeros(0)
