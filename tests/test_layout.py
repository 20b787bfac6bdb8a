"""Layouts: no two cards overlap, edges point down, chains are straight, and what a person placed stays where it is."""

import re
import time
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings

from components.drawing.layout import COLUMN, HEIGHT, ROW, WIDTH, layout_graph, place_new
from components.drawing.thumbnails import thumbnail_svg
from components.graph import Graph, Layer, Node, edges, source_of
from components.weaving import Loom
from tests.graphs import dense_graphs
from tests.networks import inception_v3, residual_tower, xception


def overlapping(places):
    cards = list(places.values())
    return [
        (a, b)
        for i, a in enumerate(cards)
        for b in cards[:i]
        if abs(a[0] - b[0]) < WIDTH - 1e-6 and abs(a[1] - b[1]) < HEIGHT
    ]


def woven_wildly(seed, count=60, reach=6):
    """A graph of merges whose edges cross and pass by several rows."""
    loom = Loom()
    names = [loom.input("a", [4]), loom.input("b", [4])]
    for number in range(count):
        seed = (seed * 1_103_515_245 + 12_345) % 2**31
        recent = names[-reach:]
        names.append(loom("Add", recent[seed % len(recent)], recent[seed // 7 % len(recent)], name=f"add_{number}"))
    return loom.graph(names[-1])


@settings(deadline=None)
@given(dense_graphs())
def test_cards_do_not_overlap_and_edges_point_down(graph):
    places = layout_graph(graph)
    assert set(places) == {node.id for node in graph.nodes}
    assert overlapping(places) == []
    assert min(x for x, _ in places.values()) == min(y for _, y in places.values()) == 0
    for reference, target, _ in edges(graph):
        assert places[source_of(reference)][1] + ROW <= places[target][1]


@pytest.mark.parametrize("seed", range(12))
def test_tangled_graphs_do_not_overlap_either(seed):
    graph = woven_wildly(seed)
    places = layout_graph(graph)
    assert overlapping(places) == []
    assert all(places[source_of(reference)][1] < places[target][1] for reference, target, _ in edges(graph))


@settings(deadline=None)
@given(dense_graphs())
def test_new_nodes_find_a_place_and_move_nothing(graph):
    kept = dict(list(layout_graph(graph).items())[::2])
    placed = place_new(graph, kept)
    assert {node: placed[node] for node in kept} == kept
    assert set(placed) == {node.id for node in graph.nodes}
    assert overlapping(placed) == []


def test_a_node_on_an_edge_goes_between_its_ends_where_there_is_room():
    loom = Loom()
    x = loom.input("x", [4])
    graph = loom.graph(loom("Dense", loom("Dense", x, name="new", units=2), name="end", units=2))
    assert place_new(graph, {"x": (0, 0), "end": (0, 300)})["new"] == (0, 150)
    x, y = place_new(graph, {"x": (0, 0), "end": (0, 100)})["new"]
    assert abs(x) >= WIDTH
    assert 0 <= y <= 200


def test_places_of_nodes_that_are_gone_are_dropped():
    loom = Loom()
    assert set(place_new(loom.graph(loom.input("x", [4])), {"gone": (0, 0)})) == {"x"}


def test_two_branches_stand_side_by_side_under_their_inputs():
    loom = Loom()
    left, right = loom.input("left", [4]), loom.input("right", [4])
    merged = loom("Concatenate", loom("Dense", left, name="a", units=2), loom("Dense", right, name="b", units=2))
    places = layout_graph(loom.graph(merged))
    assert places["left"][0] == places["a"][0] < places["right"][0] == places["b"][0]
    assert places["a"][0] < places["concatenate"][0] < places["b"][0]
    assert places["b"][0] - places["a"][0] == COLUMN


def test_chains_are_straight_although_shortcuts_pass_them():
    graph = residual_tower(40)
    assert {x for x, _ in layout_graph(graph).values()} == {0.0}


def test_a_long_edge_keeps_a_lane_beside_the_cards_it_passes():
    loom = Loom()
    x = loom.input("x", [4])
    short = loom("Dense", x, name="short", units=4)
    long = loom("Dense", x, name="long_1", units=4)
    for number in (2, 3):
        long = loom("Dense", long, name=f"long_{number}", units=4)
    places = layout_graph(loom.graph(loom("Add", short, long)))
    assert all(abs(places["short"][0] - places[f"long_{number}"][0]) >= WIDTH for number in (1, 2, 3))


def test_an_input_that_is_used_late_stands_just_above_its_use():
    loom = Loom()
    x = loom.input("x", [4])
    for _ in range(5):
        x = loom("Dense", x, units=4)
    late = loom.input("late", [4])
    places = layout_graph(loom.graph(loom("Add", x, late)))
    assert places["add"][1] - places["late"][1] == ROW


def test_the_same_graph_is_laid_out_the_same_and_an_empty_one_not_at_all():
    assert layout_graph(inception_v3()) == layout_graph(inception_v3())
    assert layout_graph(Graph()) == {}
    assert place_new(Graph(), {}) == {}


@pytest.mark.parametrize(("graph", "seconds"), [(inception_v3(), 0.3), (xception(), 0.3), (residual_tower(1000), 1.5)])
def test_large_graphs_are_laid_out_quickly_and_without_overlaps(graph, seconds):
    # CPU time of the fastest of three: the figure is for a machine that does nothing else.
    times = []
    for _ in range(3):
        start = time.process_time()
        places = layout_graph(graph)
        times.append(time.process_time() - start)
    assert min(times) < seconds
    assert overlapping(places) == []


# Thumbnails


@given(dense_graphs())
def test_a_thumbnail_is_svg_with_a_box_for_every_call_and_a_line_for_every_edge(graph):
    svg = ElementTree.fromstring(thumbnail_svg(graph, 300, 150))
    name = "{http://www.w3.org/2000/svg}"
    assert len(svg.findall(f"{name}g/{name}rect[@rx='18']")) == len(graph.nodes)
    assert len(svg.findall(f"{name}g/{name}path")) == sum(1 for _ in edges(graph))


def test_a_thumbnail_shows_every_card_and_carries_no_name_of_a_persons():
    graph = Graph(
        {"a": Layer("<script>"), "b": Layer("Dense", {"units": "<b>"})},
        (Node("a", "a"), Node("b", "b", ("a",))),
        ("b",),
    )
    svg = thumbnail_svg(graph, 200, 100)
    ElementTree.fromstring(svg)
    assert "script" not in svg
    left, top, width, height = map(float, re.search(r'viewBox="([^"]*)"', svg)[1].split())
    for x, y in layout_graph(graph).values():
        assert left <= x <= x + WIDTH <= left + width
        assert top <= y <= y + HEIGHT <= top + height
    assert "--thumbnail-edge" in svg


def test_a_shortcut_is_drawn_around_the_cards_that_it_passes():
    paths = re.findall(r'<path d="([^"]*)"', thumbnail_svg(residual_tower(10), 300, 300))
    assert sum("V" in path for path in paths) == 2


def test_an_empty_graph_has_an_empty_thumbnail():
    ElementTree.fromstring(thumbnail_svg(Graph(), 100, 100))
