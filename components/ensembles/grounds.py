"""Grounds: what members stand on: the experiment of a run or a trial, and the layers whose outputs trees can take; no Keras."""

from __future__ import annotations

from components.experiment import Experiment, experiment_from_json
from components.graph import Graph, Json, ancestors, calls_of, is_input, last_hidden, source_of, topological_order
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
    """The nodes whose output trees can stand on, the usual one first: layers called once that lead to an output.

    A layer that is called several times gives several things, and a nested model is seen by what follows it.
    """
    ends = {source_of(reference) for reference in graph.outputs}
    needed = ends.union(*(ancestors(graph, end) for end in ends))
    found = [
        node
        for node in reversed(topological_order(graph))
        if node.id in needed
        and not isinstance(layer := graph.layer_of(node), Graph)
        and not is_input(layer)
        and len(calls_of(graph, node.layer)) == 1
    ]
    usual = last_hidden(graph)
    return [node.id for node in sorted(found, key=lambda node: (node.layer != usual, node.id in ends))]


def ground_of(name: str, graph: Graph, node: str | None) -> str:
    """The layer that trees stand on: that of the node, or the last hidden one; EnsembleError when they cannot."""
    offered = grounds_in(graph)
    if not offered:
        raise EnsembleError(f"Trees stand on a layer that is called once, and “{name}” has none; use the inputs.")
    if node is not None and node not in offered:
        raise EnsembleError(
            f"Trees stand on one of {', '.join(offered)} of “{name}”, and not on “{node[:40]}”; choose one."
        )
    return graph.node(node or offered[0]).layer
