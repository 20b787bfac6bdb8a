"""The same convnet with batch renormalisation."""

from dataclasses import replace

from presets.architectures import normalised_digits
from presets.preset import Architecture

ARCHITECTURE = Architecture(
    name="renormalised_digits",
    title="Batch renormalisation",
    idea="Training uses nearly the statistics that are used afterwards, so that small batches do less harm.",
    concepts=(),
    experiment=replace(
        normalised_digits.ARCHITECTURE.experiment,
        name="Batch renormalisation",
        graph=normalised_digits.weave(renorm=True),
    ),
    parameters=2_042,
)
