"""Reading code: what builds a model becomes its graph, the rest is named by line, and nothing is ever executed."""

from __future__ import annotations

import builtins
import os
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from components.codegen import generate_code
from components.codereading import MOST_CHARACTERS, CodeReadingError, read_code
from components.experiment import Callback, Data, Experiment, Training
from components.graph import Graph, Layer, output_names
from presets import ARCHITECTURES
from tests.graphs import ANY_GRAPH, without_ids

LISTINGS = sorted((Path(__file__).parent / "listings").glob("*.py"))
OTHER_STYLES = sorted((Path(__file__).parent / "other_styles").glob("*.py"))
EVERY_SORT = settings(deadline=None, suppress_health_check=list(HealthCheck))


def notes_at(source: str) -> dict[int, str]:
    """The notes of a reading, by line."""
    notes: dict[int, str] = {}
    for line, sentence in read_code(source).notes:
        notes[line] = f"{notes.get(line, '')} {sentence}".strip()
    return notes


def layers_of(source: str) -> dict[str, Any]:
    """By layer name its kind and config; models inside as dicts."""
    graph = read_code(source).graph
    assert graph is not None, read_code(source).notes
    return {name: (layer.kind, dict(layer.config)) for name, layer in graph.layers.items() if isinstance(layer, Layer)}


# The way back


@settings(EVERY_SORT, max_examples=300)
@given(ANY_GRAPH, st.sampled_from(["dict", "list"]))
def test_generated_code_reads_back_as_the_same_graph(graph, feed):
    reading = read_code(generate_code(Experiment("random", graph, Data("")), input_feed=feed))
    assert (reading.graph, reading.notes) == (graph, ())


@pytest.mark.parametrize("golden", sorted((Path(__file__).parent / "golden").glob("*.py")), ids=lambda path: path.stem)
def test_golden_files_read_back_as_they_were_drawn(golden):
    from tests.test_codegen import experiment_of

    experiment = experiment_of(golden.stem)
    reading = read_code(golden.read_text(encoding="utf-8"))
    assert reading.graph is not None
    assert without_ids(reading.graph) == without_ids(experiment.graph)
    assert reading.notes == ()


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_presets_read_back_as_they_are(name):
    experiment = ARCHITECTURES[name].experiment
    reading = read_code(generate_code(experiment))
    assert reading.graph == experiment.graph
    assert reading.training == experiment.training
    assert reading.seed == experiment.seed
    assert reading.notes == ()


def test_training_reads_back():
    from tests.test_codegen import WORDS, experiment_of, register_dataset

    register_dataset(WORDS)
    for name in ("question_answering", "social_posts"):
        experiment = experiment_of(name)
        reading = read_code(generate_code(experiment)).training
        assert reading is not None
        assert reading.losses == experiment.training.losses
        assert reading.metrics == experiment.training.metrics
        assert (reading.epochs, reading.batch_size) == (experiment.training.epochs, experiment.training.batch_size)
        assert [callback.kind for callback in reading.callbacks] == [c.kind for c in experiment.training.callbacks]


# Listings as people write them


def shipped_network(name: str, options: Any) -> Graph:
    """A network of `keras.applications`, as the engine gives it to the page."""
    from components.applications import application_json
    from components.graph import graph_from_json

    try:
        return graph_from_json(application_json(name, options))
    except ValueError as error:
        raise CodeReadingError(str(error)) from error


@pytest.fixture(scope="module")
def counts():
    """By listing, the parameters of the executed model and those of the graph that was read."""
    import keras

    from components.building import weave

    counted: dict[str, tuple[int, int | None]] = {}
    for path in LISTINGS:
        keras.utils.clear_session()
        source = path.read_text(encoding="utf-8")
        names: dict[str, Any] = {"__name__": "listing"}
        exec(compile(source, path.name, "exec"), names)
        executed = (names.get("model") or names["create_model"]()).count_params()
        graph = read_code(source, shipped_network).graph
        try:
            counted[path.stem] = executed, weave(graph, "model").count_params()
        except (AttributeError, TypeError, ValueError):
            counted[path.stem] = executed, None
    return counted


def test_at_least_95_of_100_listings_give_the_parameters_of_executing_them(counts):
    wrong = {name: pair for name, pair in counts.items() if pair[0] != pair[1]}
    assert len(counts) >= 60
    assert len(wrong) <= 0.05 * len(counts), wrong


