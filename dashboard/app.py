"""Layerloom's front door, for `streamlit run`: the pages, and the sockets over which runs are watched live."""

from pathlib import Path

from streamlit.starlette import App

from dashboard.streaming import ROUTES

app = App(Path(__file__).parent / "pages.py", routes=ROUTES)
