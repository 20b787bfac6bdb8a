"""The catalogue agrees with Keras: every entry's arguments, defaults and starting configuration."""

import inspect
import json

import keras
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.catalogue.objects import CONSTRAINT_OBJECTS, INITIALIZER_OBJECTS, REGULARIZER_OBJECTS
from components.catalogue.vocabulary import ACTIVATIONS, CONSTRAINTS, INITIALIZERS, REGULARIZERS
from components.layers import GROUPS, HANDOVERS, LAYERS, LayerError, check_config, describe_config, find_layer
from components.parameters import TYPES, Parameter, check_value, check_values
from tests.graphs import sample_doors

OMITTED = {
    "kwargs": "every layer's own arguments, of which trainable is offered where there are weights",
    "name": "the graph gives it",
    "dtype": "the graph's inputs give it",
    "weights": "arrays are no configuration",
    "sparse": "sparse tensors fit no later layer",
    "ragged": "ragged tensors fit no later layer",
    "lora_rank": "for tuning a finished model, by enable_lora",
    "lora_alpha": "for tuning a finished model, by enable_lora",
    "quantization_config": "made by quantize",
    "gptq_unpacked_column_size": "made by quantize",
    "reverse_dtype": "the numbers' type is the policy's",
    "renorm_clipping": "a dict of tensors",
    "use_cudnn": "which recipe runs is the machine's matter",
    "flash_attention": "which recipe runs is the machine's matter",
    "backward_layer": "the same layer, the other way round",
    "batch_size": "a batch may have any size",
    "batch_shape": "a batch may have any size",
    "input_tensor": "a tensor is no configuration",
    "optional": "every input of a graph is fed",
}
"""Arguments of Keras that the catalogue leaves out, and why."""

NOT_LAYERS_OF_A_GRAPH = {
    "Layer": "a base class",
    "Wrapper": "a base class",
    "InputSpec": "no layer",
    "Lambda": "runs code",
    "TFSMLayer": "runs a saved function",
    "FlaxLayer": "runs code",
    "JaxLayer": "runs code",
    "TorchModuleWrapper": "runs code",
    "RNN": "takes a cell",
    "LSTMCell": "a cell",
    "GRUCell": "a cell",
    "SimpleRNNCell": "a cell",
    "StackedRNNCells": "a cell",
    "Pipeline": "a row of layers, which can be placed one by one",
    "CutMix": "mixes targets too",
    "MixUp": "mixes targets too",
    "MaxNumBoundingBoxes": "takes boxes, not images",
    "RandomCrop": "leaves images uncropped outside training, so what follows does not fit",
    "Equalization": "gives its symbolic input back, which Keras takes for a cycle",
}


def signature_of(kind: str) -> dict[str, inspect.Parameter]:
    """Keras's own arguments."""
    arguments = inspect.signature(getattr(keras.layers, kind).__init__).parameters
    return {name: argument for name, argument in arguments.items() if name != "self"}


def as_json(value):
    """Tuples as lists."""
    return [as_json(item) for item in value] if isinstance(value, (tuple, list)) else value


def test_every_layer_of_keras_is_in_the_catalogue_or_left_out_for_a_reason():
    ours = {getattr(keras.layers, kind) for kind in LAYERS}
    theirs = {layer for layer in vars(keras.layers).values() if inspect.isclass(layer)}
    assert {layer.__name__ for layer in theirs - ours} == set(NOT_LAYERS_OF_A_GRAPH)


@pytest.mark.parametrize("kind", LAYERS)
def test_arguments_order_and_defaults_are_those_of_keras(kind):
    theirs = {name: argument for name, argument in signature_of(kind).items() if name not in OMITTED or name == "dtype"}
    ours = {parameter.name: parameter for parameter in LAYERS[kind].parameters}
    if kind != "InputLayer":
        theirs.pop("dtype", None)
    own = [name for name in ours if name != "trainable"]
    assert own == list(theirs)
    for name, argument in theirs.items():
        required = argument.default is inspect.Parameter.empty or (kind, name) == ("InputLayer", "shape")
        assert ours[name].required == required, name
        if not required:
            assert ours[name].default == as_json(argument.default), name


@pytest.mark.parametrize("kind", LAYERS)
def test_trainable_is_offered_where_there_are_weights(kind):
    layer = getattr(keras.layers, kind)(**made(kind, LAYERS[kind].start))
    if kind != "InputLayer":
        call(kind, layer, sample_inputs(kind))
    offered = any(parameter.name == "trainable" for parameter in LAYERS[kind].parameters)
    assert offered == bool(layer.trainable_weights) or kind in {"Attention", "TimeDistributed"}


