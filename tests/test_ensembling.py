"""Ensembles: weights against a known optimum, a bad member, diversity, and members of every kind on real data."""

from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from components.building import build_model
from components.codegen.ensemble_trees import Source
from components.ensembles import ensembling
from components.ensembles.ensembling import Tensors, ensemble_job, gather, judge, make_answers, names_classes
from components.ensembles.files import save_ensemble_json
from components.ensembles.grounds import EnsembleError, ground_of, grounds_in
from components.ensembles.reaching import reach
from components.ensembles.trees import TREES, fit_tree
from components.ensembles.weighing import (
    METHODS,
    Answers,
    contributions,
    convex_stacking,
    correlation,
    disagreement,
    nelder_mead,
    plain_average,
    random_search,
    wrong,
)
from components.experiment import Data, Experiment, Training, experiment_to_json
from components.graph import Graph, Layer, Node, calls_within
from components.inside.watching import watched_layers
from components.searching.bench import open_data
from components.searching.seals import SealError, openings, still_sealed
from components.searching.search_space import Dimension, SearchSpace
from components.searching.studies import Plan, create_study
from components.searching.tuning import study_job
from components.store import Record, Store
from components.training.running import run_job
from components.weaving import Loom
from presets import ARCHITECTURES

SEARCHES = (random_search, nelder_mead, convex_stacking)
OPTIMUM = np.array([0.6, 0.1, 0.3])


def convex() -> Answers:
    """Three members of whose numbers the truth is a known mixture: the loss is convex and 0 there alone."""
    random = np.random.default_rng(4)
    predictions = random.normal(size=(3, 400, 1))
    return Answers(predictions, np.tensordot(OPTIMUM, predictions, axes=1), classes=False)


def voices(seed: int = 0, broken: bool = False, rows: int = 600) -> Answers:
    """Four members right in about three of four rows, each with errors of its own; a fifth that is wrong on purpose."""
    random = np.random.default_rng(seed)
    target = random.integers(0, 3, rows)
    truth = np.eye(3)[target]
    noise = [truth * 1.2 + random.normal(size=(rows, 3)) for _ in range(4)]
    shares = [np.exp(one) / np.exp(one).sum(axis=1, keepdims=True) for one in noise]
    if broken:
        shares.append(0.98 * np.eye(3)[(target + 1) % 3] + 0.02 / 3)
    return Answers(np.stack(shares), target, classes=True)


@pytest.mark.parametrize("search", SEARCHES)
def test_weights_reach_the_optimum_of_a_convex_check(search):
    answers = convex()
    weights = search(answers, 0)
    assert weights == pytest.approx(OPTIMUM, abs=1e-3)
    assert answers.loss(weights) < 1e-3


@pytest.mark.parametrize("search", SEARCHES)
@pytest.mark.parametrize("seed", range(4))
def test_a_weighted_ensemble_is_never_worse_on_validation_than_its_best_member(search, seed):
    answers = voices(seed, broken=True)
    weights = search(answers, seed)
    assert weights.min() >= 0
    assert weights.sum() == pytest.approx(1.0)
    assert answers.loss(weights) <= min(answers.loss(corner) for corner in np.eye(answers.members))


def test_one_broken_member_hurts_the_plain_average_and_not_the_weighted_one():
    whole, spoiled = voices(), voices(broken=True)
    assert spoiled.loss(plain_average(spoiled)) > 1.2 * whole.loss(plain_average(whole))
    for search in SEARCHES:
        weights = search(spoiled, 0)
        assert weights[-1] < 0.02
        assert spoiled.loss(weights) == pytest.approx(whole.loss(search(whole, 0)), rel=0.01)


def test_the_average_of_members_with_errors_of_their_own_beats_each_of_them():
    answers = voices(rows=3000)
    best = max(answers.score(corner) for corner in np.eye(4))
    assert answers.score(plain_average(answers)) > best + 0.05


def test_contributions_tell_who_adds_and_who_harms():
    answers = voices(broken=True)
    plain = contributions(answers, METHODS["plain"][1])
    assert plain[-1] < 0 < min(plain[:-1])
    weighted = contributions(answers, METHODS["stacking"][1])
    assert weighted[-1] == pytest.approx(0, abs=2e-3)


