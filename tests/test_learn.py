"""The pages Learn and Compare: a prediction is answered by a computed claim, differences and costs are shown."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from dataclasses import replace
from math import prod

import keras
import pytest
from streamlit.testing.v1 import AppTest

from components.building import build_model, sketch_model
from components.codegen import generate_code
from components.differences import compare_graphs, compare_texts
from components.edits import add_node, configure
from components.edits.wiring import rename_layer, rename_node
from components.experiment import experiment_to_json
from components.measuring import count_multiply_adds, measure_json, time_forward_json
from dashboard import backstage, exhibits
from dashboard.views import learn as learn_view
from presets import ARCHITECTURES, LESSONS

SECONDS = 120
LEARN = "from dashboard.views import learn; learn.show()"
BOTH = """
import streamlit as st
from dashboard.views import compare, learn, studio

views = {"learn": learn.show, "studio": studio.show, "compare": compare.show}
pages = {name: st.Page(show, title=name, url_path=name) for name, show in views.items()}
st.session_state["pages"] = pages
st.navigation(list(pages.values())).run()
"""
COMPARE = "from dashboard.views import compare; compare.show()"


def said(app: AppTest) -> str:
    kinds = (app.markdown, app.caption, app.warning, app.error, app.info)
    return " ".join(str(element.value) for kind in kinds for element in kind)


def learn(name: str, source: str = LEARN) -> AppTest:
    app = AppTest.from_string(source, default_timeout=SECONDS)
    app.query_params["lesson"] = name
    return app.run()


@pytest.mark.parametrize("name", sorted(LESSONS))
def test_every_lesson_opens_and_keeps_its_answer_until_a_prediction(name):
    app = learn(name)
    assert not app.exception
    assert not app.error
    assert LESSONS[name].title in said(app)
    assert LESSONS[name].see not in said(app)


@pytest.mark.parametrize("name", sorted(LESSONS))
def test_every_lessons_graphs_open_in_the_studio_with_its_nodes_selected(name):
    lesson = LESSONS[name]
    for shown in lesson.shown:
        app = learn(name, BOTH)
        app.button(key=f"lesson_open_{shown}").click().run()
        assert not app.exception
        assert not app.error
        work, graph = app.session_state["work"], ARCHITECTURES[shown].experiment.graph
        assert work.experiment.graph == graph
        assert work.selected == tuple(node for node in lesson.nodes if node in {n.id for n in graph.nodes})
        assert app.button(key="open_diagram")


def test_a_lesson_about_two_networks_leads_to_both_side_by_side():
    app = learn("bottleneck", BOTH)
    app.button(key="lesson_compare").click().run()
    assert not app.exception
    chosen = [app.selectbox(key=f"compare_{side}").value for side in "ab"]
    assert chosen == ["preset:bottleneck", "preset:bottleneck_shortcut"]
    assert not [button for button in learn("callbacks").button if button.key == "lesson_compare"]


def test_the_nodes_that_a_lesson_points_at_are_framed():
    svg = base64.b64decode(learn_view.picture("siamese_features", LESSONS["shared_layers"].nodes)[0]).decode()
    assert svg.count('class="marked"') == 2


def test_the_first_lesson_shows_one_chain_in_both_forms():
    sequential, functional = (block.value for block in learn("functional_api").code)
    assert "keras.Sequential(" in sequential
    assert "keras.Model(inputs=" in functional
    assert all(f'name="{layer}"' in code for code in (sequential, functional) for layer in ("digit",))


def test_the_next_lesson_is_one_click_away():
    names = list(LESSONS)
    app = learn(names[0])
    app.button(key="lesson_next").click().run()
    assert LESSONS[names[1]].title in said(app)


def test_an_unknown_lesson_in_the_address_is_the_first():
    assert LESSONS[next(iter(LESSONS))].title in said(learn("no_such"))


def test_a_prediction_is_answered_by_the_computed_claim(warm_engine):
    app = learn("shared_layers")
    app.radio(key="predicted_shared_layers").set_value(0).run()
    until(app, lambda: "Keras counts" in said(app))
    assert not app.exception
    assert "Not so: 20 673" in said(app)
    assert "Keras counts 20\N{NARROW NO-BREAK SPACE}673 parameters" in said(app)
    assert LESSONS["shared_layers"].see in said(app)


def test_what_is_remembered_goes_by_every_line_of_the_code_that_computed_it(tmp_path, monkeypatch):
    trainer = tmp_path / "components" / "training" / "fit.py"
    trainer.parent.mkdir(parents=True)
    names = []
    for text in ("rate = 1", "rate = 2"):
        trainer.write_text(text)
        names.append(backstage.digest_of_code(tmp_path / "components"))
    trainer.rename(trainer.with_name("fitting.py"))
    names.append(backstage.digest_of_code(tmp_path / "components"))
    assert len(set(names)) == 3
    proof = backstage.digest(["separable_cost"])
    monkeypatch.setattr(backstage, "versions", lambda: ("3.15.1", names[0]))
    assert backstage.digest(["separable_cost"]) != proof


def test_compare_shows_differences_and_measures_both(warm_engine):
    app = AppTest.from_string(COMPARE, default_timeout=SECONDS)
    app.session_state["compare_a"] = "preset:bottleneck"
    app.session_state["compare_b"] = "preset:bottleneck_shortcut"
    app.run()
    assert not app.exception
    assert "2 of 6 calls differ" in said(app)
    until(app, lambda: "…" not in str(app.table[0].value))
    assert "2\N{NARROW NO-BREAK SPACE}572" in str(app.table[0].value)
    assert "ms, batch of 32" in str(app.table[0].value)


def test_differences_are_marked_by_side_and_change():
    left = ARCHITECTURES["bottleneck"].experiment.graph
    right = add_node(configure(left, "narrow", {"units": 8}), "more", "Dense", {"units": 3}, ["narrow"])
    marks = {row["node"]: row["change"] for row in compare_graphs(left, right)}
    assert (marks["narrow"], marks["more"], marks["wide"]) == ("changed", "right", "same")
    assert {row["change"] for row in compare_graphs(left, left)} == {"same"}


def test_calls_of_other_names_are_matched_by_what_they_are_and_stand_beside():
    left = ARCHITECTURES["bottleneck"].experiment.graph
    right = left
    for node in left.nodes:
        right = rename_node(rename_layer(right, node.layer, f"their_{node.layer}"), node.id, f"their_{node.id}")
    assert {row["change"] for row in compare_graphs(left, right)} == {"same"}
    right = configure(right, "their_narrow", {"units": 8})
    changed = [row for row in compare_graphs(left, right) if row["change"] != "same"]
    assert [(row["left_node"], row["right_node"], row["change"]) for row in changed] == [
        ("narrow", "their_narrow", "changed")
    ]


def test_two_large_networks_are_compared_by_their_parts():
    left, right = (ARCHITECTURES[name].experiment.graph for name in ("xception", "inception_v3"))
    rows = compare_graphs(left, right)
    matched = [row for row in rows if row["left_node"] and row["right_node"]]
    assert len(matched) + sum(row["change"] in ("left", "right") for row in rows) == len(rows)
    assert len(matched) > 50
    for side, graph in (("left", left), ("right", right)):
        names = [row[f"{side}_node"] for row in rows if row[f"{side}_node"]]
        assert sorted(names) == sorted(node.id for node in graph.nodes)


def test_two_files_differ_by_marked_lines():
    plain, shortcut = (generate_code(ARCHITECTURES[name].experiment) for name in ("bottleneck", "bottleneck_shortcut"))
    found = compare_texts(plain, shortcut, ("plain", "shortcut"))
    lines = found.text.splitlines()
    assert lines[:2] == ["--- plain", "+++ shortcut"]
    removed = [line[1:] for line in lines[2:] if line.startswith("-")]
    added = [line[1:] for line in lines[2:] if line.startswith("+")]
    assert (len(removed), len(added)) == (found.removed, found.added)
    assert set(removed) <= set(plain.splitlines())
    assert any("layers.Add(" in line for line in added)
    assert compare_texts(plain, plain, ("a", "b")) == compare_texts("", "", ("a", "b"))
    assert compare_texts(plain, plain, ("a", "b")).text == ""
    header_like = compare_texts("-- x\n++ y", "z", ("a", "b"))
    assert (header_like.removed, header_like.added) == (2, 1)


def test_compare_shows_the_files_of_a_draft_and_a_preset_line_by_line(warm_engine):
    app = AppTest.from_string(COMPARE, default_timeout=SECONDS)
    experiment = ARCHITECTURES["bottleneck"].experiment
    renamed = replace(experiment, training=replace(experiment.training, epochs=77))
    app.query_params["preset"] = "spirals"
    app.session_state["workspace"] = "c" * 40
    backstage.store().save_draft("c" * 40, "other", {"experiment": experiment_to_json(renamed)})
    app.session_state["compare_a"] = "preset:bottleneck"
    app.session_state["compare_b"] = "draft:other"
    app.run()
    assert not app.exception
    assert "+        epochs=77," in app.code[0].value
    assert app.code[0].language == "diff"
    assert "Lines only in" in said(app)
    app.selectbox(key="compare_b").set_value("preset:bottleneck").run()
    assert not app.exception
    assert "Both give the same Python file" in said(app)


@pytest.mark.parametrize(
    ("name", "products"),
    [
        ("dense_digits", 64 * 32 + 32 * 32 + 32 * 10),
        # Embeddings are looked up; both calls of the encoder read 8 words of 32 numbers.
        ("siamese_lstm", 2 * 8 * (32 * 128 + 32 * 128) + 64 * 32 + 32),
        ("normalised_digits", 8 * 8 * 9 * 8 + 4 * 4 * 9 * 8 * 16 + 64 * 10),
    ],
)
def test_multiply_adds_are_those_counted_by_hand(name, products):
    graph = ARCHITECTURES[name].experiment.graph
    assert count_multiply_adds(graph, build_model(graph)) == products


def products_of(model: keras.Model) -> int:
    """Multiply-adds for one picture, layer by layer from the shapes that Keras's own layers tell."""
    total = 0
    for layer in model.layers:
        if isinstance(layer, keras.layers.SeparableConv2D):
            (_, high, wide, filters), channels = layer.output.shape, layer.input.shape[-1]
            total += high * wide * channels * (prod(layer.kernel_size) + filters)
        elif isinstance(layer, keras.layers.Conv2D):
            total += prod(layer.output.shape[1:]) * prod(layer.kernel_size) * layer.input.shape[-1]
        elif isinstance(layer, keras.layers.Dense):
            total += layer.input.shape[-1] * layer.units
    return total


