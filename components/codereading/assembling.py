"""From the calls that a source makes to a Graph: which of them a model needs, and what they are called."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence

from components.codereading.errors import NotRead
from components.codereading.values import CallRecord, LayerObject, ModelObject, Tensor
from components.graph import INPUT, MOST_LEVELS, Graph, Layer, Node, check_graph, clean_name

Callee = LayerObject | ModelObject
Tell = Callable[[int, str], None]
"""Takes a line and a note on it."""


def graph_of(model: ModelObject, tell: Tell, level: int = 0) -> Graph:
    """The graph between a model's inputs and outputs; NotRead when there is none."""
    if level > MOST_LEVELS:
        raise NotRead(f"Models are nested at most {MOST_LEVELS} levels deep, and these go deeper; flatten some.")
    calls = needed_calls(model)
    doors = list(dict.fromkeys(model.inputs))
    calls = ordered_calls(calls, doors, tell)
    return Assembly(calls, doors, tell, level).graph(model.outputs)


def needed_calls(model: ModelObject) -> list[CallRecord]:
    """Every call between the model's inputs and outputs, in the order in which they were made."""
    doors = set(model.inputs)
    needed: dict[CallRecord, None] = {}
    pending = [tensor for tensor in model.outputs if tensor not in doors]
    while pending:
        call = pending.pop().call
        if call not in needed:
            needed[call] = None
            pending.extend(tensor for tensor in call.inputs if tensor not in doors)
    return sorted(needed, key=lambda call: call.number)


def ordered_calls(calls: list[CallRecord], doors: list[Tensor], tell: Tell) -> list[CallRecord]:
    """The calls with those of the inputs among them: where they were made if that is the model's order, else first."""
    for call in calls:
        if is_door(call):
            tell(
                call.line,
                f"The input “{call.callee.name or 'without a name'}” feeds the model and was added to its inputs.",
            )
            doors.append(Tensor(call))
    entering = [tensor.call for tensor in doors]
    kept = [call for call in calls if not is_door(call) and call not in entering]
    if entering == sorted(entering, key=lambda call: call.number):
        return sorted([*entering, *kept], key=lambda call: call.number)
    return [*entering, *kept]


def is_door(call: CallRecord) -> bool:
    """Whether the call is that of an `Input`."""
    return isinstance(call.callee, LayerObject) and call.callee.kind == INPUT


class FreeNames:
    """Hands out each name once, as `unique_name` does, quickly for thousands."""

    def __init__(self) -> None:
        self.taken: set[str] = set()
        self.numbers: Counter[str] = Counter()

    def take(self, wanted: str) -> str:
        """The wanted name, or the next free `wanted_1`, `wanted_2`, …"""
        name, stem = wanted, re.sub(r"_\d+$", "", wanted)
        while name in self.taken:
            self.numbers[stem] += 1
            name = f"{stem}_{self.numbers[stem]}"
        self.taken.add(name)
        return name


class Assembly:
    """One graph in the making: names of layers, ids of nodes, and the references of tensors."""

    def __init__(self, calls: Sequence[CallRecord], doors: Sequence[Tensor], tell: Tell, level: int) -> None:
        self.calls, self.tell, self.level = calls, tell, level
        self.doors = {tensor.call: tensor for tensor in doors}
        self.layers: dict[str, Layer | Graph] = {}
        self.nodes: list[Node] = []
        self.ids: dict[CallRecord, str] = {}
        self.free_ids = FreeNames()
        self.times = Counter(id(call.callee) for call in calls)
        self.names = self.layer_names()

    def layer_names(self) -> dict[int, str]:
        """By callee, the layer's name: its own, that of its variable, or Keras's for its kind."""
        callees = {id(call.callee): call for call in self.calls}
        named = {key: given for key, call in callees.items() if (given := self.given_name(call))}
        free = FreeNames()
        names = {key: free.take(wanted) for key, wanted in named.items()}
        for key, call in callees.items():
            if key not in names:
                names[key] = free.take(clean_name(fallback_name(call.callee)))
        return {key: names[key] for key in callees}

    def given_name(self, call: CallRecord) -> str | None:
        """The name that the source gives the layer, by `name=` or by a variable that says something."""
        callee = call.callee
        if callee.name:
            return clean_name(callee.name)
        variable = callee.variable or (call.variable if self.times[id(callee)] == 1 else None)
        return clean_name(variable) if variable else None

    def graph(self, outputs: Sequence[Tensor]) -> Graph:
        """The graph, checked."""
        for call in self.calls:
            self.place(call)
        graph = Graph(self.layers, tuple(self.nodes), tuple(self.reference(tensor) for tensor in outputs))
        check_graph(graph)
        return graph

    def place(self, call: CallRecord) -> None:
        """Enter a call as a node, and its layer where that is new."""
        name = self.names[id(call.callee)]
        if name not in self.layers:
            self.layers[name] = self.layer(call)
        wanted = name if self.times[id(call.callee)] == 1 else clean_name(call.variable or name)
        self.ids[call] = self.free_ids.take(wanted)
        inputs = () if call in self.doors else tuple(self.reference(tensor) for tensor in call.inputs)
        self.nodes.append(Node(self.ids[call], name, inputs))

    def layer(self, call: CallRecord) -> Layer | Graph:
        """What the call calls, as the graph keeps it."""
        callee = call.callee
        if call in self.doors and not is_door(call):
            self.tell(call.line, "A model begins in the middle of another here, so its input's shape has to be set.")
            return Layer(INPUT, {"shape": [None]})
        if isinstance(callee, ModelObject):
            return graph_of(callee, self.tell, self.level + 1)
        return Layer(callee.kind, callee.config)

    def reference(self, tensor: Tensor) -> str:
        """The tensor as a node's output."""
        if tensor.call in self.doors:
            return self.ids[tensor.call]
        return self.ids[tensor.call] + (f":{tensor.index}" if tensor.index else "")


def fallback_name(callee: Callee) -> str:
    """The name that Keras gives: the class in lower case with underscores."""
    if isinstance(callee, ModelObject):
        return callee.usual_name
    if callee.kind == INPUT:
        return "input"
    name = re.sub(r"(.)([A-Z][a-z0-9]+)", r"\1_\2", callee.kind)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()
