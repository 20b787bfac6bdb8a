"""Projections of any layer's output, or of weights, to two or three dimensions."""

from __future__ import annotations

import streamlit as st

from components.experiment import experiment_from_json
from components.graph import Graph, Json, Layer, calls_within, embeddings_in, last_hidden, output_names
from components.runs import Run
from dashboard.films import film_of
from dashboard.panels.inside.asking import Question, ask, key_of, known
from dashboard.panels.inside.looking import KEPT, looked_epoch, selected_layer
from dashboard.panels.inside.neighbours import METRICS, ask_neighbours, choose_point, clicked, list_neighbours
from dashboard.points import COLOURS, mount_points
from dashboard.points.film import ProjectionFilm
from dashboard.running import shown_run
from dashboard.state import Work, current_work
from dashboard.texts import language, number, say

TITLE = "Projection"
EVERY = None
FLIPS = True
METHODS = {"pca": "PCA", "tsne": "t-SNE"}
COUNTS = (500, 1_000, 2_000, 5_000, 10_000)
SPLITS = {"validation": "validation rows", "train": "training rows"}


def applies(graph: Graph, run: Run) -> bool:
    """Every model has layers."""
    return True


def show() -> None:
    """A layer's points in two or three dimensions; the browser turns them from epoch to epoch."""
    work = current_work()
    run = shown_run(work)
    if run is None:
        return
    request = ask_what(work, run)
    key, epoch = key_of("projection", [request, language()]), looked_epoch(work, run)
    film = film_of(key, lambda: ProjectionFilm(request))
    if film.pages:
        known(lambda: show_points(film, key, film.nearest(epoch), epoch))
        return
    frames = f"{key}/{epoch}"
    ask(
        Question(
            frames,
            "components.inside.projections.project_layer_json",
            film.arguments(epoch, frames),
            show=lambda answer: show_points(film, key, film.page_of(answer), epoch),
            meanwhile=lambda: show_frames(film, key, frames),
        )
    )


# What is asked


def ask_what(work: Work, run: Run) -> Json:
    """What is to be projected, and how."""
    graph = experiment_from_json(run.experiment).graph
    with st.container(horizontal=True, vertical_alignment="bottom"):
        layer, what = choose_layer(work, graph)
        method = st.segmented_control(
            say("method"), list(METHODS), default="pca", required=True, key="inside_method", **KEPT,
            label_visibility="collapsed", format_func=METHODS.__getitem__,
        )  # fmt: skip
        dimensions = st.segmented_control(
            say("dimensions"), [2, 3], default=2, required=True, key="inside_dimensions", **KEPT,
            label_visibility="collapsed", format_func=lambda count: f"{count}D",
        )  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.segmented_control(
            say("Colour"), list(COLOURS), default="classes", required=True, key="inside_colour", **KEPT,
            label_visibility="collapsed", format_func=lambda name: say(COLOURS[name]),
        )  # fmt: skip
        asked = settings(method, output_names(graph))
    return {"run": run.id, "layer": layer, "what": what, "method": method, "dimensions": dimensions, **asked}


def choose_layer(work: Work, graph: Graph) -> tuple[str, str]:
    """A layer's call as records name it, and "outputs", or "weights" of an Embedding."""
    choices = {name: (name, "outputs") for name in calls_within(graph)}
    choices |= {f"{name} {say('(weights)')}": (name, "weights") for name in embeddings_in(graph)}
    choices |= {f"{name} {say('(data)')}": (name, "outputs") for name in inputs_of(graph)}
    names = list(choices)
    usual = selected_layer(work) if selected_layer(work) in names else last_hidden(graph)
    chosen = st.selectbox(
        say("layer"), names, index=names.index(usual) if usual in names else 0, key=f"inside_layer/{usual}",
        **KEPT, label_visibility="collapsed",
    )  # fmt: skip
    return choices[chosen]


def inputs_of(graph: Graph) -> list[str]:
    """The inputs of one row of numbers each: the data itself, for comparison."""
    layers = [(node, graph.layer_of(graph.node(node))) for node in graph.inputs]
    return [node for node, layer in layers if isinstance(layer, Layer) and len(layer.config.get("shape") or ()) >= 1]


