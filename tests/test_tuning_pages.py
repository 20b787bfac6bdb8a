"""The tune and ensemble pages: pointing, starting, following, and what the charts say."""

from __future__ import annotations

import time
from dataclasses import replace

from streamlit.testing.v1 import AppTest

from components.ensembles.weighing import METHODS
from components.experiment import experiment_to_json
from components.graph import GraphError, source_of
from components.searching.search_space import Dimension, SearchSpace
from components.searching.studies import Plan, create_study
from components.searching.trials import Trials, best_so_far
from components.store import Record
from dashboard import backstage
from dashboard.charts import ensembles, searches
from dashboard.dialogue import hear, tell
from dashboard.editing import apply_operation, close_model
from dashboard.searching import Point, points_of_node, points_of_training, space_of
from dashboard.state import space_in
from presets import ARCHITECTURES, BLOCKS
from presets.preset import block_alone

SECONDS = 60
TUNE = "from dashboard.views import tune; tune.show()"
ENSEMBLE = "from dashboard.views import ensemble; ensemble.show()"

SPACE = SearchSpace(
    (
        Dimension("noise is there", "present", "noise", choices=(True, False)),
        Dimension("rate", "training", parameter="learning_rate", least=1e-4, most=1e-1, log=True),
        Dimension("noise.rate", "layer", "noise", "rate", least=0.0, most=0.5),
    )
)


def told(*events: tuple[str, int, dict]) -> Trials:
    """Trials from records."""
    trials = Trials()
    records = [
        Record("trial", 0, 0, {"sampler": sampler, "number": number, **values}, seq)
        for seq, (sampler, number, values) in enumerate(events, 1)
    ]
    trials.take(records)
    return trials


def ended(value: float | None, state: str = "complete", **more: object) -> dict:
    return {"event": "ended", "state": state, "value": value, "seconds": 1.0, **more}


def some() -> Trials:
    """Two samplers: three complete trials, a pruned one, an interrupted one and one that trains."""
    there = {"noise is there": True, "rate": 0.01, "noise.rate": 0.2}
    gone = {"noise is there": False, "rate": 0.001}
    return told(
        ("random", 0, {"event": "begun", "values": there}),
        ("random", 0, {"event": "epochs", "epochs": [[1, 0.5, 1.0], [2, 0.6, 0.9]]}),
        ("random", 0, ended(0.6)),
        ("tpe", 0, {"event": "begun", "values": gone}),
        ("tpe", 0, {"event": "epochs", "epochs": [[1, 0.7, 1.0]]}),
        ("tpe", 0, {"event": "epochs", "epochs": [[2, 0.8, 0.8]]}),
        ("tpe", 0, ended(0.8)),
        ("random", 1, {"event": "begun", "values": there}),
        ("random", 1, {"event": "epochs", "epochs": [[1, 0.1, 3.0]]}),
        ("random", 1, ended(0.1, "pruned")),
        ("tpe", 1, {"event": "begun", "values": there}),
        ("tpe", 1, ended(None, "fail", interrupted=True, reason="It was ended.")),
        ("random", 2, {"event": "begun", "values": gone}),
        ("random", 2, ended(0.7)),
        ("tpe", 2, {"event": "begun", "values": there}),
    )


def test_records_become_trials_a_few_at_a_time():
    trials = some()
    assert (len(trials.all), len(trials.complete), trials.counted, trials.read) == (6, 3, 4, 15)
    assert [row.name for row in trials.ranked(True)] == ["tpe 0", "random 2", "random 0"]
    assert trials.rows["tpe", 0].epochs == [[1, 0.7, 1.0], [2, 0.8, 0.8]]
    assert best_so_far([3.0, 1.0, 2.0, 0.5], False) == [3.0, 1.0, 1.0, 0.5]


def test_charts_show_what_the_trials_say():
    trials = some()
    best = searches.figure_of_best(trials.all, {"tpe": "TPE"}, "val_accuracy", True, "light")
    lines = {trace.name: list(trace.y) for trace in best.data if trace.mode == "lines"}
    assert lines == {"random": [0.6, 0.7], "TPE": [0.8]}
    curves = searches.figure_of_curves(trials.all, "val_accuracy", True, "dark")
    assert list(curves.data[-1].y) == [0.7, 0.8, None]
    assert [list(trace.y) for trace in curves.data if trace.mode == "markers"] == [[0.1]]
    assert list(curves.data[0].y) == [0.5, 0.6, None, 0.1, None]
    slices = searches.figure_of_slices(trials.all, SPACE, "val_accuracy", "light")
    assert [len(trace.x) for trace in slices.data] == [3, 3, 1]


