"""Signals: how large weights, activations, gradients and updates are from layer to layer, and what that means."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import streamlit as st

from components.experiment import experiment_from_json
from components.graph import Graph, Json, call_names, source_of
from components.runs import Record, Run
from dashboard.curves.feed import evenly, shorten
from dashboard.curves.flipbook import MOST_PAGES, mount_flipbook
from dashboard.flows import FLOWS
from dashboard.panels.inside.looking import KEPT, choose_beside, records_of, title_of
from dashboard.running import shown_run
from dashboard.saying import inside_words
from dashboard.state import current_work
from dashboard.texts import number, say

TITLE = "Signals"
EVERY = 1.0
FLIPS = True
PAGES_LIVE = 30
"""Pages while the run goes on: they are sent again every second."""

COLUMNS = ("weights", "gradients", "updates", "dead")
RARER = ("saturated",)
"""A column where any layer has it."""


def applies(graph: Graph, run: Run) -> bool:
    """Every model has them."""
    return True


def show() -> None:
    """A bar for each layer, the numbers beside it, and what they mean."""
    work = current_work()
    run = shown_run(work)
    if run is None:
        return
    records = evenly(records_of(run.id, None, "signals"), PAGES_LIVE if run.active else MOST_PAGES)
    if not records:
        st.caption(say("The first signals come with the first epochs."))
        return
    kinds = [kind for kind in ("gradients", "weights", "updates") if records[-1].values.get(kind)]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = st.selectbox(
            say("size of"), kinds, key="inside_signal", **KEPT, format_func=say,
            help=say("Gradients on 64 fixed training rows; an update is an epoch's change of the weights over their size."),
        )  # fmt: skip
        st.selectbox(
            say("graph shows"), FLOWS, key="flow", format_func=say,
            help=say(
                "What the bars on the canvas's cards and the width of its edges tell while this run is shown. Of gradients, "
                "a card shows that of its weights and an edge what flows back along it."
            ),
        )  # fmt: skip
        other = choose_beside(run)
    theirs = [record for record in records_of(other.id, None, "signals") if record.values.get(kind)] if other else []
    graph = experiment_from_json(run.experiment).graph
    mount_flipbook(
        "inside_depth",
        run.id,
        work.scrubbed,
        "bars",
        [page_of(run, graph, record, kind, other, theirs) for record in records],
        say("The first signals come with the first epochs."),
        height=230,
    )


def page_of(run: Run, graph: Graph, record: Record, kind: str, other: Run | None, theirs: Sequence[Record]) -> Json:
    """One epoch: a bar for each layer, what that means, and the numbers."""
    values = record.values
    beside = nearest(theirs, record.epoch).values[kind] if theirs else {}
    said = [compared(values.get(kind, {}), beside, kind, other)] if other else []
    return {
        "epoch": record.epoch,
        "sentence": say("After epoch {epoch}; layers with weights, from input to output.", epoch=record.epoch),
        "sizes": shorten(list(positive(values.get(kind, {})).items())),
        "beside": shorten(list(positive(beside).items())),
        "notes": [*said, *inside_words(run, values)],
        "tables": [
            found
            for found in (
                table_of("", table(values)),
                table_of(
                    say("What comes together, by the size of each branch's activations"),
                    merges(graph, values.get("activations", {})),
                ),
            )
            if found
        ],
    }


def nearest(records: Sequence[Record], epoch: int) -> Record:
    """The look nearest to an epoch."""
    return min(records, key=lambda record: abs(record.epoch - epoch))


def table_of(title: str, lines: Sequence[Mapping[str, str]]) -> Json:
    """Lines as the flipbook shows them; None without any."""
    if not lines:
        return None
    return {"title": title, "columns": list(lines[0]), "rows": [list(line.values()) for line in lines]}


Named = Mapping[str, float]
"""Numbers by layer, in the order of the model's depth."""


def positive(values: Named) -> dict[str, float]:
    """What a logarithmic scale can show: NaN and 0 are left out."""
    return {name: value for name, value in values.items() if isinstance(value, (int, float)) and 0 < value < math.inf}


def compared(values: Named, beside: Named, kind: str, other: Run | None) -> str:
    """The first layers of both runs side by side, in words: that is where a gradient vanishes."""
    first, theirs = (next(iter(positive(sizes).items()), None) for sizes in (values, beside))
    if other is None or first is None:
        return say("The size of {kind} from layer to layer.", kind=say(kind))
    if theirs is None:
        return say("{title} has none to lay beside them.", title=title_of(other))
    ratio = first[1] / theirs[1]
    return say(
        "At the first layer, {layer}, the size of {kind} is {ratio} that of {title} (diamonds).",
        layer=first[0], kind=say(kind), title=title_of(other), ratio=times(ratio),
    )  # fmt: skip


def times(ratio: float) -> str:
    """A ratio as a person says it."""
    if 0.8 <= ratio <= 1.25:
        return say("about")
    if ratio > 1e6:
        return say("over a million times")
    if ratio < 1e-6:
        return say("less than a millionth of")
    if ratio > 1:
        return say("{count} times", count=number(ratio) if ratio >= 10 else f"{ratio:.1f}")
    return say("1/{count} of", count=number(1 / ratio) if ratio <= 0.1 else f"{1 / ratio:.1f}")


def table(values: Json) -> list[dict[str, str]]:
    """The numbers by layer, as a person reads them."""
    kinds = (*COLUMNS, *(kind for kind in RARER if values.get(kind)))
    layers = dict.fromkeys(name for kind in kinds for name in values.get(kind, {}) if ":" not in name)
    return [
        {say("layer"): layer, **{say(kind): shown(kind, values.get(kind, {}).get(layer)) for kind in kinds}}
        for layer in layers
        if any(layer in values.get(kind, {}) for kind in ("weights", "gradients"))
    ]


def merges(graph: Graph, sizes: Named) -> list[dict[str, str]]:
    """For each term of each merge, such as the two of an Add, its size and its share of the sum."""
    calls = call_names(graph)
    rows = []
    for node in graph.nodes:
        terms = [calls[source_of(reference)] for reference in node.inputs]
        known = positive({term: sizes[term] for term in terms if term in sizes})
        if len(terms) < 2 or len(known) < len(set(terms)):
            continue
        whole = sum(known[term] for term in terms)
        rows += [
            {
                say("merge"): calls[node.id], say("term"): term, say("size"): f"{known[term]:.3g}",
                say("share"): f"{100 * known[term] / whole:.0f} %",
            }
            for term in terms
        ]  # fmt: skip
    return rows


def shown(kind: str, value: float | None) -> str:
    """A number, a share of the units in per cent, or nothing."""
    if value is None:
        return ""
    return f"{100 * value:.0f} %" if kind in ("dead", "saturated") else f"{value:.3g}"
