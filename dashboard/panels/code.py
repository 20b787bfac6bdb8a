"""The Code tab: the experiment as a Python file that runs, to read, copy and download."""

from __future__ import annotations

import streamlit as st

from components.codegen import CodeError, generate_code
from components.graph import Json, clean_name
from components.notebooks import generate_notebook
from dashboard.state import Work
from dashboard.texts import say


def show(work: Work, inspection: Json | None) -> None:
    """The tab."""
    try:
        source = generate_code(work.experiment)
    except CodeError as error:
        st.warning(str(error))
        return
    name = clean_name(work.experiment.name.lower())
    with st.container(horizontal=True):
        st.download_button(
            say("Download Python"), source, f"{name}.py", "text/x-python", key="download_code", on_click="ignore",
            type="primary", icon=":material/download:",
        )  # fmt: skip
        st.download_button(
            say("Notebook"), generate_notebook(work.experiment), f"{name}.ipynb", "application/x-ipynb+json",
            key="download_notebook", on_click="ignore",
        )  # fmt: skip
    st.code(source, language="python")
