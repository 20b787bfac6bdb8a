"""Four quadrants of the plane, opposite ones of one class: exclusive or."""

from components.datasets import Dataset, register_dataset


def make_quadrants(seed=0, rows=1000, noise=0.15):
    """Points of the plane, and whether their two coordinates have the same sign."""
    import numpy as np

    rng = np.random.default_rng(seed)

    def part(count):
        sign = rng.choice([-1, 1], (count, 2))
        point = sign * rng.uniform(0.2, 2.5, (count, 2))
        label = (sign[:, 0] == sign[:, 1]).astype("int32")
        point += rng.normal(0, noise, point.shape)
        return {"point": point.astype("float32")}, {"curve": label}

    return {
        "train": part(rows),
        "validation": part(rows // 3),
        "test": part(rows // 3),
    }


DATASET = register_dataset(
    Dataset(
        name="quadrants",
        title="Quadrants",
        summary="Points in the plane; tell whether both coordinates have one sign.",
        make=make_quadrants,
        config={"rows": 1000, "noise": 0.15},
        classes={"curve": ("different signs", "same sign")},
    )
)
