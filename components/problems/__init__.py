"""Problems: from a call that does not work to a plain sentence, and the edits that would mend it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from components.graph import Fix, Graph, Json, Layer, Node, Problem, calls_of, is_input, split_reference
from components.layers import LayerError, LayerKind, check_config, find_layer
from components.parameters import check_value
from components.problems.mends import (
    Names,
    configure,
    connections,
    is_door,
    is_layer,
    project,
    remove,
    source_before,
)
from components.problems.merges import (
    differing_features,
    differing_products,
    differing_shapes,
    joins_samples,
    wrong_axis,
)
from components.problems.misfits import (
    axis_out_of_reach,
    nothing_left,
    usual_values,
    wrong_equation,
    wrong_groups,
    wrong_order,
    wrong_shared_size,
    wrong_total,
)
from components.problems.ranks import open_size, silent_wrong_rank, wrong_rank
from components.problems.refusals import Refusal, first_sentence
from components.shapes import Shape, write_shape

WORDS_AND_WIDTH = 2_000
"""An Embedding that is wider than this, and wider than it has words, has its two sizes swapped."""


# Before Keras is asked


def explain_settings(graph: Graph, node: Node) -> Problem | None:
    """The node's arguments and the number of its inputs."""
    layer = graph.layer_of(node)
    if isinstance(layer, Graph):
        return explain_arity(graph, node, f"“{node.layer}”", len(layer.inputs), len(layer.inputs))
    try:
        kind = find_layer(layer.kind)
        sentences = check_config(layer.kind, layer.config)
    except (LayerError, TypeError) as error:
        return Problem(node.id, str(error), (remove(node, layer.kind[:40]),))
    if sentences:
        return Problem(node.id, sentences[0], tuple(valid_settings(node, layer)))
    return explain_door(graph, node) if is_input(layer) else explain_arity(graph, node, layer.kind, *kind.arity)


def valid_settings(node: Node, layer: Layer) -> Iterator[Fix]:
    """What is wrong among the arguments back at the value of a freshly placed layer; all of it at once."""
    kind = find_layer(layer.kind)
    known = {parameter.name: parameter for parameter in kind.parameters}
    wrong = [name for name, value in layer.config.items() if name not in known or check_value(known[name], value)]
    missing = [name for name, p in known.items() if p.required and layer.config.get(name) is None]
    if not wrong and not missing:
        # Each is right by itself: it is together that they are not.
        yield from (usual_value(node, kind, name) for name in layer.config)
        return
    values = {name: kind.start[name] for name in dict.fromkeys([*wrong, *missing]) if name in kind.start}
    unset = [name for name in wrong if name not in values]
    words = [f"{name} {value}" for name, value in values.items()]
    label = f"Use {', '.join(words)}" if words else f"Leave {', '.join(unset)} out"
    yield Fix(label, (configure(node.layer, **values, **({"unset": unset} if unset else {})),))


def usual_value(node: Node, kind: LayerKind, name: str) -> Fix:
    """One argument back at the value of a freshly placed layer, or left out."""
    if name in kind.start:
        return Fix(f"Use {name} {kind.start[name]}", (configure(node.layer, **{name: kind.start[name]}),))
    return Fix(f"Leave {name} out", (configure(node.layer, unset=[name]),))


def explain_door(graph: Graph, node: Node) -> Problem | None:
    """An input takes nothing in, is there once, and says which of its sizes are open."""
    if node.inputs:
        fix = Fix("Disconnect it", ({"edit": "set_inputs", "id": node.id, "inputs": []},))
        return Problem(
            node.id, "An input takes nothing in, and something is connected to this one; disconnect it.", (fix,)
        )
    sizes = graph.layer_of(node).config["shape"]  # type: ignore[union-attr]
    if -1 in sizes:
        fix = Fix("Use None", (configure(node.layer, shape=[None if size == -1 else size for size in sizes]),))
        return Problem(
            node.id, f"An open size is None in an input's shape, and this is {list(sizes)}; use None.", (fix,)
        )
    if calls_of(graph, node.layer)[0].id != node.id:
        fix = Fix("Make it an input of its own", ({"edit": "unshare", "id": node.id},))
        return Problem(
            node.id, f"An input is there once, and “{node.layer}” is there again; make it one of its own.", (fix,)
        )
    return None


