"""Model cards: the run's own figures, the experiment's own settings, and no name that becomes markup."""

from __future__ import annotations

from dataclasses import replace

import pytest
from markdown_it import MarkdownIt

from components.experiment import Data, experiment_to_json
from components.exports.exporting import FORMS, Taken
from components.exports.model_cards import best_of, write_model_card
from components.store import Record, Store
from presets import ARCHITECTURES

LOGS = [
    {"loss": 0.9, "accuracy": 0.5, "val_loss": 0.8, "val_accuracy": 0.55, "learning_rate": 0.001, "seconds": 0.1},
    {
        "loss": 0.5,
        "accuracy": 0.7,
        "val_loss": 0.61234567,
        "val_accuracy": 0.65,
        "learning_rate": 0.001,
        "seconds": 0.1,
    },
    {"loss": 0.2, "accuracy": 0.9, "val_loss": 0.7, "val_accuracy": 0.62, "learning_rate": 0.001, "seconds": 0.1},
]


@pytest.fixture
def run_and_records(tmp_path):
    """A finished run of three epochs, as the store tells it."""
    store = Store(f"sqlite:///{tmp_path}/runs.db")
    run = store.create_run("somebody", experiment_to_json(ARCHITECTURES["spirals"].experiment))
    store.append(run, [Record("epoch", i, i * 8, logs) for i, logs in enumerate(LOGS, 1)], epoch=3)
    store.update_run(run, state="finished")
    return store.run(run), store.records(run, kinds=("epoch",))


def test_the_card_tells_the_runs_figures(run_and_records):
    card = write_model_card(ARCHITECTURES["spirals"].experiment, *run_and_records)
    assert "After 3 epochs, finished on" in card
    assert "lowest after epoch 2" in card
    assert "| `loss` | 0.2 | 0.7 | 0.5 | 0.6123 |" in card
    assert "| `accuracy` | 0.9 | 0.62 | 0.7 | 0.65 |" in card
    assert "seconds" not in card


def test_figures_stand_beside_the_settings_that_they_came_of_and_the_file_is_named(run_and_records):
    trained = ARCHITECTURES["spirals"].experiment
    changed = replace(trained, training=replace(trained.training, epochs=77, learning_rate=0.5, optimizer="SGD"))
    card = FORMS["card"].write(Taken(changed, *run_and_records))
    assert card == write_model_card(trained, *run_and_records, None, "two_spirals")
    assert "SGD" not in card
    assert 'load_model("two_spirals.keras")' in card


def test_a_value_that_is_no_number_does_not_become_the_best():
    records = [Record("epoch", 1, 1, {"val_loss": None}), Record("epoch", 2, 2, {"val_loss": 0.5})]
    assert best_of(records).epoch == 2
    assert best_of(records[:1]).epoch == 1


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_preset_has_a_card_before_it_is_trained(name):
    experiment = ARCHITECTURES[name].experiment
    card = write_model_card(experiment)
    assert "Not trained yet." in card
    assert f"learning rate {experiment.training.learning_rate:g}" in card
    for node in experiment.graph.nodes[:60]:
        assert f"| `{node.id}` |" in card


def test_shapes_and_parameters_come_from_the_inspection():
    from components.building import inspect_experiment_json

    experiment = ARCHITECTURES["siamese_lstm"].experiment
    inspection = inspect_experiment_json(experiment_to_json(experiment))
    card = write_model_card(experiment, inspection=inspection)
    assert f"- Parameters: {ARCHITECTURES['siamese_lstm'].parameters:,}" in card
    assert "with the same weights: `embedded`, `encoder`" in card
    assert "(None, 1)" in card


HOSTILE = "<script>alert(1)</script> [x](javascript:alert(1)) | `a` **b**\n# c"


def test_names_stay_names():
    experiment = replace(ARCHITECTURES["spirals"].experiment, name=HOSTILE)
    read = MarkdownIt().enable("table").parse(write_model_card(experiment).split("---\n", 2)[2])
    kinds = {token.type for token in read} | {child.type for token in read for child in token.children or ()}
    assert not kinds & {"html_block", "html_inline", "link_open", "image", "strong_open"}
    assert sum(token.type == "heading_open" and token.tag == "h1" for token in read) == 1


def test_without_data_the_card_says_so():
    assert "None was chosen." in write_model_card(replace(ARCHITECTURES["spirals"].experiment, data=Data("")))
