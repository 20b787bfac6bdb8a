"""Every page opens, and what a person gives wrong is answered with a sentence and never a traceback."""

from __future__ import annotations

import json
import os
import re
import secrets
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from html import unescape

import pytest
from streamlit.testing.v1 import AppTest

from components.codegen import generate_code
from components.experiment import Data, Experiment, dump, experiment_to_json
from components.limits import LimitError
from components.links import experiment_from_link, experiment_to_link
from components.runs import Record, logs_by_epoch
from dashboard import backstage, jobs
from dashboard.dialogue import hear
from dashboard.editing import apply_operation, new_document
from dashboard.panels.files import preset_of
from presets import ARCHITECTURES

SECONDS = 60
STUDIO = "from dashboard.views import studio; studio.show()"


pytestmark = pytest.mark.usefixtures("warm_engine")


def studio(**address: str) -> AppTest:
    """The studio at an address."""
    app = AppTest.from_string(STUDIO, default_timeout=SECONDS)
    for name, value in address.items():
        app.query_params[name] = value
    return app.run()


def texts(app: AppTest) -> str:
    """All that the page says."""
    kinds = (app.markdown, app.caption, app.warning, app.error, app.info, app.get("html"))
    return " ".join(str(element.value) for kind in kinds for element in kind)


def work_of(app: AppTest):
    return app.session_state["work"]


def operate(app: AppTest, *edits: dict) -> AppTest:
    """The canvas sends operations, as over its socket, and the page follows."""
    sent = [{"n": number, **edit} for number, edit in enumerate(edits, 1)]
    hear(work_of(app), {"ops": {"client": secrets.token_hex(4), "list": sent}})
    return app.run()


def test_the_gallery_shows_every_preset():
    app = AppTest.from_file("../dashboard/pages.py", default_timeout=SECONDS).run()
    assert not app.exception
    said = unescape(texts(app))
    for architecture in ARCHITECTURES.values():
        assert architecture.title in said


def test_the_gallery_filters_by_concept():
    app = AppTest.from_file("../dashboard/pages.py", default_timeout=SECONDS).run()
    app.button_group(key="concepts").set_value(["shared"]).run()
    shown = {button.key for button in app.button if button.key.startswith("open_")}
    assert shown == {f"open_{name}" for name, a in ARCHITECTURES.items() if "shared" in a.concepts}


@pytest.mark.parametrize("name", sorted(ARCHITECTURES))
def test_the_studio_opens_every_preset_without_a_problem(name):
    app = studio(preset=name)
    assert not app.exception
    work = work_of(app)
    assert work.experiment.graph == ARCHITECTURES[name].experiment.graph
    inspection = backstage.inspect_experiment(work.experiment)
    assert inspection["problems"] == []
    assert inspection["parameters"] == ARCHITECTURES[name].parameters


@pytest.mark.parametrize("tab", ["Layer", "Train", "Inside", "Code"])
def test_every_tab_opens(tab):
    app = studio(preset="question_answering")
    app.session_state["panel_tab"] = tab
    app.run()
    assert not app.exception


def test_an_unknown_preset_in_the_address_is_named_beside_the_known_ones():
    app = studio(preset="no_such")
    assert not app.exception
    assert "no preset “no_such”" in work_of(app).notice
    assert "spirals" in work_of(app).notice


def test_a_link_opens_what_it_carries_and_a_broken_one_says_so():
    experiment = ARCHITECTURES["siamese_lstm"].experiment
    link = experiment_to_link(experiment)
    assert work_of(studio(link=link)).experiment.graph == experiment.graph
    broken = studio(link=link[:-7])
    assert not broken.exception
    assert "not whole" in work_of(broken).notice


