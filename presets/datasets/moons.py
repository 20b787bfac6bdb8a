"""Two half moons in the plane, each holding an end of the other."""

from components.datasets import Dataset, register_dataset


def make_moons(seed=0, rows=1000, noise=0.15):
    """Points of two half moons and which of them each is in."""
    import numpy as np

    rng = np.random.default_rng(seed)

    def part(count):
        label = rng.integers(0, 2, count)
        angle = rng.uniform(0, np.pi, count)
        upper = np.stack([np.cos(angle), np.sin(angle)], axis=1)
        lower = np.stack([1 - np.cos(angle), 0.5 - np.sin(angle)], axis=1)
        point = np.where(label[:, None] == 0, upper, lower)
        point += rng.normal(0, noise, point.shape)
        return {"point": point.astype("float32")}, {"curve": label.astype("int32")}

    return {
        "train": part(rows),
        "validation": part(rows // 3),
        "test": part(rows // 3),
    }


DATASET = register_dataset(
    Dataset(
        name="moons",
        title="Two moons",
        summary="Points in the plane in two half moons; tell which one each is in.",
        make=make_moons,
        config={"rows": 1000, "noise": 0.15},
        classes={"curve": ("upper", "lower")},
    )
)
