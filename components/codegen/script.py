"""Experiment → a training script with a command line: epochs, batch size, learning rate, seed and where to save."""

from __future__ import annotations

from components.codegen import FILE_NAMES, Feed, head_lines, model_functions, separated
from components.codegen.calls import Call
from components.codegen.data import chosen_dataset, data_call, data_source, select_function
from components.codegen.errors import CodeError
from components.codegen.layout import Expression, Keyword, Line, literal, statement, string
from components.codegen.naming import Names
from components.codegen.own import carried
from components.codegen.training import compile_call, fit_call, optimizer_call
from components.experiment import Experiment
from components.graph import clean_name

SCRIPT_NAMES = (*FILE_NAMES, "argparse", "arguments", "parser", "read_arguments", "name", "value")

OUTPUT = "--output"


def generate_script(experiment: Experiment, input_feed: Feed = "dict") -> str:
    """The experiment as a Python file that trains from a command line and saves the model, as `ruff format` has it.

    Raises CodeError as `generate_code` does, and when the experiment has no data to train on.
    """
    dataset = chosen_dataset(experiment.data)
    if dataset is None:
        raise CodeError("A training script needs data, and this experiment has none; choose some under Train.")
    own = carried(experiment.training, SCRIPT_NAMES)
    names = Names((*SCRIPT_NAMES, *own.names))
    function, source = data_source(dataset, names)
    made = data_call(function, dataset, experiment.data)
    if experiment.data.seed is None:
        made = replaced(made, seed="arguments.seed")
    parts = [source, select_function(experiment, input_feed, "select_arrays")]
    parts += [own.definitions] if own.definitions else []
    parts += model_functions(experiment, names, sequential=False)
    uses_layers = any("layers." in line.text for part in parts for line in part)
    parts += [arguments_function(experiment), main_function(experiment, made)]
    parts += [[Line('if __name__ == "__main__":'), Line("    main()")]]
    lines = separated([head_of_script(experiment, uses_layers, own.imports), *parts])
    return "\n".join(line.text for line in lines) + "\n"


def head_of_script(experiment: Experiment, uses_layers: bool, own: list[str]) -> list[Line]:
    """Docstring and imports; the seed is an argument here."""
    docstring, empty, *imports = head_lines(experiment, uses_layers, own)[:-2]
    said = docstring.text.removesuffix('"""')
    return [
        Line(said),
        Line(),
        Line("Train it with its settings or your own:"),
        Line(),
        Line(f"    python this_file.py --epochs {experiment.training.epochs} {OUTPUT} {saved_as(experiment)}"),
        Line('"""'),
        empty,
        Line("import argparse"),
        Line(),
        *imports,
    ]


def saved_as(experiment: Experiment) -> str:
    """The file that the model is saved to where the command line names none."""
    return f"{clean_name(experiment.name.lower())}.keras"


def replaced(made: Call, **keywords: Expression) -> Call:
    """The call with the values of some of its keyword arguments replaced."""
    arguments = tuple(
        Keyword(a.name, keywords[a.name]) if isinstance(a, Keyword) and a.name in keywords else a
        for a in made.arguments
    )
    return Call(made.function, arguments)


def arguments_function(experiment: Experiment) -> list[Line]:
    """`read_arguments`: the form's settings are the defaults."""
    training = experiment.training
    return [
        Line("def read_arguments():"),
        Line('    """Return what the command line says."""'),
        Line('    parser = argparse.ArgumentParser(description="Train the model and save it.")'),
        *option("--epochs", "int", literal(training.epochs)),
        *option("--batch-size", "int", literal(training.batch_size)),
        *option("--learning-rate", "float", literal(float(training.learning_rate))),
        *option("--seed", "int", literal(int(experiment.seed))),
        *option(OUTPUT, None, string(saved_as(experiment))),
        Line("    arguments = parser.parse_args()"),
        Line('    if not arguments.output.endswith(".keras"):'),
        Line('        parser.error("--output is the name of a file that ends in .keras")'),
        Line("    return arguments"),
    ]


def option(flag: str, kind: str | None, default: Expression) -> list[Line]:
    """`parser.add_argument("--epochs", type=int, default=20)`."""
    keywords = [Keyword("type", kind)] if kind else []
    return statement(Call("parser.add_argument", (string(flag), *keywords, Keyword("default", default))))


def main_function(experiment: Experiment, made: Call) -> list[Line]:
    """`main`: from the command line to the saved model."""
    optimizer = replaced(optimizer_call(experiment.training), learning_rate="arguments.learning_rate")
    fit = replaced(fit_call(experiment.training), epochs="arguments.epochs", batch_size="arguments.batch_size")
    return [
        Line("def main():"),
        Line('    """Train the model, print how it does on data that it has not seen, and save it."""'),
        Line("    arguments = read_arguments()"),
        *statement(made, "data = "),
        *(Line(f'    x_{s}, y_{s} = select_arrays(*data["{s}"])') for s in ("train", "validation", "test")),
        Line(),
        Line("    keras.utils.set_random_seed(arguments.seed)"),
        Line("    model = build_model()"),
        Line("    model.summary()"),
        *statement(replaced(compile_call(experiment), optimizer=optimizer)),
        *statement(fit),
        Line(),
        Line("    results = model.evaluate(x_test, y_test, verbose=0, return_dict=True)"),
        Line("    for name, value in results.items():"),
        Line('        print(f"test {name}: {value:.4f}")'),
        Line("    model.save(arguments.output)"),
        Line('    print(f"saved {arguments.output}")'),
    ]
