"""Asking: long questions to the engine, each asked once in a session, and what to show until the answer is there."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

import streamlit as st

from components.experiment import dump
from components.graph import Json
from dashboard import backstage
from dashboard.frame import telling
from dashboard.points.asked import AskedFilm
from dashboard.texts import say

MOST_ANSWERS = 30
"""Answers that a session keeps, to be shown again at once."""

SOON = 0.3
"""Seconds between two looks for an answer."""


@dataclass(frozen=True)
class Question:
    """What the engine is asked, and the two ways to show it: the answer, and what there is to see meanwhile.

    `subject` is what answers of one kind have in common when only the epoch differs: the last one is shown until the
    next is there. `following` is true inside a view that is drawn anew by itself, as those of a run that goes on.
    """

    key: str
    function: str
    arguments: tuple[Any, ...]
    show: Callable[[Json], object]
    meanwhile: Callable[[], object]
    subject: Json = None
    following: bool = False

    @property
    def last(self) -> str:
        """Where the last answer on the subject is kept."""
        return f"last/{self.key.partition('/')[0]}/{self.subject}"

    @property
    def on_its_way(self) -> str:
        """Where the future of the answer asked for last on the subject is kept."""
        return f"asked/{self.key.partition('/')[0]}/{self.subject}"


def key_of(kind: str, request: Json) -> str:
    """The name of a question."""
    return f"{kind}/{hashlib.sha256(dump(request)).hexdigest()[:32]}"


def asked() -> dict[str, Future[Json]]:
    """What was asked in this session."""
    return st.session_state.setdefault("questions", {})


def ask(question: Question) -> None:
    """Show the answer when it is there, looking for it by itself until then."""
    known = asked().get(question.key)
    soon = None if known is not None and known.done() else SOON
    st.fragment(telling(lambda: look(question)), run_every=soon)()


def ask_film(
    film: AskedFilm,
    key: str,
    epoch: int,
    show: Callable[[Json], object],
    meanwhile: Callable[[], object],
    *,
    following: bool,
) -> None:
    """Show the film's page of an epoch, which is asked for where it is not known yet."""
    if epoch in film.pages:
        known(lambda: show(film.pages[epoch]))
        return
    ask(
        Question(
            f"{key}/{epoch}",
            film.function,
            film.arguments(epoch),
            show=lambda answer: show(film.page_of(answer)),
            meanwhile=meanwhile,
            subject=key,
            following=following,
        )
    )


def known(show: Callable[[], object]) -> None:
    """Show what need not be asked just where `ask` would: an element in it stays the same and is not made anew."""
    with st.container():  # as every fragment stands in one
        show()


def look(question: Question) -> None:
    """One look at the question: ask it, wait, show the answer, or say why there is none."""
    key = question.key
    if key not in asked() and not is_overtaken(question):
        asked()[key] = st.session_state[question.on_its_way] = backstage.call_later(
            question.function, *question.arguments
        )
        forget_oldest()
    future = asked().get(key)
    if future is None or not future.done():
        last = st.session_state.get(question.last) if question.subject else None
        question.show(last) if last else question.meanwhile()
        return
    if not st.session_state.get(f"{key}/seen"):
        st.session_state[f"{key}/seen"] = True
        if not question.following:
            st.rerun()  # drawn anew, the page no longer looks for the answer
    if future.exception() is None:
        st.session_state[question.last] = future.result()
        question.show(future.result())
        return
    st.warning(say(str(future.exception())))
    if st.button(say("Try again"), key=f"again/{key.partition('/')[0]}"):
        del asked()[key], st.session_state[f"{key}/seen"]
        st.rerun()


def is_overtaken(question: Question) -> bool:
    """Whether the answer for another epoch is still on its way: who moves through the epochs skips those between."""
    before = st.session_state.get(question.on_its_way) if question.subject else None
    if before is None or (before.done() and before.exception() is not None):
        return False
    if before.done():
        st.session_state[question.last] = before.result()
    return not before.done()


def forget_oldest() -> None:
    """Keep what was asked last."""
    for key in list(asked())[:-MOST_ANSWERS]:
        del asked()[key]
        st.session_state.pop(f"{key}/seen", None)
