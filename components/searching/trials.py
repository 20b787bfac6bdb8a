"""Trials: a study's records as rows, taken in a few at a time while it runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from components.runs import Record
from components.store import Store


@dataclass
class TrialRow:
    """One trial as the page knows it; `epochs` has [epoch, monitored value, training loss] each."""

    sampler: str
    number: int
    values: dict[str, Any]
    state: str = "running"
    value: float | None = None
    epochs: list[list[float]] = field(default_factory=list)
    seconds: float = 0.0
    reason: str = ""
    interrupted: bool = False
    impossible: bool = False

    @property
    def name(self) -> str:
        """How a person calls it."""
        return f"{self.sampler} {self.number}"

    @property
    def counts(self) -> bool:
        """Whether it counts against the budget, once it has ended."""
        return not (self.interrupted or self.impossible)


@dataclass
class Trials:
    """The trials of one study, in the order in which they began, and how far its records were read."""

    rows: dict[tuple[str, int], TrialRow] = field(default_factory=dict)
    lab: dict[str, dict[int, float | None]] = field(default_factory=dict)
    """What each fit of each part of the lab found."""
    openings: list[dict[str, Any]] = field(default_factory=list)
    read: int = 0
    order: list[tuple[str, int]] = field(default_factory=list)
    """Which ended, one after the other."""

    def take(self, records: Iterable[Record]) -> None:
        """Take in further records."""
        for record in records:
            self.read = record.seq
            TAKE[record.kind](self, record.values)

    def take_trial(self, told: dict[str, Any]) -> None:
        """Something of a trial."""
        key = (told["sampler"], told["number"])
        if told["event"] == "begun":
            self.rows.setdefault(key, TrialRow(*key, told["values"]))
        elif key in self.rows:
            row = self.rows[key]
            if told["event"] == "epochs":
                row.epochs.extend(told["epochs"])
            elif row.state == "running":
                self.order.append(key)
                row.state, row.value = told["state"], told["value"]
                row.seconds, row.reason = told.get("seconds", 0.0), told.get("reason", "")
                row.interrupted, row.impossible = told.get("interrupted", False), told.get("impossible", False)

    def take_lab(self, told: dict[str, Any]) -> None:
        """One fit of the lab."""
        self.lab.setdefault(told["lab"], {})[told["number"]] = told["value"]

    @property
    def all(self) -> list[TrialRow]:
        """Every trial."""
        return list(self.rows.values())

    @property
    def ended(self) -> list[TrialRow]:
        """Those that ended, in the order in which they did."""
        return [self.rows[key] for key in self.order]

    @property
    def complete(self) -> list[TrialRow]:
        """Those that have a score."""
        return [row for row in self.rows.values() if row.state == "complete"]

    @property
    def counted(self) -> int:
        """Trials that count against the budget."""
        return sum(row.state != "running" and row.counts for row in self.rows.values())

    @property
    def opened(self) -> dict[str, Any] | None:
        """What the opening of the test data found."""
        return next((one for one in self.openings if one["event"] == "opened"), None)

    @property
    def read_by(self) -> dict[str, Any] | None:
        """The first other search or ensemble for which the same test data were opened, and when."""
        return next((one for one in self.openings if one["event"] == "read"), None)

    def ranked(self, maximises: bool) -> list[TrialRow]:
        """The complete trials, the best first."""
        return sorted(self.complete, key=lambda row: (row.value or 0.0) * (-1 if maximises else 1))

    def best_of_first(self, count: int, maximises: bool) -> float | None:
        """The best score among the first trials of each sampler, so many of those that count."""
        scores = []
        for sampler in {row.sampler for row in self.rows.values()}:
            own = [row for row in self.rows.values() if row.sampler == sampler and row.counts]
            first = sorted(own, key=lambda row: row.number)[:count]
            scores += [row.value for row in first if row.state == "complete" and row.value is not None]
        return (max if maximises else min)(scores, default=None)

    def lab_values(self, name: str) -> list[float]:
        """What a part of the lab found, in order, without the fits that failed."""
        found = self.lab.get(name, {})
        return [value for _, value in sorted(found.items()) if value is not None]


def read_trials(store: Store, run_id: str) -> Trials:
    """All trials of a study, as its records tell them."""
    trials = Trials()
    trials.take(store.records(run_id, kinds=list(TAKE)))
    return trials


TAKE = {
    "trial": Trials.take_trial,
    "lab": Trials.take_lab,
    "seal": lambda trials, told: trials.openings.append(told),
}


def chance_of(luck: Sequence[float], ours: float, maximises: bool) -> float:
    """How likely luck alone would do as well: the p-value of a permutation test, ours counted as one of them."""
    as_good = sum(value >= ours if maximises else value <= ours for value in luck)
    return (as_good + 1) / (len(luck) + 1)


def best_so_far(values: Sequence[float], maximises: bool) -> list[float]:
    """The running best."""
    found: list[float] = []
    for value in values:
        found.append(value if not found else (max if maximises else min)(found[-1], value))
    return found
