"""What becomes of a search space when its experiment is edited: it follows names, loses what is gone, and comes back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from components.graph import Graph, is_input
from components.searching.carrying import is_there
from components.searching.pointing import pointed_at
from components.searching.search_space import Dimension, SearchSpace, SpaceError
from components.searching.space_checks import check_space
from components.searching.studies import Plan, trial_experiment
from dashboard.editing import Document, apply_operation, change_space, lost_dimensions, new_document, open_model
from dashboard.searching import points_of_node, points_of_training
from presets import ARCHITECTURES


def everywhere(graph: Graph, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Graph]]:
    """The graph and the models within it, by their paths."""
    yield path, graph
    for name, layer in graph.layers.items():
        if isinstance(layer, Graph):
            yield from everywhere(layer, (*path, name))


def all_of(name: str) -> SearchSpace:
    """Every dimension that can be pointed at in a preset."""
    experiment = ARCHITECTURES[name].experiment
    points = points_of_training(experiment)
    for path, graph in everywhere(experiment.graph):
        for node in graph.nodes:
            points += points_of_node(experiment.graph, node.id, path)
    found = {}
    for point in points:
        try:
            found[point] = pointed_at(experiment, *point)
        except SpaceError:
            continue
    return SearchSpace(tuple(found.values()))


def pointed(name: str, *paths: str) -> Document:
    """A preset with every dimension, with that nested model open."""
    document = change_space(new_document(ARCHITECTURES[name].experiment), all_of(name))
    for path in paths:
        document = open_model(document, {"layer": path})
    return document


def dangling(document: Document) -> list[Dimension]:
    return [one for one in document.space.dimensions if not is_there(document.experiment.graph, one)]


@pytest.mark.parametrize(
    "name", ["social_posts", "dual_camera_small", "siamese_lstm", "inception_digits", "clothes_price"]
)
def test_every_dimension_follows_every_new_name_and_undo_takes_it_back(name):
    start = pointed(name)
    assert dangling(start) == []
    for path, graph in everywhere(start.experiment.graph):
        document = pointed(name, *path)
        for layer in list(graph.layers):
            document = apply_operation(document, {"edit": "rename_layer", "layer": layer, "name": f"{layer}_anew"})
        assert dangling(document) == []
        assert len(document.space.dimensions) == len(start.space.dimensions)
        assert len(set(document.space.names)) == len(start.space.names)
        # Pointing anew at what is there now finds the same: nothing is called by its old name.
        for one in document.space.dimensions:
            again = pointed_at(document.experiment, one.place, one.owner, one.parameter, one.path)
            assert (one.name, one.but(choices=(), options=())) == (again.name, again.but(choices=(), options=()))
        for _ in graph.layers:
            document = apply_operation(document, {"edit": "undo"})
        assert document.space == start.space
        for _ in graph.layers:
            document = apply_operation(document, {"edit": "redo"})
        assert dangling(document) == []


def test_the_experiment_of_a_trial_is_the_same_under_the_new_name():
    start = change_space(
        new_document(ARCHITECTURES["spirals"].experiment),
        SearchSpace((Dimension("width", "layer", "hidden", "units", choices=(8, 16)),)),
    )
    document = apply_operation(start, {"edit": "rename_layer", "layer": "hidden", "name": "wide"})
    (one,) = document.space.dimensions
    assert (one.name, one.owner) == ("width", "wide")  # a name of its own stays
    assert check_space(document.experiment, document.space) == []
    tried = trial_experiment(document.experiment, {"width": 8}, Plan(document.space))
    assert tried.graph.layers["wide"].config["units"] == 8


def test_conditions_follow_names_and_choices():
    experiment = ARCHITECTURES["spirals"].experiment
    deciding = pointed_at(experiment, "present", "hidden")
    units = pointed_at(experiment, "layer", "hidden", "units").but(only_if=(deciding.name, (True,)))
    document = change_space(new_document(experiment), SearchSpace((deciding, units)))
    document = apply_operation(document, {"edit": "rename_layer", "layer": "hidden", "name": "wide"})
    assert document.space.names == ("wide is there", "wide.units")
    assert document.space["wide.units"].only_if == ("wide is there", (True,))
    blocks = Dimension(
        "hidden is a", "kind", "hidden", choices=("Dense", "inner"),
        options=(("Dense", experiment.graph.layers["hidden"]), ("inner", experiment.graph)),
    )  # fmt: skip
    inside = Dimension(
        "inner.units", "layer", "deep", "units", choices=(1, 2), path=("hidden",), only_if=(blocks.name, ("inner",))
    )
    document = change_space(new_document(experiment), SearchSpace((blocks, inside)))
    document = apply_operation(document, {"edit": "rename_layer", "layer": "hidden", "name": "wide"})
    carried = document.space["inner.units"]
    assert (carried.path, carried.only_if) == (("wide",), ("wide is a", ("inner",)))
    # What is about a block that may stand there is in no graph, and stays until its place goes.
    document = apply_operation(document, {"edit": "configure", "layer": "wide", "config": {"units": 5}})
    assert document.space.names == ("wide is a", "inner.units")


def test_grouping_takes_dimensions_inside():
    document = pointed("spirals")
    before = {(one.place, one.parameter) for one in document.space.dimensions if one.owner in ("hidden", "deeper")}
    document = apply_operation(document, {"edit": "group", "ids": ["hidden", "deeper"], "name": "body"})
    assert dangling(document) == []
    assert {(one.place, one.parameter) for one in document.space.dimensions if one.path == ("body",)} == before
    assert "body/hidden.units" in document.space.names
    nested = apply_operation(document, {"edit": "rename_layer", "layer": "body", "name": "trunk"})
    assert "trunk/hidden.units" in nested.space.names


@pytest.mark.parametrize("name", ["social_posts", "dual_camera_small", "inception_digits"])
def test_what_is_deleted_is_searched_no_longer_and_undo_brings_both_back(name):
    for path, graph in everywhere(ARCHITECTURES[name].experiment.graph):
        for node in graph.nodes:
            if is_input(graph.layer_of(node)):
                continue
            start = pointed(name, *path)
            document = apply_operation(start, {"edit": "delete_nodes", "ids": [node.id]})
            assert dangling(document) == []
            lost = lost_dimensions(start, document)
            assert set(lost) == set(start.space.names) - set(document.space.names)
            assert bool(lost) == any(not is_there(document.experiment.graph, one) for one in start.space.dimensions)
            again = apply_operation(document, {"edit": "undo"})
            assert (again.space, lost_dimensions(document, again)) == (start.space, [])


def test_an_edge_that_is_drawn_anew_costs_no_dimension():
    start = pointed("spirals")
    target = next(node for node in start.graph.nodes if node.id == "deeper")
    document = apply_operation(start, {"edit": "disconnect", "target": "deeper", "place": 0})
    document = apply_operation(document, {"edit": "connect", "source": target.inputs[0], "target": "deeper"})
    assert document.space == start.space
