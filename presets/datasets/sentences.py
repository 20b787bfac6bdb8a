"""Pairs of sentences that say the same in other words, or not."""

from components.datasets import Dataset, register_dataset


def make_sentences(seed=0, rows=3000, length=8, words_only=False):
    """Two sentences as word numbers, and whether they mean the same (1) or not (0)."""
    import numpy as np

    meanings = [
        [["cat", "kitten"], ["dog", "puppy"], ["teacher", "instructor"]],
        [["child", "kid"], ["doctor", "physician"], ["friend", "companion"]],
        [["sees", "notices"], ["likes", "enjoys"], ["buys", "purchases"]],
        [["fixes", "repairs"], ["finds", "discovers"], ["paints", "colours"]],
        [["car", "automobile"], ["house", "home"], ["boat", "ship"]],
        [["photo", "picture"], ["meal", "dinner"], ["road", "street"]],
    ]
    subjects = meanings[0] + meanings[1]
    verbs = meanings[2] + meanings[3]
    objects = meanings[4] + meanings[5]
    fillers = "the a often today quickly old small".split()
    words = ["", *fillers]
    words += [word for group in subjects + verbs + objects for word in group]
    if words_only:
        return words
    number = {word: index for index, word in enumerate(words)}
    rng = np.random.default_rng(seed)

    def sentence(subject, verb, thing):
        said = [rng.choice(["the", "a"]), rng.choice(subjects[subject])]
        said += [rng.choice(verbs[verb]), rng.choice(["the", "a"])]
        if rng.random() < 0.5:
            said.append(rng.choice(["old", "small"]))
        said.append(rng.choice(objects[thing]))
        if rng.random() < 0.5:
            said.append(rng.choice(["often", "today", "quickly"]))
        return [0] * (length - len(said)) + [number[word] for word in said]

    def part(count):
        first = np.zeros((count, length), "int32")
        second = np.zeros((count, length), "int32")
        same = rng.integers(0, 2, count)
        for row in range(count):
            meaning = rng.integers(0, 6, 3)
            other = meaning.copy()
            if not same[row]:
                place = rng.integers(3)
                other[place] = (meaning[place] + rng.integers(1, 6)) % 6
            first[row], second[row] = sentence(*meaning), sentence(*other)
        targets = {"related": same[:, None].astype("float32")}
        return {"first": first, "second": second}, targets

    return {
        "train": part(rows),
        "validation": part(rows // 4),
        "test": part(rows // 4),
    }


def vocabulary():
    """The words of both sentences."""
    words = tuple(make_sentences(words_only=True))
    return {"first": words, "second": words}


DATASET = register_dataset(
    Dataset(
        name="sentences",
        title="Sentence pairs",
        summary="Two short sentences; tell whether they say the same in other words.",
        make=make_sentences,
        config={"rows": 3000, "length": 8},
        classes={"related": ("unrelated", "related")},
        vocabulary=vocabulary,
    )
)
