"""The pages: navigation, and the frame that every view stands in. Streamlit runs this for every visitor."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import streamlit as st

from dashboard import frame, signing_in
from dashboard.texts import say

HERE = Path(__file__).parent


def view(name: str, what: str = "show") -> Callable[[], None]:
    """The page of that name, imported when it is first opened: the first paint waits for no other."""

    def show() -> None:
        getattr(import_module(f"dashboard.views.{name}"), what)()

    return show


st.set_page_config(page_title="Layerloom", page_icon=str(HERE / "icon.svg"), layout="wide")
st.html(HERE / "look.css")

pages = {
    "gallery": st.Page(view("gallery"), title=say("Gallery"), url_path="gallery", default=True),
    "studio": st.Page(view("studio"), title=say("Studio"), url_path="studio"),
    "runs": st.Page(view("runs"), title=say("Runs"), url_path="runs"),
    "learn": st.Page(view("learn"), title=say("Learn"), url_path="learn"),
    "compare": st.Page(view("compare"), title=say("Compare"), url_path="compare"),
    "tune": st.Page(view("tune"), title=say("Tune"), url_path="tune"),
    "ensemble": st.Page(view("ensemble"), title=say("Ensemble"), url_path="ensemble"),
    "watch": st.Page(view("watch"), title=say("Watch"), url_path="watch", visibility="hidden"),
}
if signing_in.is_wanted():
    pages["sign_out"] = st.Page(view("sign_in", "leave"), title=say("Sign out"), url_path=signing_in.SIGN_OUT)
st.session_state["pages"] = pages
awaited = signing_in.is_awaited()
page = st.navigation(list(pages.values()), position="hidden" if awaited else "top")
# The same two places on every page: what refreshes itself never writes where another page has nothing.
body, foot = st.container(key="body"), st.container(key="foot")
with frame.told():
    if awaited:
        view("sign_in")()
    else:
        with body:
            frame.begin()
            page.run()
        with foot:
            frame.end()
