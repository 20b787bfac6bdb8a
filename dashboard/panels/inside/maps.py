"""Maps: what a layer makes of one row of the validation data, and the filters it looks with."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from components.experiment import experiment_from_json
from components.graph import Graph, Json, calls_within
from components.runs import Run
from dashboard import backstage
from dashboard.films import film_of
from dashboard.panels.inside.asking import Question, ask, ask_film, key_of
from dashboard.panels.inside.looking import KEPT, kept_here, selected_layer, show_kept_note
from dashboard.panels.inside.neighbours import picture_of
from dashboard.points import mount_maps
from dashboard.points.maps import MapsFilm, page_of
from dashboard.running import shown_run
from dashboard.state import current_work
from dashboard.texts import language, say

TITLE = "Maps"
EVERY = None
FLIPS = True
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
        layer = st.selectbox(say("layer"), names, names.index(usual), key=f"maps_layer/{usual}", **KEPT)
        row = st.number_input(say("validation row"), 0, None, 0, key=ROW, **KEPT)
    choose_sample(run)
    show_kept_note(work, run)
    about = (layer, int(row))
    key = key_of("maps", [run.id, *about, language()])
    function = "components.inside.feature_maps.feature_maps_json"
    film = film_of(key, lambda: MapsFilm(run.id, function, about, lambda answer: page_of(answer, layer)))
    ask_film(
        film,
        key,
        kept_here(work, run),
        show=lambda page: show_maps(film, key, page),
        meanwhile=lambda: st.caption(say("The maps of {layer} are worked out…", layer=layer)),
        following=run.active,
    )


def show_maps(film: MapsFilm, key: str, page: Json) -> None:
    """The row itself, and the layer's maps; the browser turns them from epoch to epoch."""
    with st.container():
        draw_sample(film.sample)
    mount_maps(
        "inside_maps",
        {"run": film.run, "epoch": current_work().scrubbed, "film": key, "pages": [page], "empty": ""},
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
        columns, hide_index=True, height=125, row_height=44 if pictured else None, key=SAMPLES, selection_mode="single-row",
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
        st.image(picture, width=64)
    for name, values in sample.items():
        if values["kind"] == "text":
            st.caption(f"{name}: {values['values']}")
        elif values["kind"] == "numbers":
            st.caption(f"{name}: " + " ".join(f"{value:.3g}" for value in values["values"][:12]))
