"""Scraps of novels, whose genre and period go together."""

from components.datasets import Dataset, register_dataset


def make_novels(seed=0, rows=600, length=12, mislabelled=0.35, words_only=False):
    """Novels as word numbers, their genre and the period that they were written in.

    Each novel is of one of twelve worlds, and a world has its words, its genre and its
    period. In the training data many labels are wrong, of genre and period
    independently: what one label gets wrong the other often gets right.
    """
    import numpy as np

    worlds = [
        "castle ghost dungeon abbess vault thunder candle curse".split(),
        "haunting basement tape static asylum phone blood scream".split(),
        "ball carriage estate proposal cousin letter piano curate".split(),
        "office latte dating airport wedding text apartment boss".split(),
        "submarine balloon professor volcano comet expedition engine ether".split(),
        "android galaxy clone warp colony algorithm implant orbit".split(),
        "detective fog cab pipe butler inheritance poison telegram".split(),
        "forensics hacker cartel profiler camera warrant database sniper".split(),
        "frigate cannon island parrot mutiny compass rum treasure".split(),
        "jungle helicopter mercenary temple jeep satellite desert convoy".split(),
        "orphan factory workhouse chimney debtor lamplighter clerk pauper".split(),
        "suburb divorce therapy exile memoir protest strike city".split(),
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
        stray = rng.integers(17, len(words), (count, length))
        kind = rng.random((count, length))
        novel = np.where(kind < 0.5, filler, np.where(kind < 0.7, stray, told))
        genre, period = world // 2, world % 2
        period = 2 * period + (world // 2) % 2
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
        config={"rows": 600, "length": 12, "mislabelled": 0.35},
        classes={
            "genre": (
                "horror",
                "romance",
                "science fiction",
                "crime",
                "adventure",
                "society",
            ),
            "period": ("18th century", "19th century", "20th century", "21st century"),
        },
        vocabulary=vocabulary,
    )
)
