"""Recurrent layers: step by step through a sequence."""

from components.catalogue.convolution import dilation_rate, kernel_size, strides
from components.catalogue.kinds import LayerKind
from components.catalogue.vocabulary import (
    ACTIVATION,
    ACTIVITY_REGULARIZER,
    BIAS_CONSTRAINT,
    BIAS_INITIALIZER,
    BIAS_REGULARIZER,
    DATA_FORMAT,
    DROPOUT,
    FILTERS,
    KERNEL_CONSTRAINT,
    KERNEL_INITIALIZER,
    KERNEL_REGULARIZER,
    PADDING,
    RECURRENT_ACTIVATION,
    RECURRENT_CONSTRAINT,
    RECURRENT_INITIALIZER,
    RECURRENT_REGULARIZER,
    SEED,
    TRAINABLE,
    UNITS,
    USE_BIAS,
)
from components.parameters import Parameter, boolean

TANH = ACTIVATION.but(default="tanh")
INITIALIZERS = (KERNEL_INITIALIZER, RECURRENT_INITIALIZER, BIAS_INITIALIZER)
UNIT_FORGET_BIAS = boolean("unit_forget_bias", True, "Whether the forget gate starts open, which helps memory to last.")
PRICES = (
    *(KERNEL_REGULARIZER, RECURRENT_REGULARIZER, BIAS_REGULARIZER, ACTIVITY_REGULARIZER),
    *(KERNEL_CONSTRAINT, RECURRENT_CONSTRAINT, BIAS_CONSTRAINT),
    *(
        DROPOUT,
        DROPOUT.but(name="recurrent_dropout", help="The share of the memory dropped at each step while training."),
    ),
)
RETURNS = (
    boolean(
        "return_sequences", False, "Whether every step is given out, as a next recurrent layer needs, or only the last."
    ),
    boolean("return_state", False, "Whether the memory after the last step is given out as well."),
    boolean("go_backwards", False, "Whether the sequence is read from its end."),
    boolean("stateful", False, "Whether the memory is kept from batch to batch; the batch size is then fixed."),
)
UNROLL = boolean("unroll", False, "Whether the loop is written out: faster for short sequences, more memory.")
RESET_AFTER = boolean("reset_after", True, "Whether the reset gate comes after the matrix product.")

LSTM_PARAMETERS = (
    *(UNITS, TANH, RECURRENT_ACTIVATION, USE_BIAS, *INITIALIZERS, UNIT_FORGET_BIAS),
    *(*PRICES, SEED, *RETURNS, UNROLL, TRAINABLE),
)
GRU_PARAMETERS = (
    *(UNITS, TANH, RECURRENT_ACTIVATION, USE_BIAS, *INITIALIZERS),
    *(*PRICES, SEED, *RETURNS, UNROLL, RESET_AFTER, TRAINABLE),
)
SIMPLE_PARAMETERS = (UNITS, TANH, USE_BIAS, *INITIALIZERS, *PRICES, *RETURNS, UNROLL, SEED, TRAINABLE)


def convolutional(axes: int) -> tuple[Parameter, ...]:
    """Parameters of ConvLSTMND."""
    step = (FILTERS, kernel_size(axes), strides(axes).but(default=1), PADDING, DATA_FORMAT)
    inner = (dilation_rate(axes).but(default=1), TANH, RECURRENT_ACTIVATION, USE_BIAS, *INITIALIZERS, UNIT_FORGET_BIAS)
    return *step, *inner, *PRICES, SEED, *RETURNS, TRAINABLE


ONE = (1, 1)
WINDOW = {"filters": 16, "kernel_size": 3}
KINDS = (
    LayerKind(
        "LSTM",
        "Recurrent",
        "Reads a sequence step by step and keeps a memory of it.",
        LSTM_PARAMETERS,
        ONE,
        {"units": 32},
        "state",
    ),
    LayerKind(
        "GRU",
        "Recurrent",
        "Like LSTM with fewer gates: smaller and faster.",
        GRU_PARAMETERS,
        ONE,
        {"units": 32},
        "state",
    ),
    LayerKind(
        "SimpleRNN",
        "Recurrent",
        "The plainest memory: what was, mixed with what comes.",
        SIMPLE_PARAMETERS,
        ONE,
        {"units": 32},
        "state",
    ),
    LayerKind(
        "ConvLSTM1D",
        "Recurrent",
        "An LSTM over steps that are sequences themselves.",
        convolutional(1),
        ONE,
        WINDOW,
        "state",
    ),
    LayerKind("ConvLSTM2D", "Recurrent", "An LSTM over a film's images.", convolutional(2), ONE, WINDOW, "state"),
    LayerKind(
        "ConvLSTM3D", "Recurrent", "An LSTM over steps that are volumes.", convolutional(3), ONE, WINDOW, "state"
    ),
)
