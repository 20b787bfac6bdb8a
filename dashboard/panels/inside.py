"""The Inside tab: histograms of a run's layers through its epochs, and projections of any layer's output."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from concurrent.futures import Future

import streamlit as st

from components.experiment import dump, experiment_from_json
from components.graph import Graph, Json, Layer, is_input
from components.runs import Record, Run
from dashboard import backstage, charts
from dashboard.frame import telling
from dashboard.running import shown_run
from dashboard.state import Work, current_work
from dashboard.texts import say
from dashboard.workspace import workspace

PLAIN = {"displayModeBar": False, "scrollZoom": True}
KINDS = ("weights", "activations", "gradients")
METHODS = {"pca": "PCA", "tsne": "t-SNE"}
MOST_ANSWERS = 20
"""Projections that a session keeps, to be shown again at once."""


def show(work: Work, inspection: Json | None) -> None:
    """The tab; while the run goes on it follows."""
    run = shown_run(work)
    if run is None:
        st.caption(
            say("Train first: then the weights of every layer, epoch by epoch, and what it makes of the data are here.")
        )
        return
    view = st.segmented_control(
        say("View"), ["histograms", "projection"], default="histograms", key="inside_view", label_visibility="collapsed",
        format_func=lambda name: say(name.capitalize()),
    )  # fmt: skip
    show_view = projection if view == "projection" else histograms
    every = 1.0 if run.active and view != "projection" else None
    st.fragment(telling(show_view), run_every=every)()


def theme() -> str:
    """The reader's theme."""
    return "dark" if st.context.theme.type == "dark" else "light"


# Histograms


def histograms() -> None:
    """Every epoch's histogram of one quantity of one layer."""
    work = current_work()
    records = records_of(work.run)
    if not records:
        st.caption(say("The first histograms come with the first epochs."))
        return
    kinds = [kind for kind in KINDS if records[-1].values.get(kind)]
    if not kinds:
        st.caption(say("This model has no numbers to count: neither weights nor activations."))
        return
    left, right = st.columns(2)
    with left:
        kind = st.selectbox(say("of"), kinds, key="inside_kind", format_func=say)
    names = list(records[-1].values[kind])
    with right:
        name = st.selectbox(
            say("layer"), names, index=chosen_place(work, names), key=f"inside_name/{kind}/{selected_layer(work)}"
        )
    heat = st.toggle(say("As a heat map"), key="inside_heat")
    history = [(record.epoch, record.values[kind][name]) for record in records if name in record.values.get(kind, {})]
    history = [
        (epoch, histogram) for epoch, histogram in history if work.scrubbed is None or epoch <= work.scrubbed
    ] or history[:1]
    draw = charts.figure_of_heat if heat else charts.figure_of_histograms
    sentence = charts.describe_histograms(name, history)
    st.plotly_chart(draw(history, theme()), key="inside_histogram", config=PLAIN, alt=sentence)
    st.caption(sentence)


def records_of(run_id: str | None) -> list[Record]:
    """The run's histograms as they count now: where it was rewound, those of the epochs it left are gone."""
    kept: list[Record] = []
    for record in backstage.store().records(run_id or "", kinds=("histograms", "mark"), workspace=workspace()):
        if record.kind == "histograms":
            kept = [earlier for earlier in kept if earlier.epoch < record.epoch] + [record]
        elif record.values.get("mark") == "rewound":
            kept = [earlier for earlier in kept if earlier.epoch <= record.epoch]
    return kept


def selected_layer(work: Work) -> str:
    """The layer of the node selected last."""
    return work.document.graph.node(work.selected[-1]).layer if work.selected else ""


def chosen_place(work: Work, names: Sequence[str]) -> int:
    """The place of the selected layer's first quantity among the names; otherwise the first."""
    layer = selected_layer(work)
    return next((place for place, name in enumerate(names) if layer and name.split("/")[0].split(":")[0] == layer), 0)


# Projections


def projection() -> None:
    """A layer's points in two or three dimensions."""
    run = shown_run(current_work())
    if run is None:
        return
    request = ask_what(current_work(), run)
    colour = st.segmented_control(
        say("Colour"), ["classes", "predictions", "mistakes"], default="classes", key="inside_colour",
        label_visibility="collapsed", format_func=lambda name: say({"classes": "class", "predictions": "prediction", "mistakes": "mistake"}[name]),
    )  # fmt: skip
    found = st.text_input(say("Search a label"), key="inside_search", placeholder=say("a word"))
    st.fragment(
        telling(lambda: draw_projection(run, request, colour or "classes", found)), run_every=poll_every(request)
    )()


