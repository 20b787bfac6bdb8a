"""Optuna's tables: a trial that ended, written whole in one transaction; Optuna's own way takes thirty statements."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import cast

import optuna
from optuna.distributions import distribution_to_json
from optuna.storages._rdb import models
from optuna.trial import FrozenTrial
from sqlalchemy.orm import Session


def insert_trial(storage: optuna.storages.RDBStorage, study_id: int, trial: FrozenTrial) -> int:
    """Write a trial with all that belongs to it; its id. Whoever reads meanwhile sees all of it or nothing."""
    with Session(storage.engine) as session, session.begin():
        # Its number is how many came before it, so one after the other may be written.
        models.StudyModel.find_or_raise_by_id(study_id, session, for_update=True)
        row = models.TrialModel(
            study_id=study_id,
            state=trial.state,
            datetime_start=trial.datetime_start,
            datetime_complete=trial.datetime_complete,
        )
        session.add(row)
        session.flush()
        row.number = row.count_past_trials(session)
        trial_id = cast("int", row.trial_id)
        session.add_all(rows_of(trial, trial_id))
        return trial_id


def rows_of(trial: FrozenTrial, trial_id: int) -> Iterator[models.BaseModel]:
    """What belongs to a trial: its parameters, attributes, values and curve."""
    for name, value in trial.params.items():
        one = trial.distributions[name]
        yield models.TrialParamModel(
            trial_id=trial_id,
            param_name=name,
            param_value=one.to_internal_repr(value),
            distribution_json=distribution_to_json(one),
        )
    for kind, attributes in (
        (models.TrialUserAttributeModel, trial.user_attrs),
        (models.TrialSystemAttributeModel, trial.system_attrs),
    ):
        for key, value in attributes.items():
            yield kind(trial_id=trial_id, key=key, value_json=json.dumps(value))
    for objective, value in enumerate(trial.values or ()):
        stored, finite = models.TrialValueModel.value_to_stored_repr(value)
        yield models.TrialValueModel(trial_id=trial_id, objective=objective, value=stored, value_type=finite)
    for step, value in trial.intermediate_values.items():
        row = models.TrialIntermediateValueModel
        stored, number = row.intermediate_value_to_stored_repr(value)
        yield row(trial_id=trial_id, step=step, intermediate_value=stored, intermediate_value_type=number)
