"""Real measurements of diabetes patients: the set that ships with scikit-learn."""

from components.datasets import Dataset, register_dataset


def make_diabetes(seed=0):
    """Ten measurements, scaled to mean 0 and spread 1, and how far the disease went.

    The progression after a year is in units of its own spread among the known patients.
    """
    import numpy as np
    from sklearn.datasets import load_diabetes

    measured, progress = load_diabetes(return_X_y=True)
    order = np.random.default_rng(seed).permutation(len(progress))
    columns = np.column_stack([measured, progress])[order]
    known = columns[:265]
    scaled = ((columns - known.mean(axis=0)) / known.std(axis=0)).astype("float32")

    def part(first, last):
        rows = scaled[first:last]
        return {"measurements": rows[:, :10]}, {"progression": rows[:, 10:]}

    return {
        "train": part(0, 265),
        "validation": part(265, 353),
        "test": part(353, None),
    }


DATASET = register_dataset(
    Dataset(
        name="diabetes",
        title="Diabetes",
        summary="Ten measurements of 442 real patients; tell how far the disease goes.",
        make=make_diabetes,
    )
)
