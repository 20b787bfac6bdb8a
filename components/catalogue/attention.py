"""Attention layers: every position asks all others what they know."""

from components.catalogue.kinds import LayerKind
from components.catalogue.vocabulary import (
    ACTIVITY_REGULARIZER,
    BIAS_CONSTRAINT,
    BIAS_INITIALIZER,
    BIAS_REGULARIZER,
    DROPOUT,
    KERNEL_CONSTRAINT,
    KERNEL_INITIALIZER,
    KERNEL_REGULARIZER,
    SEED,
    TRAINABLE,
    USE_BIAS,
)
from components.parameters import Parameter, boolean, choice, integer

SCORE_DROPOUT = DROPOUT.but(help="The share of attention dropped at random while training.")
USE_SCALE = boolean("use_scale", False, "Whether the scores are multiplied by a learned number.")
SCORE_MODE = choice("score_mode", "How a query is compared with a key.", "dot", "dot", "concat")
SLIDING_WINDOW = integer("sliding_window", "How far each position may look; without it, everywhere.", required=False)
USE_GATE = boolean("use_gate", False, "Whether a learned gate scales what attention gives out.")
WEIGHTS = (
    *(KERNEL_INITIALIZER, BIAS_INITIALIZER, KERNEL_REGULARIZER, BIAS_REGULARIZER, ACTIVITY_REGULARIZER),
    *(KERNEL_CONSTRAINT, BIAS_CONSTRAINT, USE_GATE, SEED, TRAINABLE),
)
HEADS = (
    integer("num_heads", "How many separate attentions look at once."),
    integer("key_dim", "How many numbers each head compares by."),
    integer(
        "value_dim", "How many numbers each head passes on; without it, as many as it compares by.", required=False
    ),
    *(SCORE_DROPOUT, USE_BIAS),
    Parameter("output_shape", "shape", help="The last axes of the output; without it, those of the query."),
    Parameter(
        "attention_axes", "integers", help="The axes over which it looks; without it, all but batch and features."
    ),
    SLIDING_WINDOW,
    *WEIGHTS,
)
GROUPED = (
    integer("head_dim", "How many numbers each head works with."),
    integer("num_query_heads", "How many heads ask."),
    integer("num_key_value_heads", "How many heads answer; it divides those that ask."),
    *(SCORE_DROPOUT, USE_BIAS, SLIDING_WINDOW),
    *WEIGHTS,
)
TWO_HEADS = {"num_heads": 2, "key_dim": 16}
SHARED_KEYS = {"head_dim": 16, "num_query_heads": 4, "num_key_value_heads": 2}

KINDS = (
    LayerKind(
        *("Attention", "Attention", "Mixes values by how well each key answers the query (query, value, key)."),
        (USE_SCALE, SCORE_MODE, SCORE_DROPOUT, SEED, TRAINABLE),
        arity=(2, 3),
        handover="list",
    ),
    LayerKind(
        *("AdditiveAttention", "Attention", "Attention that adds query and key before scoring (query, value, key)."),
        (USE_SCALE.but(default=True), SCORE_DROPOUT, TRAINABLE),
        arity=(2, 3),
        handover="list",
    ),
    LayerKind(
        *("MultiHeadAttention", "Attention", "Several learned attentions side by side (query, value, key)."),
        HEADS,
        arity=(2, 3),
        start=TWO_HEADS,
        handover="arguments",
    ),
    LayerKind(
        *("GroupQueryAttention", "Attention", "Multi-head attention whose heads share keys and values: lighter."),
        GROUPED,
        arity=(2, 3),
        start=SHARED_KEYS,
        handover="arguments",
    ),
)
