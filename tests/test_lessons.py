"""Lessons: each can be read, its graphs and nodes exist, its rows are the syllabus's, and its claim holds."""

import importlib
import re
from pathlib import Path

import pytest

from components.experiment import experiment_to_json
from components.proofs import PROOFS
from dashboard import exhibits
from presets import ARCHITECTURES, LESSONS
from presets.lessons.reading import LessonError, read_lesson

EVERY = pytest.mark.parametrize("name", LESSONS)
ROWS = [f"1.{n}" for n in range(1, 17)] + [f"2.{n}" for n in range(1, 11)] + [f"3.{n}" for n in range(1, 9)]
LONG = {
    "batch_sizes",
    "best_on_disk",
    "broken_member",
    "each_input_alone",
    "joint_training",
    "loss_shares",
    "lower_loss",
    "order_matters",
    "rate_drops",
    "remembering",
    "sampler_race",
    "stopping_early",
    "topology_search",
    "winners_curse",
    "word_neighbours",
}
DOCS = Path(__file__).parent.parent / "docs" / "syllabus.md"


@EVERY
def test_it_is_whole(name):
    lesson = LESSONS[name]
    assert lesson.text
    assert lesson.question
    assert lesson.see
    assert lesson.next
    assert len(lesson.choices) >= 3
    graphs = [ARCHITECTURES[n].experiment.graph for n in (lesson.architecture, *lesson.beside)]
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
        assert presets == {p for name in lessons for p in (LESSONS[name].architecture, *LESSONS[name].beside)}
        assert presets <= set(ARCHITECTURES)


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
    experiments = [experiment_to_json(ARCHITECTURES[n].experiment) for n in (lesson.architecture, *lesson.beside)]
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
