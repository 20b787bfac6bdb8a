"""Following: an experiment after its own code was changed, and by line what of the change it does not follow."""

from __future__ import annotations

import ast
import inspect
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import Any

from components.bringing import around
from components.codereading import Networks, Reading, read_code
from components.codereading.arrays import FUNCTION as SELECTS
from components.codereading.arrays import Feed
from components.datasets import DATASETS
from components.experiment import Data, Experiment
from components.graph import Graph, output_names

MOST_SECONDS = 3.0
"""How long it is looked for lines that are not followed."""

NOT_KEPT = "What is changed here is nothing that the experiment holds, so it is not kept."
DELETED = "What was deleted above this line is not the experiment's to leave out, so it is written again."
IN_DATA = (
    "The function that makes the data is not changed by its code; give its arguments other values in main, or bring data "
    "of your own."
)
IN_SELECTION = "Which arrays are taken is read in the form that was written here, and this is another; it is not kept."
UNCHECKED = "From here on it was not looked whether each change is kept, as that takes too long; compare the code."

Note = tuple[int, str]


@dataclass(frozen=True)
class Followed:
    """The experiment after the change, None where no model can be read, and sentences by line."""

    experiment: Experiment | None
    notes: tuple[Note, ...]


def follow_code(experiment: Experiment, source: str, text: str, networks: Networks | None = None) -> Followed:
    """The experiment after its code, `source`, was changed to `text`.

    Every changed line is followed or has a note: that without which the experiment would be the same was not followed.
    """
    reading = read_code(text, networks)
    if reading.graph is None:
        return Followed(None, reading.notes)
    whole, known = changed_by(reading, experiment), {sentence for _, sentence in reading.notes}

    def look(other: str, seconds: float) -> bool | None:
        """Whether other code gives the same experiment; None where it does not read as well, or not in time."""
        found = read_code(other, networks, seconds)
        if found.graph is None or any(sentence not in known for _, sentence in found.notes):
            return None
        return changed_by(found, experiment) == whole

    told = {line for line, _ in reading.notes}
    lost = lost_lines(source.split("\n"), text.split("\n"), look)
    notes = [(line, reason or reason_at(line, text, experiment)) for line, reason in lost if line not in told]
    return Followed(whole, tuple(sorted({*reading.notes, *notes})))


# The experiment after the change


def changed_by(reading: Reading, experiment: Experiment) -> Experiment:
    """The experiment after its own code was changed: graph, training, seed, and which data it is given."""
    assert reading.graph is not None, "code without a model changes nothing"
    changed = around(reading.graph, experiment, experiment.name, reading.training)
    seed = experiment.seed if reading.seed is None else reading.seed
    data = replace(
        changed_data(reading, experiment.data, seed),
        inputs=routed(reading.arrays[0], input_names(changed.graph), experiment.data.inputs),
        targets=routed(reading.arrays[1], output_names(changed.graph), experiment.data.targets),
    )
    return replace(changed, seed=seed, data=data)


def changed_data(reading: Reading, data: Data, seed: int) -> Data:
    """The data with the arguments that the code's call of its function has; what only repeats a default is left out."""
    dataset = DATASETS.get(data.dataset)
    given = reading.given.get(data_function(data))
    if dataset is None or given is None:
        return data
    known = {name: value for name, value in given.items() if name in dataset.config}
    kept = {name: value for name, value in known.items() if value != dataset.config[name] or name in data.config}
    return replace(data, config={**data.config, **kept}, seed=seed_of_data(given.get("seed", data.seed), data, seed))


def seed_of_data(written: Any, data: Data, seed: int) -> int | None:
    """The seed that the data has for itself: a number that is written there and is not the experiment's."""
    if isinstance(written, bool) or not isinstance(written, int):
        return data.seed
    return written if written != seed or written == data.seed else None


def data_function(data: Data) -> str:
    """What the code calls the function that makes the data; empty where there is none."""
    dataset = DATASETS.get(data.dataset)
    return inspect.unwrap(dataset.make).__name__ if dataset else ""


