"""The frame around every view: the workspace's cookie, and a calm line while the engine warms up."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Literal, ParamSpec

import streamlit as st

from components.runs import StoreError
from dashboard import backstage, signing_in
from dashboard.texts import say, speaking
from dashboard.workspace import keep_workspace

logger = logging.getLogger(__name__)

Given = ParamSpec("Given")


@contextmanager
def told() -> Iterator[None]:
    """Whatever goes wrong inside is a sentence on the page and a traceback in the log, never the other way round."""
    try:
        with speaking(st.context.locale):
            yield
    except (StoreError, backstage.EngineError) as error:
        st.error(say(str(error)))
    except Exception:
        logger.exception("A part of the page failed")
        st.error(say("This part of the page failed; your work is saved. Reload the page to go on."))


def telling(show: Callable[Given, None]) -> Callable[Given, None]:
    """A fragment's function under `told`: fragments run by themselves, outside the page's own."""

    @wraps(show)
    def shown(*given: Given.args, **named: Given.kwargs) -> None:
        with told():
            show(*given, **named)

    return shown


class dialog:
    """Makes of a function a dialog under `told`, its title in the language of whoever opens it."""

    def __init__(self, title: str, width: Literal["small", "medium", "large"] = "small") -> None:
        self.title, self.width = title, width

    def __call__(self, show: Callable[Given, None]) -> Callable[Given, None]:
        @wraps(show)
        def opened(*given: Given.args, **named: Given.kwargs) -> None:
            st.dialog(say(self.title), width=self.width)(telling(show))(*given, **named)

        return opened


def begin() -> None:
    """Before a view."""
    keep_workspace()
    signing_in.return_to_address()


def end() -> None:
    """After a view: now that something is on the screen, let the engine start behind it."""
    waiting = st.session_state.setdefault("engine_waiting", True)
    st.fragment(watch_engine, run_every=0.5 if waiting else 5)()


def watch_engine() -> None:
    """Say what the engine is doing; when that changes, show the page anew."""
    engine = backstage.engine()
    waiting = engine.state != "ready"
    if waiting != st.session_state["engine_waiting"]:
        st.session_state["engine_waiting"] = waiting
        st.rerun()
    if waiting:
        with st.container(key="engine_line"):
            st.caption(
                f":material/hourglass_empty: {say(engine.message) or say('Keras is warming up behind the page…')}"
            )
