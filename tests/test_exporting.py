"""Exporting: every form that is offered is written, is what it says it is, and the dialog hands it over."""

from __future__ import annotations

import ast
import base64
import io
import json
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from components.drawing.diagrams import render_pdf_json
from components.experiment import Data, experiment_from_json, experiment_to_json, read_experiment
from components.exports.exporting import FORMS, Taken, fitting_forms, write_files, zip_files
from components.graph import Graph, graph_to_json
from components.runs import Run
from dashboard import backstage
from dashboard.panels.export import make
from presets import ARCHITECTURES

SPIRALS = ARCHITECTURES["spirals"].experiment


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_form_that_is_offered_is_written(name):
    taken = Taken(ARCHITECTURES[name].experiment)
    forms = [form for form in fitting_forms(taken) if not FORMS[form].asks]
    files, refused = write_files(taken, forms)
    assert refused == []
    assert len(files) == len(forms)
    for path, content in files.items():
        if path.endswith(".py"):
            ast.parse(content)
        elif path.endswith((".ipynb", ".json")):
            json.loads(content)
    again = next(content for path, content in files.items() if path.endswith(".json"))
    assert read_experiment(again) == ARCHITECTURES[name].experiment


def test_forms_are_offered_where_they_fit():
    chain, branched = Taken(SPIRALS), Taken(ARCHITECTURES["question_answering"].experiment)
    assert "sequential" in fitting_forms(chain)
    assert "sequential" not in fitting_forms(branched)
    assert "list" in fitting_forms(branched)
    assert "list" not in fitting_forms(chain)
    assert not {"keras", "tflite", "onnx"} & set(fitting_forms(chain))
    assert "script" not in fitting_forms(Taken(replace(SPIRALS, data=Data(""))))


def test_a_graph_without_outputs_leaves_as_an_experiment_only():
    empty = replace(SPIRALS, graph=Graph({}, ()))
    assert fitting_forms(Taken(empty)) == ["experiment"]


def test_what_cannot_be_written_is_named_and_the_rest_is_kept():
    odd = replace(SPIRALS, data=Data("nowhere"))
    files, refused = write_files(Taken(odd), ["code", "experiment"])
    assert list(files) == ["two_spirals.json"]
    assert len(refused) == 1
    assert refused[0].startswith("Python: There is no dataset “nowhere”")


def test_the_same_files_give_the_same_zip():
    files = {"a.py": b"1", "b.json": b"{}"}
    assert zip_files(files) == zip_files(files)
    with zipfile.ZipFile(io.BytesIO(zip_files(files))) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == files


def test_a_diagram_is_drawn_as_pdf():
    graph = graph_to_json(SPIRALS.graph)
    for options in (None, {"show_shapes": True}):
        assert base64.b64decode(render_pdf_json(graph, options)["pdf"]).startswith(b"%PDF-")


# The dialog

EXPORT = """
from dashboard.panels.export import show_export
from dashboard.state import current_work
show_export(current_work())
"""


def dialog() -> AppTest:
    """The dialog on the spirals."""
    app = AppTest.from_string(EXPORT, default_timeout=120)
    app.query_params["preset"] = "spirals"
    return app.run()


def made(app: AppTest) -> dict[str, bytes]:
    """The files that were made."""
    return app.session_state["exported"][1]


def test_the_dialog_makes_the_files_that_are_chosen(warm_engine):
    app = dialog()
    app.button_group(key="export_forms").set_value(["code", "svg", "dot", "png", "pdf"]).run()
    app.button(key="export_make").click().run()
    assert not app.exception
    assert not app.warning
    assert set(made(app)) == {f"two_spirals.{ending}" for ending in ("py", "svg", "dot", "png", "pdf")}
    assert made(app)["two_spirals.png"].startswith(b"\x89PNG")
    assert made(app)["two_spirals.pdf"].startswith(b"%PDF-")
    assert b"<svg" in made(app)["two_spirals.svg"]
    assert app.get("download_button")


