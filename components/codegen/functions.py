"""The functions that build models, written in the functional style or, where a graph is a chain, as `Sequential`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, pairwise

from components.codegen.calls import constructor, input_call, layer_call, output_count
from components.codegen.errors import CodeError
from components.codegen.layout import STEP, WIDTH, Call, Expression, Line, call, flat, listing, statement, string, width
from components.codegen.naming import LONGEST, Names, loop_variables
from components.codegen.planning import Builder, live_nodes
from components.codegen.repeating import Repetition, repetitions
from components.graph import Graph, Layer, Node, is_input, source_of, split_reference


def builder_lines(builder: Builder, builders: Iterable[Builder], taken: Iterable[str], sequential: bool) -> list[Line]:
    """The lines of a function that builds a model; `taken` are the names it must leave alone."""
    parameter = f"name={string(builder.title)}" if builder.named_by_caller else ""
    functions = {other.graph.fingerprint: other for other in builders}
    if sequential and is_chain(builder.graph):
        body = sequential_body(builder, functions)
    else:
        body = FunctionalBody(builder, functions, Names(taken)).lines()
    return [
        Line(f"def {builder.function}({parameter}):"),
        Line(" " * STEP + f'"""{summary(builder.graph)}"""'),
        *body,
    ]


def summary(graph: Graph) -> str:
    """What goes in and what comes out, in a line."""
    entering = ", ".join(graph.node(node_id).layer for node_id in graph.inputs)
    leaving = ", ".join(dict.fromkeys(source_of(reference) for reference in graph.outputs))
    text = f"Return the untrained model: {entering} in, {leaving} out."
    return text if len(text) <= 76 else "Return the untrained model."


def title_of(builder: Builder) -> Expression:
    """The model's name inside its function."""
    return "name" if builder.named_by_caller else string(builder.title)


def new_layer(graph: Graph, name: str, functions: Mapping[str, Builder], title: str | None = None) -> Call:
    """The expression that makes the layer, or the model, of that name; `title` is source that gives another name."""
    layer = graph.layers[name]
    if not isinstance(layer, Graph):
        return constructor(layer, title or string(name))
    builder = functions[layer.fingerprint]
    if builder.named_by_caller and (title or name != builder.title):
        return call(builder.function, name=title or string(name))
    return call(builder.function)


# Sequential


def is_chain(graph: Graph) -> bool:
    """Whether the graph is a straight line of layers that are called once: what `Sequential` can say."""
    nodes = live_nodes(graph)
    straight = all(after.inputs == (before.id,) for before, after in pairwise(nodes))
    once = len({node.layer for node in nodes}) == len(nodes)
    doors = is_input(graph.layer_of(nodes[0])) and len(nodes) > 1 and graph.outputs == (nodes[-1].id,)
    return straight and once and doors and all(output_count(graph.layer_of(node)) == 1 for node in nodes)


def sequential_body(builder: Builder, functions: Mapping[str, Builder]) -> list[Line]:
    """`return keras.Sequential([…])`, a layer a line; a row of equal layers is a comprehension."""
    nodes, graph = live_nodes(builder.graph), builder.graph

    def nameless(node: Node) -> Call | None:
        return None if is_input(graph.layer_of(node)) else new_layer(graph, node.layer, functions, "name")

    found = repetitions(nodes, graph.outputs, nameless)
    rows = {place: row for place, row in found.items() if row.length == 1}
    within = {place for row in rows.values() for place in range(row.start + 1, row.end)}
    lines = [Line("    return keras.Sequential("), Line("        [")]
    for place, node in enumerate(nodes):
        if place in rows:
            lines.extend(row_lines(rows[place], builder, nodes, functions))
        elif place not in within:
            lines.extend(item_lines(builder, node, functions))
    return [*lines, Line("        ],"), Line(f"        name={title_of(builder)},"), Line("    )")]


def item_lines(builder: Builder, node: Node, functions: Mapping[str, Builder]) -> list[Line]:
    """A layer in the list of a `Sequential`."""
    layer = builder.graph.layer_of(node)
    if isinstance(layer, Layer) and is_input(layer):
        made = input_call(layer, node.layer)
    else:
        made = new_layer(builder.graph, node.layer, functions)
    item = statement(made, indent=12, nodes=builder.keys(node), after=1)
    item[-1].text += ","
    return item


