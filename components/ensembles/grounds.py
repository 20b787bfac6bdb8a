"""Grounds: what members stand on: the experiment of a run or a trial, and the layers whose outputs trees can take; no Keras."""

from __future__ import annotations

from collections.abc import Sequence

from components.experiment import Experiment, experiment_from_json
from components.graph import Graph, Json, calls_within, last_hidden, leading_to_outputs, source_of
from components.runs import Run
from components.searching.studies import read_study, trial_experiment
from components.searching.trials import TrialRow, read_trials
from components.store import Store


class EnsembleError(ValueError):
    """Members that cannot be put together; the text says the rule, the value and the remedy."""


def trial_of(store: Store, run: Run, sampler: str, number: int) -> TrialRow:
    """A trial of a study."""
    row = read_trials(store, run.id).rows.get((sampler, number))
    if row is None:
        raise EnsembleError(f"There is no trial {number} of {sampler} in this search; choose another.")
    return row


def experiment_of(store: Store, content: Json) -> Experiment:
    """The experiment behind a run, or behind a trial of a study."""
    run = store.run(content["run"])
    if content["kind"] != "trial":
        return experiment_from_json(run.experiment)
    experiment, plan = read_study(run)
    return trial_experiment(experiment, trial_of(store, run, content["sampler"], content["number"]).values, plan)


def grounds_in(graph: Graph) -> list[str]:
    """The calls whose outputs trees can stand on, as `components.graph.calls_within` names them, the usual one first.

    Those are all that lead to an output, inside nested models too; what is one comes last.
    """
    ends = {source_of(reference) for reference in graph.outputs}
    found = {name: call.way for name, call in calls_within(graph).items() if leads_on(graph, call.way)}
    usual = last_hidden(graph)
    last_first = [*found][::-1]
    return sorted(last_first, key=lambda name: (name != usual, len(found[name]) == 1 and found[name][0] in ends))


def leads_on(graph: Graph, way: Sequence[str]) -> bool:
    """Whether an output hangs on the call at the end of a way, and on each model around it."""
    node, *inside = way
    if node not in leading_to_outputs(graph):
        return False
    inner = graph.layer_of(graph.node(node))
    return not inside or (isinstance(inner, Graph) and leads_on(inner, inside))


def ground_of(name: str, graph: Graph, call: str | None) -> str:
    """The call that trees stand on: the one asked for, or the last hidden one; EnsembleError when they cannot."""
    offered = grounds_in(graph)
    if call is not None and call not in offered:
        raise EnsembleError(
            f"Trees stand on one of {', '.join(offered)} of “{name}”, and not on “{call[:40]}”; choose one."
        )
    return call or offered[0]
