"""What is happening: every rule says its sentence when its condition holds, and nothing ever breaks it."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from components.runs import Record, Run
from components.store import Store
from dashboard import backstage, running
from dashboard.saying import RULES, what_is_happening


def run_of(state: str = "running", layers: dict[str, Any] | None = None, **training: Any) -> Run:
    graph = {"layers": layers or {}, "nodes": [], "outputs": []}
    experiment = {"training": {"epochs": 50, "callbacks": [], "loss_weights": {}, **training}, "graph": graph}
    return Run("id", "me", "", experiment, state, "", 0.0, 0.0, None, 0, 0, 10, 1.0, False, None, None)


def epochs(**curves: list[float]) -> list[Record]:
    rows = zip(*curves.values(), strict=True)
    return [Record("epoch", i + 1, 10 * i, dict(zip(curves, row, strict=True)), i + 1) for i, row in enumerate(rows)]


def signals(**values: dict[str, float]) -> list[Record]:
    return [Record("signals", 1, 10, values, 99)]


FALLING = [2.0 / (i + 1) for i in range(12)]
TURNING = [2.0, 1.5, 1.2, 1.1, 1.0, 1.05, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6]
PATIENT = [{"kind": "EarlyStopping", "config": {"patience": 10}}]

CASES: list[tuple[str, Run, list[Record], str | None]] = [
    ("nothing known", run_of(), [], None),
    ("too early", run_of(), epochs(loss=FALLING[:2], val_loss=FALLING[:2]), None),
    ("learning", run_of(), epochs(loss=FALLING, val_loss=FALLING), "fall together"),
    ("not a number", run_of(), epochs(loss=[1.0, math.nan]), "no longer a number"),
    ("not a number in the store", run_of(), epochs(loss=[1.0, None]), "no longer a number"),
    ("diverging", run_of(), epochs(loss=[1.0, 2.0, 3.0, 4.0]), "diverges"),
    ("overfitting", run_of(), epochs(loss=FALLING, val_loss=TURNING), "not improved for 7 epochs"),
    (
        "patience",
        run_of(callbacks=PATIENT),
        epochs(loss=FALLING, val_loss=TURNING),
        "(patience 10) will stop at epoch 15",
    ),
    ("plateau", run_of(), epochs(loss=[1.0] * 12), "plateau"),
    ("low at last is no plateau", run_of(), epochs(loss=[9.0, *[0.1] * 12]), None),
    ("drowning", run_of(), epochs(loss=[10.0], a_loss=[9.5], b_loss=[0.1]), "a makes 99 % of the total"),
    (
        "drowning penalties",
        run_of(),
        [*epochs(loss=[10.0]), Record("losses", 1, 10, {"penalty": 9.5}, 9)],
        "penalties on the weights make 95 %",
    ),
    ("weighted down", run_of(loss_weights={"a": 0.01}), epochs(loss=[1.0], a_loss=[9.5], b_loss=[0.1]), None),
    (
        "dead",
        run_of(),
        signals(dead={"dense": 0.75, "other": 0.1}, weights={"dense": 1.0, "other": 1.0}),
        "75 % of the units of dense never answer: they are dead and learn nothing.",
    ),
    ("what comes after the dead is not dead", run_of(), signals(dead={"dropout": 0.75}, weights={"dense": 1.0}), None),
    (
        "a dead rectifier without weights",
        run_of(layers={"rectifier": {"kind": "ReLU", "config": {}}}),
        signals(dead={"rectifier": 0.75}, weights={"dense": 1.0}),
        "75 % of the units of rectifier",
    ),
    ("saturated", run_of(), signals(saturated={"squash": 0.6}), "60 % of the units of squash stand at the end"),
    ("vanishing", run_of(), signals(gradients={"a": 1e-6, "b": 0.5, "c": 1.0}), "at a is less than a thousandth"),
    ("vanished", run_of(), signals(gradients={"a": 0.0, "b": 0.5, "c": 1.0}), "No gradient reaches a: it is exactly 0"),
    ("no gradient anywhere", run_of(), signals(gradients={"a": 0.0, "b": 0.0, "c": 0.0}), None),
    ("exploding", run_of(), signals(gradients={"a": 500.0}, weights={"a": 1.0}), "at a is over a hundred times"),
    ("finished", run_of("finished"), epochs(loss=FALLING, val_loss=TURNING), "Best at epoch 5: validation loss 1."),
    ("more", run_of("finished"), epochs(loss=FALLING, val_loss=FALLING), "more epochs may help"),
]


@pytest.mark.parametrize(("run", "records", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_each_rule_speaks_when_its_condition_holds(run, records, expected):
    told = " ".join(what_is_happening(run, records))
    if expected is None:
        assert told == ""
    else:
        assert expected in told


def test_half_of_the_patience_is_told_even_when_nothing_overfits():
    stale = [1.0] + [1.01] * 5
    told = what_is_happening(run_of(callbacks=PATIENT), epochs(loss=FALLING[:6], val_loss=stale))
    assert told == ["val_loss has not improved for 5 epochs. EarlyStopping (patience 10) will stop at epoch 11."]


def test_a_fork_waits_on_as_its_parent_did():
    """Its EarlyStopping remembers a value that the fork's own epochs do not show; one that watches another does not."""
    told = [
        {"of": "EarlyStopping val_loss auto", "best": 0.9, "wait": 4},
        {"of": "EarlyStopping loss auto", "best": None},
    ]
    remembered = Record("mark", 7, 70, {"mark": "remembered", "callbacks": told}, 1)
    own = [replace(each, epoch=each.epoch + 7) for each in epochs(loss=FALLING[:2], val_loss=[1.0, 1.01])]
    said = what_is_happening(run_of(callbacks=PATIENT), [remembered, *own])
    assert said == ["val_loss has not improved for 6 epochs. EarlyStopping (patience 10) will stop at epoch 13."]
    better = [*own, Record("epoch", 10, 100, {"loss": 0.1, "val_loss": 0.8}, 4)]
    assert "will stop" not in " ".join(what_is_happening(run_of(callbacks=PATIENT), [remembered, *better]))
    assert "will stop" not in " ".join(what_is_happening(run_of(callbacks=PATIENT), own))


