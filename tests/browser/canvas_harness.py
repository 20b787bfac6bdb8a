"""A page with nothing but the canvas on it; `?graph=` chooses the graph, `?slow=` delays every answer by seconds.

Unlike the dashboard it asks Keras in its own process and has no socket, so that a test sees the canvas alone.
What the session came to is written below it as JSON, for the tests to read.
"""

from __future__ import annotations

import json
import time

import streamlit as st

from components.building import inspect_experiment_json
from components.experiment import Data, Experiment, experiment_to_json
from components.graph import Graph, Json, graph_to_json
from components.inspecting import inspect_json
from components.weaving import Loom
from dashboard import dialogue
from dashboard.canvas import mount_canvas
from dashboard.editing import new_document
from dashboard.state import Work
from presets import DATASETS
from tests.benchmarks.graphs import tower


def empty() -> Graph:
    """Nothing yet."""
    return Graph()


def answering() -> Graph:
    """A text and a question, two branches, one answer."""
    loom = Loom()
    text = loom("Embedding", loom.input("text", [80], "int32"), input_dim=10_000, output_dim=64)
    question = loom("Embedding", loom.input("question", [12], "int32"), input_dim=10_000, output_dim=32)
    joined = loom("Concatenate", loom("LSTM", text, units=32), loom("LSTM", question, units=16))
    return loom.graph(loom("Dense", joined, name="answer", units=500, activation="softmax"))


def siamese() -> Graph:
    """Two images through one shared nested encoder."""
    inner = Loom()
    image = inner("Conv2D", inner.input("image", [28, 28, 1]), filters=16, kernel_size=3)
    encoder = inner.graph(inner("Dense", inner("GlobalAveragePooling2D", image), units=8))
    loom = Loom()
    left = loom.model("encoder", encoder, loom.input("left", [28, 28, 1]))
    right = loom.again("encoder", loom.input("right", [28, 28, 1]))
    return loom.graph(loom("Dense", loom("Subtract", left, right), name="same", units=1, activation="sigmoid"))


def broken() -> Graph:
    """A residual block whose two ways have different shapes."""
    loom = Loom()
    image = loom.input("image", [32, 32, 16])
    way = loom("Conv2D", image, filters=32, kernel_size=3, padding="same")
    return loom.graph(loom("GlobalAveragePooling2D", loom("Add", way, image)))


def stateful() -> Graph:
    """A layer of several outputs, and one that could take them."""
    loom = Loom()
    text = loom("LSTM", loom.input("text", [12, 4]), units=8, return_state=True)
    return loom.graph(loom("Dense", text, name="answer", units=2))


def doubtful() -> Graph:
    """Two things wrong at one node: the data has nothing for an input, and nothing uses it."""
    loom = Loom()
    answer = loom(
        "Dense", loom("Flatten", loom.input("image", [8, 8, 1])), name="digit", units=10, activation="softmax"
    )
    loom.input("spare", [8, 8, 1])
    return loom.graph(answer)


GRAPHS = {
    "empty": empty, "answering": answering, "siamese": siamese, "broken": broken, "stateful": stateful,
    "doubtful": doubtful,
}  # fmt: skip


@st.cache_data
def inspect_here(graph: Json, content: Json | None) -> Json:
    """What Keras says of the graph, or of the experiment around it, in this very process."""
    return inspect_experiment_json(content) if content else inspect_json(graph)


def inspect_experiment(experiment: Experiment) -> Json:
    """The same of an experiment, whose data counts only where it has any."""
    content = experiment_to_json(experiment)
    return inspect_here(content["graph"], content if experiment.data.dataset in DATASETS else None)


dialogue.inspect_experiment = inspect_experiment


def work() -> Work:
    """This visit's work."""
    if "work" not in st.session_state:
        name = st.query_params.get("graph", "empty")
        graph = GRAPHS[name]() if name in GRAPHS else tower(int(name))
        data = Data("digits" if name == "doubtful" else "none")
        st.session_state["work"] = Work("harness", new_document(Experiment("Harness", graph, data)))
        st.session_state["bytes"] = []
    return st.session_state["work"]


def heard(what: str) -> None:
    """The canvas said something."""
    dialogue.hear(work(), {what: st.session_state["canvas"][what]})


def summary() -> Json:
    """What the session came to, for the tests."""
    here, sizes = work(), st.session_state["bytes"]
    return {
        "graph": graph_to_json(here.document.graph),
        "layout": here.document.layout,
        "selected": here.selected,
        "acknowledged": here.acknowledged,
        "path": here.document.path,
        "notice": here.notice,
        "most": max(sizes[1:], default=0),
    }


@st.fragment
def workbench() -> None:
    """The canvas, and what came of it."""
    time.sleep(float(st.query_params.get("slow", 0)))
    data = {**dialogue.tell(work()), "channel": None}
    st.session_state["bytes"].append(len(json.dumps(data)))
    mount_canvas("canvas", data=data, on_ops=lambda: heard("ops"), on_selected=lambda: heard("selected"), height=560)
    st.html(f"<pre id='summary' style='display:none'>{json.dumps(summary())}</pre>")


st.set_page_config(layout="wide")
st.html("<style>.stMainBlockContainer { padding: 1rem; max-width: none } .stAppHeader { display: none }</style>")
workbench()