def explain_arity(graph: Graph, node: Node, what: str, least: int, most: int | None) -> Problem | None:
    """As many inputs come in as the layer takes."""
    given = len(node.inputs)
    if given < least:
        takes = f"{least} input{'s' if least != 1 else ''}" if most == least else f"at least {least} inputs"
        come = "nothing comes in" if not given else f"{given} come{'s' if given == 1 else ''} in"
        message = f"{what} takes {takes}, and {come}; connect {'another' if given else 'something to it'}."
        return Problem(node.id, message, (*connected(graph, node, least), *([remove(node, what)] if given else [])))
    if most is not None and given > most:
        message = f"{what} takes {most} input{'s' if most != 1 else ''}, and {given} come in; merge them first."
        return Problem(node.id, message, (*merged_first(graph, node, most), first_only(node, most)))
    return None


def connected(graph: Graph, node: Node, least: int) -> Iterator[Fix]:
    """Sources for what is missing; when several are missing at once, the likeliest ones together."""
    found = list(connections(graph, node))
    missing = least - len(node.inputs)
    if missing == 1:
        yield from found
    elif len(found) >= missing:
        chosen = found[:missing]
        labels = " and ".join(fix.label.removeprefix("Connect ") for fix in chosen)
        yield Fix(f"Connect {labels}", tuple(edit for fix in chosen for edit in fix.edits if edit["edit"] == "connect"))


def merged_first(graph: Graph, node: Node, most: int) -> Iterator[Fix]:
    """Several inputs laid side by side, or added, before a layer that takes one."""
    if most != 1:
        return
    for kind, label in (("Concatenate", "Concatenate them first"), ("Add", "Add them first")):
        name = Names(graph).fresh(kind.lower())
        merge = {"edit": "add_node", "id": name, "kind": kind, "inputs": list(node.inputs)}
        yield Fix(label, (merge, {"edit": "set_inputs", "id": node.id, "inputs": [name]}))


def first_only(node: Node, most: int) -> Fix:
    """The inputs that are too many disconnected."""
    kept = list(node.inputs[:most])
    return Fix(f"Keep only {' and '.join(kept)}", ({"edit": "set_inputs", "id": node.id, "inputs": kept},))


def explain_missing_output(node: Node, place: int, outputs: int) -> Problem:
    """An input that asks a node for an output that it does not have."""
    source, index = split_reference(node.inputs[place])
    has = "one output" if outputs == 1 else f"{outputs} outputs"
    message = f"“{source}” has {has}, and this reads its output number {index + 1}; connect another."
    inputs = [source if i == place else reference for i, reference in enumerate(node.inputs)]
    return Problem(
        node.id, message, (Fix("Use its first output", ({"edit": "set_inputs", "id": node.id, "inputs": inputs},)),)
    )


# Nested models


def explain_inside(node: Node, problem: Json) -> Problem:
    """A nested model that does not work: its own problem, and its mends carried out inside it."""
    fixes = tuple(Fix(fix["label"], tuple(inside(node, edit) for edit in fix["edits"])) for fix in problem["fixes"])
    where = f"Inside “{node.layer}”" + (f", at “{problem['node']}”" if problem["node"] else "")
    return Problem(node.id, f"{where}: {problem['message']}", fixes)


def inside(node: Node, edit: Json) -> Json:
    """The edit carried out inside the model that the node calls."""
    return {**edit, "path": [node.layer, *edit.get("path", ())]}


def explain_entrance(graph: Graph, node: Node, place: int, wanted: Shape, given: Shape) -> Problem:
    """A nested model that is called on another shape than its input has."""
    model = graph.layer_of(node)
    assert isinstance(model, Graph)
    door = model.node(model.inputs[place])
    message = (
        f"“{node.layer}” takes {write_shape(wanted)} at its input “{door.id}”, and {write_shape(given)} comes in; "
        "project it, or change the input inside."
    )
    fixes = []
    way = project(Names(graph), node, place, given, wanted)
    if way is not None:
        fixes.append(Fix(f"Insert {way[0]}", tuple(way[1])))
    change = inside(node, configure(door.layer, shape=list(given[1:])))
    return Problem(node.id, message, (*fixes, Fix(f"Let it take {write_shape(given)}", (change,))))


