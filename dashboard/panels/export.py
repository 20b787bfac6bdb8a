"""Export: all forms of the experiment and of its run in one dialog, one file or a zip of those that are chosen."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import streamlit as st

from components.codegen import Style
from components.datasets import MissingFile
from components.exports.exporting import FORMS, Taken, fitting_forms, write_files, zip_files
from components.graph import Json, graph_to_json
from components.runs import Record, Run, best_epoch, kept_epoch, logs_by_epoch
from dashboard import backstage
from dashboard.frame import dialog
from dashboard.panels.proof import prove
from dashboard.running import run_of_graph
from dashboard.state import Work
from dashboard.texts import say
from dashboard.workspace import workspace

USUAL = ("code", "notebook", "script", "card", "experiment", "data", "svg")
"""The forms that are chosen to begin with."""

CHOSEN = "export_forms"

SECONDS = 240
"""The longest that the engine may take for one form."""

WARM = 60
"""Seconds that Keras may take to warm up."""

PLOT = {"show_shapes": True, "show_layer_names": True}


@dialog("Export", width="large")
def show_export(work: Work) -> None:
    """The dialog."""
    taken = taken_home(work)
    offered = fitting_forms(taken)
    chosen = choose_forms(offered)
    taken = choose_epoch(work, taken)
    st.caption(about(work, taken))
    with st.container(horizontal=True):
        if st.button(say("Make the files"), key="export_make", type="primary", disabled=not chosen):
            st.session_state["exported"] = (state_of(work, taken, chosen), *make(taken, chosen))
        st.button(
            say("All forms"), key="export_all", type="tertiary", disabled=len(chosen) == len(offered),
            on_click=lambda: st.session_state.update({CHOSEN: offered}),
        )  # fmt: skip
    made = st.session_state.get("exported")
    if made is not None and made[0] == state_of(work, taken, chosen):
        offer(taken.name, made[1], made[2])
    if taken.experiment.graph.outputs:
        for style in proved_styles(chosen):
            prove(work, style, f"export_{style}_")


def proved_styles(chosen: Sequence[str]) -> list[Style]:
    """The styles whose files can be proved: those that are chosen, or the functional one."""
    sequential: list[Style] = ["sequential"] if "sequential" in chosen else []
    return ["functional", *sequential] if "code" in chosen or not sequential else sequential


def choose_forms(offered: Sequence[str]) -> list[str]:
    """The forms that are chosen, of those that fit."""
    known = st.session_state.get(CHOSEN, USUAL)
    st.session_state[CHOSEN] = [form for form in offered if form in known]
    return st.pills(
        say("Forms"), offered, selection_mode="multi", format_func=lambda form: say(FORMS[form].title), key=CHOSEN,
        label_visibility="collapsed",
    )  # fmt: skip


def taken_home(work: Work) -> Taken:
    """The experiment as it is; and its run, when the run is of this very experiment."""
    run = run_of_graph(work)
    if run is None:
        return Taken(work.experiment)
    records = backstage.store().records(run.id, kinds=("epoch",), workspace=workspace())
    return Taken(work.experiment, run, records)


def choose_epoch(work: Work, taken: Taken) -> Taken:
    """The same with the weights of the epoch that is chosen: the one on the slider, the best or the latest."""
    if not taken.trained or taken.run is None:
        return taken
    best = best_epoch(logs_by_epoch(records_with_rewinds(taken.run)))
    offered: dict[int | str | None, str] = {} if work.scrubbed is None else {
        work.scrubbed: say("epoch {epoch}, where the slider stands", epoch=work.scrubbed)
    }  # fmt: skip
    if best is not None:
        offered["best"] = say("best, epoch {epoch}", epoch=best[0])
    offered[None] = say("latest")
    options = list(offered)
    chosen = st.segmented_control(
        say("Weights after"), range(len(options)), default=0 if work.scrubbed is not None else len(options) - 1,
        format_func=lambda place: offered[options[place]], key=f"export_epoch/{taken.run.id}/{work.scrubbed}",
    )  # fmt: skip
    return replace(taken, epoch=None if chosen is None else options[chosen])


def records_with_rewinds(run: Run) -> list[Record]:
    """The run's epochs, and where it went back."""
    return backstage.store().records(run.id, kinds=("epoch", "mark"), workspace=workspace())


