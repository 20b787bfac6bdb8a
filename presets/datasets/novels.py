"""Scraps of novels, whose genre and period go together."""

from components.datasets import Dataset, register_dataset


def make_novels(seed=0, rows=300, length=12, mislabelled=0.5, words_only=False):
    """Novels as word numbers, their genre and the period that they were written in.

    Each novel is of one of twelve worlds, and a world has its words, its genre and its
    period: two worlds in a row are of one genre, three of one period. In the training
    data many labels are wrong, of genre and period independently: what one label gets
    wrong the other often gets right.
    """
    import numpy as np

    worlds = [
        "castle ghost dungeon abbess vault thunder candle curse".split(),
        "crypt monk omen spectre shroud relic wolf raven".split(),
        "frigate cannon island parrot mutiny compass rum treasure".split(),
        "expedition safari sledge porter gorge elephant canoe quinine".split(),
        "ball carriage estate proposal cousin letter piano curate".split(),
        "governess moor manor shawl sonnet parsonage suitor dowry".split(),
        "detective fog cab pipe butler inheritance poison telegram".split(),
        "gangster nightclub bootlegger alibi revolver blackmail taxi saxophone".split(),
        "rocket robot martian saucer antenna reactor cosmonaut laser".split(),
        "clone algorithm implant drone avatar simulation nanobot server".split(),
        "office latte dating airport text apartment boss startup".split(),
        "podcast rent therapy commute hashtag burnout protest divorce".split(),
    ]
    common = "the and of a to in was it said night day house old man woman time".split()
    words = ["", *common, *(word for world in worlds for word in world)]
    if words_only:
        return words
    rng = np.random.default_rng(seed)

    def part(count, wrong):
        world = rng.integers(0, 12, count)
        told = 17 + 8 * world[:, None] + rng.integers(0, 8, (count, length))
        filler = rng.integers(1, 17, (count, length))
        novel = np.where(rng.random((count, length)) < 0.7, filler, told)
        genre, period = world // 2, world // 3
        unsure = rng.random((2, count)) < wrong
        genre = np.where(unsure[0], rng.integers(0, 6, count), genre)
        period = np.where(unsure[1], rng.integers(0, 4, count), period)
        targets = {"genre": genre.astype("int32"), "period": period.astype("int32")}
        return {"novel": novel.astype("int32")}, targets

    return {
        "train": part(rows, mislabelled),
        "validation": part(1000, 0.0),
        "test": part(1000, 0.0),
    }


def vocabulary():
    """The words of the novels."""
    return {"novel": tuple(make_novels(words_only=True))}


DATASET = register_dataset(
    Dataset(
        name="novels",
        title="Novels",
        summary="Scraps of novels; tell the genre and the period, which go together.",
        make=make_novels,
        config={"rows": 300, "length": 12, "mislabelled": 0.5},
        classes={
            "genre": (
                "horror",
                "adventure",
                "romance",
                "crime",
                "science fiction",
                "society",
            ),
            "period": ("18th century", "19th century", "20th century", "21st century"),
        },
        vocabulary=vocabulary,
    )
)
