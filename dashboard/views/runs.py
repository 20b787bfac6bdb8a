"""The runs of a visitor: listed, named, pinned, deleted, opened, laid over one another, compared, taken along."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from components.differences import compare_settings
from components.experiment import ExperimentError, experiment_from_json
from components.exports.run_tables import records_csv
from components.graph import GraphError, Json, clean_name
from components.runs import BEST, NoSuchRun, Record, Run, best_epoch, logs_by_epoch
from dashboard import backstage, charts
from dashboard.boards import show_command
from dashboard.frame import dialog, telling
from dashboard.plotting import PLAIN, theme
from dashboard.running import go_on
from dashboard.sharing import sharing_form
from dashboard.state import open_experiment, save_draft
from dashboard.texts import number, say
from dashboard.workspace import workspace

MOST_OVERLAID = 8
REFRESH = 2.0
"""Seconds between two looks while a run goes on."""

STATES = {
    "queued": "waiting",
    "starting": "starting",
    "running": "running",
    "paused": "paused",
    "finished": "finished",
    "stopped": "stopped",
    "failed": "failed",
    "lost": "lost",
}


def show() -> None:
    """The page."""
    st.subheader(say("Runs"), anchor=False)
    going = any(run.active for run in backstage.store().runs(workspace()))
    st.fragment(telling(listing), run_every=REFRESH if going else None)()


def listing() -> None:
    """The table, and what can be done with the rows that are chosen in it."""
    runs = backstage.store().runs(workspace())
    if not runs:
        empty()
        return
    st.caption(say("Choose one run to act on it, or several to lay their curves over one another."))
    picked = st.dataframe(
        [row_of(run) for run in runs], key="runs_table", hide_index=True, width="stretch",
        on_select="rerun", selection_mode="multi-row", column_config=columns(),
        height=min(35 * (len(runs) + 1) + 3, 388),
    )  # fmt: skip
    chosen = [runs[place] for place in picked.selection.rows if place < len(runs)]
    if len(chosen) == 1:
        acts(chosen[0])
    if chosen:
        overlay(chosen[:MOST_OVERLAID])
    if len(chosen) == 2:
        compare(*chosen)


def empty() -> None:
    """No runs yet: where they come from."""
    st.info(
        say("No runs yet. Open a preset, press Start, and every training is kept here."), icon=":material/timeline:"
    )
    if st.button(say("Choose a preset"), key="to_gallery", type="primary"):
        st.switch_page(st.session_state["pages"]["gallery"])


# The table


def row_of(run: Run) -> Json:
    """A run as a row of the table."""
    best = best_of(run)
    return {
        "name": run.title,
        "pinned": run.pinned,
        "state": say(STATES[run.state]),
        "epochs": f"{run.epoch} / {run.experiment['training']['epochs']}",
        "best": None if best is None else best[1],
        "best_at": None if best is None else best[0],
        "speed": round(run.steps_per_second) or None,
        "nodes": len(run.experiment["graph"]["nodes"]),
        "preset": run.experiment["name"],
        "when": datetime.fromtimestamp(run.created, UTC),
    }


def columns() -> Json:
    """The table's headings and formats."""
    column = st.column_config
    return {
        "name": column.TextColumn(say("Name"), width="medium", pinned=True),
        "pinned": column.CheckboxColumn(say("Pinned"), help=say("A pinned run is never cleaned up.")),
        "state": column.TextColumn(say("State")),
        "epochs": column.TextColumn(say("Epochs")),
        "best": column.NumberColumn(say("Best validation loss"), format="%.4g"),
        "best_at": column.NumberColumn(say("at epoch")),
        "speed": column.NumberColumn(say("Steps/s"), format="localized"),
        "nodes": column.NumberColumn(say("Nodes")),
        "preset": column.TextColumn(say("Experiment")),
        "when": column.DatetimeColumn(say("When"), format="distance"),
    }


def best_of(run: Run) -> tuple[int, float] | None:
    """The best epoch and its validation loss; read again when the run has gone on."""
    known = st.session_state.setdefault("best_of_runs", {})
    key = (run.epoch, run.state)
    if run.id not in known or known[run.id][0] != key:
        known[run.id] = (key, best_epoch(logs_by_epoch(epochs_of(run))))
    return known[run.id][1]


def epochs_of(run: Run) -> list[Record]:
    """The records of its epochs, with its rewinds."""
    return backstage.store().records(run.id, kinds=("epoch", "mark"), workspace=workspace())


# One run


