"""Made-up posts whose words give away the writer's age, income and gender."""

from components.datasets import Dataset, register_dataset


def make_posts(seed=0, rows=3000, length=24, words_only=False):
    """Posts as word numbers; age in tens of years, one of ten income groups, gender.

    Words of one meaning stand together, so that the embedding falls into clusters.
    """
    import numpy as np

    groups = [
        "the a and today really love think going with my just so very time".split(),
        "exam school crush gaming skate homework selfie prank".split(),
        "campus internship startup festival gym dating travel rent".split(),
        "toddler mortgage commute kindergarten promotion stroller diaper".split(),
        "teenager taxes garden backpain committee vineyard anniversary".split(),
        "grandchildren pension doctor hiking crossword choir memories".split(),
        "coupon bus thrift noodles overtime".split(),
        "discount rental leftovers bicycle savings".split(),
        "barbecue sedan camping supermarket insurance".split(),
        "airline hotel wine renovation investment".split(),
        "yacht portfolio chauffeur golf boutique".split(),
        "father husband son brother uncle nephew".split(),
        "mother wife daughter sister aunt niece".split(),
    ]
    words = ["", *(word for group in groups for word in group)]
    if words_only:
        return words
    sizes = np.array([len(group) for group in groups])
    starts = 1 + np.cumsum(sizes) - sizes
    rng = np.random.default_rng(seed)

    def part(count):
        age = rng.uniform(13, 82, count)
        income = np.clip(age / 9 + rng.normal(0, 2.2, count), 0, 9).astype("int32")
        gender = rng.integers(0, 2, count)
        traits = [0 * gender, 1 + (age - 13) // 14, 6 + income // 2, 11 + gender]
        told = np.stack(traits, axis=1).astype("int64")
        about = rng.choice(4, (count, length), p=[0.34, 0.3, 0.22, 0.14])
        group = np.take_along_axis(told, about, axis=1)
        chosen = (rng.random((count, length)) * sizes[group]).astype("int64")
        targets = {
            "age": (age[:, None] / 10).astype("float32"),
            "income": income,
            "gender": gender[:, None].astype("float32"),
        }
        return {"posts": (starts[group] + chosen).astype("int32")}, targets

    return {
        "train": part(rows),
        "validation": part(rows // 4),
        "test": part(rows // 4),
    }


def vocabulary():
    """The words of the posts."""
    return {"posts": tuple(make_posts(words_only=True))}


DATASET = register_dataset(
    Dataset(
        name="posts",
        title="Social posts",
        summary="Posts whose words carry the writer's age, income and gender.",
        make=make_posts,
        config={"rows": 3000, "length": 24},
        classes={
            "income": tuple(f"group {group}" for group in range(1, 11)),
            "gender": ("male", "female"),
        },
        vocabulary=vocabulary,
    )
)
