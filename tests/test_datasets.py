"""Datasets: what they promise of shapes and names, the same from the same seed, and self-contained source."""

import inspect
import textwrap
from dataclasses import replace

import numpy as np
import pytest

from components.building import inspect_experiment_json
from components.datasets import SPLITS, EmptySplit, find_dataset, load_dataset
from components.experiment import experiment_to_json
from presets import ARCHITECTURES, DATASETS

SMALL = {"pictures": {"rows": 40, "side": 16}, "stereo": {"rows": 40, "side": 16}, "reviews": {"rows": 200}}
EVERY = pytest.mark.parametrize("name", DATASETS)


def arrays_of(splits):
    """Every array by split and name."""
    return {(split, name): array for split in SPLITS for arrays in splits[split] for name, array in arrays.items()}


def load(name, seed=0):
    return load_dataset(name, SMALL.get(name, {}), seed)


@pytest.mark.parametrize("name", ["moons", "questions", "posts"])
def test_so_few_rows_that_a_split_is_empty_are_a_sentence_before_training(name):
    with pytest.raises(EmptySplit, match=r"validation of .* has none with these settings; ask for more rows"):
        load_dataset(name, {"rows": 2}, 0)
    experiment = ARCHITECTURES["spirals"].experiment
    data = replace(experiment.data, dataset=name, config={"rows": 2})
    problems = inspect_experiment_json(experiment_to_json(replace(experiment, data=data)))["problems"]
    assert any("ask for more rows" in problem["message"] for problem in problems)


@EVERY
def test_splits_have_the_same_arrays_with_as_many_rows(name):
    splits = load(name)
    assert tuple(splits) == SPLITS
    for inputs, targets in splits.values():
        assert inputs
        assert targets
        assert not set(inputs) & set(targets)
        assert len({len(array) for array in (*inputs.values(), *targets.values())}) == 1
    shapes = [{key: array.shape[1:] for part in splits[split] for key, array in part.items()} for split in SPLITS]
    assert shapes[0] == shapes[1] == shapes[2]


@EVERY
def test_arrays_are_finite_float32_or_int32(name):
    for array in arrays_of(load(name)).values():
        assert array.dtype in (np.float32, np.int32)
        assert np.isfinite(array).all()


@EVERY
def test_the_same_seed_gives_the_same_arrays_and_another_gives_others(name):
    first, again, other = (arrays_of(load(name, seed)) for seed in (3, 3, 4))
    assert all(np.array_equal(first[key], again[key]) for key in first)
    assert any(not np.array_equal(first[key], other[key]) for key in first)


@EVERY
def test_the_source_alone_makes_the_same_arrays(name):
    make = DATASETS[name].make
    space: dict = {}
    exec(textwrap.dedent(inspect.getsource(make)), space)
    config = {**DATASETS[name].config, **SMALL.get(name, {})}
    alone, here = arrays_of(space[make.__name__](seed=1, **config)), arrays_of(make(seed=1, **config))
    assert all(np.array_equal(alone[key], here[key]) for key in here)


@EVERY
def test_classes_and_words_name_every_number(name):
    dataset, splits = DATASETS[name], load(name)
    inputs, targets = splits["train"]
    for target, classes in dataset.classes.items():
        assert set(np.unique(targets[target])) <= set(range(len(classes)))
    for array, words in (dataset.vocabulary() if dataset.vocabulary else {}).items():
        assert words[0] == ""
        assert len(set(words)) == len(words) > inputs[array].max()


@EVERY
def test_train_and_test_share_no_row(name):
    splits = load(name)

    def rows(split):
        inputs, _ = splits[split]
        flat = [np.asarray(array, "float32").reshape(len(array), -1) for array in inputs.values()]
        return [row.tobytes() for row in np.concatenate(flat, axis=1)]

    train, held_out = set(rows("train")), rows("test")
    assert sum(row in train for row in held_out) <= len(held_out) // 50


def test_the_list_is_the_one_that_every_module_finds():
    assert all(find_dataset(name) is dataset for name, dataset in DATASETS.items())


def test_reviews_have_a_vocabulary_of_two_thousand_words():
    assert len(DATASETS["reviews"].vocabulary()["review"]) == 2000


def test_the_price_of_clothes_needs_all_three_inputs():
    inputs, targets = load("clothes")["train"]
    assert set(inputs) == {"label", "description", "photo"}
    assert targets["price"].std() > 1


def test_genre_and_period_go_together():
    _, targets = load("novels")["test"]
    periods = [len(np.unique(targets["period"][targets["genre"] == genre])) for genre in range(6)]
    assert periods == [1, 2, 1, 1, 2, 1]


def test_half_of_the_training_labels_of_novels_are_drawn_by_chance():
    """One in six of those drawn is the right genre nevertheless, one in four the right period."""
    (clean, wrong) = (load_dataset("novels", {"rows": 2000, "mislabelled": share}, 1)["train"][1] for share in (0, 0.5))
    assert abs((clean["genre"] == wrong["genre"]).mean() - (0.5 + 0.5 / 6)) < 0.04
    assert abs((clean["period"] == wrong["period"]).mean() - (0.5 + 0.5 / 4)) < 0.04
