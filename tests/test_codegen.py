"""The exported file: readable, formatted, runnable, and the same network as the one that is built."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from components.codegen import CodeError, generate_code, generate_lines, is_chain
from components.codegen.layout import lay_out, literal, string
from components.codereading import read_code
from components.datasets import DATASETS, Dataset, register_dataset
from components.experiment import Callback, Data, Experiment, Training
from components.graph import Graph, Layer, Node
from components.weaving import Loom
from presets import ARCHITECTURES
from tests.graphs import ANY_GRAPH, PLACEABLE, dense_graphs, image_graphs, placed, sequence_graphs, without_ids

GRAPHS = int(os.environ.get("LAYERLOOM_SOAK_GRAPHS", "500"))
"""Random graphs of the long run; fewer for a look."""

GOLDEN = Path(__file__).parent / "golden"
STYLES: dict[str, dict[str, Any]] = {
    "chain": {},
    "chain_sequential": {"style": "sequential"},
    "question_answering": {},
    "question_answering_list": {"input_feed": "list"},
    "social_posts": {},
    "siamese": {},
    "stereo": {},
    "states": {},
    "blocks": {},
    "row_sequential": {"style": "sequential"},
}


# Data and experiments


def make_words(seed=0, rows=48, words=50):
    """Texts and questions of random words, and what could be asked of them."""
    import numpy as np

    random = np.random.default_rng(seed)

    def split(count):
        text = random.integers(1, words, (count, 12), dtype="int32")
        question = random.integers(1, words, (count, 5), dtype="int32")
        targets = {"answer": text[:, 0] % 7, "share": (text[:, 1] / words)[:, None]}
        targets["yes"] = (text[:, 2] > question[:, 0]).astype("float32")[:, None]
        return {"text": text, "question": question}, targets

    return {"train": split(rows), "validation": split(16), "test": split(16)}


@pytest.fixture(autouse=True)
def words():
    """A tiny dataset, known while a test runs."""
    register_dataset(WORDS)
    yield WORDS
    DATASETS.pop("words", None)


WORDS = Dataset("words", "Words", "Texts and questions of random words.", make_words, {"words": 50})


def chain() -> Experiment:
    """A straight line of layers."""
    loom = Loom()
    x = loom.input("text", [12])
    x = loom("Dense", x, name="hidden", units=32, activation="relu")
    x = loom("Dropout", x, name="rest", rate=0.2)
    x = loom("Dense", x, name="answer", units=7, activation="softmax")
    return Experiment("A chain", loom.graph(x), Data("words"), Training(metrics={"answer": ("accuracy",)}, epochs=2))


def question_answering() -> Experiment:
    """Two inputs that meet."""
    loom = Loom()
    text = loom.input("text", [None], "int32")
    x = loom("Embedding", text, name="embedded_text", input_dim=50, output_dim=64)
    x = loom("LSTM", x, name="encoded_text", units=32)
    question = loom.input("question", [None], "int32")
    y = loom("Embedding", question, name="embedded_question", input_dim=50, output_dim=32)
    y = loom("LSTM", y, name="encoded_question", units=16)
    both = loom("Concatenate", x, y, name="both")
    answer = loom("Dense", both, name="answer", units=7, activation="softmax")
    training = Training(
        losses={"answer": "sparse_categorical_crossentropy"},
        metrics={"answer": ("accuracy",)},
        epochs=3,
        callbacks=(
            Callback("EarlyStopping", {"monitor": "val_loss", "patience": 3, "restore_best_weights": True}),
            Callback("ModelCheckpoint", {"filepath": "../../outside/best.keras", "save_best_only": True}),
        ),
    )
    return Experiment("Question answering", loom.graph(answer), Data("words", {"rows": 64}), training, seed=7)


def social_posts() -> Experiment:
    """One text, three heads with losses and weights of their own."""
    loom = Loom()
    x = loom.input("posts", [12], "int32")
    x = loom("Embedding", x, name="embedded", input_dim=50, output_dim=16)
    x = loom("Conv1D", x, name="features", filters=16, kernel_size=5, activation="relu", padding="same")
    x = loom("GlobalMaxPooling1D", x, name="strongest")
    age = loom("Dense", x, name="age", units=1)
    income = loom("Dense", x, name="income", units=7, activation="softmax")
    gender = loom("Dense", x, name="gender", units=1, activation="sigmoid")
    losses = {"age": "mse", "income": "sparse_categorical_crossentropy", "gender": "binary_crossentropy"}
    training = Training(
        losses=losses, loss_weights={"age": 0.25, "gender": 10.0}, metrics={"income": ("accuracy",)}, epochs=1
    )
    data = Data("words", inputs={"posts": "text"}, targets={"age": "share", "income": "answer", "gender": "yes"})
    return Experiment("Social posts", loom.graph(age, income, gender), data, training)


def siamese() -> Experiment:
    """One LSTM, called twice."""
    loom = Loom()
    left, right = loom.input("left", [5, 8]), loom.input("right", [5, 8])
    a = loom("LSTM", left, name="reader", units=32)
    b = loom.again(a, right, name="reader_right")
    related = loom("Dense", loom("Concatenate", a, b, name="both"), name="related", units=1, activation="sigmoid")
    return Experiment("Siamese LSTM", loom.graph(related), Data(""))


def stereo() -> Experiment:
    """An encoder called twice, and two equal towers with weights of their own."""
    eye = Loom()
    x = eye.input("image", [16, 16, 3])
    x = eye("Conv2D", x, name="edges", filters=8, kernel_size=[3, 3], strides=[2, 2], padding="same")
    encoder = eye.graph(eye("Flatten", x, name="flat"))
    tower = Loom()
    inner = tower.input("features", [512])
    tower_graph = tower.graph(
        tower("Dense", inner, name="small", units=4), tower("Dense", inner, name="large", units=6)
    )
    loom = Loom()
    left, right = loom.input("left", [16, 16, 3]), loom.input("right", [16, 16, 3])
    a = loom.model("eye", encoder, left)
    b = loom.again(a, right, name="eye_right")
    up = loom.model("up", tower_graph, a)
    down = loom.model("down", tower_graph, b)
    near = loom("Concatenate", up, down, f"{down}:1", name="near")
    return Experiment("Stereo", loom.graph(loom("Dense", near, name="depth", units=1), f"{up}:1"), Data(""))


def states() -> Experiment:
    """A recurrent layer whose memory comes out too, and settings of many sorts."""
    loom = Loom()
    x = loom.input("series", [None, 4])
    rnn = loom("LSTM", x, name="rnn", units=8, return_state=True, recurrent_dropout=0.1)
    merged = loom("Average", rnn, f"{rnn}:2", name="merged")
    norm = loom("LayerNormalization", merged, name="norm", axis=[-1], epsilon=1e-06)
    wide = loom("Reshape", norm, name="wide", target_shape=[-1, 2])
    scaled = loom("Rescaling", wide, name="scaled", scale=0.00392156862745098)
    return Experiment("States", loom.graph(loom("Flatten", scaled, name="flat")), Data(""))


def blocks() -> Experiment:
    """Two stacks of residual blocks of a different size, each block fed with the first features too."""
    loom = Loom()
    first = x = loom("Dense", loom.input("series", [8]), name="features", units=8)
    for number in range(1, 13):
        inner = loom("Dense", x, name=f"block_{number}_inner", units=8 if number < 7 else 16, activation="relu")
        outer = loom("Dense", inner, name=f"block_{number}_outer", units=8)
        x = loom("Add", outer, x, first, name=f"block_{number}")
    return Experiment("Blocks", loom.graph(loom("Dense", x, name="answer", units=1)), Data(""))


def row() -> Experiment:
    """Layers in a row: equal ones with long settings, equal ones with short settings, and too few for a loop."""
    loom = Loom()
    x = loom.input("series", [8])
    for number in range(10):
        x = loom("Dense", x, name=f"deep_{number}", units=8, activation="sigmoid", bias_initializer="ones")
    for number in range(1, 10):
        x = loom("ReLU", x, name=f"bend{number}")
    for number in range(1, 4):
        x = loom("Dropout", x, name=f"rest_{number}", rate=0.5)
    return Experiment("Row", loom.graph(x), Data(""))


EXPERIMENTS = {
    "chain": chain, "question_answering": question_answering, "social_posts": social_posts, "siamese": siamese,
    "stereo": stereo, "states": states, "blocks": blocks, "row": row,
}  # fmt: skip


def experiment_of(name: str) -> Experiment:
    """The experiment behind a golden file."""
    return next(EXPERIMENTS[key]() for key in EXPERIMENTS if name.startswith(key))


def code_of(name: str) -> str:
    """What the golden file of that name should be."""
    return generate_code(experiment_of(name), **STYLES[name])


# Text


@pytest.mark.parametrize("name", STYLES)
def test_code_is_as_the_golden_file(name):
    assert code_of(name) == (GOLDEN / f"{name}.py").read_text(encoding="utf-8")


def ruff_complaints(folder: Path, sources: dict[str, str]) -> str:
    """What stock ruff would change or refuse in the sources."""
    for name, source in sources.items():
        (folder / f"{name}.py").write_text(source, encoding="utf-8")
    ruff = [sys.executable, "-m", "ruff"]
    formatted = subprocess.run([*ruff, "format", "--isolated", "--diff", folder], capture_output=True, text=True)
    strict = ["check", "--isolated", "--select", "E4,E7,E9,F,I,B,A,UP,C4", folder]
    checked = subprocess.run([*ruff, *strict], capture_output=True, text=True)
    return formatted.stdout + (checked.stdout if checked.returncode else "")


def test_golden_files_are_as_ruff_would_have_them(tmp_path):
    assert not ruff_complaints(tmp_path, {name: code_of(name) for name in STYLES})


HOSTILE_NAMES = (
    *("lambda", "None", "l", "I", "print", "keras", "layers", "np", "__import__", "__debug__", "_", "SEED", "main"),
    *("build_model", "data", "name", "make_words", "x" * 63, "שלום", "한국어로_쓴_긴_층의_이름" * 4, "ﬁt", "fit", "x²"),
)


def hostile(names: tuple[str, ...]) -> Experiment:
    """A network with two inputs whose layers have the given names, one of them shared and one nested."""
    loom = Loom()
    first, second, third, *rest = names
    a, b = loom.input(first, [3]), loom.input(second, [3])
    shared = loom("Dense", a, name=third, units=3)
    x = loom("Add", shared, loom.again(shared, b))
    for name in rest:
        x = loom("Dense", x, name=name, units=3, activation="relu")
    inner = Loom()
    nested = inner.graph(inner("Dense", inner.input(third, [3]), name=first, units=2))
    y = loom.model("build", nested, x)
    data = Data("words", inputs={first: 'a"]; import os  # ', second: "b\\\n'"}, targets={"build": '\u202e\'"""'})
    return Experiment('"""\\\nimport os  # \u202e', loom.graph(y, x), data, Training(losses={"build": "mse"}))


