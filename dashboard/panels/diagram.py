"""The diagram: Keras's own plot_model beside the graph of calls, to look at, zoom and download."""

from __future__ import annotations

import base64

import streamlit as st

from components.graph import Graph, Json, graph_to_json
from dashboard import backstage
from dashboard.frame import dialog, told
from dashboard.texts import say

OPTIONS = {
    "show_shapes": True,
    "show_layer_names": True,
    "show_layer_activations": False,
    "show_dtype": False,
    "show_trainable": False,
    "expand_nested": False,
}
DIRECTIONS = {"TB": "top to bottom", "LR": "left to right", "BT": "bottom to top", "RL": "right to left"}
RESOLUTIONS = (72, 96, 192, 300)
"""Dots per inch of the PNG."""

SPLINES = {"ortho": "right angles", "spline": "curved", "polyline": "straight pieces"}
"""How plot_model's edges run."""

NESTED = {"clusters": "opened, in a frame", "boxes": "as one box"}
"""How the graph of calls draws a model inside the model."""


@dialog("Diagram", width="large")
def show_diagram(graph: Graph) -> None:
    """The dialog."""
    plotted, calls = st.tabs([say("plot_model"), say("Graph of calls")])
    with plotted, told():  # plot_model refuses a graph with a problem, which the graph of calls draws all the same
        st.caption(say("Keras's own picture: one box per layer, however often it is called."))
        options = choose_options()
        picture(backstage.plot_model(graph, options), "plot_model", graph, options)
    with calls, told():
        st.caption(say("One box per call; calls that share their weights wear the same colour."))
        options = choose_call_options()
        picture(backstage.call_graph(graph, options), "calls", graph, options)


def choose_options() -> Json:
    """plot_model's options."""
    on = st.pills(
        say("Show"), list(OPTIONS), selection_mode="multi", default=[name for name, on in OPTIONS.items() if on],
        format_func=lambda name: say(name.removeprefix("show_").replace("_", " ")), key="plot_options",
    )  # fmt: skip
    left, middle, right = st.columns(3)
    with left:
        direction = choose_direction("rankdir")
    with middle:
        splines = st.selectbox(say("Edges"), SPLINES, format_func=lambda s: say(SPLINES[s]), key="splines")
    with right:
        dpi = st.select_slider(
            say("Dots per inch"), RESOLUTIONS, value=192, key="dpi",
            help=say("Of the PNG; the picture here looks the same at any."),
        )  # fmt: skip
    return {**{name: name in on for name in OPTIONS}, "rankdir": direction, "splines": splines, "dpi": dpi}


def choose_call_options() -> Json:
    """Those of the graph of calls."""
    left, right = st.columns(2)
    with left:
        direction = choose_direction("calls_rankdir")
    with right:
        nested = st.selectbox(
            say("Models inside the model"), NESTED, format_func=lambda style: say(NESTED[style]), key="calls_nested"
        )
    return {"rankdir": direction, "nested": nested}


def choose_direction(key: str) -> str:
    """Which way the graph runs."""
    return st.selectbox(say("Direction"), DIRECTIONS, format_func=lambda d: say(DIRECTIONS[d]), key=key)


def picture(diagram: Json | None, name: str, graph: Graph, options: Json | None) -> None:
    """A diagram with its zoom and downloads."""
    if diagram is None:
        st.info(say("Keras is warming up; the diagram can be drawn in a few seconds."))
        return
    if diagram.get("note"):
        st.caption(say(diagram["note"]))
    zoom = st.slider(say("Zoom"), 20, 400, 100, step=10, format="%d %%", key=f"zoom_{name}")
    encoded = base64.b64encode(diagram["svg"].encode()).decode()
    with st.container(height=480, key=f"diagram_{name}"):
        st.html(
            f'<img alt="{say("Diagram of the model")}" style="width:{zoom}%;max-width:none;background:#fff;'
            f'border-radius:6px" src="data:image/svg+xml;base64,{encoded}">'
        )
    downloads(diagram, name, graph, options)


def downloads(diagram: Json, name: str, graph: Graph, options: Json | None) -> None:
    """SVG and DOT at once; PNG, which takes longer, when asked for."""
    with st.container(horizontal=True):
        st.download_button("SVG", diagram["svg"], f"{name}.svg", "image/svg+xml", on_click="ignore", key=f"svg_{name}")
        st.download_button(
            "DOT", diagram["dot"], f"{name}.dot", "text/vnd.graphviz", on_click="ignore", key=f"dot_{name}"
        )
        st.download_button(
            "PNG", lambda: png(graph, options), f"{name}.png", "image/png", on_click="ignore", key=f"png_{name}"
        )


def png(graph: Graph, options: Json | None) -> bytes:
    """The diagram as pixels, drawn by the engine."""
    encoded = backstage.engine().call(
        "components.drawing.diagrams.render_png_json", graph_to_json(graph), options, timeout=60
    )
    return base64.b64decode(encoded["png"])
