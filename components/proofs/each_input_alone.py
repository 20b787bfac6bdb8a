"""Several inputs trained together against models that see one of them each or all but one, and against their average."""

from __future__ import annotations

from typing import Any

import numpy as np

from components.experiment import Experiment
from components.graph import Json
from components.proofs.exhibit import bars, exhibit
from components.proofs.fitting import Fitted, fit, prepared, read_all
from components.training.feeding import Split


def prove_json(experiments: list[Json], options: Json) -> Json:
    """Mean squared errors on the test data, in shares of what guessing the mean would get."""
    experiment = read_all(experiments)[0]
    _, splits = prepared(experiment)
    doors = list(experiment.graph.inputs)
    epochs = int(options.get("epochs", 15))
    target = np.ravel(splits["test"][1])
    guess = float(np.mean((target - np.mean(splits["train"][1])) ** 2))
    together = predictions(fit(experiment, epochs=epochs, splits=splits), splits["test"])
    places = set(range(len(doors)))
    alone = [answers_of_some(experiment, splits, {place}, epochs) for place in range(len(doors))]
    # Of two inputs each is what is left without the other.
    others = [answers_of_some(experiment, splits, places - {place}, epochs) for place in places if len(doors) > 2]
    found = {
        **{f"only {name}": error(answer, target) / guess for name, answer in zip(doors, alone, strict=True)},
        "their average": error(np.mean(alone, axis=0), target) / guess,
        **{f"without {name}": error(answer, target) / guess for name, answer in zip(doors, others, strict=False)},
        "all together": error(together, target) / guess,
    }
    least = min(value for name, value in found.items() if name.startswith(("only", "their")))
    return exhibit(
        found["all together"] == min(found.values()),
        "Trained together the inputs leave {together:.0%} of the error of a guess; the best of the single ones, and of their average, leaves {least:.0%}.",
        {"together": found["all together"], "least": least},
        charts=[bars("Test error, as a share of guessing the mean", "", "share", list(found), {"error": list(found.values())})],
        columns=("model", "share of the error of a guess"),
        rows=[(name, f"{value:.1%}") for name, value in found.items()],
    )  # fmt: skip


def answers_of_some(experiment: Experiment, splits: dict[str, Split], seen: set[int], epochs: int) -> np.ndarray:
    """What a model says that was trained seeing those inputs: the others are blank, in training and in the test."""
    blank = {name: (blanked(x, seen), y) for name, (x, y) in splits.items()}
    return predictions(fit(experiment, epochs=epochs, splits=blank), blank["test"])


def blanked(x: Any, seen: set[int]) -> list[np.ndarray]:
    """The inputs, those that are not seen at 0."""
    return [array if at in seen else np.zeros_like(array) for at, array in enumerate(x)]


def predictions(fitted: Fitted, split: Split) -> np.ndarray:
    """The model's numbers for a split, one for each row."""
    return np.ravel(fitted.model.predict(split[0], verbose=0, batch_size=256))


def error(answers: np.ndarray, target: np.ndarray) -> float:
    """The mean squared error."""
    return float(np.mean((answers - target) ** 2))
