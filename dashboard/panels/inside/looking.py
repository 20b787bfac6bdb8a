"""Looking: what all views of the inside share: the run, the epoch and the layer looked at."""

from __future__ import annotations

from components.runs import Record, Run
from dashboard import backstage
from dashboard.state import Work
from dashboard.workspace import workspace


def selected_layer(work: Work) -> str:
    """The layer of the node selected last."""
    return work.document.graph.node(work.selected[-1]).layer if work.selected else ""


def looked_epoch(work: Work, run: Run) -> int:
    """The epoch on the scrubber, or the newest."""
    return run.epoch if work.scrubbed is None else work.scrubbed


def records_until(work: Work, *kinds: str) -> list[Record]:
    """The run's records of these kinds as they count at the epoch looked at: what a rewind took back is gone."""
    kept: list[Record] = []
    for record in backstage.store().records(work.run or "", kinds=(*kinds, "mark"), workspace=workspace()):
        if record.values.get("mark") == "rewound":
            kept = [earlier for earlier in kept if earlier.epoch <= record.epoch]
        if work.scrubbed is None or record.epoch <= work.scrubbed:
            kept.append(record)
    return [record for record in kept if record.kind in kinds]