# After Keras refused, or where it should have


Explanation = Callable[[Refusal], Problem | None]


def unrolled(refusal: Refusal) -> Problem | None:
    """Steps that are to be written out, though nobody knows how many there are."""
    if not refusal.has("unroll") or not refusal.setting("unroll") or len(refusal.shapes[0]) < 2 or refusal.shapes[0][1]:
        return None
    message = f"unroll writes every step out, and {refusal.written_shapes} leaves their number open; switch it off."
    return refusal.problem(message, Fix("Switch unroll off", (configure(refusal.node.layer, unroll=False),)))


OBJECTIONS: tuple[Explanation, ...] = (
    joins_samples,
    silent_wrong_rank,
    wrong_equation,
    differing_features,
    unrolled,
    axis_out_of_reach,
)
"""What Keras lets pass on symbols, and which then fails or mixes samples in training."""

EXPLANATIONS: tuple[Explanation, ...] = (
    wrong_shared_size, nothing_left, open_size, differing_shapes, wrong_axis, differing_products, wrong_groups,
    wrong_order, wrong_total, wrong_rank,
)  # fmt: skip
"""Tried in this order on what Keras refuses; the first that knows what it is explains."""


def object_to_call(refusal: Refusal) -> Problem | None:
    """What is wrong with a call that Keras would let pass."""
    return next((problem for object_to in OBJECTIONS if (problem := object_to(refusal))), None)


def explain_call(refusal: Refusal) -> Problem:
    """Keras's refusal in plain words with the shapes, and the mends that may fit."""
    for explain in EXPLANATIONS:
        problem = explain(refusal)
        if problem is not None:
            return problem
    reason = first_sentence(refusal.error)
    if "index out of range" in reason:
        reason = "they have too few axes for its settings"
    named = tuple(name for name in refusal.layer.config if re.search(rf"\b{re.escape(name)}\b", refusal.error))
    cannot = f"{refusal.kind} cannot take {refusal.written_shapes}: {reason.rstrip('.')}"
    fixes = usual_values(refusal, named or tuple(refusal.layer.config))
    return refusal.problem(
        f"{cannot}; change its settings or what comes in.", *fixes, remove(refusal.node, refusal.kind)
    )


# Calls that work, and yet do not mean what they say


def notice_call(graph: Graph, node: Node, dtypes: Sequence[str]) -> Problem | None:
    """An Embedding of floats, or one whose two sizes are swapped."""
    layer = graph.layer_of(node)
    if not isinstance(layer, Layer) or layer.kind != "Embedding":
        return None
    return swapped_sizes(node, layer) or embedded_floats(graph, node, dtypes[0])


def swapped_sizes(node: Node, layer: Layer) -> Problem | None:
    """`Embedding(64, 10000)`: few words, each a very long vector."""
    words, width = layer.config["input_dim"], layer.config["output_dim"]
    if width < WORDS_AND_WIDTH or words >= width:
        return None
    message = (
        f"Embedding has {words} words of {width} numbers each: are its two sizes the wrong way round? "
        "input_dim counts the words, output_dim the numbers; swap them."
    )
    return Problem(
        node.id, message, (Fix("Swap the two", (configure(node.layer, input_dim=width, output_dim=words),)),)
    )


def embedded_floats(graph: Graph, node: Node, dtype: str) -> Problem | None:
    """Words are whole numbers; Keras would cut fractions off without a word."""
    if not dtype.startswith(("float", "bfloat")):
        return None
    message = f"Embedding looks words up by their whole numbers, and {dtype} comes in; feed it whole numbers."
    source = source_before(graph, node)
    fixes = []
    if source is not None and is_door(graph, source):
        fixes.append(Fix(f"Let {source.id} take int32", (configure(source.layer, dtype="int32"),)))
    if source is not None and is_layer(graph.layer_of(source), "Embedding", "Rescaling"):
        fixes.append(Fix(f"Remove {source.id} before it", ({"edit": "delete_and_bridge", "id": source.id},)))
    return Problem(node.id, message, (*fixes, remove(node, "Embedding")))
