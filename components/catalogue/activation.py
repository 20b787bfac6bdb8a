"""Activation layers: a function applied to every number."""

from components.catalogue.kinds import LayerKind
from components.catalogue.vocabulary import (
    ACTIVATION,
    ACTIVATIONS,
    AXES_LIST,
    TRAINABLE,
    constraint,
    initializer,
    regularizer,
)
from components.parameters import Parameter, number

MAX_VALUE = number("max_value", "Outputs above this are cut; without it, none.", required=False, least=0)
SLOPE = number("negative_slope", "The slope below the threshold; 0 makes it flat.", 0.0, least=0)
THRESHOLD = number("threshold", "Where the slope changes.", 0.0, least=0)
ALPHA = number("alpha", "How far below zero it settles.", 1.0)
SHARED_AXES = Parameter("shared_axes", "integers", least=1, help="The axes along which one slope is shared.")
PRELU_PARAMETERS = (
    initializer("alpha_initializer", "Zeros", "the slopes"),
    *(regularizer("alpha_regularizer", "slopes"), constraint("alpha_constraint", "the slopes"), SHARED_AXES, TRAINABLE),
)
RELU = {"activation": "relu"}

KINDS = (
    LayerKind(
        *("Activation", "Activation", "Any activation by name.", (ACTIVATION.but(required=True, choices=ACTIVATIONS),)),
        start=RELU,
    ),
    LayerKind("ReLU", "Activation", "Keeps what is positive, cuts the rest.", (MAX_VALUE, SLOPE, THRESHOLD)),
    LayerKind("LeakyReLU", "Activation", "Like ReLU, with a gentle slope below zero.", (SLOPE.but(default=0.3),)),
    LayerKind("PReLU", "Activation", "Like LeakyReLU, with slopes that are learned.", PRELU_PARAMETERS),
    LayerKind("ELU", "Activation", "Like ReLU, with a smooth curve below zero.", (ALPHA,)),
    LayerKind("Softmax", "Activation", "Turns scores into shares that sum to 1.", (AXES_LIST,)),
)
