"""Branch and concatenate: several ways through, each seeing the same input, joined side by side."""

from components.parameters import Parameter
from presets.inserting import Seam, Stitches, convolve, refuse
from presets.preset import Block


def weave(stitches: Stitches, seam: Seam, branches: int, width: int) -> str:
    """Parallel convolutions of window 1, 3, 5…, or dense layers, laid end to end."""
    refuse(seam, "Branching", 2, 3, 4)
    ends = [
        convolve(stitches, seam, seam.source, "branch", width, 2 * number + 1, activation="relu")
        for number in range(branches)
    ]
    return stitches("Concatenate", *ends, name="joined")


BLOCK = Block(
    name="branches",
    title="Branch and concatenate",
    summary="Lets several layers look at the same input in their own way and keeps what each found.",
    weave=weave,
    parameters=(
        Parameter("branches", "integer", 2, least=2, most=8, help="How many layers stand side by side."),
        Parameter("width", "integer", 32, least=1, most=65536, help="Units, or filters, of each."),
    ),
)
