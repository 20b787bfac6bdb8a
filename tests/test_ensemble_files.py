"""An ensemble taken home: the Python file and the Keras model of models say what the page's ensemble says."""

from __future__ import annotations

import ast
import base64
import io
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from components.codegen import CodeError
from components.codegen.ensembles import Head, Voice, generate_ensemble, heads_of, keyed
from components.datasets import load_dataset
from components.ensembles.ensembling import answer_all, ensemble_job, gather
from components.ensembles.files import common_shape, save_ensemble_json
from components.ensembles.grounds import EnsembleError, grounds_in
from components.ensembles.trees import MOST_FEATURES, TREES, flatten
from components.experiment import Callback, Data, Experiment, Training, experiment_to_json
from components.searching.bench import open_data
from components.store import Store
from components.training.running import run_job
from components.weaving import Loom
from presets import ARCHITECTURES
from tests.test_codegen import HOSTILE_NAMES, ruff_complaints

CLOSE = 1e-5

RUN = """
import pathlib, runpy, sys
import numpy as np
names = runpy.run_path(sys.argv[1], run_name="exported")
make = next(value for name, value in names.items() if name.startswith("make_"))
config = eval(sys.argv[2])
data = make(seed=names["SEED"], **config)
said = names["ask"](names["train_members"](data), data["validation"][0])
np.savez(pathlib.Path(sys.argv[1]).with_name("said.npz"), **said)
"""
"""Runs an exported file, not its `main`, in a process of its own, and keeps what its ensemble says."""


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(f"sqlite:///{tmp_path}/store.db")


def wine(units: int, door: str = "measurements", seed: int = 0) -> Experiment:
    """A small network on thirteen measurements of wines, its input under a name of its own."""
    loom = Loom()
    x = loom("Dense", loom.input(door, [13]), name="hidden", units=units, activation="relu")
    graph = loom.graph(loom("Dense", x, name="answer", units=3, activation="softmax"))
    losses, metrics = {"answer": "sparse_categorical_crossentropy"}, {"answer": ("accuracy",)}
    training = Training(learning_rate=0.01, losses=losses, metrics=metrics, epochs=4, batch_size=16)
    data = Data("wine", inputs={door: "measurements"}, targets={"answer": "grower"})
    return Experiment(f"Wine {units}", graph, data, training, seed)


def trained(store: Store, experiment: Experiment) -> dict:
    """A member: the run of the experiment, trained."""
    run_id = store.create_run("place", experiment_to_json(experiment), experiment.name)
    run_job(store.url, run_id)
    assert store.run(run_id).state == "finished", store.run(run_id).message
    return {"kind": "run", "name": experiment.name, "run": run_id}


def put_together(store: Store, members: list[dict]) -> str:
    """The ensemble of the members, its weights found."""
    ensemble = store.create_run("place/ensembles", {"members": members}, "All of them")
    ensemble_job(store.url, ensemble)
    assert store.run(ensemble).state == "finished", store.run(ensemble).message
    return ensemble


def on_the_page(store: Store, ensemble: str, method: str) -> dict[str, np.ndarray]:
    """What the page's ensemble says of the validation data, by head."""
    answers = answer_all(gather(store, store.run(ensemble).experiment), "validation")
    told = {record.values["head"]: record.values for record in store.records(ensemble, kinds=["ensemble"])}
    return {head: one.put_together(np.array(told[head]["methods"][method]["weights"])) for head, one in answers.items()}


def made(store: Store, ensemble: str, method: str) -> tuple[dict[str, bytes], list[str]]:
    """The ensemble's files, and why others are not there."""
    answer = save_ensemble_json(store.url, ensemble, method)
    return {ending: base64.b64decode(content) for ending, content in answer["files"].items()}, answer["refused"]


