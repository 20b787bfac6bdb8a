"""Problems: every broken graph gets a sentence with the shapes at its node, and every fix removes its problem."""

from functools import reduce

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from components.building import build_model, inspect_graph
from components.edits import apply_edit
from components.graph import Graph, GraphError, Layer, Node
from components.layers import LAYERS
from components.weaving import Loom
from tests.graphs import dense_graphs, edits


def problems_at(graph, node):
    return [problem for problem in inspect_graph(graph)["problems"] if problem["node"] == node]


def fixed(graph, fix):
    return reduce(apply_edit, fix["edits"], graph)


def assert_mended_by_each(graph, node, message="", labels=(), at_least=1):
    """The node has one problem, whose sentence says so, and each of whose fixes mends the node."""
    (problem,) = problems_at(graph, node)
    assert message in problem["message"]
    assert problem["message"][-1] in ".?"
    assert "\n" not in problem["message"]
    offered = [fix["label"] for fix in problem["fixes"]]
    for label in labels:
        assert any(label in text for text in offered), offered
    assert len(offered) >= at_least
    for fix in problem["fixes"]:
        mended = inspect_graph(fixed(graph, fix))
        assert problem["message"] not in [other["message"] for other in mended["problems"]], fix["label"]


def woven(*shapes, dtype="float32"):
    """A loom with an input of each shape."""
    loom = Loom()
    return loom, *(loom.input(f"in_{i}", list(shape), dtype) for i, shape in enumerate(shapes))


def single(kind, *shapes, dtype="float32", **config):
    """A graph of one layer on inputs of those shapes."""
    loom, *inputs = woven(*shapes, dtype=dtype)
    return loom.graph(loom(kind, *inputs, name="layer", **config))


# Merges of different shapes


def test_a_shortcut_past_a_stride_gets_the_projection_with_that_stride():
    loom, x = woven([32, 32, 64])
    main = loom("Conv2D", x, name="main", filters=128, kernel_size=3, strides=2, padding="same")
    graph = loom.graph(loom("Add", main, x, name="sum"))
    assert_mended_by_each(
        graph, "sum", "(None, 16, 16, 128) and (None, 32, 32, 64)", ["1×1 Conv2D, stride 2 after in_0"]
    )
    mended = fixed(graph, problems_at(graph, "sum")[0]["fixes"][0])
    assert mended.layers["projection"] == Layer(
        "Conv2D", {"filters": 128, "kernel_size": 1, "strides": 2, "padding": "same"}
    )
    assert build_model(mended).output_shape == (None, 16, 16, 128)


@pytest.mark.parametrize(
    ("shapes", "label"),
    [
        (([8], [5]), "Dense, 5 units"),
        (([8, 8, 3], [8, 8, 7]), "1×1 Conv2D after"),
        (([9, 3], [9, 5]), "1 Conv1D after"),
        (([10, 8, 3], [5, 8, 7]), "stride 2×1"),
        (([8, 8, 8, 2], [4, 4, 4, 5]), "Conv3D, stride 2"),
        (([8, 8, 16], [16]), None),
        (([8, 8, 16], [12]), "GlobalAveragePooling2D and Dense, 12 units"),
        (([6, 16], [12]), "GlobalAveragePooling1D and Dense, 12 units"),
        (([4], [5], [6]), "Dense, 4 units"),
    ],
)
def test_different_shapes_are_projected_onto_one(shapes, label):
    graph = single("Add", *shapes)
    if label is None:
        assert problems_at(graph, "layer") == []
    else:
        assert_mended_by_each(graph, "layer", "one shape", [label])


def test_concatenation_is_offered_the_axis_that_fits():
    assert_mended_by_each(single("Concatenate", [8, 3], [8, 5], axis=1), "layer", "axis 1", ["axis -1"])
    assert_mended_by_each(single("Concatenate", [8, 3], [5, 3]), "layer", "axis -1", ["axis 1"])
    assert_mended_by_each(single("Concatenate", [8, 3], [8, 5], axis=5), "layer", "axis is from -3 to 2")
    assert_mended_by_each(single("Concatenate", [8, 3], [8, 5], axis=0), "layer", "samples")


