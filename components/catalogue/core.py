"""Core layers: doors, dense maps and vectors for integers."""

from components.catalogue.kinds import LayerKind
from components.catalogue.vocabulary import (
    ACTIVATION,
    ACTIVITY_REGULARIZER,
    BIAS_CONSTRAINT,
    BIAS_INITIALIZER,
    BIAS_REGULARIZER,
    EMBEDDINGS_CONSTRAINT,
    EMBEDDINGS_INITIALIZER,
    EMBEDDINGS_REGULARIZER,
    KERNEL_CONSTRAINT,
    KERNEL_INITIALIZER,
    KERNEL_REGULARIZER,
    TRAINABLE,
    UNITS,
    USE_BIAS,
)
from components.parameters import Parameter, boolean, choice, integer, number

DTYPES = ("float32", "int32", "int64", "uint8", "bool", "string", "float16", "bfloat16", "float64", "int8", "int16")

INPUT_PARAMETERS = (
    Parameter("shape", "shape", required=True, help="Sizes of the axes without the batch; empty means any length."),
    choice("dtype", "What kind of numbers comes in; integers for an Embedding.", None, *DTYPES),
)
DENSE_PARAMETERS = (
    *(UNITS, ACTIVATION, USE_BIAS, KERNEL_INITIALIZER, BIAS_INITIALIZER, KERNEL_REGULARIZER, BIAS_REGULARIZER),
    *(ACTIVITY_REGULARIZER, KERNEL_CONSTRAINT, BIAS_CONSTRAINT, TRAINABLE),
)
EINSUM_PARAMETERS = (
    Parameter("equation", "text", required=True, help="The product in Einstein's notation, such as ab,bc->ac."),
    Parameter("output_shape", "shape", required=True, help="Sizes of the output's axes without the batch."),
    *(ACTIVATION, Parameter("bias_axes", "text", help="The axes, by letter, that get a bias; none without it.")),
    *(KERNEL_INITIALIZER, BIAS_INITIALIZER, KERNEL_REGULARIZER, BIAS_REGULARIZER, KERNEL_CONSTRAINT, BIAS_CONSTRAINT),
    TRAINABLE,
)
INPUT_DIM = integer("input_dim", "How many different integers can come in: the size of the vocabulary.")
OUTPUT_DIM = integer("output_dim", "How many numbers describe each of them.")
VECTORS = (EMBEDDINGS_INITIALIZER, EMBEDDINGS_REGULARIZER, EMBEDDINGS_CONSTRAINT)
MASK_ZERO = boolean("mask_zero", False, "Whether 0 is padding that later layers pass over.")
REVERSIBLE_PARAMETERS = (
    *(
        INPUT_DIM,
        OUTPUT_DIM,
        boolean("tie_weights", True, "Whether the way back uses the same vectors."),
        *VECTORS,
        MASK_ZERO,
    ),
    number("logit_soft_cap", "A soft limit for the scores of the way back.", required=False, least=0),
    TRAINABLE,
)
MASK_VALUE = number("mask_value", "Steps in which every number equals this are passed over.", 0.0)

KINDS = (
    LayerKind("InputLayer", "Core", "Where data enters.", INPUT_PARAMETERS, (0, 0), {"shape": [32]}),
    LayerKind("Dense", "Core", "Weighs every input for every output.", DENSE_PARAMETERS, start={"units": 32}),
    LayerKind(
        *("EinsumDense", "Core", "A dense map over axes of your choosing.", EINSUM_PARAMETERS),
        start={"equation": "ab,bc->ac", "output_shape": [32]},
    ),
    LayerKind(
        *(
            "Embedding",
            "Core",
            "Gives each integer a learned vector.",
            (INPUT_DIM, OUTPUT_DIM, *VECTORS, MASK_ZERO, TRAINABLE),
        ),
        start={"input_dim": 1_000, "output_dim": 32},
    ),
    LayerKind(
        *("ReversibleEmbedding", "Core", "An Embedding whose vectors can also score words.", REVERSIBLE_PARAMETERS),
        start={"input_dim": 1_000, "output_dim": 32},
    ),
    LayerKind("Identity", "Core", "Passes its input on unchanged."),
    LayerKind("Masking", "Core", "Marks padded steps so that later layers pass over them.", (MASK_VALUE,)),
)