def settings(method: str, outputs: list[str]) -> Json:
    """How many points of which rows, and how t-SNE places them; what is left open is chosen to suit the points."""
    output = None
    with st.popover(say("Settings"), icon=":material/tune:"):
        if len(outputs) > 1:
            output = st.selectbox(
                say("coloured by"), outputs, index=None, key="inside_head", **KEPT,
                placeholder=say("the first with classes"), help=say("The output whose truth and predictions colour the points."),
            )  # fmt: skip
        split = st.segmented_control(
            say("rows of the data"), list(SPLITS), default="validation", required=True, key="inside_split",
            **KEPT, format_func=lambda name: say(SPLITS[name]),
        )  # fmt: skip
        most = st.select_slider(
            say("points at most"), COUNTS, value=2_000, key="inside_most", **KEPT, format_func=number
        )
        st.selectbox(
            say("neighbours"), list(METRICS), key="inside_metric", **KEPT, format_func=lambda name: say(METRICS[name]),
            help=say("How far two points are from one another in the layer's own space."),
        )  # fmt: skip
        chosen = settings_of_tsne() if method == "tsne" else {}
    return {"most": most, "options": {"split": split, "output": output, **chosen}}


def settings_of_tsne() -> Json:
    """How t-SNE places points."""
    perplexity = st.number_input(
        say("perplexity"), 1.0, 1000.0, 30.0, 5.0, key="inside_perplexity", **KEPT, format="%g",
        help=say("About how many neighbours each point keeps close; at most a third of the points."),
    )  # fmt: skip
    rate = st.number_input(
        say("learning rate"), 1.0, 100_000.0, None, key="inside_tsne_rate", **KEPT, format="%g",
        placeholder=say("points ÷ 12"), help=say("How far points move in an iteration."),
    )  # fmt: skip
    iterations = st.number_input(
        say("iterations"), 10, 2000, None, 50, key="inside_iterations", **KEPT,
        placeholder=say("250, or 75 from an earlier epoch"),
    )  # fmt: skip
    return {"perplexity": perplexity, "learning_rate": rate, "iterations": iterations}


# What is shown


def show_points(film: ProjectionFilm, key: str, page: Json, epoch: int) -> None:
    """The points, and the one that a person chose with its neighbours."""
    request, cast = film.request, film.casts[page["cast"]]
    metric = st.session_state.get("inside_metric") or "cosine"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        found = search_field()
        row = choose_point(cast, found, [request["layer"], request["what"]])
    if row is None:
        known(lambda: draw(film, key, page, found, None))
        return
    ask_neighbours(request, row, metric, epoch, lambda near: draw(film, key, page, "", near))


def show_frames(film: ProjectionFilm, key: str, frames: str) -> None:
    """t-SNE while it works, which comes over the film's socket; a calm line for the rest."""
    film.follow_frames(frames)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        search_field()
    known(lambda: mount(film, key, {"casts": {}, "pages": [], "busy": True}))


def search_field() -> str:
    """A part of a label."""
    return st.text_input(
        say("Search a label"), key="inside_search", placeholder=say("search a word"), label_visibility="collapsed",
        width=130,
    )  # fmt: skip


def draw(film: ProjectionFilm, key: str, page: Json, found: str, near: Json) -> None:
    """The picture, and the neighbours by name."""
    mount(
        film,
        key,
        {
            "casts": {str(page["cast"]): film.casts[page["cast"]]},
            "pages": [page],
            "found": found,
            "near": near and {"row": near["row"], "rows": [each["row"] for each in near["neighbours"]]},
        },
    )
    if near:
        list_neighbours(near, st.session_state.get("inside_metric") or "cosine")


def mount(film: ProjectionFilm, key: str, data: Json) -> None:
    """The element, in the colours that a person chose."""
    told = {
        "run": film.run,
        "epoch": current_work().scrubbed,
        "film": key,
        "colour": st.session_state.get("inside_colour") or "classes",
        "empty": say("Working out the projection of {layer}…", layer=film.request["layer"]),
    }
    mount_points("inside_projection", {**told, **data}, on_chosen=clicked)