def test_concatenation_of_images_of_different_size_is_offered_pooling_and_upsampling():
    graph = single("Concatenate", [8, 8, 3], [4, 4, 5])
    assert_mended_by_each(graph, "layer", "(None, 8, 8, 3) and (None, 4, 4, 5)", ["AveragePooling2D", "UpSampling2D"])


def test_concatenation_of_a_vector_and_a_sequence():
    assert_mended_by_each(single("Concatenate", [8], [5, 3]), "layer", "", ["Repeat the vector for all 5", "Pool"])


def test_dot_products_and_attention_compare_sizes_that_agree():
    assert_mended_by_each(single("Dot", [3], [4], axes=1), "layer", "of one size", ["Dense, 4 units"])
    assert_mended_by_each(single("Dot", [3, 5], [5, 6], axes=-1), "layer", "", ["axes [2, 1]"])
    assert_mended_by_each(single("Attention", [8, 4], [9, 5]), "layer", "4 and 5 features", ["Dense, 5 units"])


# Vectors, sequences, images


def test_stacked_recurrent_layers_are_offered_return_sequences():
    loom, x = woven([9, 4])
    x = loom("Dropout", loom("LSTM", x, name="first", units=8), rate=0.1)
    graph = loom.graph(loom("GRU", x, name="second", units=8))
    assert_mended_by_each(graph, "second", "(None, 8) comes in", ["Let first return sequences"])
    assert problems_at(graph, "second")[0]["fixes"][0]["label"] == "Let first return sequences"


def test_layers_stacked_on_one_that_reads_both_ways_are_offered_its_sequences():
    loom, x = woven([9, 4])
    x = loom("Bidirectional", x, name="first", layer={"kind": "LSTM", "config": {"units": 8}})
    graph = loom.graph(loom("GRU", x, name="second", units=8))
    assert_mended_by_each(graph, "second", "(None, 16) comes in", ["Let first return sequences"])


@pytest.mark.parametrize(
    ("kind", "config", "shape", "labels"),
    [
        ("Conv2D", {"filters": 4, "kernel_size": 3}, [28, 28], ["Reshape to (28, 28, 1)", "Use Conv1D"]),
        ("Conv2D", {"filters": 4, "kernel_size": 3}, [784], ["Reshape to (28, 28, 1)"]),
        ("Conv1D", {"filters": 4, "kernel_size": 3}, [20], ["Reshape to (20, 1)"]),
        ("Conv1D", {"filters": 4, "kernel_size": 3}, [8, 8, 3], ["Use Conv2D", "rows as steps"]),
        ("Conv2D", {"filters": 4, "kernel_size": 3}, [8, 8, 8, 3], ["Use Conv3D"]),
        ("MaxPooling2D", {}, [20, 3], ["Use MaxPooling1D"]),
        ("GlobalAveragePooling2D", {}, [20, 3], ["Use GlobalAveragePooling1D"]),
        ("LSTM", {"units": 4}, [8, 8, 1], ["Reshape to (8, 8)"]),
        ("LSTM", {"units": 4}, [12], ["Reshape to (12, 1)"]),
        ("RepeatVector", {"n": 3}, [8, 8, 1], ["GlobalAveragePooling2D", "Flatten"]),
        ("RepeatVector", {"n": 3}, [8, 1], ["GlobalAveragePooling1D", "Flatten"]),
        ("ConvLSTM2D", {"filters": 4, "kernel_size": 3}, [8, 8, 3], []),
        ("Resizing", {"height": 4, "width": 4}, [8, 8], ["Reshape to (8, 8, 1)"]),
        ("MultiHeadAttention", {"num_heads": 1, "key_dim": 2}, [8], []),
        ("Dense", {"units": 3}, [], ["Reshape to (1,)"]),
    ],
)
def test_the_wrong_number_of_axes_is_explained_and_mended(kind, config, shape, labels):
    shapes = [shape] * LAYERS[kind].arity[0]
    assert_mended_by_each(single(kind, *shapes, **config), "layer", "reads", labels, at_least=min(1, len(labels)))


