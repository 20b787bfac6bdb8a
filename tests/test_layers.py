"""The catalogue agrees with Keras: every entry's arguments, defaults and starting configuration."""

import inspect

import keras
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.layers import GROUPS, LAYERS, LayerError, check_config, describe_config, find_layer

OMITTED = {
    "kwargs": "every layer's name, dtype and trainable, which the graph gives",
    "weights": "arrays are no configuration",
    "quantization_config": "made by calling quantize, not by a person",
    "gptq_unpacked_column_size": "made by quantisation",
    "renorm_clipping": "a dict of tensors",
    "name": "the graph gives it",
    "dtype": "the graph gives it",
}
"""Arguments of Keras that the catalogue leaves out, and why."""


def signature_of(kind: str) -> dict[str, inspect.Parameter]:
    """Keras's own arguments."""
    arguments = inspect.signature(getattr(keras.layers, kind).__init__).parameters
    return {name: argument for name, argument in arguments.items() if name != "self"}


def as_json(value):
    """Tuples as lists."""
    return [as_json(item) for item in value] if isinstance(value, tuple) else value


@pytest.mark.parametrize("kind", [kind for kind in LAYERS if kind != "InputLayer"])
def test_arguments_and_defaults_are_those_of_keras(kind):
    theirs = {name: argument for name, argument in signature_of(kind).items() if name not in OMITTED}
    ours = {parameter.name: parameter for parameter in LAYERS[kind].parameters}
    assert set(ours) == set(theirs)
    for name, argument in theirs.items():
        required = argument.default is inspect.Parameter.empty
        assert ours[name].required == required, name
        if not required:
            assert ours[name].default == as_json(argument.default), name


def sample_inputs(kind: str) -> list[keras.KerasTensor]:
    """Inputs on which the freshly placed layer can be called."""
    if kind == "Embedding":
        return [keras.Input([6], dtype="int32")]
    if kind == "CategoryEncoding":
        return [keras.Input([1], dtype="int32")]
    if kind in {"EinsumDense", "RepeatVector"}:
        return [keras.Input([8])]
    least = LAYERS[kind].arity[0]
    return [keras.Input(sample_shape(kind)) for _ in range(least)]


def sample_shape(kind: str) -> list[int]:
    """A shape of the rank that the layer expects."""
    if kind == "ConvLSTM2D":
        return [5, 16, 16, 4]
    if kind in {"LSTM", "GRU", "SimpleRNN", "Permute", "Masking"} or "Attention" in kind or "1D" in kind:
        return [16, 8]
    if "3D" in kind:
        return [8, 8, 8, 4]
    if "2D" in kind or LAYERS[kind].group == "Preprocessing":
        return [32, 32, 4]
    return [8, 8]


@pytest.mark.parametrize("kind", [kind for kind in LAYERS if kind != "InputLayer"])
def test_a_freshly_placed_layer_builds(kind):
    layer = getattr(keras.layers, kind)(**LAYERS[kind].start)
    inputs = sample_inputs(kind)
    merges = LAYERS[kind].group == "Merging" or kind in {"Attention", "AdditiveAttention"}
    outputs = layer(inputs) if merges else layer(*inputs)
    assert outputs is not None


@pytest.mark.parametrize("kind", LAYERS)
def test_every_entry_is_whole(kind):
    entry = LAYERS[kind]
    assert entry.group in GROUPS
    assert entry.summary.endswith(".")
    assert check_config(kind, entry.start) == []
    assert isinstance(describe_config(kind, entry.start), str)


def test_an_unknown_kind_is_named():
    with pytest.raises(LayerError, match="“Lambda” is not in it"):
        find_layer("Lambda")


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ({"units": 0}, "units is a whole number of at least 1, and this is 0; choose one that fits."),
        ({"units": True}, "units is a whole number of at least 1, and this is True; choose one that fits."),
        ({}, "Dense needs a value for units; enter one."),
        ({"units": 3, "shape": 4}, "Dense has no parameter “shape”; remove it."),
        ({"units": 3, "use_bias": "yes"}, "use_bias is yes or no, and this is 'yes'; choose one that fits."),
    ],
)
def test_a_value_out_of_range_is_said_with_rule_value_and_remedy(config, sentence):
    assert check_config("Dense", config) == [sentence]


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=5,
)


@given(st.sampled_from(sorted(LAYERS)), st.data())
def test_any_value_is_checked_and_described_without_an_exception(kind, data):
    names = [parameter.name for parameter in LAYERS[kind].parameters]
    config = data.draw(st.dictionaries(st.sampled_from(names), ANYTHING, max_size=3)) if names else {}
    check_config(kind, config)
    describe_config(kind, config)


def test_details_read_well():
    assert describe_config("Dense", {"units": 32, "activation": "relu"}) == "32 units · relu"
    assert describe_config("Conv2D", {"filters": 64, "kernel_size": [3, 3], "strides": 2}) == "64 filters 3×3 · stride 2"
    assert describe_config("Embedding", {"input_dim": 10_000, "output_dim": 64}) == "10\u202f000 → 64"
    assert describe_config("InputLayer", {"shape": [None, 64]}) == "any×64"