# Spellings


ONE_LAYER = "Dense(5, activation='relu', name='d')(Input((3,), name='i'))"


SPELLINGS = [
    f"from keras.layers import Dense, Input\nfrom keras.models import Model\ny = {ONE_LAYER}\n",
    f"from tensorflow.keras.layers import *\ny = {ONE_LAYER}",
    f"from tensorflow.python.keras.layers import Dense, Input\ny = {ONE_LAYER}",
    f"from keras.layers.core import Dense\nfrom keras.engine import Input\ny = {ONE_LAYER}",
    """import tensorflow as tf
x = tf.keras.Input((3,), name='i')
y = tf.keras.layers.Dense(5, 'relu', name='d')(x)
""",
    """import keras as K
L = K.layers
y = L.Dense(units=5, activation=K.activations.relu, name='d')(L.Input(shape=[3], name='i'))
""",
    """import tensorflow.keras as K
x = K.Input(batch_shape=(None, 3), name='i')
y = K.layers.Dense(5, K.activations.relu, name='d')(x)
""",
    """from tensorflow import keras, nn
x = keras.Input(3 * (1,) and (3,), name='i')
y = keras.layers.Dense(5, nn.relu, name='d')(x)
""",
]


@pytest.mark.parametrize("source", SPELLINGS, ids=range(len(SPELLINGS)))
def test_every_spelling_means_the_same_layer(source):
    assert layers_of(source) == {
        "i": ("InputLayer", {"shape": [3]}),
        "d": ("Dense", {"units": 5, "activation": "relu"}),
    }


def test_variables_that_say_something_name_layers():
    source = """
from keras import Input, Model, layers
question = Input((8,))
x = layers.Dense(4)(question)
x = layers.Dense(4)(x)
summary = layers.Dense(2)(x)
model = Model(question, summary)
"""
    assert list(layers_of(source)) == ["question", "dense", "dense_1", "summary"]


def test_calls_of_one_layer_share_it():
    source = """
import keras
shared = keras.layers.LSTM(4)
left, right = keras.Input((5, 2), name="left"), keras.Input((5, 2), name="right")
one = shared(left)
two = shared(right)
model = keras.Model([right, left], keras.layers.subtract([one, two]))
"""
    graph = read_code(source).graph
    assert graph is not None
    assert [node.layer for node in graph.nodes].count("shared") == 2
    assert graph.inputs == ("right", "left")


def test_wrappers_hold_the_layer_that_they_wrap():
    source = """from keras import Input, Model, layers
x = Input((9, 4), name="series")
both = layers.Bidirectional(layers.LSTM(8, return_sequences=True), merge_mode="sum", name="both")(x)
y = layers.TimeDistributed(layers.Dense(3, activation="softmax"), name="each")(both)
model = Model(x, y)
"""
    lstm = {"kind": "LSTM", "config": {"units": 8, "return_sequences": True}}
    dense = {"kind": "Dense", "config": {"units": 3, "activation": "softmax"}}
    assert layers_of(source) == {
        "series": ("InputLayer", {"shape": [9, 4]}),
        "both": ("Bidirectional", {"layer": lstm, "merge_mode": "sum"}),
        "each": ("TimeDistributed", {"layer": dense}),
    }
    assert read_code(source).notes == ()


def test_a_model_that_a_wrapper_cannot_hold_stands_alone_and_is_told():
    source = """import keras
inner = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
x = keras.Input((9, 4))
model = keras.Model(x, keras.layers.TimeDistributed(inner)(x))
"""
    assert "what it wraps stands alone" in notes_at(source)[4]
    assert "inner" in read_code(source).graph.layers


def test_compile_and_fit_become_the_training():
    source = """
from keras import Input, Model, layers, optimizers, callbacks
a = Input((4,))
model = Model(a, [layers.Dense(1, name="age")(a), layers.Dense(3, activation="softmax", name="kind")(a)])
model.compile(optimizers.RMSprop(2e-4), loss=["mse", "SparseCategoricalCrossentropy"], loss_weights=[0.25, 1],
              metrics={"kind": ["acc"]})
model.fit(x, y, epochs=7, batch_size=64, shuffle=False, callbacks=[callbacks.EarlyStopping("val_loss", patience=2)])
"""
    training = read_code(source).training
    assert training == Training(
        "RMSprop", 2e-4, {"age": "mse", "kind": "sparse_categorical_crossentropy"}, {"age": 0.25, "kind": 1.0},
        {"kind": ("accuracy",)}, 7, 64, False, (Callback("EarlyStopping", {"monitor": "val_loss", "patience": 2}),),
    )  # fmt: skip


