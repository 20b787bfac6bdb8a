"""A grid of points over a plane of two features, on which what a model says is drawn."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from components.graph import Json

SIZE = 100
MARGIN = 0.1
"""How far the plane reaches beyond the data, as a share of its range."""


@dataclass(frozen=True)
class Surface:
    """A square grid of `size` × `size` points between two corners."""

    low: tuple[float, float]
    high: tuple[float, float]
    size: int = SIZE

    def points(self) -> np.ndarray:
        """The points row by row from the low corner, float32 [size · size, 2]."""
        across, up = (np.linspace(a, b, self.size) for a, b in zip(self.low, self.high, strict=True))
        return np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2).astype("float32")

    def pack(self, outputs: Sequence[np.ndarray]) -> Json:
        """Each output at the points, [points, units], as a record: base 64 of float16 in the points' order.

        The outputs stand side by side; `heads` tells how many of the `units` each has.
        """
        flat = [np.asarray(output).reshape(len(output), -1) for output in outputs]
        together = np.concatenate(flat, axis=1)
        text = base64.b64encode(np.ascontiguousarray(together, dtype="<f2").tobytes()).decode()
        corners = {"low": list(self.low), "high": list(self.high)}
        heads = [output.shape[1] for output in flat]
        return {**corners, "size": self.size, "units": together.shape[1], "heads": heads, "values": text}


def values_of(record: Json, head: int = 0) -> np.ndarray:
    """What one output of a record says at the points, float32 [points, units]."""
    flat = np.frombuffer(base64.b64decode(record["values"]), "<f2").reshape(-1, record["units"]).astype(np.float32)
    heads = record.get("heads") or [record["units"]]
    first = sum(heads[:head])
    return flat[:, first : first + heads[head]]


def surface_of(points: np.ndarray, size: int = SIZE) -> Surface:
    """The surface over the plane that the points, [rows, 2], cover."""
    low, high = points.min(axis=0), points.max(axis=0)
    margin = MARGIN * np.maximum(high - low, 1e-6)
    (left, bottom), (right, top) = (low - margin).tolist(), (high + margin).tolist()
    return Surface((left, bottom), (right, top), size)
