"""Projections of any layer's output, or of weights, to two or three dimensions."""

from __future__ import annotations

import streamlit as st

from components.experiment import experiment_from_json
from components.graph import Graph, Json, Layer, is_input, last_hidden
from components.runs import Run
from dashboard import backstage, charts
from dashboard.charts.neighbours import mark_neighbours
from dashboard.panels.inside.asking import Question, ask, key_of, last_answer
from dashboard.panels.inside.looking import looked_epoch, selected_layer
from dashboard.panels.inside.neighbours import METRICS, ask_neighbours, choose_point, clicked, list_neighbours
from dashboard.plotting import PLAIN, theme
from dashboard.running import shown_run
from dashboard.state import Work, current_work
from dashboard.texts import number, say

TITLE = "Projection"
EVERY = None
FLIPS = False
METHODS = {"pca": "PCA", "tsne": "t-SNE"}
COUNTS = (500, 1_000, 2_000, 5_000, 10_000)
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
        request = {**request, **settings(request["method"])}
    key = key_of("projection", request)
    arguments = [request[name] for name in ("run", "layer", "what", "method", "dimensions")]
    subject = {name: value for name, value in request.items() if name != "epoch"}
    options = {**request["options"], "most": request["most"], "frames": key, "previous": beginning(subject)}
    ask(
        Question(
            key,
            "components.inside.projections.project_layer_json",
            (backstage.store().url, *arguments, options, request["epoch"]),
            show=lambda answer: show_points(answer, request, colour or "classes"),
            meanwhile=lambda: draw_frame(key, request["layer"]),
            subject=subject,
        )
    )


def ask_what(work: Work, run: Run) -> Json:
    """What is to be projected, and how."""
    graph = experiment_from_json(run.experiment).graph
    names = [*output_nodes(graph), *(f"{name} {say('(weights)')}" for name in embeddings(graph))]
    usual = selected_layer(work) if selected_layer(work) in names else last_hidden(graph)
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
    return {
        "run": run.id,
        "layer": chosen.split(" ")[0],
        "what": "weights" if chosen.endswith(say("(weights)")) else "outputs",
        "method": method or "pca",
        "dimensions": dimensions or 2,
        "epoch": looked_epoch(work, run),
    }


def settings(method: str) -> Json:
    """How many points, and how t-SNE places them; what is left open is chosen to suit the points."""
    with st.popover(say("Settings"), icon=":material/tune:"):
        most = st.select_slider(say("points at most"), COUNTS, value=2_000, key="inside_most", format_func=number)
        st.selectbox(
            say("neighbours"), list(METRICS), key="inside_metric", format_func=lambda name: say(METRICS[name]),
            help=say("How far two points are from one another in the layer's own space."),
        )  # fmt: skip
        if method != "tsne":
            return {"most": most, "options": {}}
        perplexity = st.number_input(
            say("perplexity"), 1.0, 1000.0, 30.0, 5.0, key="inside_perplexity", format="%g",
            help=say("About how many neighbours each point keeps close; at most a third of the points."),
        )  # fmt: skip
        rate = st.number_input(
            say("learning rate"), 1.0, 100_000.0, None, key="inside_tsne_rate", format="%g",
            placeholder=say("points ÷ 12"), help=say("How far points move in an iteration."),
        )  # fmt: skip
        iterations = st.number_input(
            say("iterations"), 10, 2000, None, 50, key="inside_iterations", placeholder=say("250, or 75 from an earlier epoch")
        )  # fmt: skip
    options = {"perplexity": perplexity, "learning_rate": rate, "iterations": iterations}
    return {"most": most, "options": options}


def beginning(subject: Json) -> Json:
    """Where the points stood in the last picture of another epoch: from there they go on, so that they do not jump."""
    last = last_answer("projection", subject)
    return {"points": last["points"], "rows": last["rows"]} if last else None


def output_nodes(graph: Graph) -> list[str]:
    """The layers whose outputs can be projected."""
    return list(dict.fromkeys(node.layer for node in graph.nodes if not is_input(graph.layer_of(node))))


def embeddings(graph: Graph) -> list[str]:
    """The Embedding layers."""
    return [name for name, layer in graph.layers.items() if isinstance(layer, Layer) and layer.kind == "Embedding"]


def show_points(answer: Json, request: Json, colour: str) -> None:
    """The points, the one that a person chose with its neighbours, and in words how far the picture can be trusted."""
    metric = st.session_state.get("inside_metric") or "cosine"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        found = st.text_input(
            say("Search a label"), key="inside_search", placeholder=say("search a word"), label_visibility="collapsed",
            width=130,
        )  # fmt: skip
        row = choose_point(answer, found, [request["layer"], request["what"]])
    if row is None:
        draw(answer, request["layer"], colour, found, None)
        return
    ask_neighbours(request, row, metric, lambda near: draw(answer, request["layer"], colour, "", near))


def draw(answer: Json, layer: str, colour: str, found: str, near: Json) -> None:
    """The picture, the sentence, and the neighbours by name."""
    sentence = charts.describe_projection(answer, layer)
    figure = charts.figure_of_projection(answer, theme(), colour, found)
    if near:
        mark_neighbours(figure, answer, near["row"], near["neighbours"], theme())
    st.plotly_chart(
        figure, key="inside_projection", config=PLAIN, alt=sentence, on_select=clicked, selection_mode="points"
    )
    st.caption(" ".join(filter(None, [sentence, answer["note"]])))
    if near:
        list_neighbours(near, st.session_state.get("inside_metric") or "cosine")


def draw_frame(key: str, layer: str) -> None:
    """t-SNE while it works; a calm line for the rest."""
    frame = backstage.store().recall(key)
    if frame and frame.get("points"):
        partial = {"points": frame["points"], "labels": [""] * len(frame["points"])}
        st.plotly_chart(charts.figure_of_projection(partial, theme()), key="inside_projection", config=PLAIN)
        st.caption(say("Iteration {count}…", count=frame.get("iteration") or 0))
    else:
        st.caption(say("Working out the projection of {layer}…", layer=layer))
