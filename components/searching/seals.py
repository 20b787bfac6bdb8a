"""Seals: test data that no choice may see, opened once by a person; every opening over the same rows is on record."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from typing import Any

from components.experiment import Experiment, experiment_from_json, plain
from components.graph import Json
from components.runs import Record, Run
from components.searching.studies import read_study, workspace_of
from components.store import Store


class SealError(ValueError):
    """The test data cannot be opened now; the text says why and what to do."""


def rows_of(experiment: Experiment) -> tuple[Any, ...]:
    """What decides on the rows of the data: equal for two experiments that see the same ones."""
    return experiment.data.dataset, dict(experiment.data.config), experiment.data_seed


def ensembles_of(workspace: str) -> str:
    """Where a visitor's ensembles are kept: beside the runs, as the studies are."""
    return f"{workspace}/ensembles"


def experiment_behind(store: Store, run: Run) -> Experiment:
    """The experiment whose rows a study or an ensemble is about."""
    if "members" not in run.experiment:
        return read_study(run)[0]
    network = next(content for content in run.experiment["members"] if content["kind"] != "tree")
    return experiment_from_json(store.run(network["run"]).experiment)


def over_the_same_rows(store: Store, run: Run) -> list[Run]:
    """The visitor's studies and ensembles over the rows of one of them, itself among them; newest first."""
    rows, visitor = rows_of(experiment_behind(store, run)), run.workspace.rpartition("/")[0]
    found = []
    for other in [*store.runs(workspace_of(visitor)), *store.runs(ensembles_of(visitor))]:
        try:
            if rows_of(experiment_behind(store, other)) == rows:
                found.append(other)
        except (ValueError, KeyError, StopIteration, LookupError):
            continue
    return found


# Openings


def is_opened(store: Store, run_id: str) -> bool:
    """Whether the test data were opened for a study or an ensemble, or for another by which it is over."""
    return bool(store.records(run_id, kinds=["seal"], most=1))


def openings(store: Store, run: Run) -> list[Json]:
    """Every time that a visitor opened these rows: `{"at", "by", "kind"}`, the first first; deleting a search undoes none."""
    found = [record.values for ledger in ledgers_of(store, run) for record in store.records(ledger.id, kinds=["seal"])]
    return sorted(found, key=lambda one: float(one["at"]))


def ledgers_of(store: Store, run: Run) -> list[Run]:
    """Where the openings of these rows are written down: beside the studies, since it outlives them."""
    rows = plain(rows_of(experiment_behind(store, run)))
    return [one for one in store.runs(ledger_place(run)) if one.experiment["rows"] == rows]


def ledger_place(run: Run) -> str:
    """Where a visitor's ledgers are kept."""
    return f"{run.workspace.rpartition('/')[0]}/seals"


def write_down(store: Store, run: Run) -> None:
    """Enter an opening of a study's or an ensemble's rows, before they are read."""
    known = ledgers_of(store, run)
    ledger = known[0].id if known else begin_ledger(store, run)
    kind = "ensemble" if "members" in run.experiment else "search"
    store.append(ledger, [Record("seal", 0, 0, {"at": time.time(), "by": run.name, "kind": kind})])


def begin_ledger(store: Store, run: Run) -> str:
    """A new ledger, which no clean-up takes away."""
    rows = plain(rows_of(experiment_behind(store, run)))
    ledger = store.create_run(ledger_place(run), {"rows": rows}, "openings")
    store.update_run(ledger, state="finished", pinned=True)
    return ledger


def still_sealed(store: Store, run: Run) -> list[Run]:
    """The other searches over the same rows whose test data nobody has opened, newest first."""
    others = [other for other in over_the_same_rows(store, run) if other.id != run.id]
    return [other for other in others if "search" in other.experiment and not is_opened(store, other.id)]


def open_once(store: Store, run: Run, evaluate: Callable[[], Json], agreed: Collection[str] = ()) -> Json:
    """What `evaluate` finds on the test data of a study or an ensemble, called once and recorded for ever.

    Where other searches keep the same rows sealed, a person has to agree that they are opened for these too: `agreed`
    holds their ids. They end with it. Raises SealError where nobody agreed, where another opens them at this moment,
    and where an earlier opening failed: what it had read cannot be made unread.
    """
    found = result_of(store, run.id)
    if found is not None:
        return found
    sealed = still_sealed(store, run)
    refuse_sealed(sealed, agreed)
    if not store.claim(run.id, "seal", {"at": time.time()}):
        raise SealError(
            "These test data are being opened, or were opened by an attempt that failed; they are not read a second time."
        )
    # Noted before they are read: an opening that fails half-way was an opening all the same.
    write_down(store, run)
    store.append(run.id, [Record("seal", 0, 0, {"event": "opening", "at": time.time()})])
    for other in sealed:
        store.append(other.id, [Record("seal", 0, 0, {"event": "read", "at": time.time(), "by": run.name})])
    try:
        result = {"event": "opened", "at": time.time(), **evaluate()}
    except Exception as error:
        store.append(run.id, [Record("seal", 0, 0, {"event": "failed", "at": time.time(), "reason": str(error)})])
        raise
    store.append(run.id, [Record("seal", 0, 0, result)])
    return result


def refuse_sealed(sealed: Collection[Run], agreed: Collection[str]) -> None:
    """Raise SealError for the first search whose seal may not be broken."""
    for study in sealed:
        if study.active:
            raise SealError(
                f"The search “{study.name}” still runs on the same data, whose test part is sealed; stop it or wait."
            )
        if study.id not in agreed:
            raise SealError(
                f"These test data are sealed by the search “{study.name}”; agree to open them, or delete the search."
            )


def result_of(store: Store, run_id: str) -> Json | None:
    """What the opening found; None while there was none, or while it has found nothing yet."""
    records = store.records(run_id, kinds=["seal"])
    return next((record.values for record in records if record.values["event"] == "opened"), None)
