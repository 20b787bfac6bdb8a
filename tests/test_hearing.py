"""The canvas's own socket: what is said over it is done and answered, and neither of the two ways loses anything."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from starlette.applications import Starlette
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from components.store import Store
from dashboard import backstage, dialogue, hearing, state
from dashboard.editing import apply_operation, new_document
from dashboard.state import Work, try_change
from presets import ARCHITECTURES
from tests.browser.pages import free_port

PATIENCE = 10
"""Seconds that a message may take."""


@pytest.fixture
def work(tmp_path, monkeypatch) -> Work:
    """A preset on a canvas, in a store of its own; of Keras nothing is known."""
    store = Store(f"sqlite:///{tmp_path / 'runs.sqlite'}")
    monkeypatch.setattr(backstage, "store", lambda: store)
    monkeypatch.setattr(state, "store", lambda: store)
    monkeypatch.setattr(dialogue, "inspect_experiment", lambda experiment: None)
    made = Work("a-draft", new_document(ARCHITECTURES["spirals"].experiment), owner="o" * 40)
    hearing.listen_to(made)
    return made


@pytest.fixture
def address() -> Iterator[str]:
    """A real server of the sockets alone."""
    port = free_port()
    server = uvicorn.Server(
        uvicorn.Config(Starlette(routes=hearing.ROUTES), port=port, log_level="error", ws="websockets-sansio")
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + PATIENCE
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.01)
    yield f"ws://127.0.0.1:{port}/canvases"
    server.should_exit = True
    thread.join(PATIENCE)


class Canvas:
    """The browser's end: numbers its operations, and knows what it is told."""

    def __init__(self, socket) -> None:
        self.socket, self.number = socket, 0

    def do(self, *operations: dict) -> dict:
        """Say operations; the answer."""
        numbered = [{"n": self.number + place, **operation} for place, operation in enumerate(operations, start=1)]
        self.number += len(operations)
        return self.say({"ops": {"client": "me", "list": numbered}})

    def say(self, message: object) -> dict:
        """Say anything; the answer."""
        self.socket.send(json.dumps(message))
        return json.loads(self.socket.recv(timeout=PATIENCE))


def moved(name: str, x: float) -> dict:
    return {"edit": "move", "positions": {name: [x, 0]}}


def test_an_operation_is_done_saved_and_answered_with_what_changed(work, address):
    with connect(f"{address}/{work.channel}") as socket:
        canvas = Canvas(socket)
        whole = canvas.do()
        answer = canvas.do({"edit": "configure", "layer": "hidden", "config": {"units": 7}})
    assert whole["base"] is None
    assert whole["catalogue"]
    assert answer["ack"] == {"client": "me", "last": 1, "choice": ["", 0]}
    assert answer["base"] == whole["revision"]
    assert list(answer["view"]["nodes"]) == ["hidden"]
    assert work.experiment.graph.layers["hidden"].config["units"] == 7
    kept = backstage.store().draft(work.owner, work.id).content["experiment"]
    assert kept["graph"]["layers"]["hidden"]["config"]["units"] == 7


def test_what_was_answered_once_is_not_told_again(work, address):
    with connect(f"{address}/{work.channel}") as socket:
        canvas = Canvas(socket)
        canvas.do()
        done = canvas.do(moved("hidden", 11))
        seen = canvas.say({"selected": {"document": work.canvas, "ids": ["hidden"]}})
    assert list(done["view"]["nodes"]) == ["hidden"]
    assert (seen["base"], seen["view"]) == (done["revision"], {})
    assert dialogue.tell(work)["view"] == {}


def test_what_breaks_a_rule_is_said_and_the_rest_is_done(work, address):
    with connect(f"{address}/{work.channel}") as socket:
        answer = Canvas(socket).do({"edit": "configure", "layer": "nobody", "config": {}}, moved("hidden", 11))
    assert "nobody" in answer["notice"]
    assert answer["view"]["nodes"]["hidden"]["x"] == 11


def test_a_refusal_that_comes_again_has_another_number(work, address):
    wrong = {"edit": "configure", "layer": "nobody", "config": {}}
    with connect(f"{address}/{work.channel}") as socket:
        canvas = Canvas(socket)
        first, second, seen = canvas.do(wrong), canvas.do(wrong), canvas.say({"selected": {"ids": []}})
    assert first["notice"] == second["notice"] == seen["notice"]
    assert first["noticed"] < second["noticed"] == seen["noticed"]


def test_a_model_is_copied_with_what_is_inside_and_only_once_asked(work, address):
    with connect(f"{address}/{work.channel}") as socket:
        canvas = Canvas(socket)
        grouped = canvas.do({"edit": "group", "ids": ["hidden", "deeper"], "name": "body"})
        answer = canvas.do({"edit": "copy", "ids": ["body"]})
        later = canvas.do(moved("body", 3))
    part = answer["copied"]["part"]
    assert "copied" not in grouped
    assert answer["copied"]["n"] == 2
    assert set(part["layers"]["body"]["layers"]) >= {"hidden", "deeper"}
    assert part["nodes"] == [["body", "body", []]]
    assert list(part["positions"]) == ["body"]
    assert "copied" not in later


def test_a_selection_is_heard(work, address):
    with connect(f"{address}/{work.channel}") as socket:
        answer = Canvas(socket).say({"selected": {"document": work.canvas, "ids": ["hidden"]}})
    assert answer["selected"] == ["hidden"] == list(work.selected)


def test_an_edge_is_selected_as_long_as_it_is_there(work, address):
    edge = {"target": "deeper", "place": 0}
    with connect(f"{address}/{work.channel}") as socket:
        canvas = Canvas(socket)
        canvas.say({"selected": {"document": work.canvas, "ids": [], "edge": edge}})
        assert work.edge == ("deeper", 0)
        canvas.do({"edit": "disconnect", **edge})
        assert work.edge is None


def test_nobody_speaks_over_a_channel_that_he_does_not_know(work, address):
    with connect(f"{address}/guessed") as socket, pytest.raises(ConnectionClosed) as closed:
        socket.recv(timeout=PATIENCE)
    assert closed.value.rcvd.code == hearing.UNKNOWN


@pytest.mark.parametrize("said", ["", "{", "[]", '{"ops": {"list": []}}', '{"ops": 3}'])
def test_what_makes_no_sense_ends_the_conversation_and_changes_nothing(work, address, said):
    before = work.document
    with connect(f"{address}/{work.channel}") as socket:
        socket.send(said)
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(timeout=PATIENCE)
    assert closed.value.rcvd.code == hearing.UNREADABLE
    assert work.document is before


def test_the_page_and_the_canvas_change_the_graph_at_the_same_time_and_neither_change_is_lost(work, address):
    begun = threading.Event()

    def slowly(document):
        begun.set()
        time.sleep(0.3)
        return apply_operation(document, moved("hidden", 7))

    page = threading.Thread(target=try_change, args=(work, slowly))
    with connect(f"{address}/{work.channel}") as socket:
        page.start()
        assert begun.wait(PATIENCE)
        answer = Canvas(socket).do(moved("point", 8))
        page.join(PATIENCE)
    assert len(work.document.history.past) == 2
    assert (work.document.layout["hidden"][0], work.document.layout["point"][0]) == (7, 8)
    assert answer["turn"] < dialogue.tell(work)["turn"]
