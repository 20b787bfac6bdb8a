"""Charts: what is drawn for histograms and projections, that it can be read in both themes, and their sentences."""

from __future__ import annotations

import numpy as np
import pytest

from dashboard.charts import (
    CLASS_COLOURS,
    MANY_POINTS,
    describe_histograms,
    describe_projection,
    figure_of_projection,
)
from dashboard.charts.neighbours import mark_neighbours
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


def markers(figure) -> list:
    return [trace for trace in figure.data if trace.mode == "markers"]


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


@pytest.mark.parametrize("dimensions", [2, 3])
def test_neighbours_are_ringed_named_and_joined_to_the_chosen_point(dimensions):
    drawn = projection(dimensions=dimensions, rows=list(range(100, 112)))
    near = [{"row": 105, "label": "word5", "distance": 0.1}, {"row": 999, "label": "left out", "distance": 0.2}]
    figure = mark_neighbours(figure_of_projection(drawn), drawn, 103, near, "light")
    path, rings = figure.data[-2:]
    assert list(rings.text) == ["word3", "word5"]
    assert [rings.x[0], rings.y[1]] == [drawn["points"][3][0], drawn["points"][5][1]]
    assert (path.x[0], path.x[1]) == (drawn["points"][3][0], drawn["points"][5][0])
    assert rings.marker.size[0] > rings.marker.size[1]


def test_a_point_that_is_not_drawn_and_one_without_neighbours_are_no_trouble():
    drawn = projection(rows=list(range(12)))
    assert len(mark_neighbours(figure_of_projection(drawn), drawn, 50, [], "dark").data) == len(
        figure_of_projection(drawn).data
    )
    assert len(mark_neighbours(figure_of_projection(drawn), drawn, 5, [], "dark").data[-1].text) == 1


def test_every_point_says_which_row_it_stands_for():
    drawn = projection(rows=list(range(50, 62)))
    rows = [row for trace in markers(figure_of_projection(drawn)) for row in trace.customdata]
    assert sorted(rows) == drawn["rows"]


@pytest.mark.parametrize("theme", THEMES)
def test_every_class_stands_out_from_the_surface(theme):
    for colour in CLASS_COLOURS[theme]:
        assert contrast(colour, SURFACES[theme]) >= 3, colour


@pytest.mark.parametrize("theme", THEMES)
def test_classes_differ_in_colour_and_in_symbol(theme):
    names = [f"class {i}" for i in range(6)]
    figure = figure_of_projection(projection(6, classes=names, class_names=names), theme)
    looks = [trace.marker for trace in markers(figure)]
    assert len({look.color for look in looks}) == len({look.symbol for look in looks}) == 6


def test_every_point_is_drawn_once_whatever_colours_it():
    for colour, names in (("classes", ["sun", "moon"]), ("predictions", ["moon"]), ("mistakes", ["right", "wrong"])):
        drawn = markers(figure_of_projection(projection(), colour=colour))
        assert [trace.name for trace in drawn] == names
        assert sum(len(trace.x) for trace in drawn) == 12


def test_many_points_are_drawn_by_webgl_and_three_dimensions_as_such():
    assert {trace.type for trace in figure_of_projection(projection(MANY_POINTS + 1)).data} == {"scattergl"}
    assert markers(figure_of_projection(projection()))[0].type == "scatter"
    assert {trace.type for trace in figure_of_projection(projection(dimensions=3)).data} == {"scatter3d"}


def test_few_words_are_written_and_a_search_names_only_what_it_finds():
    [text] = [trace for trace in figure_of_projection(projection(labels=["one"] * 12)).data if trace.mode == "text"]
    assert len(text.text) == 12
    figure = figure_of_projection(projection(), found="WORD7")
    assert [list(trace.text) for trace in figure.data if trace.mode == "text"] == [["word7"]]
    assert all(trace.marker.opacity < 0.5 for trace in markers(figure))


def test_what_looks_like_markup_in_the_data_is_shown_as_it_is():
    assert "a&lt;b&gt;c" in [label for trace in figure_of_projection(projection()).data for label in trace.text]


def test_numbers_instead_of_classes_are_one_cloud():
    numbers = projection(classes=[0.5] * 12, predictions=[0.1] * 12, mistakes=[], class_names=[])
    for colour in ("classes", "predictions", "mistakes"):
        [cloud] = markers(figure_of_projection(numbers, colour=colour))
        assert not cloud.showlegend


def test_a_frame_without_classes_and_a_single_point_are_drawn():
    frame = {"points": [[0.0, 1.0], [1.0, 0.0]], "labels": ["", ""]}
    assert len(markers(figure_of_projection(frame))) == 1
    assert len(markers(figure_of_projection(projection(1)))) == 1


def test_no_points_say_why():
    none = projection(0, note="Every point has numbers that are not finite.")
    assert figure_of_projection(none).layout.annotations[0].text == none["note"]
    assert "no points" in describe_projection(none, "dense")


@pytest.mark.parametrize(
    ("trustworthiness", "words"), [(0.99, "are neighbours in the layer"), (0.9, "most neighbours"), (0.6, "not real")]
)
def test_a_projection_is_told_with_how_far_to_trust_it(trustworthiness, words):
    said = describe_projection(projection(trustworthiness=trustworthiness), "encoded_text")
    for part in ("12 points of encoded_text in 2 dimensions", "75 %", f"{trustworthiness:.2f}", words, "4 of them"):
        assert part in said


@pytest.mark.parametrize("theme", THEMES)
def test_figures_are_transparent(theme):
    figure = figure_of_projection(projection(), theme)
    assert figure.layout.paper_bgcolor == figure.layout.plot_bgcolor == "rgba(0,0,0,0)"