@pytest.mark.parametrize("kind", LAYERS)
def test_every_parameter_is_whole(kind):
    for parameter in LAYERS[kind].parameters:
        assert parameter.type in TYPES
        assert parameter.help.endswith((".", "->ac."))
        assert len(parameter.help) <= 120
        assert bool(parameter.choices) == (parameter.type in ("choice", "layer")) or parameter.choices == (None,)
        if not parameter.required:
            assert check_value(parameter, parameter.default) is None


@pytest.mark.parametrize(
    ("names", "get"),
    [
        (ACTIVATIONS, keras.activations.get),
        (INITIALIZERS, keras.initializers.get),
        (REGULARIZERS, keras.regularizers.get),
        (CONSTRAINTS, keras.constraints.get),
    ],
)
def test_names_are_known_to_keras(names, get):
    for name in names:
        assert get(name) is not None


@pytest.mark.parametrize(
    ("objects", "module"),
    [
        (INITIALIZER_OBJECTS, keras.initializers),
        (REGULARIZER_OBJECTS, keras.regularizers),
        (CONSTRAINT_OBJECTS, keras.constraints),
    ],
)
def test_spelled_out_classes_take_the_arguments_that_are_listed(objects, module):
    for name, arguments in objects.items():
        theirs = inspect.signature(getattr(module, name).__init__).parameters
        usual = {key: argument.default for key, argument in theirs.items() if key not in {"self", "args", "kwargs"}}
        assert {argument.name: argument.default for argument in arguments} == usual
        config = {"value": 1.0} if name == "Constant" else {}
        assert module.get({"class_name": name, "config": config}) is not None


def sample_inputs(kind: str) -> list[keras.KerasTensor]:
    """Inputs on which the freshly placed layer can be called."""
    return [keras.Input(shape, dtype=dtype) for shape, dtype in sample_doors(kind)]


def made(kind: str, config: dict) -> dict:
    """The config with the layers that it spells out made."""
    layers = {p.name for p in LAYERS[kind].parameters if p.type == "layer"}
    return {
        name: getattr(keras.layers, value["kind"])(**value["config"]) if name in layers else value
        for name, value in config.items()
    }


def call(kind: str, layer: keras.Layer, inputs: list):
    """The layer called as its entry says."""
    handover = LAYERS[kind].handover
    return layer(inputs) if handover == "list" else layer(*inputs)


@pytest.mark.parametrize("kind", [kind for kind in LAYERS if kind != "InputLayer"])
def test_a_freshly_placed_layer_builds(kind):
    layer = getattr(keras.layers, kind)(**made(kind, LAYERS[kind].start))
    inputs = sample_inputs(kind)
    assert keras.Model(inputs, call(kind, layer, inputs)).count_params() >= 0


@pytest.mark.parametrize("kind", [kind for kind, entry in LAYERS.items() if entry.handover == "state"])
def test_recurrent_layers_take_their_first_state_as_an_argument(kind):
    assert "initial_state" in inspect.signature(getattr(keras.layers, kind).call).parameters


@pytest.mark.parametrize("kind", LAYERS)
def test_every_entry_is_whole(kind):
    entry = LAYERS[kind]
    assert entry.group in GROUPS
    assert entry.handover in HANDOVERS
    assert entry.summary.endswith(".")
    assert len(entry.summary) <= 90
    assert check_config(kind, entry.start) == []
    assert not entry.start or describe_config(kind, entry.start)
    assert json.loads(json.dumps(dict(entry.start))) == entry.start
    assert check_values(kind, entry.parameters, entry.start) == []


def test_an_unknown_kind_is_named():
    with pytest.raises(LayerError, match="“Lambda” is not in it"):
        find_layer("Lambda")


