"""Editing: the canvas's operations carried out on a document; pure, so that tests need no page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from components.drawing.layout import HEIGHT, WIDTH, layout_graph, place_new
from components.edits import copy_part
from components.experiment import Experiment, check_experiment
from components.graph import Graph, GraphError, Json, graph_at, graph_to_json, split_reference
from components.mending import apply_mend
from components.searching.carrying import follow_edit, without_gone
from components.searching.search_space import SearchSpace
from dashboard.history import History
from dashboard.texts import say
from presets import BLOCKS

Positions = Mapping[str, tuple[float, float]]


@dataclass(frozen=True)
class Step:
    """What undo and redo step through: an experiment, and what a search may vary; without a space nothing was pointed at."""

    experiment: Experiment
    space: SearchSpace | None = None


@dataclass(frozen=True)
class Document:
    """An experiment and its search space with their history, and the nested model that is open (`()`: the whole graph)."""

    history: History[Step]
    path: tuple[str, ...] = ()

    @property
    def experiment(self) -> Experiment:
        """The experiment as it is now."""
        return self.history.present.experiment

    @property
    def space(self) -> SearchSpace | None:
        """What a search may vary now."""
        return self.history.present.space

    @property
    def graph(self) -> Graph:
        """The graph that is open on the canvas."""
        return graph_at(self.experiment.graph, self.path)

    @property
    def layout(self) -> Positions:
        """The positions of the open graph's nodes."""
        return layout_at(self.experiment.layout, self.path)

    def then(self, experiment: Experiment, space: SearchSpace | None = None) -> Document:
        """A step further; `space` is the present one as the edits have carried it over, and what they took away goes."""
        now = self.space if space is None else space
        if now is not None and self.space is not None:
            now = without_gone(now, experiment.graph, self.space, self.experiment.graph)
        return replace(self, history=self.history.then(Step(experiment, now)))

    def amended(self, experiment: Experiment) -> Document:
        """The present experiment replaced, without a step to undo."""
        return replace(self, history=self.history.amended(replace(self.history.present, experiment=experiment)))


Inspect = Callable[[Document], Json]
"""What Keras says of the open graph of a document; None while it is not known."""


def new_document(experiment: Experiment, space: SearchSpace | None = None) -> Document:
    """The experiment, laid out, and what a search may vary, with nothing to undo."""
    return Document(History(Step(laid_out(experiment), space)))


# Layouts: a node of a nested model is keyed `model/node`.


def layout_at(layout: Positions, path: Sequence[str]) -> dict[str, tuple[float, float]]:
    """The positions of the graph at `path`, by its own node ids."""
    prefix = "".join(f"{name}/" for name in path)
    return {key[len(prefix) :]: point for key, point in layout.items() if is_at(key, prefix)}


def is_at(key: str, prefix: str) -> bool:
    """Whether the key is of a node of exactly that graph."""
    return key.startswith(prefix) and "/" not in key[len(prefix) :]


def with_layout_at(layout: Positions, path: Sequence[str], positions: Positions) -> dict[str, tuple[float, float]]:
    """The layout with the positions of the graph at `path` replaced."""
    prefix = "".join(f"{name}/" for name in path)
    others = {key: point for key, point in layout.items() if not is_at(key, prefix)}
    return {**others, **{prefix + node: point for node, point in positions.items()}}


def laid_out(experiment: Experiment, path: Sequence[str] = ()) -> Experiment:
    """The experiment with a place for every node of the graph at `path`; what has a place keeps it."""
    graph = graph_at(experiment.graph, path)
    ids = {node.id for node in graph.nodes}
    placed = {node: point for node, point in layout_at(experiment.layout, path).items() if node in ids}
    positions = place_new(graph, placed) if placed else layout_graph(graph)
    return replace(experiment, layout=with_layout_at(experiment.layout, path, positions))


# Operations


def unknown(_: Document) -> Json:
    """What is known of a document that nobody has looked at."""
    return None


def apply_operation(document: Document, operation: Json, inspect: Inspect = unknown) -> Document:
    """The document after one operation of the canvas: an edit of the graph, or one of `OPERATIONS`.

    `inspect` is asked only where the operation depends on shapes or problems. Raises GraphError when the
    operation breaks a rule; the document is then as it was.
    """
    name = operation.get("edit")
    arguments = {key: value for key, value in operation.items() if key not in {"edit", "n"}}
    if name in ASKING:
        return ASKING[name](document, arguments, inspect(document))
    if name in OPERATIONS:
        return OPERATIONS[name](document, arguments)
    return apply_edits(document, [{"edit": name, **arguments}])