@pytest.mark.parametrize(
    ("name", "kerass", "products"),
    [
        ("xception", "Xception", 8_357_403_496),
        ("inception_v3", "InceptionV3", 5_713_216_096),
        ("separable_classifier", None, 20_317_676),
        ("convolution_classifier", None, 163_315_392),
    ],
)
def test_multiply_adds_of_large_models_are_those_of_keras_own(name, kerass, products):
    graph = ARCHITECTURES[name].experiment.graph
    sketch = sketch_model(graph)
    with keras.StatelessScope(initialize_variables=False):
        known = getattr(keras.applications, kerass)(weights=None) if kerass else sketch
    assert count_multiply_adds(graph, sketch) == products_of(known) == products


def test_a_measurement_of_a_large_model_counts_but_does_not_train():
    found = measure_json(experiment_to_json(ARCHITECTURES["xception"].experiment))
    assert found["parameters"] == 22_910_480
    assert found["seconds"] is None
    assert found["multiply_adds"] == 8_357_403_496


def test_answering_is_timed_where_training_takes_too_long(warm_engine):
    small = replace(ARCHITECTURES["question_answering_full"].experiment, seed=5)
    found = time_forward_json(experiment_to_json(small))
    assert found["batch_size"] == small.training.batch_size
    assert found["seconds"] > 0
    app = AppTest.from_string(COMPARE, default_timeout=SECONDS)
    app.session_state["compare_a"] = "preset:social_posts_full"
    app.session_state["compare_b"] = "preset:social_posts"
    app.run()
    until(app, lambda: any(button.key == "compare_time" for button in app.button))
    assert "too large to time here" in str(app.table[0].value)
    app.button(key="compare_time").click().run()
    until(app, lambda: "…" not in str(app.table[0].value))
    assert not app.exception
    assert "time to answer" in str(app.table[0].value)
    assert str(app.table[0].value.iloc[-1]).count("batch of") == 2


