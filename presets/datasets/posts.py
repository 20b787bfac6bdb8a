"""Made-up posts whose words give away the writer's age, income and gender."""

from components.datasets import Dataset, register_dataset


def make_posts(seed=0, rows=3000, length=24, words_only=False):
    """Posts as word numbers; age in years, one of ten income groups, gender 0 or 1."""
    import numpy as np

    by_age = [
        "exam school crush gaming skate homework selfie prank".split(),
        "campus internship startup festival gym dating travel rent".split(),
        "toddler mortgage commute kindergarten promotion renovation diaper".split(),
        "teenager taxes garden backpain committee vineyard anniversary".split(),
        "grandchildren pension doctor hiking crossword choir memories".split(),
    ]
    by_income = [
        "coupon bus thrift noodles overtime".split(),
        "discount rental leftovers bicycle savings".split(),
        "barbecue sedan camping supermarket insurance".split(),
        "airline hotel wine renovating investment".split(),
        "yacht portfolio chauffeur golf boutique".split(),
    ]
    by_gender = [
        "beard necktie aftershave fatherhood barber".split(),
        "lipstick handbag mascara motherhood heels".split(),
    ]
    common = "the a and today really love think going with my just so very time".split()
    words = [""]
    for group in [common, *by_age, *by_income, *by_gender]:
        words += [word for word in group if word not in words]
    if words_only:
        return words
    number = {word: index for index, word in enumerate(words)}
    rng = np.random.default_rng(seed)

    def post(years, income, gender):
        sources = [by_age[min(int(years - 13) // 14, 4)], by_income[income // 2]]
        sources += [by_gender[gender], common]
        chosen = rng.choice(4, length, p=[0.3, 0.22, 0.14, 0.34])
        return [number[rng.choice(sources[source])] for source in chosen]

    def part(count):
        age = rng.uniform(13, 82, count)
        income = np.clip(age / 9 + rng.normal(0, 2.2, count), 0, 9).astype("int32")
        gender = rng.integers(0, 2, count)
        people = zip(age, income, gender, strict=True)
        text = np.array([post(*person) for person in people], "int32")
        targets = {
            "age": (age[:, None] / 10).astype("float32"),
            "income": income,
            "gender": gender[:, None].astype("float32"),
        }
        return {"posts": text}, targets

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
        summary="Posts whose words carry the writer's age (in tens of years), income and gender.",
        make=make_posts,
        config={"rows": 3000, "length": 24},
        classes={
            "income": tuple(f"group {group}" for group in range(1, 11)),
            "gender": ("male", "female"),
        },
        vocabulary=vocabulary,
    )
)
