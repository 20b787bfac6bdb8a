"""Streaming: a run's new records, pushed to the browsers that watch it over sockets of their own beside Streamlit's.

Drawing a page anew costs a browser some fifty milliseconds whatever it brings, a message on a socket next to nothing:
curves that move twenty times a second come this way, and the page looks after the rest at leisure.
"""

from __future__ import annotations

import asyncio
import re
from typing import Any

from anyio.to_thread import run_sync
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from components.runs import StoreError
from dashboard import backstage
from dashboard.curves.feed import KINDS, feed
from dashboard.workspace import COOKIE

EVERY = 0.04
"""Seconds between two looks at a run."""

NOTHING_TO_TELL = 4404
"""The code with which a socket is closed when this visitor has no such run, or the store does not answer."""


async def stream(socket: WebSocket) -> None:
    """Tell what is new of a run, from the record `after` on, until it has ended or the browser leaves."""
    await socket.accept()
    leaving = asyncio.ensure_future(left(socket))
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
    run, workspace = socket.path_params["run"], socket.cookies.get(COOKIE, "")
    after, told = number(socket.query_params.get("after", "")), None
    try:
        while True:
            news = await run_sync(news_of, run, after, workspace)
            if (news["until"], news["state"]) != told:
                await socket.send_json(news)
                told, after = (news["until"], news["state"]), news["until"]
            if not news["active"]:
                await socket.close()
                return
            await asyncio.sleep(EVERY)
    except StoreError:
        await socket.close(NOTHING_TO_TELL)
    except WebSocketDisconnect:
        return


def number(text: str) -> int:
    """A record's number from an address; 0, the beginning, where it is none."""
    return int(text) if re.fullmatch(r"[0-9]{1,15}", text) else 0


def news_of(run_id: str, after: int, workspace: str) -> dict[str, Any]:
    """The run as it is and its records above `after`. Raises NoSuchRun where the visitor has no such run."""
    store = backstage.store()
    run = store.run(run_id, workspace)
    records = store.records(run_id, after, kinds=KINDS, workspace=workspace)
    return {**feed(run, records, after), "active": run.active}


ROUTES = [WebSocketRoute("/runs/{run}/records", stream)]