def test_both_sides_are_trained_from_compare_and_their_curves_are_those_shown(warm_engine):
    app = AppTest.from_string(COMPARE, default_timeout=SECONDS)
    app.query_params["preset"] = "spirals"
    app.session_state["workspace"] = "d" * 40
    experiment = ARCHITECTURES["dense_digits"].experiment
    for name, rate in (("slow", 0.001), ("quick", 0.01)):
        changed = replace(experiment, training=replace(experiment.training, epochs=2, callbacks=(), learning_rate=rate))
        changed = replace(changed, name=name)
        backstage.store().save_draft("d" * 40, name, {"experiment": experiment_to_json(changed)})
    backstage.store().create_run("d" * 40, experiment_to_json(experiment), "another")
    app.session_state["compare_a"], app.session_state["compare_b"] = "draft:slow", "draft:quick"
    app.run()
    assert app.multiselect[0].value == []
    app.button(key="compare_train").click().run()
    assert not app.exception
    until(app, lambda: not any(run.active for run in backstage.store().runs("d" * 40) if run.name != "another"))
    app.run()
    runs = {run.id: run.name for run in backstage.store().runs("d" * 40)}
    assert {runs[name] for name in app.multiselect[0].value} == {"slow", "quick"}
    assert "compare_train" not in {button.key for button in app.button}
    assert app.selectbox(key="overlay_of").value == "loss"


def until(app: AppTest, there: Callable[[], bool]) -> None:
    """Let the page look again and again, as it does by itself, until it shows what is waited for."""
    deadline = time.monotonic() + 120
    while not there() and time.monotonic() < deadline:
        time.sleep(0.3)
        app.run()
    assert there()


def test_a_table_keeps_columns_of_one_name_apart():
    found = {"columns": ["share", "share"], "rows": [[1, 2]]}
    assert len(exhibits.table_of(found)[0]) == 2
