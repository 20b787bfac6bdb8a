"""Charts: what is drawn for histograms and projections, that it can be read in both themes, and their sentences."""

from __future__ import annotations

import numpy as np
import pytest

from dashboard.charts import (
    CLASS_COLOURS,
    describe_histograms,
    describe_projection,
)
from dashboard.panels.inside.statistics import describe

THEMES = ("light", "dark")
SURFACES = {"light": "#ffffff", "dark": "#181a21"}


def histogram(low: float = -1.0, high: float = 1.0, mean: float = 0.0) -> dict:
    counts = np.bincount(np.clip(np.random.default_rng(0).normal(15, 5, 500), 0, 29).astype(int), minlength=30)
    return {"low": low, "high": high, "counts": counts.tolist(), "mean": mean, "std": 0.5}


def projection(count: int = 12, dimensions: int = 2, **changes: object) -> dict:
    classes = ["moon" if i % 3 else "sun" for i in range(count)]
    predictions = ["moon"] * count
    return {
        "points": np.random.default_rng(1).normal(size=(count, dimensions)).tolist(),
        "labels": [f"word{i}" if i else "a<b>c" for i in range(count)],
        "classes": classes,
        "predictions": predictions,
        "mistakes": [a != b for a, b in zip(classes, predictions, strict=True)],
        "class_names": ["sun", "moon"],
        "variance": [0.5, 0.25],
        "trustworthiness": 0.9,
        "note": None,
        **changes,
    }


def luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


# Histograms


def test_histograms_are_told_in_a_sentence():
    said = describe_histograms("dense/kernel", [(0, histogram(mean=0.0)), (9, histogram(mean=0.25))])
    for part in ("dense/kernel", "epoch 0 to 9", "0.25"):
        assert part in said
    assert "epoch 9:" in describe_histograms("dense/kernel", [(9, histogram())])


def test_moving_statistics_say_whether_they_have_settled():
    first, second = {**histogram(mean=1.0)}, {**histogram(mean=1.5)}
    assert "Still moving: an epoch moves them by 16.7 %" in describe([(1, first), (3, second)])
    assert "Settled" in describe([(1, second), (2, second)])
    assert "One look" in describe([(1, first)])


# Projections


@pytest.mark.parametrize("theme", THEMES)
def test_every_class_stands_out_from_the_surface(theme):
    for colour in CLASS_COLOURS[theme]:
        assert contrast(colour, SURFACES[theme]) >= 3, colour


def test_no_points_are_told():
    assert "no points" in describe_projection(projection(0), "dense")


@pytest.mark.parametrize(
    ("trustworthiness", "words"), [(0.99, "are neighbours in the layer"), (0.9, "most neighbours"), (0.6, "not real")]
)
def test_a_projection_is_told_with_how_far_to_trust_it(trustworthiness, words):
    said = describe_projection(projection(trustworthiness=trustworthiness), "encoded_text")
    for part in ("12 points of encoded_text in 2 dimensions", "75 %", f"{trustworthiness:.2f}", words, "4 of them"):
        assert part in said