def apply_edits(document: Document, edits: Sequence[Json], positions: Positions | None = None) -> Document:
    """The document after those edits, as one step of its history; `positions` says where nodes go."""
    experiment, path, space = document.experiment, document.path, document.space
    for edit in edits:
        changed = follow_rename(apply_mend(experiment, edit, path), edit, path)
        space = space and follow_edit(space, edit, path, experiment.graph)
        experiment = changed
    if positions:
        placed = {**layout_at(experiment.layout, path), **read_positions(positions)}
        experiment = replace(experiment, layout=with_layout_at(experiment.layout, path, placed))
    return document.then(laid_out(experiment, path), space)


def read_positions(positions: Json) -> dict[str, tuple[float, float]]:
    """Positions as the canvas sends them."""
    return {str(node): (float(x), float(y)) for node, (x, y) in positions.items()}


def follow_rename(experiment: Experiment, edit: Json, path: tuple[str, ...]) -> Experiment:
    """What is keyed by a layer's name moves with it: positions, losses, weights, metrics and data."""
    if edit.get("edit") != "rename_layer":
        return experiment
    old, new = edit["layer"], edit["name"]

    def moved(mapping: Mapping) -> dict:
        return {(new if key == old else key): value for key, value in mapping.items()}

    layout = with_layout_at(experiment.layout, path, moved(layout_at(experiment.layout, path)))
    experiment = replace(experiment, layout=layout)
    if path:
        return experiment
    data, training = experiment.data, experiment.training
    is_input = new in experiment.graph.inputs
    inputs = {new: data.inputs.get(old, old)} if is_input else {}
    targets = {new: data.targets.get(old, old)} if old in training.losses else {}
    return replace(
        experiment,
        data=replace(data, inputs={**moved(data.inputs), **inputs}, targets={**moved(data.targets), **targets}),
        training=replace(
            training,
            losses=moved(training.losses),
            loss_weights=moved(training.loss_weights),
            metrics=moved(training.metrics),
        ),
    )


def mend(document: Document, arguments: Json, inspection: Json) -> Document:
    """The chosen mend of a problem that the canvas shows, in its reader's language."""
    for problem in (inspection or {}).get("problems", ()):
        if problem["node"] == arguments.get("node") and say(problem["message"]) == arguments.get("message"):
            return apply_edits(document, problem["fixes"][arguments["index"]]["edits"])
    raise GraphError("That problem is gone already; nothing was changed.")


def undo(document: Document, _: Json) -> Document:
    """One step back."""
    return settled(replace(document, history=document.history.undone()))


def redo(document: Document, _: Json) -> Document:
    """One undone step again."""
    return settled(replace(document, history=document.history.redone()))


def settled(document: Document) -> Document:
    """The document with its path cut to the models that still exist."""
    graph, path = document.experiment.graph, []
    for name in document.path:
        inner = graph.layers.get(name)
        if not isinstance(inner, Graph):
            break
        graph = inner
        path.append(name)
    return replace(document, path=tuple(path))


def move(document: Document, arguments: Json) -> Document:
    """Nodes at new places; a step of its own in the history."""
    known = document.layout
    moved = read_positions(arguments["positions"])
    return relaid(document, {**known, **{node: point for node, point in moved.items() if node in known}})


def tidy(document: Document, _: Json) -> Document:
    """The automatic layout, because it was asked for."""
    return relaid(document, layout_graph(document.graph))


def relaid(document: Document, positions: Positions) -> Document:
    """The document with other positions for the open graph, as one step."""
    experiment = document.experiment
    layout = with_layout_at(experiment.layout, document.path, positions)
    return document.then(replace(experiment, layout=layout))


def many(document: Document, arguments: Json) -> Document:
    """Several edits as one step, and where their new nodes go."""
    return apply_edits(document, arguments["edits"], arguments.get("positions"))


def open_model(document: Document, arguments: Json) -> Document:
    """Inside the nested model of that name."""
    path = (*document.path, arguments["layer"])
    graph_at(document.experiment.graph, path)
    return replace(document.amended(laid_out(document.experiment, path)), path=path)


