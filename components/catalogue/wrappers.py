"""Wrappers: layers around another layer, which their config spells out as `{"kind", "config"}`."""

from components.catalogue.kinds import LayerKind
from components.catalogue.vocabulary import TRAINABLE
from components.parameters import Parameter, choice, integer

READERS = ("LSTM", "GRU", "SimpleRNN", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D")
STEPS = (
    *("Dense", "Embedding", "Conv1D", "Conv2D", "Conv3D", "SeparableConv1D", "SeparableConv2D", "DepthwiseConv2D"),
    *("MaxPooling1D", "MaxPooling2D", "AveragePooling1D", "AveragePooling2D", "GlobalAveragePooling1D"),
    *("GlobalAveragePooling2D", "GlobalMaxPooling1D", "GlobalMaxPooling2D", "Flatten", "Reshape", "LSTM", "GRU"),
    *("SimpleRNN", "BatchNormalization", "LayerNormalization", "Dropout", "Activation", "ReLU", "LeakyReLU", "Softmax"),
)
WEIGHED = ("Dense", "EinsumDense", "Embedding", "Conv1D", "Conv2D", "Conv3D", "Conv2DTranspose")


def wrapped(kinds: tuple[str, ...], help: str) -> Parameter:
    """The layer inside."""
    return Parameter("layer", "layer", required=True, choices=kinds, help=help)


MERGE_MODE = choice(
    *("merge_mode", "How the two readings become one; without it, both are given out.", "concat"),
    *(None, "concat", "sum", "ave", "mul"),
)
POWER_ITERATIONS = integer("power_iterations", "How many steps estimate the largest stretch.", 1)
BOTH_WAYS = (wrapped(READERS, "The recurrent layer that reads both ways."), MERGE_MODE, TRAINABLE)
EACH_STEP = (wrapped(STEPS, "The layer that every step goes through."), TRAINABLE)
SPECTRAL = (wrapped(WEIGHED, "The layer whose weights are kept in check."), POWER_ITERATIONS, TRAINABLE)
LSTM = {"layer": {"kind": "LSTM", "config": {"units": 32}}}
DENSE = {"layer": {"kind": "Dense", "config": {"units": 32}}}

KINDS = (
    LayerKind(
        "Bidirectional", "Recurrent", "Reads a sequence from both ends.", BOTH_WAYS, start=LSTM, handover="state"
    ),
    LayerKind(
        "TimeDistributed", "Recurrent", "Sends every step through one and the same layer.", EACH_STEP, start=DENSE
    ),
    LayerKind(
        *("SpectralNormalization", "Normalization", "Keeps a layer's weights from stretching anything.", SPECTRAL),
        start=DENSE,
    ),
)