@pytest.mark.parametrize(
    ("kind", "config", "sentence"),
    [
        ("Dense", {"units": 0}, "units is a whole number of at least 1, and this is 0; choose one in range."),
        ("Dense", {"units": True}, "units is a whole number of at least 1, and this is true; choose one in range."),
        ("Dense", {}, "Dense needs units, and it is not set; give it a value."),
        ("Dense", {"units": 3, "unit": 4}, "Dense has no parameter “unit”; did you mean “units”?"),
        ("Dense", {"units": 3, "shape": 4}, "Dense has no parameter “shape”; remove it."),
        ("Dense", {"units": None}, "units is not set, and it has to be; give it a value."),
        (
            *("Dense", {"units": 3, "use_bias": "yes"}),
            "use_bias is true or false, and this is “yes”; choose one of the two.",
        ),
        (
            *("Conv2D", {"filters": 3, "kernel_size": 3, "padding": "Same"}),
            "padding is one of valid, same, and this is “Same”; did you mean “same”?",
        ),
        (
            *("Conv2D", {"filters": 3, "kernel_size": [3, 3, 3]}),
            "kernel_size is a whole number or a list of 2, each of at least 1, and this is [3, 3, 3]; "
            "write it as 1 or [1, 1].",
        ),
        (
            *("Conv2D", {"filters": 3, "kernel_size": 3, "strides": 2, "dilation_rate": [1, 2]}),
            "Conv2D has strides or a dilation, and here are 2 and 2; set one of them to 1.",
        ),
        (
            *("Conv1D", {"filters": 3, "kernel_size": 3, "groups": 2}),
            "Groups divide the filters, and 2 does not divide 3; choose filters that are a multiple.",
        ),
        ("Dropout", {"rate": 1.5}, "rate is a number from 0 to 1, and this is 1.5; choose one in range."),
        (
            *("ZeroPadding2D", {"padding": [1, 2, 3]}),
            "padding is a whole number of at least 0, or 2 of them, one for each axis, or 2 pairs, and this is "
            "[1, 2, 3]; write it as 1 or [[1, 1], [1, 1]].",
        ),
        (
            *("StringLookup", {"vocabulary": "/etc/passwd"}),
            "vocabulary is a list of texts, and this is “/etc/passwd”; separate them by commas.",
        ),
        (
            *("Dense", {"units": 3, "kernel_regularizer": {"class_name": "L2", "config": {"l3": 1}}}),
            "kernel_regularizer spells out L2, which takes l2, and this sets l3 to 1; correct it.",
        ),
    ],
)
def test_a_wrong_value_is_said_with_rule_value_and_remedy(kind, config, sentence):
    assert check_config(kind, config) == [sentence]


@pytest.mark.parametrize(
    ("kind", "config"),
    [
        ("Conv2D", {"filters": 3, "kernel_size": [3, 5], "activation": None}),
        ("ZeroPadding2D", {"padding": [[1, 0], [0, 1]]}),
        ("Cropping1D", {"cropping": [1, 2]}),
        ("RandomRotation", {"factor": [-0.1, 0.2]}),
        ("Reshape", {"target_shape": [-1, 4]}),
        ("Dense", {"units": 3, "kernel_regularizer": {"class_name": "L2", "config": {"l2": 0.001}}}),
        ("LSTM", {"units": 3, "activation": None, "trainable": False}),
    ],
)
def test_what_keras_takes_is_taken(kind, config):
    assert check_config(kind, config) == []
    getattr(keras.layers, kind)(**config)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["class_name", "config", "kind"]), inner)
    ),
    max_leaves=5,
)


@given(st.sampled_from(sorted(LAYERS)), st.data())
def test_any_value_is_checked_and_described_without_an_exception(kind, data):
    names = [parameter.name for parameter in LAYERS[kind].parameters]
    config = data.draw(st.dictionaries(st.sampled_from(names), ANYTHING, max_size=3)) if names else {}
    for sentence in check_config(kind, config):
        assert sentence.endswith((".", "?"))
    describe_config(kind, config)


@given(st.sampled_from(TYPES), ANYTHING)
def test_any_value_of_any_type_is_checked_without_an_exception(type_name, value):
    check_value(Parameter("name", type_name, choices=("Dense",), least=0, most=9), value)


def test_details_read_well():
    assert describe_config("Dense", {"units": 32, "activation": "relu"}) == "32 units · relu"
    assert (
        describe_config("Conv2D", {"filters": 64, "kernel_size": [3, 3], "strides": 2}) == "64 filters 3×3 · stride 2"
    )
    assert describe_config("Embedding", {"input_dim": 10_000, "output_dim": 64}) == "10\u202f000 → 64"
    assert describe_config("InputLayer", {"shape": [None, 64]}) == "any×64"
    assert describe_config("Bidirectional", LAYERS["Bidirectional"].start) == "LSTM 32 units"
    assert describe_config("Rescaling", {"scale": 1 / 255}) == "× 0.00392"
