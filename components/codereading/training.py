"""`compile` and `fit` as Training: optimizer, losses, weights, metrics, callbacks, epochs and batch size."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
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


SILENT = {"x", "y", "generator", "validation_data", "verbose"}
"""Arguments of `fit` that say nothing of how it trains, or what the data says already."""

TRAINING_METHODS: Mapping[str, Sequence[str]] = {"compile": COMPILE, "fit": FIT, "fit_generator": FIT}
"""What is listened to, and the names of its arguments by place."""

TellAt = Callable[[str, int | None], None]
"""Takes a note on a line; on the one that is being read where there is none."""


@dataclass
class TrainingNotes:
    """The arguments of the last `compile` and `fit` of a model, and where in the source each stands."""

    compiled: dict[str, Value] = field(default_factory=dict)
    fitted: dict[str, Value] = field(default_factory=dict)
    nodes: dict[str, ast.expr] = field(default_factory=dict)

    def hear(self, method: str, positional: Sequence[Value], named: Mapping[str, Value], call: ast.Call) -> None:
        """What a call of one of TRAINING_METHODS was given, in place of what an earlier call was."""
        places = TRAINING_METHODS[method]
        given = {**dict(zip(places, positional, strict=False)), **named}
        if method == "compile":
            self.compiled = given
        else:
            self.fitted = given
        written = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
        self.nodes |= dict.fromkeys(given, call) | dict(zip(places, call.args, strict=False)) | written

    def line(self, name: str, *path: str | int) -> int | None:
        """Where an argument is written, or what stands under keys and places in it."""
        node = self.nodes.get(name)
        for step in path:
            if isinstance(node, ast.Dict):
                keys = [key.value if isinstance(key, ast.Constant) else None for key in node.keys]
                node = node.values[keys.index(step)] if step in keys else node
            elif isinstance(node, (ast.List, ast.Tuple)) and isinstance(step, int) and step < len(node.elts):
                node = node.elts[step]
        return node.lineno if node is not None else None


At = Callable[..., Tell]
"""From the name of an argument, and the way to a part of it, to what takes a note on its line."""


def read_training(said: TrainingNotes, outputs: Sequence[str], tell_at: TellAt) -> Training:
    """The training that was said, for a model with those outputs; what is not read is told."""
    compiled, fitted = said.compiled, said.fitted

    def at(name: str, *path: str | int) -> Tell:
        return lambda sentence: tell_at(sentence, said.line(name, *path))

    optimizer, rate = read_optimizer(compiled.get("optimizer", "rmsprop"), at("optimizer"))
    losses = {
        name: loss
        for place, (name, value) in enumerate(per_output("loss", compiled.get("loss"), outputs, at).items())
        if (loss := read_name(value, LOSSES, "loss", at("loss", step(compiled["loss"], name, place))))
    }
    tell_unread(said, at)
    return Training(
        optimizer=optimizer,
        learning_rate=rate,
        losses=losses,
        loss_weights=read_weights(compiled.get("loss_weights"), outputs, at),
        metrics=read_metrics(compiled.get("metrics"), outputs, at),
        epochs=whole(fitted.get("epochs", fitted.get("nb_epoch")), 1, "epochs", at("epochs")),
        batch_size=whole(fitted.get("batch_size"), 32, "batch_size", at("batch_size")),
        shuffle=read_shuffle(fitted.get("shuffle", True), at("shuffle")),
        callbacks=tuple(read_callbacks(fitted.get("callbacks"), at)),
    )


def step(value: Value, name: str, place: int) -> str | int:
    """The way into an argument to what is said of one output: its name in a table, its place in a list."""
    return name if isinstance(value, dict) else place


def tell_unread(said: TrainingNotes, at: At) -> None:
    """Name the arguments that an experiment has no place for."""
    for method, given, known in (("compile", said.compiled, COMPILE), ("fit", said.fitted, FIT)):
        for name in given.keys() - {*known, *SILENT, "shuffle", "nb_epoch"}:
            at(name)(f"The argument “{shown(name)}” of {method} is not kept.")


def whole(value: Value, default: int, name: str, tell: Tell) -> int:
    """A positive whole number, or the default."""
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    if value is not None:
        tell(f"{name} is not written as a whole number, so {default} stands there.")
    return default


def read_shuffle(value: Value, tell: Tell) -> bool:
    """Whether rows are shuffled."""
    if not isinstance(value, bool):
        tell("shuffle is not written as True or False, so True stands there.")
    return value is not False


def read_weights(value: Value, outputs: Sequence[str], at: At) -> dict[str, float]:
    """The weight of each output's loss that is a plain number."""
    numbers = {}
    for place, (name, weight) in enumerate(per_output("loss_weights", value, outputs, at).items()):
        if isinstance(weight, (int, float)):
            numbers[name] = float(weight)
        elif weight is not None:
            at("loss_weights", step(value, name, place))(
                f"The loss weight of “{name}” is no plain number, so 1 stands there."
            )
    return numbers


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


def per_output(argument: str, value: Value, outputs: Sequence[str], at: At) -> dict[str, Value]:
    """What was said for each output: by name, in order, or once for all."""
    if value is None:
        return {}
    if isinstance(value, dict):
        for name in value:
            if name not in outputs:
                at(argument, name)(f"There is no output {described(name)}, so what is said of it was left out.")
        return {name: value[name] for name in outputs if name in value}
    if isinstance(value, (list, tuple)):
        if len(value) != len(outputs):
            counts = f"{len(value)} for {len(outputs)} outputs"
            at(argument)(
                f"{argument} has one entry for each output, and these are {counts}; what has no pair was left out."
            )
        return dict(zip(outputs, value, strict=False))
    return dict.fromkeys(outputs, value)


def read_metrics(value: Value, outputs: Sequence[str], at: At) -> dict[str, tuple[str, ...]]:
    """The metrics of each output."""
    listed = isinstance(value, (list, tuple))
    one_for_all = listed and not any(isinstance(item, (list, tuple)) for item in value)
    chosen = dict.fromkeys(outputs, value) if one_for_all else per_output("metrics", value, outputs, at)
    read: dict[str, tuple[str, ...]] = {}
    for place, (output, items) in enumerate(chosen.items()):
        path = () if one_for_all else (step(value, output, place),)
        items = items if isinstance(items, (list, tuple)) else [items]
        names = [
            read_name(item, METRICS, "metric", at("metrics", *path, number))
            for number, item in enumerate(items)
            if item is not None
        ]
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


def read_callbacks(value: Value, at: At) -> list[Callback]:
    """The callbacks of a fit that are known here."""
    if value is not None and not isinstance(value, (list, tuple)):
        value = [value]
    items = enumerate(value or ())
    return [callback for place, item in items if (callback := read_callback(item, at("callbacks", place)))]


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