def test_whole_numbers_into_a_recurrent_layer_are_words():
    assert_mended_by_each(single("LSTM", [12], dtype="int32", units=4), "layer", "", ["Insert Embedding"])


def test_a_flatten_before_a_convolution_is_taken_out():
    loom, x = woven([8, 8, 3])
    graph = loom.graph(loom("Conv2D", loom("Flatten", x), name="conv", filters=2, kernel_size=3))
    assert_mended_by_each(graph, "conv", "(None, 192)", ["Remove flatten"])


def test_a_dense_layer_after_a_flatten_of_open_size():
    loom, x = woven([None, None, 3])
    graph = loom.graph(loom("Dense", loom("Flatten", x), name="dense", units=2))
    assert_mended_by_each(
        graph, "dense", "leaves it open", ["GlobalAveragePooling2D", "Give in_0 the shape (64, 64, 3)"]
    )


# Settings that do not fit


@pytest.mark.parametrize(
    ("kind", "config", "shape", "labels"),
    [
        ("Conv2D", {"filters": 4, "kernel_size": 5}, [3, 3, 1], ["padding same"]),
        ("MaxPooling2D", {"pool_size": 5}, [3, 3, 1], ["padding same"]),
        ("AveragePooling1D", {"pool_size": 9}, [3, 1], ["padding same"]),
        ("Cropping2D", {"cropping": 5}, [8, 8, 3], ["Remove Cropping2D"]),
        ("Conv2D", {"filters": 4, "kernel_size": 3, "groups": 3}, [8, 8, 4], ["Leave groups out"]),
        ("GroupNormalization", {"groups": 5}, [8, 8, 4], ["Use 4 groups"]),
        ("Conv2D", {"filters": 4, "kernel_size": [3, 3, 3]}, [8, 8, 4], ["Use kernel_size 3"]),
        (
            "Conv2D",
            {"filters": 4, "kernel_size": 3, "strides": 2, "dilation_rate": 2},
            [8, 8, 4],
            ["Leave dilation_rate out"],
        ),
        ("Reshape", {"target_shape": [5, 5]}, [24], ["Reshape to (-1,)"]),
        ("Reshape", {"target_shape": [-1, -1]}, [24], ["Reshape to (-1, 1)"]),
        ("Permute", {"dims": [2, 1]}, [3, 4, 5], ["Use the order [2, 3, 1]"]),
        ("BatchNormalization", {"axis": 7}, [8, 4], ["Use axis -1"]),
        ("Softmax", {"axis": 7}, [4], ["Use axis -1"]),
        ("LSTM", {"units": 4, "unroll": True}, [None, 3], ["Switch unroll off"]),
        ("LSTM", {"units": 4, "stateful": True}, [5, 3], ["Use stateful False"]),
        ("EinsumDense", {"equation": "nonsense", "output_shape": [4]}, [5], ["Use equation ab,bc->ac"]),
        ("EinsumDense", {"equation": "ab,bc->ac", "output_shape": [4]}, [5, 3], ["Use the equation abc,cz->abz"]),
        ("CategoryEncoding", {"num_tokens": 4}, [5, 3], ["Flatten"]),
        ("AdaptiveMaxPooling2D", {"output_size": 2}, [6, 3], ["Use AdaptiveMaxPooling1D"]),
        ("Dense", {"units": 0}, [5], ["Use units 32"]),
        ("Dense", {}, [5], ["Use units 32"]),
        ("Dense", {"units": 3, "colour": "red"}, [5], ["Leave colour out"]),
        ("Dense", {"units": 3, "activation": "rellu"}, [5], ["Leave activation out"]),
        ("Dropout", {"rate": 2}, [5], ["Use rate 0.5"]),
        ("Lambda", {}, [5], ["Remove Lambda"]),
    ],
)
def test_settings_that_do_not_fit_are_explained_and_mended(kind, config, shape, labels):
    assert_mended_by_each(single(kind, shape, **config), "layer", "", labels)


def test_swapped_sizes_of_an_embedding_are_noticed():
    graph = single("Embedding", [12], dtype="int32", input_dim=64, output_dim=10_000)
    assert_mended_by_each(graph, "layer", "wrong way round", ["Swap the two"])