def input_names(graph: Graph) -> list[str]:
    """The names by which a model's inputs are fed."""
    return [graph.node(node).layer for node in graph.inputs]


def routed(feed: Feed | None, names: Sequence[str], known: Mapping[str, str]) -> Mapping[str, str]:
    """Which array goes to each name, as the code says it; a name that has an array of its own name is left out."""
    if isinstance(feed, str):
        feed = (feed,)
    if isinstance(feed, tuple):
        feed = dict(zip(names, feed, strict=True)) if len(names) == len(feed) else {}
    told = {name: array for name, array in (feed or {}).items() if name in names}
    return {**known, **{name: array for name, array in told.items() if known.get(name, name) != array}}


# What is not followed


@dataclass(frozen=True)
class Edit:
    """Lines of the old code, from and to, that gave way to lines of the new."""

    old: tuple[int, int]
    new: tuple[int, int]

    @property
    def line(self) -> int:
        """Where it stands in the new code, from 1; a deletion where something else stands now."""
        return self.new[0] + 1

    @property
    def parts(self) -> list[Edit]:
        """The new lines one by one, each as if it had been put in by itself."""
        start, end = self.new
        return (
            [Edit((self.old[1], self.old[1]), (line, line + 1)) for line in range(start, end)]
            if end - start > 1
            else []
        )


def edits_between(before: Sequence[str], after: Sequence[str]) -> Iterator[Edit]:
    """What was changed, line by line where as many lines stand there as before; empty lines do not count."""
    for tag, old, old_end, new, new_end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        if old_end - old == new_end - new:
            pairs = zip(range(old, old_end), range(new, new_end), strict=True)
            yield from (Edit((i, i + 1), (j, j + 1)) for i, j in pairs if before[i].rstrip() != after[j].rstrip())
        elif [*filter(str.strip, before[old:old_end])] != [*filter(str.strip, after[new:new_end])]:
            yield Edit((old, old_end), (new, new_end))


def lost_lines(
    before: Sequence[str], after: Sequence[str], look: Callable[[str, float], bool | None]
) -> Iterator[tuple[int, str]]:
    """The lines without whose change all would be the same, each with a sentence; "" where the place has the reason.

    Changes that cannot be taken back one by one, as of a name in several lines, are taken back together.
    """
    deadline = time.monotonic() + MOST_SECONDS
    bound: list[Edit] = []
    line = 1
    waiting: deque[tuple[Edit, list[Edit] | None]] = deque((edit, edit.parts) for edit in edits_between(before, after))
    while waiting and time.monotonic() < deadline:
        edit, parts = waiting.popleft()
        line = edit.line
        same = look(without([edit], before, after), deadline - time.monotonic())
        if same:
            yield told(edit)
        elif same is None and parts is not None:
            bound.append(edit)
        elif parts:
            waiting.extendleft((part, None) for part in reversed(parts) if after[part.new[0]].strip())
    if bound and look(without(bound, before, after), deadline - time.monotonic()):
        yield from map(told, bound)
    elif time.monotonic() > deadline:
        yield min([*(edit.line for edit in bound), *(edit.line for edit, _ in waiting)], default=line), UNCHECKED


def told(edit: Edit) -> tuple[int, str]:
    """The line of a lost edit, and why a deletion is lost."""
    return edit.line, "" if edit.new[0] < edit.new[1] else DELETED


def without(edits: Sequence[Edit], before: Sequence[str], after: Sequence[str]) -> str:
    """The new code with some edits taken back."""
    lines = list(after)
    for edit in sorted(edits, key=lambda edit: edit.new, reverse=True):
        lines[slice(*edit.new)] = before[slice(*edit.old)]
    return "\n".join(lines)


def reason_at(line: int, text: str, experiment: Experiment) -> str:
    """Why a line is not followed, by the function that it stands in."""
    reasons = {data_function(experiment.data): IN_DATA, SELECTS: IN_SELECTION}
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef) and node.lineno <= line <= (node.end_lineno or node.lineno):
            return reasons.get(node.name, NOT_KEPT)
    return NOT_KEPT