def test_hostile_names_give_valid_code_that_does_only_what_was_drawn(tmp_path):
    source = generate_code(hostile(HOSTILE_NAMES))
    assert not ruff_complaints(tmp_path, {"hostile": source})
    imports = [node for node in ast.walk(ast.parse(source)) if isinstance(node, (ast.Import, ast.ImportFrom))]
    assert {alias.name for node in imports for alias in node.names} == {"keras", "layers", "numpy"}
    model = run(source)
    assert {layer.name for layer in model.layers} >= set(HOSTILE_NAMES)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.from_regex(r"[^\W\d]\w{0,62}", fullmatch=True), min_size=4, max_size=7, unique=True))
def test_any_name_gives_python_that_parses(names):
    source = generate_code(hostile(tuple(f"{name}"[:60] + str(i) for i, name in enumerate(names))))
    ast.parse(source)


@given(st.text())
def test_strings_are_written_as_themselves(text):
    written = string(text)
    assert ast.literal_eval(written) == text
    assert written.isprintable()


SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()


def nested(inner: st.SearchStrategy) -> st.SearchStrategy:
    """Lists and objects of the inner values."""
    return st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4)


@given(st.recursive(SCALARS, nested, max_leaves=12))
def test_values_are_written_as_themselves(value):
    assert ast.literal_eval("\n".join(lay_out(literal(value), 0, 0))) == value