def test_an_embedding_of_floats_is_noticed():
    assert_mended_by_each(single("Embedding", [12], input_dim=10, output_dim=4), "layer", "whole numbers", ["int32"])


# Shared layers and nested models


def test_a_shared_layer_of_another_size_is_unshared_or_fed_through_a_projection():
    loom, a, b = woven([3], [5])
    first = loom("Dense", a, name="shared", units=4)
    second = loom.again(first, b, name="second")
    graph = loom.graph(first, second)
    assert_mended_by_each(graph, "second", "3 features", ["its own weights", "Dense, 3 units"])


def encoder(shape=(8,), units=4):
    loom, x = woven(shape)
    return loom.graph(loom("Dense", x, name="inner", units=units))


def test_a_model_called_on_another_shape():
    loom, x = woven([5])
    graph = loom.graph(loom.model("encoder", encoder(), x))
    assert_mended_by_each(graph, "encoder", "takes (None, 8)", ["Dense, 8 units", "Let it take (None, 5)"])


def test_a_problem_inside_a_model_is_told_and_mended_from_outside():
    loom, x = woven([8])
    graph = loom.graph(loom.model("encoder", encoder(units=0), x))
    assert_mended_by_each(graph, "encoder", "Inside “encoder”, at “inner”", ["Use units 32"])
    inner = inspect_graph(graph)["models"]["encoder"]
    assert [problem["node"] for problem in inner["problems"]] == ["inner"]


# Connections


def test_unconnected_nodes_are_offered_what_hangs_loose():
    loom, x = woven([5])
    loose = loom("Dense", x, name="loose", units=3)
    graph = apply_edit(loom.graph(loose), {"edit": "add_node", "id": "new", "kind": "Dense", "config": {"units": 2}})
    assert_mended_by_each(graph, "new", "nothing comes in", ["Connect loose", "Connect in_0"])
    mended = fixed(graph, problems_at(graph, "new")[0]["fixes"][0])
    assert mended.outputs == ("new",)
    assert inspect_graph(mended)["problems"] == []


def test_a_merge_needs_two_inputs():
    loom, x = woven([5])
    a, b = loom("Dense", x, name="a", units=3), loom("Dense", x, name="b", units=3)
    graph = loom.graph(loom("Add", a, name="sum"), b)
    assert_mended_by_each(graph, "sum", "at least 2 inputs, and 1 comes in", ["Connect b", "Remove Add"])


def test_two_inputs_into_a_layer_of_one_are_merged_first():
    graph = single("Dense", [5], [5], units=2)
    assert_mended_by_each(graph, "layer", "takes 1 input, and 2 come in", ["Concatenate", "Add", "Keep only in_0"])


def test_an_output_that_a_node_does_not_have():
    loom, x = woven([5])
    graph = loom.graph(loom("Dense", x + ":2", name="dense", units=2))
    assert_mended_by_each(graph, "dense", "has one output", ["first output"])


def test_inputs_are_there_once_and_take_nothing_in():
    layers = {"a": Layer("InputLayer", {"shape": [3]}), "d": Layer("Dense", {"units": 2})}
    again = Graph(layers, (Node("a", "a"), Node("b", "a"), Node("d", "d", ("a",)), Node("e", "d", ("b",))), ("d", "e"))
    assert_mended_by_each(again, "b", "there once", ["of its own"])
    fed = Graph(
        {**layers, "b": Layer("InputLayer", {"shape": [3]})},
        (Node("a", "a"), Node("b", "b", ("a",)), Node("d", "d", ("b",))),
        ("d",),
    )
    assert_mended_by_each(fed, "b", "takes nothing in", ["Disconnect"])


@pytest.mark.parametrize("shape", [None, [-1], [0], ["x"], [2.5]])
def test_an_input_without_a_shape(shape):
    config = {} if shape is None else {"shape": shape}
    graph = Graph(
        {"a": Layer("InputLayer", config), "d": Layer("Flatten")}, (Node("a", "a"), Node("d", "d", ("a",))), ("d",)
    )
    assert_mended_by_each(graph, "a", "shape")


