"""The names that Keras knows activations, initialisers, regularisers and constraints by, and the parameters shared
by many layers."""

from __future__ import annotations

from components.catalogue.objects import CONSTRAINT_OBJECTS, INITIALIZER_OBJECTS, REGULARIZER_OBJECTS
from components.parameters import Parameter, boolean, choice, integer, number

ACTIVATIONS = (
    *("linear", "relu", "sigmoid", "softmax", "tanh", "gelu", "elu", "selu", "silu", "leaky_relu", "relu6", "softplus"),
    *("softsign", "hard_sigmoid", "hard_silu", "hard_tanh", "hard_shrink", "soft_shrink", "tanh_shrink", "exponential"),
    *("mish", "celu", "glu", "log_sigmoid", "log_softmax", "sparse_plus", "sparse_sigmoid", "sparsemax", "squareplus"),
    *("threshold", "swish", "hard_swish"),
)
INITIALIZERS = (
    *("glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_uniform", "lecun_normal", "orthogonal"),
    *("random_uniform", "random_normal", "truncated_normal", "variance_scaling", "uniform", "normal", "identity"),
    *("zeros", "ones"),
)
REGULARIZERS = ("l1", "l2", "l1l2", "orthogonal_regularizer")
CONSTRAINTS = ("non_neg", "unit_norm", "max_norm", "min_max_norm")


def initializer(name: str, default: str, what: str) -> Parameter:
    """How the values of `what` start."""
    help = f"How {what} start before any training."
    return choice(name, help, default, *INITIALIZERS, objects=INITIALIZER_OBJECTS)


def regularizer(name: str, what: str) -> Parameter:
    """A price on large values of `what`."""
    help = f"A price added to the loss for large {what}: l1 pushes to zero, l2 keeps small."
    return choice(name, help, None, *REGULARIZERS, objects=REGULARIZER_OBJECTS)


def constraint(name: str, what: str) -> Parameter:
    """A rule that `what` obey after every step."""
    help = f"A rule that {what} are made to obey after every step."
    return choice(name, help, None, *CONSTRAINTS, objects=CONSTRAINT_OBJECTS)


UNITS = integer("units", "How many numbers the layer gives out.")
FILTERS = integer("filters", "How many patterns it looks for: the channels of its output.")
ACTIVATION = Parameter(
    "activation", "choice", None, choices=(None, *ACTIVATIONS), help="The function applied to every output number."
)
RECURRENT_ACTIVATION = ACTIVATION.but(
    name="recurrent_activation", default="sigmoid", help="The function that opens and closes the gates."
)
USE_BIAS = boolean("use_bias", True, "Whether a learned constant is added to every output.")

KERNEL_INITIALIZER = initializer("kernel_initializer", "glorot_uniform", "the weights")
RECURRENT_INITIALIZER = initializer("recurrent_initializer", "orthogonal", "the weights from step to step")
BIAS_INITIALIZER = initializer("bias_initializer", "zeros", "the biases")
DEPTHWISE_INITIALIZER = initializer("depthwise_initializer", "glorot_uniform", "the weights within a channel")
POINTWISE_INITIALIZER = initializer("pointwise_initializer", "glorot_uniform", "the weights across channels")
BETA_INITIALIZER = initializer("beta_initializer", "zeros", "the shifts (beta)")
GAMMA_INITIALIZER = initializer("gamma_initializer", "ones", "the scales (gamma)")
EMBEDDINGS_INITIALIZER = initializer("embeddings_initializer", "uniform", "the vectors")

KERNEL_REGULARIZER = regularizer("kernel_regularizer", "weights")
RECURRENT_REGULARIZER = regularizer("recurrent_regularizer", "weights from step to step")
BIAS_REGULARIZER = regularizer("bias_regularizer", "biases")
DEPTHWISE_REGULARIZER = regularizer("depthwise_regularizer", "weights within a channel")
POINTWISE_REGULARIZER = regularizer("pointwise_regularizer", "weights across channels")
ACTIVITY_REGULARIZER = regularizer("activity_regularizer", "outputs")
BETA_REGULARIZER = regularizer("beta_regularizer", "shifts (beta)")
GAMMA_REGULARIZER = regularizer("gamma_regularizer", "scales (gamma)")
EMBEDDINGS_REGULARIZER = regularizer("embeddings_regularizer", "vectors")

KERNEL_CONSTRAINT = constraint("kernel_constraint", "the weights")
RECURRENT_CONSTRAINT = constraint("recurrent_constraint", "the weights from step to step")
BIAS_CONSTRAINT = constraint("bias_constraint", "the biases")
DEPTHWISE_CONSTRAINT = constraint("depthwise_constraint", "the weights within a channel")
POINTWISE_CONSTRAINT = constraint("pointwise_constraint", "the weights across channels")
BETA_CONSTRAINT = constraint("beta_constraint", "the shifts (beta)")
GAMMA_CONSTRAINT = constraint("gamma_constraint", "the scales (gamma)")
EMBEDDINGS_CONSTRAINT = constraint("embeddings_constraint", "the vectors")

TRAINABLE = boolean("trainable", True, "Whether training changes its weights; off freezes them.")
"""Comes from Keras's base class; offered by every layer that has weights."""

DATA_FORMAT = choice(
    "data_format",
    "Where the channels stand; without a choice, last. On a processor only channels_last trains.",
    None,
    *("channels_last", "channels_first"),
)
PADDING = choice("padding", "same pads the edges so that the size is kept; valid does not.", "valid", "valid", "same")
SEED = integer("seed", "A number that makes the random draws repeatable.", None, least=0, required=False)
DROPOUT = number("dropout", "The share of inputs dropped at random while training.", 0.0, least=0, most=1)
RATE = number("rate", "The share dropped at random while training.", least=0, most=1)
AXIS = Parameter("axis", "integer", -1, help="Which axis, counted from the batch (0); -1 is the last.")
AXES_LIST = Parameter("axis", "integers", -1, help="Which axis or axes, counted from the batch (0); -1 is the last.")
EPSILON = number("epsilon", "A small number that keeps divisions away from zero.", 0.001, least=0)
CENTER = boolean("center", True, "Whether a learned shift (beta) is added.")
SCALE = boolean("scale", True, "Whether the result is multiplied by a learned scale (gamma).")
INTERPOLATION = choice(
    "interpolation",
    "How values between pixels are found.",
    "bilinear",
    "nearest",
    "bilinear",
    "bicubic",
    "lanczos3",
    "lanczos5",
)
