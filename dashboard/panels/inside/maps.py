"""Maps: what a layer makes of one row of the validation data, and the filters it looks with."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from components.experiment import experiment_from_json
from components.graph import Graph, Json, calls_within
from components.runs import Run
from dashboard import backstage
from dashboard.charts.inside import figure_of_maps
from dashboard.panels.inside.asking import Question, ask, key_of
from dashboard.panels.inside.looking import looked_epoch, selected_layer
from dashboard.panels.inside.neighbours import picture_of
from dashboard.plotting import STILL, theme
from dashboard.running import shown_run
from dashboard.state import current_work
from dashboard.texts import say

TITLE = "Maps"
EVERY = 1.5
FLIPS = False
CONVOLUTIONS = {
    "Conv1D", "Conv2D", "SeparableConv1D", "SeparableConv2D", "DepthwiseConv1D", "DepthwiseConv2D", "Conv1DTranspose",
    "Conv2DTranspose",
}  # fmt: skip
MERGES = {"Add", "Concatenate", "Subtract", "Multiply", "Average", "Maximum", "Minimum"}
AFTER_THEM = {
    "MaxPooling1D", "MaxPooling2D", "AveragePooling1D", "AveragePooling2D", "UpSampling1D", "UpSampling2D", "Activation",
    "ReLU", "BatchNormalization",
}  # fmt: skip
ROW = "maps_row"
SAMPLES = "maps_samples"


def applies(graph: Graph, run: Run) -> bool:
    """Where there are maps, or branches that come together."""
    return bool(layers_with_maps(graph))


def layers_with_maps(graph: Graph) -> list[str]:
    """The calls worth a look, those inside nested models too: convolutions, what stands between them, and merges."""
    kinds = {name: call.kind for name, call in calls_within(graph).items()}
    convolved = CONVOLUTIONS & set(kinds.values())
    wanted = CONVOLUTIONS | MERGES | (AFTER_THEM if convolved else set())
    return [name for name, kind in kinds.items() if kind in wanted]


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
        row = st.number_input(say("validation row"), 0, None, 0, key=ROW)
    choose_sample(run)
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


# The sample


def choose_sample(run: Run) -> None:
    """The first rows by their looks, one of which may be taken."""
    ask(
        Question(
            key_of("samples", [run.experiment["data"], run.experiment["seed"]]),
            "components.inside.feature_maps.samples_json",
            (backstage.store().url, run.id),
            show=list_samples,
            meanwhile=lambda: None,
            following=run.active,
        )
    )


def list_samples(samples: Sequence[Json]) -> None:
    """A table of rows, with thumbnails where data are pictures."""
    pictured = any(sample["picture"] for sample in samples)
    columns = {say("row"): [sample["row"] for sample in samples]}
    if pictured:
        columns[say("picture")] = [sample["picture"] for sample in samples]
    elif any(sample["label"] != str(sample["row"]) for sample in samples):
        columns[say("text")] = [sample["label"] for sample in samples]
    st.dataframe(
        columns, hide_index=True, height=150, row_height=44 if pictured else None, key=SAMPLES, selection_mode="single-row",
        on_select=lambda: take_sample(samples), column_config={say("picture"): st.column_config.ImageColumn(say("picture"))},
    )  # fmt: skip


def take_sample(samples: Sequence[Json]) -> None:
    """A person chose a row by its looks."""
    chosen = st.session_state[SAMPLES]["selection"]["rows"]
    if chosen and chosen[0] < len(samples):
        st.session_state[ROW] = samples[chosen[0]]["row"]


def draw_sample(sample: Json) -> None:
    """The row itself: its picture, its words, or its numbers as a strip."""
    picture = picture_of(sample)
    if picture is not None:
        st.image(picture, width=110)
    for name, values in sample.items():
        if values["kind"] == "text":
            st.caption(f"{name}: {values['values']}")
        elif values["kind"] == "numbers":
            st.caption(f"{name}: " + " ".join(f"{value:.3g}" for value in values["values"][:12]))


# The maps


def draw(answer: Json, layer: str) -> None:
    """The row, what comes in, what comes of it, and a convolution's filters."""
    draw_sample(answer["sample"])
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
    st.caption(describe(answer, layer))
    if answer["filters"]:
        st.markdown(
            say("**Its filters**, averaged over what comes in") if len(answer["shape"]) == 3 else say("**Its filters**")
        )
        st.plotly_chart(figure_of_maps(answer["filters"], theme()), key="inside_filters", config=STILL)


def describe(answer: Json, layer: str) -> str:
    """What the maps are, in a sentence."""
    place = {"layer": layer, "epoch": answer["epoch"], "row": answer["row"], "rows": answer["rows"]}
    if len(answer["shape"]) == 3:
        height, width, channels = answer["shape"]
        return say(
            "{layer} after epoch {epoch}: {shown} of {channels} maps of {height}×{width}, row {row} of {rows}.",
            shown=len(answer["maps"]), channels=channels, height=height, width=width, **place,
        )  # fmt: skip
    if len(answer["shape"]) == 2:
        steps, channels = answer["shape"]
        return say(
            "{layer} after epoch {epoch}: {steps} steps from left to right, {channels} channels down, row {row} of {rows}.",
            steps=steps, channels=channels, **place,
        )  # fmt: skip
    return say(
        "{layer} after epoch {epoch}: {units} numbers from left to right, row {row} of {rows}.",
        units=answer["shape"][0], **place,
    )  # fmt: skip
