"""Studies: a search's plan, its samplers and pruners, and its trials in Optuna's tables beside our own; no Keras."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.storages._rdb.models import TrialIntermediateValueModel
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy import event

from components.checks import logged_names
from components.experiment import Experiment, experiment_from_json, experiment_to_json
from components.graph import Graph, Json
from components.runs import Run
from components.searching.gaussian import GaussianProcessSampler
from components.searching.search_space import (
    Dimension,
    SearchSpace,
    SpaceError,
    apply,
    check_space,
    choose,
    grid,
    space_from_json,
    space_to_json,
)
from components.store import Store
from components.store.database import parse_url

optuna.logging.set_verbosity(optuna.logging.WARNING)

MOST_TRIALS = 2_000

NESTED_TRIALS = 8
"""The most trials of a search that is repeated inside a fold."""


@dataclass(frozen=True)
class Method:
    """A sampler or a pruner: its title, what it does in a sentence, and how it is made."""

    title: str
    summary: str
    make: Callable[..., Any] = field(compare=False)


def make_tpe(seed: int, trials: int) -> optuna.samplers.BaseSampler:
    """TPE over all dimensions together, grouped where some are conditional."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return optuna.samplers.TPESampler(
            seed=seed, multivariate=True, group=True, n_startup_trials=min(10, trials // 3)
        )


