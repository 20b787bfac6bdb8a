"""Every page opens, and what a person gives wrong is answered with a sentence and never a traceback."""

from __future__ import annotations

import re
import time
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from components.codegen import generate_code
from components.experiment import dump
from components.links import experiment_to_link
from dashboard import backstage
from dashboard.editing import apply_operation, new_document
from dashboard.state import change
from presets import ARCHITECTURES

SECONDS = 60
STUDIO = "from dashboard.views import studio; studio.show()"


@pytest.fixture(scope="module", autouse=True)
def warm_engine():
    """The engine, ready; the tests of waiting for it stand in test_engine."""
    deadline = time.monotonic() + 120
    while backstage.engine().state != "ready" and time.monotonic() < deadline:
        time.sleep(0.1)
    yield
    backstage.engine().close()
    backstage._engine.cache_clear()


def studio(**address: str) -> AppTest:
    """The studio at an address."""
    app = AppTest.from_string(STUDIO, default_timeout=SECONDS)
    for name, value in address.items():
        app.query_params[name] = value
    return app.run()


def texts(app: AppTest) -> str:
    """All that the page says."""
    kinds = (app.markdown, app.caption, app.warning, app.error, app.info)
    return " ".join(str(element.value) for kind in kinds for element in kind)


def work_of(app: AppTest):
    return app.session_state["work"]


def operate(app: AppTest, **operation) -> AppTest:
    """An operation of the canvas, as its socket carries it out."""
    work = work_of(app)
    change(work, apply_operation(work.document, operation))
    return app.run()


def test_the_gallery_shows_every_preset():
    app = AppTest.from_file("../dashboard/pages.py", default_timeout=SECONDS).run()
    assert not app.exception
    said = texts(app)
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
    operate(app, edit="configure", layer="hidden", config={"units": 21})
    mine, browser = work_of(app).id, app.session_state["workspace"]
    before = backstage.store().draft(browser, mine).content
    assert before["experiment"]["graph"]["layers"]["hidden"]["config"]["units"] == 21
    other = AppTest.from_string(STUDIO, default_timeout=SECONDS)
    other.session_state["workspace"] = browser
    other.query_params["link"] = experiment_to_link(ARCHITECTURES["siamese_lstm"].experiment)
    other.run()
    layer = next(name for name, held in work_of(other).experiment.graph.layers.items() if held.kind == "Dense")
    operate(other, edit="configure", layer=layer, config={"units": 5})
    assert not other.exception
    assert work_of(other).id != mine
    assert {mine, work_of(other).id} <= {draft.name for draft in backstage.store().drafts(browser)}
    assert dump(backstage.store().draft(browser, mine).content) == dump(before)


def test_every_view_of_the_inside_shows_a_run():
    app = studio(preset="spirals")
    work = work_of(app)
    training = replace(work.experiment.training, epochs=3, callbacks=())
    work.document = new_document(replace(work.experiment, training=training))
    app.session_state["panel_tab"] = "Train"
    app.run()
    app.button(key="start").click().run()
    deadline = time.monotonic() + 60
    while backstage.store().run(work_of(app).run).state != "finished" and time.monotonic() < deadline:
        time.sleep(0.1)
    app.session_state["panel_tab"] = "Inside"
    for name in ("histograms", "projection", "signals", "answers", "surface"):
        app.session_state["inside_view"] = name
        for _ in range(100):
            app.run()
            if drawn(app):
                break
            time.sleep(0.1)
        assert not app.exception
        assert drawn(app), texts(app)


def drawn(app: AppTest) -> bool:
    """Whether there is a picture in the view of the inside."""
    flipbooks = [element for element in app.get("bidi_component") if "inside_" in element.proto.id]
    return bool(app.get("plotly_chart") or flipbooks)


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
    operate(app, edit="configure", layer="hidden", config={"units": 7})
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
    deadline = time.monotonic() + 120
    while not app.success and time.monotonic() < deadline:
        time.sleep(0.3)
        app.run()
    assert not app.exception
    return app.success[0].value


def test_what_is_proved_is_the_file_that_is_shown_whatever_was_trained_before():
    app = studio(preset="spirals")
    work = work_of(app)
    training = replace(work.experiment.training, epochs=1, callbacks=())
    work.document = new_document(replace(work.experiment, training=training))
    app.session_state["panel_tab"] = "Train"
    app.run()
    app.button(key="start").click().run()
    deadline = time.monotonic() + 60
    while backstage.store().run(work_of(app).run).state != "finished" and time.monotonic() < deadline:
        time.sleep(0.1)
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