def test_sentences_claim_no_more_than_was_seen():
    trials = some()
    titles = {"random": "Random", "tpe": "TPE"}
    said = searches.describe_best(trials.all, titles, "val_accuracy", True)
    assert "Random 0.7, TPE 0.8" in said
    assert "no proof" in said
    assert "No sampler is ahead of random" in searches.describe_best(trials.all, titles, "val_loss", False)
    assert searches.describe_curves(trials.all) == "3 complete, 1 pruned, 1 failed, 1 training."
    many = [replace(row, number=n, epochs=[[1, 0.5, 1.0]]) for n in range(100) for row in trials.complete[:1]]
    assert "the latest 80 and the best; 19 more are not" in searches.describe_curves(many)
    wide = SearchSpace(tuple(Dimension(f"d{n}", "training", choices=(1, 2)) for n in range(11)))
    assert searches.describe_slices(wide).endswith("of their own: d9, d10.")
    assert "of their own" not in searches.describe_slices(SPACE)
    winner = {"validation": 0.9, "test": 0.6}
    assert "flattered it by 0.3" in searches.describe_curse({"winner": winner}, True)
    assert "did not flatter" in searches.describe_curse({"winner": winner}, False)
    assert "luck alone explains it (a chance of 0.1)" in searches.describe_luck([0.5] * 18 + [0.7], 0.6, True, 10)
    assert "a chance of 0.05 by luck alone, so there is something" in searches.describe_luck([0.5] * 19, 0.6, True, 10)
    assert "Of 2 searches of as many trials on shuffled labels, 0 did" in searches.describe_luck(
        [0.5] * 2, 0.6, True, 3
    )
    assert "too few yet" in searches.describe_luck([0.5] * 2, 0.6, True, 3)
    assert "better than 2 of the 3" in searches.describe_repeats([0.5, 0.6, 0.8], 0.7, "Other seeds", True)


def test_what_can_be_pointed_at():
    graph = ARCHITECTURES["inception_module"].experiment.graph
    merge = next(node for node in graph.nodes if len(node.inputs) > 2)
    branches = [point for point in points_of_node(graph, merge.id) if point.place == "branch"]
    assert [point.parameter for point in branches] == [source_of(reference) for reference in merge.inputs]
    output = source_of(graph.outputs[0])
    assert not {point.place for point in points_of_node(graph, output)} & {"present", "repeat"}
    assert points_of_node(graph, graph.inputs[0]) == []
    weights = [
        point.owner
        for point in points_of_training(ARCHITECTURES["social_posts"].experiment)
        if point.parameter == "loss_weight"
    ]
    assert len(weights) == 3


def ensemble() -> dict:
    members = [{"loss": 0.3, "score": 0.9}, {"loss": 0.5, "score": 0.8}, {"loss": 2.0, "score": 0.3}]
    methods = {name: {"loss": 0.25, "score": 0.92, "weights": [0.7, 0.3, 0.0]} for name in METHODS}
    methods["plain"] = {"loss": 0.6, "score": 0.85, "weights": [1 / 3] * 3}
    pairs = [[1.0, 0.6, 0.0], [0.6, 1.0, -0.1], [0.0, -0.1, 1.0]]
    return {
        "head": "y", "classes": True, "names": ["a", "b", "c"], "members": members, "methods": methods,
        "correlation": pairs, "disagreement": pairs, "plain_contributions": [0.3, 0.2, -0.4],
        "contributions": [0.2, 0.05, 0.0], "wrong": [[0, 0, 1], [0, 1, 1], [1, 1, 1]],
    }  # fmt: skip


