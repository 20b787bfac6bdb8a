"""Real handwritten digits, 8×8 pixels: the set that ships with scikit-learn."""

from components.datasets import Dataset, register_dataset


def make_digits(seed=0, flat=False):
    """Grey pixels from 0 to 1, 8×8×1 or all 64 in a row, and the digit they show."""
    import numpy as np
    from sklearn.datasets import load_digits

    digits = load_digits()
    order = np.random.default_rng(seed).permutation(len(digits.target))
    shape = (-1, 64) if flat else (-1, 8, 8, 1)
    image = (digits.images[order].reshape(shape) / 16).astype("float32")
    digit = digits.target[order].astype("int32")

    def part(first, last):
        return {"image": image[first:last]}, {"digit": digit[first:last]}

    return {
        "train": part(0, 1100),
        "validation": part(1100, 1450),
        "test": part(1450, None),
    }


DATASET = register_dataset(
    Dataset(
        name="digits",
        title="Handwritten digits",
        summary="1 797 real handwritten digits of 8×8 pixels; tell which digit it is.",
        make=make_digits,
        config={"flat": False},
        classes={"digit": tuple(str(digit) for digit in range(10))},
    )
)