def test_a_link_never_overwrites_what_was_being_worked_on():
    app = studio(preset="spirals")
    operate(app, {"edit": "configure", "layer": "hidden", "config": {"units": 21}})
    mine, browser = work_of(app).id, app.session_state["workspace"]
    before = backstage.store().draft(browser, mine).content
    assert before["experiment"]["graph"]["layers"]["hidden"]["config"]["units"] == 21
    other = AppTest.from_string(STUDIO, default_timeout=SECONDS)
    other.session_state["workspace"] = browser
    other.query_params["link"] = experiment_to_link(ARCHITECTURES["siamese_lstm"].experiment)
    other.run()
    layer = next(name for name, held in work_of(other).experiment.graph.layers.items() if held.kind == "Dense")
    operate(other, {"edit": "configure", "layer": layer, "config": {"units": 5}})
    assert not other.exception
    assert work_of(other).id != mine
    assert {mine, work_of(other).id} <= {draft.name for draft in backstage.store().drafts(browser)}
    assert dump(backstage.store().draft(browser, mine).content) == dump(before)


def trained_spirals(epochs: int) -> AppTest:
    """The studio after a run of so many epochs."""
    app = studio(preset="spirals")
    work = work_of(app)
    training = replace(work.experiment.training, epochs=epochs, callbacks=())
    work.document = new_document(replace(work.experiment, training=training))
    app.session_state["panel_tab"] = "Train"
    app.run()
    app.button(key="start").click().run()
    wait_for(lambda: backstage.store().run(work_of(app).run).state == "finished")
    return app


def test_every_view_of_the_inside_shows_a_run():
    app = trained_spirals(3)
    app.session_state["panel_tab"] = "Inside"
    for name in ("histograms", "projection", "signals", "answers", "surface"):
        app.session_state["inside_view"] = name
        wait_for(lambda: drawn(app.run()))
        assert not app.exception


def test_a_run_whose_worker_is_killed_goes_on_from_its_checkpoint_and_can_be_begun_again():
    """As a person does it, by the bar: start, SIGKILL from outside, resume; then back to the start."""
    steered = """
import streamlit as st
from dashboard import running
from dashboard.state import current_work
if "asked" in st.session_state:
    running.carry_out(current_work(), st.session_state.pop("asked"), None)
"""
    epochs = 600  # more than pass before the worker is killed
    app = AppTest.from_string(steered + STUDIO, default_timeout=SECONDS)
    app.query_params["preset"] = "spirals"
    app.run()
    work = work_of(app)
    training = replace(work.experiment.training, epochs=epochs, callbacks=())
    work.document = new_document(replace(work.experiment, training=training))
    ask(app, "start")
    run_id = work_of(app).run
    wait_for(lambda: backstage.store().run(run_id).epoch > 5)
    os.kill(backstage.engine().job(run_id).pid, signal.SIGKILL)
    wait_for(lambda: backstage.store().run(run_id).state == "lost")
    left = backstage.store().run(run_id).epoch
    assert 5 < left < epochs
    ask(app, "resume")
    assert work_of(app).notice is None
    assert work_of(app).going
    wait_for(lambda: not backstage.store().run(run_id).active)
    records = backstage.store().records(run_id, kinds=("epoch", "mark"))
    assert list(logs_by_epoch(records)) == list(range(1, epochs + 1))
    (back,) = [r for r in records if r.values.get("mark") in ("resumed", "rewound")]
    assert 0 < back.epoch <= left
    assert [r.epoch for r in records if r.kind == "epoch"] == [*range(1, left + 1), *range(back.epoch + 1, epochs + 1)]

    wait_for(lambda: backstage.engine().status(run_id) != "running")
    ask(app, "resume")
    assert f"All {epochs} epochs are done" in work_of(app).notice
    ask(app, "restart")
    assert work_of(app).notice is None
    assert work_of(app).going
    wait_for(lambda: not backstage.store().run(run_id).active)
    again = backstage.store().records(run_id, kinds=("epoch", "mark"))[len(records) :]
    assert [r.epoch for r in again if r.kind == "epoch"] == list(range(1, epochs + 1))
    first, second = (next(r.values["loss"] for r in of if r.kind == "epoch") for of in (records, again))
    assert second == pytest.approx(first, rel=1e-4)


def ask(app: AppTest, command: str) -> None:
    """Press something in the bar."""
    app.session_state["asked"] = command
    app.run()
    assert not app.exception


