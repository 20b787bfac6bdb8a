"""Blocks: inserted anywhere that fits they connect, and say in one sentence why not where they do not."""

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from components.building import inspect_graph
from components.edits import apply_edit
from components.graph import GraphError, edges, split_reference
from components.weaving import Loom
from presets import ARCHITECTURES, BLOCKS
from tests.graphs import dense_graphs, image_graphs

VECTOR, SEQUENCE, IMAGE = [6], [9, 6], [8, 8, 6]
NARROW = {"inception": (3,), "separable": (2, 3)}
"""Blocks that do not work everywhere, and the number of axes, without the batch, that they work on."""


def narrow_graph(shape):
    """An input and a layer that keeps its shape, then a head."""
    loom = Loom()
    x = loom.input("entry", shape)
    kept = loom("Activation", x, name="kept", activation="relu")
    head = loom("Flatten", kept, name="flat") if len(shape) > 1 else kept
    return loom.graph(loom("Dense", head, name="head", units=3))


def inserted(graph, block, **place):
    """The graph with the block in it."""
    for edit in block.insert(graph, **place):
        graph = apply_edit(graph, edit)
    return graph


@pytest.mark.parametrize("name", BLOCKS)
@pytest.mark.parametrize("shape", [VECTOR, SEQUENCE, IMAGE], ids=["vector", "sequence", "image"])
@pytest.mark.parametrize("place", [{"source": "kept"}, {"target": "kept", "place": 0}], ids=["after", "on an edge"])
def test_inserted_where_shapes_allow_it_brings_no_problem(name, shape, place):
    graph = narrow_graph(shape)
    if name in NARROW and len(shape) not in NARROW[name]:
        with pytest.raises(GraphError, match="choose another place"):
            inserted(graph, BLOCKS[name], shape=[None, *shape], **place)
        return
    grown = inserted(graph, BLOCKS[name], shape=[None, *shape], **place)
    inspection = inspect_graph(grown)
    assert inspection["problems"] == []
    assert set(inspection["nodes"]) == {node.id for node in grown.nodes}
    assert grown.outputs == ("head",)


KEEPING = {"residual", "normalise_activate"}
"""Blocks that give what they get."""


def places(graph):
    """After every node of which something is used, and on every edge."""
    used = {split_reference(reference)[0] for reference, _, _ in edges(graph)} | set(graph.outputs)
    yield from ({"source": node.id} for node in graph.nodes if node.id in used)
    yield from ({"target": target, "place": place} for _, target, place in edges(graph))


@settings(deadline=None, max_examples=6, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@given(dense_graphs(nested=False) | image_graphs(), st.sampled_from(sorted(BLOCKS)))
def test_inserted_anywhere_in_any_graph_it_brings_no_problem(graph, name):
    known = inspect_graph(graph)
    for place in places(graph):
        reference = place["source"] if "source" in place else graph.node(place["target"]).inputs[place["place"]]
        node, index = split_reference(reference)
        shape = known["nodes"][node]["outputs"][index]["shape"]
        try:
            grown = inserted(graph, BLOCKS[name], shape=shape, **place)
        except GraphError:
            assert name in NARROW
            assert len(shape) - 1 not in NARROW[name]
            continue
        problems = [problem for problem in inspect_graph(grown)["problems"] if problem not in known["problems"]]
        assert not problems or name not in KEEPING, place
        for problem in problems:  # a block of another width fits what comes in, and what comes after it may not
            assert problem["node"] in known["nodes"], place
            assert problem["fixes"], place


@pytest.mark.parametrize("name", BLOCKS)
def test_twice_in_a_row_finds_fresh_names(name):
    graph = inserted(narrow_graph(IMAGE), BLOCKS[name], source="kept", shape=[None, *IMAGE])
    again = inserted(graph, BLOCKS[name], source="kept", shape=[None, *IMAGE])
    assert len({node.id for node in again.nodes}) == len(again.nodes) > len(graph.nodes)


@pytest.mark.parametrize("name", BLOCKS)
def test_first_thing_on_an_empty_canvas_is_a_network(name):
    graph = inserted(Loom().graph(), BLOCKS[name])
    assert graph.outputs
    assert inspect_graph(graph)["problems"] == []


@pytest.mark.parametrize("name", BLOCKS)
def test_on_its_own_beside_others_it_has_one_door(name):
    graph = narrow_graph(IMAGE)
    grown = inserted(graph, BLOCKS[name])
    doors = [node.id for node in grown.nodes if not node.inputs and node.id != "entry"]
    assert len(doors) == (2 if name == "shared_encoder" else 1)
    assert grown.outputs == graph.outputs


def test_at_the_end_the_output_moves_on():
    grown = inserted(narrow_graph(VECTOR), BLOCKS["residual"], source="head", shape=[None, 3])
    assert grown.outputs == ("sum",)


def test_the_residual_block_keeps_its_size_and_the_projected_one_changes_it():
    place = {"source": "kept", "shape": [None, *IMAGE]}
    same = inspect_graph(inserted(narrow_graph(IMAGE), BLOCKS["residual"], **place))
    assert same["nodes"]["sum"]["outputs"][0]["shape"] == [None, 8, 8, 6]
    config = {"filters": 10, "strides": 2}
    halved = inspect_graph(inserted(narrow_graph(IMAGE), BLOCKS["residual_projection"], config=config, **place))
    assert halved["nodes"]["sum"]["outputs"][0]["shape"] == [None, 4, 4, 10]


def test_the_shared_encoder_adds_an_input_and_shares_every_weight():
    graph = ARCHITECTURES["question_answering"].experiment.graph
    grown = inserted(graph, BLOCKS["shared_encoder"], source="embedded_text", shape=[None, 16, 64])
    assert grown.inputs == ("text", "question", "second_text")
    assert [node.layer for node in grown.nodes if node.id == "second_embedded_text"] == ["embedded_text"]
    assert len([node for node in grown.nodes if node.layer == "encoder"]) == 2


def test_what_does_not_fit_is_refused_in_a_sentence():
    block, graph = BLOCKS["inception"], narrow_graph(VECTOR)
    with pytest.raises(GraphError, match="images, and here flows a tensor of 6"):
        block.insert(graph, source="kept", shape=[None, 6])
    with pytest.raises(GraphError, match="filters"):
        block.insert(narrow_graph(IMAGE), source="kept", shape=[None, *IMAGE], config={"filters": 0})
    with pytest.raises(GraphError, match="no parameter"):
        block.insert(narrow_graph(IMAGE), source="kept", config={"colour": 3})
    with pytest.raises(GraphError, match="no input 4"):
        block.insert(graph, target="kept", place=3)
    with pytest.raises(GraphError, match="no node"):
        block.insert(graph, source="gone")
