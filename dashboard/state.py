"""The session's work: the open document, its selection and run; opened, edited, saved and shared here."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

import streamlit as st

from components.experiment import (
    Experiment,
    ExperimentError,
    experiment_from_json,
    experiment_from_link,
    experiment_to_json,
)
from components.graph import GraphError, Json
from components.runs import StaleDraft, StoreError
from dashboard.backstage import store
from dashboard.editing import Document, apply_operation, new_document
from dashboard.texts import say
from dashboard.workspace import workspace
from presets import ARCHITECTURES

FIRST = "spirals"
"""The preset that a first visit opens."""


@dataclass
class Work:
    """What one browser tab is working on."""

    id: str
    document: Document
    selected: tuple[str, ...] = ()
    run: str | None = None
    notice: str | None = None
    """Why the last thing asked for was refused."""
    unsaid: bool = False
    """Whether the notice came from the bar, so that the canvas, which says it, is yet to be drawn."""
    revision: int = 0
    """Of the draft in the store: how another tab's changes are told."""
    client: str = ""
    """The canvas instance whose operations were last applied, and the number of the last one."""
    acknowledged: int = 0
    bar: str = ""
    """The transport bar whose commands were last obeyed, and the number of the last one."""
    obeyed: int = 0
    going: bool = False
    """Whether the panel was drawn for a run that goes on."""
    told: int = 0
    """The last record that the curves were told of, and of which run."""
    told_of: str | None = None
    scrubbed: int | None = None
    """The epoch that is looked at, when it is not the last."""
    sent: Mapping[str, Json] = field(default_factory=dict)
    """The view that the canvas last got, and how many it has had."""
    sent_count: int = 0

    @property
    def experiment(self) -> Experiment:
        """The experiment as it is now."""
        return self.document.experiment


def current_work() -> Work:
    """This session's work; on a fresh page what the address names, or the draft last worked on, or the first preset."""
    if "work" not in st.session_state:
        st.session_state["work"] = work_from_address() or latest_draft() or work_on(ARCHITECTURES[FIRST].experiment)
        remember_in_address(st.session_state["work"])
    return st.session_state["work"]


def work_on(experiment: Experiment) -> Work:
    """New work on an experiment; it is saved with its first change."""
    return Work(secrets.token_hex(6), new_document(experiment))


def open_experiment(experiment: Experiment) -> Work:
    """Turn to an experiment; what was open stays among the drafts."""
    st.session_state["work"] = work_on(experiment)
    remember_in_address(st.session_state["work"])
    return st.session_state["work"]


def remember_in_address(work: Work) -> None:
    """Let a reload of the page find the work again."""
    st.query_params.from_dict({"work": work.id})


# The address


def work_from_address() -> Work | None:
    """What the address asks for: a draft, a preset by name or an experiment in a link."""
    asked = st.query_params
    if "link" in asked:
        return work_from_link(asked["link"])
    if "preset" in asked:
        return work_from_preset(asked["preset"])
    return open_draft(asked["work"]) if "work" in asked else None


def work_from_link(link: str) -> Work | None:
    """New work on the experiment in a link; a broken link leaves a notice."""
    try:
        return work_on(experiment_from_link(link))
    except ExperimentError as error:
        return with_notice(str(error))


def work_from_preset(name: str) -> Work:
    """New work on a preset; an unknown name leaves a notice that lists the known ones."""
    if name in ARCHITECTURES:
        return work_on(ARCHITECTURES[name].experiment)
    known = ", ".join(ARCHITECTURES)
    return with_notice(
        say("There is no preset “{name}”; the address can name one of: {known}.", name=name[:60], known=known)
    )


def with_notice(notice: str) -> Work:
    """What would be open anyway, with a sentence about what could not be."""
    work = latest_draft() or work_on(ARCHITECTURES[FIRST].experiment)
    work.notice = notice
    return work


# Drafts


def latest_draft() -> Work | None:
    """The work that this browser left last."""
    drafts = store().drafts(workspace())
    return open_draft(drafts[0].name) if drafts else None


def open_draft(name: str) -> Work | None:
    """The work of that name in this workspace, if there is one and it can be read."""
    draft = store().draft(workspace(), name)
    if draft is None:
        return None
    try:
        document = new_document(experiment_from_json(draft.content["experiment"]))
    except (ExperimentError, GraphError, KeyError):
        return None
    return Work(name, document, run=draft.content.get("run"), revision=draft.revision)


def save_draft(work: Work, overwrite: bool = False) -> None:
    """Keep the work in the store; when another tab has changed it since, keep ours under a new name instead."""
    content = {"experiment": experiment_to_json(work.experiment), "run": work.run}
    try:
        work.revision = store().save_draft(workspace(), work.id, content, work.revision)
    except StaleDraft:
        work.id, work.revision = secrets.token_hex(6), 0
        work.revision = store().save_draft(workspace(), work.id, content, 0)
        work.notice = say(
            "Another tab changed this experiment meanwhile, so yours goes on as a copy; nothing was lost."
        )
        remember_in_address(work)
    except StoreError as error:
        work.notice = str(error)


# Changes


def change(work: Work, document: Document) -> None:
    """The work on another document, saved when that changed anything worth saving."""
    changed = document.experiment != work.experiment
    work.document = document
    present = {node.id for node in document.graph.nodes}
    work.selected = tuple(node for node in work.selected if node in present)
    if changed:
        save_draft(work)


def receive_operations(work: Work, message: Json, inspection: Json | None) -> None:
    """Carry out the operations that were not yet; what one refuses is said and the rest goes on."""
    if not message:
        return
    if message["client"] != work.client:
        work.client, work.acknowledged = message["client"], 0
    fresh = [operation for operation in message["list"] if operation["n"] > work.acknowledged]
    if not fresh:
        return
    work.notice = None
    document = work.document
    for operation in fresh:
        work.acknowledged = operation["n"]
        if operation["edit"] == "resync":
            work.sent = {}
            continue
        try:
            document = apply_operation(document, operation, problems_of(inspection, document))
        except (GraphError, ExperimentError) as error:
            work.notice = str(error)
    change(work, document)


def problems_of(inspection: Json | None, document: Document) -> list[Json]:
    """The problems of the open graph."""
    inner = inspection_at(inspection, document.path)
    return inner["problems"] if inner else []


def inspection_at(inspection: Json | None, path: tuple[str, ...]) -> Json | None:
    """The inspection of the nested model at `path`."""
    for name in path:
        inspection = (inspection or {}).get("models", {}).get(name)
    return inspection


def try_change(work: Work, make: object, *arguments: object, **changes: object) -> None:
    """Change the work by `make(document, …)`, or say why it is refused."""
    work.notice = None
    try:
        change(work, make(work.document, *arguments, **changes))  # type: ignore[operator]
    except (GraphError, ExperimentError) as error:
        work.notice = str(error)