def test_diversity_is_counted_as_it_says():
    target = np.array([0, 1, 0, 1])
    same = np.array([[0.9, 0.1], [0.2, 0.8], [0.4, 0.6], [0.3, 0.7]])
    answers = Answers(np.stack([same, same, same[:, ::-1]]), target, classes=True)
    assert disagreement(answers) == pytest.approx(np.array([[0, 0, 1], [0, 0, 1], [1, 1, 0]]))
    assert correlation(answers) == pytest.approx(np.array([[1, 1, -1], [1, 1, -1], [-1, -1, 1]]))
    assert wrong(answers).tolist() == [[0, 0, 1, 0], [0, 0, 1, 0], [1, 1, 0, 1]]
    assert answers.score(np.array([1.0, 0, 0])) == 0.75
    perfect = Answers(np.stack([np.eye(2)[target]] * 2), target, classes=True)
    assert correlation(perfect) == pytest.approx(np.eye(2))


def test_heads_become_answers_by_what_they_are():
    sigmoid = make_answers([np.array([[0.2], [0.9]])] * 2, np.array([[0.0], [1.0]]), classes=True)
    assert sigmoid.predictions[0] == pytest.approx(np.array([[0.8, 0.2], [0.1, 0.9]]))
    assert sigmoid.target.tolist() == [0, 1]
    one_hot = make_answers([np.eye(3)] * 2, np.eye(3), classes=True)
    assert one_hot.score(plain_average(one_hot)) == 1.0
    numbers = make_answers([np.array([[1.0], [3.0]])] * 2, np.array([1.0, 1.0]), classes=False)
    assert numbers.score(plain_average(numbers)) == pytest.approx(np.sqrt(2))
    assert names_classes(np.eye(3))
    assert not names_classes(np.array([[0.5], [1.0]]))


@pytest.mark.parametrize("kind", TREES)
def test_trees_learn_classes_and_numbers(kind):
    random = np.random.default_rng(0)
    x = [random.normal(size=(240, 2, 2)), random.normal(size=(240, 1))]
    classes = (x[0][:, 0, 0] > 0).astype(int) + (x[1][:, 0] > 0)
    shares = fit_tree(kind, x, classes, classes=True).predict(x)
    assert shares.shape == (240, 3)
    assert (shares.argmax(axis=1) == classes).mean() > 0.9
    numbers = np.stack([x[0][:, 0, 0], x[1][:, 0]], axis=1)
    said = fit_tree(kind, x, numbers, classes=False).predict(x)
    assert np.square(said - numbers).mean() < 0.2


# Members on real data


def wine(units: int, epochs: int = 8) -> Experiment:
    loom = Loom()
    x = loom("Dense", loom.input("measurements", [13]), name="hidden", units=units, activation="relu")
    graph = loom.graph(loom("Dense", x, name="grower", units=3, activation="softmax"))
    losses = {"grower": "sparse_categorical_crossentropy"}
    training = Training(losses=losses, metrics={"grower": ("accuracy",)}, epochs=epochs, batch_size=16)
    return Experiment(f"Wine {units}", graph, Data("wine"), replace(training, learning_rate=0.01))


def trained(store: Store, experiment: Experiment) -> str:
    run_id = store.create_run("place", experiment_to_json(experiment), experiment.name)
    run_job(store.url, run_id)
    assert store.run(run_id).state == "finished"
    return run_id


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(f"sqlite:///{tmp_path}/store.db")


