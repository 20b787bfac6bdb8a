"""Studies: a search's plan, what is wrong with it, and its run in the store; no Keras."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from optuna.study import StudyDirection

from components.checks import logged_names
from components.experiment import Experiment, experiment_from_json, experiment_to_json
from components.graph import Json
from components.runs import Run
from components.searching.applying import apply
from components.searching.conditions import grid
from components.searching.samplers import PRUNERS, SAMPLERS
from components.searching.search_space import SearchSpace, SpaceError, space_from_json, space_to_json
from components.searching.space_checks import check_space
from components.store import Store

MOST_TRIALS = 2_000

MOST_AT_ONCE = 16

LUCK_SEARCHES = 19
"""Searches on shuffled labels: if none of them does as well, luck would have had a chance of 1 in 20."""

LUCK_TRIALS = 10
"""The most trials, of each sampler, of a search on shuffled labels."""

REPEATS = 5
"""Other seeds from which the winner is trained again."""

FOLDS = 5
"""Ways to part the data on which it is trained again, each row held out by one."""

NESTED_FOLDS = 3
"""In how many folds the whole search is repeated."""

NESTED_TRIALS = 8
"""The most trials of a search that is repeated inside a fold."""


@dataclass(frozen=True)
class Plan:
    """A search: its space, its samplers side by side, `trials` of each, of `epochs` each, scored by `monitor`.

    `at_once` trials train at the same time, where there are as many workers; one at a time can be repeated exactly.
    """

    space: SearchSpace
    samplers: tuple[str, ...] = ("tpe",)
    trials: int = 30
    epochs: int = 20
    pruner: str = "median"
    monitor: str = "val_loss"
    seed: int = 0
    at_once: int = 1

    @property
    def maximises(self) -> bool:
        """Whether a higher value is better."""
        return is_higher_better(self.monitor)

    @property
    def direction(self) -> StudyDirection:
        """The same in Optuna's words."""
        return StudyDirection.MAXIMIZE if self.maximises else StudyDirection.MINIMIZE

    def is_better(self, value: float, best: float | None) -> bool:
        """Whether a value of the monitor is better than the best so far, if there is one."""
        return best is None or (value > best if self.maximises else value < best)


FALLING = ("loss", "error", "mae", "mse", "mape", "divergence", "crossentropy")
"""What the names of losses and errors end in."""


def is_higher_better(monitor: str) -> bool:
    """Whether what is logged under a name is to rise: accuracies and scores are, losses and errors are not.

    The end of the name decides: before it may stand an output's name, and that may be anything.
    """
    return monitor.lower().rpartition("_")[2] not in FALLING


def plan_to_json(plan: Plan) -> Json:
    """The plan as plain data."""
    return asdict(replace(plan, space=SearchSpace())) | {
        "space": space_to_json(plan.space),
        "samplers": list(plan.samplers),
    }


def plan_from_json(content: Json) -> Plan:
    """The plan that `plan_to_json` wrote."""
    fields = {**content, "space": space_from_json(content["space"]), "samplers": tuple(content["samplers"])}
    return Plan(**fields)


def check_plan(experiment: Experiment, plan: Plan) -> list[str]:
    """What keeps the search from beginning, a sentence each; [] when all is well."""
    sentences = check_space(experiment, plan.space)
    if not plan.samplers:
        sentences.append("A search has a sampler, and none is chosen; choose one.")
    for what, chosen, known in (("sampler", plan.samplers, SAMPLERS), ("pruner", (plan.pruner,), PRUNERS)):
        sentences += [
            f"There is no {what} “{name}”; choose one of {', '.join(known)}." for name in chosen if name not in known
        ]
    for what, value, most in (
        ("trials", plan.trials, MOST_TRIALS),
        ("epochs", plan.epochs, 10_000),
        ("trials at once", plan.at_once, MOST_AT_ONCE),
    ):
        if not 1 <= value <= most:
            sentences.append(f"A search has from 1 to {most:,} {what}, and this has {value}; choose fewer or more.")
    offered = monitors(experiment)
    if plan.monitor not in offered:
        sentences.append(f"Trials are scored by one of {', '.join(offered)}, and not by “{plan.monitor}”; choose one.")
    if not sentences and "grid" in plan.samplers:
        try:
            grid(plan.space, experiment.graph)
        except SpaceError as error:
            sentences.append(str(error))
    return sentences


def monitors(experiment: Experiment) -> list[str]:
    """What trials can be scored by: the values of validation data, accuracies first."""
    names = [name for name in logged_names(experiment) if name.startswith("val_")]
    return sorted(names, key=lambda name: not is_higher_better(name))


# The study's run in the store


def workspace_of(workspace: str) -> str:
    """Where a visitor's studies are kept: beside the runs, so that neither list shows the other."""
    return f"{workspace}/studies"


def create_study(store: Store, workspace: str, experiment: Experiment, plan: Plan, name: str = "") -> str:
    """A new, queued study of a visitor; its id. SpaceError with the first sentence of what is wrong."""
    refuse(check_plan(experiment, plan))
    content = experiment_to_json(experiment) | {"search": plan_to_json(plan)}
    return store.create_run(workspace_of(workspace), content, name or experiment.name)


def refuse(sentences: Sequence[str]) -> None:
    """Raise the first sentence, if there is one."""
    if sentences:
        raise SpaceError(sentences[0])


def read_study(run: Run) -> tuple[Experiment, Plan]:
    """What a study's run searches, and how."""
    if "search" not in run.experiment:
        raise SpaceError("This run is no search; open it in the studio.")
    return experiment_from_json(run.experiment), plan_from_json(run.experiment["search"])


def compared(plan: Plan) -> int:
    """How many trials of each sampler are compared with a search on shuffled labels: as many here as there."""
    return min(plan.trials, LUCK_TRIALS)


def trial_experiment(experiment: Experiment, values: Mapping[str, Any], plan: Plan) -> Experiment:
    """The experiment that a trial trains: the plan's values and number of epochs."""
    applied = apply(experiment, values, plan.space)
    return replace(applied, training=replace(applied.training, epochs=plan.epochs))
