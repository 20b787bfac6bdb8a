"""Hearing: the canvas's operations over a socket of its own, answered before the page around it is drawn anew.

Drawing the page costs a browser a quarter of a second, whatever changed; an edit answered here takes a tenth of that.
The page hears of it from the canvas, and follows at its leisure.
"""

from __future__ import annotations

import json
import logging
from weakref import WeakValueDictionary

from anyio.to_thread import run_sync
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from components.graph import Json
from dashboard import signing_in
from dashboard.dialogue import hear, tell
from dashboard.state import Work, has_seen
from dashboard.texts import speaking

logger = logging.getLogger(__name__)

MOST_CHARACTERS = 5_000_000
"""The longest message that is read."""

UNKNOWN, UNREADABLE = 4404, 4400
"""The codes with which a socket is closed: no such work is open here, and what was said makes no sense."""

_open: WeakValueDictionary[str, Work] = WeakValueDictionary()


def listen_to(work: Work) -> None:
    """From now on the canvas of this work may speak over its channel, whose name only its own page knows."""
    _open[work.channel] = work


async def converse(socket: WebSocket) -> None:
    """Answer each message of a canvas until the browser leaves."""
    await socket.accept()
    work = _open.get(socket.path_params["channel"])
    if work is None or (signing_in.is_wanted() and signing_in.person_at(socket) != work.owner):
        await socket.close(UNKNOWN)
        return
    try:
        while True:
            said = await socket.receive_text()
            await socket.send_text(await run_sync(answer_to, work, said))
    except WebSocketDisconnect:
        return
    except Exception:
        logger.exception("What a canvas said could not be carried out")
        await socket.close(UNREADABLE)


def answer_to(work: Work, said: str) -> str:
    """Carry out what was said; the news in answer. Raises ValueError where it is no message of a canvas.

    What goes over a socket arrives, so what follows is told upon it; should the socket break, the canvas asks for all.
    """
    if len(said) > MOST_CHARACTERS:
        raise ValueError(f"A canvas says at most {MOST_CHARACTERS} characters at a time, and these are {len(said)}.")
    message: Json = json.loads(said)
    with speaking(work.language):
        hear(work, message)
        news = tell(work)
    with work.lock:
        has_seen(work, news["revision"])
    return json.dumps(news)


ROUTES = [WebSocketRoute("/canvases/{channel}", converse)]
