"""What is happening: plain sentences about a run, each by a stated rule; silent where it knows nothing."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from components.store import Record, Run
from dashboard.texts import say

Logs = Sequence[dict[str, Any]]
"""What `fit` logged, an epoch each."""

FEW = 4
"""Epochs below which a curve says nothing yet."""


def what_is_happening(run: Run, records: Sequence[Record]) -> list[str]:
    """At most two sentences, the most urgent first."""
    logs = [record.values for record in records if record.kind == "epoch"]
    signals = next((record.values for record in reversed(records) if record.kind == "signals"), {})
    sentences = [rule(run, logs, signals) for rule in RULES]
    return [sentence for sentence in sentences if sentence][:2]


def column(logs: Logs, name: str) -> list[float]:
    """One logged value through the epochs; empty when an epoch lacks it."""
    values = [log.get(name) for log in logs]
    return [float(value) for value in values] if values and all(isinstance(v, (int, float)) for v in values) else []


def not_a_number(run: Run, logs: Logs, signals: dict) -> str | None:
    """The loss is NaN or infinite."""
    loss = logs[-1].get("loss") if logs else 0.0
    if isinstance(loss, (int, float)) and math.isfinite(loss):
        return None
    return say("The loss is no longer a number: the steps are too long. Rewind and lower the learning rate.")


def diverging(run: Run, logs: Logs, signals: dict) -> str | None:
    """The training loss is far above where it began, for three epochs."""
    loss = column(logs, "loss")
    if len(loss) < FEW or not all(value > 1.5 * loss[0] for value in loss[-3:]):
        return None
    return say("The training loss is above where it began: it diverges. A smaller learning rate would calm it.")


def overfitting(run: Run, logs: Logs, signals: dict) -> str | None:
    """Validation has not improved for a while and training still does."""
    loss, validation = column(logs, "loss"), column(logs, "val_loss")
    if len(validation) < FEW:
        return None
    best = min(range(len(validation)), key=validation.__getitem__)
    since = len(validation) - 1 - best
    if since < 4 or validation[-1] < 1.03 * validation[best] or loss[-1] > 0.98 * loss[best]:
        return None
    stop = patience_left(run, since)
    sentence = say(
        "Validation loss has not improved for {since} epochs while training loss falls: the network begins to remember its training data.",
        since=since,
    )
    return f"{sentence} {stop}" if stop else sentence


def patience_left(run: Run, since: int) -> str | None:
    """When EarlyStopping will end the run, if it goes on like this."""
    for callback in run.experiment["training"]["callbacks"]:
        if callback["kind"] == "EarlyStopping" and callback["config"].get("monitor", "val_loss") == "val_loss":
            left = int(callback["config"].get("patience", 0)) - since
            if left > 0 and run.active:
                return say("EarlyStopping will stop at epoch {epoch}.", epoch=run.epoch + left)
    return None


def drowning(run: Run, logs: Logs, signals: dict) -> str | None:
    """One output's weighted loss is nearly all of the total."""
    weights = run.experiment["training"]["loss_weights"]
    names = [name for name in (logs[-1] if logs else {}) if name.endswith("_loss") and not name.startswith("val_")]
    if len(names) < 2:
        return None
    shares = {
        name[: -len("_loss")]: abs(logs[-1][name]) * float(weights.get(name[: -len("_loss")], 1)) for name in names
    }
    total = sum(shares.values())
    largest = max(shares, key=shares.__getitem__)
    if not total or not math.isfinite(total) or shares[largest] < 0.85 * total:
        return None
    share = round(100 * shares[largest] / total)
    return say(
        "{name} makes {share} % of the total loss and drowns the others; lower its loss weight.",
        name=largest,
        share=share,
    )


def dead_layer(run: Run, logs: Logs, signals: dict) -> str | None:
    """Most units of a layer never answer."""
    dead = {name: share for name, share in signals.get("dead", {}).items() if isinstance(share, (int, float))}
    worst = max(dead, key=dead.__getitem__, default=None)
    if worst is None or dead[worst] < 0.5:
        return None
    share = round(100 * dead[worst])
    return say(
        "{share} % of the units of {name} never answer: they are dead and learn nothing.", share=share, name=worst
    )


def vanishing(run: Run, logs: Logs, signals: dict) -> str | None:
    """The gradient of one layer is a thousandth of another's."""
    sizes = {name: size for name, size in signals.get("gradients", {}).items() if isinstance(size, float) and size > 0}
    if len(sizes) < 3:
        return None
    least, greatest = min(sizes, key=sizes.__getitem__), max(sizes, key=sizes.__getitem__)
    if sizes[least] > 1e-3 * sizes[greatest]:
        return None
    return say(
        "The gradient at {least} is less than a thousandth of that at {greatest}: it vanishes on the way.",
        least=least,
        greatest=greatest,
    )


def plateau(run: Run, logs: Logs, signals: dict) -> str | None:
    """Over the last ten epochs the training loss moved by less than a hundredth."""
    loss = column(logs, "loss")[-10:]
    if not run.active or len(loss) < 10 or max(loss) - min(loss) > 0.01 * abs(loss[0]):
        return None
    return say("The training loss has hardly moved for ten epochs: a plateau. Another learning rate may help.")


def ended(run: Run, logs: Logs, signals: dict) -> str | None:
    """How the run ended, and what its best epoch was."""
    validation = column(logs, "val_loss")
    if run.active or not validation:
        return None
    best = min(range(len(validation)), key=validation.__getitem__)
    return say(
        "Best at epoch {epoch}: validation loss {loss}.", epoch=best + 1, loss=f"{validation[best]:.3g}"
    ) + accuracy_at(logs, best)


def accuracy_at(logs: Logs, epoch: int) -> str:
    """The validation accuracy of an epoch, when there is one for the only output."""
    accuracy = column(logs, "val_accuracy")
    return " " + say("Validation accuracy there: {share} %.", share=f"{100 * accuracy[epoch]:.1f}") if accuracy else ""


def learning(run: Run, logs: Logs, signals: dict) -> str | None:
    """Both losses fall: all is well."""
    loss, validation = column(logs, "loss"), column(logs, "val_loss")
    if not run.active or len(loss) < FEW or not validation:
        return None
    if loss[-1] < 0.97 * loss[-FEW] and validation[-1] < validation[-FEW]:
        return say("Training and validation loss fall together: the network learns what carries over.")
    return None


RULES: tuple[Callable[[Run, Logs, dict], str | None], ...] = (
    not_a_number,
    diverging,
    overfitting,
    drowning,
    dead_layer,
    vanishing,
    plateau,
    ended,
    learning,
)
"""In the order of urgency."""
