"""Normalise and activate: batch normalisation before the activation."""

from components.parameters import Parameter
from presets.inserting import Seam, Stitches
from presets.preset import Block


def weave(stitches: Stitches, seam: Seam, activation: str, renorm: bool) -> str:
    """BatchNormalization, then the activation."""
    config = {"renorm": True} if renorm else {}
    x = stitches("BatchNormalization", seam.source, name="normalised", **config)
    return stitches("Activation", x, name="active", activation=activation)


BLOCK = Block(
    name="normalise_activate",
    title="Normalise and activate",
    summary="Brings every channel to a common size before the activation, so that depth and large steps do no harm.",
    weave=weave,
    parameters=(
        Parameter(
            "activation",
            "choice",
            "relu",
            choices=("relu", "gelu", "silu", "elu", "tanh", "sigmoid"),
            help="The function that each output passes through.",
        ),
        Parameter("renorm", "boolean", False, help="Batch renormalisation: for batches of a few samples."),
    ),
)