# The graph as a whole


def message_of_whole(graph):
    return [(problem["node"], problem["message"]) for problem in inspect_graph(graph)["problems"]]


def test_a_graph_has_an_input_and_an_output():
    assert "empty" in message_of_whole(Graph())[0][1]
    loom, x = woven([5])
    graph = loom.graph()
    assert (None, "A model has an output, and none is marked; mark one.") in message_of_whole(graph)
    loom("Dense", x, name="end", units=2)
    (problem,) = inspect_graph(loom.graph())["problems"]
    assert inspect_graph(fixed(loom.graph(), problem["fixes"][0]))["problems"] == []


def test_what_nothing_uses_is_told_and_does_not_keep_the_rest_from_building():
    loom, x, _ = woven([5], [6])
    graph = loom.graph(loom("Dense", x, name="used", units=2))
    loom("Dense", x, name="idle", units=7)
    graph = Graph(loom.graph().layers, loom.graph().nodes, graph.outputs)
    assert_mended_by_each(graph, "idle", "no output", ["Make it an output", "Delete it"])
    assert_mended_by_each(graph, "in_1", "Nothing uses the input", ["Delete it"])
    assert inspect_graph(graph)["parameters"] == build_model(graph).count_params() == 12


def test_what_stands_after_a_broken_node_is_silent():
    loom, x = woven([5])
    broken = loom("Conv2D", x, name="broken", filters=2, kernel_size=3)
    graph = loom.graph(loom("Flatten", broken, name="after"))
    inspection = inspect_graph(graph)
    assert [problem["node"] for problem in inspection["problems"]] == ["broken"]
    assert set(inspection["nodes"]) == {"in_0"}


def test_a_layer_too_large_to_allocate_is_told_with_its_numbers():
    graph = single("Dense", [5], units=2_000_000_000)
    assert_mended_by_each(graph, "layer", "12,000,000,000", ["Use units 32"])


# Whatever is done to a graph


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(dense_graphs(), st.lists(edits(), min_size=1, max_size=8))
def test_edited_graphs_build_or_have_problems_that_their_fixes_remove(graph, operations):
    for operation in operations:
        try:
            graph = apply_edit(graph, operation)
        except GraphError:
            continue
    inspection = inspect_graph(graph)
    for problem in inspection["problems"]:
        for fix in problem["fixes"]:
            left = inspect_graph(fixed(graph, fix))["problems"]
            assert (problem["node"], problem["message"]) not in [(other["node"], other["message"]) for other in left]
    if not inspection["problems"]:
        assert build_model(graph).count_params() == inspection["parameters"]


SHAPES = st.sampled_from([[], [6], [4, 3], [8, 8, 2], [4, 8, 8, 2], [None], [None, 3], [None, None, 3], [4, None]])
NUMBERS = st.one_of(
    st.integers(-2, 9), st.lists(st.integers(-1, 4), max_size=3), st.none(), st.booleans(), st.just("same")
)


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(st.data(), st.sampled_from(sorted(set(LAYERS) - {"InputLayer"})))
def test_any_layer_with_any_settings_on_any_shapes_is_a_shape_or_a_sentence(data, kind):
    entry = LAYERS[kind]
    config = dict(entry.start)
    for parameter in data.draw(
        st.lists(st.sampled_from(entry.parameters), max_size=2) if entry.parameters else st.just([])
    ):
        config[parameter.name] = data.draw(st.sampled_from(parameter.choices) if parameter.choices else NUMBERS)
    count = data.draw(st.integers(entry.arity[0], entry.arity[0] + 1))
    graph = single(kind, *[data.draw(SHAPES) for _ in range(count)], **config)
    inspection = inspect_graph(graph)
    problems = [problem for problem in inspection["problems"] if problem["node"] == "layer"]
    assert problems or "layer" in inspection["nodes"]
    for problem in problems:
        assert problem["message"][-1] in ".?"
        for fix in problem["fixes"]:
            assert problem["message"] not in [
                other["message"] for other in inspect_graph(fixed(graph, fix))["problems"]
            ]
