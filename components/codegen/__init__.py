"""Experiment → Python: a functional-API file as a person would write it, which runs as it is."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Literal

from components.codegen.data import chosen_dataset, data_call, data_file, data_source, select_function
from components.codegen.errors import CodeError
from components.codegen.functions import builder_lines, is_chain
from components.codegen.layout import Line
from components.codegen.naming import Names
from components.codegen.own import carried
from components.codegen.planning import plan_builders
from components.codegen.training import main_lines
from components.experiment import Experiment
from components.graph import clean_name

__all__ = ["CodeError", "generate_code", "generate_lines", "is_chain"]

Style = Literal["functional", "sequential"]
Feed = Literal["dict", "list"]

FILE_NAMES = ("SEED", "main", "select_arrays", "build_model", "data", "model", "results", "inputs", "targets")
"""Names that the file itself uses; the data function and the models inside the model get others."""


def generate_code(experiment: Experiment, style: Style = "functional", input_feed: Feed = "dict") -> str:
    """The experiment as a Python file, formatted as `ruff format` does.

    `style="sequential"` writes the graph as `keras.Sequential`; `input_feed` says whether several inputs are fed to
    `fit` as a dict of names or as a list. Raises CodeError when the experiment cannot be written: it has no output, an
    unknown layer or dataset, or is no chain and is wanted as `Sequential`.
    """
    return "\n".join(line.text for line in write_file(experiment, style, input_feed)) + "\n"


def generate_lines(
    experiment: Experiment, style: Style = "functional", input_feed: Feed = "dict"
) -> dict[str, list[int]]:
    """By node id, the numbers of the lines of `generate_code` that speak of the node, counted from 1.

    Nodes inside a model carry the names of the models that hold them: `"encoder/dense"`.
    """
    numbers: dict[str, list[int]] = {}
    for number, line in enumerate(write_file(experiment, style, input_feed), 1):
        for node in line.nodes:
            numbers.setdefault(node, []).append(number)
    return numbers


def write_file(experiment: Experiment, style: Style, input_feed: Feed) -> list[Line]:
    """All lines of the file."""
    if style == "sequential" and not is_chain(experiment.graph):
        raise CodeError("Sequential is one layer after the other, and this graph branches or shares; use functional.")
    own = carried(experiment.training, FILE_NAMES)
    names = Names((*FILE_NAMES, *own.names))
    dataset = chosen_dataset(experiment.data)
    parts: list[list[Line]] = []
    make_data = None
    if dataset is not None:
        function, source = data_source(dataset, names)
        make_data = data_call(function, dataset, experiment.data)
        parts.append(source)
        parts.append(select_function(experiment, input_feed, "select_arrays"))
        parts += [own.definitions] if own.definitions else []
    parts += model_functions(experiment, names, style == "sequential")
    main = main_lines(experiment, make_data, "select_arrays", input_feed)
    parts += [main, [Line('if __name__ == "__main__":'), Line("    main()")]]
    uses_layers = any("layers." in line.text for part in parts for line in part)
    return separated([head_lines(experiment, uses_layers, own.imports if dataset is not None else ()), *parts])


def model_functions(
    experiment: Experiment, names: Names, sequential: bool, function: str = "build_model"
) -> list[list[Line]]:
    """The functions that build the model, inner ones first; the last is called `function`."""
    title = clean_name(experiment.name.lower())
    builders = plan_builders(experiment.graph, title, names, function)
    taken = [builder.function for builder in builders]
    return [builder_lines(builder, builders, taken, sequential) for builder in builders]


def head_lines(experiment: Experiment, uses_layers: bool, imports: Iterable[str] = ()) -> list[Line]:
    """The file's docstring, where its data must lie if that is a person's own, imports and seed."""
    file = data_file(experiment.data)
    return [
        Line(f'"""{printable(experiment.name) or "A network"}: a Keras model, exported from Layerloom."""'),
        Line(),
        *(
            [Line(f"# Its data is {printable(file, 200)}: put that file into the folder this is run from."), Line()]
            if file
            else []
        ),
        *map(Line, imports),
        Line("import keras"),
        *([Line("from keras import layers")] if uses_layers else []),
        Line(),
        Line(f"SEED = {int(experiment.seed)}"),
    ]


def printable(text: str, most: int = 40) -> str:
    """The text on one line, short, without what could end a docstring or hide in it."""
    kept = "".join(c if unicodedata.category(c)[0] not in "CZ" else " " for c in text if c not in '"\\')
    return " ".join(kept.split())[:most]


def separated(parts: Iterable[list[Line]]) -> list[Line]:
    """The parts with two empty lines between them."""
    lines: list[Line] = []
    for part in parts:
        lines += [Line(), Line(), *part] if lines else part
    return lines
