"""Two spirals in the plane, wound around each other: no straight line parts them."""

from components.datasets import Dataset, register_dataset


def make_spirals(seed=0, rows=1000, noise=0.15, turns=1.5):
    """Points of two spirals and which of them each is on."""
    import numpy as np

    rng = np.random.default_rng(seed)

    def part(count):
        label = rng.integers(0, 2, count)
        along = np.sqrt(rng.uniform(0.02, 1.0, count))
        angle = along * turns * 2 * np.pi + label * np.pi
        point = np.stack([np.cos(angle), np.sin(angle)], axis=1) * along[:, None] * 3
        point += rng.normal(0, noise, point.shape)
        return {"point": point.astype("float32")}, {"curve": label.astype("int32")}

    return {
        "train": part(rows),
        "validation": part(rows // 3),
        "test": part(rows // 3),
    }


DATASET = register_dataset(
    Dataset(
        name="spirals",
        title="Two spirals",
        summary="Points in the plane on two spirals; tell which one each is on.",
        make=make_spirals,
        config={"rows": 1000, "noise": 0.15, "turns": 1.5},
        classes={"curve": ("first", "second")},
    )
)