def wait_for(condition: Callable[[], object]) -> None:
    """Wait until it holds, as long as a busy machine may take."""
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.1)


def drawn(app: AppTest) -> bool:
    """Whether there is a picture in the view of the inside."""
    return any("inside_" in element.proto.id for element in app.get("bidi_component"))


def test_changed_code_changes_the_graph_and_undo_takes_it_back():
    app = studio(preset="spirals")
    app.session_state["panel_tab"] = "Code"
    app.session_state["code_edited"] = True
    app.run()
    area = app.text_area[0]
    area.set_value(area.value.replace("layers.Dense(32", "layers.Dense(48", 1)).run()
    app.button(key="code_apply").click().run()
    assert not app.exception
    assert work_of(app).experiment.graph.layers["hidden"].config["units"] == 48
    undone = apply_operation(work_of(app).document, {"edit": "undo"})
    assert undone.experiment.graph.layers["hidden"].config["units"] == 32


def test_what_was_typed_and_what_is_said_of_it_stay_while_the_graph_follows():
    app = studio(preset="spirals")
    app.session_state["panel_tab"] = "Code"
    app.session_state["code_edited"] = True
    app.run()
    typed = app.text_area[0].value.replace("layers.Dense(32", "layers.Dense(48", 1)
    typed = typed.replace("    return keras.Model(", "    keras.layers.Lambda(abs)(hidden)\n    return keras.Model(", 1)
    app.text_area[0].set_value(typed).run()
    app.button(key="code_apply").click().run()
    assert not app.exception
    assert work_of(app).experiment.graph.layers["hidden"].config["units"] == 48
    for _ in range(2):
        assert app.text_area[0].value == typed
        assert "Lambda runs code of its own" in texts(app)
        assert "changed elsewhere" not in texts(app)
        app.run()
    operate(app, {"edit": "configure", "layer": "hidden", "config": {"units": 7}})
    assert app.text_area[0].value == typed
    assert "changed elsewhere" in texts(app)
    app.button(key="code_discard").click().run()
    assert "layers.Dense(7" in app.text_area[0].value
    assert "Lambda" not in texts(app)


def test_the_seed_and_the_arguments_of_the_data_follow_the_code():
    app = studio(preset="spirals")
    app.session_state["panel_tab"] = "Code"
    app.session_state["code_edited"] = True
    app.run()
    typed = re.sub(r"SEED = \d+", "SEED = 77", app.text_area[0].value)
    typed = re.sub(r"(seed=SEED, .*noise=)[\d.]+", r"\g<1>0.375", typed)
    app.text_area[0].set_value(typed).run()
    app.button(key="code_apply").click().run()
    assert not app.exception
    assert work_of(app).experiment.seed == 77
    assert work_of(app).experiment.data.config["noise"] == 0.375
    assert app.text_area[0].value == generate_code(work_of(app).experiment)


def test_which_arrays_are_taken_follows_the_code_and_what_does_not_is_named_by_line():
    app = studio(preset="spirals")
    app.session_state["panel_tab"] = "Code"
    app.session_state["code_edited"] = True
    app.run()
    typed = app.text_area[0].value.replace('targets["curve"]', 'targets["other"]')
    typed = typed.replace("verbose=0", "verbose=1")
    app.text_area[0].set_value(typed).run()
    app.button(key="code_apply").click().run()
    assert not app.exception
    assert work_of(app).experiment.data.targets == {"curve": "other"}
    line = next(number for number, text in enumerate(typed.split("\n"), 1) if "verbose=1" in text)
    assert f"Line {line}: What is changed here is nothing that the experiment holds" in texts(app)
    assert app.text_area[0].value == typed


SHARE = """
from dashboard.panels.files import show_files
from dashboard.state import current_work
show_files(current_work())
"""


def shared(experiment: Experiment) -> str:
    """The address in the Share dialog of work on that experiment."""
    app = AppTest.from_string(SHARE, default_timeout=SECONDS)
    app.query_params["link"] = experiment_to_link(experiment)
    app.run()
    assert not app.exception
    return app.code[0].value


