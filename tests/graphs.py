"""Random graphs and edits for the property tests: shared layers, nested models, several inputs and outputs."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from components.graph import Graph, Json
from components.layers import LAYERS
from components.weaving import Loom


def sample_doors(kind: str) -> list[tuple[list[int], str]]:
    """Shapes and types of inputs on which a freshly placed layer can be called."""
    if kind in {"Embedding", "ReversibleEmbedding"}:
        return [([6], "int32")]
    if kind in {"CategoryEncoding", "Hashing", "IntegerLookup"}:
        return [([1], "int32")]
    if kind == "HashedCrossing":
        return [([1], "int32"), ([1], "int32")]
    if kind in {"StringLookup", "TextVectorization"}:
        return [([1], "string")]
    return [(sample_shape(kind), "float32")] * LAYERS[kind].arity[0]


def sample_shape(kind: str) -> list[int]:
    """A shape of the rank that the layer expects."""
    if kind in {"EinsumDense", "RepeatVector", "SpectralNormalization"}:
        return [8]
    if kind in {"MelSpectrogram", "STFTSpectrogram"}:
        return [4096] if kind.startswith("Mel") else [4096, 1]
    if kind.startswith("ConvLSTM"):
        return [5, *[8] * int(kind[-2]), 4]
    if kind in {"LSTM", "GRU", "SimpleRNN", "Bidirectional", "TimeDistributed", "Permute", "Masking"}:
        return [16, 8]
    if "Attention" in kind or "1D" in kind:
        return [16, 8]
    if "3D" in kind:
        return [8, 8, 8, 4]
    if "2D" in kind:
        return [32, 32, 4]
    return [32, 32, 3] if LAYERS[kind].group == "Preprocessing" else [8, 8]


def placed(kind: str) -> Graph:
    """A graph of one layer as it is freshly placed, on inputs that suit it."""
    loom = Loom()
    doors = [loom.input(f"in_{number}", *door) for number, door in enumerate(sample_doors(kind))]
    return loom.graph(loom(kind, *doors, **LAYERS[kind].start))


PLACEABLE = tuple(kind for kind in LAYERS if kind != "InputLayer")

UNITS = st.integers(1, 6)
ACTIVATIONS = st.sampled_from(["relu", "tanh", "linear", "softmax"])


@st.composite
def dense_graphs(draw: st.DrawFn, nested: bool = True, several: bool = False) -> Graph:
    """Graphs of dense and merge layers that build: every node's output has the shape (None, width).

    With `several` the models inside have any number of inputs and outputs, and are called again.
    """
    loom = Loom()
    widths = {
        loom.input(f"input_{i}", [width]): width
        for i, width in enumerate(draw(st.lists(UNITS, min_size=1, max_size=3)))
    }
    origins: dict[str, int] = {}
    models: list[tuple[str, Graph]] = []
    for step in range(draw(st.integers(1, 8))):
        choice = draw(st.sampled_from(["dense", "dense", "concatenate", "add", "again", "model", "dropout"]))
        if several and choice == "model":
            place(draw, loom, widths, models, step)
        else:
            grow(draw, loom, widths, origins, choice if nested or choice != "model" else "dense", step)
    unused = unconsumed(loom.graph(), widths)
    return loom.graph(*unused)


def grow(draw: st.DrawFn, loom: Loom, widths: dict[str, int], origins: dict[str, int], choice: str, step: int) -> None:
    """One more node of the chosen sort, or a dense one where that sort finds no fitting inputs."""
    source = draw(st.sampled_from(sorted(widths)))
    same = [node for node in sorted(widths) if widths[node] == widths[source]]
    callable_again = [(node, width) for node, width in origins.items() if width == widths[source]]
    if choice == "concatenate" and len(widths) > 1:
        other = draw(st.sampled_from(sorted(set(widths) - {source})))
        widths[loom("Concatenate", source, other, name=f"joined_{step}")] = widths[source] + widths[other]
    elif choice == "add" and len(same) > 1:
        other = draw(st.sampled_from([node for node in same if node != source]))
        widths[loom("Add", source, other, name=f"sum_{step}")] = widths[source]
    elif choice == "again" and callable_again:
        again, _ = draw(st.sampled_from(callable_again))
        widths[loom.again(again, source)] = widths[again]
    elif choice == "model":
        inner = draw(dense_graphs(nested=False).filter(lambda g: len(g.inputs) == 1 and len(g.outputs) == 1))
        width = inner.layers[inner.inputs[0]].config["shape"][0]
        sources = [node for node in sorted(widths) if widths[node] == width]
        if sources:
            units = output_width(inner)
            widths[loom.model(f"model_{step}", inner, draw(st.sampled_from(sources)))] = units
    elif choice == "dropout":
        widths[loom("Dropout", source, name=f"dropout_{step}", rate=0.5)] = widths[source]
    else:
        units = draw(UNITS)
        node = loom("Dense", source, name=f"dense_{step}", units=units, activation=draw(ACTIVATIONS))
        widths[node], origins[node] = units, widths[source]


def place(draw: st.DrawFn, loom: Loom, widths: dict[str, int], models: list[tuple[str, Graph]], step: int) -> None:
    """A model inside, or another call of one that stands there; where nothing fits an input, a dense layer is put between."""
    known = draw(st.sampled_from(models)) if models and draw(st.booleans()) else None
    inner = known[1] if known else draw(dense_graphs(nested=False))
    sources = []
    for number, door in enumerate(inner.inputs):
        width = inner.layers[door].config["shape"][0]
        source = draw(st.sampled_from(sorted(widths)))
        if widths[source] != width:
            source = loom("Dense", source, name=f"fit_{step}_{number}", units=width)
            widths[source] = width
        sources.append(source)
    node = loom.again(known[0], *sources) if known else loom.model(f"model_{step}", inner, *sources)
    if not known:
        models.append((node, inner))
    for number, width in enumerate(output_widths(inner)):
        widths[f"{node}:{number}" if number else node] = width


def output_width(graph: Graph) -> int:
    """The width of a nested graph's only output."""
    return output_widths(graph)[0]


