"""Streaming: a run's new records, pushed to the browsers that watch it over sockets of their own beside Streamlit's.

Drawing a page anew costs a browser some fifty milliseconds whatever it brings, a message on a socket next to nothing:
curves that move twenty times a second come this way, and the page looks after the rest at leisure.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from anyio.to_thread import run_sync
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from components.runs import NoSuchRun, StoreError
from dashboard import backstage
from dashboard.curves.feed import KINDS, feed
from dashboard.texts import language, speaking
from dashboard.workspace import workspace_at

if TYPE_CHECKING:
    from components.store import SharedRun

EVERY = 0.04
"""Seconds between two looks at a run."""

CHECK = 1.0
"""Seconds between two looks whether the visitor may still see it."""

NOTHING_TO_TELL = 4404
"""The code with which a socket is closed when this visitor has no such run, or the store does not answer."""


async def stream(socket: WebSocket) -> None:
    """Tell what is new of a run, from the record `after` on, until it has ended or the browser leaves."""
    await socket.accept()
    leaving = asyncio.ensure_future(left(socket))
    with speaking(socket.headers.get("accept-language")):
        telling = asyncio.ensure_future(tell(socket))
    await asyncio.wait([leaving, telling], return_when=asyncio.FIRST_COMPLETED)
    leaving.cancel()
    telling.cancel()
    await asyncio.gather(leaving, telling, return_exceptions=True)


async def left(socket: WebSocket) -> None:
    """Wait until the browser has left; whatever it says is not for us."""
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass


async def tell(socket: WebSocket) -> None:
    """Send what is new, again and again, and close the socket when no more will come."""
    run, asked = socket.path_params["run"], socket.query_params
    who = workspace_at(socket), asked.get("token", "")
    after, told, checked = number(asked.get("after", "")), None, -CHECK
    try:
        while True:
            if time.monotonic() - checked >= CHECK:
                shown, checked = await run_sync(shown_to, run, *who), time.monotonic()
            news = await news_of(shown, run, after)
            if (news.until, news.state) != told:
                await socket.send_text(news.text)
                told, after = (news.until, news.state), news.until
            if not news.active:
                await socket.close()
                return
            await asyncio.sleep(EVERY)
    except StoreError:
        await socket.close(NOTHING_TO_TELL)
    except WebSocketDisconnect:
        return


def shown_to(run_id: str, workspace: str, token: str) -> SharedRun:
    """The run, for its owner or for whom the owner gave a token. Raises NoSuchRun for all others."""
    from components.store import SharedRun  # SQLAlchemy takes a quarter of a second, and the first page needs none

    store = backstage.store()
    if not token:
        return SharedRun(store, store.run(run_id, workspace).id)
    shared = store.shared(token)
    if shared.run().id != run_id:
        raise NoSuchRun
    return shared


@dataclass(frozen=True)
class News:
    """What is new of a run, as the text that goes to every browser of a language that knows it up to the same record."""

    read: float
    until: int
    state: str
    active: bool
    text: str


_reading: dict[tuple[str, int, str], asyncio.Future[News]] = {}


async def news_of(shown: SharedRun, run_id: str, after: int) -> News:
    """The run as it is and its records above `after`, read once for all who watch it: a class of thirty asks as one."""
    told_to = run_id, after, language()
    reading = _reading.get(told_to)
    if reading is None or (reading.done() and is_old(reading)):
        for key in [key for key, other in _reading.items() if other.done() and is_old(other)]:
            del _reading[key]
        reading = _reading[told_to] = asyncio.ensure_future(run_sync(read_news, shown, run_id, after))
    return await asyncio.shield(reading)


def is_old(reading: asyncio.Future[News]) -> bool:
    """Whether something may have happened since it was read; what failed is read again."""
    failed = reading.cancelled() or reading.exception() is not None
    return failed or time.monotonic() - reading.result().read >= EVERY


def read_news(shown: SharedRun, run_id: str, after: int) -> News:
    """What is new of the run above the record `after`."""
    run, read = shown.run(), time.monotonic()
    told = {**feed(run, shown.records(after, KINDS), after), "active": run.active}
    return News(read, told["until"], run.state, run.active, json.dumps(told))


def number(text: str) -> int:
    """A record's number from an address; 0, the beginning, where it is none."""
    return int(text) if re.fullmatch(r"[0-9]{1,15}", text) else 0


ROUTES = [WebSocketRoute("/runs/{run}/records", stream)]
