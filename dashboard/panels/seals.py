"""What a person reads of sealed test data: when these rows were opened and by what, and whether others keep them sealed."""

from __future__ import annotations

import time

import streamlit as st

from components.graph import Json
from components.searching.seals import openings, still_sealed
from components.store import Run, StoreError
from dashboard import backstage
from dashboard.searching import asked, forget
from dashboard.texts import say


def tell_openings(told: list[Json]) -> None:
    """How often these rows were opened, when, and by what; nothing while they are sealed."""
    if not told:
        return
    kinds = {"search": say("search"), "ensemble": say("ensemble")}
    each = "; ".join(f"{moment(one['at'])}, {kinds[one['kind']]} “{one['by']}”" for one in told)
    if len(told) == 1:
        st.caption(say("These test rows were opened once: {each}.", each=each))
    else:
        st.caption(
            say(
                "These test rows were opened {count} times: {each}. Each time they are worth less as a judge.",
                count=len(told),
                each=each,
            )
        )


def moment(at: float) -> str:
    """Seconds since 1970 as a date and a time."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(at))


def sealed_searches(run: Run) -> list[Run]:
    """The other searches that keep the same test data sealed."""
    try:
        return still_sealed(backstage.store(), run)
    except StoreError:
        return []  # a member's run was deleted: judging says so


def openings_of(run: Run) -> list[Json]:
    """Every time that the rows of an ensemble or a search were opened."""
    try:
        return openings(backstage.store(), run)
    except StoreError:
        return []


def is_opening(key: str, sentence: str) -> bool:
    """Whether the rows are being opened under that key, as the sentence says; what went wrong is said once."""
    answer = st.session_state.get("search_answers", {}).get(key)
    if answer is None:
        return False
    if not answer.done():
        st.caption(sentence)
        return True
    if answer.exception() is not None:
        st.warning(say(str(answer.exception())))
        forget(key)
    return False


def offer_opening(run: Run, label: str, key: str, opening: str, function: str) -> None:
    """The button that opens the rows, once it is agreed for other searches too; `opening` is what the engine's answer is called."""
    sealed = sealed_searches(run)
    if st.button(label, key=key, type="primary", disabled=not agreed(run, sealed)):
        asked(opening, function, backstage.store().url, run.id, [search.id for search in sealed])
        st.rerun()


def agreed(run: Run, sealed: list[Run]) -> bool:
    """Whether the person agrees that the seals of those searches are broken too; they are asked where there are some."""
    if not sealed:
        return True
    names = ", ".join(dict.fromkeys(search.name for search in sealed))
    if any(search.active for search in sealed):
        st.warning(say("A search over the same data still runs: {names}. Stop it or wait.", names=names))
        return False
    st.warning(say("The same test data are sealed by a search: {names}. Opened here, they are opened for it too, and it "
                   "is over.", names=names), icon=":material/lock:")  # fmt: skip
    return st.checkbox(say("Open them, and end that search"), key=f"seal_agreed/{run.id}")