def output_widths(graph: Graph) -> list[int]:
    """The widths of a nested graph's outputs, found by walking back to what decides them."""
    widths: dict[str, int] = {}
    for node in graph.nodes:
        layer = graph.layers[node.layer]
        if layer.kind == "InputLayer":
            widths[node.id] = layer.config["shape"][0]
        elif layer.kind == "Dense":
            widths[node.id] = layer.config["units"]
        elif layer.kind == "Concatenate":
            widths[node.id] = sum(widths[source] for source in node.inputs)
        else:
            widths[node.id] = widths[node.inputs[0]]
    return [widths[output] for output in graph.outputs]


def unconsumed(graph: Graph, widths: dict[str, int]) -> list[str]:
    """The nodes that nothing takes in: the outputs, at least one computed."""
    used = {reference for node in graph.nodes for reference in node.inputs}
    return [node for node in widths if node not in used and node not in graph.inputs] or [list(widths)[-1]]


@st.composite
def image_graphs(draw: st.DrawFn) -> Graph:
    """Convolutional graphs: branches that are added or joined, shared convolutions, layers with objects in their configs."""
    loom = Loom()
    x = loom.input("image", [8, 8, 4])
    shared: str | None = None
    for step in range(draw(st.integers(1, 6))):
        choice = draw(st.sampled_from(["conv", "branch", "join", "normalise", "again", "priced"]))
        if choice == "branch":
            x = loom("Add", x, loom("Conv2D", x, name=f"side_{step}", filters=4, kernel_size=3, padding="same"))
        elif choice == "join":
            pooled = loom("MaxPooling2D", x, name=f"pool_{step}", pool_size=2, strides=1, padding="same")
            joined = loom("Concatenate", x, pooled, name=f"joined_{step}")
            x = loom("Conv2D", joined, name=f"narrow_{step}", filters=4, kernel_size=1)
        elif choice == "normalise":
            x = loom("ReLU", loom("BatchNormalization", x, name=f"norm_{step}"), name=f"relu_{step}")
        elif choice == "again" and shared:
            x = loom.again(shared, x)
        else:
            price = {"class_name": "L2", "config": {"l2": 0.003}}
            more = {"kernel_regularizer": price, "kernel_initializer": "he_normal"} if choice == "priced" else {}
            x = loom("Conv2D", x, name=f"conv_{step}", filters=4, kernel_size=[3, 1], padding="same", **more)
            shared = x
    return loom.graph(loom("Dense", loom("GlobalAveragePooling2D", x, name="pooled"), name="head", units=2))


