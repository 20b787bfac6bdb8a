"""Archives: the trials of a study's samplers, in Optuna's tables beside our own, shared by all who train them; no Keras."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError

from components.graph import Graph, Json
from components.searching.claims import Claims, OwnClaims, claim_name
from components.searching.conditions import choose, grid
from components.searching.optuna_tables import insert_trial
from components.searching.samplers import PRUNERS, SAMPLERS
from components.searching.search_space import Dimension
from components.searching.studies import Plan, read_study, workspace_of
from components.store import Store
from components.store.database import parse_url


def optuna_address(store_url: str, hide_password: bool = False) -> str:
    """The store's database as Optuna is told of it."""
    return parse_url(store_url).render_as_string(hide_password=hide_password)


def open_storage(store_url: str) -> optuna.storages.RDBStorage:
    """Optuna's tables in the store's own database; `optuna-dashboard` opens the same address."""
    address = optuna_address(store_url)
    sqlite = address.startswith("sqlite")
    arguments = {"connect_args": {"timeout": 20}} if sqlite else {"pool_pre_ping": True}
    storage = open_tables(address, arguments)
    if sqlite:
        # With the write-ahead log a commit need not wait for the disk; only a power cut could lose the last trial.
        event.listen(storage.engine, "connect", lambda held, _: held.execute("PRAGMA synchronous = NORMAL").close())
        storage.engine.dispose()
    return storage


def open_tables(address: str, arguments: dict[str, Any]) -> optuna.storages.RDBStorage:
    """Optuna's tables, made when there are none; workers that make them at the same moment stand in each other's way."""
    for _ in range(MOST_OPENINGS):
        try:
            return optuna.storages.RDBStorage(address, engine_kwargs=arguments)
        except DBAPIError:
            time.sleep(0.1)
    return optuna.storages.RDBStorage(address, engine_kwargs=arguments)


MOST_OPENINGS = 20
"""Attempts to open a new database while others make its tables."""

LEAST_IMPOSSIBLE = 20
"""Proposals that may fail to go together before a sampler is given up, however small its budget."""


