"""Real measurements of breast tumours: the Wisconsin set of scikit-learn."""

from components.datasets import Dataset, register_dataset


def make_cancer(seed=0):
    """Thirty measurements, scaled to mean 0 and spread 1; 1 means benign."""
    import numpy as np
    from sklearn.datasets import load_breast_cancer

    measured, benign = load_breast_cancer(return_X_y=True)
    order = np.random.default_rng(seed).permutation(len(benign))
    measured, benign = measured[order], benign[order, None].astype("float32")
    known = measured[:341]
    scaled = ((measured - known.mean(axis=0)) / known.std(axis=0)).astype("float32")

    def part(first, last):
        return {"measurements": scaled[first:last]}, {"benign": benign[first:last]}

    return {
        "train": part(0, 341),
        "validation": part(341, 455),
        "test": part(455, None),
    }


DATASET = register_dataset(
    Dataset(
        name="cancer",
        title="Breast tumours",
        summary="Thirty measurements of 569 real tumours; tell whether each is benign.",
        make=make_cancer,
        classes={"benign": ("malignant", "benign")},
    )
)
