"""The pages of the flipbook: one for each epoch's histogram, light enough to be sent at once, each with its own words."""

from __future__ import annotations

import json

import numpy as np

from components.inside.histograms import summarise
from dashboard.curves.flipbook import MOST_PAGES, PICTURES, pages_of
from dashboard.panels.inside.histograms import FORMS, said_of, sentence_of


def history(epochs: int):
    """Normal numbers that spread out from epoch to epoch."""
    random = np.random.default_rng(0)
    parts = [random.normal(scale=1 + epoch / 10, size=400).astype("float32") for epoch in range(epochs)]
    return [(epoch + 1, summarise(part, [400])[0]) for epoch, part in enumerate(parts)]


def test_every_form_is_a_picture():
    assert set(FORMS) == set(PICTURES)


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
