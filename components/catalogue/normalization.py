"""Normalization layers: values brought to a common size."""

from components.catalogue.kinds import LayerKind
from components.catalogue.vocabulary import (
    AXES_LIST,
    AXIS,
    BETA_CONSTRAINT,
    BETA_INITIALIZER,
    BETA_REGULARIZER,
    CENTER,
    EPSILON,
    GAMMA_CONSTRAINT,
    GAMMA_INITIALIZER,
    GAMMA_REGULARIZER,
    SCALE,
    TRAINABLE,
    initializer,
)
from components.parameters import boolean, integer, number

MOMENTUM = number("momentum", "How much of the moving mean and variance is kept at each step.", 0.99, least=0, most=1)
CHANNELS = AXIS.but(help="The axis that is normalised: -1 when channels come last, 1 when they come first.")
PRICES = (BETA_REGULARIZER, GAMMA_REGULARIZER, BETA_CONSTRAINT, GAMMA_CONSTRAINT)
AFFINE = (EPSILON, CENTER, SCALE, BETA_INITIALIZER, GAMMA_INITIALIZER, *PRICES, TRAINABLE)

BATCH_PARAMETERS = (
    *(CHANNELS, MOMENTUM, EPSILON, CENTER, SCALE, BETA_INITIALIZER, GAMMA_INITIALIZER),
    initializer("moving_mean_initializer", "zeros", "the moving means"),
    initializer("moving_variance_initializer", "ones", "the moving variances"),
    *PRICES,
    boolean(
        "renorm",
        False,
        "Batch renormalisation: trains with nearly the statistics used afterwards; helps small batches.",
    ),
    MOMENTUM.but(name="renorm_momentum", help="How much of the renormalisation's statistics is kept at each step."),
    boolean("synchronized", False, "Whether the statistics are shared among several devices."),
    TRAINABLE,
)
GROUPS = integer("groups", "Into how many groups the channels are split; it must divide them.", 32)

KINDS = (
    LayerKind(
        "BatchNormalization",
        "Normalization",
        "Centres and scales each channel by its mean and spread in the batch.",
        BATCH_PARAMETERS,
    ),
    LayerKind(
        "LayerNormalization",
        "Normalization",
        "Centres and scales each sample by its own mean and spread.",
        (AXES_LIST, *AFFINE),
    ),
    LayerKind(
        "GroupNormalization",
        "Normalization",
        "Centres and scales groups of channels.",
        (GROUPS, AXIS, *AFFINE),
        start={"groups": 4},
    ),
    LayerKind(
        "RMSNormalization",
        "Normalization",
        "Scales each sample by its size, without centring it.",
        (AXIS, EPSILON.but(default=1e-06), TRAINABLE),
    ),
    LayerKind("UnitNormalization", "Normalization", "Brings every vector to length 1.", (AXES_LIST,)),
)
