"""Diagrams: plot_model with its options and the graph of calls, drawn with pip alone, as SVG, PNG and DOT."""

import base64
import re
import struct
from xml.etree import ElementTree

import pytest

from components.building import BuildError, inspect_graph
from components.drawing import rendering
from components.drawing.callgraphs import call_graph_dot
from components.drawing.diagrams import (
    DIRECTIONS,
    SWITCHES,
    DiagramError,
    call_graph_json,
    plot_model_json,
    render_png_json,
)
from components.drawing.rendering import SPLINES, RenderError, render_png, render_svg
from components.graph import graph_to_json
from components.weaving import Loom
from dashboard.panels import diagram
from presets import ARCHITECTURES
from tests.networks import inception_v3, xception

SIMPLE = "digraph G { splines=ortho; a -> b; }"


def small():
    loom = Loom()
    x = loom("Dense", loom.input("features", [5]), name="head", units=3, activation="relu")
    return graph_to_json(loom.graph(x))


def siamese():
    inner = Loom()
    x = inner.input("words", [7], "int32")
    x = inner("LSTM", inner("Embedding", x, name="vectors", input_dim=9, output_dim=4), name="reader", units=3)
    encoder = inner.graph(x)
    loom = Loom()
    a, b = loom.input("first", [7], "int32"), loom.input("second", [7], "int32")
    one = loom.model("encoder", encoder, a)
    two = loom.again(one, b, name="encoder_again")
    return loom.graph(loom("Dense", loom("Concatenate", one, two), name="related", units=1))


def assert_is_responsive_svg(svg):
    root = ElementTree.fromstring(svg)
    assert root.tag.endswith("svg")
    assert len(root.get("viewBox").split()) == 4
    assert root.get("width") is None
    return root


def texts(svg):
    return " ".join(
        "".join(element.itertext()) for element in ElementTree.fromstring(svg).iter() if element.tag.endswith("text")
    )


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_presets_are_drawn_both_ways(name):
    content = graph_to_json(ARCHITECTURES[name].experiment.graph)
    for drawn in (plot_model_json(content, {"show_shapes": True}), call_graph_json(content)):
        assert_is_responsive_svg(drawn["svg"])
        assert drawn["dot"].startswith("digraph")
        assert drawn["note"] is None


@pytest.mark.parametrize(
    ("option", "shown"),
    [
        ("show_shapes", "(None, 3)"),
        ("show_dtype", "float32"),
        ("show_layer_names", "head"),
        ("show_layer_activations", "relu"),
        ("show_trainable", "Trainable"),
    ],
)
def test_each_option_of_plot_model_shows_what_it_says(option, shown):
    without = {"show_layer_names": False}
    assert shown not in texts(plot_model_json(small(), without)["svg"])
    assert shown in texts(plot_model_json(small(), {**without, option: True})["svg"])


def test_direction_and_nesting_are_plot_models_own():
    wide, tall = (assert_is_responsive_svg(plot_model_json(small(), {"rankdir": d})["svg"]) for d in ("LR", "TB"))
    size = [tuple(map(float, svg.get("viewBox").split()[2:])) for svg in (wide, tall)]
    assert size[0][0] / size[0][1] > size[1][0] / size[1][1]
    content = graph_to_json(siamese())
    assert "reader" not in texts(plot_model_json(content, {"expand_nested": False})["svg"])
    assert "reader" in texts(plot_model_json(content, {"expand_nested": True})["svg"])


def test_the_form_offers_every_direction_edge_and_style_and_all_can_be_drawn():
    assert set(diagram.OPTIONS) == set(SWITCHES)
    assert (set(diagram.DIRECTIONS), set(diagram.SPLINES)) == (set(DIRECTIONS), set(SPLINES))
    content = graph_to_json(siamese())
    for rankdir in diagram.DIRECTIONS:
        for splines in diagram.SPLINES:
            assert f"rankdir={rankdir}" in plot_model_json(content, {"rankdir": rankdir, "splines": splines})["dot"]
    sizes = []
    for nested in diagram.NESTED:
        options = {"rankdir": "RL", "nested": nested}
        assert "rankdir=RL" in call_graph_json(content, options)["dot"].replace('"', "")
        sizes.append(size_of(base64.b64decode(render_png_json(content, options)["png"])))
    assert sizes[0] != sizes[1]
    small_png, large_png = (
        size_of(base64.b64decode(render_png_json(content, {"dpi": dpi})["png"]))
        for dpi in (diagram.RESOLUTIONS[0], diagram.RESOLUTIONS[-1])
    )
    assert large_png[0] > 3 * small_png[0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rankdir": "UP"}, "rankdir is one of TB, LR, BT, RL, and this is 'UP'"),
        ({"splines": "zigzag"}, "splines is one of ortho, spline, polyline, and this is 'zigzag'"),
        ({"dpi": 100_000}, "dpi is a whole number from 24 to 600"),
        ({"dpi": "96"}, "dpi is a whole number"),
        ({"to_file": "/tmp/x"}, "plot_model's options are"),
        ({"show_shapes": "yes"}, "yes or no each"),
    ],
)
def test_options_that_there_are_not_get_a_sentence(options, message):
    with pytest.raises(DiagramError, match=re.escape(message)):
        plot_model_json(small(), options)