def test_an_unchanged_preset_is_shared_by_its_name_and_a_changed_one_with_its_changes():
    preset = ARCHITECTURES["inception_v3"].experiment
    assert shared(new_document(preset).experiment).endswith("?preset=inception_v3")
    for changed in (
        replace(preset, seed=9),
        replace(preset, name="Mine"),
        replace(preset, layout={preset.graph.nodes[0].id: (7.0, 7.0)}),
    ):
        _, _, link = shared(changed).partition("?link=")
        assert experiment_from_link(link) == new_document(changed).experiment


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_preset_as_it_is_opened_is_known_as_itself(name):
    assert preset_of(new_document(ARCHITECTURES[name].experiment).experiment) == name


def test_a_block_goes_in_with_parameters_of_ones_own():
    app = studio(preset="spirals")
    before = work_of(app).document.graph
    node = before.nodes[1].id
    work_of(app).chosen = (node,)
    app.run()
    app.selectbox(key="block_name").set_value("residual").run()
    app.number_input(key="block/residual/depth").set_value(2).run()
    app.button(key="do_insert_block").click().run()
    assert not app.exception
    fresh = [n for n in work_of(app).document.graph.nodes if n.id not in {known.id for known in before.nodes}]
    kinds = sorted(work_of(app).document.graph.layer_of(n).kind for n in fresh)
    assert kinds == ["Add", "Dense", "Dense"]
    assert node in {reference for n in fresh for reference in n.inputs}


def test_a_block_goes_on_an_edge_with_parameters_of_ones_own():
    app = studio(preset="spirals")
    work_of(app).chosen_edge = ("deeper", 0)
    app.run()
    assert "From hidden to deeper" in texts(app)
    app.selectbox(key="block_name").set_value("residual").run()
    app.number_input(key="block/residual/depth").set_value(1).run()
    app.button(key="do_insert_block").click().run()
    assert not app.exception
    graph = work_of(app).document.graph
    end = graph.node("deeper").inputs[0]
    assert graph.layer_of(graph.node(end)).kind == "Add"
    assert "hidden" in graph.node(end).inputs


def test_a_reload_of_the_page_keeps_what_can_be_undone():
    app = studio(preset="spirals")
    operate(app, *({"edit": "configure", "layer": "hidden", "config": {"units": units}} for units in (7, 8, 9)))
    again = AppTest.from_string(STUDIO, default_timeout=SECONDS)
    again.session_state["workspace"] = app.session_state["workspace"]
    again.query_params["work"] = work_of(app).id
    document = work_of(again.run()).document
    assert document.graph.layers["hidden"].config["units"] == 9
    assert len(document.history.past) == 3
    for _ in range(3):
        document = apply_operation(document, {"edit": "undo"})
    assert document.experiment.graph == ARCHITECTURES["spirals"].experiment.graph


def test_the_panel_calls_again_as_the_canvas_does():
    app = studio(preset="spirals")
    work_of(app).chosen = ("hidden",)
    app.run()
    app.button(key="act_again").click().run()
    again = work_of(app).document.graph.node("hidden_1")
    assert (again.layer, again.inputs) == ("hidden", ())
    assert work_of(app).selected == ("hidden_1",)


def test_the_panel_makes_a_second_output_of_a_layer_one_of_the_graphs():
    app = studio(preset="siamese_lstm")
    stateful = {"edit": "configure", "layer": "encoder", "config": {"return_state": True}}
    work_of(app).document = apply_operation(work_of(app).document, stateful)
    work_of(app).chosen = ("encoder",)
    app.run()
    app.button(key="act_output_2").click().run()
    assert not app.exception
    assert "encoder:2" in work_of(app).document.graph.outputs


def test_code_that_builds_nothing_is_answered_by_line_and_loses_nothing():
    app = studio(preset="spirals")
    before = work_of(app).experiment
    app.session_state["panel_tab"] = "Code"
    app.session_state["code_edited"] = True
    app.run()
    app.text_area[0].set_value("import os\nos.system('true')\n").run()
    app.button(key="code_apply").click().run()
    assert not app.exception
    assert "No Keras model" in texts(app)
    assert work_of(app).experiment == before


