"""Layouts: no two cards overlap, edges point down, and what a person placed stays where it is."""

from hypothesis import given, settings

from components.graph import edges, source_of
from components.layout import HEIGHT, WIDTH, layout_graph, place_new
from components.thumbnails import thumbnail_svg
from components.weaving import Loom
from tests.graphs import dense_graphs


def overlapping(places):
    cards = list(places.values())
    return [
        (a, b)
        for i, a in enumerate(cards)
        for b in cards[:i]
        if abs(a[0] - b[0]) < WIDTH - 1e-6 and abs(a[1] - b[1]) < HEIGHT
    ]


@settings(deadline=None)
@given(dense_graphs())
def test_cards_do_not_overlap_and_edges_point_down(graph):
    places = layout_graph(graph)
    assert set(places) == {node.id for node in graph.nodes}
    assert overlapping(places) == []
    for reference, target, _ in edges(graph):
        assert places[source_of(reference)][1] < places[target][1]


@settings(deadline=None)
@given(dense_graphs())
def test_new_nodes_find_a_place_and_move_nothing(graph):
    kept = dict(list(layout_graph(graph).items())[::2])
    placed = place_new(graph, kept)
    assert {node: placed[node] for node in kept} == kept
    assert overlapping(placed) == []


def test_two_branches_stand_side_by_side_under_their_inputs():
    loom = Loom()
    left, right = loom.input("left", [4]), loom.input("right", [4])
    merged = loom("Concatenate", loom("Dense", left, name="a", units=2), loom("Dense", right, name="b", units=2))
    places = layout_graph(loom.graph(merged))
    assert places["left"][0] == places["a"][0] < places["right"][0] == places["b"][0]
    assert places["a"][0] < places["concatenate"][0] < places["b"][0]


def test_the_same_graph_is_laid_out_the_same():
    loom = Loom()
    x = loom.input("x", [4])
    graph = loom.graph(loom("Add", loom("Dense", x, name="a", units=4), x))
    assert layout_graph(graph) == layout_graph(graph)


@given(dense_graphs())
def test_a_thumbnail_is_svg_with_a_box_for_every_call(graph):
    svg = thumbnail_svg(graph, 300, 150)
    assert svg.startswith("<svg")
    assert svg.count("<rect") == len(graph.nodes)
