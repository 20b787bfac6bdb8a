"""Real measurements of wines: the set that ships with scikit-learn."""

from components.datasets import Dataset, register_dataset


def make_wine(seed=0):
    """Thirteen measurements, scaled to mean 0 and spread 1, and the wine's grower."""
    import numpy as np
    from sklearn.datasets import load_wine

    measured, grower = load_wine(return_X_y=True)
    order = np.random.default_rng(seed).permutation(len(grower))
    measured, grower = measured[order], grower[order].astype("int32")
    known = measured[:106]
    scaled = ((measured - known.mean(axis=0)) / known.std(axis=0)).astype("float32")

    def part(first, last):
        return {"measurements": scaled[first:last]}, {"grower": grower[first:last]}

    return {
        "train": part(0, 106),
        "validation": part(106, 142),
        "test": part(142, None),
    }


DATASET = register_dataset(
    Dataset(
        name="wine",
        title="Wines",
        summary="Thirteen measurements of 178 real wines; tell who of three made each.",
        make=make_wine,
        classes={"grower": ("first", "second", "third")},
    )
)
