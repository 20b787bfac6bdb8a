"""Matching: whether a graph fits its data and its losses, and the edits that would make it fit."""

from __future__ import annotations

from collections.abc import Iterator

from components.checks import losses_of
from components.datasets import MissingFile, UnknownDataset
from components.experiment import Experiment
from components.graph import (
    Fix,
    Graph,
    Json,
    Layer,
    Node,
    Problem,
    output_names,
    source_of,
    split_reference,
)
from components.limits import LimitError
from components.problems.columns import Column, Columns, columns_of
from components.problems.heads import Head, match_head
from components.problems.mends import Names, configure, is_layer
from components.shapes import Shape, fits, write_shape


def match_problems(experiment: Experiment, inspection: Json) -> list[Problem]:
    """What the data and the losses say against the graph, at those nodes of which the inspection knows the outputs."""
    try:
        inputs, targets = columns_of(experiment.data, experiment.data_seed)
    except (UnknownDataset, MissingFile, LimitError) as error:
        return [Problem(None, str(error))]
    except (TypeError, ValueError, KeyError) as error:
        sentence = str(error).rstrip(".")
        return [
            Problem(None, f"The dataset “{experiment.data.dataset}” cannot be made: {sentence}; change its settings.")
        ]
    found = [*match_inputs(experiment, inspection, inputs), *match_outputs(experiment, inspection, targets)]
    spoken_of = {problem["node"] for problem in inspection["problems"]} - set(experiment.graph.inputs)
    return [problem for problem in found if problem.node not in spoken_of]


def shape_at(inspection: Json, reference: str) -> Shape | None:
    """The shape of a tensor; None while it is not known."""
    node, index = split_reference(reference)
    outputs = inspection["nodes"].get(node, {}).get("outputs", ())
    return tuple(outputs[index]["shape"]) if index < len(outputs) else None


# Inputs


def match_inputs(experiment: Experiment, inspection: Json, columns: Columns) -> Iterator[Problem]:
    """Every input gets an array of its shape and its kind of numbers."""
    for node in map(experiment.graph.node, experiment.graph.inputs):
        column = columns.get(experiment.data.inputs.get(node.layer, node.layer))
        shape = shape_at(inspection, node.id)
        if shape is None:
            continue
        if column is None:
            yield missing_array(experiment, node, shape, columns)
        else:
            problem = match_shape(node, shape, column) or match_dtype(experiment.graph, node, column)
            yield from [problem] if problem else match_vocabulary(experiment.graph, node, column)


def missing_array(experiment: Experiment, node: Node, shape: Shape, columns: Columns) -> Problem:
    """An input that no array of the data feeds."""
    fed = {experiment.data.inputs.get(name, name) for name in experiment.graph.inputs}
    fitting = sorted(columns, key=lambda name: (name in fed, not fits(shape, (None, *columns[name].shape))))
    fixes = [feed(node, shape, name, columns[name]) for name in fitting]
    message = f"The data has no array “{node.layer}” for this input, only {', '.join(columns)}; feed it one of these."
    return Problem(node.id, message, tuple(fixes))


def feed(node: Node, shape: Shape, name: str, column: Column) -> Fix:
    """That array for the input, with its shape, and as whole numbers where it holds rows of these."""
    words = {"dtype": column.dtype} if column.whole and not column.flat else {}
    sizes = {} if fits(shape, (None, *column.shape)) else {"shape": list(column.shape)}
    label = f"Feed it {name}, {write_shape(column.shape)}" if sizes else f"Feed it {name}"
    change = (configure(node.layer, **sizes, **words),) if sizes or words else ()
    return Fix(label, ({"edit": "set_array", "input": node.layer, "array": name}, *change))


def match_shape(node: Node, shape: Shape, column: Column) -> Problem | None:
    """The input's shape is the array's."""
    wanted = (None, *column.shape)
    if fits(shape, wanted):
        return None
    message = (
        f"This input takes {write_shape(shape)}, and the data gives {write_shape(wanted)}; give it the data's shape."
    )
    change = configure(node.layer, shape=list(column.shape))
    return Problem(node.id, message, (Fix(f"Give it the shape {write_shape(column.shape)}", (change,)),))


