"""A look at the data: for every dataset, what is shown is what is in its arrays; and the dialog opens for each."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from components.datasets import load_dataset
from components.experiment import Data
from components.looking import SAMPLES, look_json
from dashboard.editing import change_experiment
from dashboard.panels import look
from presets import DATASETS
from tests.test_datasets import EVERY, SMALL

STUDIO = "from dashboard.views import studio; studio.show()"
DIALOG = (
    "from dashboard.panels.look import show_look; from dashboard.state import current_work; show_look(current_work())"
)


def pixels_of(address):
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(address.removeprefix("data:image/png;base64,")))))


@EVERY
def test_what_is_shown_is_what_is_in_the_arrays(name):
    config = SMALL.get(name, {})
    looked, splits = look_json(name, config, 2), load_dataset(name, config, 2)
    inputs, targets = splits["train"]
    assert looked["rows"] == {split: len(next(iter(parts[0].values()))) for split, parts in splits.items()}
    assert [array["name"] for array in looked["arrays"]] == [*inputs, *targets]
    for array in looked["arrays"]:
        place = 0 if array["role"] == "input" else 1
        for split, (least, greatest, mean) in array["ranges"].items():
            held = splits[split][place][array["name"]]
            assert (least, greatest) == (held.min(), held.max())
            assert mean == pytest.approx(held.mean(), abs=1e-5)
    for target in looked["targets"]:
        assert len(target["labels"]) == len(target["counts"]["train"])
        for split, counts in target["counts"].items():
            assert sum(counts) == splits[split][1][target["name"]].size
    assert len(looked["samples"]) == SAMPLES


@EVERY
def test_samples_are_words_pictures_or_numbers(name):
    config = SMALL.get(name, {})
    dataset, samples = DATASETS[name], look_json(name, config, 2)["samples"]
    inputs, targets = load_dataset(name, config, 2)["train"]
    words = dataset.vocabulary() if dataset.vocabulary else {}
    for row, sample in enumerate(samples):
        for array in words:
            spoken = " ".join(words[array][number] for number in inputs[array][row].reshape(-1) if number)
            assert sample[array] == spoken or sample[array].endswith("…")
        for array, classes in dataset.classes.items():
            assert sample[array] == classes[int(targets[array][row].item())]
        for array in (name for name, held in inputs.items() if held.ndim == 4 and held.shape[-1] in (1, 3)):
            assert pixels_of(sample[array]).shape[:2] == inputs[array].shape[1:3]


def test_class_counts_are_those_of_the_split():
    looked, (_, targets) = look_json("wine", {}, 0), load_dataset("wine", {}, 0)["test"]
    target = looked["targets"][0]
    assert target["labels"] == ["first", "second", "third"]
    assert target["counts"]["test"] == np.bincount(targets["grower"]).tolist()


def test_numbers_are_counted_by_range():
    target = look_json("diabetes", {}, 0)["targets"][0]
    assert target["kind"] == "numbers"
    assert sum(target["counts"]["train"]) == 265


def test_the_words_of_the_bars_are_the_counts():
    target = look_json("wine", {}, 0)["targets"][0]
    assert f"first {target['counts']['train'][0]}" in look.told(target)
    for theme in ("light", "dark"):
        assert list(look.bars_of(target, theme).data[0].y) == target["counts"]["train"]


@EVERY
def test_the_dialog_opens_for_every_dataset(name, warm_engine):
    app = AppTest.from_string(STUDIO, default_timeout=60)
    app.run()
    work = app.session_state["work"]
    work.document = change_experiment(work.document, data=Data(name, SMALL.get(name, {})))
    shown = AppTest.from_string(DIALOG, default_timeout=60)
    shown.session_state["work"] = work
    shown.run()
    assert not shown.exception
    assert not shown.error
    assert len(shown.dataframe) == 2
    assert len(shown.get("plotly_chart")) == len(load_dataset(name, SMALL.get(name, {}), 0)["train"][1])
