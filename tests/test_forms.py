"""Forms: what a person enters becomes the config, also for what is spelled out and for layers inside layers."""

from __future__ import annotations

from typing import Any

from streamlit.testing.v1 import AppTest

from components.calling import make_layer
from components.graph import Layer
from components.layers import LAYERS, check_config

PAGE = """
import streamlit as st
from components.calling import make_layer
from components.graph import Layer
from components.layers import find_layer
from dashboard.forms import parameter_form

state = st.session_state
state.setdefault("config", {})
parameter_form(find_layer(state["kind"]).parameters, state["config"], lambda name, value: state["config"].update({name: value}), "form")
"""


def form(kind: str, **config: Any) -> AppTest:
    """The form of a layer with that config."""
    app = AppTest.from_string(PAGE, default_timeout=30)
    app.session_state["kind"], app.session_state["config"] = kind, config
    return app.run()


def entered(app: AppTest) -> dict[str, Any]:
    """The config, which Keras's rules have nothing against."""
    assert not app.exception
    config = app.session_state["config"]
    assert check_config(app.session_state["kind"], config) == []
    make_layer(Layer(app.session_state["kind"], config))
    return config


def test_a_regulariser_is_chosen_by_name_and_then_given_its_strength():
    app = form("Dense", units=3)
    app.selectbox(key="form/kernel_regularizer").set_value("l2").run()
    assert entered(app)["kernel_regularizer"] == "l2"
    app.number_input(key="form/kernel_regularizer/L2/l2").set_value(0.002).run()
    assert entered(app)["kernel_regularizer"] == {"class_name": "L2", "config": {"l2": 0.002}}
    assert app.selectbox(key="form/kernel_regularizer").value == "l2"
    app.number_input(key="form/kernel_regularizer/L2/l2").set_value(0.01).run()
    assert entered(app)["kernel_regularizer"] == "l2"


def test_an_initialiser_takes_a_seed_and_a_constraint_its_bounds():
    app = form("Dense", units=3, kernel_initializer="he_normal", kernel_constraint="min_max_norm")
    app.number_input(key="form/kernel_initializer/HeNormal/seed").set_value(7).run()
    app.number_input(key="form/kernel_constraint/MinMaxNorm/max_value").set_value(2.5).run()
    assert entered(app)["kernel_initializer"] == {"class_name": "HeNormal", "config": {"seed": 7}}
    assert entered(app)["kernel_constraint"] == {"class_name": "MinMaxNorm", "config": {"max_value": 2.5}}


def test_a_class_without_a_name_of_its_own_is_offered_too():
    app = form("Dense", units=3)
    app.selectbox(key="form/bias_initializer").set_value("Constant").run()
    assert entered(app)["bias_initializer"] == {"class_name": "Constant", "config": {"value": 0.0}}
    app.number_input(key="form/bias_initializer/Constant/value").set_value(0.5).run()
    assert entered(app)["bias_initializer"] == {"class_name": "Constant", "config": {"value": 0.5}}


def test_another_kind_forgets_the_numbers_of_the_first():
    app = form("Dense", units=3, kernel_regularizer={"class_name": "L1", "config": {"l1": 0.3}})
    app.selectbox(key="form/kernel_regularizer").set_value("l2").run()
    assert entered(app)["kernel_regularizer"] == "l2"
    app.selectbox(key="form/kernel_regularizer").select_index(0).run()
    assert entered(app)["kernel_regularizer"] is None


def test_the_layer_inside_a_wrapper_is_chosen_and_set():
    app = form("Bidirectional", **LAYERS["Bidirectional"].start)
    app.number_input(key="form/layer/LSTM/units").set_value(12).run()
    app.toggle(key="form/layer/LSTM/return_sequences").set_value(True).run()
    assert entered(app)["layer"] == {"kind": "LSTM", "config": {"units": 12, "return_sequences": True}}
    app.selectbox(key="form/layer").set_value("GRU").run()
    assert entered(app)["layer"] == {"kind": "GRU", "config": {"units": 12, "return_sequences": True}}
    app.toggle(key="form/layer/GRU/return_sequences").set_value(False).run()
    assert entered(app)["layer"] == {"kind": "GRU", "config": {"units": 12}}


def test_every_layer_has_a_form():
    for kind, entry in LAYERS.items():
        assert not form(kind, **entry.start).exception, kind
