"""Editing a document: operations as the canvas sends them, undone and redone, with names and places kept together."""

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.drawing.layout import HEIGHT, WIDTH
from components.graph import GraphError, check_graph
from dashboard.editing import Document, apply_operation, change_training, new_document
from presets import ARCHITECTURES
from tests.graphs import dense_graphs, operations


def opened(name: str = "question_answering") -> Document:
    return new_document(ARCHITECTURES[name].experiment)


def test_a_new_document_has_a_place_for_every_node():
    document = opened()
    assert set(document.layout) == {node.id for node in document.graph.nodes}


def test_renaming_takes_place_loss_metric_and_data_along():
    before = opened()
    document = apply_operation(before, {"edit": "rename_layer", "layer": "answer", "name": "reply"})
    training = document.experiment.training
    assert document.layout["reply"] == before.layout["answer"]
    assert training.losses == {"reply": "sparse_categorical_crossentropy"}
    assert training.metrics == {"reply": ("accuracy",)}
    assert document.experiment.data.targets == {"reply": "answer"}


def test_renaming_an_input_keeps_its_array():
    document = apply_operation(opened(), {"edit": "rename_layer", "layer": "text", "name": "story"})
    assert document.experiment.data.inputs == {"story": "text"}


def test_many_edits_are_one_step_and_place_their_nodes():
    many = {
        "edit": "many",
        "edits": [{"edit": "insert_on_edge", "id": "drop", "kind": "Dropout", "target": "answer", "place": 0}],
        "positions": {"drop": [640, 480]},
    }
    document = apply_operation(opened(), many)
    assert document.layout["drop"] == (640.0, 480.0)
    assert apply_operation(document, {"edit": "undo"}).experiment == opened().experiment


def test_moving_is_a_step_and_changes_no_fingerprint():
    document = apply_operation(opened(), {"edit": "move", "positions": {"text": [5, 6], "gone": [0, 0]}})
    assert document.layout["text"] == (5.0, 6.0)
    assert "gone" not in document.layout
    assert document.experiment.fingerprint == opened().experiment.fingerprint


def test_a_fix_is_an_ordinary_edit():
    problem = {
        "node": "answer",
        "message": "too few",
        "fixes": [{"label": "more", "edits": [{"edit": "configure", "layer": "answer", "config": {"units": 20}}]}],
    }
    fix = {"edit": "fix", "node": "answer", "message": "too few", "index": 0}
    document = apply_operation(opened(), fix, lambda _: {"problems": [problem]})
    assert document.graph.layers["answer"].config["units"] == 20
    with pytest.raises(GraphError, match="gone already"):
        apply_operation(document, fix)


def test_a_block_dropped_on_free_ground_stands_there_and_is_one_step():
    before = opened("spirals")
    document = apply_operation(before, {"edit": "block", "name": "residual", "at": [900, 400]})
    fresh = set(document.layout) - set(before.layout)
    xs, ys = zip(*(document.layout[node] for node in fresh), strict=True)
    assert min(ys) == 400 - HEIGHT / 2
    assert min(xs) <= 900 - WIDTH / 2 <= max(xs)
    assert {node: document.layout[node] for node in before.layout} == before.layout
    assert apply_operation(document, {"edit": "undo"}).experiment == before.experiment


def test_a_mend_of_the_loss_is_undone_like_any_other():
    mend = {"edit": "many", "edits": [{"edit": "set_loss", "output": "answer", "loss": "mse"}]}
    document = apply_operation(opened(), mend)
    assert document.experiment.training.losses["answer"] == "mse"
    assert apply_operation(document, {"edit": "undo"}).experiment == opened().experiment


def test_inside_a_model_edits_and_undo_stay_inside_until_it_is_gone():
    grouped = apply_operation(opened("spirals"), {"edit": "group", "ids": ["hidden", "deeper"], "name": "body"})
    inside = apply_operation(grouped, {"edit": "open", "layer": "body"})
    assert inside.path == ("body",)
    edited = apply_operation(inside, {"edit": "configure", "layer": "hidden", "config": {"units": 5}})
    assert edited.experiment.graph.layers["body"].layers["hidden"].config["units"] == 5
    undone = apply_operation(apply_operation(edited, {"edit": "undo"}), {"edit": "undo"})
    assert undone.path == ()
    assert undone.experiment.graph == opened("spirals").experiment.graph


def test_a_training_out_of_range_is_refused():
    with pytest.raises(ValueError, match="epochs is a whole number"):
        change_training(opened(), epochs=0)


@settings(deadline=None, max_examples=200)
@given(dense_graphs(), st.lists(operations(), min_size=1, max_size=10))
def test_undoing_everything_returns_the_start_and_redoing_it_the_end(graph, sequence):
    start = new_document(dataclasses.replace(ARCHITECTURES["spirals"].experiment, graph=graph, layout={}))
    document, refused = start, []
    for operation in sequence:
        try:
            document = apply_operation(document, operation)
        except GraphError as error:
            refused.append(str(error))
            continue
        check_graph(document.experiment.graph)
        assert set(document.layout) == {node.id for node in document.graph.nodes}
    assert all(sentence[-1] in ".?" for sentence in refused)
    end = (document.history.present, *document.history.future)[-1]
    while document.history.past:
        document = apply_operation(document, {"edit": "undo"})
    assert seen(document.experiment) == seen(start.experiment)
    while document.history.future:
        document = apply_operation(document, {"edit": "redo"})
    assert seen(document.experiment) == seen(end.experiment)


def seen(experiment):
    """The experiment with the positions of its own nodes; those inside models are found when one is first opened."""
    own = {node: point for node, point in experiment.layout.items() if "/" not in node}
    return dataclasses.replace(experiment, layout=own)