def about(work: Work, taken: Taken) -> str:
    """Whose weights the trained forms hold, or why there are none."""
    if taken.trained and taken.run is not None:
        more = say("TensorFlow Lite takes one row at a time; ONNX is written by Keras's own export.")
        if taken.epoch == "best":
            return say("Trained forms hold the weights of the lowest validation loss.") + " " + more
        wanted = taken.run.epoch if taken.epoch is None else int(taken.epoch)
        kept = kept_epoch(backstage.store().artefacts(taken.run.id, workspace=workspace()), wanted)
        if kept is None:
            return say("No weights were kept up to epoch {epoch}.", epoch=wanted)
        said = say("Trained forms hold the weights after epoch {epoch}.", epoch=kept)
        if kept < wanted:
            said += " " + say("Those of epoch {wanted} were not kept: of a long run, not all are.", wanted=wanted)
        return f"{said} {more}"
    if work.run:
        return say("The graph has changed since the run, so trained forms are left out; train it again to have them.")
    return say("Train the network and its weights can be taken home too: as .keras, TensorFlow Lite or ONNX.")


def state_of(work: Work, taken: Taken, forms: Sequence[str]) -> tuple:
    """What the files were made of: another means that they are out of date."""
    epoch = (taken.run.id, taken.run.epoch) if taken.run else None
    return work.experiment.fingerprint, work.experiment.name, epoch, taken.epoch, tuple(forms)


# Making


def make(taken: Taken, forms: Sequence[str]) -> tuple[dict[str, bytes], list[str]]:
    """The files, and a sentence for each form that could not be made."""
    answers, refused = {}, []
    with st.spinner(say("Making the files…")):
        for form in forms:
            if FORMS[form].asks:
                try:
                    answers[form] = ASKED[form](taken)
                except (backstage.EngineError, MissingFile) as error:
                    refused.append(f"{say(FORMS[form].title)}: {say(str(error))}")
        inspection = backstage.inspect_experiment(taken.experiment)
        files, unwritten = write_files(replace(taken, inspection=inspection, answers=answers), forms)
    return files, [*refused, *unwritten]


def asked(function: str, *arguments: Json) -> Json:
    """What the engine says, on the lane of long calls. Raises EngineError."""
    engine = backstage.engine()
    engine.wait_until_ready(WARM)
    return engine.call(function, *arguments, timeout=SECONDS, long=True)


def drawn(form: str) -> Callable[[Taken], bytes]:
    """How a diagram of that form is drawn: SVG and DOT as they are, bitmaps and PDF in base 64."""

    def draw(taken: Taken) -> bytes:
        graph = graph_to_json(taken.experiment.graph)
        if form in ("svg", "dot"):
            return asked("components.drawing.diagrams.plot_model_json", graph, PLOT)[form].encode()
        return base64.b64decode(asked(f"components.drawing.diagrams.render_{form}_json", graph, PLOT)[form])

    return draw


def saved(form: str) -> Callable[[Taken], bytes]:
    """How the run's model is saved in that form."""

    def save(taken: Taken) -> bytes:
        assert taken.run is not None, "trained forms are offered for runs only"
        answer = asked(
            "components.exports.saving.save_run_json", backstage.store().url, taken.run.id, form, taken.epoch
        )
        return base64.b64decode(answer["file"])

    return save


def given(taken: Taken) -> bytes:
    """A person's own data, as it was given. Raises MissingFile."""
    return backstage.store().file(taken.data_file)


ASKED: Mapping[str, Callable[[Taken], bytes]] = {
    **{form: drawn(form) for form in ("svg", "png", "pdf", "dot")},
    **{form: saved(form) for form in ("keras", "tflite", "onnx")},
    "data": given,
}


# Offering


def offer(name: str, files: Mapping[str, bytes], refused: Sequence[str]) -> None:
    """The download of one file, or of the zip of several; and what is missing from it."""
    for sentence in refused:
        st.warning(sentence)
    if not files:
        return
    path, content = next(iter(files.items())) if len(files) == 1 else (f"{name}.zip", zip_files(files))
    st.download_button(
        say("Download {name}", name=path),
        content,
        path,
        key="export_download",
        on_click="ignore",
        icon=":material/download:",
    )
    st.caption(" · ".join(f"{path} {size(len(content))}" for path, content in files.items()))


def size(count: int) -> str:
    """Bytes for a person."""
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{max(1, round(count / 1e3))} kB"