# What is refused


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"graph": Graph({"a": Layer("InputLayer", {"shape": [1]})}, (Node("a", "a"),))}, "output"),
        ({"data": Data("nowhere")}, "nowhere"),
        ({"data": Data("words", {"rows=1); import os #": 1})}, "words"),
        ({"data": Data("words", {"colour": 1})}, "colour"),
        ({"training": Training(optimizer="Adam(); import os")}, "optimizer"),
        ({"training": Training(callbacks=(Callback("os.system", {}),))}, "callback"),
        ({"training": Training(callbacks=(Callback("EarlyStopping", {"x=1); y(": 1}),))}, "EarlyStopping"),
    ],
)
def test_what_cannot_be_written_is_refused_in_a_sentence(change, word):
    with pytest.raises(CodeError, match=word) as caught:
        generate_code(replace(chain(), **change))
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize(
    ("kind", "config"), [("Lambda", {}), ("Dense", {"units": 3, "x=1); import os; (y": 1}), ("Dense(1); import os", {})]
)
def test_only_layers_of_the_catalogue_are_written(kind, config):
    loom = Loom()
    x = loom(kind, loom.input("a", [3]), name="b", **config)
    with pytest.raises(CodeError):
        generate_code(Experiment("x", loom.graph(x), Data("")))


