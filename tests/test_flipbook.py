"""The pages of the flipbook: one for each epoch's histogram, light enough to be sent at once, each with its own words."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np

from components.experiment import experiment_to_json
from components.inside.summaries import summarise
from components.runs import Record, Run
from dashboard.curves.flipbook import MOST_PAGES, PICTURES, pages_of
from dashboard.panels.inside.histograms import FORMS, describe_gaps, said_of, sentence_of
from dashboard.panels.inside.signals import page_of
from presets import ARCHITECTURES


def history(epochs: int):
    """Normal numbers that spread out from epoch to epoch."""
    random = np.random.default_rng(0)
    parts = [random.normal(scale=1 + epoch / 10, size=400).astype("float32") for epoch in range(epochs)]
    return [(epoch + 1, summarise(part, [400])[0]) for epoch, part in enumerate(parts)]


def test_every_form_is_a_picture():
    assert {*FORMS, "bars"} == set(PICTURES)


def test_a_page_for_each_epoch_with_its_words():
    entries = history(12)
    pages = pages_of(entries, {epoch: f"until {epoch}" for epoch, _ in entries}, said_of(entries))
    assert [page["epoch"] for page in pages] == list(range(1, 13))
    for page, (epoch, histogram) in zip(pages, entries, strict=True):
        assert page["sentence"] == f"until {epoch}"
        assert page["said"].startswith(f"epoch {epoch}: mean")
        assert page["counts"] == histogram["counts"]
        assert len(page["percentiles"]) == 5


def test_long_runs_are_sent_thinned_with_first_and_last():
    pages = pages_of(history(700), {}, {})
    assert len(pages) == MOST_PAGES
    assert (pages[0]["epoch"], pages[-1]["epoch"]) == (1, 700)
    assert len(json.dumps(pages)) < 100_000


def test_what_is_no_number_is_drawn_as_nothing_and_does_not_break_the_message():
    broken = [(1, summarise(np.full(8, np.nan, "float32"), [8])[0])]
    text = json.dumps(pages_of(broken, {}, said_of(broken)), allow_nan=False)
    assert json.loads(text)[0]["percentiles"] == []


def test_the_sentence_tells_both_runs_until_the_same_epoch():
    entries = history(6)
    told = sentence_of("dense/kernel", entries[:3], entries, "another run")
    assert told.count("from epoch 1 to 3") == 2
    assert "another run" in told
    assert "another run" not in sentence_of("dense/kernel", entries[:3], [], "")


# Signals

SIGNALS = {
    "gradients": {"hidden": 0.2, "out": 3.0, "flat": 0.0},
    "weights": {"hidden": 4.0, "out": 2.0},
    "activations": {},
    "dead": {"hidden": 0.25},
}


def run(name: str = "mine") -> Run:
    experiment = experiment_to_json(ARCHITECTURES["spirals"].experiment)
    return Run("r", "me", name, experiment, "finished", "", 0.0, None, None, 3, 9, 3, 0.0, False, None, None)


def signals_page(epoch: int, other: Run | None = None, theirs: Sequence[Record] = ()):
    graph = ARCHITECTURES["spirals"].experiment.graph
    return page_of(run(), graph, Record("signals", epoch, 9, SIGNALS), "gradients", other, theirs)


def test_a_page_of_signals_has_bars_and_the_numbers_by_layer():
    page = signals_page(4)
    assert [list(entry) for entry in page["sizes"]] == [["hidden", 0.2], ["out", 3.0]]
    (numbers,) = page["tables"]
    assert numbers["columns"] == ["layer", "weights", "gradients", "updates", "dead"]
    assert numbers["rows"][0] == ["hidden", "4", "0.2", "", "25 %"]
    assert "epoch 4" in page["sentence"]
    json.dumps(page, allow_nan=False)


def test_another_runs_signals_are_those_of_the_epoch_nearest_to_the_page():
    theirs = [Record("signals", epoch, 9, {"gradients": {"hidden": epoch / 1000}}) for epoch in (2, 20)]
    early, late = signals_page(3, run("theirs"), theirs), signals_page(16, run("theirs"), theirs)
    assert [list(entry) for entry in early["beside"]] == [["hidden", 0.002]]
    assert [list(entry) for entry in late["beside"]] == [["hidden", 0.02]]
    assert "100 times that of theirs" in early["notes"][0]


def test_epochs_without_a_look_are_owned_up_to():
    assert describe_gaps([]) == describe_gaps([3, 4, 5]) == ""
    assert describe_gaps([1, 2, 5, 9]).startswith("A look was taken after 4 of 9 epochs")
