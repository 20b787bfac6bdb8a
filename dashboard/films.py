"""Films: a picture of a run for each of its epochs, pushed to the browsers that watch it and made only while one does."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from anyio.to_thread import run_sync
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from components.graph import Json
from components.runs import KEPT, Run, StoreError
from dashboard import backstage
from dashboard.curves.feed import evenly
from dashboard.streaming import CHECK, NOTHING_TO_TELL, shown_to
from dashboard.workspace import workspace_at

if TYPE_CHECKING:
    from components.store import SharedRun

EVERY = 0.04
"""Seconds between two looks at a film."""

LOOK = 0.5
"""Seconds between two looks whether a run has come further, for a film to which nothing is missing."""

SHARE = 3.0
"""Of a run that goes on, a page is followed by a pause so many times as long: the training comes first."""

MOST_FILMS = 24
"""Films that the server keeps; the one watched longest ago goes first."""


class Film:
    """What is told of a run, by name: pages, and what they share. Of each name only the newest is kept."""

    def __init__(self, run: str) -> None:
        self.run = run
        self.looked: int | None = None
        """The epoch that a watcher stands on; None for the newest."""
        self._told: dict[Hashable, tuple[int, str]] = {}
        self._count = 0
        self._lock = threading.Lock()
        self._working = threading.Lock()

    def tell(self, name: Hashable, message: Json) -> None:
        """Say something to all who watch, now and later."""
        text = json.dumps(message)
        with self._lock:
            self._count += 1
            self._told[name] = (self._count, text)

    def forget(self, name: Hashable) -> None:
        """Say it to nobody who comes from now on."""
        with self._lock:
            self._told.pop(name, None)

    def news(self, after: int) -> tuple[int, list[str]]:
        """What was said after that, in its order, and how far that is."""
        with self._lock:
            return self._count, [text for number, text in sorted(self._told.values()) if number > after]

    def advance(self, shown: SharedRun) -> None:
        """Go on with what is missing, unless another watcher's look does that just now."""
        if self._working.acquire(blocking=False):
            try:
                self.work(shown)
            finally:
                self._working.release()

    def work(self, shown: SharedRun) -> None:
        """One step towards what is missing; returns soon."""
        raise NotImplementedError


@dataclass(frozen=True)
class Asked:
    """An epoch that the engine works on since a moment, perhaps while the run goes on."""

    epoch: int
    future: Future[Json]
    began: float
    while_going_on: bool


