"""Layerloom's front door, for `streamlit run`: the pages, and the sockets beside them."""

from pathlib import Path

from streamlit.starlette import App

from dashboard import films, hearing, streaming

app = App(Path(__file__).parent / "pages.py", routes=[*streaming.ROUTES, *films.ROUTES, *hearing.ROUTES])
