"""Pairs of sentences that say the same in other words, or not."""

from components.datasets import Dataset, register_dataset


def make_sentences(seed=0, rows=3000, length=8, features=0, words_only=False):
    """Two sentences as word numbers, and whether they mean the same (1) or not (0).

    With `features`, each word is a fixed random vector of that size, not a number.
    """
    import numpy as np

    grammar = "the a old small often today quickly".split()
    subjects = "cat kitten dog puppy teacher instructor child kid".split()
    subjects += "doctor physician friend companion".split()
    verbs = "sees notices likes enjoys buys purchases fixes repairs".split()
    verbs += "finds discovers paints colours".split()
    objects = "car automobile house home boat ship photo picture".split()
    objects += "meal dinner road street".split()
    words = ["", *grammar, *subjects, *verbs, *objects]
    if words_only:
        return words
    number = {word: index for index, word in enumerate(words)}
    rng = np.random.default_rng(seed)

    def one_of(count, *offered):
        return rng.choice([number[word] for word in offered], count)

    def synonym(group, meaning):
        return number[group[0]] + 2 * meaning + rng.integers(0, 2, len(meaning))

    def sentence(meaning):
        count = len(meaning)
        slots = [
            one_of(count, "the", "a"),
            synonym(subjects, meaning[:, 0]),
            synonym(verbs, meaning[:, 1]),
            one_of(count, "the", "a"),
            one_of(count, "old", "small", "", ""),
            synonym(objects, meaning[:, 2]),
            one_of(count, "often", "today", "quickly", "", "", ""),
        ]
        said = np.stack([np.zeros(count, int)] * (length - 7) + slots, axis=1)
        padded_before = np.argsort(said != 0, axis=1, kind="stable")
        return np.take_along_axis(said, padded_before, axis=1).astype("int32")

    def part(count):
        same = rng.integers(0, 2, count)
        meaning = rng.integers(0, 6, (count, 3))
        other = meaning.copy()
        changed = np.arange(count), rng.integers(0, 3, count)
        other[changed] += (1 - same) * rng.integers(1, 6, count)
        pair = {"first": sentence(meaning), "second": sentence(other % 6)}
        if features:
            meant = np.random.default_rng(0).normal(0, 1, (len(words), features))
            pair = {name: meant[said].astype("float32") for name, said in pair.items()}
        return pair, {"related": same[:, None].astype("float32")}

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
        config={"rows": 3000, "length": 8, "features": 0},
        classes={"related": ("unrelated", "related")},
        vocabulary=vocabulary,
    )
)
