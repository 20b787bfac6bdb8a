"""Surface: what the model says at every place of the plane, for data of two features, while it learns."""

from __future__ import annotations

import streamlit as st

from components.experiment import experiment_from_json
from components.graph import Graph, Json, output_names
from components.runs import Run
from dashboard import backstage
from dashboard.films import film_of
from dashboard.panels.inside.asking import key_of
from dashboard.panels.inside.looking import KEPT
from dashboard.points import mount_surface
from dashboard.points.surfaces import SurfaceFilm, page_of
from dashboard.running import shown_run
from dashboard.state import current_work
from dashboard.texts import say
from dashboard.workspace import workspace

TITLE = "Surface"
EVERY = None
FLIPS = True


def applies(graph: Graph, run: Run) -> bool:
    """Where the one input has two features."""
    if len(graph.inputs) != 1:
        return False
    layer = graph.layers[graph.node(graph.inputs[0]).layer]
    return list(getattr(layer, "config", {}).get("shape", ())) == [2]


def show() -> None:
    """The surface with the validation points; the browser turns it from epoch to epoch, and lets it grow."""
    work = current_work()
    run = shown_run(work)
    if run is None:
        return
    output, head = choose_output(output_names(experiment_from_json(run.experiment).graph))
    bounded = "crossentropy" in run.experiment["training"]["losses"].get(output, "")
    key = key_of("surface", [run.id, head])
    film_of(key, lambda: SurfaceFilm(run.id, head, bounded))
    record = backstage.store().last_record(run.id, "surface", work.scrubbed, workspace=workspace())
    known = record is not None and head < len(record.values.get("heads") or [0])
    mount_surface(
        "inside_surface",
        {
            "run": run.id,
            "epoch": work.scrubbed,
            "film": key,
            "pages": [page_of(record, head, bounded)] if record is not None and known else [],
            "points": points_of(run, output),
            "empty": say("The surface comes with the first epoch."),
        },
    )


def choose_output(outputs: list[str]) -> tuple[str, int]:
    """Of several outputs the one that a person looks at, and its place."""
    chosen = outputs[0]
    if len(outputs) > 1:
        chosen = st.segmented_control(
            say("output"), outputs, default=outputs[0], required=True, key="inside_surface_head", **KEPT,
            label_visibility="collapsed",
        )  # fmt: skip
    place = outputs.index(chosen) if chosen in outputs else 0
    return outputs[place], place


def points_of(run: Run, output: str) -> Json:
    """Validation points with what is true of them; None while the engine warms up."""
    depends_on = {"data": run.experiment["data"], "seed": run.experiment["seed"], "output": output}
    try:
        return backstage.remembered(
            "plane", depends_on, "components.inside.judging.plane_points_json", run.experiment, output
        )
    except backstage.EngineError:
        return None