def test_charts_of_an_ensemble():
    titles = {name: title for name, (title, _) in METHODS.items()}
    one = ensemble()
    judged = {"members": one["members"], "methods": one["methods"]}
    scores = ensembles.figure_of_scores(one, titles, judged, "light")
    assert [trace.name for trace in scores.data] == ["validation", "test"]
    assert list(scores.data[0].x)[:3] == [0.9, 0.8, 0.3]
    said = ensembles.describe_scores(one, titles, judged)
    assert "plain average is worse than the best member" in said
    assert "On test" in said
    assert "better without c" in ensembles.describe_contributions(one)
    assert "a and b" in ensembles.describe_pairs(one) or "b and a" in ensembles.describe_pairs(one)
    assert "all members are wrong in 1, and only some of them in 2" in ensembles.describe_wrong(one)
    for draw in (ensembles.figure_of_weights,):
        assert sum(len(trace.x) for trace in draw(one, titles, "dark").data) == 3 * len(METHODS)
    assert ensembles.figure_of_pairs(one, "correlation", "light").data[0].zmin == -1
    wrong = ensembles.figure_of_wrong(one, "light").data[0]
    assert list(wrong.z[0]) == [1, 0, 0]
    assert (wrong.zmin, wrong.zmax) == (0, 1)
    alone = {**one, "methods": {"best": {**one["members"][0], "weights": [1, 0, 0]}, "plain": one["methods"]["plain"]}}
    assert "No way to put them together" in ensembles.describe_scores(alone, titles, None)


# In the browser's stead


METHOD = {"weights": [0.5, 0.5], "loss": 0.2, "score": 0.9}
TOLD = {
    "head": "side", "classes": True, "names": ["one", "two"], "members": [{"loss": 0.2, "score": 0.9}] * 2,
    "methods": dict.fromkeys(METHODS, METHOD), "correlation": [[1.0, 0.5], [0.5, 1.0]],
    "disagreement": [[0.0, 0.1], [0.1, 0.0]], "plain_contributions": [0.01, 0.02], "contributions": [0.01, 0.02],
    "wrong": [[0.0, 1.0], [1.0, 0.0]],
}  # fmt: skip
"""What is told of a head of two members."""


def page(script: str, session: dict | None = None) -> AppTest:
    app = AppTest.from_string(script, default_timeout=SECONDS)
    app.query_params["preset"] = "spirals"
    for name, value in (session or {}).items():
        app.session_state[name] = value
    return app.run()


def texts(app: AppTest) -> str:
    """All that the page says."""
    kinds = (app.markdown, app.caption, app.warning, app.error, app.info)
    return " ".join(str(element.value) for kind in kinds for element in kind)


def clean(app: AppTest) -> None:
    """Nothing failed."""
    assert not app.exception
    assert "This part of the page failed" not in texts(app)


