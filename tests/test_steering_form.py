"""The fields that steer a run: they tell it what a person enters, and show what holds in it."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from components.experiment import Data, Experiment, Training, experiment_to_json
from components.runs import Record
from components.weaving import Loom
from dashboard import backstage

FORM = """
from dashboard.panels.steering import steering_form
from dashboard.state import current_work
work = current_work()
work.run = "{run}"
steering_form(work)
"""
ME = "s" * 40


def two_heads(penalty: str | None) -> Experiment:
    loom = Loom()
    h = loom("Dense", loom.input("point", [2]), units=4, kernel_regularizer=penalty)
    heads = loom("Dense", h, units=1, activation="sigmoid", name="up"), loom("Dense", h, units=1, name="far")
    return Experiment("Two heads", loom.graph(*heads), Data("spirals"), Training(loss_weights={"far": 0.5}))


def form(chosen: Experiment, **state: str) -> tuple[AppTest, str]:
    run = backstage.store().create_run(ME, experiment_to_json(chosen))
    backstage.store().update_run(run, **{"state": "running", **state})
    app = AppTest.from_string(FORM.format(run=run), default_timeout=60)
    app.session_state["workspace"] = ME
    return app.run(), run


def shown(app: AppTest) -> dict[str, float]:
    assert not app.exception
    return {field.label: field.value for field in app.number_input}


def test_what_is_entered_is_told_to_the_run_and_stays():
    app, run = form(two_heads("l2"))
    assert shown(app) == {"loss weight of up": 1.0, "loss weight of far": 0.5, "regularisation, times": 1.0}
    app.number_input[1].set_value(4.0).run()
    app.number_input[2].set_value(0.25).run()
    told = [(control.command, control.value) for control in backstage.store().controls(run)]
    assert told == [("loss_weights", {"far": 4.0}), ("regularisation", 0.25)]
    assert shown(app.run()) == {"loss weight of up": 1.0, "loss weight of far": 4.0, "regularisation, times": 0.25}


def test_what_holds_in_the_run_is_shown_and_a_way_back_brings_back_what_held_then():
    app, run = form(two_heads("l2"))

    def mark(epoch: int, name: str, value: object = None) -> None:
        backstage.store().append(run, [Record("mark", epoch, epoch * 10, {"mark": name, "text": "", "value": value})])

    mark(1, "regularisation", 3.0)
    mark(2, "loss_weights", {"up": 1.0, "far": 9.0})
    assert shown(app.run()) == {"loss weight of up": 1.0, "loss weight of far": 9.0, "regularisation, times": 3.0}
    app.number_input[0].set_value(7.0).run()
    mark(2, "rewound")
    assert shown(app.run()) == {"loss weight of up": 1.0, "loss weight of far": 0.5, "regularisation, times": 3.0}


def test_there_is_nothing_to_turn_in_a_run_that_ended_or_has_one_output_and_no_penalty():
    assert shown(form(two_heads("l2"), state="finished")[0]) == {}
    loom = Loom()
    graph = loom.graph(loom("Dense", loom.input("point", [2]), units=2))
    assert shown(form(Experiment("One", graph, Data("spirals")))[0]) == {}
    assert list(shown(form(two_heads(None))[0])) == ["loss weight of up", "loss weight of far"]