def test_a_layer_without_inputs_is_named():
    layers = {"a": Layer("InputLayer", {"shape": [1]}), "b": Layer("Dense", {"units": 1})}
    graph = Graph(layers, (Node("a", "a"), Node("b", "b")), ("b",))
    with pytest.raises(CodeError, match="“b”"):
        generate_code(Experiment("x", graph, Data("")))


def test_sequential_is_for_chains():
    assert is_chain(chain().graph)
    assert not is_chain(siamese().graph)
    with pytest.raises(CodeError, match="Sequential"):
        generate_code(siamese(), style="sequential")


def test_a_dataset_that_leans_on_its_module_is_refused():
    register_dataset(Dataset("leaning", "", "", leaning))
    with pytest.raises(CodeError, match="GOLDEN"):
        generate_code(replace(chain(), data=Data("leaning")))
    DATASETS.pop("leaning")


def leaning(seed: int = 0) -> dict:
    """A dataset that uses a constant of its module."""
    return {"train": GOLDEN}


def annotated(seed: int = 0, *, kind: Graph | None = None, **more: Any) -> Graph:
    """A dataset with annotations that only its module understands."""
    return kind


def test_annotations_of_the_module_are_left_out():
    register_dataset(Dataset("annotated", "", "", annotated))
    source = generate_code(replace(chain(), data=Data("annotated")))
    DATASETS.pop("annotated")
    assert "def annotated(seed=0, *, kind=None, **more):\n" in source


# Lines


def test_lines_of_a_node_name_it():
    experiment = stereo()
    source = generate_code(experiment).splitlines()
    lines = generate_lines(experiment)
    assert set(lines) == {
        "left", "right", "eye", "eye_right", "up", "down", "near", "depth", "eye/image", "eye/edges", "eye/flat",
        "up/features", "up/small", "up/large", "down/features", "down/small", "down/large",
    }  # fmt: skip
    for node, numbers in lines.items():
        assert any(node.split("/")[-1] in source[number - 1] for number in numbers)
    assert lines["up/small"] == lines["down/small"]


# Loops


