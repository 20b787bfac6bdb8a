"""How soon a projection shows its first frame and its last, against scikit-learn's t-SNE on the same points.

Run as `python -m tests.benchmarks.projections`; one JSON object per line.
"""

from __future__ import annotations

import json
import time
from typing import Any

import numpy as np
from sklearn.manifold import TSNE

from components.inside.neighbourhoods import trustworthiness
from components.inside.reducing import Projection, project_pca, project_tsne

FEATURES = 128
CLUSTERS = 10


def clusters(count: int) -> np.ndarray:
    """Points around ten centres, float32 [count, 128]."""
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(CLUSTERS, FEATURES)) * 2
    return (centres[rng.integers(0, CLUSTERS, count)] + rng.normal(size=(count, FEATURES))).astype("float32")


def timed(points: np.ndarray, **options: Any) -> tuple[Projection, float, list[float]]:
    """Our t-SNE, its seconds, and the seconds to each of its frames."""
    frames: list[float] = []
    begun = time.perf_counter()
    found = project_tsne(points, on_frame=lambda *_: frames.append(time.perf_counter() - begun), **options)
    return found, time.perf_counter() - begun, frames


def tsne(count: int, against_sklearn: bool) -> dict[str, Any]:
    """One t-SNE; `first_frame_s` is where points begin, `first_move_s` where they are after ten iterations."""
    points = clusters(count)
    found, seconds, frames = timed(points)
    line: dict[str, Any] = {
        "case": f"tsne {count}",
        "seconds": round(seconds, 2),
        "first_frame_s": round(frames[0], 3),
        "first_move_s": round(frames[1], 3),
        "frames": len(frames),
        "trustworthiness": round(trustworthiness(points, found.points) or 0.0, 4),
    }
    if against_sklearn:
        begun = time.perf_counter()
        theirs = TSNE(2, init="pca", random_state=0).fit_transform(points)
        line["sklearn_s"] = round(time.perf_counter() - begun, 2)
        line["ratio"] = round(seconds / line["sklearn_s"], 3)
        line["sklearn_trustworthiness"] = round(trustworthiness(points, theirs) or 0.0, 4)
    return line


def next_epoch(count: int) -> dict[str, Any]:
    """The t-SNE of points that have moved a little, begun from where they were; `moved` is in spreads of the picture."""
    points = clusters(count)
    first = project_tsne(points)
    later = points + np.random.default_rng(1).normal(size=points.shape).astype("float32") * 0.1
    found, seconds, _ = timed(later, start=first)
    moved = np.linalg.norm(found.points - first.points, axis=1).mean() / first.points.std()
    return {"case": f"tsne next epoch {count}", "seconds": round(seconds, 2), "moved": round(float(moved), 3)}


def pca(count: int) -> dict[str, Any]:
    """A PCA of as many points as are shown at most."""
    points = clusters(count)
    begun = time.perf_counter()
    project_pca(points, 3)
    return {"case": f"pca {count}", "ms": round((time.perf_counter() - begun) * 1000, 1)}


def main() -> None:
    """All cases."""
    timed(clusters(50), iterations=10)  # Compiled parts are loaded on the first call.
    for line in (tsne(2_000, True), next_epoch(2_000), tsne(10_000, False), pca(10_000)):
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