def test_the_dialog_proves_the_file_of_each_style_that_is_chosen(warm_engine):
    app = dialog()
    app.button_group(key="export_forms").set_value(["code", "sequential"]).run()
    for style in ("functional", "sequential"):
        app.button(key=f"export_{style}_prove").click().run()
    deadline = time.monotonic() + 120
    while len(app.success) < 2 and time.monotonic() < deadline:
        time.sleep(0.3)
        app.run()
    assert not app.exception
    assert ["Proved" in success.value for success in app.success] == [True, True]


def test_other_choices_put_the_old_files_away(warm_engine):
    app = dialog()
    app.button_group(key="export_forms").set_value(["code"]).run()
    app.button(key="export_make").click().run()
    assert app.get("download_button")
    app.button_group(key="export_forms").set_value(["code", "card"]).run()
    assert not app.get("download_button")


def test_all_forms_are_one_click_away_and_a_changed_graph_keeps_only_those_that_fit(warm_engine):
    app = dialog()
    app.button(key="export_all").click().run()
    assert not app.exception
    chosen = app.session_state["export_forms"]
    assert set(chosen) == {*(form for form in FORMS if form not in ("list", "data", "keras", "tflite", "onnx"))}
    app.session_state["export_forms"] = [*chosen, "keras"]
    app.run()
    assert not app.exception
    assert app.session_state["export_forms"] == chosen


@pytest.fixture(scope="module")
def trained(warm_engine) -> Run:
    """A run of the spirals over three epochs."""
    experiment = replace(SPIRALS, training=replace(SPIRALS.training, epochs=3, callbacks=()))
    store = backstage.store()
    run = store.create_run("t" * 40, experiment_to_json(experiment))
    backstage.engine().submit("components.training.running.run_job", store.url, run, key=run, seconds=120)
    backstage.engine().wait(run, 120)
    done = store.run(run)
    assert done.state == "finished", done.message
    return done


def weights_in(content: bytes, folder: Path) -> list[np.ndarray]:
    """The weights of a `.keras` file."""
    import keras

    (folder / "m.keras").write_bytes(content)
    return keras.models.load_model(folder / "m.keras").get_weights()


def kept(run: Run, name: str) -> list[np.ndarray]:
    """The weights in a file of the run."""
    with np.load(io.BytesIO(backstage.store().artefact(run.id, f"weights/{name}.npz"))) as arrays:
        return [arrays[name] for name in sorted(arrays.files) if name.startswith("weight_")]


def test_a_trained_run_brings_its_weights(trained, tmp_path):
    taken = Taken(
        experiment_from_json(trained.experiment), trained, backstage.store().records(trained.id, kinds=("epoch",))
    )
    files, refused = make(taken, ["keras", "tflite", "onnx", "card"])
    assert refused == []
    for ours, wanted in zip(weights_in(files["two_spirals.keras"], tmp_path), kept(trained, "epoch-0003"), strict=True):
        np.testing.assert_array_equal(ours, wanted)
    assert files["two_spirals.tflite"][4:8] == b"TFL3"
    assert len(files["two_spirals.onnx"]) > 1_000
    assert "After 3 epochs, finished on" in files["two_spirals.md"].decode()


RUN_EXPORT = """
import streamlit as st
from dashboard.panels.export import show_export
from dashboard.state import current_work
work = current_work()
work.run, work.scrubbed = st.query_params["run"], 1
show_export(work)
"""


def test_the_weights_are_those_of_the_epoch_on_the_slider_of_the_best_or_of_the_last(trained, tmp_path):
    app = AppTest.from_string(RUN_EXPORT, default_timeout=120)
    app.query_params["preset"], app.query_params["run"] = "spirals", trained.id
    app.session_state["workspace"] = trained.workspace
    app.run()
    app.button_group(key="export_forms").set_value(["keras"]).run()
    choice = f"export_epoch/{trained.id}/1"
    for place, name in enumerate(("epoch-0001", "best", "epoch-0003")):
        app.button_group(key=choice).set_value(place).run()
        app.button(key="export_make").click().run()
        assert not app.exception
        given = weights_in(made(app)["two_spirals.keras"], tmp_path)
        for ours, wanted in zip(given, kept(trained, name), strict=True):
            np.testing.assert_array_equal(ours, wanted)
        if name != "best":
            assert any(f"after epoch {int(name[-4:])}" in caption.value for caption in app.caption)