def ask_what(work: Work, run: Run) -> Json:
    """What is to be projected, and how."""
    graph = experiment_from_json(run.experiment).graph
    names = [*output_nodes(graph), *(f"{name} {say('(weights)')}" for name in embeddings(graph))]
    usual = selected_layer(work) if selected_layer(work) in names else usual_node(graph)
    chosen = st.selectbox(say("layer"), names, index=names.index(usual), key=f"inside_layer/{usual}")
    left, right = st.columns(2)
    with left:
        method = st.segmented_control(
            say("method"), list(METHODS), default="pca", key="inside_method", format_func=METHODS.__getitem__
        )
    with right:
        dimensions = st.segmented_control(say("dimensions"), [2, 3], default=2, key="inside_dimensions")
    perplexity = st.slider(say("perplexity"), 5, 80, 30, key="inside_perplexity") if method == "tsne" else None
    weights = chosen.endswith(say("(weights)"))
    return {
        "run": run.id,
        "layer": chosen.split(" ")[0],
        "what": "weights" if weights else "outputs",
        "method": method or "pca",
        "dimensions": dimensions or 2,
        "perplexity": perplexity,
        "epoch": work.scrubbed if work.scrubbed is not None else run.epoch,
    }


def output_nodes(graph: Graph) -> list[str]:
    """The layers whose outputs can be projected."""
    return list(dict.fromkeys(node.layer for node in graph.nodes if not is_input(graph.layer_of(node))))


def embeddings(graph: Graph) -> list[str]:
    """The Embedding layers."""
    return [name for name, layer in graph.layers.items() if isinstance(layer, Layer) and layer.kind == "Embedding"]


def usual_node(graph: Graph) -> str:
    """The last layer before the first output: what the network has made of the data."""
    output = graph.node(graph.outputs[0].partition(":")[0])
    before = graph.node(output.inputs[0].partition(":")[0]) if output.inputs else output
    return output.layer if is_input(graph.layer_of(before)) else before.layer


def key_of(request: Json) -> str:
    """The name under which frames and answer of a request are kept."""
    return "projection/" + hashlib.sha256(dump(request)).hexdigest()[:32]


def answers() -> dict[str, Future[Json]]:
    """What was asked in this session."""
    return st.session_state.setdefault("projections", {})


def poll_every(request: Json) -> float | None:
    """How often to look while an answer is on its way."""
    asked = answers().get(key_of(request))
    return None if asked is not None and asked.done() else 0.3


def draw_projection(run: Run, request: Json, colour: str, found: str) -> None:
    """The answer when it is there, the latest frame until then."""
    key = key_of(request)
    if key not in answers():
        options = {"frames": key, "perplexity": request["perplexity"]}
        answers()[key] = backstage.call_later(
            "components.projections.project_layer_json", backstage.store().url, run.id, request["layer"], request["what"],
            request["method"], request["dimensions"], options, request["epoch"],
        )  # fmt: skip
        forget_oldest(answers())
    asked = answers()[key]
    if not asked.done():
        draw_frame(key, request)
        return
    if not st.session_state.get(f"{key}/seen"):
        st.session_state[f"{key}/seen"] = True
        st.rerun()
    if asked.exception() is not None:
        del answers()[key], st.session_state[f"{key}/seen"]
        st.warning(str(asked.exception()))
        if st.button(say("Try again"), key="inside_again"):
            st.rerun()
        return
    answer = asked.result()
    sentence = charts.describe_projection(answer, request["layer"])
    st.plotly_chart(
        charts.figure_of_projection(answer, theme(), colour, found), key="inside_projection", config=PLAIN, alt=sentence
    )
    st.caption(" ".join(filter(None, [sentence, answer["note"]])))


def forget_oldest(asked: dict[str, Future[Json]]) -> None:
    """Keep what was asked last."""
    for key in list(asked)[:-MOST_ANSWERS]:
        del asked[key]
        st.session_state.pop(f"{key}/seen", None)


def draw_frame(key: str, request: Json) -> None:
    """t-SNE while it works; a calm line for the rest."""
    frame = backstage.store().recall(key)
    if frame and frame.get("points"):
        partial = {"points": frame["points"], "labels": [""] * len(frame["points"])}
        st.plotly_chart(charts.figure_of_projection(partial, theme()), key="inside_projection", config=PLAIN)
        st.caption(say("Iteration {count}…", count=frame.get("iteration") or 0))
    else:
        st.caption(say("Working out the projection of {layer}…", layer=request["layer"]))