def acts(run: Run) -> None:
    """What can be done with one run."""
    if run.message:
        st.caption(say(run.message))
    best = best_of(run)
    if best is not None:
        st.caption(say("Best here: epoch {epoch}, validation loss {loss}.", epoch=best[0], loss=f"{best[1]:.4g}"))
    with st.container(key="run_acts", horizontal=True, vertical_alignment="bottom"):
        name = st.text_input(say("Name"), run.title, key=f"name_{run.id}", max_chars=200)
        if name.strip() and name != run.title:
            change(run.id, name=name.strip())
        if st.button(say("Open in the studio"), key="open_run", type="primary"):
            open_run(run)
        unfinished = not run.active and run.epoch < run.experiment["training"]["epochs"]
        if unfinished and st.button(
            say("Resume"), key="resume_run", icon=":material/play_arrow:", help=say("Go on from the last checkpoint.")
        ):
            resume(run)
        label = say("Unpin") if run.pinned else say("Pin")
        if st.button(label, key="pin_run", help=say("Clean-up never deletes a pinned run.")):
            change(run.id, pinned=not run.pinned)
        downloads(run)
        with st.popover(say("Share"), icon=":material/ios_share:"):
            sharing_form(run.id)
        if st.button(say("Delete"), key="delete_run", icon=":material/delete:"):
            confirm_delete(run)
    show_command(run.id)


def change(run_id: str, name: str | None = None, pinned: bool | None = None) -> None:
    """Rename or pin a run of this visitor's."""
    fields = {key: value for key, value in (("name", name), ("pinned", pinned)) if value is not None}
    backstage.store().update_run(run_id, workspace(), **fields)
    st.rerun()


def resume(run: Run) -> None:
    """Let the run go on from its last checkpoint, or say why it cannot."""
    refusal = go_on(run, "resume")
    if refusal:
        st.error(refusal)
    else:
        st.rerun()


def open_run(run: Run) -> None:
    """The run's experiment in the studio, with its curves."""
    try:
        work = open_experiment(experiment_from_json(run.experiment))
    except (ExperimentError, GraphError) as error:
        st.error(say(str(error)))
        return
    work.run = run.id
    save_draft(work)
    st.switch_page(st.session_state["pages"]["studio"])


def downloads(run: Run) -> None:
    """The records as CSV, and the best weights where they were kept."""
    file = clean_name(run.title.lower())
    st.download_button(
        say("Records as CSV"), lambda: records_csv(epochs_of(run)), f"{file}.csv", "text/csv",
        key="run_csv", on_click="ignore", icon=":material/download:",
    )  # fmt: skip
    if BEST in backstage.store().artefacts(run.id, workspace=workspace()):
        st.download_button(
            say("Best weights"), lambda: weights_of(run), f"{file}.best.npz", "application/octet-stream",
            key="run_weights", on_click="ignore", icon=":material/download:",
            help=say("An .npz of NumPy arrays: the weights in Keras's order, with their paths."),
        )  # fmt: skip


def weights_of(run: Run) -> bytes:
    """The bytes of the best weights; NoSuchRun for another's run."""
    return backstage.store().artefact(run.id, BEST, workspace=workspace()) or b""


@dialog("Delete this run?")
def confirm_delete(run: Run) -> None:
    """Ask again: what is deleted is gone."""
    st.write(say("“{name}” goes with its curves and weights. This cannot be undone.", name=run.title))
    if st.button(say("Delete it"), key="sure_delete", type="primary"):
        delete(run.id)


def delete(run_id: str) -> None:
    """Delete a run of this visitor's; one that trains ends at its next record."""
    try:
        backstage.store().delete_run(run_id, workspace())
    except NoSuchRun as error:
        st.error(say(str(error)))
        return
    st.session_state.pop("runs_table", None)
    st.rerun()


# Several runs


def overlay(runs: list[Run]) -> None:
    """The curves of the runs over one another."""
    logs = {run.id: logs_by_epoch(epochs_of(run)) for run in runs}
    known = sorted({name for run in logs.values() for values in run.values() for name in values} - {"seconds"})
    figures = [name for name in known if not name.startswith("val_")]
    if not figures:
        st.caption(say("Nothing was recorded here yet."))
        return
    chosen = st.selectbox(
        say("Figure"), figures, index=figures.index("loss") if "loss" in figures else 0, key="overlay_of", width=240
    )
    curves = [(run.title, logs[run.id]) for run in runs]
    st.plotly_chart(charts.figure_of_runs(curves, chosen, theme()), key="overlay", config=PLAIN)
    st.caption(charts.describe_runs(curves, chosen))


def compare(one: Run, other: Run) -> None:
    """What differs in the settings of two runs."""
    st.markdown(f"**{say('What differs')}**")
    rows = compare_settings(one.experiment, other.experiment)
    if not rows:
        st.caption(say("The two runs have the same settings."))
        return
    names = one.title, other.title
    second = names[1] if names[1] != names[0] else f"{names[1]} (2)"
    st.dataframe(
        [{say("Setting"): path, names[0]: before, second: after} for path, before, after in rows],
        key="differences", hide_index=True, width="stretch",
    )  # fmt: skip
    st.caption(say("{count} settings differ.", count=number(len(rows))))
