"""Short texts about months, animals, colours, feelings or four more families."""

from components.datasets import Dataset, register_dataset


def make_families(seed=0, rows=2000, length=10, words_only=False):
    """Texts as word numbers, and which family of words each is about.

    Words of one family stand in the same texts, so the embedding brings them together.
    """
    import numpy as np

    lists = [
        "january february march april june july august september october november",
        "cat dog horse cow sheep goat lion tiger bear wolf fox rabbit mouse eagle owl",
        "red orange yellow green blue purple pink brown black white grey violet",
        "joy sadness anger fear surprise love hope pride shame envy grief calm worry",
        "bread cheese butter apple banana soup rice pasta salad honey cake egg tomato",
        "king queen doctor teacher baker farmer sailor judge painter nurse singer",
        "piano violin guitar trumpet drum flute cello harp organ clarinet oboe banjo",
        "one two three four five six seven eight nine ten eleven twelve hundred",
    ]
    families = [family.split() for family in lists]
    common = "the a of and in is was with her his my this that very often never".split()
    words = ["", *common, *(word for family in families for word in family)]
    if words_only:
        return words
    sizes = np.array([len(family) for family in families])
    starts = 1 + len(common) + np.cumsum(sizes) - sizes
    rng = np.random.default_rng(seed)

    def part(count):
        family = rng.integers(0, 8, count)
        about = np.where(rng.random((count, length)) < 0.6, family[:, None], -1)
        stray = rng.random((count, length)) < 0.15
        about = np.where(stray, rng.integers(0, 8, (count, length)), about)
        chosen = (rng.random((count, length)) * sizes[about]).astype(int)
        filler = rng.integers(1, 1 + len(common), (count, length))
        text = np.where(about < 0, filler, starts[about] + chosen)
        return {"text": text.astype("int32")}, {"family": family.astype("int32")}

    return {
        "train": part(rows),
        "validation": part(rows // 4),
        "test": part(rows // 4),
    }


def vocabulary():
    """The words of the texts."""
    return {"text": tuple(make_families(words_only=True))}


DATASET = register_dataset(
    Dataset(
        name="families",
        title="Families of words",
        summary="Short texts about months, animals, colours and more; tell which.",
        make=make_families,
        config={"rows": 2000, "length": 10},
        classes={
            "family": (
                "months",
                "animals",
                "colours",
                "feelings",
                "foods",
                "professions",
                "instruments",
                "numbers",
            )
        },
        vocabulary=vocabulary,
    )
)
