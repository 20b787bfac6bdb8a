"""A disc in the plane and the ring around it."""

from components.datasets import Dataset, register_dataset


def make_circles(seed=0, rows=1000, noise=0.15):
    """Points of a disc and of the ring around it, and which of them each is in."""
    import numpy as np

    rng = np.random.default_rng(seed)

    def part(count):
        label = rng.integers(0, 2, count)
        radius = np.where(label == 0, rng.uniform(0, 1.2, count), 0)
        radius = np.where(label == 1, rng.uniform(1.8, 2.8, count), radius)
        angle = rng.uniform(0, 2 * np.pi, count)
        point = np.stack([np.cos(angle), np.sin(angle)], axis=1) * radius[:, None]
        point += rng.normal(0, noise, point.shape)
        return {"point": point.astype("float32")}, {"curve": label.astype("int32")}

    return {
        "train": part(rows),
        "validation": part(rows // 3),
        "test": part(rows // 3),
    }


DATASET = register_dataset(
    Dataset(
        name="circles",
        title="Disc and ring",
        summary="Points in the plane in a disc or in the ring around it; tell which.",
        make=make_circles,
        config={"rows": 1000, "noise": 0.15},
        classes={"curve": ("disc", "ring")},
    )
)