def executed(files: dict[str, bytes], folder: Path, config: str = "{}") -> dict[str, np.ndarray]:
    """What the Python file's ensemble says of the validation data, from a fresh process."""
    for ending in (".py", ".npz"):
        if ending in files:
            (folder / f"ensemble{ending}").write_bytes(files[ending])
    done = subprocess.run(
        [sys.executable, "-c", RUN, folder / "ensemble.py", config],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    with np.load(folder / "said.npz") as said:
        return dict(said)


def loaded(files: dict[str, bytes], folder: Path) -> keras.Model:
    """The Keras model of models, as anybody loads it."""
    (folder / "ensemble.keras").write_bytes(files[".keras"])
    return keras.models.load_model(folder / "ensemble.keras", safe_mode=True)


# What the files say


def test_networks_under_other_names_and_trees_leave_as_python(store, tmp_path):
    members = [
        trained(store, wine(8)),
        trained(store, wine(5, "bottle")),
        *({"kind": "tree", "name": title, "tree": kind} for kind, title in TREES.items()),
    ]
    ensemble = put_together(store, members)
    files, refused = made(store, ensemble, "plain")
    assert set(files) == {".py", ".npz"}
    assert any("holds networks only" in sentence for sentence in refused)
    assert not ruff_complaints(tmp_path, {"ensemble": files[".py"].decode()})
    wanted, said = on_the_page(store, ensemble, "plain"), executed(files, tmp_path)
    assert set(said) == {"grower"}
    np.testing.assert_allclose(said["grower"], wanted["grower"], atol=CLOSE)


def test_trees_on_a_networks_layer_leave_as_python_with_the_network_a_member_or_not(store, tmp_path):
    member, beneath = trained(store, wine(8)), trained(store, wine(5, "bottle"))
    members = [
        member,
        {"kind": "tree", "name": "on mine", "tree": "random_forest", "on": {"run": member["run"]}},
        {"kind": "tree", "name": "on another", "tree": "extra_trees", "on": {"run": beneath["run"], "node": "hidden"}},
        {"kind": "tree", "name": "on it too", "tree": "gradient_boosting", "on": {"run": beneath["run"]}},
        {"kind": "tree", "name": "flat", "tree": "extra_trees"},
    ]
    ensemble = put_together(store, members)
    files, _ = made(store, ensemble, "plain")
    source = files[".py"].decode()
    assert not ruff_complaints(tmp_path, {"ensemble": source})
    assert (source.count("def ask_"), source.count("def train_wine_")) == (5, 2)
    with np.load(io.BytesIO(files[".npz"])) as arrays:
        assert {name.partition(".")[0] for name in arrays} == {"wine_5", "wine_8"}
    wanted, said = on_the_page(store, ensemble, "plain"), executed(files, tmp_path)
    np.testing.assert_allclose(said["grower"], wanted["grower"], atol=CLOSE)


@pytest.mark.soak
@pytest.mark.parametrize(
    ("name", "config", "calls"),
    [
        ("siamese_lstm", {"rows": 120}, (None, "encoder:1", "embedded:1")),
        ("dual_camera_small", {"rows": 120}, ("eye/parts:1", "eye/edges", "eye:1")),
    ],
)
def test_trees_on_calls_of_shared_and_nested_layers_leave_as_python(store, tmp_path, name, config, calls):
    twins = ARCHITECTURES[name].experiment
    twins = replace(twins, training=replace(twins.training, epochs=1), data=replace(twins.data, config=config))
    network = trained(store, twins)
    trees = [
        {"kind": "tree", "name": f"oak {call}", "tree": "extra_trees", "on": {"run": network["run"], "node": call}}
        for call in calls
    ]
    ensemble = put_together(store, [network, *trees])
    files, _ = made(store, ensemble, "plain")
    assert not ruff_complaints(tmp_path, {"ensemble": files[".py"].decode()})
    (head, wanted), *_ = on_the_page(store, ensemble, "plain").items()
    np.testing.assert_allclose(executed(files, tmp_path, str(config))[head], wanted, atol=CLOSE)


@pytest.mark.parametrize("method", [pytest.param("plain", marks=pytest.mark.soak), "nelder_mead"])
def test_networks_leave_as_one_keras_model_of_models_too(store, tmp_path, method):
    ensemble = put_together(store, [trained(store, wine(8)), trained(store, wine(5, "bottle"))])
    files, refused = made(store, ensemble, method)
    assert refused == []
    wanted = on_the_page(store, ensemble, method)["grower"]
    np.testing.assert_allclose(executed(files, tmp_path)["grower"], wanted, atol=CLOSE)
    model = loaded(files, tmp_path)
    x = open_data(wine(8))["validation"][0]
    np.testing.assert_allclose(model.predict(x, verbose=0), wanted, atol=CLOSE)
    assert [door.name for door in model.inputs] == ["measurements"]
    assert {type(layer).__module__.split(".")[0] for layer in model.layers} == {"keras"}


def test_each_head_is_weighed_for_itself_in_the_files_too(store, tmp_path):
    posts = ARCHITECTURES["social_posts"].experiment
    posts = replace(posts, data=replace(posts.data, config={"rows": 400}))
    one = replace(posts, name="one", training=replace(posts.training, epochs=1))
    other = replace(one, name="other", training=replace(one.training, learning_rate=0.01))
    ensemble = put_together(store, [trained(store, one), trained(store, other)])
    files, refused = made(store, ensemble, "stacking")
    assert refused == []
    wanted = on_the_page(store, ensemble, "stacking")
    said = executed(files, tmp_path, str({"rows": 400}))
    assert set(said) == set(wanted) == {"age", "income", "gender"}
    answers = loaded(files, tmp_path).predict(open_data(one)["validation"][0], verbose=0)
    answers["gender"] = np.concatenate([1 - answers["gender"], answers["gender"]], axis=1)
    for head, values in wanted.items():
        np.testing.assert_allclose(said[head], values, atol=CLOSE)
        np.testing.assert_allclose(answers[head], values, atol=CLOSE)


@pytest.mark.soak
def test_two_inputs_are_fed_by_name(store, tmp_path):
    twins = ARCHITECTURES["siamese_lstm"].experiment
    twins = replace(twins, training=replace(twins.training, epochs=1), data=replace(twins.data, config={"rows": 120}))
    other = replace(twins, name="other", training=replace(twins.training, learning_rate=0.01))
    ensemble = put_together(store, [trained(store, twins), trained(store, other)])
    files, refused = made(store, ensemble, "plain")
    assert refused == []
    (head, wanted), *_ = on_the_page(store, ensemble, "plain").items()
    np.testing.assert_allclose(executed(files, tmp_path, str({"rows": 120}))[head], wanted, atol=CLOSE)
    model = loaded(files, tmp_path)
    inputs = load_dataset(twins.data.dataset, twins.data.config, twins.seed)["validation"][0]
    assert {door.name for door in model.inputs} == set(inputs)
    np.testing.assert_allclose(model.predict(inputs, verbose=0)[:, 0], wanted[:, -1], atol=CLOSE)


def test_a_member_that_does_not_count_is_left_out_and_a_broken_one_is_refused(store):
    first, second = trained(store, wine(8)), trained(store, wine(5))
    broken = {**first, "name": "broken", "scrambled": True}
    ensemble = put_together(store, [first, second, broken])
    with pytest.raises(EnsembleError, match="“broken” answers for other rows"):
        save_ensemble_json(store.url, ensemble, "plain")
    files, _ = made(store, ensemble, "best")
    assert files[".py"].decode().count("def train_wine") == 1
    left_out = save_ensemble_json(store.url, ensemble, "best")["left_out"]
    assert left_out in (["Wine 8", "broken"], ["Wine 5", "broken"])
    with pytest.raises(EnsembleError, match="and not by “guessing”"):
        save_ensemble_json(store.url, ensemble, "guessing")
    waiting = store.create_run("place/ensembles", {"members": [first, second]}, "waiting")
    with pytest.raises(EnsembleError, match="not yet"):
        save_ensemble_json(store.url, waiting, "plain")


@pytest.mark.soak
def test_the_file_trains_its_members_where_no_weights_lie_beside_it(store, tmp_path):
    ensemble = put_together(store, [trained(store, wine(8)), {"kind": "tree", "name": "oak", "tree": "extra_trees"}])
    files, _ = made(store, ensemble, "plain")
    (tmp_path / "alone.py").write_bytes(files[".py"])
    done = subprocess.run(
        [sys.executable, "alone.py"], cwd=tmp_path, capture_output=True, text=True, timeout=200, check=True
    )
    assert "Epoch 4/4" in done.stdout
    accuracy = float(done.stdout.rsplit("validation grower: accuracy ", 1)[1])
    assert accuracy > 0.8


def test_weights_are_plain_arrays_under_the_members_names(store):
    ensemble = put_together(store, [trained(store, wine(8)), trained(store, wine(5))])
    files, _ = made(store, ensemble, "plain")
    with np.load(io.BytesIO(files[".npz"]), allow_pickle=False) as arrays:
        assert sorted(arrays) == [f"{name}.{place:04d}" for name in ("wine_5", "wine_8") for place in range(4)]


# The text


def voices(names: tuple[str, ...]) -> list[Voice]:
    """Members of those names: networks, and trees of every kind."""
    posts = ARCHITECTURES["social_posts"].experiment
    trees = [Voice(kind, posts, tree=kind) for kind in TREES]
    return [
        *(Voice(name, posts) for name in names),
        *trees,
        Voice("on it", posts, tree="extra_trees", on=0, call=grounds_in(posts.graph)[0]),
    ]


def ensemble_of(names: tuple[str, ...], title: str = "All") -> str:
    """The file of such members, for classes and for numbers."""
    members = voices(names)
    weights = [1 / len(members)] * len(members)
    heads = {head: Head(head != "age", weights) for head in heads_of(members[0].experiment)}
    return generate_ensemble(title, members, heads)


def test_hostile_names_give_a_file_that_ruff_accepts_and_that_imports_nothing_else(tmp_path):
    source = ensemble_of((*HOSTILE_NAMES[:8], "trained", "average", "WEIGHTS", '"""\nimport os'), '"""\\\nimport os # ')
    assert not ruff_complaints(tmp_path, {"hostile": source})
    imports = [node for node in ast.walk(ast.parse(source)) if isinstance(node, (ast.Import, ast.ImportFrom))]
    modules = {node.module if isinstance(node, ast.ImportFrom) else node.names[0].name for node in imports}
    assert modules == {"pathlib", "keras", "numpy", "sklearn.ensemble", "sklearn.multioutput"}


def test_members_of_one_name_are_told_apart():
    assert [key for key, _ in keyed(voices(("a", "a", "A")))][:3] == ["a", "a_1", "a_2"]


def test_files_are_not_written_by_callbacks_and_the_best_epoch_is_kept():
    experiment = wine(4)
    callbacks = (Callback("CSVLogger", {}), Callback("ModelCheckpoint", {}), Callback("ReduceLROnPlateau", {}))
    experiment = replace(experiment, training=replace(experiment.training, callbacks=callbacks))
    source = generate_ensemble("One", [Voice("one", experiment, "val_accuracy")], {"grower": Head(True, [1.0])})
    assert "CSVLogger" not in source
    assert "ModelCheckpoint" not in source
    assert "ReduceLROnPlateau" in source
    assert 'monitor="val_accuracy", patience=4, restore_best_weights=True' in " ".join(source.split())


def test_a_head_that_is_answered_twice_is_refused():
    loom = Loom()
    x = loom.input("measurements", [13])
    graph = loom.graph(loom("Dense", x, name="a", units=3), loom("Dense", x, name="b", units=3))
    twice = Experiment("Twice", graph, Data("wine", targets={"a": "grower", "b": "grower"}), Training())
    with pytest.raises(CodeError, match="answers the same question twice"):
        generate_ensemble("x", [Voice("twice", twice)], {"grower": Head(True, [1.0])})
    with pytest.raises(CodeError, match="name none"):
        generate_ensemble("x", [Voice("bare", replace(twice, data=Data("")))], {"grower": Head(True, [1.0])})


def test_the_file_flattens_inputs_as_the_trees_here_do():
    names: dict = {"__file__": "ensemble.py"}
    exec(compile(ensemble_of(("one",)), "ensemble.py", "exec"), names)
    random = np.random.default_rng(0)
    for width in (1, 7, 2 * MOST_FEATURES):
        arrays = [random.normal(size=(3, width, 1)), random.integers(0, 9, (3, 2))]
        np.testing.assert_array_equal(names["flatten"](arrays), flatten(arrays))


def test_inputs_of_several_members_meet_in_one_shape():
    assert common_shape("x", [(None, 4), (7, None)]) == (7, 4)
    assert common_shape("x", [(None, 4), (None, 4)]) == (None, 4)
    for shapes in ([(3, 4), (3, 5)], [(3,), (3, 1)]):
        with pytest.raises(EnsembleError, match="in one shape"):
            common_shape("x", shapes)
