"""Question answering at the notes' own size: two vocabularies of 10,000 words and 500 answers."""

from components.experiment import Data, Experiment, Training
from presets.architectures.question_answering import weave
from presets.preset import Architecture

ARCHITECTURE = Architecture(
    name="question_answering_full",
    title="Question answering, full size",
    idea="The same two branches for 10 000 words and texts of any length: nearly all parameters are words.",
    concepts=("branches", "concat", "many inputs"),
    experiment=Experiment(
        name="Question answering, full size",
        graph=weave(words=10_000, answers=500, text_length=None, question_length=None),
        data=Data("questions"),
        training=Training(
            losses={"answer": "sparse_categorical_crossentropy"},
            metrics={"answer": ("accuracy",)},
            epochs=10,
            batch_size=128,
        ),
    ),
    parameters=1_000_052,
)
