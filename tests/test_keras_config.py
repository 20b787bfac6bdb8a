"""Keras's configs as data: what Keras wrote becomes the graph, what is not in the catalogue is refused by name."""

from __future__ import annotations

import copy
import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from components.keras_config import KerasConfigError, read_config
from components.keras_files import read_keras_file, read_model_json
from tests.graphs import PLACEABLE, dense_graphs, placed
from tests.test_codegen import comparable
from tests.test_codereading import without_ids

QUICK = settings(deadline=None, suppress_health_check=list(HealthCheck))


@settings(QUICK, max_examples=15, phases=[Phase.generate])
@given(dense_graphs())
def test_a_built_graph_comes_back_from_its_config(graph):
    import keras

    from components.building import weave

    keras.utils.clear_session()
    model = weave(graph, "model")
    back = read_config(model.get_config())
    keras.utils.clear_session()
    again = weave(back, "model")
    assert again.count_params() == model.count_params()
    assert [layer.name for layer in again.inputs] == [layer.name for layer in model.inputs]
    assert without_ids(read_config(again.get_config())) == without_ids(back)


@pytest.mark.parametrize("kind", PLACEABLE)
def test_every_layer_of_the_catalogue_comes_back_from_its_config(kind):
    from components.building import sketch_model

    config = sketch_model(placed(kind)).get_config()
    assert comparable(sketch_model(read_config(config)).get_config()) == comparable(config)


def test_listings_come_back_from_their_configs():
    import keras

    from components.building import weave

    listings = Path(__file__).parent / "listings"
    for name in (
        "inception_module",
        "siamese_lstm",
        "shared_encoder_model",
        "unet",
        "nested_towers",
        "vgg_config_table",
    ):
        keras.utils.clear_session()
        names: dict[str, Any] = {"__name__": "listing"}
        exec(compile((listings / f"{name}.py").read_text(encoding="utf-8"), name, "exec"), names)
        graph = read_model_json(names["model"].to_json())
        assert weave(graph, "model").count_params() == names["model"].count_params()


def test_a_saved_file_is_read_without_loading_it(tmp_path):
    import keras

    inputs = keras.Input((4,), name="in-put")
    hidden = keras.layers.Dense(3, kernel_initializer="he_normal", name="hid.den")(inputs)
    model = keras.Model(inputs, keras.layers.Dense(1, use_bias=False)(hidden), name="m")
    model.save(tmp_path / "m.keras")
    graph = read_keras_file((tmp_path / "m.keras").read_bytes())
    assert list(graph.layers)[:2] == ["in_put", "hid_den"]
    assert graph.layers["hid_den"].config == {"units": 3, "kernel_initializer": "he_normal"}  # type: ignore[union-attr]


# As Keras 2 wrote them

KERAS_2 = {
    "class_name": "Functional",
    "config": {
        "name": "old",
        "layers": [
            {"class_name": "InputLayer", "name": "a", "inbound_nodes": [],
             "config": {"batch_input_shape": [None, 4], "dtype": "float32", "sparse": False, "name": "a"}},
            {"class_name": "Dense", "name": "d", "inbound_nodes": [[["a", 0, 0, {}]], [["d", 0, 0, {}]]],
             "config": {"name": "d", "units": 4, "activation": "relu",
                        "kernel_initializer": {"class_name": "GlorotUniform", "config": {"seed": None}}}},
            {"class_name": "LeakyReLU", "name": "l", "inbound_nodes": [[["d", 1, 0, {}]]],
             "config": {"name": "l", "alpha": 0.2}},
            {"class_name": "Add", "name": "s", "inbound_nodes": [[["l", 0, 0, {}], ["d", 0, 0, {}]]],
             "config": {"name": "s"}},
        ],
        "input_layers": [["a", 0, 0]],
        "output_layers": [["s", 0, 0]],
    },
    "keras_version": "2.9.0",
}  # fmt: skip


def test_keras_2_is_read_in_todays_words():
    graph = read_config(KERAS_2)
    assert graph.layers["l"].config == {"negative_slope": 0.2}  # type: ignore[union-attr]
    assert graph.layers["d"].config == {"units": 4, "activation": "relu"}  # type: ignore[union-attr]
    assert [node.inputs for node in graph.nodes] == [(), ("a",), ("d",), ("d_1",), ("l", "d")]