def test_runs_trials_and_trees_are_put_together_and_judged_once(store, monkeypatch):
    reads = []
    original = ensembling.read_test
    monkeypatch.setattr(ensembling, "read_test", lambda experiment: reads.append(1) or original(experiment))
    run_id = trained(store, wine(8))
    rate = Dimension("rate", "training", parameter="learning_rate", choices=(0.02, 0.01))
    plan = Plan(SearchSpace((rate,)), ("grid",), 2, 6, "none", "val_accuracy")
    study = create_study(store, "place", wine(6), plan)
    study_job(store.url, study)
    members = [
        {"kind": "run", "name": "small", "run": run_id},
        {"kind": "trial", "name": "trial", "run": study, "sampler": "grid", "number": 0},
        {"kind": "tree", "name": "forest", "tree": "random_forest"},
        {"kind": "run", "name": "broken", "run": run_id, "scrambled": True},
    ]
    ensemble = store.create_run("place/ensembles", {"members": members}, "all")
    with pytest.raises(EnsembleError, match="not yet"):
        judge(store.url, ensemble)
    ensemble_job(store.url, ensemble)
    assert store.run(ensemble).state == "finished", store.run(ensemble).message
    told = store.records(ensemble, kinds=["ensemble"])[0].values
    assert told["names"] == ["small", "trial", "forest", "broken"]
    assert told["members"][0]["score"] > 0.85
    assert told["members"][3]["score"] < 0.7
    weighted = told["methods"]["stacking"]
    assert weighted["loss"] <= min(one["loss"] for one in told["members"])
    # The broken member drags the plain average below the best member alone; the weighted one it cannot harm.
    assert told["methods"]["plain"]["loss"] > min(one["loss"] for one in told["members"])
    assert told["plain_contributions"][3] < 0
    assert reads == []
    with pytest.raises(SealError, match="sealed by the search “Wine 6”"):
        judge(store.url, ensemble)
    store.update_run(study, state="running")
    with pytest.raises(SealError, match="still runs"):
        judge(store.url, ensemble, [study])
    store.update_run(study, state="finished")
    assert reads == []
    assert store.records(study, kinds=["seal"]) == store.records(ensemble, kinds=["seal"]) == []
    found = judge(store.url, ensemble, [study])
    assert judge(store.url, ensemble) == found
    broken = [record.values for record in store.records(study, kinds=["seal"])]
    assert [(one["event"], one["by"]) for one in broken] == [("read", "all")]
    assert [(one["kind"], one["by"]) for one in openings(store, store.run(study))] == [("ensemble", "all")]
    # A second ensemble over these rows opens them again, and that is on record too; the search is over already.
    second = store.create_run("place/ensembles", {"members": members[:2]}, "fewer")
    ensemble_job(store.url, second)
    judge(store.url, second)
    assert [one["by"] for one in openings(store, store.run(second))] == ["all", "fewer"]
    assert openings(store, store.run(ensemble)) == openings(store, store.run(study))
    assert len(reads) == len(members) + 2
    assert set(found["heads"]["grower"]["methods"]) == set(METHODS)
    assert found["heads"]["grower"]["methods"]["stacking"]["score"] > 0.85


def test_only_searches_over_the_same_rows_keep_an_ensemble_from_the_test_data(store):
    rate = Dimension("rate", "training", parameter="learning_rate", choices=(0.02, 0.01))
    plan = Plan(SearchSpace((rate,)), ("grid",), 2, 6, "none", "val_accuracy")
    run_id = store.create_run("place", experiment_to_json(wine(4)), "one")
    same = create_study(store, "place", wine(9), plan)
    create_study(store, "place", replace(wine(9), seed=5), plan)
    create_study(store, "other", wine(9), plan)
    members = [{"kind": "tree", "name": "t", "tree": "extra_trees"}, {"kind": "run", "name": "one", "run": run_id}]
    ensemble = store.run(store.create_run("place/ensembles", {"members": members}, "all"))
    assert [study.id for study in still_sealed(store, ensemble)] == [same]
    store.append(same, [Record("seal", 0, 0, {"event": "opening", "at": 1.0})])
    assert still_sealed(store, ensemble) == []


def test_runs_of_other_seeds_are_put_together_when_their_rows_have_one_of_their_own(store):
    def seeded(seed: int, rows: int | None = None) -> dict:
        experiment = replace(wine(8, epochs=3), seed=seed, data=Data("wine", seed=rows))
        return {"kind": "run", "name": f"seed {seed}", "run": trained(store, experiment)}

    members = [seeded(seed, 7) for seed in (0, 1)] + [{"kind": "tree", "name": "t", "tree": "extra_trees"}]
    ensemble = store.create_run("place/ensembles", {"members": members}, "seeds")
    ensemble_job(store.url, ensemble)
    assert store.run(ensemble).state == "finished", store.run(ensemble).message
    told = store.records(ensemble, kinds=["ensemble"])[0].values
    assert told["members"][0] != told["members"][1]
    code = base64.b64decode(save_ensemble_json(store.url, ensemble, "plain")["files"][".py"]).decode()
    assert "SEED = 0" in code
    assert "set_random_seed(1)" in code
    assert "seed=7" in code
    with pytest.raises(EnsembleError, match="other data or another seed"):
        gather(store, {"members": [members[0], seeded(2)]})


