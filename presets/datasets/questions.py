"""Short stories of who did what, a question about each, and its one-word answer."""

from components.datasets import Dataset, register_dataset


def make_questions(seed=0, rows=3000, words_only=False):
    """Stories of four facts, questions about one of them, and the number of the answer.

    Two people are told of, so a question about one cannot be answered without it.
    """
    grammar = "what where is did the of colour carry who has in".split()
    people = "anna ben clara david emma felix greta hugo".split()
    places = "kitchen garden office bedroom hallway school".split()
    things = "apple book lamp phone guitar letter".split()
    colours = "red blue green yellow black white".split()
    answers = places + things + colours
    words = ["", *grammar, *people, *answers]
    if words_only:
        return words, answers
    import numpy as np

    number = {word: index for index, word in enumerate(words)}
    rng = np.random.default_rng(seed)

    def two_of(group, count):
        first = rng.integers(0, len(group), count)
        second = (first + rng.integers(1, len(group), count)) % len(group)
        return first + number[group[0]], second + number[group[0]]

    def phrase(count, *said):
        columns = [number[word] if isinstance(word, str) else word for word in said]
        return np.stack(np.broadcast_arrays(np.zeros(count, int), *columns)[1:], axis=1)

    def part(count):
        person, other = two_of(people, count)
        place, elsewhere = two_of(places, count)
        thing, _ = two_of(things, count)
        colour, _ = two_of(colours, count)
        told = [
            phrase(count, person, "in", "the", place),
            phrase(count, other, "in", "the", elsewhere),
            phrase(count, person, "has", "the", thing),
            phrase(count, "the", thing, "is", colour),
        ]
        order = rng.permuted(np.tile(np.arange(4), (count, 1)), axis=1)
        facts = np.take_along_axis(np.stack(told, axis=1), order[:, :, None], axis=1)
        askable = [
            phrase(count, 0, 0, "where", "is", person),
            phrase(count, 0, "what", "did", person, "carry"),
            phrase(count, "what", "colour", "is", "the", thing),
        ]
        which = rng.integers(0, 3, count)
        question = np.stack(askable, axis=1)[np.arange(count), which]
        answer = np.stack([place, thing, colour], axis=1)[np.arange(count), which]
        inputs = {"text": facts.reshape(count, 16), "question": question}
        return (
            {name: array.astype("int32") for name, array in inputs.items()},
            {"answer": (answer - number[answers[0]]).astype("int32")},
        )

    return {
        "train": part(rows),
        "validation": part(rows // 4),
        "test": part(rows // 4),
    }


def words_of():
    """The words behind the numbers, and the answers."""
    words, answers = make_questions(words_only=True)
    return tuple(words), tuple(answers)


def vocabulary():
    """The words of both inputs."""
    words, _ = words_of()
    return {"text": words, "question": words}


DATASET = register_dataset(
    Dataset(
        name="questions",
        title="Stories and questions",
        summary="Four facts in plain words and a question about one; tell the answer.",
        make=make_questions,
        config={"rows": 3000},
        classes={"answer": words_of()[1]},
        vocabulary=vocabulary,
    )
)
