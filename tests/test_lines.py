"""Which lines belong to the nodes on the canvas, also inside a model."""

from components.codegen import generate_lines
from dashboard.panels.lines import SCRIPT, of_model
from presets import ARCHITECTURES


def test_lines_are_those_of_the_nodes_that_the_canvas_shows():
    lines = {"a": [1], "eye": [2], "eye/a": [3], "eye/inner/a": [4], "eyes/a": [5]}
    assert of_model(lines, ()) == {"a": [1], "eye": [2]}
    assert of_model(lines, ("eye",)) == {"a": [3]}
    assert of_model(lines, ("eye", "inner")) == {"a": [4]}
    for name in ("spirals", "siamese_lstm"):
        experiment = ARCHITECTURES[name].experiment
        assert set(of_model(generate_lines(experiment), ())) == {node.id for node in experiment.graph.nodes}


def test_the_script_is_small_enough_to_go_with_the_page():
    assert SCRIPT.stat().st_size < 6_000
