"""Feasibility: whether what was chosen goes together, told from Keras's shapes before anything is trained."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from components.building import BuildError, refuse_broken
from components.calling import without_weights
from components.experiment import Experiment, ExperimentError, dump
from components.graph import GraphError, graph_to_json
from components.inspecting import inspect_graph
from components.problems.matching import match_problems
from components.searching.search_space import SpaceError
from components.searching.studies import Plan, trial_experiment


class Feasibility:
    """Looks at each graph of a search once, without weights."""

    def __init__(self, experiment: Experiment, plan: Plan) -> None:
        self._experiment, self._plan = experiment, plan
        self._known: dict[bytes, str | None] = {}
        self._accepted = self._mismatches(experiment)

    def complaint(self, values: Mapping[str, Any]) -> str | None:
        """Why these values make nothing that can be trained on the data, in a sentence; None when they do."""
        try:
            experiment = trial_experiment(self._experiment, values, self._plan)
        except (SpaceError, GraphError, ExperimentError) as error:
            return str(error)
        key = dump(graph_to_json(experiment.graph))
        if key not in self._known:
            self._known[key] = self._look_at(experiment)
        return self._known[key]

    def _look_at(self, experiment: Experiment) -> str | None:
        try:
            refuse_broken(experiment.graph, inspect_graph(experiment.graph))
        except BuildError as error:
            return str(error)
        return next((told for told in self._mismatches(experiment) if told not in self._accepted), None)

    def _mismatches(self, experiment: Experiment) -> list[str]:
        """What the data say against the graph's ends."""
        inspection = inspect_graph(experiment.graph)
        return [problem.message for problem in without_weights(lambda: match_problems(experiment, inspection))]