def close_model(document: Document, arguments: Json) -> Document:
    """Out again, to that depth of the path."""
    return replace(document, path=document.path[: int(arguments["to"])])


def insert_block(document: Document, arguments: Json, inspection: Json) -> Document:
    """A block of the presets after a node, on an edge or on its own, already connected and fit for what flows there."""
    block = BLOCKS.get(arguments["name"])
    if block is None:
        raise GraphError(f"There is no block “{arguments['name']}”; choose one from the palette.")
    place = {key: value for key, value in arguments.items() if key in {"source", "target", "place"}}
    shape = shape_of(inspection, flowing_at(document.graph, **place))
    edits = block.insert(document.graph, shape=shape, config=arguments.get("config") or {}, **place)
    placed, point = apply_edits(document, edits), arguments.get("at")
    return placed if point is None else standing_at(placed, set(placed.layout) - set(document.layout), point)


def standing_at(document: Document, nodes: Iterable[str], point: Sequence[float]) -> Document:
    """The document with these new nodes in their own order at a point of the canvas; no further step."""
    own = layout_graph(copy_part(document.graph, nodes))
    width = max((x for x, _ in own.values()), default=0.0) + WIDTH
    left, top = float(point[0]) - width / 2, float(point[1]) - HEIGHT / 2
    moved = {node: (round(left + x), round(top + y)) for node, (x, y) in own.items()}
    layout = with_layout_at(document.experiment.layout, document.path, {**document.layout, **moved})
    return document.amended(replace(document.experiment, layout=layout))


def flowing_at(graph: Graph, source: str | None = None, target: str | None = None, place: int = 0) -> str | None:
    """The reference whose output flows after a node or on an edge; None at neither."""
    if target is None:
        return source
    inputs = graph.node(target).inputs
    return inputs[place] if 0 <= place < len(inputs) else None


def shape_of(inspection: Json, reference: str | None) -> list[int | None] | None:
    """The shape of what flows, batch axis included; None while it is not known."""
    node, index = split_reference(reference or "")
    outputs = (inspection or {}).get("nodes", {}).get(node, {}).get("outputs", ())
    return outputs[index]["shape"] if index < len(outputs) else None


def copied_part(document: Document, ids: Sequence[str]) -> Json:
    """Those nodes of the open graph as they can be pasted: their layers whole, the edges among them, their places."""
    part = graph_to_json(copy_part(document.graph, ids))
    return {**part, "positions": {id: document.layout[id] for id, _, _ in part["nodes"]}}


OPERATIONS: dict[str, Callable[[Document, Json], Document]] = {
    "undo": undo,
    "redo": redo,
    "move": move,
    "tidy": tidy,
    "many": many,
    "open": open_model,
    "close": close_model,
}

ASKING: dict[str, Callable[[Document, Json, Json], Document]] = {
    "fix": mend,
    "block": insert_block,
}
"""Operations that depend on what Keras says of the open graph."""


# Settings of the forms


def change_experiment(document: Document, **changes: object) -> Document:
    """The document with fields of its experiment replaced; ExperimentError when a value is out of range."""
    changed = check_experiment(replace(document.experiment, **changes))  # type: ignore[arg-type]
    return document.then(changed)


def change_space(document: Document, space: SearchSpace) -> Document:
    """The document with another search space, as one step."""
    return replace(document, history=document.history.then(Step(document.experiment, space)))


def lost_dimensions(before: Document, after: Document) -> list[str]:
    """The names of the dimensions that edits took away between two documents; none where steps were taken back."""
    if before.space is None or after.space is None or len(after.history.past) <= len(before.history.past):
        return []
    fewer = len(after.space.dimensions) < len(before.space.dimensions)
    return [name for name in before.space.names if name not in after.space.names] if fewer else []


def replace_experiment(document: Document, experiment: Experiment) -> Document:
    """The document with another experiment in place of its own, as one step; nodes that stay keep their places."""
    placed = replace(check_experiment(experiment), layout=document.experiment.layout)
    return settled(document.then(laid_out(placed)))


def change_training(document: Document, **changes: object) -> Document:
    """The document with fields of its training replaced; ExperimentError when a value is out of range."""
    return change_experiment(document, training=replace(document.experiment.training, **changes))  # type: ignore[arg-type]
