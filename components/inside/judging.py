"""Judging: what a run's model says of every row of its data, against what is true, output by output."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from components.checks import losses_of
from components.graph import Json, output_names
from components.inside.layer_points import OpenRun, Target, class_numbers, open_run
from components.inside.sprites import pictures_of, png_of
from components.store import Store
from components.training.reporting import RunShelf

MOST_ROWS = 4_000
MOST_PAIRS = 600
"""Points of true against predicted numbers that are drawn."""

WORST = 8


def judge_run_json(store_url: str, run_id: str, epoch: int | None = None, split: str = "validation") -> Json:
    """How the run's model does on a split after an epoch: `{"epoch", "rows", "outputs": [verdict, …]}`.

    A verdict on classes has `names`, `matrix` (true by predicted, counts) and `right`; one on numbers has `true` and
    `said` and the mean absolute `error`, None where nothing finite was said. An output of several labels, each true or
    not by itself, has a verdict for each. All have `rows`, those that they are about, `strange`, how many got no finite
    answer and are left out, and `worst`: the rows that it gets most wrong, worst first, with a `picture` where the data
    has some.
    """
    store = Store(store_url)
    run = store.run(run_id)
    opened = open_run(run.experiment)
    with opened.lock:
        reached = opened.load(RunShelf(store, run_id, None), run.epoch, epoch)
        return {"epoch": reached, **judge(opened, split)}


def judge(opened: OpenRun, split: str) -> Json:
    """The verdicts on the model as it stands."""
    x, y = (part if isinstance(part, list) else [part] for part in opened.splits[split])
    rows = np.unique(np.linspace(0, len(x[0]) - 1, min(len(x[0]), MOST_ROWS)).astype(int))
    x, y = [array[rows] for array in x], [array[rows] for array in y]
    batches = [outputs for _, outputs in opened.computed(None, x)]
    said = [np.concatenate(column) for column in zip(*batches, strict=True)]
    labels = np.array(opened.labels_of(x, rows), object)
    found = []
    for name, true, given in zip(output_names(opened.experiment.graph), y, said, strict=True):
        finite = np.isfinite(given.astype(float)).reshape(len(given), -1).all(axis=1)
        kept = rows[finite], labels[finite].tolist()
        for verdict in verdicts_on(opened, name, true[finite], given[finite], *kept):
            found.append({**verdict, "rows": int(finite.sum()), "strange": int((~finite).sum())})
    for verdict in found:
        show_pictures(opened, verdict["worst"], split)
    return {"rows": len(rows), "outputs": found}


def verdicts_on(
    opened: OpenRun, output: str, true: np.ndarray, said: np.ndarray, rows: np.ndarray, labels: Sequence[str]
) -> Iterator[Json]:
    """The verdict on one output, or on each of its labels; none on what is neither classes nor numbers."""
    if opened.has_labels(output, said):
        for place, name in enumerate(opened.class_names(output, said.shape[1])):
            column = slice(place, place + 1)
            wanted, given = (class_numbers(each[:, column].astype(float)) for each in (true, said))
            label = Target(f"{output}: {name}", yes_or_no(wanted), yes_or_no(given), NO_OR_YES)
            yield on_classes(label, true[:, column].astype(float), said[:, column], rows, labels)
        return
    target = opened.compared(output, true, said)
    if target is not None:
        yield (on_classes if target.names else on_numbers)(target, true, said, rows, labels)


NO_OR_YES = ("no", "yes")


def yes_or_no(numbers: np.ndarray) -> tuple[str, ...]:
    """Whether a label is there, row by row."""
    return tuple(NO_OR_YES[number] for number in numbers)


def show_pictures(opened: OpenRun, worst: Sequence[dict[str, Any]], split: str) -> None:
    """Give each row its picture, where the data are pictures."""
    pictures = pictures_of(opened, np.array([row["row"] for row in worst], int), split)
    if pictures is not None:
        for row, picture in zip(worst, pictures, strict=True):
            row["picture"] = png_of(picture)


def on_classes(target: Target, true: np.ndarray, said: np.ndarray, rows: np.ndarray, labels: Sequence[str]) -> Json:
    """The confusion matrix, and the rows whose true class was given the least probability."""
    wanted, given = class_numbers(true), class_numbers(said)
    matrix = np.zeros((len(target.names), len(target.names)), int)
    np.add.at(matrix, (wanted, given), 1)
    certainty = probability_of(wanted, said)
    worst = np.argsort(certainty, kind="stable")[:WORST]
    return {
        "output": target.output,
        "names": list(target.names),
        "matrix": matrix.tolist(),
        "right": int(np.trace(matrix)),
        "worst": [
            {
                "row": int(rows[i]),
                "label": labels[i],
                "true": str(target.classes[i]),
                "said": str(target.predictions[i]),
                "probability": round(float(certainty[i]), 4),
            }
            for i in worst
            if wanted[i] != given[i]
        ],
    }


def probability_of(wanted: np.ndarray, said: np.ndarray) -> np.ndarray:
    """The probability that was given to the true class, float [rows]."""
    said = said.astype(float)
    if said.shape[1] > 1:
        return said[np.arange(len(said)), wanted]
    flat = said.reshape(-1)
    return np.where(wanted == 1, flat, 1 - flat)


def on_numbers(target: Target, true: np.ndarray, said: np.ndarray, rows: np.ndarray, labels: Sequence[str]) -> Json:
    """True numbers beside predicted ones, and the rows that are furthest off."""
    wanted, given = np.asarray(target.classes, float), np.asarray(target.predictions, float)
    error = np.abs(wanted - given)
    drawn = np.unique(np.linspace(0, max(0, len(rows) - 1), min(len(rows), MOST_PAIRS)).astype(int))
    worst = np.argsort(-error, kind="stable")[:WORST]
    return {
        "output": target.output,
        "names": [],
        "true": np.round(wanted[drawn], 5).tolist(),
        "said": np.round(given[drawn], 5).tolist(),
        "error": float(error.mean()) if len(error) else None,
        "worst": [
            {"row": int(rows[i]), "label": labels[i], "true": f"{wanted[i]:.4g}", "said": f"{given[i]:.4g}"}
            for i in worst
        ],
    }


def plane_points_json(experiment: Json, output: str | None = None, most: int = 400) -> Json:
    """Validation points of data with two features, and what one output (the first) should say of each.

    `{"points": [[x, y], …], "truth": [place among names, or number, …], "names": [class, …]}`; `names` is empty for numbers.
    """
    opened = open_run(experiment)
    x, y = (part if isinstance(part, list) else [part] for part in opened.splits["validation"])
    names = output_names(opened.experiment.graph)
    head = names.index(output) if output in names else 0
    true = np.asarray(y[head])[:most]
    array = opened.experiment.data.targets.get(names[head], names[head])
    classes = tuple(opened.dataset.classes.get(array, ()))
    if not classes and "crossentropy" not in losses_of(opened.experiment).get(names[head], ""):
        truth = np.round(true.reshape(len(true), -1)[:, 0].astype(float), 4).tolist()
    else:
        truth = class_numbers(true).tolist()
        classes = tuple(
            classes[i] if i < len(classes) else str(i)
            for i in range(max([2, len(classes), *(place + 1 for place in truth)]))
        )
    return {
        "points": np.round(np.asarray(x[0])[:most].astype(float), 4).tolist(),
        "truth": truth,
        "names": list(classes),
    }
