"""The feed of the curves: thinned without losing a spike, complete, and every word of the element translatable."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from components.runs import ACTIVE, ENDED, Record, Run
from dashboard.curves import LABELS
from dashboard.curves.feed import MOST_POINTS, feed, ghost_of, seconds_left
from dashboard.curves.thinning import telling_places, thin_history, thin_record, without_undone

CURVES = Path(__file__).parents[1] / "dashboard/curves"


def run_of(**changes: Any) -> Run:
    fields = {
        "id": "id", "workspace": "me", "name": "first", "experiment": {"training": {"epochs": 10}}, "state": "running",
        "message": "", "created": 0.0, "started": 0.0, "ended": None, "epoch": 2, "step": 20, "steps_per_epoch": 10,
        "steps_per_second": 40.0, "pinned": False, "parent": None, "forked_at": None,
    }  # fmt: skip
    return Run(**{**fields, **changes})


def steps(first: int, count: int, seq: int, losses: list[float] | None = None) -> Record:
    values = {"step": list(range(first, first + count)), "loss": losses or [1 / (first + i) for i in range(count)]}
    return Record("steps", first // 10, first + count - 1, values, seq)


def epoch(number: int, seq: int, **values: float) -> Record:
    return Record("epoch", number, number * 10, {"loss": 1 / number, "learning_rate": 0.001, **values}, seq)


def long_history(records: int = 400) -> list[Record]:
    history: list[Record] = []
    for i in range(records):
        history.append(steps(1 + 10 * i, 10, 2 * i + 1))
        history.append(epoch(i + 1, 2 * i + 2, val_loss=2.0 if i != 123 else 0.01))
    return history


def points_of(data: list[dict]) -> int:
    return sum(len(r["values"]["step"]) if r["kind"] == "steps" else 1 for r in data)


# Feeding


def test_without_a_run_there_is_nothing_to_draw():
    assert feed(None, [], 0) == {"run": None, "state": None, "records": [], "from": 0, "until": 0}


def test_the_feed_is_json_and_says_where_it_begins_and_ends():
    records = [steps(1, 10, 5), epoch(1, 6), Record("histograms", 1, 10, {"weights": {}}, 7)]
    data = json.loads(json.dumps(feed(run_of(), records, 4), allow_nan=False))
    assert (data["from"], data["until"]) == (4, 7)
    assert [record["kind"] for record in data["records"]] == ["steps", "epoch"]


def test_what_is_not_finite_becomes_null():
    data = feed(run_of(), [steps(1, 3, 1, [math.nan, math.inf, 0.123456789])], 0)
    assert data["records"][0]["values"]["loss"] == [None, None, 0.12346]


def test_the_time_left_is_known_only_while_it_runs():
    assert seconds_left(run_of(), 10) == pytest.approx(2.0)
    assert seconds_left(run_of(state="paused"), 10) is None
    assert seconds_left(run_of(steps_per_second=0.0), 10) is None
    assert seconds_left(run_of(step=1000), 10) == 0.0


def test_a_long_history_is_sent_thin_and_marked_as_the_whole():
    data = feed(run_of(), long_history(), 0)
    assert data["whole"]
    assert points_of(data["records"]) <= MOST_POINTS
    assert data["until"] == 800
    assert any(record["values"].get("val_loss") == 0.01 for record in data["records"])


def test_a_tail_is_never_the_whole():
    tail = [steps(1 + 64 * i, 64, 100 + i) for i in range(60)]
    data = feed(run_of(), tail, 99)
    assert not data["whole"]
    assert len(data["records"]) == 60
    assert len(json.dumps(data)) < 40_000


def test_an_overlap_is_the_same_each_time_it_is_sent():
    record = steps(1, 64, 3)
    assert thin_record(record) == thin_record(record)
    assert len(thin_record(record).values["step"]) <= 16


def test_a_ghost_is_small():
    ghost = ghost_of(run_of(name="before"), long_history())
    assert ghost["name"] == "before"
    assert points_of(ghost["records"]) <= 400


# Thinning


@given(some.lists(some.one_of(some.floats(), some.none()), max_size=400), some.integers(4, 60))
def test_thinned_places_are_few_in_order_and_keep_the_extremes(values, most):
    places = telling_places(values, most)
    assert len(places) <= max(most, 4)
    assert places == sorted(set(places))
    finite = [value for value in values if value is not None and math.isfinite(value)]
    if finite:
        kept = [values[place] for place in places]
        assert min(finite) in kept
        assert max(finite) in kept
    if values:
        assert {0, len(values) - 1} <= set(places)


def test_a_short_history_is_left_as_it_is():
    records = [steps(1, 10, 1), epoch(1, 2)]
    assert thin_history(records) == (records, False)


def test_what_a_rewind_undid_is_left_out():
    back = Record("mark", 1, 10, {"mark": "rewound", "text": ""}, 5)
    records = [steps(1, 10, 1), epoch(1, 2), steps(11, 10, 3), epoch(2, 4), back, steps(11, 10, 6)]
    assert [record.seq for record in without_undone(records)] == [1, 2, 5, 6]


def test_joined_steps_rise():
    joined, _ = thin_history(long_history(), 500)
    lines = [record for record in joined if record.kind == "steps"]
    assert len(lines) == 1
    assert lines[0].values["step"] == sorted(lines[0].values["step"])


# Words


def test_every_word_of_the_element_can_be_translated():
    source = "\n".join(path.read_text() for path in CURVES.glob("*.js"))
    said = set(re.findall(r'\bsay\(\s*"([^"]+)"', source))
    said |= {text for call in re.findall(r"this\.button\((.*)\);", source) for text in re.findall(r'"([^"]+)"', call)}
    said |= set(re.findall(r'this\.part\("([^"]+)"', source))
    names = {"restart", "play", "stop", "step", "epoch", "rewind", "fork", "resume"}
    assert said - names - set(LABELS) == set()
    assert {*ACTIVE, *ENDED} <= set(LABELS)


def test_no_label_is_left_over():
    source = "\n".join(path.read_text() for path in CURVES.glob("*.js"))
    assert [label for label in LABELS if f'"{label}"' not in source and label not in {*ACTIVE, *ENDED}] == []
