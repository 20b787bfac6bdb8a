"""The graph and its edits: what each does, what each refuses, and that no sequence of them breaks the rules."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.edits import EDITS, apply_edit, copy_part
from components.graph import (
    Graph,
    GraphError,
    calls_of,
    check_graph,
    clean_name,
    graph_from_json,
    graph_to_json,
    topological_order,
)
from components.weaving import Loom
from tests.graphs import dense_graphs, edits


def chain() -> Graph:
    """x → first → second → answer."""
    loom = Loom()
    x = loom.input("x", [4])
    first = loom("Dense", x, name="first", units=3)
    second = loom("Dense", first, name="second", units=3)
    return loom.graph(loom("Dense", second, name="answer", units=1))


def inputs_of(graph: Graph, node: str) -> tuple[str, ...]:
    return graph.node(node).inputs


def test_a_cycle_is_refused_with_both_names():
    with pytest.raises(GraphError, match=r"“second” already depends on “first”"):
        apply_edit(chain(), {"edit": "connect", "source": "second", "target": "first"})


def test_inserting_on_an_edge_changes_that_edge_alone():
    graph = apply_edit(
        chain(), {"edit": "insert_on_edge", "id": "drop", "kind": "Dropout", "target": "second", "place": 0}
    )
    assert inputs_of(graph, "drop") == ("first",)
    assert inputs_of(graph, "second") == ("drop",)


def test_deleting_with_a_bridge_keeps_the_rest_connected():
    graph = apply_edit(chain(), {"edit": "delete_and_bridge", "id": "first"})
    assert inputs_of(graph, "second") == ("x",)
    assert "first" not in graph.layers


def test_a_second_call_shares_and_unsharing_copies():
    shared = apply_edit(chain(), {"edit": "add_call", "id": "first_again", "layer": "first", "inputs": ["x"]})
    assert len(calls_of(shared, "first")) == 2
    apart = apply_edit(shared, {"edit": "unshare", "id": "first_again"})
    assert len(calls_of(apart, "first")) == 1
    assert apart.layer_of(apart.node("first_again")) == shared.layers["first"]


def test_renaming_moves_node_references_and_outputs():
    graph = apply_edit(chain(), {"edit": "rename_layer", "layer": "answer", "name": "price"})
    assert graph.outputs == ("price",)
    assert "answer" not in graph.layers


def test_grouping_and_ungrouping_returns_the_same_graph():
    grouped = apply_edit(chain(), {"edit": "group", "ids": ["first", "second"], "name": "body"})
    assert inputs_of(grouped, "answer") == ("body",)
    back = apply_edit(grouped, {"edit": "ungroup", "id": "body"})
    assert {n.id: n.inputs for n in back.nodes} == {n.id: n.inputs for n in chain().nodes}
    assert dict(back.layers) == dict(chain().layers)


def test_grouping_around_a_node_is_refused_by_its_name():
    with pytest.raises(GraphError, match="“second” lies between"):
        apply_edit(chain(), {"edit": "group", "ids": ["first", "answer"], "name": "body"})


def test_editing_inside_a_nested_model():
    grouped = apply_edit(chain(), {"edit": "group", "ids": ["first", "second"], "name": "body"})
    edited = apply_edit(grouped, {"edit": "configure", "layer": "first", "config": {"units": 9}}, ["body"])
    assert edited.layers["body"].layers["first"].config["units"] == 9


def test_pasting_a_part_twice_keeps_its_edges_and_sharing():
    shared = apply_edit(chain(), {"edit": "add_call", "id": "first_again", "layer": "first", "inputs": ["x"]})
    part = graph_to_json(copy_part(shared, ["first", "first_again", "second"]))
    graph = apply_edit(apply_edit(shared, {"edit": "paste", "graph_json": part}), {"edit": "paste", "graph_json": part})
    check_graph(graph)
    assert len(calls_of(graph, "first_1")) == len(calls_of(graph, "first_2")) == 2
    assert inputs_of(graph, "second_1") == ("first_1",)


def test_a_duplicate_is_fed_as_the_original_and_keeps_sharing_among_the_copies():
    shared = apply_edit(chain(), {"edit": "add_call", "id": "first_again", "layer": "first", "inputs": ["x"]})
    names = {"first": "one", "first_again": "two", "second": "three"}
    copied = apply_edit(shared, {"edit": "duplicate", "nodes": names, "layers": {"first": "one", "second": "three"}})
    assert inputs_of(copied, "one") == inputs_of(copied, "two") == ("x",)
    assert inputs_of(copied, "three") == ("one",)
    assert len(calls_of(copied, "one")) == 2
    with pytest.raises(GraphError, match="unique"):
        apply_edit(copied, {"edit": "duplicate", "nodes": {"x": "y"}, "layers": {"x": "one"}})


def test_unset_returns_a_parameter_to_its_default():
    graph = apply_edit(chain(), {"edit": "configure", "layer": "first", "config": {"activation": "relu"}})
    graph = apply_edit(graph, {"edit": "configure", "layer": "first", "config": {"unset": ["activation"]}})
    assert graph.layers["first"].config == {"units": 3}


@pytest.mark.parametrize("name", ["a b", "1st", "", "x" * 64, "naïve!", "__import__('os')", 'a"b', "line\nbreak"])
def test_hostile_names_are_refused_with_a_name_to_try(name):
    with pytest.raises(GraphError, match="try “"):
        apply_edit(chain(), {"edit": "rename_layer", "layer": "first", "name": name})
    assert clean_name(name).isidentifier()


@pytest.mark.parametrize(
    "content",
    [None, 3, [], {}, {"layers": {}, "nodes": 5, "outputs": []}, {"layers": {"a": 1}, "nodes": [], "outputs": []},
     {"layers": {}, "nodes": [["a", "b", []]], "outputs": []}, {"layers": {}, "nodes": [], "outputs": ["gone"]}],
)  # fmt: skip
def test_what_is_no_graph_is_refused_with_a_sentence(content):
    with pytest.raises(GraphError, match="; "):
        graph_from_json(content)


def test_models_nested_without_end_are_refused():
    content = {"layers": {}, "nodes": [], "outputs": []}
    for _ in range(30):
        content = {"layers": {"m": content}, "nodes": [], "outputs": []}
    with pytest.raises(GraphError, match="levels deep"):
        graph_from_json(content)


@given(dense_graphs())
def test_json_keeps_a_graph_and_its_fingerprint(graph):
    again = graph_from_json(graph_to_json(graph))
    assert again == graph
    assert again.fingerprint == graph.fingerprint


@given(dense_graphs(), st.lists(edits(), max_size=8))
def test_any_edits_leave_a_graph_that_holds_together(graph, sequence):
    for edit in sequence:
        try:
            graph = apply_edit(graph, edit)
        except GraphError as error:
            assert str(error)  # noqa: PT017
        check_graph(graph)


@given(dense_graphs())
def test_the_topological_order_puts_inputs_first(graph):
    seen = set()
    for node in topological_order(graph):
        assert {r.partition(":")[0] for r in node.inputs} <= seen
        seen.add(node.id)


@pytest.mark.parametrize("name", sorted(EDITS))
def test_an_edit_without_its_arguments_is_refused_not_raised(name):
    with pytest.raises(GraphError):
        apply_edit(chain(), {"edit": name, "nonsense": 1})
