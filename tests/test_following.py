"""Changed code: an experiment follows it, and each changed line that it does not follow is named with a reason."""

from __future__ import annotations

import ast
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from components import following
from components.codegen import generate_code
from components.experiment import Experiment
from components.following import DELETED, IN_DATA, IN_SELECTION, NOT_KEPT, UNCHECKED, Followed, follow_code
from presets import ARCHITECTURES

HOLDERS = (ast.FunctionDef, ast.For, ast.If, ast.With)
"""Statements that hold others, which are changed one by one."""


def preset(name: str) -> tuple[Experiment, str]:
    experiment = ARCHITECTURES[name].experiment
    return experiment, generate_code(experiment)


def changed(name: str, *changes: tuple[str, str]) -> tuple[Experiment, list[str], Followed]:
    """A preset, its code with some texts replaced as lines, and what follows from it."""
    experiment, source = preset(name)
    text = source
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return experiment, text.split("\n"), follow_code(experiment, source, text)


def same(followed: Followed, experiment: Experiment) -> bool:
    assert followed.experiment is not None
    return replace(followed.experiment, layout={}) == replace(experiment, layout={})


def literals(source: str) -> Iterator[ast.Constant]:
    """The last literal of every statement that stands on one line."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.stmt) and not isinstance(node, HOLDERS):
            found = [
                n for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, (str, int, float))
            ]
            found = [constant for constant in found if constant.lineno == constant.end_lineno]
            if found:
                yield max(found, key=lambda constant: (constant.lineno, constant.col_offset))


def with_another(source: str, literal: ast.Constant) -> str:
    """The source with the literal changed into one of its kind."""
    lines = source.split("\n")
    line = lines[literal.lineno - 1].encode()
    written = line[literal.col_offset : literal.end_col_offset].decode()
    if isinstance(literal.value, str):
        quotes = 3 if written.endswith('"""') else 1
        other = f"{written[:-quotes]}x{written[-quotes:]}"
    else:
        other = repr(not literal.value if isinstance(literal.value, bool) else literal.value + 1)
    lines[literal.lineno - 1] = (line[: literal.col_offset] + other.encode() + line[literal.end_col_offset :]).decode()
    return "\n".join(lines)


@pytest.mark.parametrize("name", ["spirals", "social_posts", "residual_digits"])
def test_a_changed_literal_is_followed_or_its_line_is_named(name):
    experiment, source = preset(name)
    followed = named = 0
    for literal in literals(source):
        found = follow_code(experiment, source, with_another(source, literal))
        if same(found, experiment):
            assert literal.lineno in {line for line, _ in found.notes}, source.split("\n")[literal.lineno - 1]
            named += 1
        else:
            followed += 1
        assert all(sentence.endswith(".") for _, sentence in found.notes)
    assert followed >= 5
    assert named >= 10


def test_the_code_as_it_is_changes_nothing_and_names_nothing():
    experiment, source = preset("question_answering")
    found = follow_code(experiment, source, source)
    assert same(found, experiment)
    assert found.notes == ()


def test_which_arrays_are_taken_follows_the_code():
    experiment, _, found = changed("siamese_lstm", ('"first": inputs["first"]', '"first": inputs["second"]'))
    assert found.notes == ()
    assert found.experiment.data == replace(experiment.data, inputs={"first": "second"})
    _, _, found = changed("spirals", ('targets["curve"]', 'targets["other"]'))
    assert found.experiment.data.targets == {"curve": "other"}
    assert generate_code(found.experiment).count('targets["other"]') == 1


def test_an_input_that_is_renamed_keeps_its_array():
    _, _, found = changed("spirals", ('name="point"', 'name="place"'))
    assert found.notes == ()
    assert found.experiment.data.inputs == {"place": "point"}


def test_arrays_in_a_form_of_ones_own_are_named():
    experiment, lines, found = changed("spirals", ('x = inputs["point"]', 'x = inputs["point"] / 2'))
    assert same(found, experiment)
    assert found.notes == ((lines.index('    x = inputs["point"] / 2') + 1, IN_SELECTION),)


def test_the_data_may_have_a_seed_of_its_own():
    experiment, _, found = changed("spirals", ("make_spirals(seed=SEED", "make_spirals(seed=7"))
    assert found.notes == ()
    assert found.experiment.data.seed == 7
    again = follow_code(found.experiment, generate_code(found.experiment), generate_code(experiment))
    assert again.experiment.data.seed is None


def test_what_is_changed_in_the_datas_own_function_is_named_with_the_way_out():
    experiment, lines, found = changed("spirals", ("rng.uniform(0.02, 1.0", "rng.uniform(0.5, 1.0"))
    assert same(found, experiment)
    assert found.notes == ((next(number for number, line in enumerate(lines, 1) if "uniform(0.5" in line), IN_DATA),)


def test_a_layer_put_in_over_two_lines_is_followed_without_a_word():
    _, _, found = changed(
        "spirals",
        ("    deeper = layers", '    noisy = layers.Dropout(0.5, name="noisy")(hidden)\n    deeper = layers'),
        ('name="deeper")(hidden)', 'name="deeper")(noisy)'),
    )
    assert found.notes == ()
    assert found.experiment.graph.node("deeper").inputs == ("noisy",)


def test_a_variable_renamed_in_several_lines_is_named_since_code_takes_its_names_from_the_layers():
    experiment, lines, found = changed("spirals", ("hidden = ", "first = "), ("(hidden)", "(first)"))
    assert same(found, experiment)
    assert {line for line, _ in found.notes} == {n for n, line in enumerate(lines, 1) if "first" in line}
    assert {sentence for _, sentence in found.notes} == {NOT_KEPT}


def test_deletions_and_comments_are_named_too():
    experiment, lines, found = changed(
        "spirals", ("    model.summary()\n", ""), ("    deeper = layers", "    # the second\n    deeper = layers")
    )
    assert same(found, experiment)
    assert dict(found.notes) == {
        lines.index("    # the second") + 1: NOT_KEPT,
        lines.index("    model.compile(") + 1: DELETED,
    }


def test_what_is_lost_beside_what_is_followed_is_named_alone():
    _, lines, found = changed("spirals", ("epochs=120,\n", "epochs=30,\n        verbose=2,\n"))
    assert found.experiment.training.epochs == 30
    assert found.notes == ((lines.index("        verbose=2,") + 1, NOT_KEPT),)


def test_looking_for_lost_lines_ends_in_time_and_says_so(monkeypatch):
    monkeypatch.setattr(following, "MOST_SECONDS", 0.2)
    many = "".join(f"    # {number}\n" for number in range(20_000))
    start = time.monotonic()
    _, _, found = changed(
        "spirals", ("    deeper = layers", f"{many}    x = 1\n    deeper = layers"), ("epochs=120", "epochs=9")
    )
    assert time.monotonic() - start < 30
    assert found.experiment.training.epochs == 9
    assert UNCHECKED in {sentence for _, sentence in found.notes}


def test_code_that_builds_nothing_is_followed_by_nothing():
    experiment, source = preset("spirals")
    found = follow_code(experiment, source, "print(1)")
    assert found.experiment is None
    assert "No Keras model" in found.notes[0][1]