@st.composite
def sequence_graphs(draw: st.DrawFn) -> Graph:
    """Recurrent graphs: wrappers, and states that leave beside the output."""
    loom = Loom()
    x = loom.input("series", [5, 4])
    leaving: list[str] = []
    for step in range(draw(st.integers(1, 5))):
        choice = draw(st.sampled_from(["lstm", "both", "each", "states", "spectral"]))
        units = draw(st.integers(2, 4))
        inner = {"kind": draw(st.sampled_from(["LSTM", "GRU"])), "config": {"units": units, "return_sequences": True}}
        if choice == "both":
            mode = draw(st.sampled_from([{}, {"merge_mode": "sum"}]))
            x = loom("Bidirectional", x, name=f"both_{step}", layer=inner, **mode)
        elif choice == "each":
            dense = {"kind": "Dense", "config": {"units": units, "activation": "tanh"}}
            x = loom("TimeDistributed", x, name=f"each_{step}", layer=dense)
        elif choice == "spectral":
            dense = {"kind": "Dense", "config": {"units": units}}
            x = loom("SpectralNormalization", x, name=f"kept_{step}", layer=dense)
        else:
            more = {"return_state": True} if choice == "states" else {}
            x = loom("LSTM", x, name=f"reads_{step}", units=units, return_sequences=True, **more)
            leaving += [loom("Dense", f"{x}:2", name=f"memory_{step}", units=1)] if more else []
    return loom.graph(*leaving, loom("Dense", loom("Flatten", x, name="flat"), name="head", units=1))


ANY_GRAPH = st.one_of(dense_graphs(several=True), image_graphs(), sequence_graphs())


def without_ids(graph: Graph) -> Any:
    """The graph with its nodes numbered, so that names of nodes do not count."""
    numbers = {node.id: str(i) for i, node in enumerate(graph.nodes)}

    def number(reference: str) -> str:
        node, colon, index = reference.partition(":")
        return numbers[node] + colon + index

    return (
        {name: without_ids(layer) if isinstance(layer, Graph) else layer for name, layer in graph.layers.items()},
        [(node.layer, [number(reference) for reference in node.inputs]) for node in graph.nodes],
        [number(reference) for reference in graph.outputs],
    )


NAMES = st.sampled_from(["a", "b", "dense_0", "dense_1", "input_0", "joined_2", "model_1", "sum_3", "9 wrong", ""])