def test_networks_are_asked_for_by_name():
    encoder = read_code(
        "import keras\nmodel = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Flatten()])"
    ).graph
    source = """
from tensorflow.keras.applications import Xception
from tensorflow.keras import Input, Model, layers
base = Xception(weights=None, include_top=False)
left, right = Input((8, 8, 3)), Input((8, 8, 3))
model = Model([left, right], layers.concatenate([base(left), base(right)]))
"""
    asked: list[tuple[str, Any]] = []
    reading = read_code(source, networks=lambda name, config: asked.append((name, config)) or encoder)
    assert asked == [("Xception", {"weights": None, "include_top": False})]
    assert reading.graph is not None
    assert isinstance(reading.graph.layers["base"], Graph)
    assert "Xception" in notes_at(source)[4]


def test_what_keras_does_not_make_is_told_on_its_line_and_no_weights_are_fetched():
    source = "import keras\nmodel = keras.applications.MobileNet(input_shape=(8, 8, 3), weights='imagenet')"
    assert "input_shape" in " ".join(note for _, note in read_code(source, shipped_network).notes)
    source = "import keras\nmodel = keras.applications.MobileNet(alpha=0.25, classes=3)"
    reading = read_code(source, shipped_network)
    assert reading.name == "mobilenet"
    assert reading.graph is not None
    assert [sentence for _, sentence in reading.notes] == ["Weights are not fetched, so MobileNet begins untrained."]


def test_a_network_in_a_loop_without_end_is_asked_for_a_few_times():
    asked = []
    source = "import keras\nfor i in range(100):\n    model = keras.applications.VGG16(classes=i, weights=None)\n"
    graph = read_code("import keras\nmodel = keras.Sequential([keras.Input((8,)), keras.layers.Dense(2)])").graph
    reading = read_code(source, networks=lambda name, options: asked.append(options) or graph)
    assert len(asked) == 8
    assert "At most 8 networks" in reading.notes[0][1]


# What is not read is named by its line, and the rest is kept


@pytest.mark.parametrize("path", OTHER_STYLES, ids=lambda path: path.stem)
def test_files_of_other_frameworks_are_answered_line_by_line(path):
    source = path.read_text(encoding="utf-8")
    reading = read_code(source)
    assert reading.graph is None
    told = {line for line, _ in reading.notes}
    assert {number for number, line in enumerate(source.splitlines(), 1) if line.endswith("# told")} <= told
    assert all(sentence.endswith(".") for _, sentence in reading.notes)


def test_another_framework_beside_a_keras_model_is_no_matter():
    source = "from sklearn.preprocessing import StandardScaler\nscale = StandardScaler()\n"
    model = "import keras\nmodel = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])\n"
    assert not [note for _, note in read_code(source + model).notes if "scikit-learn" in note]


def test_what_is_not_understood_is_named_by_line_and_the_rest_is_kept():
    source = """import os
import keras
from keras import layers
os.system("touch /tmp/never")
x = keras.Input((4,))
h = layers.Dense(units_from_somewhere)(x)
h = layers.Lambda(lambda t: t * 2)(h)
h = mystery(h)
h = layers.Dense(3, kernel_quantizer="ternary")(h)
model = keras.Model(x, h)
"""
    reading = read_code(source)
    assert reading.graph is not None
    assert len(reading.graph.nodes) == 3
    notes = notes_at(source)
    assert "os.system" in notes[4]
    assert "units" in notes[6]
    assert "Lambda" in notes[7]
    assert "mystery" in notes[8]
    assert "kernel_quantizer" in notes[9]
    assert all(sentence.endswith(".") for _, sentence in reading.notes)


@pytest.mark.parametrize(
    ("source", "word"),
    [
        ("", "No Keras model"),
        ("x = 1", "No Keras model"),
        ("def f(:", "not valid Python"),
        ("\x00", "not valid Python"),
        ("(" * 5000, "not valid Python"),
        ("x = " + "-" * 50_000 + "1", ""),
        ("import keras\nmodel = keras.Sequential([keras.layers.Dense(3)])", "input shape"),
        ("import keras\nmodel = keras.Sequential()", "no layers"),
        ("class Net(keras.Model):\n  pass\n", "code of its own"),
        ("#" * (MOST_CHARACTERS + 1), "characters"),
    ],
)
def test_code_without_a_model_says_why(source, word):
    reading = read_code(source)
    assert reading.graph is None
    assert any(word in sentence for _, sentence in reading.notes)


