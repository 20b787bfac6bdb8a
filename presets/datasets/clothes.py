"""Used clothes: a label, a description and a drawn photo, which make the price."""

from components.datasets import Dataset, register_dataset


def make_clothes(seed=0, rows=2000, words_only=False):
    """Brand and age, a description as word numbers, a photo of 16×16×3, and the price.

    The price, in tens of euros, is a product: the garment (only the photo shows it)
    times brand and age (the label) times the condition (the description). So none of
    the three can give it alone, nor can the mean of three separate guesses.
    """
    import numpy as np

    good = "new unworn pristine flawless perfect immaculate".split()
    fair = "washed comfortable decent tidy clean fine".split()
    bad = "worn faded stained torn scratched shabby".split()
    said = "a the with and very my size selling gift summer winter bought".split()
    words = ["", *said, *good, *fair, *bad]
    if words_only:
        return words
    rng = np.random.default_rng(seed)
    down, across = (np.mgrid[:16, :16] - 7.5) / 7.5
    side = abs(across)
    garments = np.stack(
        [
            (abs(down) < 0.9) & (side < 0.45 + 0.3 * down),
            (abs(down) < 0.7) & ((side < 0.5) | ((down < -0.2) & (side < 0.95))),
            (abs(down) < 0.9) & (side < 0.6) & ((down < -0.4) | (side > 0.15)),
            (abs(down) < 0.95) & ((side < 0.6) | ((down < 0.6) & (side < 0.9))),
            (abs(down) < 0.4) & (side < 0.5 + 0.6 * down),
            (abs(down) < 0.5) & ((side < 0.45) | ((down > 0.2) & (side < 0.95))),
        ]
    )
    value = np.array([5.0, 2.0, 4.0, 7.0, 3.0, 1.0])
    fame = np.array([0.5, 0.8, 1.0, 1.5, 2.2])
    keeps = np.array([0.3, 0.7, 1.0])

    def part(count):
        garment, brand = rng.integers(0, 6, count), rng.integers(0, 5, count)
        years, condition = rng.uniform(0, 10, count), rng.integers(0, 3, count)
        label = np.column_stack([np.eye(5)[brand], years / 10])
        text = rng.integers(1, 13, (count, 10))
        telling = rng.integers(0, 10, (count, 2))
        chosen = 25 - 6 * condition[:, None] + rng.integers(0, 6, (count, 2))
        np.put_along_axis(text, telling, chosen, axis=1)
        colour = rng.uniform(0.3, 1, (count, 1, 1, 3))
        photo = 0.1 + garments[garment][..., None] * (colour - 0.1)
        photo = photo + rng.normal(0, 0.05, photo.shape)
        price = value[garment] * fame[brand] * keeps[condition] * 0.93**years
        price *= rng.normal(1, 0.03, count)
        inputs = {"label": label, "photo": np.clip(photo, 0, 1)}
        inputs = {name: array.astype("float32") for name, array in inputs.items()}
        inputs["description"] = text.astype("int32")
        return inputs, {"price": price[:, None].astype("float32")}

    return {
        "train": part(rows),
        "validation": part(rows // 4),
        "test": part(rows // 4),
    }


def vocabulary():
    """The words of the descriptions."""
    return {"description": tuple(make_clothes(words_only=True))}


DATASET = register_dataset(
    Dataset(
        name="clothes",
        title="Used clothes",
        summary="Brand and age, description and photo; tell the price.",
        make=make_clothes,
        config={"rows": 2000},
        vocabulary=vocabulary,
    )
)
