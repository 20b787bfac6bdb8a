"""Experiment → Jupyter notebook: the exported code in steps, each with what it does and why in a few sentences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from components.codegen import FILE_NAMES, Feed, model_functions, printable
from components.codegen.data import chosen_dataset, data_call, data_file, data_source, select_function
from components.codegen.layout import STEP, Line, statement
from components.codegen.naming import Names
from components.codegen.own import Carried, carried
from components.codegen.training import compile_call, fit_call, other_feed_lines
from components.datasets import Dataset
from components.experiment import Experiment
from components.graph import Graph, calls_of, output_names

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def generate_notebook(experiment: Experiment, input_feed: Feed = "dict") -> str:
    """The experiment as the text of an .ipynb file; run from top to bottom it trains the model.

    Raises CodeError as `generate_code` does.
    """
    own = carried(experiment.training, FILE_NAMES)
    names = Names((*FILE_NAMES, *own.names))
    dataset = chosen_dataset(experiment.data)
    cells = [*opening(experiment), *data_cells(experiment, dataset, names, input_feed), *model_cells(experiment, names)]
    if dataset is not None:
        cells += [*training_cells(experiment, own), *result_cells(experiment, input_feed)]
    for number, cell in enumerate(cells, 1):
        cell["id"] = f"step-{number}"
    return nbformat.writes(new_notebook(cells=cells, metadata={"kernelspec": KERNEL})) + "\n"


def text(*sentences: str) -> nbformat.NotebookNode:
    """A cell of Markdown."""
    return new_markdown_cell("\n\n".join(sentences))


def code(lines: Iterable[Line | str]) -> nbformat.NotebookNode:
    """A cell of code."""
    return new_code_cell("\n".join(line.text if isinstance(line, Line) else line for line in lines))


def outdented(lines: Iterable[Line]) -> list[str]:
    """Lines of a function's body as lines of a cell."""
    return [line.text[STEP:] for line in lines]


def opening(experiment: Experiment) -> list[nbformat.NotebookNode]:
    """The title, and what everything stands on."""
    return [
        text(
            f"# {printable(experiment.name) or 'A network'}",
            "A Keras model drawn in Layerloom. Run the cells from top to bottom: they make the data, build the model, "
            "train it and look at what it learned. The seed makes a second run start from the same numbers.",
        ),
        code(["import keras", "from keras import layers", "", f"SEED = {int(experiment.seed)}"]),
    ]


def data_cells(
    experiment: Experiment, dataset: Dataset | None, names: Names, feed: Feed
) -> list[nbformat.NotebookNode]:
    """The data: how it is made, and which arrays the model gets."""
    if dataset is None:
        return [text("## The data", "No data was chosen for this model yet, so this notebook ends with its summary.")]
    function, source = data_source(dataset, names)
    file = data_file(experiment.data)
    made = outdented(statement(data_call(function, dataset, experiment.data), "data = "))
    splits = [f'x_{split}, y_{split} = select_arrays(*data["{split}"])' for split in ("train", "validation", "test")]
    return [
        text(
            "## The data",
            f"{dataset.summary or dataset.title} It comes in three parts: the model learns from *train*, is watched on "
            "*validation* while it learns, and is judged once, at the end, on *test*.",
            *(
                [f"It is read from `{plain_name(file)}`: put that file into the folder of this notebook."]
                if file
                else []
            ),
        ),
        code(source),
        text(feeding(experiment, feed)),
        code(select_function(experiment, feed, "select_arrays")),
        code([*made, *splits]),
    ]


def plain_name(file: str) -> str:
    """A file's name between backticks."""
    return printable(file, 200).replace("`", "'")


def feeding(experiment: Experiment, feed: Feed) -> str:
    """How the arrays reach the inputs and outputs."""
    if len(experiment.graph.inputs) < 2:
        return "One array goes into the model. The targets are what it is to answer."
    way = "by the names of the inputs, as a dict" if feed == "dict" else "in the order of the inputs, as a list"
    return f"The model has {len(experiment.graph.inputs)} inputs. Their arrays are given {way}."


def model_cells(experiment: Experiment, names: Names) -> list[nbformat.NotebookNode]:
    """The functions that build the model, and the model."""
    parts = model_functions(experiment, names, sequential=False)
    cells = [text("## The model", *structure(experiment.graph))]
    cells += [code(part) for part in parts]
    built = ["keras.utils.set_random_seed(SEED)", "model = build_model()", "model.summary()"]
    return [*cells, text("Setting the seed first makes the weights begin the same in every run."), code(built)]


def structure(graph: Graph) -> list[str]:
    """What is special about the graph, a sentence each."""
    sentences = ["Each line calls one layer on what came out of those before it; that is Keras's functional API."]
    shared = [name for name in graph.layers if len(calls_of(graph, name)) > 1]
    if shared:
        sentences.append(f"Called more than once, and so sharing weights between calls: {listed(shared)}.")
    nested = [name for name, layer in graph.layers.items() if isinstance(layer, Graph)]
    if nested:
        sentences.append(f"Models used as layers: {listed(nested)}. Each has a function of its own.")
    if len(graph.outputs) > 1:
        sentences.append(f"The model answers {len(graph.outputs)} questions at once: {listed(output_names(graph))}.")
    return sentences


def listed(names: Sequence[str]) -> str:
    """Names as code, with commas."""
    return ", ".join(f"`{name}`" for name in dict.fromkeys(names))


def training_cells(experiment: Experiment, own: Carried) -> list[nbformat.NotebookNode]:
    """`compile` and `fit`, and before them the callbacks that are a person's own."""
    training = experiment.training
    several = len(experiment.graph.outputs) > 1
    losses = (
        "Each output has a loss of its own; their weighted sum is what falls." if several else "The loss is what falls."
    )
    watching = ", ".join(f"`{callback.kind}`" for callback in training.callbacks)
    return [
        text("## Training", f"`compile` says how the model learns. {losses}"),
        code(outdented(statement(compile_call(experiment)))),
        *([code([*own.imports, "", *own.definitions])] if own.definitions else []),
        text(
            f"`fit` goes {training.epochs} times through the training data, {training.batch_size} rows at a time."
            + (f" Meanwhile callbacks act: {watching}." if watching else "")
        ),
        code(outdented(statement(fit_call(training), "history = "))),
    ]


def result_cells(experiment: Experiment, feed: Feed) -> list[nbformat.NotebookNode]:
    """The course of the loss, the figures on the test split, and predictions."""
    course = [
        "for epoch, (loss, validation) in enumerate(",
        '    zip(history.history["loss"], history.history["val_loss"], strict=True), 1',
        "):",
        '    print(f"epoch {epoch}: loss {loss:.4f}, on validation data {validation:.4f}")',
    ]
    cells = [
        text(
            "## What came of it",
            "While both losses fall, the model learns what holds in general. When only the first falls, it learns the "
            "training data by heart.",
        ),
        code(course),
        text("Now the data that the model has never seen:"),
        code(["model.evaluate(x_test, y_test, verbose=0, return_dict=True)"]),
    ]
    other = other_feed_lines(experiment, feed)
    if other:
        cells += [text("Several inputs can be fed in the other way just as well:"), code(outdented(other[2:]))]
    return cells