def proved(app: AppTest, button: str) -> str:
    """What the page says of the proof."""
    app.button(key=button).click().run()
    wait_for(lambda: app.success or app.run().success)
    assert not app.exception
    return app.success[0].value


def test_what_is_proved_is_the_file_that_is_shown_whatever_was_trained_before():
    app = trained_spirals(1)
    app.session_state["panel_tab"] = "Code"
    app.run()
    said = proved(app, "prove")
    assert "Proved: 1\u202f218 parameters, and with the weights of epoch 1" in said
    work = work_of(app)
    work.document = apply_operation(work.document, {"edit": "configure", "layer": "hidden", "config": {"units": 48}})
    app.session_state["code_style"] = "sequential"
    app.run()
    assert not app.success
    said = proved(app, "prove")
    assert "fresh weights" in said
    assert "1\u202f218" not in said


def test_what_a_field_refuses_stays_in_it_with_the_reason_until_it_is_mended():
    app = studio(preset="inception_digits")
    node = next(
        n for n in work_of(app).document.graph.nodes if work_of(app).document.graph.layer_of(n).kind == "Conv2D"
    )
    work_of(app).chosen = (node.id,)
    app.run()
    field = next(f for f in app.text_input if f.label == "kernel_size")
    before = work_of(app).experiment
    field.set_value("three").run()
    assert not app.exception
    assert next(f for f in app.text_input if f.label == "kernel_size").value == "three"
    assert "kernel_size" in texts(app)
    assert ":red[" in texts(app)
    assert work_of(app).experiment == before
    next(f for f in app.text_input if f.label == "kernel_size").set_value("5").run()
    assert ":red[" not in texts(app)
    assert work_of(app).document.graph.layer_of(node).config["kernel_size"] == 5


def test_the_diagram_of_a_graph_with_a_problem_says_so_and_draws_its_calls():
    app = studio(preset="residual_digits")
    added = next(n for n in work_of(app).document.graph.nodes if work_of(app).document.graph.layer_of(n).kind == "Add")
    operate(app, {"edit": "disconnect", "target": added.id, "place": 0})
    app.button(key="open_diagram").click().run()
    assert not app.exception
    assert app.error
    assert "Add" in app.error[0].value or added.id in app.error[0].value
    assert any("Diagram of the model" in str(element.value) for element in app.get("html"))


def test_drafts_are_listed_opened_again_and_let_go_of():
    app = studio(preset="spirals")
    operate(app, {"edit": "configure", "layer": "hidden", "config": {"units": 33}})
    kept = work_of(app).id
    gallery = AppTest.from_file("../dashboard/pages.py", default_timeout=SECONDS)
    gallery.session_state["workspace"] = app.session_state["workspace"]
    gallery.run()
    gallery.button(key="gallery_drafts").click().run()
    assert not gallery.exception
    assert "Plain functional network" in texts(gallery)
    gallery.button(key=f"draft_delete_{kept}").click().run()
    assert backstage.store().draft(app.session_state["workspace"], kept) is None


# Limits, and the queue


def press_start(app: AppTest) -> str:
    """What the page says when training is asked for; the runs stay as they were."""
    before = len(backstage.store().runs(app.session_state["workspace"]))
    app.session_state["panel_tab"] = "Train"
    app.run()
    app.button(key="start").click().run()
    assert not app.exception
    assert len(backstage.store().runs(app.session_state["workspace"])) == before
    return work_of(app).notice


@pytest.mark.parametrize(
    ("limit", "value", "sentence"),
    [
        ("PARAMETERS", "1000", "at most 1,000 parameters here, and this has 1,218; use fewer units"),
        ("MEMORY", "900MB", "A job may use 900 MB of memory here, and to train 1,218 parameters takes at least"),
        ("ROWS", "500", "at most 500 rows here, and this has 1,000; take a sample"),
        ("JOBS", "1", "may have 1 jobs waiting or running here, and you have 1; stop one or wait"),
    ],
)
def test_what_is_over_a_limit_is_refused_on_the_page_before_anything_begins(limit, value, sentence, monkeypatch):
    app = studio(preset="spirals")
    backstage.store().create_run(f"{app.session_state['workspace']}/ensembles", {"members": []})
    monkeypatch.setenv(f"LAYERLOOM_MOST_{limit}", value)
    assert sentence in press_start(app)