def loops_of(source: str) -> list[range]:
    """The numbers over which the file's loops run."""
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, (ast.For, ast.comprehension))]
    calls = [node.iter for node in nodes if ast.unparse(node.target) == "number"]
    return [range(*map(ast.literal_eval, call.args)) for call in calls if isinstance(call, ast.Call)]


@pytest.mark.parametrize(
    ("name", "loop", "size"),
    [("plain_stack", range(1, 21), 1), ("residual_stack", range(1, 21), 2), ("xception", range(5, 13), 10)],
)
def test_blocks_that_repeat_are_written_as_a_loop_and_all_their_nodes_keep_its_lines(name, loop, size):
    experiment = ARCHITECTURES[name].experiment
    source, lines = generate_code(experiment), generate_lines(experiment)
    assert loops_of(source) == [loop]
    assert set(lines) == {node.id for node in experiment.graph.nodes}
    head = next(place for place, text in enumerate(source.splitlines(), 1) if text.startswith("    for number in"))
    inside = [numbers for numbers in lines.values() if head in numbers]
    assert len(inside) == len(loop) * size
    assert (
        len({tuple(numbers) for numbers in inside}) == size
    )  # every node lights up the call at its place in the block


def test_a_loop_goes_on_under_the_variable_of_the_one_before():
    assert loops_of(code_of("blocks")) == [range(1, 7), range(7, 13)]
    assert code_of("blocks").count("block = ") == 3  # what enters, and the end of either loop


def test_equal_layers_in_a_row_are_a_comprehension_in_sequential_form_and_read_back():
    source = code_of("row_sequential")
    assert loops_of(source) == [range(10), range(1, 10)]
    reading = read_code(source)
    assert (reading.graph, reading.notes) == (row().graph, ())
    model = run(source)
    assert [layer.name for layer in model.layers] == [node.id for node in row().graph.nodes[1:]]
    numbers = generate_lines(experiment_of("row"), "sequential")
    assert set(numbers) == {node.id for node in row().graph.nodes}


def test_models_that_repeat_are_built_in_a_loop():
    inner = Loom()
    tower = inner.graph(inner("Dense", inner.input("features", [4]), name="dense", units=4))
    loom = Loom()
    x = loom.input("features", [4])
    for number in range(1, 11):
        x = loom.model(f"tower_{number}", tower, x)
    experiment = Experiment("Towers", loom.graph(x), Data(""))
    assert 'tower = build_tower_1(name=f"tower_{number}")(tower)' in generate_code(experiment)
    for style in ("functional", "sequential"):
        source = generate_code(experiment, style)
        assert loops_of(source) == [range(1, 11)]
        assert [layer.name for layer in run(source).layers][-10:] == [f"tower_{number}" for number in range(1, 11)]
    assert_same_network(experiment.graph)
    assert read_code(generate_code(experiment)).graph == experiment.graph


@pytest.mark.parametrize("throughout", [False, True])
def test_a_loop_leaves_alone_what_is_needed_behind_it(throughout):
    loom = Loom()
    x = loom.input("features", [4])
    for number in range(1, 11):
        x = loom("Dense", x, name=f"layer_{number}", units=4)
    kept = x
    for number in range(11, 21):
        x = loom("Add", x, kept, name=f"sum_{number}") if throughout else x
        x = loom("Dense", x, name=f"layer_{number}", units=4, activation="tanh")
    experiment = Experiment("Kept", loom.graph(x if throughout else loom("Add", x, kept, name="both")), Data(""))
    assert loops_of(generate_code(experiment)) == [range(1, 11), range(11, 21)]
    assert_same_network(experiment.graph)


FAULTS = ("", "config", "name", "output", "used", "shared", "type", "wires", "inner")
"""What may keep one block from standing in a loop with the others."""


