"""What is wrong with an experiment's training, told before it starts; knows names only, no Keras."""

from __future__ import annotations

import re

from components.experiment import Callback, Experiment
from components.graph import Graph, Layer, output_names, source_of
from components.own_callbacks import known_callbacks
from components.parameters import check_values
from components.settings import CALLBACKS, default_loss


def check_training(experiment: Experiment) -> list[str]:
    """A sentence for each thing that would keep the experiment from training, or a callback from its work."""
    outputs = output_names(experiment.graph)
    if not outputs:
        return ["A model that trains has an output, and this graph has none; mark a node as output."]
    return check_outputs(experiment, outputs) + [
        sentence for callback in experiment.training.callbacks for sentence in check_callback(callback, experiment)
    ]


def check_outputs(experiment: Experiment, outputs: list[str]) -> list[str]:
    """Losses, loss weights and metrics belong to outputs that exist, and some output has a loss."""
    training = experiment.training
    settings = {"Losses": training.losses, "Loss weights": training.loss_weights, "Metrics": training.metrics}
    sentences = [
        f"{what} belong to outputs, and “{name}” is none of {', '.join(outputs)}; choose one of them."
        for what, chosen in settings.items()
        for name in chosen
        if name not in outputs
    ]
    if training.losses and not any(training.losses.get(name) for name in outputs):
        sentences.append("A model trains on at least one loss, and no output has one here; choose a loss.")
    return sentences


def check_callback(callback: Callback, experiment: Experiment) -> list[str]:
    """Whether a person's own callback can be made, and whether the value that a callback watches will exist."""
    setting = known_callbacks().get(callback.kind)
    if setting is None:
        return []
    if callback.kind not in CALLBACKS:
        sentences = check_values(callback.kind, setting.parameters, callback.config)
        if sentences:
            return sentences
    watched = next((p for p in setting.parameters if p.name == "monitor"), None)
    monitor, known = watched and (callback.config.get("monitor") or watched.default), logged_names(experiment)
    if monitor is None or monitor in known:
        return []
    return [f"{callback.kind} watches one of {', '.join(known)}, and “{monitor}” will not exist; choose one of these."]


def logged_names(experiment: Experiment) -> list[str]:
    """The names under which `fit` logs losses and metrics of this experiment, those of validation last."""
    outputs, training = output_names(experiment.graph), experiment.training
    losses = losses_of(experiment)
    several = len(outputs) > 1
    names = ["loss"] + [f"{name}_loss" for name in outputs if several and losses.get(name) and len(losses) > 1]
    for output in outputs:
        names += [f"{output}_{m}" if several else m for m in map(logged_metric, training.metrics.get(output, ()))]
    return names + [f"val_{name}" for name in names]


def logged_metric(name: str) -> str:
    """The name under which Keras logs a metric: classes in snake case, functions as they are."""
    if not name[:1].isupper():
        return name
    spaced = re.sub(r"(.)([A-Z][a-z0-9]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", spaced).lower()


def losses_of(experiment: Experiment) -> dict[str, str]:
    """The loss of each output that has one; when none is chosen at all, the usual ones."""
    chosen = {name: loss for name, loss in experiment.training.losses.items() if loss}
    return chosen or default_losses(experiment.graph)


def default_losses(graph: Graph) -> dict[str, str]:
    """The usual loss of each output, by the activation that it ends in."""
    return {output: loss for output, (loss, _) in usual_losses(graph).items()}


def usual_losses(graph: Graph) -> dict[str, tuple[str, str]]:
    """By output, the loss and the metric that go with the activation that it ends in."""
    heads = [graph.layer_of(graph.node(source_of(reference))) for reference in graph.outputs]
    outputs = zip(output_names(graph), heads, strict=True)
    return {output: default_loss(1, activation_of(head)) for output, head in outputs}


def activation_of(layer: Layer | Graph) -> str:
    """The name of the activation that a layer ends in; of a nested model that of its first output."""
    if isinstance(layer, Graph):
        return activation_of(layer.layer_of(layer.node(source_of(layer.outputs[0])))) if layer.outputs else ""
    if layer.kind in ("Softmax", "Sigmoid"):
        return layer.kind.lower()
    return str(layer.config.get("activation") or "")
