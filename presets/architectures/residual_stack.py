"""The same twenty layers with a shortcut past each: the gradient reaches the first."""

from dataclasses import replace

from presets.architectures import plain_stack
from presets.preset import Architecture

ARCHITECTURE = Architecture(
    name="residual_stack",
    title="Twenty residual layers",
    idea="Twenty layers with a shortcut past each: not one parameter more, and the gradient reaches the first.",
    concepts=("branches", "residual"),
    experiment=replace(
        plain_stack.ARCHITECTURE.experiment,
        name="Twenty residual layers",
        graph=plain_stack.weave(shortcuts=True),
    ),
    parameters=23_530,
)