# Nothing is executed, and nothing takes long

REFUSED = [
    "os.system('x')", "__import__('os').system('x')", "eval('1')", "exec('1')", "open('/etc/passwd').read()",
    "subprocess.run(['x'])", "compile('1', '', 'eval')", "shutil.rmtree('/')", "socket.socket()", "pickle.loads(b'')",
]  # fmt: skip


@pytest.mark.parametrize("call", REFUSED)
@pytest.mark.parametrize(
    "frame",
    [
        "{call}\n",
        "x = [{call}]\n",
        "def f():\n    return {call}\nf()\n",
        "class C:\n    x = {call}\n",
        "f = lambda: {call}\nf()\n",
        "@{call}\ndef f(): pass\n",
        'y = f"""{{ {call} }}"""\n',
        "def f(a={call}): pass\n",
    ],
)
def test_calls_beyond_a_model_are_refused_by_line_and_never_run(call, frame, monkeypatch):
    def never(*args: Any, **kwargs: Any) -> None:
        raise AssertionError("executed")

    for owner, name in (
        (os, "system"),
        (subprocess, "run"),
        (builtins, "eval"),
        (builtins, "exec"),
        (builtins, "open"),
    ):
        monkeypatch.setattr(owner, name, never)
    body = frame.format(call=call)
    notes = read_code(body + "import keras\nmodel = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])").notes
    monkeypatch.undo()
    root = call.split("(")[0].split(".")[0]
    assert any(root in sentence and "not run" in sentence for line, sentence in notes if line <= body.count("\n"))


BOMBS = [
    "x = 10 ** 10 ** 10",
    "x = 'a' * 10 ** 12",
    "x = [0] * 10 ** 12",
    "x = 1 << 10 ** 10",
    "x = f'{1:1000000000}'",
    "x = '{:1000000000}'.format(1)",
    "x = '%1000000000d' % 1",
    "x = 'a'\nfor i in range(100):\n    x = x + x",
    "x = []\nfor i in range(100):\n    x = [x, x]\ny = x == x",
    "x = []\nx.append(x)\ny = x == [x]\nimport keras\nkeras.layers.Dense(x)",
    "while True:\n    pass",
    "for a in range(10 ** 9):\n    for b in range(10 ** 9):\n        pass",
    "for a in range(9999):\n    for b in range(9999):\n        x = a * b",
    "def f():\n    return f() + f()\nf()",
    "def f(n):\n    return [f(n - 1), f(n - 1), f(n - 1)]\nf(30)",
    "import keras\nx = keras.Input((2,))\nfor i in range(9999):\n    x = keras.layers.Dense(2)(x)\nkeras.Model(x, x)",
    "import keras\nx = keras.Input((2,))\nfor i in range(200):\n    x = keras.Model(x, keras.layers.Dense(2)(x))(x)",
    "import keras as k\nl = k.layers.ReLU()\nx = y = k.Input((2,))\nfor i in range(4900):\n    y = l(y)\nk.Model(x, y)",
    "x = " + "(" * 150 + "1" + ")" * 150,
    "x = " + "+".join(["1"] * 20_000),
    "x = 'a'.replace('a', 'b' * 9999).replace('b', 'c' * 9999)",
    "x = ','.join(['a' * 9999] * 9999)",
    "import math\nx = math.prod([10] * 9999)",
    "x = [[i, j, k] for i in range(999) for j in range(999) for k in range(999)]",
]  # fmt: skip


@pytest.mark.parametrize("source", BOMBS, ids=range(len(BOMBS)))
def test_bombs_end_soon_and_quietly(source):
    import tracemalloc

    tracemalloc.start()
    begun = time.perf_counter()
    read_code(source)
    seconds = time.perf_counter() - begun
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert seconds < 20
    assert peak < 300e6


