"""The sockets over which runs are watched: who may listen, what is told, and that watchers share one reading."""

from __future__ import annotations

import asyncio
import gettext
import json
import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from starlette.applications import Starlette
from streamlit.testing.v1 import AppTest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from components.experiment import experiment_to_json
from components.runs import Record, StoreError
from components.store import Store
from dashboard import backstage, streaming, texts
from dashboard.sharing import link_to
from dashboard.texts import Catalogue
from dashboard.workspace import COOKIE
from presets import ARCHITECTURES

COMPILING = "The training step is being compiled: the curve goes on in a moment."
MINE, THEIRS = "m" * 40, "t" * 40
PATIENCE = 60
"""Seconds that a message may take."""


@pytest.fixture
def store(tmp_path, monkeypatch) -> Store:
    made = Store(f"sqlite:///{tmp_path / 'runs.sqlite'}")
    monkeypatch.setattr(backstage, "store", lambda: made)
    return made


@pytest.fixture
def run(store: Store) -> str:
    """A run that goes on, with one epoch done."""
    run_id = store.create_run(MINE, experiment_to_json(ARCHITECTURES["spirals"].experiment))
    store.append(run_id, [epoch(1)], state="running", epoch=1, step=10, steps_per_epoch=10)
    return run_id


@pytest.fixture
def address() -> Iterator[str]:
    """A real server of the sockets alone."""
    app = Starlette(routes=streaming.ROUTES)
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", ws="websockets-sansio"))
    door = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, args=([door],), daemon=True)
    thread.start()
    deadline = time.monotonic() + PATIENCE
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.01)
    yield f"ws://127.0.0.1:{door.getsockname()[1]}"
    server.should_exit = True
    thread.join(PATIENCE)
    assert not thread.is_alive(), "open sockets keep no server from ending"


def epoch(number: int) -> Record:
    return Record("epoch", number, number * 10, {"loss": 1 / number})


def listen(address: str, run: str, workspace: str = MINE, query: str = "", language: str = "en"):
    headers = {"Cookie": f"{COOKIE}={workspace}", "Accept-Language": language}
    return connect(f"{address}/runs/{run}/records{query}", additional_headers=headers)


def heard(socket) -> dict:
    return json.loads(socket.recv(timeout=PATIENCE))


def test_what_is_known_comes_first_then_what_is_new_and_the_end_closes_the_socket(store, run, address):
    with listen(address, run) as socket:
        first = heard(socket)
        assert (first["run"], first["epoch"], [r["epoch"] for r in first["records"]]) == (run, 1, [1])
        store.append(run, [epoch(2)], epoch=2, step=20)
        second = heard(socket)
        assert second["from"] == first["until"]
        assert [r["epoch"] for r in second["records"]] == [2]
        store.append(run, [], state="finished")
        assert (heard(socket)["state"], heard_end(socket)) == ("finished", 1000)


def heard_end(socket) -> int:
    """The code with which the other side closes."""
    with pytest.raises(ConnectionClosed) as closed:
        socket.recv(timeout=PATIENCE)
    return closed.value.rcvd.code


def test_only_what_comes_after_the_named_record_is_told(store, run, address):
    known = store.records(run)[-1].seq
    store.append(run, [epoch(2)], epoch=2, step=20)
    with listen(address, run, query=f"?after={known}") as socket:
        assert [r["epoch"] for r in heard(socket)["records"]] == [2]
    with listen(address, run, query="?after=-1%27;drop") as socket:
        assert [r["epoch"] for r in heard(socket)["records"]] == [1, 2]


@pytest.mark.parametrize("query", ["", "?token=", "?token=guessed"])
def test_nobody_else_hears_a_run(run, address, query):
    with listen(address, run, THEIRS, query) as socket:
        assert heard_end(socket) == streaming.NOTHING_TO_TELL


def test_who_has_the_token_hears_that_run_alone_until_it_is_taken_back(store, run, address):
    token = store.share(run, MINE)
    other = store.create_run(MINE, experiment_to_json(ARCHITECTURES["spirals"].experiment))
    with listen(address, other, THEIRS, f"?token={token}") as socket:
        assert heard_end(socket) == streaming.NOTHING_TO_TELL
    with listen(address, run, THEIRS, f"?token={token}") as socket:
        assert heard(socket)["epoch"] == 1
        store.unshare(run, MINE)
        assert heard_end(socket) == streaming.NOTHING_TO_TELL


class Shouting(gettext.NullTranslations):
    """A language that says everything in capitals."""

    def gettext(self, message: str) -> str:
        return message.upper()


def test_each_watcher_is_told_in_the_language_of_their_browser(store, run, address, monkeypatch):
    monkeypatch.setattr(texts, "languages", lambda: (texts.SOURCE, "xx"))
    plain, shouting = Catalogue(gettext.NullTranslations()), Catalogue(Shouting())
    monkeypatch.setattr(texts, "catalogue", {texts.SOURCE: plain, "xx": shouting}.get)
    store.append(run, [], message=COMPILING)
    for language, said in (("xx-YY,en;q=0.5", COMPILING.upper()), ("en-GB", COMPILING), ("zz", COMPILING)):
        with listen(address, run, language=language) as socket:
            assert heard(socket)["message"] == said


def test_all_who_watch_share_one_reading(store, run, monkeypatch):
    read = []
    records = Store.records
    monkeypatch.setattr(Store, "records", lambda self, *args, **more: read.append(1) or records(self, *args, **more))
    monkeypatch.setattr(streaming, "EVERY", 60)
    shown = streaming.shown_to(run, MINE, "")

    async def watch_all() -> list[streaming.News]:
        at_once = await asyncio.gather(*(streaming.news_of(shown, run, 0) for _ in range(30)))
        return [*at_once, await streaming.news_of(shown, run, 0)]

    told = {news.text for news in asyncio.run(watch_all())}
    assert len(told) == len(read) == 1


def test_a_reading_that_failed_is_tried_again(store, run, monkeypatch):
    shown, records = streaming.shown_to(run, MINE, ""), Store.records
    faults = [StoreError("locked")]

    def read(self, *args, **more):
        if faults:
            raise faults.pop()
        return records(self, *args, **more)

    monkeypatch.setattr(Store, "records", read)

    async def watch_twice() -> streaming.News:
        with pytest.raises(StoreError):
            await streaming.news_of(shown, run, 0)
        return await streaming.news_of(shown, run, 0)

    assert asyncio.run(watch_twice()).active


# The page


def watching(token: str) -> AppTest:
    app = AppTest.from_string("from dashboard.views import watch; watch.show()", default_timeout=60)
    app.query_params["watch"] = token
    return app.run()


def test_the_link_shows_the_run_and_steers_nothing(store, run):
    token = store.share(run, MINE)
    page = watching(token)
    assert not page.exception
    assert [button.label for button in page.button] == ["Open a copy in the studio"]
    assert link_to(token).endswith(f"watch?watch={token}")


def test_a_link_that_was_taken_back_is_a_sentence(store, run):
    token = store.share(run, MINE)
    store.unshare(run, MINE)
    page = watching(token)
    assert not page.exception
    assert "shows no run" in page.info[0].value
    assert store.token(run, MINE) is None


def test_only_the_owner_is_told_the_token(store, run):
    token = store.share(run, MINE)
    assert (store.token(run, MINE), store.token(run, THEIRS)) == (token, None)