def match_dtype(graph: Graph, node: Node, column: Column) -> Problem | None:
    """Fractions are not cut off on their way in."""
    layer = graph.layer_of(node)
    dtype = layer.config.get("dtype") if isinstance(layer, Layer) else None
    if column.whole or not str(dtype).startswith(("int", "uint", "bool")):
        return None
    message = f"This input takes {dtype}, and the data holds fractions, which would be cut off; take float32."
    return Problem(node.id, message, (Fix("Take float32", (configure(node.layer, unset=["dtype"]),)),))


def match_vocabulary(graph: Graph, door: Node, column: Column) -> Iterator[Problem]:
    """An Embedding of words has room for the greatest word number."""
    readers = (node for node in graph.nodes if any(source_of(reference) == door.id for reference in node.inputs))
    for node in readers:
        layer = graph.layer_of(node)
        if column.whole and isinstance(layer, Layer) and is_layer(layer, "Embedding"):
            problem = narrow_vocabulary(node, layer, int(column.greatest))
            if problem is not None:
                yield problem


def narrow_vocabulary(node: Node, layer: Layer, greatest: int) -> Problem | None:
    """An Embedding with fewer words than the data has, perhaps because its two sizes are swapped."""
    words, width = layer.config["input_dim"], layer.config["output_dim"]
    if words > greatest:
        return None
    enlarge = Fix(f"Make room for {greatest + 1} words", (configure(node.layer, input_dim=greatest + 1),))
    message = f"Embedding has room for {words} words, and the data numbers them up to {greatest}"
    if width <= greatest:
        return Problem(node.id, f"{message}; make room for them.", (enlarge,))
    swap = Fix("Swap the two", (configure(node.layer, input_dim=width, output_dim=words),))
    message += f", while each word gets {width} numbers: are its two sizes the wrong way round? Swap them."
    return Problem(node.id, message, (swap, enlarge))


# Outputs


def match_outputs(experiment: Experiment, inspection: Json, columns: Columns) -> Iterator[Problem]:
    """Every output that has a loss has a target, and a head that fits both."""
    graph, losses, names = experiment.graph, losses_of(experiment), output_names(experiment.graph)
    for place, (reference, name) in enumerate(zip(graph.outputs, names, strict=True)):
        shape, loss = shape_at(inspection, reference), losses.get(name)
        if names.index(name) < place:
            yield twice_an_output(graph, reference, name)
        elif loss and shape is not None:
            column = columns.get(experiment.data.targets.get(name, name))
            head = Head(graph, graph.node(source_of(reference)), shape, loss)
            problem = match_head(head, column) if column else missing_target(experiment, head, columns)
            yield from [problem] if problem else []


def twice_an_output(graph: Graph, reference: str, name: str) -> Problem:
    """Two outputs of one layer, which Keras cannot tell apart: it knows outputs by their layers' names."""
    new = Names(graph).fresh(f"{name}_again")
    outputs = [new if output == reference else output for output in graph.outputs]
    edits = (
        {"edit": "add_node", "id": new, "kind": "Identity", "inputs": [reference]},
        {"edit": "set_outputs", "outputs": outputs},
    )
    message = f"Outputs are known by their layers, and two of them come from “{name}”; put an Identity after one."
    return Problem(source_of(reference), message, (Fix("Put an Identity after it", edits),))


def missing_target(experiment: Experiment, head: Head, columns: Columns) -> Problem:
    """An output that no array of the data is the target of."""
    aimed_at = {experiment.data.targets.get(name, name) for name in output_names(experiment.graph)}
    free = sorted(columns, key=lambda name: name in aimed_at)
    fixes = [Fix(f"Aim it at {name}", ({"edit": "set_target", "output": head.name, "array": name},)) for name in free]
    message = (
        f"The data has no target “{head.name}” for this output, only {', '.join(columns)}; aim it at one of these."
    )
    return Problem(head.node.id, message, tuple(fixes))
