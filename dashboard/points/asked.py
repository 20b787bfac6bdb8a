"""The film of what the engine says of a model, asked epoch by epoch: its answers, or the maps of a layer."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future

from components.graph import Json
from dashboard import backstage
from dashboard.films import EpochFilm
from dashboard.texts import language, speaking


class AskedFilm(EpochFilm):
    """`function` is asked with the store's address, the run, `about` and the epoch; `drawn` makes the page of its answer.

    Its pages speak the language of whoever asked first.
    """

    def __init__(self, run: str, function: str, about: tuple[Json, ...], drawn: Callable[[Json], Json]) -> None:
        super().__init__(run)
        self.function, self.about, self.drawn = function, about, drawn
        self.language = language()

    def ask(self, epoch: int) -> Future[Json]:
        return backstage.call_later(self.function, *self.arguments(epoch))

    def arguments(self, epoch: int) -> tuple[Json, ...]:
        """What the function is asked."""
        return backstage.store().url, self.run, *self.about, epoch

    def take(self, answer: Json) -> Json:
        with speaking(self.language):
            return self.keep({"epoch": answer["epoch"], **self.drawn(answer)})
