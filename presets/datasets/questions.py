"""Short stories of who did what, a question about each, and its one-word answer."""

from components.datasets import Dataset, register_dataset


def make_questions(seed=0, rows=3000, words_only=False):
    """Stories of four facts, questions about one of them, and the number of the answer."""
    import numpy as np

    people = "anna ben clara david emma felix greta hugo".split()
    places = "kitchen garden office bedroom hallway school".split()
    things = "apple book lamp phone guitar letter".split()
    colours = "red blue green yellow black white".split()
    grammar = "what where is did the of colour carry who has in".split()
    answers = places + things + colours
    words = ["", *grammar, *people, *answers]
    if words_only:
        return words, answers
    number = {word: index for index, word in enumerate(words)}
    rng = np.random.default_rng(seed)

    def story():
        person, other = rng.choice(people, 2, replace=False)
        place, elsewhere = rng.choice(places, 2, replace=False)
        thing, colour = rng.choice(things), rng.choice(colours)
        facts = [
            [person, "in", "the", place],
            [other, "in", "the", elsewhere],
            [person, "has", "the", thing],
            ["the", thing, "is", colour],
        ]
        rng.shuffle(facts)
        asked = [
            (["where", "is", person], place),
            (["what", "did", person, "carry"], thing),
            (["what", "colour", "is", "the", thing], colour),
        ]
        question, answer = asked[rng.integers(len(asked))]
        return sum(facts, []), question, answer

    def numbers(text, length):
        return [0] * (length - len(text)) + [number[word] for word in text]

    def part(count):
        text = np.zeros((count, 16), "int32")
        question = np.zeros((count, 5), "int32")
        answer = np.zeros(count, "int32")
        for row in range(count):
            told, asked, answered = story()
            text[row] = numbers(told, 16)
            question[row] = numbers(asked, 5)
            answer[row] = answers.index(answered)
        return {"text": text, "question": question}, {"answer": answer}

    return {
        "train": part(rows),
        "validation": part(rows // 4),
        "test": part(rows // 4),
    }


def words_of():
    """The words behind the numbers."""
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
        summary="Four facts in plain words, a question about one of them, and the answer.",
        make=make_questions,
        config={"rows": 3000},
        classes={"answer": words_of()[1]},
        vocabulary=vocabulary,
    )
)
