"""The Inception module at the notes' own size: 128 filters in each convolution."""

from components.experiment import Data, Experiment, Training
from presets.architectures.inception_digits import weave
from presets.preset import Architecture

ARCHITECTURE = Architecture(
    name="inception_module",
    title="Inception module, full size",
    idea="The module with 128 filters in every convolution: three branches spend most of their parameters on 3×3.",
    concepts=("branches", "concat"),
    experiment=Experiment(
        name="Inception module, full size",
        graph=weave(filters=128),
        data=Data("digits"),
        training=Training(
            losses={"digit": "sparse_categorical_crossentropy"}, metrics={"digit": ("accuracy",)}, epochs=5
        ),
    ),
    parameters=646_282,
)