def make_genetic(seed: int, trials: int) -> optuna.samplers.BaseSampler:
    """A population small enough for several generations."""
    return optuna.samplers.NSGAIISampler(seed=seed, population_size=max(4, min(20, trials // 5)))


SAMPLERS: Mapping[str, Method] = {
    "random": Method(
        "Random",
        "Every value anywhere in its range: the yardstick for all others.",
        lambda seed, trials: optuna.samplers.RandomSampler(seed),
    ),
    "tpe": Method(
        "TPE", "Learns where good trials lie and where bad ones do, and samples where they differ.", make_tpe
    ),
    "gp": Method(
        "Gaussian process",
        "Models the score over the space, and tries where improvement is likely.",
        lambda seed, trials: GaussianProcessSampler(seed),
    ),
    "genetic": Method("Genetic", "Crosses and mutates the best of each generation (NSGA-II).", make_genetic),
    "grid": Method(
        "Grid",
        "Every combination once, in shuffled order: for small spaces.",
        lambda seed, trials: optuna.samplers.RandomSampler(seed),
    ),
}

PRUNERS: Mapping[str, Method] = {
    "none": Method("None", "Every trial trains to its end.", lambda epochs: optuna.pruners.NopPruner()),
    "median": Method(
        "Median",
        "Ends a trial that is worse than the median of the others at the same epoch.",
        lambda epochs: optuna.pruners.MedianPruner(n_startup_trials=5, n_warmup_steps=max(1, epochs // 5)),
    ),
    "hyperband": Method(
        "Hyperband",
        "Gives many trials a few epochs, and the best third of them three times as many.",
        lambda epochs: optuna.pruners.HyperbandPruner(min_resource=max(1, epochs // 9), max_resource=max(1, epochs)),
    ),
}


@dataclass(frozen=True)
class Plan:
    """A search: its space, its samplers side by side, `trials` of each, of `epochs` each, scored by `monitor`."""

    space: SearchSpace
    samplers: tuple[str, ...] = ("tpe",)
    trials: int = 30
    epochs: int = 20
    pruner: str = "median"
    monitor: str = "val_loss"
    seed: int = 0

    @property
    def maximises(self) -> bool:
        """Whether a higher value is better."""
        return is_higher_better(self.monitor)

    @property
    def direction(self) -> StudyDirection:
        """The same in Optuna's words."""
        return StudyDirection.MAXIMIZE if self.maximises else StudyDirection.MINIMIZE


LOWER = ("loss", "error", "mae", "mse", "mape", "rate", "absolute", "squared", "divergence", "crossentropy")


def is_higher_better(monitor: str) -> bool:
    """Whether a metric of that name is to rise: accuracies and scores are, losses and errors are not."""
    return not any(part in monitor.lower() for part in LOWER)


def plan_to_json(plan: Plan) -> Json:
    """The plan as plain data."""
    return asdict(plan) | {"space": space_to_json(plan.space), "samplers": list(plan.samplers)}


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
    for what, value, most in (("trials", plan.trials, MOST_TRIALS), ("epochs", plan.epochs, 10_000)):
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


def rows_of(experiment: Experiment) -> tuple[Any, ...]:
    """What decides on the rows of the data: equal for two experiments that see the same ones."""
    return experiment.data.dataset, dict(experiment.data.config), experiment.seed


def seals_over(store: Store, ensemble: Run) -> list[Run]:
    """The searches over the rows of an ensemble's members whose test data nobody has opened, newest first."""
    network = next(content for content in ensemble.experiment["members"] if content["kind"] != "tree")
    rows = rows_of(experiment_from_json(store.run(network["run"]).experiment))
    visitor = ensemble.workspace.rpartition("/")[0]
    return [
        run
        for run in store.runs(workspace_of(visitor))
        if rows_of(read_study(run)[0]) == rows and not store.records(run.id, kinds=["seal"], most=1)
    ]


def trial_experiment(experiment: Experiment, values: Mapping[str, Any], plan: Plan) -> Experiment:
    """The experiment that a trial trains: the plan's values and number of epochs."""
    applied = apply(experiment, values, plan.space)
    return replace(applied, training=replace(applied.training, epochs=plan.epochs))


# Trials in Optuna's tables


def open_storage(store_url: str) -> optuna.storages.RDBStorage:
    """Optuna's tables in the store's own database; `optuna-dashboard` opens the same address."""
    url = parse_url(store_url)
    sqlite = url.get_backend_name() == "sqlite"
    arguments = {"connect_args": {"timeout": 20}} if sqlite else {"pool_pre_ping": True}
    storage = optuna.storages.RDBStorage(url.render_as_string(hide_password=False), engine_kwargs=arguments)
    if sqlite:
        # With the write-ahead log a commit need not wait for the disk; only a power cut could lose the last trial.
        event.listen(storage.engine, "connect", lambda held, _: held.execute("PRAGMA synchronous = NORMAL").close())
        storage.engine.dispose()
    return storage


class Archive:
    """One sampler's trials: asked for and told in memory, kept in Optuna's tables in one transaction each.

    What is kept has ended. On opening, what was kept is what the sampler knows, so nothing counts twice.
    """

    def __init__(self, storage: Any, run_id: str, sampler: str, plan: Plan, graph: Graph) -> None:
        self.sampler, self.plan, self.graph, self._storage = sampler, plan, graph, storage
        kept = optuna.create_study(
            storage=storage, study_name=study_name(run_id, sampler), direction=plan.direction, load_if_exists=True
        )
        self._study_id = storage.get_study_id_from_name(kept.study_name)
        known = kept.get_trials(deepcopy=True)
        self.study = optuna.create_study(
            direction=plan.direction,
            sampler=SAMPLERS[sampler].make((plan.seed * 7919 + len(known)) % 2**32, plan.trials),
            pruner=PRUNERS[plan.pruner].make(plan.epochs),
        )
        self.study.add_trials(known)
        self.ended = {trial.number: trial for trial in known}
        self._waiting = self._points() if sampler == "grid" else []

    def _points(self) -> list[dict[str, Any]]:
        """The grid's points that were not tried yet, shuffled."""
        import random

        points = grid(self.plan.space, self.graph)
        random.Random(self.plan.seed).shuffle(points)
        tried = [trial.params for trial in self.ended.values() if is_counted(trial)]
        return [point for point in points if point not in tried]

    @property
    def done(self) -> int:
        """Trials that count against the budget."""
        return sum(map(is_counted, self.ended.values()))

    @property
    def is_over(self) -> bool:
        """Whether the budget is used up, or every point of the grid was tried."""
        return self.done >= self.plan.trials or (self.sampler == "grid" and not self._waiting)

    @property
    def best(self) -> float | None:
        """The best value so far."""
        values = [trial.value for trial in self.ended.values() if trial.state == TrialState.COMPLETE]
        if not values:
            return None
        return max(values) if self.plan.maximises else min(values)  # type: ignore[type-var]

    def ask(self) -> tuple[optuna.Trial, dict[str, Any]]:
        """The next trial and its values, by dimension."""
        if self._waiting:
            self.study.enqueue_trial(self._waiting.pop(0))
        trial = self.study.ask()
        values = choose(self.plan.space, self.graph, partial(suggest, trial))
        return trial, values

    def should_prune(self, trial: optuna.Trial, epoch: int, value: float) -> bool:
        """Take in the value after so many epochs; whether the trial is not worth going on with."""
        trial.report(value, epoch)
        return trial.should_prune()

    def tell(self, trial: optuna.Trial, value: float | None, state: TrialState, **attributes: Any) -> FrozenTrial:
        """The end of a trial: to the sampler, and into Optuna's tables."""
        for name, attribute in attributes.items():
            trial.set_user_attr(name, attribute)
        told = self.study.tell(trial, value if state == TrialState.COMPLETE else None, state=state)
        self._keep(told)
        self.ended[told.number] = told
        return told

    def _keep(self, trial: FrozenTrial) -> None:
        """Write a trial into Optuna's tables, its curve in one statement: value by value it takes Optuna 2 ms each."""
        bare = copy.copy(trial)
        if isinstance(self._storage, optuna.storages.RDBStorage):
            bare.intermediate_values = {}
        trial_id = self._storage.create_new_trial(self._study_id, bare)
        if not bare.intermediate_values and trial.intermediate_values:
            add_curve(self._storage, trial_id, trial.intermediate_values)

    def note_interrupted(self, number: int, values: Mapping[str, Any], reason: str) -> None:
        """A trial that had begun when its process ended: it failed, and does not count."""
        if number in self.ended:
            return
        distributions = {name: distribution_of(self.plan.space[name]) for name in values}
        trial = optuna.create_trial(
            state=TrialState.FAIL,
            params=dict(values),
            distributions=distributions,
            user_attrs={"interrupted": True, "reason": reason},
        )
        trial.datetime_start = trial.datetime_complete = datetime.now()
        self._keep(trial)
        self.study.add_trial(trial)
        self.ended[number] = trial


def study_name(run_id: str, sampler: str) -> str:
    """The name of a sampler's study in Optuna's tables."""
    return f"{run_id}/{sampler}"


def add_curve(storage: optuna.storages.RDBStorage, trial_id: int, curve: Mapping[int, float]) -> None:
    """A trial's values by epoch, into Optuna's table of them."""
    row = TrialIntermediateValueModel
    rows = []
    for step, value in curve.items():
        stored, kind = row.intermediate_value_to_stored_repr(value)
        rows.append({"trial_id": trial_id, "step": step, "intermediate_value": stored, "intermediate_value_type": kind})
    with storage.engine.begin() as connection:
        connection.execute(row.__table__.insert(), rows)


def is_counted(trial: FrozenTrial) -> bool:
    """Whether a trial counts against the budget: it ended by itself, however badly."""
    return trial.state.is_finished() and not trial.user_attrs.get("interrupted")


def suggest(trial: optuna.Trial, dimension: Dimension) -> Any:
    """A value for a dimension, from the trial's sampler."""
    one = distribution_of(dimension)
    if isinstance(one, CategoricalDistribution):
        return trial.suggest_categorical(dimension.name, one.choices)
    if isinstance(one, IntDistribution):
        return trial.suggest_int(dimension.name, one.low, one.high, step=one.step, log=one.log)
    assert isinstance(one, FloatDistribution), "Optuna has three kinds"
    return trial.suggest_float(dimension.name, one.low, one.high, step=one.step, log=one.log)


def distribution_of(dimension: Dimension) -> BaseDistribution:
    """The dimension in Optuna's words."""
    if dimension.choices:
        return CategoricalDistribution(dimension.choices)
    least, most = dimension.least, dimension.most
    assert least is not None, "checked before a study begins"
    assert most is not None, "checked before a study begins"
    if dimension.whole:
        return IntDistribution(int(least), int(most), log=dimension.log, step=int(dimension.step or 1))
    return FloatDistribution(float(least), float(most), log=dimension.log, step=dimension.step)


def delete_study(store: Store, run_id: str, workspace: str) -> None:
    """Delete a visitor's study with its trials."""
    _, plan = read_study(store.run(run_id, workspace_of(workspace)))
    storage = open_storage(store.url)
    for sampler in plan.samplers:
        if study_name(run_id, sampler) in {one.study_name for one in storage.get_all_studies()}:
            optuna.delete_study(study_name=study_name(run_id, sampler), storage=storage)
    store.delete_run(run_id, workspace_of(workspace))


# Importance


def importances_json(store_url: str, run_id: str, sampler: str) -> Json:
    """How much of the spread of the scores each dimension explains, by name, the largest first.

    F. Hutter et al., "An Efficient Approach for Assessing Hyperparameter Importance", 2014.
    """
    study = optuna.load_study(study_name=study_name(run_id, sampler), storage=open_storage(store_url))
    scored = [trial for trial in study.get_trials(deepcopy=False) if trial.state == TrialState.COMPLETE]
    if len(scored) < 4 or len({trial.value for trial in scored}) < 2:
        return {}
    evaluator = optuna.importance.FanovaImportanceEvaluator(seed=0)
    return dict(optuna.importance.get_param_importances(study, evaluator=evaluator))