class EpochFilm(Film):
    """Pages that the engine works out, those nearest to the epoch looked at first.

    Of a run that goes on only the newest kept epoch and the one looked at are worked out; the others when it rests.
    """

    MOST = 30

    def __init__(self, run: str) -> None:
        super().__init__(run)
        self.pages: dict[int, Json] = {}
        self._asked: Asked | None = None
        self._failed: set[int] = set()
        self._at, self._until = self.looked, -LOOK

    def ask(self, epoch: int) -> Future[Json]:
        """Ask the engine for what an epoch's page is made of."""
        raise NotImplementedError

    def take(self, answer: Json) -> Json:
        """The page of an answer, kept and told."""
        raise NotImplementedError

    def page_of(self, answer: Json) -> Json:
        """The page of an answer, taken when it is new."""
        return self.pages.get(answer["epoch"]) or self.take(answer)

    def keep(self, page: Json) -> Json:
        """Keep a page and tell it."""
        self.pages[page["epoch"]] = page
        self.tell(("page", page["epoch"]), {"page": page})
        return page

    def work(self, shown: SharedRun) -> None:
        if self._asked is not None and not self._receive(self._asked):
            return
        self._asked = None
        if self._at == self.looked and time.monotonic() < self._until:
            return
        run = shown.run()
        epoch = self.missing(run, shown.artefacts())
        self._at, self._until = self.looked, time.monotonic() + LOOK
        if epoch is not None and backstage.engine().state == "ready":
            self._asked = Asked(epoch, self.ask(epoch), time.monotonic(), run.active)

    def _receive(self, asked: Asked) -> bool:
        """Whether the answer is there, and taken; an epoch that has none is not asked for again."""
        if not asked.future.done():
            return False
        if asked.future.exception() is not None or self.take(asked.future.result())["epoch"] != asked.epoch:
            self._failed.add(asked.epoch)
        took = time.monotonic() - asked.began
        self._until = time.monotonic() + (SHARE * took if asked.while_going_on else 0)
        return True

    def missing(self, run: Run, files: Sequence[str]) -> int | None:
        """The epoch whose page is wanted most, of those whose weights are among the run's files; None when all are there."""
        kept = sorted(int(found[1]) for name in files if (found := KEPT.fullmatch(name)))
        kept = [epoch for epoch in kept if epoch <= run.epoch]
        self._forget_after(run.epoch)
        at = run.epoch if self.looked is None else self.looked
        standing = [epoch for epoch in kept if epoch <= at][-1:]
        wanted = kept[-1:] if run.active else evenly(kept, self.MOST)
        asked = [*standing, *sorted(wanted, key=lambda epoch: abs(epoch - at))]
        return next((epoch for epoch in asked if epoch not in self.pages and epoch not in self._failed), None)

    def _forget_after(self, epoch: int) -> None:
        """Who goes back trains anew from there: what came after is no longer true."""
        late = [each for each in self.pages if each > epoch]
        for each in late:
            del self.pages[each]
            self.forget(("page", each))
        if late:
            self._failed.clear()
            self.tell("until", {"until": epoch})


Made = TypeVar("Made", bound=Film)

_films: OrderedDict[str, Film] = OrderedDict()
_opening = threading.Lock()


def film_of(key: str, make: Callable[[], Made]) -> Made:
    """The film of that name, made when it is first asked for."""
    with _opening:
        film = _films.get(key) or make()
        _films[key] = film
        _films.move_to_end(key)
        while len(_films) > MOST_FILMS:
            _films.popitem(last=False)
        return film  # type: ignore[return-value]


# Sockets


async def show(socket: WebSocket) -> None:
    """Tell what a film has, and what comes to it, until the browser leaves."""
    await socket.accept()
    film = _films.get(socket.path_params["film"])
    if film is None or film.run != socket.path_params["run"]:
        await socket.close(NOTHING_TO_TELL)
        return
    tasks = [asyncio.ensure_future(listen(socket, film)), asyncio.ensure_future(tell(socket, film))]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def listen(socket: WebSocket, film: Film) -> None:
    """Hear which epoch is looked at, until the browser has left."""
    while (message := await socket.receive())["type"] != "websocket.disconnect":
        film.looked = epoch_in(message.get("text"))


def epoch_in(text: str | None) -> int | None:
    """The epoch that a browser tells; None for the newest and for anything else."""
    return int(text) if text and text.isdecimal() and len(text) < 10 else None


async def tell(socket: WebSocket, film: Film) -> None:
    """Send what is new, again and again, as long as this visitor may see the run."""
    who = workspace_at(socket), socket.query_params.get("token", "")
    after, checked = 0, -CHECK
    try:
        while True:
            if time.monotonic() - checked >= CHECK:
                shown, checked = await run_sync(shown_to, film.run, *who), time.monotonic()
            await run_sync(film.advance, shown)
            after = await send(socket, *film.news(after))
            await asyncio.sleep(EVERY)
    except StoreError:
        await socket.close(NOTHING_TO_TELL)
    except WebSocketDisconnect:
        return


async def send(socket: WebSocket, until: int, texts: Sequence[str]) -> int:
    """Send them; how far the browser then knows the film."""
    for text in texts:
        await socket.send_text(text)
    return until


ROUTES = [WebSocketRoute("/runs/{run}/films/{film:path}", show)]
