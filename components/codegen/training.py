"""The part of the file that makes the data, compiles, fits and evaluates."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

from components.checks import losses_of
from components.codegen.data import fed, input_arrays
from components.codegen.errors import CodeError
from components.codegen.layout import (
    Call,
    Expression,
    Keyword,
    Line,
    call,
    listing,
    literal,
    statement,
    table,
)
from components.experiment import Callback, Experiment, Training
from components.graph import output_names
from components.own_callbacks import known_callbacks
from components.settings import CALLBACKS, OPTIMIZERS, WRITTEN


def main_lines(experiment: Experiment, make_data: Call | None, select: str, feed: str) -> list[Line]:
    """The function `main`: everything from the data to the figures on the test split."""
    if make_data is None:
        return untrained_main()
    return [
        Line("def main():"),
        Line('    """Train the model and print how it does on data that it has not seen."""'),
        *statement(make_data, "data = "),
        *(Line(f'    x_{split}, y_{split} = {select}(*data["{split}"])') for split in ("train", "validation", "test")),
        Line(),
        *built_lines(),
        *statement(compile_call(experiment)),
        *statement(fit_call(experiment.training)),
        Line(),
        Line("    results = model.evaluate(x_test, y_test, verbose=0, return_dict=True)"),
        Line("    for name, value in results.items():"),
        Line('        print(f"test {name}: {value:.4f}")'),
        *other_feed_lines(experiment, feed),
    ]


def untrained_main() -> list[Line]:
    """`main` where there is nothing to train on yet: it shows the model."""
    return [
        Line("def main():"),
        Line('    """Show the model."""'),
        *built_lines(),
        Line("    # Choose data in the dashboard, and compile and fit appear here."),
    ]


def built_lines() -> list[Line]:
    """A seeded model, shown."""
    return [
        Line("    keras.utils.set_random_seed(SEED)"),
        Line("    model = build_model()"),
        Line("    model.summary()"),
    ]


def other_feed_lines(experiment: Experiment, feed: str) -> list[Line]:
    """The other way to feed several inputs: in order where they went by name, by name where they went in order."""
    arrays = input_arrays(experiment)
    if len(arrays) < 2:
        return []
    way, other = ("in order, as a list", "list") if feed == "dict" else ("by name, as a dict", "dict")
    return [
        Line(),
        Line(f"    # Inputs can be fed {way}, just as well."),
        Line('    inputs, _ = data["test"]'),
        *statement(fed(arrays, other), "x_test = "),
        Line("    predictions = model.predict(x_test, verbose=0)"),
        *print_shapes(experiment),
    ]


def print_shapes(experiment: Experiment) -> list[Line]:
    """Lines that print the shape of what each output predicts."""
    if len(experiment.graph.outputs) == 1:
        return [Line('    print("predictions:", predictions.shape)')]
    return [
        Line("    for name, values in zip(model.output_names, predictions, strict=True):"),
        Line('        print(f"predictions of {name}:", values.shape)'),
    ]


# compile


def compile_call(experiment: Experiment) -> Call:
    """`model.compile(…)` with a loss, a weight and metrics for each output."""
    training = replace(experiment.training, losses=losses_of(experiment))
    outputs = list(dict.fromkeys(output_names(experiment.graph)))
    arguments: dict[str, Expression] = {"optimizer": optimizer_call(training), "loss": losses(training, outputs)}
    if len(outputs) > 1 and any(name in training.loss_weights for name in outputs):
        arguments["loss_weights"] = loss_weights(training, outputs)
    if any(training.metrics.get(name) for name in outputs):
        arguments["metrics"] = metrics(training, outputs)
    return call("model.compile", **arguments)


def optimizer_call(training: Training) -> Call:
    """`keras.optimizers.Adam(learning_rate=0.001)`."""
    if training.optimizer not in OPTIMIZERS:
        raise CodeError(f"There is no optimizer “{training.optimizer[:40]}”; choose one of {', '.join(OPTIMIZERS)}.")
    return call(f"keras.optimizers.{training.optimizer}", learning_rate=literal(training.learning_rate))


def losses(training: Training, outputs: list[str]) -> Expression:
    """The loss of each output; Keras wants every output named, those without a loss as None."""
    if len(outputs) == 1:
        return literal(training.losses.get(outputs[0]))
    return table({name: literal(training.losses.get(name)) for name in outputs})


def loss_weights(training: Training, outputs: list[str]) -> Expression:
    """The weight of each output's loss, 1 where none is given."""
    weights = {name: training.loss_weights.get(name, 1.0) if training.losses.get(name) else None for name in outputs}
    return table({name: literal(weight) for name, weight in weights.items()})


def metrics(training: Training, outputs: list[str]) -> Expression:
    """The metrics of each output that has some."""
    chosen = {name: listing(map(literal, training.metrics[name])) for name in outputs if training.metrics.get(name)}
    return next(iter(chosen.values())) if len(outputs) == 1 else table(chosen)


# fit


def fit_call(training: Training) -> Call:
    """`model.fit(…)`."""
    arguments: dict[str, Expression] = {
        "validation_data": "(x_validation, y_validation)",
        "epochs": literal(training.epochs),
        "batch_size": literal(training.batch_size),
    }
    if not training.shuffle:
        arguments["shuffle"] = "False"
    if training.callbacks:
        arguments["callbacks"] = listing(map(callback_call, training.callbacks))
    return call("model.fit", "x_train", "y_train", **arguments)


def callback_call(callback: Callback) -> Call:
    """`keras.callbacks.EarlyStopping(patience=3)`, or a person's own, whose class the file carries."""
    known = known_callbacks()
    if callback.kind not in known:
        raise CodeError(f"There is no callback “{callback.kind[:40]}”; choose one of {', '.join(known)}.")
    parameters = known[callback.kind].parameters
    unknown = next((name for name in callback.config if name not in {parameter.name for parameter in parameters}), None)
    if unknown is not None:
        raise CodeError(f"{callback.kind} has no parameter “{str(unknown)[:40]}”; remove it.")
    given = {p.name: callback.config.get(p.name) for p in parameters if p.name in callback.config or p.required}
    arguments = (Keyword(name, literal(file_in_place(name, value))) for name, value in given.items())
    module = "keras.callbacks." if callback.kind in CALLBACKS else ""
    return Call(f"{module}{callback.kind}", tuple(arguments))


def file_in_place(name: str, value: Any) -> Any:
    """The value; of a file to write only its own name, so that it lands in the folder of the program."""
    if name not in WRITTEN:
        return value
    return PureWindowsPath(PurePosixPath(str(value)).name).name or WRITTEN[name]
