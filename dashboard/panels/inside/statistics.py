"""Statistics: the moving mean and variance of normalisations, and whether they have settled."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from components.graph import Graph, Layer
from components.runs import Record, Run
from dashboard.charts import History
from dashboard.curves.flipbook import mount_flipbook, pages_of
from dashboard.panels.inside.histograms import said_of
from dashboard.panels.inside.looking import records_of, selected_layer
from dashboard.running import shown_run
from dashboard.state import current_work
from dashboard.texts import say

TITLE = "Statistics"
EVERY = 1.0
FLIPS = True
QUANTITIES = {"moving_mean": "**Moving mean** of each unit", "moving_variance": "**Moving variance** of each unit"}
SETTLED = 0.02
"""An epoch that moves them by less than this share of their spread leaves them where they are."""


def applies(graph: Graph, run: Run) -> bool:
    """Where a layer keeps moving statistics."""
    kept = graph.layers.values()
    return any(applies(layer, run) if isinstance(layer, Graph) else is_normalisation(layer) for layer in kept)


def is_normalisation(layer: Layer) -> bool:
    """Whether the layer's statistics move while it trains."""
    return layer.kind == "BatchNormalization"


def show() -> None:
    """Mean and variance of one normalisation through the epochs."""
    work = current_work()
    run = shown_run(work)
    records = records_of(run.id, None, "histograms") if run else []
    layers = list(dict.fromkeys(name.rpartition("/")[0] for name in quantities(records)))
    if not layers:
        st.caption(say("The moving statistics come with the first epochs."))
        return
    usual = next((place for place, name in enumerate(layers) if name == selected_layer(work)), 0)
    layer = st.selectbox(say("layer"), layers, index=usual, key=f"statistics_layer/{selected_layer(work)}")
    for quantity, title in QUANTITIES.items():
        name = f"{layer}/{quantity}"
        history = [(r.epoch, r.values["weights"][name]) for r in records if name in r.values.get("weights", {})]
        sentences = {history[i][0]: describe(history[: i + 1]) for i in range(len(history))}
        st.markdown(say(title))
        mount_flipbook(
            f"statistics/{quantity}",
            work.run or "",
            work.scrubbed,
            "percentiles",
            pages_of(history, sentences, said_of(history)),
            say("The moving statistics come with the first epochs."),
            height=190,
        )
    st.caption(say("In training a batch is normalised by its own mean and variance; afterwards these stand for them."))


def quantities(records: Sequence[Record]) -> list[str]:
    """The names of all moving statistics that were recorded."""
    weights = records[-1].values.get("weights", {}) if records else {}
    return [name for name in weights if name.rpartition("/")[2] in QUANTITIES]


def describe(history: History) -> str:
    """How far the statistics moved in the last epochs, and whether that is little."""
    if len(history) < 2:
        return say("One look so far; the next shows where they move.")
    (before, then), (epoch, now) = history[-2:]
    spread = max(abs(now["mean"]), now["std"], 1e-12)
    moved = max(abs(now["mean"] - then["mean"]), abs(now["std"] - then["std"])) / spread / max(1, epoch - before)
    share = f"{100 * moved:.1f}"
    if moved < SETTLED:
        return say("Settled: an epoch moves them by {share} % of their size.", share=share)
    return say("Still moving: an epoch moves them by {share} % of their size.", share=share)