class Archive:
    """One sampler's trials as one worker knows them: asked for and told in memory, kept in Optuna's tables at their end.

    A trial's number is claimed before it is asked for, so that each is trained by one worker, and no more of them than
    the budget. It is the trial's number in memory and its attribute "number" in Optuna's tables, where trials stand in
    the order in which they ended. On opening, what was kept is what the sampler knows, so nothing counts twice.
    """

    def __init__(
        self,
        storage: optuna.storages.BaseStorage,
        run_id: str,
        sampler: str,
        plan: Plan,
        graph: Graph,
        claims: Claims | None = None,
        seat: int = 0,
    ) -> None:
        self.sampler, self.plan, self.graph, self.seat = sampler, plan, graph, seat
        self._storage, self._claims = storage, claims or OwnClaims()
        kept = optuna.create_study(
            storage=storage, study_name=study_name(run_id, sampler), direction=plan.direction, load_if_exists=True
        )
        self._study_id = storage.get_study_id_from_name(kept.study_name)
        known = {number_of(trial): trial for trial in kept.get_trials(deepcopy=True)}
        self._memory = optuna.storages.InMemoryStorage()
        self.study = optuna.create_study(
            storage=self._memory,
            # Hyperband deals its brackets by this name: the run's own would make each search another.
            study_name=f"{sampler} {plan.seed}",
            direction=plan.direction,
            sampler=SAMPLERS[sampler].make((plan.seed * 7919 + len(known) + seat * 104_729) % 2**32, plan.trials),
            pruner=PRUNERS[plan.pruner].make(plan.epochs),
        )
        self.ended: dict[int, FrozenTrial] = {}
        """By number, in the order in which this worker learned of their end."""
        self.claimed: dict[int, Json] = {number: {} for number in known}
        self._grid = shuffled_grid(plan, graph) if sampler == "grid" else []
        self._read_claims()
        self.ended |= known
        self._fill(len(self.claimed))

    # What others did

    def catch_up(self) -> None:
        """Take in what other workers began and ended."""
        self._read_claims()
        for number, content in self.claimed.items():
            if number not in self.ended and "trial" in content:
                self._take_in(number, self._storage.get_trial(content["trial"]))

    def _read_claims(self) -> None:
        for name, content in self._claims.read(f"{self.sampler}/").items():
            self.claimed[int(name.rpartition("/")[2])] = content

    def _take_in(self, number: int, trial: FrozenTrial) -> None:
        """The end of another's trial: the sampler learns from it as from ours."""
        self._fill(number)
        self.ended[number] = trial
        if number == self._size:
            self.study.add_trial(trial)
        else:
            complete(self._memory, self._memory_id(number), trial)

    def _fill(self, count: int) -> None:
        """Have so many trials in memory: those that others train as running ones."""
        for number in range(self._size, count):
            values = self.claimed.get(number, {}).get("values", {})
            self.study.add_trial(self.ended.get(number) or self._trial_of(values, TrialState.RUNNING))

    def _trial_of(self, values: Mapping[str, Any], state: TrialState, **attributes: Any) -> FrozenTrial:
        distributions = {name: distribution_of(self.plan.space[name]) for name in values}
        return optuna.create_trial(state=state, params=dict(values), distributions=distributions, user_attrs=attributes)

    @property
    def _size(self) -> int:
        return len(self.study.get_trials(deepcopy=False))

    def _memory_id(self, number: int) -> int:
        study_id = self._memory.get_study_id_from_name(self.study.study_name)
        return self._memory.get_trial_id_from_study_id_trial_number(study_id, number)

    # The budget

    @property
    def total(self) -> int:
        """Trials that are to count: the budget, or every possible point of a smaller grid."""
        return min(self.plan.trials, len(self._grid) - self.impossible) if self.sampler == "grid" else self.plan.trials

    @property
    def done(self) -> int:
        """Trials that count against the budget."""
        return sum(map(is_counted, self.ended.values()))

    @property
    def impossible(self) -> int:
        """Proposals that did not go together."""
        return sum(bool(trial.user_attrs.get("impossible")) for trial in self.ended.values())

    @property
    def is_stuck(self) -> bool:
        """Whether so many proposals did not go together that it is of no use to go on."""
        return self.sampler != "grid" and self.impossible >= max(LEAST_IMPOSSIBLE, 2 * self.plan.trials)

    @property
    def is_over(self) -> bool:
        """Whether the budget is used up, every point of the grid was tried, or nothing possible is proposed."""
        return self.done >= self.total or self.is_stuck

    @property
    def open(self) -> dict[int, Json]:
        """Claims of trials that have not ended, by number."""
        return {number: content for number, content in self.claimed.items() if number not in self.ended}

    # One trial

    def ask(self) -> tuple[optuna.Trial, dict[str, Any]] | None:
        """The next trial and its values, by dimension; None while all that the budget allows are taken."""
        number = self._claim_number()
        if number is None:
            return None
        self._fill(number)
        if self._grid:
            self.study.enqueue_trial(self._claim_point())
        trial = self.study.ask()
        values = choose(self.plan.space, self.graph, partial(suggest, trial))
        self._note(number, values=values)
        return trial, values

    def _claim_number(self) -> int | None:
        """The next number, taken: more than the budget and what was interrupted are never taken, whoever asks."""
        while (number := len(self.claimed)) < self.total + len(self.ended) - self.done:
            if self._claims.claim(claim_name(self.sampler, number), {"seat": self.seat}):
                self.claimed[number] = {"seat": self.seat}
                return number
            self.catch_up()
        return None

    def _claim_point(self) -> dict[str, Any]:
        """A point of the grid that nobody has tried; one whose trial was interrupted is tried again."""
        for place, point in enumerate(self._grid):
            trials = [trial for trial in self.ended.values() if trial.params == point]
            tried = any(not trial.user_attrs.get("interrupted") for trial in trials)
            if not tried and self._claims.claim(f"point/{place}/{len(trials)}", self.seat):
                return point
        return {}

    def _note(self, number: int, **facts: Any) -> None:
        """Say something more of a trial of ours."""
        self.claimed[number] = {"seat": self.seat, **self.claimed.get(number, {}), **facts}
        self._claims.note(claim_name(self.sampler, number), self.claimed[number])

    def should_prune(self, trial: optuna.Trial, epoch: int, value: float) -> bool:
        """Take in the value after so many epochs; whether the trial is not worth going on with."""
        trial.report(value, epoch)
        return trial.should_prune()

    def tell(self, trial: optuna.Trial, value: float | None, state: TrialState, **attributes: Any) -> FrozenTrial:
        """The end of a trial: to the sampler, and into Optuna's tables. One that others gave up stays as they left it."""
        if trial.number in self.ended:
            return self.ended[trial.number]
        for name, attribute in {**attributes, "number": trial.number}.items():
            trial.set_user_attr(name, attribute)
        told = self.study.tell(trial, value if state == TrialState.COMPLETE else None, state=state)
        self.ended[told.number] = told
        self._keep(told.number, told)
        return told

    def note_interrupted(self, number: int, reason: str) -> None:
        """A trial that had begun when its worker was ended: it failed, and does not count."""
        if number in self.ended:
            return
        values = self.claimed.get(number, {}).get("values", {})
        trial = self._trial_of(values, TrialState.FAIL, interrupted=True, reason=reason, number=number)
        trial.datetime_start = trial.datetime_complete = datetime.now()
        self._take_in(number, trial)
        self._keep(number, trial)

    def _keep(self, number: int, trial: FrozenTrial) -> None:
        """Write a trial into Optuna's tables."""
        if isinstance(self._storage, optuna.storages.RDBStorage):
            trial_id = insert_trial(self._storage, self._study_id, trial)
        else:
            trial_id = self._storage.create_new_trial(self._study_id, trial)
        # Only now others may read it.
        self._note(number, trial=trial_id)


