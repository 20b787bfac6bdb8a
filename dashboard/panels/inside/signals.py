"""Signals: how large weights, activations, gradients and updates are from layer to layer, and what that means."""

from __future__ import annotations

import streamlit as st

from components.experiment import experiment_from_json
from components.graph import Graph, Json, call_names, source_of
from components.runs import Run
from dashboard.charts.inside import Named, figure_by_depth, positive
from dashboard.flows import FLOWS
from dashboard.panels.inside.looking import choose_beside, records_of, records_until, title_of
from dashboard.plotting import STILL, theme
from dashboard.running import shown_run
from dashboard.saying import inside_words
from dashboard.state import current_work
from dashboard.texts import number, say

TITLE = "Signals"
EVERY = 1.0
FLIPS = False
COLUMNS = ("weights", "gradients", "updates", "dead")


def applies(graph: Graph, run: Run) -> bool:
    """Every model has them."""
    return True


def show() -> None:
    """A bar for each layer, the numbers beside it, and what they mean."""
    work = current_work()
    run = shown_run(work)
    if run is None:
        return
    records = records_until(work, "signals")
    if not records:
        st.caption(say("The first signals come with the first epochs."))
        return
    kinds = [kind for kind in ("gradients", "weights", "updates") if records[-1].values.get(kind)]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = st.selectbox(
            say("size of"), kinds, key="inside_signal", format_func=say,
            help=say("Gradients on 64 fixed training rows; an update is the change of the weights over their size."),
        )  # fmt: skip
        st.selectbox(
            say("edges show"), FLOWS, key="flow", format_func=say,
            help=say("What the width of the canvas's edges tells while this run is shown."),
        )  # fmt: skip
        other = choose_beside(run)
    values = records[-1].values
    beside = beside_at(other, records[-1].epoch, kind) if other else {}
    figure = figure_by_depth(values.get(kind, {}), theme(), beside=beside)
    st.plotly_chart(figure, key="inside_depth", config=STILL, alt=compared(values.get(kind, {}), beside, kind, other))
    if other is not None:
        st.info(compared(values.get(kind, {}), beside, kind, other))
    for sentence in inside_words(run, values):
        st.info(sentence)
    st.dataframe(table(values), hide_index=True, height="content")
    merged = merges(experiment_from_json(run.experiment).graph, values.get("activations", {}))
    if merged:
        st.markdown(say("**What comes together**, by the size of each branch's activations"))
        st.dataframe(merged, hide_index=True, height="content")
    st.caption(say("After epoch {epoch}.", epoch=records[-1].epoch))


def beside_at(other: Run, epoch: int, kind: str) -> dict[str, float]:
    """The other run's sizes by layer, from its look nearest to an epoch."""
    records = [record for record in records_of(other.id, None, "signals") if record.values.get(kind)]
    return min(records, key=lambda record: abs(record.epoch - epoch)).values[kind] if records else {}


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
    layers = dict.fromkeys(name for kind in COLUMNS for name in values.get(kind, {}) if ":" not in name)
    return [
        {say("layer"): layer, **{say(kind): shown(kind, values.get(kind, {}).get(layer)) for kind in COLUMNS}}
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
    """A number, a share in per cent, or nothing."""
    if value is None:
        return ""
    return f"{100 * value:.0f} %" if kind == "dead" else f"{value:.3g}"
