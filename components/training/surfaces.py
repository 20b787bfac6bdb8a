"""A grid of points over a plane of two features, on which what a model says is drawn."""

from __future__ import annotations

import base64
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

    def pack(self, outputs: np.ndarray) -> Json:
        """Outputs at the points, [points, units], as a record: base 64 of float16 in the points' order."""
        flat = outputs.reshape(len(outputs), -1)
        text = base64.b64encode(np.ascontiguousarray(flat, dtype="<f2").tobytes()).decode()
        corners = {"low": list(self.low), "high": list(self.high)}
        return {**corners, "size": self.size, "units": flat.shape[1], "values": text}


def surface_of(points: np.ndarray, size: int = SIZE) -> Surface:
    """The surface over the plane that the points, [rows, 2], cover."""
    low, high = points.min(axis=0), points.max(axis=0)
    margin = MARGIN * np.maximum(high - low, 1e-6)
    (left, bottom), (right, top) = (low - margin).tolist(), (high + margin).tolist()
    return Surface((left, bottom), (right, top), size)