def stack(rounds: int, kinds: list[str], residual: bool, first: int, fault: str, odd: int) -> Graph:
    """Blocks of layers one on the other under names that count up; the block of the number `odd` has the fault."""
    settings = {"Dense": {"units": 4}, "Dropout": {"rate": 0.5}, "LeakyReLU": {"negative_slope": 1}}
    different = {"Dense": {"use_bias": False}, "Dropout": {"rate": 0.25}, "LeakyReLU": {"negative_slope": 0.5}}
    loom = Loom()
    x, more = loom.input("features", [4]), []
    for number in range(first, first + rounds):
        before, wrong = x, number == odd
        for place, kind in enumerate(kinds):
            name, config = f"part{place}_{number}", dict(settings[kind])
            if wrong and not place:
                config |= different[kind] if fault == "config" else {}
                config |= {"negative_slope": 1.0} if fault == "type" and kind == "LeakyReLU" else {}
                name = f"part{place}_0{number}" if fault == "name" else name
            x = loom(kind, x, name=name, **config)
            more += [x] if wrong and not place and fault == "inner" else []
        if wrong and fault == "shared":
            x = loom.again(x, x, name="once_more")
        ends = (before, x) if wrong and fault == "wires" else (x, before)
        x = loom("Add", *ends, name=f"sum_{number}") if residual else x
        more += [x] if wrong and fault in ("output", "used") else []
    if fault == "used" and more:
        return loom.graph(loom("Add", x, *more, name="late"))
    return loom.graph(x, *(reference for reference in more if reference != x))


@pytest.mark.parametrize("fault", FAULTS)
@settings(
    max_examples=4, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.explicit, Phase.generate]
)
@example(rounds=14, kinds=["LeakyReLU", "Dense"], residual=True, first=1, odd=6)
@given(
    rounds=st.integers(3, 14),
    kinds=st.lists(st.sampled_from(["Dense", "Dropout", "LeakyReLU"]), min_size=1, max_size=3),
    residual=st.booleans(),
    first=st.integers(0, 9),
    odd=st.integers(0, 13),
)
def test_stacks_are_the_same_network_and_no_loop_runs_over_a_block_that_differs(
    rounds, kinds, residual, first, fault, odd
):
    odd = first + odd % rounds
    graph = stack(rounds, kinds, residual, first, fault, odd)
    experiment = Experiment("Stack", graph, Data(""))
    source, size = generate_code(experiment), len(kinds) + residual
    loops = loops_of(source)
    assert_same_config(graph)
    reading = read_code(source)
    assert (without_ids(reading.graph), reading.notes) == (without_ids(graph), ())
    assert set(generate_lines(experiment)) == {node.id for node in graph.nodes}
    faultless = not fault or (fault == "type" and kinds[0] != "LeakyReLU") or (fault == "wires" and not residual)
    if faultless:
        assert loops == ([range(first, first + rounds)] if (rounds - 1) * size >= 8 else [])
    elif fault in ("config", "name", "type", "shared", "wires") or (fault == "inner" and size > 1):
        assert not any(odd in loop for loop in loops)
    else:
        assert all(odd not in loop or odd == loop[-1] for loop in loops)


# The same network


def run(source: str) -> Any:
    """The model of the file, imported and not run."""
    names: dict[str, Any] = {"__name__": "exported"}
    exec(compile(source, "exported.py", "exec"), names)
    return names["build_model"]()


def comparable(config: Any) -> Any:
    """A model's config without its own name or that of a wrapped layer, and with one output as a list of one."""
    config = {key: value for key, value in config.items() if key != "name"}
    for held in ("layer", "backward_layer"):
        if held in config:
            config[held] = {**config[held], "config": comparable(config[held]["config"])}
    for ends in ("input_layers", "output_layers"):
        if config.get(ends) and isinstance(config[ends][0], str):
            config[ends] = [config[ends]]
    if "layers" in config:
        config["layers"] = [{**entry, "config": comparable(entry["config"])} for entry in config["layers"]]
    return json.loads(json.dumps(config, default=str))