def test_a_link_that_asks_for_a_thousand_million_rows_makes_none_of_them():
    experiment = replace(ARCHITECTURES["spirals"].experiment, data=Data("spirals", {"rows": 10**9}))
    app = studio(link=experiment_to_link(experiment))
    inspection = backstage.inspect_experiment(work_of(app).experiment)
    assert "at most 200,000 rows here, and this has 1,000,000,000" in inspection["problems"][0]["message"]
    assert "at most 200,000 rows" in press_start(app)
    # Nor where the engine is not yet there to say so.
    with pytest.raises(LimitError, match="1,000,000,000"):
        jobs.check_training(experiment, 0, None)


def test_a_training_that_is_known_to_take_too_long_is_refused(monkeypatch):
    app = studio(preset="spirals")
    work, store = work_of(app), backstage.store()
    work.run = store.create_run(app.session_state["workspace"], experiment_to_json(work.experiment))
    store.append(work.run, [Record("epoch", e, e, {"seconds": s}) for e, s in enumerate((90, 30, 30), 1)])
    store.update_run(work.run, state="finished")
    monkeypatch.setenv("LAYERLOOM_MOST_SECONDS", "600")
    epochs = work.experiment.training.epochs
    assert f"may run for 10 minutes here, and this would take about {epochs / 2:.0f}" in press_start(app)


def test_a_store_without_room_for_another_run_says_so(monkeypatch):
    app = studio(preset="spirals")
    store = backstage.store()
    pinned = store.create_run(app.session_state["workspace"], {})
    store.save_artefact(pinned, "weights", bytes(10_000))
    monkeypatch.setattr(store, "most_bytes", 5_000)
    assert "delete or unpin runs" in press_start(app)
    store.update_run(pinned, state="stopped")


STOP = """
from dashboard import running, state
running.carry_out(state.current_work(), "stop", None)
"""


def told_by_the_bar(app: AppTest) -> list[str]:
    """What stands beside the curves."""
    (curves,) = [element for element in app.get("bidi_component") if "curves" in element.proto.id]
    return json.loads(curves.proto.mixed.json or curves.proto.json)["saying"]


def test_a_second_run_waits_in_the_queue_and_a_stop_takes_it_out_at_once():
    app = studio(preset="spirals")
    work, store = work_of(app), backstage.store()
    training = replace(work.experiment.training, epochs=10_000, callbacks=())
    work.document = new_document(replace(work.experiment, data=Data("spirals", {"rows": 5_000}), training=training))
    app.session_state["panel_tab"] = "Train"
    app.run()
    app.button(key="start").click().run()
    first = work.run
    wait_for(lambda: store.run(first).epoch > 0)
    app.button(key="start").click().run()
    second = work.run
    assert [store.run(run).state for run in (first, second)] == ["running", "queued"]
    assert "Number 1 in the queue: it starts when a worker is free." in told_by_the_bar(app)
    bar = AppTest.from_string(STOP, default_timeout=SECONDS)
    bar.session_state["work"], bar.session_state["workspace"] = work, app.session_state["workspace"]
    assert not bar.run().exception
    wait_for(lambda: store.run(second).state == "stopped")
    assert store.run(second).message == "Stopped while it waited."
    assert store.active_runs(app.session_state["workspace"]) == [first]
    backstage.store().send(first, "stop")
    wait_for(lambda: store.run(first).state == "stopped")


def test_the_diagram_has_its_options_on_the_form():
    app = studio(preset="siamese_lstm")
    app.button(key="open_diagram").click().run()
    assert not app.exception
    assert {"rankdir", "splines", "calls_rankdir", "calls_nested"} <= {box.key for box in app.selectbox}
    app.selectbox(key="rankdir").set_value("RL").run()
    assert not app.exception
    assert not app.error