def wait_for(app: AppTest, condition, seconds: float = 150) -> None:
    """Run the page again until the condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, texts(app)
        time.sleep(0.3)
        app.run()


def test_pointing_at_parameters_makes_the_space():
    app = page(TUNE)
    clean(app)
    work = app.session_state["work"]
    app.selectbox(key=f"tune_node/{work.id}").set_value("hidden").run()
    clean(app)
    app.button_group(key=f"tune_points/hidden/{work.id}").set_value(
        [Point("layer", "hidden", "units"), Point("present", "hidden", "")]
    ).run()
    clean(app)
    space = space_of(work)
    assert varied_of(work) == {"hidden": 2}
    assert set(space.names) == {"hidden is there", "learning_rate", "hidden.units"}
    app.number_input(key=f"tune_dimension/{work.id}/hidden.units/most").set_value(1).run()
    clean(app)
    assert "goes from less to more" in texts(app)
    assert app.button(key="tune_start").disabled
    app.button(key=f"tune_dimension/{work.id}/hidden.units/remove").click().run()
    assert set(space_of(work).names) == {"hidden is there", "learning_rate"}
    assert not app.button(key="tune_start").disabled


def test_a_node_selected_on_the_canvas_varies_from_its_tab():
    app = page("from dashboard.views import studio; studio.show()")
    work = app.session_state["work"]
    work.chosen = ("hidden",)
    app.run()
    clean(app)
    app.button_group(key=f"vary_points/hidden/{work.id}").set_value([Point("layer", "hidden", "units")]).run()
    clean(app)
    assert space_of(work).names == ("learning_rate", "hidden.units")
    assert "hidden.units: from" in texts(app)
    tune = page(TUNE, {"work": work})
    clean(tune)
    assert tune.selectbox(key=f"tune_node/{work.id}").value == "hidden"
    assert varied_of(work) == {"hidden": 1}
    # What was pointed at is kept with the draft.
    assert space_in(backstage.store().draft(work.owner, work.id).content) == space_of(work)


def test_a_rename_on_the_canvas_carries_the_search_along_and_a_deletion_says_what_it_took():
    app = page(TUNE)
    work = app.session_state["work"]
    app.selectbox(key=f"tune_node/{work.id}").set_value("hidden").run()
    app.button_group(key=f"tune_points/hidden/{work.id}").set_value([Point("layer", "hidden", "units")]).run()
    clean(app)

    def operate(n: int, **operation: object) -> dict:
        hear(work, {"ops": {"client": "canvas", "list": [{"n": n, **operation}]}})
        work.sent = {}
        return tell(work)

    told = operate(1, edit="rename_layer", layer="hidden", name="wide")
    assert (told["notice"], varied_of(work)) == (None, {"wide": 1})
    assert space_of(work).names == ("learning_rate", "wide.units")
    app.run()
    clean(app)
    assert app.number_input(key=f"tune_dimension/{work.id}/wide.units/most").value == 128
    assert not app.button(key="tune_start").disabled
    told = operate(2, edit="delete_nodes", ids=["wide"])
    assert "No longer searched" in told["notice"]
    assert "wide.units" in told["notice"]
    assert space_of(work).names == ("learning_rate",)
    assert operate(3, edit="undo")["notice"] is None
    assert varied_of(work) == {"wide": 1}
    operate(4, edit="undo")
    assert space_of(work).names == ("learning_rate", "hidden.units")
    # A reload finds the space and the steps as they were left.
    reloaded = AppTest.from_string(TUNE, default_timeout=SECONDS)
    reloaded.session_state["workspace"] = app.session_state["workspace"]
    reloaded.query_params["work"] = work.id
    again = reloaded.run().session_state["work"]
    assert again.document.space == space_of(work)
    assert apply_operation(again.document, {"edit": "redo"}).space.names == ("learning_rate", "wide.units")
    # What a person takes out of the space by hand needs no telling.
    app.run()
    app.button(key=f"tune_dimension/{work.id}/hidden.units/remove").click().run()
    assert work.notice is None


def varied_of(work) -> dict[str, int]:
    """How much varies of each node, as the canvas is told."""
    work.sent = {}
    return {node: one["varies"] for node, one in tell(work)["view"]["nodes"].items() if "varies" in one}


def test_a_dimension_is_made_to_count_only_under_a_choice_of_another():
    app = page(TUNE)
    work = app.session_state["work"]
    app.button_group(key=f"tune_points/training/{work.id}").set_value(
        [Point("training", "", "learning_rate"), Point("training", "", "optimizer")]
    ).run()
    app.selectbox(key=f"tune_dimension/{work.id}/learning_rate/other").set_value("optimizer").run()
    clean(app)
    app.multiselect(key=f"tune_dimension/{work.id}/learning_rate/when").set_value(["SGD", "Adam"]).run()
    clean(app)
    space = space_of(work)
    assert space.names == ("optimizer", "learning_rate")
    assert space["learning_rate"].only_if == ("optimizer", ("SGD", "Adam"))
    assert not app.button(key="tune_start").disabled
    app.selectbox(key=f"tune_dimension/{work.id}/learning_rate/other").set_value("").run()
    assert space_of(work)["learning_rate"].only_if is None


def test_parameters_inside_nested_models_can_be_pointed_at():
    app = AppTest.from_string(TUNE, default_timeout=SECONDS)
    app.query_params["preset"] = "dual_camera_small"
    app.run()
    clean(app)
    work = app.session_state["work"]
    offered = app.selectbox(key=f"tune_node/{work.id}").options
    nested = next(
        name
        for name in offered
        if "/" in name and points_of_node(work.experiment.graph, name.split("/")[1], (name.split("/")[0],))
    )
    path, node = nested.split("/")
    point = next(one for one in points_of_node(work.experiment.graph, node, (path,)) if one.place == "layer")
    app.selectbox(key=f"tune_node/{work.id}").set_value(nested).run()
    app.button_group(key=f"tune_points/{nested}/{work.id}").set_value([point]).run()
    clean(app)
    assert [one.path for one in space_of(work).dimensions] == [(), (path,)]
    assert work.document.path == (path,)  # the canvas has gone there too
    assert varied_of(work) == {node: 1}
    app.selectbox(key=f"tune_node/{work.id}").set_value("training").run()
    clean(app)
    work.document = close_model(work.document, {"to": 0})
    graph = work.experiment.graph
    assert varied_of(work) == {one.id: 1 for one in graph.nodes if one.layer == path}


def test_every_shipped_block_that_fits_can_stand_in_a_place():
    shapes = {2: (None, 16), 3: (None, 20, 16), 4: (None, 16, 16, 8)}
    made = {}
    for name, block in BLOCKS.items():
        for rank, shape in shapes.items():
            try:
                made[name, rank] = block_alone(block, shape)
            except GraphError:
                continue
    assert {name for name, _ in made} >= {"residual", "separable", "inception", "normalise_activate"}
    for (_, rank), graph in made.items():
        assert (len(graph.inputs), len(graph.outputs)) == (1, 1)
        assert graph.layers[graph.node(graph.inputs[0]).layer].config["shape"] == list(shapes[rank][1:])


def test_a_search_from_the_page_to_the_seal_and_an_ensemble(warm_engine):
    app = page(TUNE)
    app.number_input(key="tune_trials").set_value(2).run()
    app.number_input(key=f"tune_epochs/{app.session_state['work'].id}").set_value(4).run()
    app.button(key="tune_start").click().run()
    clean(app)
    workspace, study = app.session_state["workspace"], app.session_state["study"]
    wait_for(app, lambda: not backstage.store().run(study).active)
    assert backstage.store().run(study).state == "finished"
    app.run()
    clean(app)
    assert "Best val_accuracy so far" in texts(app)
    for view in ("curves", "parallel", "slices", "importance", "honesty"):
        app.session_state["tune_view"] = view
        app.run()
        clean(app)
    assert "The test data are sealed" in texts(app)
    app.button(key="seal_open").click().run()
    wait_for(app, lambda: backstage.store().records(study, kinds=["seal"], most=2)[1:] != [])
    app.run()
    wait_for(app, lambda: "were opened on" in texts(app))
    clean(app)
    both = page(ENSEMBLE, {"workspace": workspace})
    clean(both)
    both.button_group(key="ensemble_trees").set_value(["extra_trees"]).run()
    data = both.selectbox(key="ensemble_data").value
    grounds = both.multiselect(key=f"ensemble_grounds/{data}")
    network = grounds.options[1]
    grounds.set_value([grounds.options[0], network]).run()
    assert both.selectbox(key=f"ensemble_layer/{study}/{network}").options == ["deeper", "hidden", "curve"]
    both.toggle(key="ensemble_broken").set_value(True).run()
    both.button(key="ensemble_start").click().run()
    clean(both)
    found = both.session_state["ensemble"]
    wait_for(both, lambda: not backstage.store().run(found).active)
    assert backstage.store().run(found).state == "finished", backstage.store().run(found).message
    names = backstage.store().records(found, kinds=["ensemble"])[0].values["names"]
    assert {"Extra trees", f"Extra trees on deeper of {network}"} < set(names)
    both.run()
    for view in ("scores", "weights", "diversity", "contributions", "rows"):
        both.session_state["ensemble_view"] = view
        both.run()
        clean(both)
    both.selectbox(key="ensemble_method").set_value("best").run()
    both.button(key="ensemble_make").click().run()
    clean(both)
    wait_for(both, lambda: "trains its members anew" in texts(both) or "holds networks only" in texts(both))
    clean(both)
    assert both.get("download_button")


def test_an_ensemble_asks_before_it_opens_the_test_data_of_a_sealed_search(warm_engine):
    workspace = "s" * 40
    store = backstage.store()
    spirals = ARCHITECTURES["spirals"].experiment
    rate = Dimension("rate", "training", parameter="learning_rate", least=1e-4, most=1e-1, log=True)
    plan = Plan(SearchSpace((rate,)), ("random",), 2, 2, "none", "val_loss")
    study = create_study(store, workspace, replace(spirals, name="Sealed search"), plan)
    store.update_run(study, state="finished")
    member = {"kind": "run", "run": store.create_run(workspace, experiment_to_json(spirals), "one"), "name": "one"}
    ensemble = store.create_run(f"{workspace}/ensembles", {"members": [member, member]}, "Twins")
    store.append(ensemble, [Record("ensemble", 0, 0, TOLD)], state="finished")
    page_of = page(ENSEMBLE, {"workspace": workspace})
    clean(page_of)
    assert "sealed by a search: Sealed search" in texts(page_of)
    assert page_of.button(key="ensemble_judge").disabled
    page_of.checkbox(key=f"seal_agreed/{ensemble}").check().run()
    assert not page_of.button(key="ensemble_judge").disabled
    store.update_run(study, state="running")
    page_of.run()
    clean(page_of)
    assert page_of.button(key="ensemble_judge").disabled
    assert "still runs: Sealed search" in texts(page_of)
    store.append(study, [Record("seal", 0, 0, {"event": "read", "at": 1.0, "by": "Twins"})], state="finished")
    page_of.run()
    assert not page_of.button(key="ensemble_judge").disabled


def test_a_lost_search_is_resumed_and_its_lab_stopped_from_the_page(warm_engine):
    workspace, store = "r" * 40, backstage.store()
    rate = Dimension("rate", "training", parameter="learning_rate", least=1e-4, most=1e-1, log=True)
    plan = Plan(SearchSpace((rate,)), ("random",), 2, 3, "none", "val_loss")
    study = create_study(store, workspace, ARCHITECTURES["spirals"].experiment, plan)
    store.update_run(study, state="lost", message="The engine was ended.")
    app = page(TUNE, {"workspace": workspace})
    clean(app)
    app.button(key="tune_resume").click().run()
    clean(app)
    wait_for(app, lambda: not store.run(study).active)
    assert (store.run(study).state, store.run(study).epoch) == ("finished", 2)
    app.session_state["tune_view"] = "honesty"
    app.run()
    app.button(key="lab_start_luck").click().run()
    wait_for(app, lambda: backstage.engine().status(f"{study}/luck") == "running")
    app.run()
    app.button(key="lab_stop_luck").click().run()
    clean(app)
    wait_for(app, lambda: backstage.engine().status(f"{study}/luck") != "running")
    assert backstage.engine().status(f"{study}/luck") in ("cancelled", "done")
    assert 'optuna-dashboard "sqlite:///' in " ".join(code.value for code in app.code)


def test_a_nested_search_and_an_opening_elsewhere_are_told_in_words():
    flattered = searches.describe_nested([0.9, 0.92], [0.8, 0.82], 0.95, up=True)
    assert "promised 0.91" in flattered
    assert "kept 0.81 ± 0.014" in flattered
    assert "flattered them by 0.1" in flattered
    assert "did not flatter" in searches.describe_nested([0.3, 0.3], [0.2, 0.2], 0.3, up=False)
    assert "flattered them by 0.1" in searches.describe_nested([0.2], [0.3], 0.2, up=False)
    trials = Trials()
    trials.take([Record("seal", 0, 0, {"event": "read", "at": 5.0, "by": "Twins"}, 1)])
    assert trials.opened is None
    assert trials.read_by == {"event": "read", "at": 5.0, "by": "Twins"}


def test_the_ensemble_page_says_what_is_missing():
    app = page(ENSEMBLE, {"workspace": "w" * 40})
    clean(app)
    assert "Train a network in the studio first" in texts(app)


def test_a_plan_of_other_samplers_needs_no_change_of_the_charts():
    plan = Plan(SPACE, ("grid", "genetic", "gp", "tpe", "random"))
    events = [(name, 0, {"event": "begun", "values": {"rate": 0.1}}) for name in plan.samplers]
    events += [(name, 0, ended(0.5)) for name in plan.samplers]
    drawn = searches.figure_of_best(told(*events).all, {}, "val_loss", False, "light")
    dashes = [trace.line.dash for trace in drawn.data if trace.mode == "lines"]
    assert len(set(dashes)) == 5
