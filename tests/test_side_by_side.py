"""Two graphs side by side: counterparts stand at one height, and what differs is told by sign, dashes and colour."""

from __future__ import annotations

import time
import tomllib
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings

from components.differences import compare_graphs
from components.drawing.layout import WIDTH, layout_graph
from components.drawing.side_by_side import (
    INK,
    MARKS,
    MOST_NAME,
    PAPER,
    QUIET,
    align_ranks,
    draw_side_by_side,
    rising,
    shortened,
)
from components.drawing.thumbnails import POINTED
from components.graph import Graph, Layer, Node, edges, source_of
from presets import ARCHITECTURES
from tests.graphs import dense_graphs
from tests.test_charts import contrast

SVG = "{http://www.w3.org/2000/svg}"


def graph_of(name: str) -> Graph:
    return ARCHITECTURES[name].experiment.graph


def pairs_of(left: Graph, right: Graph) -> dict[str, str]:
    rows = compare_graphs(left, right)
    return {row["left_node"]: row["right_node"] for row in rows if row["left_node"] and row["right_node"]}


def cards(svg: str) -> list[ElementTree.Element]:
    return ElementTree.fromstring(svg).findall(f"{SVG}svg")


def signs(svg: str) -> list[str]:
    """The sign on each card that is marked."""
    return [card.findall(f"{SVG}text")[-1].text or "" for card in cards(svg) if card.get("class") == "marked"]


def test_counterparts_of_the_deep_pair_stand_at_one_height():
    left, right = graph_of("plain_stack"), graph_of("residual_stack")
    pairs = pairs_of(left, right)
    ours, theirs = align_ranks(left, right, pairs)
    assert len(pairs) == len(left.nodes) == 23
    assert all(ours[one] == theirs[other] for one, other in pairs.items())
    assert ours["layer_20"] == theirs["layer_20"] > len(left.nodes)


@settings(deadline=None)
@given(dense_graphs(), dense_graphs())
def test_edges_point_down_on_both_sides_whatever_is_compared(left, right):
    ranks = align_ranks(left, right, pairs_of(left, right))
    for graph, side in zip((left, right), ranks, strict=True):
        assert set(side) == {node.id for node in graph.nodes}
        assert all(side[source_of(reference)] < side[target] for reference, target, _ in edges(graph))


@settings(deadline=None)
@given(dense_graphs())
def test_a_graph_beside_itself_stands_as_it_does_alone_and_nothing_is_marked(graph):
    ranks = align_ranks(graph, graph, pairs_of(graph, graph))
    assert ranks[0] == ranks[1]
    assert layout_graph(graph, ranks[0]) == layout_graph(graph)
    sides = draw_side_by_side(graph, graph, compare_graphs(graph, graph))
    assert [signs(side.svg) for side in sides] == [[], []]


def test_counterparts_in_another_order_are_still_drawn_below_their_inputs():
    here = Graph(
        {name: Layer("InputLayer", {"shape": [4]}) if name == "a" else Layer("Dense", {"units": 4}) for name in "abc"},
        (Node("a", "a"), Node("b", "b", ("a",)), Node("c", "c", ("b",))),
        ("c",),
    )
    there = Graph(here.layers, (Node("a", "a"), Node("c", "c", ("a",)), Node("b", "b", ("c",))), ("b",))
    ours, theirs = align_ranks(here, there, {"a": "a", "b": "b", "c": "c"})
    assert ours["a"] < ours["b"] < ours["c"]
    assert theirs["a"] < theirs["c"] < theirs["b"]


def test_a_longest_rising_part_is_found():
    assert rising([]) == []
    assert [[5, 1, 2, 9, 3][index] for index in rising([5, 1, 2, 9, 3])] == [1, 2, 3]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_call_is_drawn_and_what_differs_carries_its_sign(theme):
    left, right = graph_of("plain_stack"), graph_of("residual_stack")
    one, other = draw_side_by_side(left, right, compare_graphs(left, right), theme)
    assert one.height == other.height
    assert [len(cards(side.svg)) for side in (one, other)] == [len(left.nodes), len(right.nodes)]
    assert signs(one.svg) == ["≠"] * 20
    assert sorted(signs(other.svg)) == ["+"] * 20 + ["≠"] * 20
    swapped, _ = draw_side_by_side(right, left, compare_graphs(right, left), theme)
    assert sorted(signs(swapped.svg)) == sorted(["−"] * 20 + ["≠"] * 20)


def test_marks_differ_by_sign_and_by_dashes_too():
    assert len({mark.sign for mark in MARKS.values()}) == len({mark.dashes for mark in MARKS.values()}) == len(MARKS)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_words_signs_and_frames_have_the_contrast_that_they_need(theme):
    settings_of_themes = tomllib.loads((Path(__file__).parents[1] / ".streamlit/config.toml").read_text())["theme"]
    assert (PAPER[theme], INK[theme]) == tuple(
        settings_of_themes[theme][f"{part}Color"] for part in ("background", "text")
    )
    assert contrast(INK[theme], PAPER[theme]) >= 4.5
    assert contrast(QUIET[theme], PAPER[theme]) >= 4.5
    for mark in MARKS.values():
        assert contrast(mark.colours[theme], PAPER[theme]) >= 4.5  # the sign's ground, and the frame, which needs 3
    assert contrast(POINTED, PAPER[theme]) >= 3


def test_names_are_escaped_and_fit_their_cards():
    name = '<script>"&' + "x" * 60
    graph = Graph({name: Layer("Dense", {"units": "<b>\x00\ud800"})}, (Node(name, name),), (name,))
    side, _ = draw_side_by_side(graph, graph, compare_graphs(graph, graph))
    (card,) = cards(side.svg)
    words = [text.text or "" for text in card.findall(f"{SVG}text")]
    assert "<script" not in side.svg
    assert words[0].startswith("<scr")
    assert max(map(len, words)) <= 15
    assert float(card.get("width", 0)) == WIDTH


@pytest.mark.parametrize(
    ("words", "short"),
    [("dense", "dense"), ("block_12_convolution", "block_…ution"), ("임베딩임베딩임베딩", "임베딩…베딩")],
)
def test_long_names_keep_both_ends(words, short):
    assert shortened(words, MOST_NAME) == short


def test_the_largest_networks_are_drawn_within_a_second_or_two_and_the_empty_graph_too():
    left, right = graph_of("xception"), graph_of("inception_v3")
    rows = compare_graphs(left, right)
    start = time.process_time()
    one, other = draw_side_by_side(left, right, rows)
    assert time.process_time() - start < 2
    assert (len(cards(one.svg)), len(cards(other.svg))) == (len(left.nodes), len(right.nodes))
    empty, full = draw_side_by_side(Graph(), right, compare_graphs(Graph(), right))
    assert cards(empty.svg) == []
    assert set(signs(full.svg)) == {"+"}
