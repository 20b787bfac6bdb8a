"""The session's work: the open document, its selection and run; opened, edited, saved and shared here."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import streamlit as st

from components.experiment import Data, Experiment, ExperimentError, experiment_from_json, experiment_to_json
from components.graph import Graph, GraphError, Json
from components.links import experiment_from_link
from components.runs import StaleDraft, StoreError
from components.searching.search_space import SearchSpace, SpaceError, space_from_json, space_to_json
from dashboard.backstage import store
from dashboard.editing import Document, apply_operation, copied_part, lost_dimensions, new_document
from dashboard.texts import language, say
from dashboard.workspace import workspace
from presets import ARCHITECTURES, DATASETS

FIRST = "spirals"
"""The preset that a first visit opens."""

EMPTY = "empty"
"""In an address: start from nothing, on the dataset that follows."""


MOST_HISTORIES = 50
"""Works whose steps the server can still take back after their pages were left."""

_histories: dict[tuple[str, str], Document] = {}
_keeping = threading.Lock()


@dataclass
class Work:
    """What one browser tab is working on."""

    id: str
    document: Document
    asked: Mapping[str, str] = field(default_factory=dict)
    """What an address says to open it anew, while no draft of it is kept."""
    chosen: tuple[str, ...] = ()
    """The nodes that the canvas selected last, some perhaps before the operation that makes them arrived."""
    chosen_edge: tuple[str, int] | None = None
    """The edge that the canvas selected instead: its target, and the place among the target's inputs."""
    choice: tuple[str, int] = ("", 0)
    """The canvas instance that told this, and how often it has."""
    run: str | None = None
    copied: Json = None
    """What the canvas asked for last to be pasted: the number of the operation that asked, and the part."""
    refusal: str | None = None
    """What there is to say of the last thing asked for; see `notice`."""
    refusals: int = 0
    """How many there were: the same one again is said again."""
    unsaid: bool = False
    """Whether the notice came from the bar, so that the canvas, which says it, is yet to be drawn."""
    revision: int = 0
    """Of the draft in the store: how another tab's changes are told."""
    canvas: str = ""
    """The name under which the canvas knows it: the same even when a copy is kept under another."""
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
    sent: Json = field(default_factory=dict)
    """The document and the `views` that the canvas got, by revision, from the one that it is known to have."""
    sent_count: int = 0
    turn: int = 0
    """Of the last message to the canvas: two ways lead there, and one may overtake the other."""
    owner: str = field(default_factory=workspace)
    """The workspace in which it is saved."""
    channel: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    """The name of the canvas's socket, which nobody can guess."""
    language: str = field(default_factory=language)
    """What its visitor reads; the canvas's socket has no page to ask."""
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False, compare=False)
    """Held while it changes: the page and the canvas's socket both do so, each in a thread of its own."""

    def __post_init__(self) -> None:
        self.canvas = self.canvas or self.id

    @property
    def notice(self) -> str | None:
        """Why the last thing asked for was refused, or what else came of it."""
        return self.refusal

    @notice.setter
    def notice(self, sentence: str | None) -> None:
        self.refusal = sentence
        self.refusals += sentence is not None

    @property
    def selected(self) -> tuple[str, ...]:
        """Those of the chosen nodes that are there."""
        present = {node.id for node in self.document.graph.nodes}
        return tuple(node for node in self.chosen if node in present)

    @property
    def edge(self) -> tuple[str, int] | None:
        """The chosen edge, if it is there."""
        if self.chosen_edge is None:
            return None
        target, place = self.chosen_edge
        node = self.document.graph.nodes_by_id.get(target)
        return self.chosen_edge if node and 0 <= place < len(node.inputs) else None

    @property
    def experiment(self) -> Experiment:
        """The experiment as it is now."""
        return self.document.experiment


def current_work() -> Work:
    """This session's work; on a fresh page what the address names, or the draft last worked on, or the first preset."""
    if "work" not in st.session_state:
        st.session_state["work"] = work_from_address() or latest_draft() or work_from_preset(FIRST)
    return st.session_state["work"]


def work_on(experiment: Experiment, **asked: str) -> Work:
    """New work on an experiment, which `asked` in an address would open again; it is saved with its first change."""
    return Work(secrets.token_hex(6), new_document(experiment), asked)