def number_of(trial: FrozenTrial) -> int:
    """A trial's number among those of its sampler, in the order in which they began."""
    return int(trial.user_attrs.get("number", trial.number))


def shuffled_grid(plan: Plan, graph: Graph) -> list[dict[str, Any]]:
    """Every point of the space, in an order that the plan's seed decides."""
    points = grid(plan.space, graph)
    random.Random(plan.seed).shuffle(points)
    return points


def complete(memory: optuna.storages.BaseStorage, trial_id: int, ended: FrozenTrial) -> None:
    """Have a running trial end as another did."""
    known = memory.get_trial(trial_id).params
    for name, value in ended.params.items():
        if name not in known:
            one = ended.distributions[name]
            memory.set_trial_param(trial_id, name, one.to_internal_repr(value), one)
    for epoch, value in ended.intermediate_values.items():
        memory.set_trial_intermediate_value(trial_id, epoch, value)
    for name, value in ended.user_attrs.items():
        memory.set_trial_user_attr(trial_id, name, value)
    for name, value in ended.system_attrs.items():
        memory.set_trial_system_attr(trial_id, name, value)
    memory.set_trial_state_values(trial_id, ended.state, ended.values)


def study_name(run_id: str, sampler: str) -> str:
    """The name of a sampler's study in Optuna's tables."""
    return f"{run_id}/{sampler}"


def is_counted(trial: FrozenTrial) -> bool:
    """Whether a trial counts against the budget: it was trained and ended by itself, however badly."""
    spared = trial.user_attrs.get("interrupted") or trial.user_attrs.get("impossible")
    return trial.state.is_finished() and not spared


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


def importances_json(store_url: str, run_id: str, samplers: Sequence[str]) -> Json:
    """How much of what sets the best trials of all samplers apart each dimension explains, by name, the largest first.

    S. Watanabe et al., "PED-ANOVA: Efficiently Quantifying Hyperparameter Importance in Arbitrary Subspaces", 2023, in
    the form for conditional dimensions: one that not every trial has is judged among those that have it.
    """
    storage, scored = open_storage(store_url), []
    direction = optuna.study.StudyDirection.MINIMIZE
    for sampler in samplers:
        kept = optuna.load_study(study_name=study_name(run_id, sampler), storage=storage)
        direction = kept.direction
        scored += [trial for trial in kept.get_trials(deepcopy=False) if trial.state == TrialState.COMPLETE]
    if len(scored) < 4 or len({trial.value for trial in scored}) < 2:
        return {}
    together = optuna.create_study(direction=direction)
    together.add_trials(scored)
    return dict(optuna.importance.get_param_importances(together))
