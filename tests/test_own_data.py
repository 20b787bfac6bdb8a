"""Your own data on the page: given, refused in a sentence, chosen, and trained on."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from components.experiment import Data, experiment_to_json
from components.exports.exporting import Taken, fitting_forms
from components.tables import read_table, table_config, usual_kinds
from dashboard import backstage
from dashboard.editing import apply_operation, change_experiment
from dashboard.panels.export import make
from tests.test_pictures import album, zipped
from tests.test_tables import broken, people

SECONDS = 60
DIALOG = "from dashboard.panels.own_data import show_own_data; from dashboard.state import current_work; show_own_data(current_work())"
STUDIO = "from dashboard.views import studio; studio.show()"


pytestmark = pytest.mark.usefixtures("warm_engine")


def dialog() -> AppTest:
    return AppTest.from_string(DIALOG, default_timeout=SECONDS).run()


def give(app: AppTest, content: bytes, name: str = "people.csv") -> AppTest:
    return app.file_uploader(key="own_table").set_value((name, content, "text/csv")).run()


def work_of(app: AppTest):
    return app.session_state["work"]


def test_a_table_is_chosen_and_undo_takes_it_back():
    app = dialog()
    before = work_of(app).experiment
    give(app, people())
    assert not app.exception
    assert app.selectbox(key=next(s.key for s in app.selectbox if s.key.startswith("own_target"))).value == "tea"
    app.button(key="own_take").click().run()
    assert not app.exception
    data = work_of(app).experiment.data
    assert data.dataset == "table"
    assert data.config["categories"] == ["city", "tea"]
    assert backstage.store().file(data.config["file"]) == people()
    assert apply_operation(work_of(app).document, {"edit": "undo"}).experiment == before


def test_a_bad_table_is_a_sentence_and_what_was_chosen_stays():
    app = dialog()
    before = work_of(app).experiment
    give(app, broken(1, 2, "age"))
    assert not app.exception
    assert "both called “age”" in app.error[0].value
    assert work_of(app).experiment == before
    give(app, broken(9, 2, "tall"))
    assert "Row 9, column 2 (“height”) holds “tall”" in app.warning[0].value
    app.button(key="own_take").click().run()
    assert "Row 9, column 2" in app.error[0].value
    assert work_of(app).experiment == before
    app.checkbox[0].check().run()
    app.button(key="own_take").click().run()
    assert work_of(app).experiment.data.dataset == "table"


def test_a_graph_is_fitted_to_a_table_by_the_offered_mends_and_trains():
    app = AppTest.from_string(STUDIO, default_timeout=SECONDS)
    app.query_params["preset"] = "spirals"
    app.run()
    work = work_of(app)
    own = dialog_on(work)
    for _ in range(6):
        problems = backstage.inspect_experiment(own.experiment)["problems"]
        if not problems:
            break
        for edit in problems[0]["fixes"][0]["edits"]:
            own.document = apply_operation(own.document, edit)
    assert problems == []
    assert own.experiment.data.inputs == {"point": "numbers"}  # it has the shape of the input already
    run = backstage.store().create_run("me", content_of(own), "tea")
    backstage.engine().submit("components.training.running.run_job", backstage.store().url, run, key=run, seconds=110)
    deadline = time.monotonic() + 120
    while backstage.store().run(run).active and time.monotonic() < deadline:
        time.sleep(0.2)
    assert (backstage.store().run(run).state, backstage.store().run(run).message) == ("finished", "")


def dialog_on(work, rows=50):
    """The work with the table as its data, as the dialog leaves it."""
    content = people(rows)
    table = read_table("people.csv", content)
    reference = backstage.store().keep_file("me", "people.csv", content)
    config = {**table_config(table, "", "tea", usual_kinds(table, "tea")), "file": reference}
    work.document = change_experiment(work.document, data=Data("table", config))
    return work


def content_of(work):
    training = replace(work.experiment.training, epochs=3, callbacks=())
    return experiment_to_json(replace(work.experiment, training=training))


def test_pictures_are_chosen_and_a_broken_one_only_left_out_when_confirmed():
    app = dialog()
    before = work_of(app).experiment
    app.button_group(key="own_way").set_value("A zip").run()
    content = zipped({**album(10), "album/red/bad.png": b"no picture"})
    app.file_uploader(key="own_zip").set_value(("album.zip", content, "application/zip")).run()
    assert not app.exception
    assert "“album/red/bad.png” cannot be used" in app.warning[0].value
    assert app.button(key="own_take_pictures").disabled
    assert work_of(app).experiment == before
    app.checkbox(key="own_without_broken").check().run()
    app.button(key="own_take_pictures").click().run()
    data = work_of(app).experiment.data
    assert (data.dataset, data.config["side"]) == ("images", 32)
    assert data.config["file"].endswith("/album.zip")
    app = AppTest.from_string(STUDIO, default_timeout=SECONDS)
    app.query_params["preset"] = "spirals"
    app.session_state["panel_tab"] = "Train"
    app.run()
    work_of(app).document = change_experiment(work_of(app).document, data=data)
    app.run()
    assert not app.exception
    assert any("album.zip" in str(box.options) for box in app.selectbox)
    inspection = backstage.inspect_experiment(work_of(app).experiment)
    assert "feed it one of these" in inspection["problems"][0]["message"]


def test_what_is_no_zip_is_a_sentence():
    app = dialog()
    app.button_group(key="own_way").set_value("A zip").run()
    app.file_uploader(key="own_zip").set_value(("album.zip", b"no zip", "application/zip")).run()
    assert not app.exception
    assert "not a zip" in app.error[0].value


def test_the_export_holds_the_file_of_data():
    app = AppTest.from_string(STUDIO, default_timeout=SECONDS)
    app.query_params["preset"] = "spirals"
    app.run()
    taken = Taken(dialog_on(work_of(app)).experiment)
    assert "data" in fitting_forms(taken)
    files, refused = make(taken, ["code", "script", "card", "notebook", "data"])
    assert refused == []
    assert files["people.csv"] == people()
    lost = replace(taken.experiment, data=Data("table", {**taken.experiment.data.config, "file": f"{'0' * 64}/x.csv"}))
    files, refused = make(Taken(lost), ["data"])
    assert "“x.csv” is not kept here" in refused[0]


def test_a_file_that_comes_back_is_noticed():
    app = AppTest.from_string(STUDIO, default_timeout=SECONDS)
    app.query_params["preset"] = "spirals"
    app.run()
    work = dialog_on(work_of(app), rows=61)  # which no other test keeps
    reference = work.experiment.data.config["file"]
    backstage.store().delete_file("me", reference)
    missing = replace(work.experiment, seed=77)
    assert "not kept here" in backstage.inspect_experiment(missing)["problems"][0]["message"]
    backstage.store().keep_file("me", "people.csv", people(61))
    assert "feed it one of these" in backstage.inspect_experiment(missing)["problems"][0]["message"]


def test_the_settings_of_shipped_data_can_be_changed():
    app = AppTest.from_string(STUDIO, default_timeout=SECONDS)
    app.query_params["preset"] = "genre_and_period"
    app.session_state["panel_tab"] = "Train"
    app.run()
    field = next(field for field in app.number_input if field.key.endswith("data/novels/mislabelled"))
    assert field.value == 0.5
    field.set_value(0.1).run()
    assert not app.exception
    assert work_of(app).experiment.data.config == {"mislabelled": 0.1}
    rows = next(field for field in app.number_input if field.key.endswith("data/novels/rows"))
    rows.set_value(100).run()
    assert work_of(app).experiment.data.config == {"mislabelled": 0.1, "rows": 100}


def test_a_table_of_before_can_be_taken_again_and_deleted():
    app = dialog()
    content = people(71)
    give(app, content)
    app.button(key="own_take").click().run()
    reference = work_of(app).experiment.data.config["file"]
    again = dialog()
    again.session_state["workspace"] = app.session_state["workspace"]
    again.run()
    box = again.selectbox(key="own_earlier/csv")
    box.set_value(reference).run()
    assert not again.exception
    assert any(s.key.startswith("own_target") for s in again.selectbox)
    again.button(key="own_delete").click().run()
    assert not again.exception
    assert not backstage.store().has_file(reference)
