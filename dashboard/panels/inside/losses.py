"""Losses: what each output's loss and the penalties make of the total, before and after the loss weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from components.graph import Graph, Json, Layer
from components.runs import Record, Run
from dashboard.curves.feed import evenly, shorten
from dashboard.curves.flipbook import MOST_PAGES
from dashboard.panels.inside.looking import records_of
from dashboard.points import mount_shares
from dashboard.running import shown_run
from dashboard.shares import ALONE, PENALTIES, parts_of, shares_of
from dashboard.state import Work, current_work
from dashboard.texts import say

TITLE = "Losses"
EVERY = 1.0
FLIPS = True


def applies(graph: Graph, run: Run) -> bool:
    """Where several losses, or penalties on weights, make up the total."""
    return len(run.experiment["training"]["losses"]) > 1 or is_penalised(graph)


def is_penalised(graph: Graph) -> bool:
    """Whether a penalty lies on the weights of any layer."""
    return any(
        is_penalised(layer) if isinstance(layer, Graph) else has_penalty(layer) for layer in graph.layers.values()
    )


def has_penalty(layer: Layer) -> bool:
    """Whether one lies on a weight of the layer; one on what it gives is another matter."""
    return any(
        value and key.endswith("_regularizer") and key != "activity_regularizer" for key, value in layer.config.items()
    )


def show() -> None:
    """The shares as they are and as the weights make them."""
    work = current_work()
    run = shown_run(work)
    if run is None:
        return
    records = records_of(run.id, None, "epoch", "losses")
    chosen = run.experiment["training"]["loss_weights"]
    weighted, bare = parts_by_epoch(records, chosen), parts_by_epoch(records, None)
    if not weighted:
        st.caption(say("The shares of the losses come with the first epoch."))
        return
    weights = weights_by_epoch(records, chosen)
    told = {epoch: describe(weighted[epoch], bare[epoch], weights[epoch]) for epoch in weighted}
    st.markdown(say("**Share of the total, as the loss weights make it**"))
    draw("inside_shares", work, run, weighted, {})
    st.markdown(say("**Before the weights**"))
    draw("inside_bare_shares", work, run, bare, told)


def draw(key: str, work: Work, run: Run, parts: Mapping[int, Mapping[str, float]], told: Mapping[int, str]) -> None:
    """The shares through the epochs, with what is told below each."""
    names = list(dict.fromkeys(name for found in parts.values() for name in found))
    pages = [
        {
            "epoch": epoch,
            "shares": shorten([shares_of(found).get(name, 0.0) for name in names]),
            "sentence": told.get(epoch, ""),
        }
        for epoch, found in evenly(list(parts.items()), MOST_PAGES)
    ]
    shown = {"run": run.id, "epoch": work.scrubbed, "names": [called(name) for name in names], "pages": pages}
    mount_shares(key, shown)


def parts_by_epoch(records: Sequence[Record], chosen: Mapping[str, float] | None) -> dict[int, dict[str, float]]:
    """By epoch, what each part adds to the total with the weights that were in force; without `chosen`, before them.

    `chosen` are the experiment's weights, for a run whose records do not tell.
    """
    told = {record.epoch: record.values for record in records if record.kind == "losses"}
    weights = weights_by_epoch(records, chosen or {})
    parts = {
        record.epoch: parts_of(
            record.values, {} if chosen is None else weights[record.epoch], told.get(record.epoch, {}).get("penalty")
        )
        for record in records
        if record.kind == "epoch"
    }
    return {epoch: found for epoch, found in parts.items() if len(found) > 1}


def weights_by_epoch(records: Sequence[Record], chosen: Mapping[str, float]) -> dict[int, Json]:
    """By epoch, the loss weights that were in force at its end."""
    told = {record.epoch: record.values for record in records if record.kind == "losses"}
    return {
        record.epoch: told.get(record.epoch, {}).get("weights", chosen) for record in records if record.kind == "epoch"
    }


def called(name: str) -> str:
    """What a person calls a part."""
    return {PENALTIES: say("penalties on the weights"), ALONE: say("loss on the data")}.get(name, name)


def describe(weighted: Mapping[str, float], bare: Mapping[str, float], weights: Mapping[str, float]) -> str:
    """An epoch's shares in words."""
    after, before = shares_of(weighted), shares_of(bare)
    return " ".join(
        say(
            "{name}: {before} % before, {after} % with its weight {weight}.",
            name=called(name), before=round(100 * before[name]), after=round(100 * after[name]),
            weight=f"{weights.get(name, 1.0):g}",
        )
        if name not in (PENALTIES, ALONE)
        else say("{name}: {after} %.", name=called(name), after=round(100 * after[name]))
        for name in weighted
    )  # fmt: skip