def open_preset(name: str) -> Work:
    """Turn to a preset; what was open stays among the drafts."""
    return turn_to(work_from_preset(name))


def start_empty(data: Data | None = None) -> Work:
    """Turn to an empty graph, on that data or on that of the first preset; what was open stays among the drafts."""
    if data is not None and data.dataset not in DATASETS:  # a person's own, which no address can name
        return open_experiment(Experiment(say("Untitled"), Graph(), Data(data.dataset, data.config)))
    return turn_to(work_from_nothing(data.dataset if data else ""))


def open_experiment(experiment: Experiment) -> Work:
    """Turn to an experiment that no address knows, so it is kept at once; what was open stays among the drafts."""
    work = turn_to(work_on(experiment))
    save_draft(work)
    return work


def turn_to(work: Work) -> Work:
    """From now on this is the session's work."""
    st.session_state["work"] = work
    return work


def remember_in_address(work: Work) -> None:
    """Let a reload of the page find the work again."""
    asked = {"work": work.id} if work.revision else dict(work.asked)
    if asked and st.query_params.to_dict() != asked:
        st.query_params.from_dict(asked)


# The address


def work_from_address() -> Work | None:
    """What the address asks for: a draft, a preset by name or an experiment in a link."""
    asked = st.query_params
    if "link" in asked:
        return work_from_link(asked["link"])
    if "preset" in asked:
        return work_from_preset(asked["preset"])
    if EMPTY in asked:
        return work_from_nothing(asked[EMPTY])
    return open_draft(asked["work"]) if "work" in asked else None


def work_from_link(link: str) -> Work | None:
    """New work on the experiment in a link; a broken link leaves a notice."""
    try:
        return work_on(experiment_from_link(link), link=link)
    except ExperimentError as error:
        return with_notice(say(str(error)))


def work_from_preset(name: str) -> Work:
    """New work on a preset; an unknown name leaves a notice that lists the known ones."""
    if name in ARCHITECTURES:
        return work_on(ARCHITECTURES[name].experiment, preset=name)
    known = ", ".join(ARCHITECTURES)
    return with_notice(
        say("There is no preset “{name}”; the address can name one of: {known}.", name=name[:60], known=known)
    )


def work_from_nothing(dataset: str) -> Work:
    """New work on an empty graph, on the dataset of that name where there is one."""
    data = Data(dataset) if dataset in DATASETS else ARCHITECTURES[FIRST].experiment.data
    return work_on(Experiment(say("Untitled"), Graph(), data), **{EMPTY: data.dataset})


def with_notice(notice: str) -> Work:
    """What would be open anyway, with a sentence about what could not be."""
    work = latest_draft() or work_from_preset(FIRST)
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
        document = new_document(experiment_from_json(draft.content["experiment"]), space_in(draft.content))
    except (ExperimentError, GraphError, KeyError):
        return None
    document = with_history(name, document)
    client, acknowledged = draft.content.get("heard", ("", 0))
    return Work(
        name,
        document,
        run=draft.content.get("run"),
        revision=draft.revision,
        client=client,
        acknowledged=acknowledged,
    )


def space_in(content: Json) -> SearchSpace | None:
    """What a search may vary, as a draft says it; None where it says nothing, or nothing that can be read."""
    try:
        return space_from_json(content["space"]) if content.get("space") is not None else None
    except SpaceError:
        return None


def with_history(name: str, document: Document) -> Document:
    """The document as it was left, with its steps and the model that was open, if the server still has it and it is the same."""
    left = _histories.get((workspace(), name))
    if left is None or left.experiment != document.experiment:
        return document
    return replace(left, history=left.history.amended(document.history.present))


def keep_history(work: Work) -> None:
    """What can be undone outlives a reload of the page; a restart of the server keeps the experiment alone."""
    with _keeping:
        _histories.pop((work.owner, work.id), None)
        _histories[work.owner, work.id] = work.document
        for oldest in list(_histories)[:-MOST_HISTORIES]:
            del _histories[oldest]


