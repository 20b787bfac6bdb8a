"""The film of a model's answers: for every epoch what it says of the validation data, output by output."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future

from components.graph import Json
from dashboard import backstage
from dashboard.films import EpochFilm
from dashboard.texts import language, speaking


class AnswersFilm(EpochFilm):
    """`page_of` makes the page of what the engine says; `answers` holds by epoch what it said in full."""

    def __init__(self, run: str, page_of: Callable[[Json], Json]) -> None:
        super().__init__(run)
        self.page_of, self.language = page_of, language()
        self.answers: dict[int, Json] = {}

    def ask(self, epoch: int) -> Future[Json]:
        return backstage.call_later("components.inside.judging.judge_run_json", *self.arguments(epoch))

    def arguments(self, epoch: int) -> tuple[Json, ...]:
        """What `judge_run_json` is asked."""
        return backstage.store().url, self.run, epoch

    def known(self, epoch: int) -> Json | None:
        """The answer that holds at an epoch; None while it is not known."""
        return self.answers.get(epoch) if epoch in self.pages else None

    def take(self, answer: Json) -> Json:
        self.answers[answer["epoch"]] = answer
        with speaking(self.language):
            return self.keep({"epoch": answer["epoch"], **self.page_of(answer)})