def test_a_broken_graph_is_no_plot_but_is_a_graph_of_calls():
    loom = Loom()
    content = graph_to_json(loom.graph(loom("Conv2D", loom.input("x", [4]), filters=2, kernel_size=3)))
    with pytest.raises(BuildError, match="comes in"):
        plot_model_json(content)
    drawn = call_graph_json(content)
    assert "Conv2D" in texts(drawn["svg"])
    assert "?" in texts(drawn["svg"])


def test_nothing_is_allocated_to_draw():
    loom = Loom()
    content = graph_to_json(loom.graph(loom("Dense", loom.input("x", [1000]), units=2_000_000_000)))
    assert "2000000000" in plot_model_json(content, {"show_shapes": True})["svg"]


@pytest.mark.parametrize("graph", [inception_v3(), xception()], ids=["InceptionV3", "Xception"])
def test_large_networks_are_drawn(graph):
    drawn = plot_model_json(graph_to_json(graph), {"show_shapes": True, "show_layer_names": True})
    assert_is_responsive_svg(drawn["svg"])
    assert drawn["svg"].count('class="node"') == len(graph.nodes)


# The graph of calls


def test_every_call_is_a_box_of_its_own_and_shared_layers_wear_one_colour():
    drawn = call_graph_json(graph_to_json(siamese()))
    words = texts(drawn["svg"])
    assert words.count("LSTM") == 2
    assert words.count("shared ×2") == 2
    assert drawn["svg"].count('class="cluster"') == 2
    assert drawn["svg"].count('class="edge"') == 9
    closed = call_graph_json(graph_to_json(siamese()), {"nested": "boxes"})
    assert "LSTM" not in texts(closed["svg"])
    assert texts(closed["svg"]).count("Model") == 2


def test_the_graph_of_calls_shows_shapes_settings_and_parameters():
    words = texts(call_graph_json(small())["svg"])
    for shown in ("Dense", "head · 3 units · relu", "(None, 3)", "18", "output", "Input", "features"):
        assert shown in words


def test_the_graph_of_calls_needs_no_inspection():
    assert "encoder_again/reader" in call_graph_dot(siamese())
    assert "(None, 3)" in call_graph_dot(siamese(), inspect_graph(siamese()))


# Rendering


def size_of(png):
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", png[16:24])


def test_png_has_the_wanted_resolution():
    small_size, large_size = size_of(render_png(SIMPLE, 72)), size_of(render_png(SIMPLE, 144))
    assert large_size[0] == pytest.approx(2 * small_size[0], abs=2)
    for options in (None, {"show_shapes": True}):
        size_of(base64.b64decode(render_png_json(small(), options)["png"]))


def test_a_picture_that_would_be_too_large_is_drawn_at_a_lower_resolution(monkeypatch):
    monkeypatch.setattr(rendering, "MOST_PIXELS", 10_000)
    width, height = size_of(render_png(SIMPLE, 600))
    assert width * height <= 11_000


def test_an_installed_graphviz_that_crashes_on_right_angles_is_survived(monkeypatch, tmp_path):
    program = tmp_path / "dot"
    program.write_text(
        '#!/bin/sh\nif grep -q "splines=\\"polyline\\""; then echo "<svg width=\\"1pt\\" height=\\"1pt\\"/>"; else kill -SEGV $$; fi\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr(rendering, "draw_in_process", lambda dot, form: b"")
    svg, source = render_svg(SIMPLE)
    assert svg.startswith("<svg")
    assert rendering.drawn_splines(source) == "polyline"
    drawn = plot_model_json(small())
    assert drawn["note"] == "Graphviz could not draw right angles here, so the edges are drawn as polyline."


def test_without_an_installed_graphviz_the_wheel_draws_alone(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert_is_responsive_svg(render_svg(SIMPLE)[0])


def test_what_cannot_be_drawn_is_one_sentence(monkeypatch):
    with pytest.raises(RenderError, match=r"^Graphviz could not draw"):
        render_svg("this is no graph }")