def test_accuracy_is_better_when_higher():
    callbacks = [{"kind": "EarlyStopping", "config": {"monitor": "val_accuracy", "patience": 6}}]
    told = what_is_happening(run_of(callbacks=callbacks), epochs(val_accuracy=[0.5, 0.9, 0.8, 0.8, 0.8]))
    assert told == ["val_accuracy has not improved for 3 epochs. EarlyStopping (patience 6) will stop at epoch 8."]


def test_an_ended_run_no_longer_waits_for_early_stopping():
    told = what_is_happening(run_of("stopped", callbacks=PATIENT), epochs(loss=FALLING, val_loss=TURNING))
    assert "will stop" not in " ".join(told)


def test_what_a_rewind_took_back_is_not_spoken_of():
    records = epochs(loss=[1.0, 2.0, 3.0, 4.0])
    records.append(Record("mark", 1, 10, {"mark": "rewound", "text": ""}, 9))
    assert what_is_happening(run_of(), records) == []


def test_of_an_earlier_epoch_is_told_what_was_said_then(tmp_path, monkeypatch):
    store = Store(f"sqlite:///{tmp_path}/runs.sqlite")
    monkeypatch.setattr(backstage, "store", lambda: store)
    monkeypatch.setattr(running, "workspace", lambda: "me")
    run_id = store.create_run("me", {"training": {"callbacks": []}})
    falls, rises = [1.0, 0.8, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1], [1.0, 0.8, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1]
    store.append(run_id, epochs(loss=falls, val_loss=rises), state="finished", epoch=8)
    run = store.run(run_id)
    assert any("remember" in sentence for sentence in running.sayings(run))
    assert not any("remember" in sentence for sentence in running.sayings(run, 3))
    assert running.sayings(run, 8) == running.sayings(run)


def test_at_most_two_sentences_the_most_urgent_first():
    records = epochs(loss=[1.0, 2.0, 3.0, 4.0], a_loss=[9.0] * 4, b_loss=[0.0] * 4) + signals(
        dead={"dense": 0.9}, weights={"dense": 1.0}
    )
    told = what_is_happening(run_of(), records)
    assert len(told) == 2
    assert "diverges" in told[0]


def test_sentences_are_asked_of_say():
    asked = []
    told = what_is_happening(
        run_of(), epochs(loss=[1.0] * 12), say=lambda text, **values: asked.append(text) or "gesagt"
    )
    assert told == ["gesagt"]
    assert asked[0].startswith("The training loss has hardly moved")


def test_every_rule_states_its_condition():
    assert all(rule.__doc__ and rule.__doc__.endswith(".") for rule in RULES)


NUMBERS = some.one_of(
    some.floats(),
    some.integers(),
    some.none(),
    some.text(max_size=3),
    some.booleans(),
    some.lists(some.floats(), max_size=2),
)
NAMES = some.sampled_from(["loss", "val_loss", "a_loss", "b_loss", "val_a_loss", "val_accuracy", "accuracy", "x"])
VALUES = some.dictionaries(NAMES, NUMBERS, max_size=6)
SIGNALS = some.dictionaries(
    some.sampled_from(["dead", "saturated", "gradients", "weights", "updates"]),
    some.one_of(some.dictionaries(some.sampled_from("abc"), NUMBERS), NUMBERS),
)
LOSSES = some.fixed_dictionaries({"weights": NUMBERS, "penalty": NUMBERS})
MARKS = some.fixed_dictionaries({"mark": some.sampled_from(["rewound", "stopped", "nan"]), "text": some.just("")})
RECORDS = some.one_of(
    some.builds(Record, some.just("epoch"), some.integers(0, 30), some.integers(0, 99), VALUES),
    some.builds(Record, some.just("losses"), some.integers(0, 30), some.integers(0, 99), LOSSES),
    some.builds(Record, some.just("signals"), some.integers(0, 30), some.integers(0, 99), SIGNALS),
    some.builds(Record, some.just("mark"), some.integers(0, 30), some.integers(0, 99), MARKS),
)
CONFIGS = some.fixed_dictionaries({"patience": NUMBERS, "min_delta": NUMBERS, "monitor": NAMES, "mode": NUMBERS})
CALLBACKS = some.lists(some.fixed_dictionaries({"kind": some.just("EarlyStopping"), "config": CONFIGS}), max_size=2)


@given(
    some.lists(RECORDS, max_size=30),
    some.sampled_from(["running", "paused", "finished", "failed"]),
    CALLBACKS,
    some.dictionaries(some.sampled_from("ab"), NUMBERS),
)
def test_no_records_ever_break_it(records, state, callbacks, weights):
    told = what_is_happening(run_of(state, callbacks=callbacks, loss_weights=weights), records)
    assert len(told) <= 2
    assert all(isinstance(sentence, str) and sentence for sentence in told)