def assert_same_network(graph: Graph) -> None:
    """The exported file builds what `building` builds: by config, and by outputs with the same weights."""
    import keras

    from components.building import weave

    keras.utils.clear_session()
    built, exported = weave(graph, "model"), run(generate_code(Experiment("random", graph, Data(""))))
    assert comparable(exported.get_config()) == comparable(built.get_config())
    exported.set_weights(built.get_weights())
    random = np.random.default_rng(0)
    arrays = [random.random((3, *(size or 5 for size in door.shape[1:]))) for door in built.inputs]
    ours = keras.tree.flatten(exported(arrays if len(arrays) > 1 else arrays[0]))
    for one, other in zip(ours, keras.tree.flatten(built(arrays)), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_exported_models_equal_the_built_ones(name):
    assert_same_network(EXPERIMENTS[name]().graph)


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@given(dense_graphs())
def test_exported_random_graphs_equal_the_built_ones(graph):
    assert_same_network(graph)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@given(image_graphs() | sequence_graphs())
def test_exported_convolutions_states_and_wrappers_are_those_that_are_built(graph):
    assert_same_config(graph)


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@given(dense_graphs(several=True))
def test_models_inside_with_several_ends_are_exported_as_they_are(graph):
    assert_same_network(graph)


@pytest.mark.soak
@pytest.mark.timeout(1800)
@settings(max_examples=GRAPHS, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@given(ANY_GRAPH)
def test_500_random_graphs_are_exported_as_they_are_built_and_read_back_as_they_were_drawn(graph):
    assert_same_network(graph)
    reading = read_code(generate_code(Experiment("random", graph, Data(""))))
    assert (reading.graph, reading.notes) == (graph, ())


def assert_same_config(graph: Graph) -> None:
    """The exported file builds what `building` builds, by config: layers, arguments, calls and names."""
    from components.building import weave
    from components.calling import without_weights

    source = generate_code(Experiment("random", graph, Data("")))
    built, exported = without_weights(lambda: (weave(graph, "model").get_config(), run(source).get_config()))
    assert comparable(exported) == comparable(built)


@pytest.mark.parametrize("name", [name for name, preset in ARCHITECTURES.items() if preset.parameters < 1_000_000])
def test_presets_are_exported_as_the_networks_they_are(name):
    assert_same_network(ARCHITECTURES[name].experiment.graph)


@pytest.mark.parametrize("name", [name for name, preset in ARCHITECTURES.items() if preset.parameters >= 1_000_000])
def test_large_presets_are_exported_as_the_networks_they_are(name):
    assert_same_config(ARCHITECTURES[name].experiment.graph)


@pytest.mark.parametrize("kind", PLACEABLE)
def test_every_layer_of_the_catalogue_is_exported_as_it_was_placed_and_read_back(kind):
    graph = placed(kind)
    assert_same_config(graph)
    reading = read_code(generate_code(Experiment("random", graph, Data(""))))
    assert (reading.graph, reading.notes) == (graph, ())


def test_presets_are_exported_as_ruff_would_have_them(tmp_path):
    sources = {name: generate_code(preset.experiment) for name, preset in ARCHITECTURES.items()}
    assert not ruff_complaints(tmp_path, sources)


def test_same_seed_gives_the_same_first_weights():
    import keras

    from components.building import build_model

    experiment = question_answering()
    built = build_model(experiment.graph, seed=experiment.seed)
    keras.utils.set_random_seed(experiment.seed)
    for one, other in zip(run(generate_code(experiment)).get_weights(), built.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_file_runs_as_it_is_and_its_callbacks_leave_their_files(tmp_path):
    file = tmp_path / "exported.py"
    file.write_text(code_of("question_answering"), encoding="utf-8")
    run = subprocess.run([sys.executable, file], cwd=tmp_path, capture_output=True, text=True, timeout=200)
    assert run.returncode == 0, run.stderr[-2000:]
    assert "test loss:" in run.stdout
    assert (tmp_path / "best.keras").exists()


if __name__ == "__main__":
    register_dataset(WORDS)
    for golden in STYLES:
        (GOLDEN / f"{golden}.py").write_text(code_of(golden), encoding="utf-8")