def row_lines(row: Repetition, builder: Builder, nodes: Sequence[Node], functions: Mapping[str, Builder]) -> list[Line]:
    """Equal layers in a row: `*[layers.Dense(32, name=f"layer_{number}") for number in range(1, 21)],`."""
    made = new_layer(builder.graph, nodes[row.start].layer, functions, row.names[0].source("number"))
    rounds = f"for number in {row.range}"
    keys = tuple(key for node in nodes[row.start : row.end] for key in builder.keys(node))
    whole = f"            *[{flat(made)} {rounds}],"
    if width(whole) <= WIDTH:
        return [Line(whole, keys)]
    inner = statement(made, indent=16, nodes=keys)
    return [Line("            *[", keys), *inner, Line(f"                {rounds}", keys), Line("            ],", keys)]


# Functional


class FunctionalBody:
    """The body of one function: a line for each call of a layer, and the variables that hold what they return.

    Blocks that repeat stand in a loop.
    """

    def __init__(self, builder: Builder, functions: Mapping[str, Builder], names: Names) -> None:
        self.builder, self.functions, self.names = builder, functions, names
        self.graph = builder.graph
        self.nodes = live_nodes(builder.graph)
        if builder.named_by_caller:
            names.claim("name")
        self.times = Counter(node.layer for node in self.nodes)
        self.repetitions = repetitions(self.nodes, self.graph.outputs, self.nameless)
        self.variables = self.named_variables()
        self.values: dict[str, str] = {}
        self.shared: dict[str, str] = {}

    def nameless(self, node: Node) -> Call | None:
        """A node's layer as it is written in a loop but for its name; None where it cannot stand in one."""
        layer = self.graph.layer_of(node)
        if is_input(layer) or not node.inputs or self.times[node.layer] > 1 or output_count(layer) > 1:
            return None
        return new_layer(self.graph, node.layer, self.functions, "name")

    def named_variables(self) -> dict[str, str]:
        """By node id, its variable; in a loop the nodes of all rounds have that of their place in the block."""
        found = self.repetitions.values()
        looped = {node.id for held in found for node in self.nodes[held.start : held.end]}
        variables = {node.id: self.names.claim(node.id) for node in self.nodes if node.id not in looped}
        for held, block in zip(found, loop_variables(found, self.names), strict=True):
            nodes = self.nodes[held.start : held.end]
            variables.update({node.id: block[place % held.length] for place, node in enumerate(nodes)})
        self.number = self.names.claim("number") if found else ""
        return variables

    def lines(self) -> list[Line]:
        """All lines of the body."""
        lines: list[Line] = []
        paragraphs: dict[str, int] = {}
        paragraph = place = 0
        while place < len(self.nodes):
            node, loop = self.nodes[place], self.repetitions.get(place)
            if place and self.begins_anew(place, {paragraphs[source_of(r)] for r in node.inputs}, paragraph):
                lines.append(Line())
                paragraph += 1
            lines.extend(self.loop_lines(loop) if loop else self.node_lines(node))
            end = loop.end if loop else place + 1
            paragraphs.update((held.id, paragraph) for held in self.nodes[place:end])
            place = end
        lines.append(Line())
        return [*lines, *statement(self.model(), "return ")]

    def begins_anew(self, place: int, sources: set[int], paragraph: int) -> bool:
        """Whether the node at that place begins a paragraph: an input, a branch of some length, or where branches meet.

        So do a loop and what follows it. `sources` are the paragraphs from which its inputs come.
        """
        node = self.nodes[place]
        if place in self.repetitions or any(place == loop.end for loop in self.repetitions.values()):
            return True
        if is_input(self.graph.layer_of(node)):
            return not is_input(self.graph.layer_of(self.nodes[place - 1]))
        if place > 1 and all(is_input(self.graph.layer_of(before)) for before in self.nodes[place - 2 : place]):
            return True
        if len(set(node.inputs)) > 1:
            return sources != {paragraph}
        return not self.goes_on(place) and self.goes_on(place + 1)

    def goes_on(self, place: int) -> bool:
        """Whether the node at that place takes in what the one before it gave, and nothing else."""
        if place >= len(self.nodes):
            return False
        return tuple(map(source_of, self.nodes[place].inputs)) == (self.nodes[place - 1].id,)

    def node_lines(self, node: Node) -> Iterator[Line]:
        """The lines of one call, after that which makes its layer where several calls share it."""
        layer, keys = self.graph.layer_of(node), self.builder.keys(node)
        if isinstance(layer, Layer) and is_input(layer):
            self.values[node.id] = self.variables[node.id]
            yield from statement(input_call(layer, node.layer), f"{self.variables[node.id]} = ", nodes=keys)
            return
        if not node.inputs:
            raise CodeError(f"A layer takes at least one input, and “{node.id}” has none; connect it or delete it.")
        yield from self.shared_lines(node)
        callee = self.shared.get(node.layer) or new_layer(self.graph, node.layer, self.functions)
        yield from self.call_lines(node, callee, keys)

    def call_lines(self, node: Node, callee: Expression, keys: tuple[str, ...], indent: int = STEP) -> list[Line]:
        """The lines that call the node's layer on its inputs."""
        inputs = [self.value(reference) for reference in node.inputs]
        made = layer_call(callee, self.graph.layer_of(node), inputs)
        return statement(made, f"{self.target(node)} = ", indent, keys)

    def loop_lines(self, loop: Repetition) -> Iterator[Line]:
        """The lines of blocks that repeat, written as the second of them is: on the result of the one before."""
        nodes = self.nodes[loop.start : loop.end]
        entering, carried = self.value(loop.entering), self.variables[nodes[-1].id]
        if entering != carried:
            yield Line(f"    {carried} = {entering}")
        keys = [self.builder.keys(node) for node in nodes]
        yield Line(f"    for {self.number} in {loop.range}:", (*chain(*keys),))
        self.target(nodes[loop.length - 1])
        for offset, (node, name) in enumerate(zip(nodes[loop.length :], loop.names, strict=False)):
            made = new_layer(self.graph, node.layer, self.functions, name.source(self.number))
            yield from self.call_lines(node, made, (*chain(*keys[offset :: loop.length]),), 2 * STEP)
        self.target(nodes[-1])

    def shared_lines(self, node: Node) -> list[Line]:
        """The line that makes a layer which is called more than once, before its first call."""
        if self.times[node.layer] < 2 or node.layer in self.shared:
            return []
        calls = [other for other in self.nodes if other.layer == node.layer]
        variable = self.shared[node.layer] = self.names.claim(f"shared_{node.layer}")
        keys = tuple(key for other in calls for key in self.builder.keys(other))
        return statement(new_layer(self.graph, node.layer, self.functions), f"{variable} = ", nodes=keys)

    def target(self, node: Node) -> str:
        """What stands left of the equals sign; afterwards the node's outputs can be asked for with `value`."""
        variable, count = self.variables[node.id], output_count(self.graph.layer_of(node))
        if count == 1:
            self.values[node.id] = self.values[f"{node.id}:0"] = variable
            return variable
        used = {split_reference(r) for r in (*(r for n in self.nodes for r in n.inputs), *self.graph.outputs)}
        names = [variable] + [self.names.claim(f"{node.id}_{i}") for i in range(1, count)]
        names = [name if (node.id, i) in used else "_" for i, name in enumerate(names)]
        unpacked = ", ".join(names)
        if width(unpacked) > LONGEST:
            names, unpacked = [f"{variable}[{i}]" for i in range(count)], variable
        self.values[node.id] = names[0]
        self.values.update({f"{node.id}:{i}": name for i, name in enumerate(names)})
        return unpacked

    def value(self, reference: str) -> str:
        """The expression of an output that was computed above; CodeError when the layer has no such output."""
        if reference not in self.values:
            source, index = split_reference(reference)
            raise CodeError(f"“{source}” has no output number {index + 1}; connect “{reference}” to another.")
        return self.values[reference]

    def model(self) -> Call:
        """`keras.Model(inputs=…, outputs=…, name=…)`."""
        if not self.graph.inputs:
            raise CodeError("A model has at least one input, and this one has none; add an InputLayer.")
        inputs = [self.variables[node_id] for node_id in self.graph.inputs]
        outputs = [self.value(reference) for reference in self.graph.outputs]
        return call(
            "keras.Model",
            inputs=inputs[0] if len(inputs) == 1 else listing(inputs),
            outputs=outputs[0] if len(outputs) == 1 else listing(outputs),
            name=title_of(self.builder),
        )
