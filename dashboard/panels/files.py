"""Sharing: the experiment as a link and as a file, its run to be watched, and the way back in."""

from __future__ import annotations

import streamlit as st

from components.bringing import bring_file
from components.experiment import Experiment, write_experiment
from components.graph import clean_name
from components.links import experiment_to_link
from dashboard import backstage
from dashboard.editing import new_document
from dashboard.frame import dialog
from dashboard.panels.bring import take
from dashboard.sharing import sharing_form
from dashboard.state import Work
from dashboard.texts import number, say
from presets import ARCHITECTURES

MOST_SHOWN = 4_000
"""Characters that a chat message takes."""


@dialog("Share", width="medium")
def show_files(work: Work) -> None:
    """The dialog."""
    preset = preset_of(work.experiment)
    link = f"{address()}?{f'preset={preset}' if preset else f'link={experiment_to_link(work.experiment)}'}"
    if preset:
        st.caption(say("This address opens the preset as it is; once you change it, the address holds the changes."))
    elif len(link) <= MOST_SHOWN:
        st.caption(say("This address opens the experiment, graph and settings and all, in any Layerloom."))
    if len(link) <= MOST_SHOWN:
        st.code(link, language=None, wrap_lines=True, height="content" if preset else 120)
    else:
        st.info(
            say(
                "An address for a message has at most {most} characters, and this experiment's would have {count}; send "
                "the JSON instead.",
                most=number(MOST_SHOWN), count=number(len(link)),
            )
        )  # fmt: skip
    name = clean_name(work.experiment.name.lower())
    st.download_button(
        say("Download as JSON"), write_experiment(work.experiment), f"{name}.json", "application/json",
        key="download_json", on_click="ignore", icon=":material/download:",
    )  # fmt: skip
    if work.run:
        sharing_form(work.run)
    given = st.file_uploader(say("Open a JSON file"), type=["json"], key="open_json")
    if given is not None:
        take(lambda: bring_file(given.name, given.getvalue(), work.experiment, backstage.keras_network))


def preset_of(experiment: Experiment) -> str | None:
    """The preset that the experiment is, unchanged; its name is all that an address needs."""
    alike = (name for name, preset in ARCHITECTURES.items() if preset.experiment.fingerprint == experiment.fingerprint)
    return next((name for name in alike if new_document(ARCHITECTURES[name].experiment).experiment == experiment), None)


def address() -> str:
    """The studio's address, as this browser reached it."""
    return st.context.url.split("?")[0] if st.context.url else "studio"
