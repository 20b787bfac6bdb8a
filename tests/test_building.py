"""Building: the Keras model is the graph's, and the inspection agrees with it without allocating anything."""

import random
import threading

import keras
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from components.building import BuildError, build_model, inspect_graph, inspect_json, sketch_model
from components.graph import Graph, Layer, Node, graph_to_json
from components.weaving import Loom
from presets import ARCHITECTURES
from tests.graphs import PLACEABLE, dense_graphs, placed
from tests.networks import inception_v3, residual_tower, xception


def shapes_of(inspection, graph):
    """The shapes of a graph's outputs, as the inspection says."""
    return [tuple(inspection["nodes"][reference]["outputs"][0]["shape"]) for reference in graph.outputs]


def assert_agrees_with_keras(graph):
    """Inspection and model have the same output shapes and the same numbers of parameters."""
    inspection, model = inspect_graph(graph), build_model(graph, seed=0)
    assert inspection["problems"] == []
    assert shapes_of(inspection, graph) == [tuple(output.shape) for output in model.outputs]
    assert inspection["parameters"] == model.count_params()
    assert inspection["trainable"] == sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)
    return inspection, model


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_presets_agree_with_keras(name):
    architecture = ARCHITECTURES[name]
    _, model = assert_agrees_with_keras(architecture.experiment.graph)
    assert [tensor.name for tensor in model.inputs] == list(architecture.experiment.graph.inputs)
    assert {layer.name for layer in model.layers} == set(architecture.experiment.graph.layers)


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(dense_graphs())
def test_random_graphs_agree_with_keras(graph):
    inspection = inspect_graph(graph)
    model = build_model(graph)
    assert inspection["parameters"] == model.count_params()
    assert shapes_of(inspection, graph) == [tuple(output.shape) for output in model.outputs]


@pytest.mark.parametrize("kind", PLACEABLE)
def test_every_layer_of_the_catalogue_builds_and_runs_as_inspected(kind):
    _, model = assert_agrees_with_keras(placed(kind))
    values = [keras.ops.ones((2, *door.shape[1:]), door.dtype) for door in model.inputs if door.dtype != "string"]
    for result, output in zip(keras.tree.flatten(model(values)) if values else (), model.outputs, strict=bool(values)):
        assert result.shape == (2, *output.shape[1:])


def test_a_shared_layer_is_one_layer_called_twice():
    loom = Loom()
    a, b = loom.input("a", [3]), loom.input("b", [3])
    first = loom("Dense", a, name="shared", units=4)
    second = loom.again(first, b)
    graph = loom.graph(loom("Concatenate", first, second))
    inspection, model = assert_agrees_with_keras(graph)
    assert model.count_params() == 16
    assert len(model.get_layer("shared")._inbound_nodes) == 2
    assert inspection["nodes"]["shared"]["parameters"] == inspection["nodes"][second]["parameters"] == 16


def encoder():
    loom = Loom()
    image = loom.input("image", [None, None, 3])
    features = loom("Conv2D", image, name="features", filters=4, kernel_size=3)
    return loom.graph(loom("GlobalAveragePooling2D", features, name="summary"), features)


def test_a_nested_model_is_called_twice_and_gives_several_outputs():
    loom = Loom()
    left, right = loom.input("left", [16, 16, 3]), loom.input("right", [8, 8, 3])
    one = loom.model("encoder", encoder(), left)
    two = loom.again(one, right)
    pooled = loom("Flatten", f"{two}:1")
    graph = loom.graph(loom("Concatenate", one, pooled))
    inspection, model = assert_agrees_with_keras(graph)
    assert isinstance(model.get_layer("encoder"), keras.Model)
    assert [output["shape"] for output in inspection["nodes"][two]["outputs"]] == [[None, 4], [None, 6, 6, 4]]
    assert inspection["models"]["encoder"]["nodes"]["features"]["outputs"][0]["shape"] == [None, None, None, 4]
    assert shapes_of(inspection, graph) == [(None, 148)]


def test_a_state_is_reached_by_the_number_of_the_output():
    loom = Loom()
    lstm = loom("LSTM", loom.input("x", [5, 2]), units=3, return_state=True, return_sequences=True)
    graph = loom.graph(loom("Concatenate", f"{lstm}:1", f"{lstm}:2"))
    inspection, model = assert_agrees_with_keras(graph)
    assert [output["shape"] for output in inspection["nodes"][lstm]["outputs"]] == [[None, 5, 3], [None, 3], [None, 3]]
    assert model.output_shape == (None, 6)