TOKENS = st.sampled_from(
    [
        *(
            "import keras\n",
            "from keras import layers, Input, Model\n",
            "x = Input((3,))\n",
            "x = layers.Dense(4)(x)\n",
        ),
        *(
            "model = Model(x, x)\n",
            "for i in range(3):\n    ",
            "if x:\n    ",
            "def f(a, *b, c=1, **d):\n    return a\n",
        ),
        *("x = f(x)\n", "x += x\n", "x = x[0]\n", "model.add(x)\n", "x = keras.Sequential([x])\n", "x = x.output\n"),
        *("model = keras.Sequential()\n", "model.compile(x, x, x)\n", "model.fit(x, epochs=x)\n", "x = x.layers[-1]\n"),
        *("x = layers.concatenate([x, x])\n", "x = layers.Bidirectional(x)(x)\n", "class A:\n    y = 1\n", "x = A()\n"),
        *(
            "x.y = x\n",
            "x = lambda x: x\n",
            "x = {x: x}\n",
            "x, *y = x\n",
            "x = f'{x}'\n",
            "x = [*x, *y]\n",
            "x = (x := 1)\n",
        ),
        *(
            "return x\n",
            "break\n",
            "x = not x and -x or x < 1\n",
            "x = x if x else x\n",
            "with x as x:\n    ",
            "x = layers\n",
        ),
        *(
            "x = layers.Input\n",
            "x = x(x, x=x)\n",
            "x = layers.Embedding(x, x)(x)\n",
            "x.append(x)\n",
            "x = x.shape[-1]\n",
        ),
        *(
            "x = keras.optimizers.Adam(x)\n",
            "x = keras.applications.VGG16()\n",
            "x = 1 / 0\n",
            "x = [] * -1\n",
            "x = None\n",
        ),
        *(
            "layers = x\n",
            "del x\n",
            "global x\n",
            "try:\n    x\nexcept E:\n    pass\n",
            "x = dict(a=x)\n",
            "x = x.get(x)\n",
        ),
        *(
            "x = sorted(x)\n",
            "x = zip(x, x)\n",
            "x = sum(x)\n",
            "x = x % x\n",
            "x = x.name\n",
            "x = isinstance(x, x)\n",
        ),
    ]
)


@settings(EVERY_SORT, max_examples=300)
@given(st.lists(TOKENS, max_size=25))
def test_no_code_raises(lines):
    reading = read_code("".join(lines))
    for line, sentence in reading.notes:
        assert line >= 1
        assert sentence.endswith(".")
    if reading.graph is not None:
        assert output_names(reading.graph)


@settings(EVERY_SORT, max_examples=150)
@given(st.text(max_size=300))
def test_no_text_raises(text):
    read_code(text)


@settings(EVERY_SORT, max_examples=100)
@given(st.sampled_from(LISTINGS), st.randoms(use_true_random=False))
def test_damaged_listings_are_read_as_far_as_they_go(path, random):
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    for _ in range(3):
        place = random.randrange(len(lines))
        lines[place] = random.choice(["", "\n", lines[place] * 2, lines[place].replace("(", "", 1), "x = 1\n"])
    read_code("".join(lines))


def test_what_is_not_kept_of_compile_and_fit_is_named_at_the_line_where_it_stands():
    source = """import keras
from keras import layers
a = keras.Input((4,), name="a")
b, c = layers.Dense(1, name="b")(a), layers.Dense(1, name="c")(a)
model = keras.Model(a, [b, c])
model.compile(
    optimizer=keras.optimizers.Adam(1e-3, beta_1=0.8),
    loss={
        "b": "mse",
        "c": "nonsense",
    },
    loss_weights=[1.0, weight_of_c],
    metrics={
        "b": ["mae"],
        "c": [
            "mae",
            "strange",
        ],
    },
    jit_compile=True,
)
model.fit(
    x,
    y,
    epochs=3,
    class_weight={0: 1},
    shuffle="batch",
    callbacks=[
        keras.callbacks.EarlyStopping(patience=3),
        keras.callbacks.EarlyStopping(nerve=3),
    ],
)
after = 3
"""
    notes = notes_at(source)
    assert set(notes) == {7, 10, 12, 17, 20, 26, 27, 30}
    for line, word in ((7, "beta_1"), (10, "nonsense"), (12, "“c”"), (17, "strange"), (20, "jit_compile")):
        assert word in notes[line]
    for line, word in ((26, "class_weight"), (27, "shuffle"), (30, "nerve")):
        assert word in notes[line]
