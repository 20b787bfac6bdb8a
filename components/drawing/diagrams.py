"""Diagrams: Keras's own plot_model, and beside it the graph of calls that shows what plot_model leaves out."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import keras

from components.building import inspect_graph, sketch_model
from components.drawing.callgraphs import call_graph_dot
from components.drawing.rendering import SPLINES, drawn_splines, render, render_png, render_svg
from components.graph import Graph, Json, graph_from_json

SWITCHES = (
    "show_shapes", "show_dtype", "show_layer_names", "expand_nested", "show_layer_activations", "show_trainable",
)  # fmt: skip
DIRECTIONS = ("TB", "LR", "BT", "RL")
DPI = 96
"""Of the picture as it is first seen; SVG looks the same at any."""

LEAST_DPI, MOST_DPI = 24, 600


class DiagramError(ValueError):
    """An option that plot_model does not have, or a graph that cannot be drawn; the text says which."""


def plot_model_json(graph: Json, options: Json = None) -> Json:
    """Keras's own picture of a graph: `{"svg", "dot", "note"}`; the note says where it differs from what was asked.

    `options` are plot_model's own: `show_shapes`, `show_dtype`, `show_layer_names`, `show_layer_activations`,
    `show_trainable`, `expand_nested`, `rankdir`, `splines`, `dpi`. Raises BuildError when the graph does not build.
    """
    return picture(plot_dot(graph_from_json(graph), options or {}))


def call_graph_json(graph: Json, options: Json = None) -> Json:
    """The graph of calls as `{"svg", "dot", "note"}`; works on graphs that do not build, too.

    `options` may set `rankdir`, and `nested` to "clusters" (models opened) or "boxes" (models closed).
    """
    return picture(call_dot(graph_from_json(graph), options or {}))


def render_png_json(graph: Json, options: Json = None) -> Json:
    """`{"png": base 64}`: of plot_model's picture, or of the graph of calls when its options or none are given."""
    dot = either_dot(graph_from_json(graph), options)
    dpi = int((options or {}).get("dpi") or 2 * DPI)
    return {"png": base64.b64encode(render_png(dot, dpi)).decode()}


def render_pdf_json(graph: Json, options: Json = None) -> Json:
    """`{"pdf": base 64}`: of plot_model's picture, or of the graph of calls when its options or none are given."""
    return {"pdf": base64.b64encode(render(either_dot(graph_from_json(graph), options), "pdf")[0]).decode()}


def either_dot(graph: Graph, options: Json) -> str:
    """The source of the picture that has such options; `nested` is the graph of calls' own."""
    calls = options is None or "nested" in options
    return call_dot(graph, options or {}) if calls else plot_dot(graph, options)


def picture(dot: str) -> Json:
    """A source with its drawing."""
    svg, source = render_svg(dot)
    note = None
    if drawn_splines(source) != drawn_splines(dot):
        note = f"Graphviz could not draw right angles here, so the edges are drawn as {drawn_splines(source)}."
    return {"svg": svg, "dot": source, "note": note}


# plot_model


def plot_dot(graph: Graph, options: Mapping[str, Any]) -> str:
    """The DOT source that plot_model draws from."""
    dot = keras.utils.model_to_dot(sketch_model(graph), **checked(options))
    if dot is None:
        raise DiagramError("Keras needs pydot to draw a model, and it is not installed; install pydot.")
    return dot.to_string()


def checked(options: Mapping[str, Any]) -> dict[str, Any]:
    """plot_model's options, each of its type; DiagramError names the first that is not."""
    known = dict(options)
    rankdir, dpi, splines = known.pop("rankdir", "TB"), known.pop("dpi", DPI), known.pop("splines", SPLINES[0])
    if rankdir not in DIRECTIONS:
        raise DiagramError(f"rankdir is one of {', '.join(DIRECTIONS)}, and this is {rankdir!r}; choose one of these.")
    if splines not in SPLINES:
        raise DiagramError(f"splines is one of {', '.join(SPLINES)}, and this is {splines!r}; choose one of these.")
    if not isinstance(dpi, int) or isinstance(dpi, bool) or not LEAST_DPI <= dpi <= MOST_DPI:
        raise DiagramError(
            f"dpi is a whole number from {LEAST_DPI} to {MOST_DPI}, and this is {dpi!r}; choose another."
        )
    for name, value in known.items():
        if name not in SWITCHES or not isinstance(value, bool):
            raise DiagramError(
                f"plot_model's options are {', '.join(SWITCHES)}, yes or no each, and not {name}={value!r}."
            )
    return {**known, "rankdir": rankdir, "splines": splines, "dpi": dpi}


def call_dot(graph: Graph, options: Mapping[str, Any]) -> str:
    """The DOT source of the graph of calls, with the shapes that are known."""
    rankdir, nested = options.get("rankdir", "TB"), options.get("nested", "clusters")
    if rankdir not in DIRECTIONS:
        raise DiagramError(f"rankdir is one of {', '.join(DIRECTIONS)}, and this is {rankdir!r}; choose one of these.")
    return call_graph_dot(graph, inspect_graph(graph), rankdir=rankdir, opened=nested == "clusters")