def test_masks_travel_as_they_do_in_keras():
    loom = Loom()
    words = loom.input("words", [7], "int32")
    vectors = loom("Embedding", words, input_dim=9, output_dim=4, mask_zero=True)
    sums = loom("Add", vectors, loom("Dense", vectors, units=4))
    assert_agrees_with_keras(loom.graph(loom("LSTM", sums, units=3)))


def test_inputs_keep_the_graphs_order():
    loom = Loom()
    names = ["zebra", "apple", "mouse"]
    inputs = [loom.input(name, [2]) for name in names]
    graph = loom.graph(loom("Concatenate", *reversed(inputs)))
    assert [tensor.name for tensor in build_model(graph).inputs] == names


def test_the_same_seed_gives_the_same_weights():
    graph = ARCHITECTURES["spirals"].experiment.graph
    first, again, other = (build_model(graph, seed=seed).get_weights() for seed in (3, 3, 4))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first[0], other[0])


def test_an_inspection_before_does_not_change_the_weights():
    graph = ARCHITECTURES["question_answering"].experiment.graph
    plain = build_model(graph, seed=5).get_weights()
    keras.utils.set_random_seed(5)
    inspect_graph(inception_v3())
    assert all(np.array_equal(a, b) for a, b in zip(plain, build_model(graph, seed=5).get_weights(), strict=True))


@pytest.mark.parametrize("graph", [inception_v3(), xception()], ids=["InceptionV3", "Xception"])
def test_large_networks_have_the_originals_parameters(graph):
    inspection = inspect_json(graph_to_json(graph))
    assert inspection["problems"] == []
    assert inspection["parameters"] in (23_851_784, 22_910_480)


def test_nothing_is_allocated_neither_now_nor_later():
    loom = Loom()
    x = loom("Dense", loom.input("x", [1000]), units=2_000_000_000)
    huge = loom.graph(loom("Dense", x, name="end", units=1))
    assert inspect_graph(huge)["parameters"] > 2_000_000_000_000
    with pytest.raises(BuildError, match=r"at most 200,000,000 parameters here, and this has 2,004,000,000,001"):
        build_model(huge)
    # Keras initialises the weights it remembers when it next traces a layer: that must not be those above.
    build_model(ARCHITECTURES["question_answering"].experiment.graph)


def test_a_sketch_has_shapes_and_no_values():
    loom = Loom()
    graph = loom.graph(loom("Dense", loom.input("x", [1000]), units=2_000_000_000))
    model = sketch_model(graph)
    assert model.count_params() == 2_002_000_000_000
    assert model.get_layer("dense").kernel._value is None


def test_a_broken_graph_raises_its_first_problem():
    loom = Loom()
    graph = loom.graph(loom("Conv2D", loom.input("x", [4]), filters=2, kernel_size=3))
    with pytest.raises(
        BuildError, match=r"^Conv2D reads images .* and \(None, 4\) comes in; give it another axis first\.$"
    ):
        build_model(graph)
    with pytest.raises(BuildError, match="has an output"):
        build_model(Graph({"x": Layer("InputLayer", {"shape": [3]})}, (Node("x", "x"),)))


def test_layers_come_from_the_catalogue_alone():
    for kind in ("Lambda", "TFSMLayer", "Layer", "__class__", "load_model"):
        loom = Loom()
        with pytest.raises(BuildError, match="catalogue"):
            build_model(loom.graph(loom(kind, loom.input("x", [4]), name="layer")))


def test_what_leads_nowhere_is_not_built():
    loom = Loom()
    x = loom.input("x", [4])
    graph = loom.graph(loom("Dense", x, name="used", units=2))
    loom("Conv2D", x, name="idle", filters=2, kernel_size=3)
    spare = Graph(loom.graph().layers, loom.graph().nodes, graph.outputs)
    assert [layer.name for layer in build_model(spare).layers] == ["x", "used"]


def test_an_inspection_is_plain_data_and_repeats_itself():
    content = graph_to_json(residual_tower(20))
    inspection = inspect_json(content)
    assert inspection == inspect_json(content)
    assert set(inspection) == {"nodes", "parameters", "trainable", "problems", "models"}
    assert inspection["nodes"]["features"] == {"outputs": [{"shape": [None, 8], "dtype": "float32"}], "parameters": 0}


def test_the_same_seed_gives_the_same_weights_whatever_other_threads_draw():
    graph = ARCHITECTURES["spirals"].experiment.graph
    wanted = build_model(graph, seed=3).get_weights()
    over = threading.Event()

    def draw():
        while not over.is_set():
            random.random()

    drawing = threading.Thread(target=draw)
    drawing.start()
    try:
        built = [build_model(graph, seed=3).get_weights() for _ in range(3)]
    finally:
        over.set()
        drawing.join()
    for weights in built:
        assert all(np.array_equal(ours, first) for ours, first in zip(weights, wanted, strict=True))