def save_draft(work: Work, overwrite: bool = False) -> None:
    """Keep the work in the store; when another tab has changed it since, keep ours under a new name instead."""
    heard = [work.client, work.acknowledged]  # so that what a lost connection sends again is not done twice
    space = None if work.document.space is None else space_to_json(work.document.space)
    content = {"experiment": experiment_to_json(work.experiment), "run": work.run, "heard": heard, "space": space}
    try:
        work.revision = save_over(work, content)
    except StaleDraft:
        work.id, work.revision = secrets.token_hex(6), 0
        work.revision = store().save_draft(work.owner, work.id, content, 0)
        work.notice = say(
            "Another tab changed this experiment meanwhile, so yours goes on as a copy; nothing was lost."
        )
    except StoreError as error:
        work.notice = say(str(error))
    keep_history(work)


def save_over(work: Work, content: Json) -> int:
    """Save upon the revision that was read; the new one, or StaleDraft when another tab has saved since.

    This very tab before it was reloaded is no other: all that it did and we had not seen, it has told us again.
    """
    try:
        return store().save_draft(work.owner, work.id, content, work.revision)
    except StaleDraft as stale:
        if stale.current is None or not work.client or stale.current.content.get("heard", [""])[0] != work.client:
            raise
        return store().save_draft(work.owner, work.id, content, stale.current.revision)


# Changes


def change(work: Work, document: Document) -> None:
    """The work on another document, saved when that changed anything worth saving."""
    changed = document.history.present != work.document.history.present
    if document.path != work.document.path:
        work.chosen, work.chosen_edge = (), None
    work.document = document
    if changed:
        save_draft(work)


def receive_operations(work: Work, message: Json, inspect: Callable[[Experiment], Json]) -> None:
    """Carry out the operations that were not yet; what one refuses is said and the rest goes on.

    `inspect` says of an experiment what Keras says of it; None while that is not known.
    """
    if not message or message.get("document", work.canvas).partition("/")[0] != work.canvas:
        return
    has_seen(work, message.get("seen"))
    if message["client"] != work.client:
        work.client, work.acknowledged = message["client"], 0
    fresh = [operation for operation in message["list"] if operation["n"] > work.acknowledged]
    if not fresh:
        return
    work.notice = work.copied = None
    document = work.document
    for operation in fresh:
        work.acknowledged = operation["n"]
        if operation["edit"] == "resync":
            work.sent = {}
        elif operation["edit"] == "new":
            start_empty(work.experiment.data)
        elif operation["edit"] == "copy":
            work.copied = {"n": operation["n"], "part": copied_part(document, operation["ids"])}
        else:
            document = carried_out(work, document, operation, inspect)
    change(work, document)


def has_seen(work: Work, revision: int | None) -> None:
    """The canvas has this revision; what it had before is of no use to a patch any more."""
    views = work.sent.get("views", {})
    if revision in views:
        work.sent["views"] = {number: view for number, view in views.items() if number >= revision}


def carried_out(work: Work, document: Document, operation: Json, inspect: Callable[[Experiment], Json]) -> Document:
    """The document after the operation, or as it was and a notice why."""
    try:
        after = apply_operation(document, operation, lambda now: inspection_at(inspect(now.experiment), now.path))
    except (GraphError, ExperimentError) as error:
        work.notice = say(str(error))
        return document
    work.notice = notice_of(document, after) or work.notice
    return after


def notice_of(before: Document, after: Document) -> str | None:
    """What a person is told of an edit that took something out of the search space."""
    lost = lost_dimensions(before, after)
    if not lost:
        return None
    return say(
        "No longer searched, since it is not there any more: {names}. Undo brings it back.", names=", ".join(lost)
    )


def inspection_at(inspection: Json | None, path: tuple[str, ...]) -> Json | None:
    """The inspection of the nested model at `path`."""
    for name in path:
        inspection = (inspection or {}).get("models", {}).get(name)
    return inspection


def try_change(work: Work, make: object, *arguments: object, **changes: object) -> str | None:
    """Change the work by `make(document, …)`, or say why it is refused, on the canvas and to the caller."""
    with work.lock:
        work.notice = None
        try:
            document = make(work.document, *arguments, **changes)  # type: ignore[operator]
            work.notice = notice_of(work.document, document)
            change(work, document)
        except (GraphError, ExperimentError) as error:
            work.notice = say(str(error))
            return work.notice
    return None
