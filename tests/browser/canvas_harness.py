"""A page with nothing but the canvas on it; `?graph=` chooses the graph, `?slow=` delays every answer by seconds.

Unlike the dashboard it inspects in its own process and keeps nothing, so that a test sees the canvas alone.
What the session came to is written below it as JSON, for the tests to read.
"""

from __future__ import annotations

import json
import time

import streamlit as st

from components.experiment import Data, Experiment
from components.graph import Graph, GraphError, Json, graph_to_json
from components.inspecting import inspect_json
from components.layers import LAYERS
from components.weaving import Loom
from dashboard.canvas import mount_canvas, patch_between, view_of
from dashboard.editing import Document, apply_operation, new_document
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


GRAPHS = {"empty": empty, "answering": answering, "siamese": siamese, "broken": broken}


class Session:
    """What one visit edits."""

    def __init__(self, graph: Graph) -> None:
        self.document: Document = new_document(Experiment("Harness", graph, Data("none", {})))
        self.client, self.acknowledged, self.selected = "", 0, []
        self.choice: tuple[str, int] = ("", 0)
        self.notice: str | None = None
        self.sent: Json = {}
        self.revision, self.bytes = 0, []

    def receive(self, message: Json) -> None:
        """Carry out what was not yet."""
        if message["client"] != self.client:
            self.client, self.acknowledged = message["client"], 0
        for operation in message["list"]:
            if operation["n"] > self.acknowledged:
                self.acknowledged, self.notice = operation["n"], None
                self.carry_out(operation)

    def carry_out(self, operation: Json) -> None:
        """One operation, or why not."""
        if operation["edit"] == "resync":
            self.sent = {}
            return
        try:
            self.document = apply_operation(self.document, operation, lambda _: self.inspection())
        except GraphError as error:
            self.notice = str(error)

    def inspection(self) -> Json:
        """What Keras says of the open graph."""
        return inspect_json(graph_to_json(self.document.graph))

    def message(self) -> Json:
        """The data for the canvas: the whole view at first, patches from then on."""
        document, path = self.document, self.document.path
        view = view_of(document.graph, document.layout, self.inspection(), path)
        view |= {"title": "Harness", "summary": f"{len(document.graph.nodes)} layers"}
        opened = self.sent.get("path") != path
        if opened or view != self.sent["view"]:
            base, self.revision = (None if opened else self.revision), self.revision + 1
            part = view if opened else patch_between(self.sent["view"], view)
            self.sent = {"path": path, "view": view, "base": base, "part": part}
        elif self.sent["base"] is None:
            self.sent |= {"base": self.revision, "part": {}}
        data = {
            "document": "/".join(("harness", *path)),
            "revision": self.revision,
            "base": self.sent["base"],
            "view": self.sent["part"],
            "ack": {"client": self.client, "last": self.acknowledged, "choice": self.choice},
            "selected": self.selected,
            "notice": self.notice,
            "reading": False,
            "signals": None,
        }
        if data["base"] is None:
            data |= {"catalogue": catalogue(), "blocks": [], "labels": {}}
        self.bytes.append(len(json.dumps(data)))
        return data

    def summary(self) -> Json:
        """For the tests."""
        return {
            "graph": graph_to_json(self.document.graph),
            "layout": self.document.layout,
            "selected": self.selected,
            "acknowledged": self.acknowledged,
            "path": self.document.path,
            "notice": self.notice,
            "bytes": self.bytes[-1:],
            "most": max(self.bytes[1:], default=0),
        }


def catalogue() -> Json:
    """What can be placed."""
    return [
        {"kind": kind, "group": e.group, "summary": e.summary, "start": dict(e.start), "arity": list(e.arity)}
        for kind, e in LAYERS.items()
    ]


def session() -> Session:
    """This visit's session."""
    if "session" not in st.session_state:
        name = st.query_params.get("graph", "empty")
        st.session_state["session"] = Session(GRAPHS[name]() if name in GRAPHS else tower(int(name)))
    return st.session_state["session"]


def on_ops() -> None:
    """The canvas sent operations."""
    session().receive(st.session_state["canvas"]["ops"])


def on_selected() -> None:
    """The canvas selected something."""
    selected = st.session_state["canvas"]["selected"]
    session().selected, session().choice = selected["ids"], (selected["client"], selected["n"])


@st.fragment
def workbench() -> None:
    """The canvas, and what came of it."""
    time.sleep(float(st.query_params.get("slow", 0)))
    mount_canvas("canvas", data=session().message(), on_ops=on_ops, on_selected=on_selected, height=560)
    st.html(f"<pre id='summary' style='display:none'>{json.dumps(session().summary())}</pre>")


st.set_page_config(layout="wide")
st.html("<style>.stMainBlockContainer { padding: 1rem; max-width: none } .stAppHeader { display: none }</style>")
workbench()
