"""The same small classifier of ordinary convolutions, to be compared with the separable one."""

from dataclasses import replace

from presets.architectures import separable_classifier
from presets.preset import Architecture

ARCHITECTURE = Architecture(
    name="convolution_classifier",
    title="The same with ordinary convolutions",
    idea="Each convolution looks at space and channels at once: more parameters, more work, hardly better.",
    concepts=(),
    experiment=replace(
        separable_classifier.ARCHITECTURE.experiment,
        name="Ordinary convolutions",
        graph=separable_classifier.weave("Conv2D"),
    ),
    parameters=282_282,
)
