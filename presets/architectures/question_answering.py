"""Question answering: a story and a question are read apart and answered together."""

from components.experiment import Callback, Data, Experiment, Training
from components.graph import Graph
from components.weaving import Loom
from presets.preset import Architecture


def weave(words: int = 38, answers: int = 18, text_length: int | None = 16, question_length: int | None = 5) -> Graph:
    """An embedding and an LSTM for each of the two texts, joined before the answer."""
    loom = Loom()
    text = loom.input("text", [text_length], "int32")
    embedded_text = loom("Embedding", text, name="embedded_text", input_dim=words, output_dim=64)
    encoded_text = loom("LSTM", embedded_text, name="encoded_text", units=32)
    question = loom.input("question", [question_length], "int32")
    embedded_question = loom("Embedding", question, name="embedded_question", input_dim=words, output_dim=32)
    encoded_question = loom("LSTM", embedded_question, name="encoded_question", units=16)
    joined = loom("Concatenate", encoded_text, encoded_question, name="joined")
    return loom.graph(loom("Dense", joined, name="answer", units=answers, activation="softmax"))


ARCHITECTURE = Architecture(
    name="question_answering",
    title="Question answering",
    idea="One branch reads the story, another the question; joined, they choose the answer.",
    concepts=("branches", "concat", "many inputs"),
    experiment=Experiment(
        name="Question answering",
        graph=weave(),
        data=Data("questions"),
        training=Training(
            learning_rate=0.005,
            losses={"answer": "sparse_categorical_crossentropy"},
            metrics={"answer": ("accuracy",)},
            epochs=30,
            batch_size=64,
            callbacks=(Callback("EarlyStopping", {"patience": 8, "restore_best_weights": True}),),
        ),
    ),
    parameters=20082,
)