def test_members_that_do_not_fit_are_refused_with_a_sentence(store):
    one = store.create_run("place", experiment_to_json(wine(4)), "one")
    other = store.create_run("place", experiment_to_json(replace(wine(4), seed=9)), "other")
    posts = store.create_run("place", experiment_to_json(ARCHITECTURES["social_posts"].experiment), "posts")
    first = {"kind": "run", "name": "one", "run": one}
    for others, sentence in (
        ([], "from 2 to 12 members"),
        ([{"kind": "run", "name": "other", "run": other}], "other data or another seed"),
        ([{"kind": "run", "name": "posts", "run": posts}], "other data or another seed"),
        ([{"kind": "tree", "name": "oak", "tree": "oak"}], "Trees are one of"),
    ):
        with pytest.raises(EnsembleError, match=sentence):
            gather(store, {"members": [first, *others]})
    with pytest.raises(EnsembleError, match="at least one network"):
        gather(store, {"members": [{"kind": "tree", "name": "t", "tree": "extra_trees"}] * 2})
    # Never trained, so there are no weights: told in the store, as every failure is.
    ensemble = store.create_run("place/ensembles", {"members": [first, first]}, "untrained")
    ensemble_job(store.url, ensemble)
    assert store.run(ensemble).state == "failed"
    assert "were not kept" in store.run(ensemble).message


def test_trees_stand_on_what_a_layer_of_a_run_or_trial_gives(store):
    run_id = trained(store, wine(8))
    plan = Plan(SearchSpace((Dimension("units", "layer", "hidden", "units", choices=(4, 6)),)), ("grid",), 2, 6, "none")
    study = create_study(store, "place", wine(6), plan)
    study_job(store.url, study)
    trial = {"kind": "trial", "run": study, "sampler": "grid", "number": 0}
    network = {"kind": "run", "name": "network", "run": run_id}
    trees = [
        {"kind": "tree", "name": name, "tree": "extra_trees", "on": on}
        for name, on in (("hidden", {"run": run_id}), ("said", {"run": run_id, "node": "grower"}), ("trial", trial))
    ]
    flat = {"kind": "tree", "name": "flat", "tree": "extra_trees"}
    members = gather(store, {"members": [network, *trees, flat]})
    train = open_data(wine(8))["train"]
    whole = members[0].model
    hidden = np.maximum(train[0] @ whole.layers[1].kernel.numpy() + whole.layers[1].bias.numpy(), 0)
    np.testing.assert_allclose(members[1].features(train)[0], hidden, atol=1e-4)
    np.testing.assert_allclose(members[2].features(train)[0], whole.predict(train[0], verbose=0), atol=1e-5)
    assert members[3].features(train)[0].shape[1] in (4, 6)
    assert [member.model["grower"].model.n_features_in_ for member in members[1:3]] == [8, 3]
    assert members[4].model["grower"].model.n_features_in_ == 13
    ensemble = store.create_run("place/ensembles", {"members": [network, *trees, flat]}, "embeddings")
    ensemble_job(store.url, ensemble)
    assert store.run(ensemble).state == "finished", store.run(ensemble).message
    told = store.records(ensemble, kinds=["ensemble"])[0].values
    assert told["members"][1]["score"] > 0.85
    assert told["members"][1] != told["members"][4]
    assert np.shape(told["correlation"]) == (5, 5)


