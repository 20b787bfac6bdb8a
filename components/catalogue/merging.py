"""Merging layers: several inputs become one."""

from components.catalogue.kinds import LayerKind
from components.catalogue.vocabulary import AXIS
from components.parameters import Parameter, boolean

ANY, TWO = (2, None), (2, 2)
JOINED = AXIS.but(help="The axis along which they are laid end to end, counted from the batch (0); -1 is the last.")
AXES = Parameter("axes", "integers", required=True, length=2, help="The axis of each input that is summed over.")
NORMALIZE = boolean("normalize", False, "Whether vectors are brought to length 1 first: the result is their cosine.")


def kind(name: str, summary: str, arity: tuple[int, int | None], *parameters: Parameter, **start: int) -> LayerKind:
    """A merging layer: its inputs reach it as a list."""
    return LayerKind(name, "Merging", summary, parameters, arity, start, "list")


KINDS = (
    kind("Concatenate", "Lays its inputs end to end along an axis.", ANY, JOINED),
    kind("Add", "Adds its inputs number by number.", ANY),
    kind("Subtract", "The first input minus the second.", TWO),
    kind("Multiply", "Multiplies its inputs number by number.", ANY),
    kind("Average", "The mean of its inputs, number by number.", ANY),
    kind("Maximum", "The largest of its inputs, number by number.", ANY),
    kind("Minimum", "The smallest of its inputs, number by number.", ANY),
    kind("Dot", "How alike two inputs are: products summed over an axis.", TWO, AXES, NORMALIZE, axes=-1),
)
