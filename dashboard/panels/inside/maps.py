"""Maps: what a layer makes of one image of the validation data, and the filters it looks with."""

from __future__ import annotations

import streamlit as st

from components.experiment import experiment_from_json
from components.graph import Graph, Json, Layer
from components.runs import Run
from dashboard import backstage
from dashboard.charts.inside import figure_of_maps
from dashboard.panels.inside.asking import Question, ask, key_of
from dashboard.panels.inside.looking import looked_epoch, selected_layer
from dashboard.plotting import STILL, theme
from dashboard.running import shown_run
from dashboard.state import current_work
from dashboard.texts import say

TITLE = "Maps"
EVERY = 1.5
FLIPS = False
CONVOLUTIONS = {"Conv2D", "SeparableConv2D", "DepthwiseConv2D", "Conv2DTranspose"}
AFTER_THEM = {"MaxPooling2D", "AveragePooling2D", "Add", "Concatenate", "Activation", "BatchNormalization"}


def applies(graph: Graph, run: Run) -> bool:
    """Where there are images to look at."""
    return bool(layers_with_maps(graph))


def layers_with_maps(graph: Graph) -> list[str]:
    """The layers that are known to give images: convolutions, and what stands between them."""
    kinds = {name: layer.kind for name, layer in graph.layers.items() if isinstance(layer, Layer)}
    if not CONVOLUTIONS & set(kinds.values()):
        return []
    return list(dict.fromkeys(node.layer for node in graph.nodes if kinds.get(node.layer) in CONVOLUTIONS | AFTER_THEM))


def show() -> None:
    """The maps of the chosen layer for the chosen row."""
    work = current_work()
    run = shown_run(work)
    if run is None:
        return
    names = layers_with_maps(experiment_from_json(run.experiment).graph)
    usual = selected_layer(work) if selected_layer(work) in names else names[0]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        layer = st.selectbox(say("layer"), names, index=names.index(usual), key=f"maps_layer/{usual}")
        row = st.number_input(say("validation row"), 0, None, 0, key="maps_row")
    request = [run.id, layer, int(row), looked_epoch(work, run)]
    ask(
        Question(
            key_of("maps", request),
            "components.inside.feature_maps.feature_maps_json",
            (backstage.store().url, *request),
            show=lambda answer: draw(answer, layer),
            meanwhile=lambda: st.caption(say("The maps of {layer} are worked out…", layer=layer)),
            subject=request[:3],
            following=run.active,
        )
    )


def draw(answer: Json, layer: str) -> None:
    """The maps, and a convolution's filters."""
    height, width, channels = answer["shape"]
    whole = sum(term["size"] for term in answer["terms"])
    for place, term in enumerate(answer["terms"], 1):
        share = f"{100 * term['size'] / whole:.0f}" if whole else "0"
        st.markdown(
            say("**Term {place}: {layer}**, {share} % of what comes in", place=place, layer=term["layer"], share=share)
        )
        st.plotly_chart(figure_of_maps(term["maps"], theme()), key=f"inside_term/{place}", config=STILL)
    if answer["terms"]:
        st.markdown(say("**Together: {layer}**", layer=layer))
    st.plotly_chart(figure_of_maps(answer["maps"], theme()), key="inside_maps", config=STILL)
    st.caption(
        say(
            "{layer} after epoch {epoch}: {shown} of {channels} maps of {height}×{width}, row {row} of {rows}.",
            layer=layer, epoch=answer["epoch"], shown=len(answer["maps"]), channels=channels, height=height, width=width,
            row=answer["row"], rows=answer["rows"],
        )
    )  # fmt: skip
    if answer["filters"]:
        st.markdown(say("**Its filters**, averaged over what comes in"))
        st.plotly_chart(figure_of_maps(answer["filters"], theme()), key="inside_filters", config=STILL)