def test_trees_stand_on_any_call_that_leads_to_an_output(store):
    loom = Loom()
    left, right = loom.input("left", [4]), loom.input("right", [4])
    shared = loom("Dense", left, name="shared", units=3)
    joined = loom("Concatenate", shared, loom.again(shared, right), name="joined")
    loom("Dense", joined, name="loose", units=2)
    graph = loom.graph(loom("Dense", loom("Dense", joined, name="hidden", units=5), name="answer", units=1))
    assert grounds_in(graph) == ["hidden", "joined", "shared:1", "shared", "answer"]
    assert ground_of("twins", graph, None) == "hidden"
    assert ground_of("twins", graph, "shared:1") == "shared:1"
    with pytest.raises(EnsembleError, match=r"one of hidden, joined, .* of “twins”, and not on “loose”"):
        ground_of("twins", graph, "loose")
    run_id = store.create_run("place", experiment_to_json(wine(4)), "one")
    other = store.create_run("place", experiment_to_json(replace(wine(4), seed=9)), "other")
    first = {"kind": "run", "name": "one", "run": run_id}
    tree = {"kind": "tree", "name": "t", "tree": "extra_trees"}
    with pytest.raises(EnsembleError, match="other data or another seed"):
        gather(store, {"members": [first, {**tree, "on": {"run": other}}]})
    with pytest.raises(EnsembleError, match="of “one”, and not on “nowhere”"):
        gather(store, {"members": [first, {**tree, "on": {"run": run_id, "node": "nowhere"}}]})


def recurrent_twins() -> Graph:
    """A reader's two states, each looked at by one shared layer inside a model that is called twice."""
    inner = Loom()
    seen = inner("Dense", inner.input("state", [4]), name="look", units=3)
    glance = inner.graph(inner("Dense", seen, name="gist", units=2))
    loom = Loom()
    read = loom("LSTM", loom.input("series", [5, 2]), name="reader", units=4, return_state=True)
    graph = loom.graph(read)
    layers = {**graph.layers, "glance": glance, "joined": Layer("Concatenate", {})}
    calls = (Node("first", "glance", ("reader:1",)), Node("second", "glance", ("reader:2",)))
    nodes = (*graph.nodes, *calls, Node("joined", "joined", ("first", "second", "reader")))
    return Graph(layers, nodes, ("joined",))


def with_rows(graph: Graph) -> list[np.ndarray]:
    """Rows for each input."""
    doors = [graph.layer_of(graph.node(node)).config for node in graph.inputs]
    random = np.random.default_rng(0)
    return [
        random.integers(0, 2, (5, *door["shape"])) if "int" in door.get("dtype", "") else random.normal(size=(5, *door["shape"]))
        for door in doors
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["dual_camera_small", "siamese_lstm", "siamese_symmetric", "social_posts", ""])
def test_every_call_in_nested_and_shared_layers_is_got_at_as_keras_gives_it(name):
    graph = ARCHITECTURES[name].experiment.graph if name else recurrent_twins()
    model, rows = build_model(graph, seed=3), with_rows(graph)
    x = rows if len(rows) > 1 else rows[0]
    with watched_layers(model) as given:
        model(x, training=False)
    offered, ways, make = grounds_in(graph), calls_within(graph), Tensors()
    assert set(offered) == set(given)
    for call in offered:
        part = make.part(model, reach(make, model, graph, ways[call].way))
        written = {"network": model, "keras": keras}
        exec("\n".join(line.text.strip() for line in Source().part_of(graph, call)), written)  # what leaves as a file
        for made in (part, written["part"]):
            first = keras.tree.flatten(made(x, training=False))[0]
            np.testing.assert_allclose(first, given[call], atol=1e-4, err_msg=call)


def test_each_head_has_weights_of_its_own(store):
    experiment = ARCHITECTURES["social_posts"].experiment
    experiment = replace(experiment, training=replace(experiment.training, epochs=1, callbacks=()))
    run_id = trained(store, experiment)
    members = [
        {"kind": "run", "name": "network", "run": run_id},
        {"kind": "tree", "name": "trees", "tree": "extra_trees"},
    ]
    ensemble = store.create_run("place/ensembles", {"members": members}, "heads")
    ensemble_job(store.url, ensemble)
    assert store.run(ensemble).state == "finished", store.run(ensemble).message
    told = {record.values["head"]: record.values for record in store.records(ensemble, kinds=["ensemble"])}
    assert len(told) == 3
    assert {one["classes"] for one in told.values()} == {True, False}
    weights = [tuple(np.round(one["methods"]["stacking"]["weights"], 3)) for one in told.values()]
    assert len(set(weights)) > 1
