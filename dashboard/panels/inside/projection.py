"""Projections of any layer's output, or of weights, to two or three dimensions."""

from __future__ import annotations

import streamlit as st

from components.experiment import experiment_from_json
from components.graph import Graph, Json, Layer, is_input
from components.runs import Run
from dashboard import backstage, charts
from dashboard.panels.inside.asking import Question, ask, key_of
from dashboard.panels.inside.looking import looked_epoch, selected_layer
from dashboard.plotting import PLAIN, theme
from dashboard.running import shown_run
from dashboard.state import Work, current_work
from dashboard.texts import say

TITLE = "Projection"
EVERY = None
METHODS = {"pca": "PCA", "tsne": "t-SNE"}
COLOURS = {"classes": "class", "predictions": "prediction", "mistakes": "mistake"}


def applies(graph: Graph, run: Run) -> bool:
    """Every model has layers."""
    return True


def show() -> None:
    """A layer's points in two or three dimensions."""
    work = current_work()
    run = shown_run(work)
    if run is None:
        return
    request = ask_what(work, run)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        colour = st.segmented_control(
            say("Colour"), list(COLOURS), default="classes", key="inside_colour", label_visibility="collapsed",
            format_func=lambda name: say(COLOURS[name]),
        )  # fmt: skip
        found = st.text_input(
            say("Search a label"), key="inside_search", placeholder=say("search a word"), label_visibility="collapsed"
        )
    key = key_of("projection", request)
    arguments = [request[name] for name in ("run", "layer", "what", "method", "dimensions")]
    options = {"frames": key, "perplexity": request["perplexity"]}
    ask(
        Question(
            key,
            "components.inside.projections.project_layer_json",
            (backstage.store().url, *arguments, options, request["epoch"]),
            show=lambda answer: draw(answer, request["layer"], colour or "classes", found),
            meanwhile=lambda: draw_frame(key, request["layer"]),
        )
    )


def ask_what(work: Work, run: Run) -> Json:
    """What is to be projected, and how."""
    graph = experiment_from_json(run.experiment).graph
    names = [*output_nodes(graph), *(f"{name} {say('(weights)')}" for name in embeddings(graph))]
    usual = selected_layer(work) if selected_layer(work) in names else usual_node(graph)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            say("layer"), names, index=names.index(usual), key=f"inside_layer/{usual}", label_visibility="collapsed"
        )
        method = st.segmented_control(
            say("method"), list(METHODS), default="pca", key="inside_method", label_visibility="collapsed",
            format_func=METHODS.__getitem__,
        )  # fmt: skip
        dimensions = st.segmented_control(
            say("dimensions"), [2, 3], default=2, key="inside_dimensions", label_visibility="collapsed",
            format_func=lambda count: f"{count}D",
        )  # fmt: skip
    perplexity = st.slider(say("perplexity"), 5, 80, 30, key="inside_perplexity") if method == "tsne" else None
    return {
        "run": run.id,
        "layer": chosen.split(" ")[0],
        "what": "weights" if chosen.endswith(say("(weights)")) else "outputs",
        "method": method or "pca",
        "dimensions": dimensions or 2,
        "perplexity": perplexity,
        "epoch": looked_epoch(work, run),
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


def draw(answer: Json, layer: str, colour: str, found: str) -> None:
    """The points, and in words how many and how far the picture can be trusted."""
    sentence = charts.describe_projection(answer, layer)
    st.plotly_chart(
        charts.figure_of_projection(answer, theme(), colour, found), key="inside_projection", config=PLAIN, alt=sentence
    )
    st.caption(" ".join(filter(None, [sentence, answer["note"]])))


def draw_frame(key: str, layer: str) -> None:
    """t-SNE while it works; a calm line for the rest."""
    frame = backstage.store().recall(key)
    if frame and frame.get("points"):
        partial = {"points": frame["points"], "labels": [""] * len(frame["points"])}
        st.plotly_chart(charts.figure_of_projection(partial, theme()), key="inside_projection", config=PLAIN)
        st.caption(say("Iteration {count}…", count=frame.get("iteration") or 0))
    else:
        st.caption(say("Working out the projection of {layer}…", layer=layer))
