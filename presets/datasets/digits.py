"""Real handwritten digits, 8×8 pixels: the set that ships with scikit-learn."""

from components.datasets import Dataset, register_dataset


def make_digits(seed=0):
    """Images of 8×8 grey pixels from 0 to 1, and the digit that each shows."""
    import numpy as np
    from sklearn.datasets import load_digits

    digits = load_digits()
    order = np.random.default_rng(seed).permutation(len(digits.target))
    image = (digits.images[order, :, :, None] / 16).astype("float32")
    digit = digits.target[order].astype("int32")
    first, second = 1100, 1450

    def part(chosen):
        return {"image": image[chosen]}, {"digit": digit[chosen]}

    return {
        "train": part(slice(0, first)),
        "validation": part(slice(first, second)),
        "test": part(slice(second, None)),
    }


DATASET = register_dataset(
    Dataset(
        name="digits",
        title="Handwritten digits",
        summary="1 797 real handwritten digits of 8×8 pixels; tell which digit it is.",
        make=make_digits,
        classes={"digit": tuple(str(digit) for digit in range(10))},
    )
)
