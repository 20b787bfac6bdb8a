"""Drawn pictures of ten shapes in any colour, size and place."""

from components.datasets import Dataset, register_dataset


def make_pictures(seed=0, rows=1000, side=32):
    """Pictures of side×side×3 numbers from 0 to 1, and which shape each shows."""
    import numpy as np

    rng = np.random.default_rng(seed)
    down, across = (np.mgrid[:side, :side] + 0.5) / side

    def shapes(u, v):
        """The ten shapes as masks, in coordinates where each reaches from -1 to 1."""
        square, circle = np.maximum(abs(u), abs(v)), u**2 + v**2
        bars = [np.sin(7 * w) > 0 for w in (u, v)]
        diagonal = np.minimum(abs(u - v), abs(u + v))
        return [
            circle < 1,
            (circle < 1) & (circle > 0.4),
            square < 0.85,
            (square < 0.85) & (square > 0.5),
            abs(u) + abs(v) < 1.1,
            (abs(u) < (v + 1) * 0.55) & (v < 0.8),
            (np.minimum(abs(u), abs(v)) < 0.28) & (square < 1),
            (diagonal < 0.35) & (square < 0.85),
            (square < 0.9) & bars[1],
            (square < 0.9) & bars[0],
        ]

    def part(count):
        shape = rng.integers(0, 10, count)
        size = rng.uniform(0.25, 0.42, (count, 1, 1))
        x, y = rng.uniform(0.4, 0.6, (2, count, 1, 1))
        drawn = np.zeros((count, side, side), bool)
        for kind in range(10):
            of_kind = shape == kind
            u, v = (
                (across - x[of_kind]) / size[of_kind],
                (down - y[of_kind]) / size[of_kind],
            )
            drawn[of_kind] = shapes(u, v)[kind]
        dark, bright = rng.uniform(0, 0.4, (count, 3)), rng.uniform(0.5, 1, (count, 3))
        picture = np.where(drawn[..., None], bright[:, None, None], dark[:, None, None])
        picture = picture + rng.normal(0, 0.05, picture.shape)
        return {"picture": np.clip(picture, 0, 1).astype("float32")}, {
            "shape": shape.astype("int32")
        }

    return {
        "train": part(rows),
        "validation": part(max(1, rows // 4)),
        "test": part(max(1, rows // 4)),
    }


DATASET = register_dataset(
    Dataset(
        name="pictures",
        title="Drawn shapes",
        summary="Pictures of discs, rings, squares, stripes and more; tell which.",
        make=make_pictures,
        config={"rows": 1000, "side": 32},
        classes={
            "shape": (
                "disc",
                "ring",
                "square",
                "frame",
                "diamond",
                "triangle",
                "plus",
                "cross",
                "horizontal stripes",
                "vertical stripes",
            )
        },
    )
)
