"""Lessons: each can be read, its graphs and nodes exist, its rows are the syllabus's, and its claim holds."""

import importlib
import re
from pathlib import Path

import pytest

from components.edits import apply_edit, delete_and_bridge, disconnect
from components.experiment import experiment_to_json
from components.inspecting import inspect_graph
from components.proofs import PROOFS
from dashboard import exhibits
from dashboard.editing import apply_operation, new_document
from presets import ARCHITECTURES, LESSONS
from presets.lessons.material import experiments_of
from presets.lessons.reading import LessonError, read_lesson

EVERY = pytest.mark.parametrize("name", LESSONS)
ROWS = [f"1.{n}" for n in range(1, 17)] + [f"2.{n}" for n in range(1, 11)] + [f"3.{n}" for n in range(1, 9)]
LONG = {"batch_sizes", "broken_member", "each_input_alone", "sampler_race", "topology_search", "winners_curse"}
DOCS = Path(__file__).parent.parent / "docs" / "syllabus.md"


@EVERY
def test_it_is_whole(name):
    lesson = LESSONS[name]
    assert lesson.text
    assert lesson.question
    assert lesson.see
    assert lesson.next
    assert len(lesson.choices) >= 3
    graphs = [ARCHITECTURES[n].experiment.graph for n in lesson.shown]
    known = {node.id for graph in graphs for node in graph.nodes}
    assert set(lesson.nodes) <= known
    assert not lesson.claim or lesson.claim in PROOFS


def test_every_row_has_a_lesson():
    assert {row for lesson in LESSONS.values() for row in lesson.rows} == set(ROWS)


def test_every_proof_is_in_the_list_and_the_list_names_no_other():
    folder = Path(__file__).parent.parent / "components" / "proofs"
    proofs = {f.stem for f in folder.glob("*.py") if "def prove_json" in f.read_text()}
    assert proofs == set(PROOFS)
    assert proofs == {lesson.claim for lesson in LESSONS.values() if lesson.claim}


def test_the_table_in_the_docs_names_each_rows_presets_and_lessons():
    cells = [line.strip("| ").split(" | ") for line in DOCS.read_text().splitlines() if re.match(r"\| \d", line)]
    listed = {
        row: (set(re.findall(r"`(\w+)`", presets)), set(re.findall(r"`(\w+)`", lessons)))
        for row, _, presets, lessons in cells
    }
    assert list(listed) == ROWS
    for row, (presets, lessons) in listed.items():
        assert lessons == {name for name, lesson in LESSONS.items() if row in lesson.rows}
        assert presets == {p for name in lessons for p in LESSONS[name].shown}
        assert presets <= set(ARCHITECTURES)
    assert {"residual_same_size", "question_answering_full", "social_posts_full"} <= set().union(
        *(presets for presets, _ in listed.values())
    )


def test_a_lesson_that_breaks_a_rule_is_refused_with_a_sentence():
    with pytest.raises(LessonError, match="a header's line"):
        read_lesson("wrong", "titel: X\n\nIdea")
    good = "title: T\nrows: 1.1\narchitecture: spirals\n\nIdea\n\n## Predict\nQ?\n\n- [ ] a\n- [x] b\n"
    assert read_lesson("good", good).right == 1
    with pytest.raises(LessonError, match="exactly one is right"):
        read_lesson("wrong", good.replace("[ ]", "[x]"))
    with pytest.raises(LessonError, match="a section is one of"):
        read_lesson("wrong", good + "\n## Code\nprint()\n")


def claims(long):
    return [name for name, lesson in LESSONS.items() if lesson.claim and (lesson.claim in LONG) == long]


def prove(name):
    lesson = LESSONS[name]
    experiments = [experiment_to_json(experiment) for experiment in experiments_of(lesson)]
    return importlib.import_module(f"components.proofs.{lesson.claim}").prove_json(experiments, dict(lesson.options))


def check(found):
    assert found["holds"], exhibits.sentence_of(found)
    assert "{" not in exhibits.sentence_of(found)
    for theme in ("light", "dark"):
        for chart in found["charts"]:
            assert exhibits.figure_of(chart, theme).data
    assert len(exhibits.table_of(found)) == len(found["rows"])


@pytest.mark.parametrize("name", claims(long=False))
def test_its_claim_holds(name):
    check(prove(name))


@pytest.mark.soak
@pytest.mark.parametrize("name", claims(long=True))
def test_its_long_claim_holds(name):
    check(prove(name))


# What the texts tell a reader to do


def test_a_shortcut_is_switched_off_by_deleting_its_add_and_on_again_by_undoing():
    before = new_document(ARCHITECTURES["residual_same_size"].experiment)
    off = apply_operation(before, {"edit": "delete_and_bridge", "id": "kept"})
    inspection = inspect_graph(off.graph)
    assert off.graph.node("summary").inputs == ("third",)
    assert inspection["problems"] == []
    assert inspection["parameters"] == ARCHITECTURES["residual_same_size"].parameters
    on = apply_operation(off, {"edit": "undo"})
    assert on.graph == before.graph
    assert apply_operation(on, {"edit": "redo"}).graph == off.graph


def test_without_its_edge_the_add_says_so_and_its_button_leads_to_the_same_network():
    graph = ARCHITECTURES["residual_same_size"].experiment.graph
    cut = disconnect(graph, "kept", 1)
    (problem,) = inspect_graph(cut)["problems"]
    assert problem["message"].startswith("Add takes at least 2 inputs, and 1 comes in")
    (fix,) = (fix for fix in problem["fixes"] if fix["label"] == "Remove Add")
    assert apply_edit(cut, fix["edits"][0]) == delete_and_bridge(graph, "kept")


def test_a_projection_that_was_taken_out_is_inserted_again_by_its_button():
    graph = ARCHITECTURES["residual_different_size"].experiment.graph
    (problem,) = inspect_graph(delete_and_bridge(graph, "shortcut"))["problems"]
    assert problem["node"] == "reduced"
    assert "(None, 4, 4, 128) and (None, 8, 8, 1)" in problem["message"]
    mended = apply_edit(delete_and_bridge(graph, "shortcut"), problem["fixes"][0]["edits"][0])
    inserted = mended.layer_of(mended.node(mended.node("reduced").inputs[1]))
    assert inserted == graph.layers["shortcut"]
    assert inspect_graph(mended)["problems"] == []
