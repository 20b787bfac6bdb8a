"""The data function's own source, and which of its arrays feed the model."""

from __future__ import annotations

import ast
import builtins
import inspect
import symtable
import textwrap
from collections.abc import Iterator

from components.codegen.errors import CodeError
from components.codegen.layout import STEP, Call, Expression, Line, call, lay_out, literal, statement, string, table
from components.codegen.layout import listing as listing_of
from components.codegen.naming import Names
from components.datasets import DATASETS, Dataset
from components.experiment import Data, Experiment
from components.graph import output_names


def chosen_dataset(data: Data) -> Dataset | None:
    """The experiment's dataset; None when it names none, CodeError when nothing is known under its name."""
    if not data.dataset:
        return None
    if data.dataset not in DATASETS:
        raise CodeError(f"There is no dataset “{data.dataset[:40]}” here; choose another under Train.")
    return DATASETS[data.dataset]


def data_source(dataset: Dataset, names: Names) -> tuple[str, list[Line]]:
    """The name and the lines of the function that makes the dataset, as its author wrote it."""
    source = function_source(dataset)
    function = next(node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef))
    check_self_contained(dataset, source, function)
    name = names.claim(function.name)
    lines = source.splitlines()
    head = lines[function.lineno - 1 : first_line(function) - 1]
    if name != function.name or any(foreign(annotation) for annotation in annotated(function)):
        head = signature(function, name)
    return name, [Line(text) for text in (*head, *lines[first_line(function) - 1 : function.end_lineno])]


def function_source(dataset: Dataset) -> str:
    """The text of the dataset's function; CodeError when it has none that could stand in a file."""
    try:
        source = textwrap.dedent(inspect.getsource(inspect.unwrap(dataset.make)))
        if any(isinstance(node, ast.FunctionDef) for node in ast.parse(source).body):
            return source
    except (OSError, TypeError, SyntaxError):
        pass
    raise CodeError(
        f"A dataset is made by a function with a name of its own, and that of “{dataset.name}” is not; def it."
    )


def first_line(function: ast.FunctionDef) -> int:
    """The line on which the function's body begins."""
    return function.body[0].lineno


def annotated(function: ast.FunctionDef) -> Iterator[ast.expr]:
    """The annotations of the function's arguments and of what it returns."""
    arguments = function.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    yield from (argument.annotation for argument in every if argument and argument.annotation)
    if function.returns:
        yield function.returns


def foreign(annotation: ast.expr) -> bool:
    """Whether the annotation speaks of names that only the dataset's own module knows."""
    return any(isinstance(node, ast.Name) and not hasattr(builtins, node.id) for node in ast.walk(annotation))


def signature(function: ast.FunctionDef, name: str) -> list[str]:
    """The `def` without annotations."""
    arguments = function.args
    plain = [*arguments.posonlyargs, *arguments.args]
    given: list[ast.expr | None] = [None] * (len(plain) - len(arguments.defaults))
    parts = [argument(a, default) for a, default in zip(plain, [*given, *arguments.defaults], strict=True)]
    if arguments.vararg or arguments.kwonlyargs:
        parts.append(f"*{arguments.vararg.arg if arguments.vararg else ''}")
    parts += [argument(a, d) for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)]
    if arguments.kwarg:
        parts.append(f"**{arguments.kwarg.arg}")
    lines = lay_out(call(name, *parts), len("def "), 0, 1)
    return ["def " + lines[0], *lines[1:-1], lines[-1] + ":"] if len(lines) > 1 else [f"def {lines[0]}:"]


def argument(named: ast.arg, default: ast.expr | None) -> str:
    """One argument of a signature."""
    if default is None:
        return named.arg
    text = string(default.value) if isinstance(default, ast.Constant) and isinstance(default.value, str) else None
    return f"{named.arg}={text or ast.unparse(default)}"


def check_self_contained(dataset: Dataset, source: str, function: ast.FunctionDef) -> None:
    """Raise CodeError when the function leans on names of its module: they would be missing in the file."""
    tables = symtable.symtable(source, dataset.name, "exec").get_children()
    missing = [name for found in tables for name in global_names(found) if not hasattr(builtins, name)]
    missing = [name for name in missing if name != function.name]
    if missing:
        raise CodeError(
            f"A dataset's function stands alone, and {function.name} uses “{missing[0]}” from its module; "
            "define or import it inside the function."
        )


def global_names(table: symtable.SymbolTable) -> Iterator[str]:
    """Names that a function and the functions in it look up outside."""
    yield from (symbol.get_name() for symbol in table.get_symbols() if symbol.is_global())
    for inner in table.get_children():
        yield from global_names(inner)


def data_file(data: Data) -> str:
    """The name of a person's own file of data, which lies beside the exported file; empty where there is none."""
    dataset = DATASETS.get(data.dataset)
    return str(data.config.get(dataset.file, "")).rpartition("/")[2] if dataset and dataset.file else ""


def data_call(function: str, dataset: Dataset, data: Data) -> Call:
    """The call that makes the arrays; CodeError when the function takes no such arguments."""
    config = {**dataset.config, **data.config}
    if dataset.file:
        config[dataset.file] = data_file(data)
    try:
        inspect.signature(dataset.make).bind(seed=0, **config)
    except TypeError as error:
        raise CodeError(
            f"The dataset “{dataset.name}” does not take these arguments: {error}; set them again."
        ) from error
    odd = next((name for name in config if not name.isidentifier()), None)
    if odd is not None:
        raise CodeError(f"An argument's name is a Python identifier, and “{odd[:40]}” is not; remove it.")
    seed = "SEED" if data.seed is None else literal(data.seed)
    return call(function, seed=seed, **{name: literal(value) for name, value in config.items()})


def input_arrays(experiment: Experiment) -> dict[str, Expression]:
    """By input name, the array of the split that feeds it."""
    graph, chosen = experiment.graph, experiment.data.inputs
    names = [graph.node(node_id).layer for node_id in graph.inputs]
    return {name: f"inputs[{string(str(chosen.get(name, name)))}]" for name in names}


def target_arrays(experiment: Experiment) -> dict[str, Expression]:
    """By output name, the array of the split that it is compared with."""
    chosen = experiment.data.targets
    return {name: f"targets[{string(str(chosen.get(name, name)))}]" for name in output_names(experiment.graph)}


def fed(arrays: dict[str, Expression], feed: str) -> Expression:
    """The arrays as `fit` takes them: a single one bare, several as a dict of names or as a list."""
    if len(arrays) == 1:
        return next(iter(arrays.values()))
    return table(arrays) if feed == "dict" else listing_of(arrays.values())


def select_function(experiment: Experiment, feed: str, name: str) -> list[Line]:
    """The function that picks, from one split, what the model takes in and what it is to answer."""
    return [
        Line(f"def {name}(inputs, targets):"),
        Line(" " * STEP + '"""Pick the arrays that the model takes in and those that it is to answer."""'),
        *statement(fed(input_arrays(experiment), feed), "x = "),
        *statement(fed(target_arrays(experiment), "dict"), "y = "),
        Line(" " * STEP + "return x, y"),
    ]
