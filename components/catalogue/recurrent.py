"""Recurrent layers: step by step through a sequence, and layers around layers."""

from components.catalogue.convolution import dilation_rate, kernel_size, strides
from components.catalogue.kinds import LayerKind
from components.catalogue.parameters import Parameter
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
    choice,
    flag,
)

TANH = ACTIVATION.but(default="tanh")
INITIALIZERS = (KERNEL_INITIALIZER, RECURRENT_INITIALIZER, BIAS_INITIALIZER)
UNIT_FORGET_BIAS = flag("unit_forget_bias", True, "Whether the forget gate starts open, which helps memory to last.")
PRICES = (
    *(KERNEL_REGULARIZER, RECURRENT_REGULARIZER, BIAS_REGULARIZER, ACTIVITY_REGULARIZER),
    *(KERNEL_CONSTRAINT, RECURRENT_CONSTRAINT, BIAS_CONSTRAINT),
    *(DROPOUT, DROPOUT.but(name="recurrent_dropout", help="The share of the memory dropped at each step while training.")),
)
RETURNS = (
    flag("return_sequences", False, "Whether every step is given out, as a next recurrent layer needs, or only the last."),
    flag("return_state", False, "Whether the memory after the last step is given out as well."),
    flag("go_backwards", False, "Whether the sequence is read from its end."),
    flag("stateful", False, "Whether the memory is kept from batch to batch; the batch size is then fixed."),
)
UNROLL = flag("unroll", False, "Whether the loop is written out: faster for short sequences, more memory.")
RESET_AFTER = flag("reset_after", True, "Whether the reset gate comes after the matrix product.")

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


WINDOW = {"filters": 16, "kernel_size": 3}
READERS = ("LSTM", "GRU", "SimpleRNN", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D")
STEPS = (
    *("Dense", "Embedding", "Conv1D", "Conv2D", "Conv3D", "SeparableConv1D", "SeparableConv2D", "DepthwiseConv2D"),
    *("MaxPooling1D", "MaxPooling2D", "AveragePooling1D", "AveragePooling2D", "GlobalAveragePooling1D"),
    *("GlobalAveragePooling2D", "GlobalMaxPooling1D", "GlobalMaxPooling2D", "Flatten", "Reshape", "LSTM", "GRU"),
    *("SimpleRNN", "BatchNormalization", "LayerNormalization", "Dropout", "Activation", "ReLU"),
)
DIRECTIONS = (
    Parameter("layer", "layer", required=True, choices=READERS, help="The recurrent layer that reads both ways."),
    choice("merge_mode", "How the two readings become one; without it, both are given out.", "concat", "concat", "sum", "ave", "mul", none=True),
    TRAINABLE,
)
EACH_STEP = (
    Parameter("layer", "layer", required=True, choices=STEPS, help="The layer that every step goes through."),
    TRAINABLE,
)
BOTH_WAYS = {"layer": {"kind": "LSTM", "config": {"units": 32}}}
DENSE_EACH = {"layer": {"kind": "Dense", "config": {"units": 32}}}

KINDS = (
    LayerKind("LSTM", "Recurrent", "Reads a sequence step by step and keeps a memory of it.", LSTM_PARAMETERS, (1, 3), {"units": 32}, "state"),
    LayerKind("GRU", "Recurrent", "Like LSTM with fewer gates: smaller and faster.", GRU_PARAMETERS, (1, 2), {"units": 32}, "state"),
    LayerKind("SimpleRNN", "Recurrent", "The plainest memory: what was, mixed with what comes.", SIMPLE_PARAMETERS, (1, 2), {"units": 32}, "state"),
    LayerKind("Bidirectional", "Recurrent", "Reads a sequence from both ends.", DIRECTIONS, (1, 5), BOTH_WAYS, "state"),
    LayerKind("TimeDistributed", "Recurrent", "Sends every step through one and the same layer.", EACH_STEP, start=DENSE_EACH),
    LayerKind("ConvLSTM1D", "Recurrent", "An LSTM over steps that are sequences themselves.", convolutional(1), (1, 3), WINDOW, "state"),
    LayerKind("ConvLSTM2D", "Recurrent", "An LSTM over a film's images.", convolutional(2), (1, 3), WINDOW, "state"),
    LayerKind("ConvLSTM3D", "Recurrent", "An LSTM over steps that are volumes.", convolutional(3), (1, 3), WINDOW, "state"),
)