@st.composite
def edits(draw: st.DrawFn) -> Json:
    """Edits as a canvas, or a mischievous one, could send them."""
    name = st.lists(NAMES, max_size=3)
    return draw(
        st.one_of(
            st.fixed_dictionaries(
                {"edit": st.just("add_node"), "id": NAMES, "kind": st.sampled_from(["Dense", "Add", "InputLayer"])},
                optional={"config": st.fixed_dictionaries({"units": UNITS}), "inputs": name},
            ),
            st.fixed_dictionaries({"edit": st.just("add_call"), "id": NAMES, "layer": NAMES, "inputs": name}),
            st.fixed_dictionaries({"edit": st.just("delete_nodes"), "ids": name}),
            st.fixed_dictionaries({"edit": st.just("delete_and_bridge"), "id": NAMES}),
            st.fixed_dictionaries({"edit": st.just("connect"), "source": NAMES, "target": NAMES}),
            st.fixed_dictionaries({"edit": st.just("disconnect"), "target": NAMES, "place": st.integers(-1, 3)}),
            st.fixed_dictionaries({"edit": st.just("set_inputs"), "id": NAMES, "inputs": name}),
            st.fixed_dictionaries({"edit": st.just("rename_layer"), "layer": NAMES, "name": NAMES}),
            st.fixed_dictionaries(
                {
                    "edit": st.just("insert_on_edge"),
                    "id": NAMES,
                    "kind": st.just("ReLU"),
                    "target": NAMES,
                    "place": st.integers(-1, 3),
                }
            ),
            st.fixed_dictionaries(
                {
                    "edit": st.just("duplicate"),
                    "nodes": st.dictionaries(NAMES, NAMES, max_size=3),
                    "layers": st.dictionaries(NAMES, NAMES, max_size=3),
                }
            ),
            st.fixed_dictionaries({"edit": st.just("set_outputs"), "outputs": name}),
            st.fixed_dictionaries({"edit": st.just("toggle_output"), "id": NAMES}),
            st.fixed_dictionaries({"edit": st.just("unshare"), "id": NAMES}),
            st.fixed_dictionaries({"edit": st.just("group"), "ids": name, "name": NAMES}),
            st.fixed_dictionaries({"edit": st.just("ungroup"), "id": NAMES}),
            st.fixed_dictionaries(
                {"edit": st.just("configure"), "layer": NAMES, "config": st.fixed_dictionaries({"units": UNITS})}
            ),
        )
    )


PARTS = st.sampled_from(
    [
        {
            "layers": {"dense_0": {"kind": "Dense", "config": {"units": 3}}},
            "nodes": [["dense_0", "dense_0", []]],
            "outputs": [],
        },
        {
            "layers": {"a": {"kind": "Add", "config": {}}},
            "nodes": [["a", "a", ["input_0"]], ["b", "a", ["a"]]],
            "outputs": [],
        },
        {"layers": {}, "nodes": [["a", "gone", []]], "outputs": []},
    ]
)
POINT = st.lists(st.integers(-500, 500), min_size=2, max_size=2)


@st.composite
def operations(draw: st.DrawFn) -> Json:
    """What a canvas sends: edits alone or several at once, pastes, blocks, moves, undo and redo, in and out of models."""
    block = st.sampled_from(["residual", "normalise_activate", "branches", "shared_encoder", "no_such"])
    return draw(
        st.one_of(
            edits(),
            edits(),
            st.sampled_from([{"edit": "undo"}, {"edit": "redo"}, {"edit": "tidy"}, {"edit": "close", "to": 0}]),
            st.fixed_dictionaries({"edit": st.just("open"), "layer": NAMES}),
            st.fixed_dictionaries({"edit": st.just("move"), "positions": st.dictionaries(NAMES, POINT, max_size=3)}),
            st.fixed_dictionaries(
                {"edit": st.just("many"), "edits": st.lists(edits(), max_size=3)},
                optional={"positions": st.dictionaries(NAMES, POINT, max_size=2)},
            ),
            st.fixed_dictionaries({"edit": st.just("paste"), "graph_json": PARTS}),
            st.fixed_dictionaries(
                {
                    "edit": st.just("insert_on_edge"),
                    "id": NAMES,
                    "kind": st.just("ReLU"),
                    "target": NAMES,
                    "place": st.integers(0, 2),
                }
            ),
            st.fixed_dictionaries({"edit": st.just("block"), "name": block}, optional={"source": NAMES}),
            st.fixed_dictionaries(
                {"edit": st.just("block"), "name": block, "target": NAMES, "place": st.integers(-1, 2)}
            ),
            st.fixed_dictionaries(
                {"edit": st.just("fix"), "node": NAMES, "message": st.just("gone"), "index": st.just(0)}
            ),
        )
    )
