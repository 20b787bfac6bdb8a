"""Looking: what all views of the inside share: the run, the epoch and the layer looked at."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import streamlit as st

from components.runs import Record, Run, kept_epoch
from dashboard import backstage
from dashboard.state import Work
from dashboard.texts import say
from dashboard.workspace import workspace

BESIDE = "inside_beside"
KEPT: dict[str, Any] = {"persist_state": "page"}
"""How fields of a view are made: what was chosen is there again when one comes back to the view."""

MOST_RUNS = 30


def selected_layer(work: Work) -> str:
    """The layer of the node selected last, after the names of the models that are open around it."""
    if not work.selected:
        return ""
    return "/".join((*work.document.path, work.document.graph.node(work.selected[-1]).layer))


def looked_epoch(work: Work, run: Run) -> int:
    """The epoch on the scrubber, or the newest."""
    return run.epoch if work.scrubbed is None else work.scrubbed


def kept_here(work: Work, run: Run) -> int:
    """The epoch whose state is looked at: the last one kept until there; without any the epoch itself."""
    wanted = looked_epoch(work, run)
    kept = kept_epoch(backstage.store().artefacts(run.id, workspace=workspace()), wanted)
    return wanted if kept is None else kept


def show_kept_note(work: Work, run: Run) -> None:
    """`kept_note` in a place of its own, which is there without it too: what stands below it does not move."""
    with st.container():
        if note := kept_note(work, run):
            st.caption(note)


def kept_note(work: Work, run: Run) -> str:
    """That of the epoch looked at no state was kept, and which one is shown instead; nothing where it was."""
    wanted, kept = looked_epoch(work, run), kept_here(work, run)
    if kept == wanted or (work.scrubbed is None and run.active):
        return ""
    return say(
        "Of epoch {wanted} no state was kept, for of a long run only some are: this is the network after epoch {kept}.",
        wanted=wanted, kept=kept,
    )  # fmt: skip


def records_of(run_id: str, epoch: int | None, *kinds: str) -> list[Record]:
    """A run's records of these kinds until an epoch, or all that count now."""
    kept: list[Record] = []
    for record in backstage.store().records(run_id, kinds=(*kinds, "mark"), workspace=workspace()):
        if record.values.get("mark") == "rewound":
            kept = [earlier for earlier in kept if earlier.epoch <= record.epoch]
        if epoch is None or record.epoch <= epoch:
            kept.append(record)
    return [record for record in kept if record.kind in kinds]


# Another run


def choose_beside(run: Run) -> Run | None:
    """Another run of the workspace, chosen by a person to be drawn over this one; None without any."""
    others = {other.id: other for other in backstage.store().runs(workspace())[:MOST_RUNS] if other.epoch}
    others.pop(run.id, None)
    if not others:
        return None
    if st.session_state.get(BESIDE) not in others:
        st.session_state[BESIDE] = None
    chosen = st.selectbox(
        say("beside"), list(others), index=None, key=BESIDE, **KEPT, placeholder=say("no other run"),
        format_func=lambda name: title_of(others[name]), help=say("Another run, drawn over this one."),
    )  # fmt: skip
    return others.get(chosen) if chosen else None


def title_of(run: Run) -> str:
    """What another run is called: its name, how far it came and when it began."""
    when = datetime.fromtimestamp(run.created).strftime("%d.%m. %H:%M")
    return say("{name} · epoch {epoch} · {when}", name=run.title, epoch=run.epoch, when=when)
