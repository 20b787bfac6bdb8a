"""A page with nothing but parallel coordinates on it, made up: `?trials=`, `?lacking=1` for a dimension that not all have.

A button ends ten trials more; what was chosen is written below as JSON, for the tests.
"""

from __future__ import annotations

import json
import random

import streamlit as st

from components.searching.search_space import Dimension, SearchSpace
from components.searching.trials import TrialRow
from dashboard.parallel import mount_parallel
from dashboard.parallel.feed import parallel_of

SPACE = SearchSpace(
    (
        Dimension("learning_rate", "training", parameter="learning_rate", least=1e-4, most=1e-1, log=True),
        Dimension("kind", "kind", "hidden", choices=("LSTM", "GRU")),
        Dimension("units", "layer", "hidden", "units", least=4, most=64, whole=True),
    )
)


def trial(number: int, lacking: bool) -> TrialRow:
    """The better, the lower its number."""
    chance = random.Random(number)
    values = {
        "learning_rate": 10 ** chance.uniform(-4, -1),
        "kind": ("LSTM", "GRU")[number % 2],
        "units": chance.randint(4, 64),
    }
    if lacking and number % 3 == 0:
        del values["units"]
    return TrialRow("random", number, values, "complete", 1 / (1 + number))


st.set_page_config(layout="wide")
st.html("<style>.stMainBlockContainer { padding: 1rem } .stAppHeader { display: none }</style>")
asked = st.query_params.to_dict()
st.session_state.setdefault("trials", int(asked.get("trials", 40)))
st.button("More", on_click=lambda: st.session_state.update(trials=st.session_state["trials"] + 10))
ranked = [trial(number, "lacking" in asked) for number in range(st.session_state["trials"])]
chosen = st.session_state.get("parallel", {}).get("chosen")
told = {"study": "made up", "chosen": chosen["trial"] if chosen else "", "sentence": "A sentence."}
mount_parallel("parallel", {**parallel_of(ranked, SPACE, "val_accuracy"), **told}, on_chosen=lambda: None)
st.html(f"<div id='summary' hidden>{json.dumps(chosen)}</div>")
