"""Losses: what each output's loss makes of the total, before and after the loss weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from components.graph import Graph
from components.runs import Record, Run
from dashboard.charts.inside import figure_of_shares
from dashboard.panels.inside.looking import records_until
from dashboard.plotting import STILL, theme
from dashboard.running import shown_run
from dashboard.state import current_work
from dashboard.texts import say

TITLE = "Losses"
EVERY = 1.0
FLIPS = False


def applies(graph: Graph, run: Run) -> bool:
    """Where several losses make up the total."""
    return len(run.experiment["training"]["losses"]) > 1


def show() -> None:
    """The shares as they are and as the weights make them."""
    work = current_work()
    run = shown_run(work)
    if run is None:
        return
    records = [record for record in records_until(work, "epoch") if len(parts_of(record)) > 1]
    if not records:
        st.caption(say("The shares of the losses come with the first epoch."))
        return
    weights = {name: float(run.experiment["training"]["loss_weights"].get(name, 1.0)) for name in parts_of(records[-1])}
    epochs = [record.epoch for record in records]
    weighted, bare = shares_of(records, weights), shares_of(records, {})
    st.markdown(say("**Share of the total, as the loss weights make it**"))
    st.plotly_chart(figure_of_shares(epochs, weighted, theme()), key="inside_shares", config=STILL)
    st.markdown(say("**Before the weights**"))
    st.plotly_chart(figure_of_shares(epochs, bare, theme()), key="inside_bare_shares", config=STILL)
    st.caption(describe(weighted, bare, weights))


def parts_of(record: Record) -> dict[str, float]:
    """Each output's own loss in an epoch."""
    ends = "_loss"
    return {
        name.removesuffix(ends): abs(float(value))
        for name, value in record.values.items()
        if name.endswith(ends) and not name.startswith("val_") and isinstance(value, (int, float))
    }


def shares_of(records: Sequence[Record], weights: Mapping[str, float]) -> dict[str, list[float]]:
    """By output, its share of the sum in each epoch."""
    names = list(parts_of(records[-1]))
    shares: dict[str, list[float]] = {name: [] for name in names}
    for record in records:
        parts = {name: value * weights.get(name, 1.0) for name, value in parts_of(record).items()}
        total = sum(parts.values()) or 1.0
        for name in names:
            shares[name].append(parts.get(name, 0.0) / total)
    return shares


def describe(
    weighted: Mapping[str, Sequence[float]], bare: Mapping[str, Sequence[float]], weights: Mapping[str, float]
) -> str:
    """The last epoch's shares in words."""
    return " ".join(
        say(
            "{name}: {before} % before, {after} % with its weight {weight}.",
            name=name, before=round(100 * bare[name][-1]), after=round(100 * weighted[name][-1]), weight=f"{weights[name]:g}",
        )
        for name in weighted
    )  # fmt: skip