# What is refused


def with_layer(**changes: Any) -> Any:
    """The Keras 2 config with its dense layer changed."""
    config: Any = copy.deepcopy(KERAS_2)
    config["config"]["layers"][1].update(changes)
    return config


@pytest.mark.parametrize(
    ("config", "word"),
    [
        (with_layer(class_name="Lambda", config={"name": "d", "function": ["4wEAAA=="]}), "Lambda"),
        (with_layer(class_name="Evil"), "Evil"),
        (with_layer(module="evil.layers"), "Dense"),
        (with_layer(registered_name="my>Dense"), "Dense"),
        (with_layer(module="keras.src.ops.numpy", class_name="Dense"), "Dense"),
        (with_layer(config={"units": 1, "activation": {"class_name": "function", "config": "f"}}), "function"),
        (
            with_layer(config={"units": 1, "activation": {"class_name": "__lambda__", "config": {"value": "x"}}}),
            "lambda",
        ),
        (with_layer(inbound_nodes=[[["nowhere", 0, 0, {}]]]), "nowhere"),
        (with_layer(name="a"), "twice"),
        ({"class_name": "MyModel", "config": {}}, "MyModel"),
        ({"class_name": "Sequential", "config": {"layers": []}}, "at least one layer"),
        ([], "no config"),
        (None, "no config"),
        ({"config": 3}, "no config"),
    ],
)
def test_what_is_not_known_is_refused_by_name(config, word):
    with pytest.raises(KerasConfigError, match=word) as caught:
        read_config(config)
    assert str(caught.value).endswith(".")


def zipped(**members: bytes) -> bytes:
    """A zip with those members."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("_json", ".json"), content)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"\x89HDF\r\n\x1a\n rest", "h5"),
        (b"", "zip"),
        (b"PK\x03\x04 cut short", "zip"),
        (zipped(metadata_json=b"{}"), "config.json"),
        (zipped(config_json=b"{"), "JSON"),
        (zipped(config_json=b"[" * 100_000), "JSON|no config"),
        (zipped(config_json=b"0" * 50_000_000), "MB"),
    ],
    ids=["h5", "empty", "cut", "no config", "no json", "deep", "bomb"],
)
def test_files_that_are_not_models_are_refused(content, word):
    with pytest.raises(KerasConfigError, match=word):
        read_keras_file(content)


def test_models_nested_too_deep_are_refused():
    config: Any = {"class_name": "Sequential", "config": {"layers": []}}
    for _ in range(100):
        config = {"class_name": "Sequential", "config": {"name": "s", "layers": [config]}}
    with pytest.raises(KerasConfigError, match="nested"):
        read_config(config)


PIECES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from(["Dense", "a", "d", "keras", "__keras_tensor__", ""]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["class_name", "config", "layers", "name", "args", "kwargs"]), inner, max_size=3
        )
    ),
    max_leaves=8,
)


@settings(QUICK, max_examples=400)
@given(st.data())
def test_damaged_configs_are_refused_in_a_sentence(data):
    config: Any = copy.deepcopy(KERAS_2)
    for _ in range(data.draw(st.integers(1, 3))):
        damage(config, data)
    sentence = refusal_of(config)
    assert sentence is None or sentence.endswith(".")


def refusal_of(config: Any) -> str | None:
    """Why the config is refused; None when it is read."""
    try:
        read_config(config)
    except KerasConfigError as error:
        return str(error)
    return None


def damage(config: Any, data: st.DataObject) -> None:
    """Put a random piece at a random place."""
    place = config
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        if not keys:
            return
        key = data.draw(st.sampled_from(keys))
        if isinstance(place[key], (dict, list)) and data.draw(st.booleans()):
            place = place[key]
            continue
        place[key] = data.draw(PIECES)
        return


def test_operations_with_a_number_are_rescalings():
    import keras
    import numpy as np

    from components.building import build_model

    inputs = keras.Input([3])
    shifted = (inputs + 3.0) * 0.25
    model = keras.Model(inputs, 2.0 - (shifted - 1.0))
    read = build_model(read_model_json(model.to_json()))
    rows = np.arange(6.0).reshape(2, 3)
    np.testing.assert_allclose(read(rows), model(rows), rtol=1e-6)
