"""The same bottleneck with a shortcut past it."""

from dataclasses import replace

from presets.architectures import bottleneck
from presets.preset import Architecture

ARCHITECTURE = Architecture(
    name="bottleneck_shortcut",
    title="Bottleneck with shortcut",
    idea="The shortcut carries past the narrow layer what would not fit through it.",
    concepts=("branches", "residual"),
    experiment=replace(
        bottleneck.ARCHITECTURE.experiment, name="Bottleneck with shortcut", graph=bottleneck.weave(shortcut=True)
    ),
    parameters=2_572,
)
