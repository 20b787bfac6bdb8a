"""What the parallel coordinates are told, and the words of their scripts; how they are drawn is in tests/browser."""

from __future__ import annotations

import json
import re

import pytest

from components.searching.search_space import Dimension, SearchSpace
from components.searching.trials import TrialRow
from dashboard.parallel.feed import outliers, parallel_of
from dashboard.parallel.labels import LABELS
from tests.browser.pages import ROOT

FOLDER = ROOT / "dashboard/parallel"

SPACE = SearchSpace(
    (
        Dimension("there", "present", "noise", choices=(True, False)),
        Dimension("rate", "training", parameter="learning_rate", least=1e-4, most=1e-1, log=True),
        Dimension("noise.rate", "layer", "noise", "rate", least=0.0, most=0.5),
        Dimension("bias", "layer", "noise", "bias", choices=(None, "zeros")),
    )
)

RANKED = [
    TrialRow("tpe", 0, {"there": False, "rate": 0.00123456, "bias": None}, "complete", 0.8),
    TrialRow("random", 2, {"there": True, "rate": 0.05, "noise.rate": 0.25, "bias": "zeros"}, "complete", 0.7),
]


def test_trials_become_lines_the_best_first():
    told = parallel_of(RANKED, SPACE, "val_accuracy")
    assert told["trials"] == [["tpe 0", 0.8, [1, 0.001235, None, 0]], ["random 2", 0.7, [0, 0.05, 0.25, 1]]]
    there, rate, _, bias, score = told["axes"]
    assert (there["choices"], rate["choices"], bias["choices"]) == (["True", "False"], [], ["None", "zeros"])
    assert rate == {"name": "rate", "choices": [], "log": True, "whole": False, "least": 1e-4, "most": 1e-1}
    assert (score["name"], score["least"], score["most"]) == ("val_accuracy", 0.7, 0.8)
    assert json.loads(json.dumps(told)) == told


def test_a_score_that_blew_up_does_not_press_the_others_together():
    scores = [0.1 + number / 100 for number in range(40)]
    assert (outliers(scores), outliers([*scores, 7.0, 1e9]), outliers([0.5] * 30), outliers([0.1, 0.2, 1e9])) == (
        0,
        2,
        0,
        0,
    )
    assert outliers([0.9] * 30 + [0.5, 0.4]) == 0  # half of them alike: there is no width to measure by
    assert outliers([-score for score in scores] + [-1e9]) == 1
    rows = [TrialRow("tpe", number, RANKED[1].values, "complete", value) for number, value in enumerate([*scores, 1e9])]
    told = parallel_of(rows, SPACE, "val_loss")
    assert (told["axes"][-1]["least"], told["axes"][-1]["most"]) == (scores[0], scores[-1])
    assert told["trials"][-1][1] == 1e9  # where a hand points at it, it is told


def test_five_hundred_trials_are_less_than_a_hundred_kilobytes():
    many = [TrialRow("tpe", number, RANKED[1].values, "complete", number / 7) for number in range(500)]
    assert len(json.dumps(parallel_of(many, SPACE, "val_loss"))) < 100_000


def test_every_english_text_of_the_scripts_is_a_label():
    source = "".join(path.read_text() for path in FOLDER.glob("*.js"))
    said = set(re.findall(r'say\("([^"]+)"', source)) | set(re.findall(r'keys = "([^"]+)"', source))
    assert said == set(LABELS)


@pytest.mark.parametrize("script", sorted(FOLDER.glob("*.js")), ids=lambda path: path.name)
def test_every_script_says_what_it_owns_and_is_short(script):
    lines = script.read_text().splitlines()
    assert re.match(r"// [A-Z][a-z]+: .+\.$", lines[0])
    assert len(lines) < 400
