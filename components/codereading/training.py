"""`compile` and `fit` as Training: optimizer, losses, weights, metrics, callbacks, epochs and batch size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from components.codereading.configs import Tell, json_value, reason_of, shown, snake_case
from components.codereading.errors import NotRead
from components.codereading.values import KerasName, KerasObject, Value
from components.experiment import Callback, Training
from components.settings import CALLBACKS, LOSSES, METRICS, OPTIMIZERS

COMPILE = ("optimizer", "loss", "loss_weights", "metrics")
FIT = ("x", "y", "batch_size", "epochs", "verbose", "callbacks")
"""Arguments by place."""

SHORT_NAMES: Mapping[str, str] = {
    "acc": "accuracy",
    "bce": "binary_crossentropy",
    "kld": "kl_divergence",
    "mae": "mean_absolute_error",
    "mape": "mean_absolute_percentage_error",
    "mse": "mean_squared_error",
    "msle": "mean_squared_logarithmic_error",
}


@dataclass
class TrainingNotes:
    """The arguments of the last `compile` and `fit` of a model."""

    compiled: dict[str, Value] = field(default_factory=dict)
    fitted: dict[str, Value] = field(default_factory=dict)


def read_training(said: TrainingNotes, outputs: Sequence[str], tell: Tell) -> Training:
    """The training that was said, for a model with those outputs; what is not read is told."""
    compiled, fitted = said.compiled, said.fitted
    optimizer, rate = read_optimizer(compiled.get("optimizer", "rmsprop"), tell)
    losses = {
        name: loss
        for name, value in per_output(compiled.get("loss"), outputs, tell).items()
        if (loss := read_name(value, LOSSES, "loss", tell))
    }
    weights = per_output(compiled.get("loss_weights"), outputs, tell)
    numbers = {name: float(value) for name, value in weights.items() if isinstance(value, (int, float))}
    return Training(
        optimizer=optimizer,
        learning_rate=rate,
        losses=losses,
        loss_weights=numbers,
        metrics=read_metrics(compiled.get("metrics"), outputs, tell),
        epochs=whole(fitted.get("epochs", fitted.get("nb_epoch")), 1, "epochs", tell),
        batch_size=whole(fitted.get("batch_size"), 32, "batch_size", tell),
        shuffle=fitted.get("shuffle", True) is not False,
        callbacks=tuple(read_callbacks(fitted.get("callbacks"), tell)),
    )


def whole(value: Value, default: int, name: str, tell: Tell) -> int:
    """A positive whole number, or the default."""
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    if value is not None:
        tell(f"{name} is not written as a whole number, so {default} stands there.")
    return default


def read_optimizer(value: Value, tell: Tell) -> tuple[str, float]:
    """The optimizer's class and its learning rate."""
    written = (
        value.made_by.last if isinstance(value, KerasObject) else value.last if isinstance(value, KerasName) else value
    )
    name = next((known for known in OPTIMIZERS if isinstance(written, str) and known.lower() == written.lower()), None)
    if name is None:
        tell(f"The optimizer {described(value)} is not known here, so Adam stands there.")
        return "Adam", 0.001
    rate = default_rate(name)
    if isinstance(value, KerasObject):
        given = {**dict(zip(("learning_rate",), value.positional, strict=False)), **value.named}
        chosen = given.pop("learning_rate", given.pop("lr", rate))
        if isinstance(chosen, (int, float)) and not isinstance(chosen, bool):
            rate = float(chosen)
        else:
            tell(f"The learning rate of {name} is no plain number, so {rate} stands there.")
        if kept := sorted(set(given) - {"name"}):
            tell(f"{name} is read with its learning rate only; {', '.join(map(shown, kept))} was left out.")
    return name, rate


def default_rate(name: str) -> float:
    """The learning rate that Keras gives the optimizer."""
    rates = [p.default for p in OPTIMIZERS[name].parameters if p.name == "learning_rate"]
    return float(rates[0]) if rates and rates[0] is not None else {"SGD": 0.01}.get(name, 0.001)


def per_output(value: Value, outputs: Sequence[str], tell: Tell) -> dict[str, Value]:
    """What was said for each output: by name, in order, or once for all."""
    if value is None:
        return {}
    if isinstance(value, dict):
        if unknown := [name for name in value if name not in outputs]:
            tell(f"There is no output “{shown(unknown[0])}”, so what is said of it was left out.")
        return {name: value[name] for name in outputs if name in value}
    if isinstance(value, (list, tuple)):
        return dict(zip(outputs, value, strict=False))
    return dict.fromkeys(outputs, value)


def read_metrics(value: Value, outputs: Sequence[str], tell: Tell) -> dict[str, tuple[str, ...]]:
    """The metrics of each output."""
    if isinstance(value, (list, tuple)) and not any(isinstance(item, (list, tuple)) for item in value):
        chosen: dict[str, Value] = dict.fromkeys(outputs, value)
    else:
        chosen = per_output(value, outputs, tell)
    read: dict[str, tuple[str, ...]] = {}
    for output, items in chosen.items():
        items = items if isinstance(items, (list, tuple)) else [items]
        names = [read_name(item, METRICS, "metric", tell) for item in items if item is not None]
        if any(names):
            read[output] = tuple(name for name in names if name)
    return read


def read_name(value: Value, known: Mapping[str, Any], sort: str, tell: Tell) -> str | None:
    """The name of a loss or metric, however it was written; None, told, when it is none of the known."""
    if value is None:
        return None
    written = (
        value.made_by.last if isinstance(value, KerasObject) else value.last if isinstance(value, KerasName) else value
    )
    if isinstance(value, KerasObject) and (kept := sorted(set(value.named) - {"name"})):
        tell(f"The {sort} {shown(written)} is read by its name only; {', '.join(map(shown, kept))} was left out.")
    if isinstance(written, str):
        for name in (written, SHORT_NAMES.get(written.lower(), ""), snake_case(written)):
            if name in known:
                return name
    tell(f"The {sort} {described(value)} is not known here, so it was left out.")
    return None


def described(value: Value) -> str:
    """A value in a note."""
    if isinstance(value, str):
        return f"“{shown(value)}”"
    if isinstance(value, KerasObject):
        return f"“{shown(value.made_by.last)}”"
    return f"“{shown(value.last)}”" if isinstance(value, KerasName) else "of the code"


def read_callbacks(value: Value, tell: Tell) -> list[Callback]:
    """The callbacks of a fit that are known here."""
    if value is not None and not isinstance(value, (list, tuple)):
        value = [value]
    return [callback for item in value or () if (callback := read_callback(item, tell))]


def read_callback(value: Value, tell: Tell) -> Callback | None:
    """One callback; None, told, when it is not known here."""
    if not isinstance(value, KerasObject) or value.made_by.last not in CALLBACKS:
        tell(f"The callback {described(value)} is not known here, so it was left out.")
        return None
    kind = value.made_by.last
    names = [parameter.name for parameter in CALLBACKS[kind].parameters]
    config: dict[str, Any] = {}
    for name, item in {**dict(zip(names, value.positional, strict=False)), **value.named}.items():
        if name not in names:
            if name != "verbose":
                tell(f"{kind} has no parameter “{shown(name)}” here, so it was left out.")
            continue
        try:
            config[name] = json_value(item, name)
        except NotRead:
            tell(f"“{name}” of {kind} was left at its default: {reason_of(item)}")
    return Callback(kind, config)
