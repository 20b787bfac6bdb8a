"""What `plot_model` draws, one box for each layer, against the calls of the graph."""

from __future__ import annotations

import keras

from components.building import build_model
from components.graph import Json, calls_of
from components.proofs.exhibit import exhibit
from components.proofs.fitting import read_all


def prove_json(experiments: list[Json], options: Json) -> Json:
    """Let Keras draw the model and count its boxes; the option `layer` is looked at more closely."""
    graph, shared = read_all(experiments)[0].graph, str(options["layer"])
    drawn = keras.utils.model_to_dot(build_model(graph), show_layer_names=True)
    texts = [str(node.get("label")) for node in drawn.get_nodes() if node.get("label")]
    boxes = {name: sum(f">{name}<" in text or f">{name} " in text for text in texts) for name in graph.layers}
    calls = {name: len(calls_of(graph, name)) for name in graph.layers}
    return exhibit(
        boxes[shared] == 1 < calls[shared] and len(texts) == len(graph.layers) < len(graph.nodes),
        "plot_model drew {boxes} boxes for {calls} calls; “{layer}” is called {times} times and has {own} of them.",
        {"boxes": len(texts), "calls": len(graph.nodes), "layer": shared, "times": calls[shared], "own": boxes[shared]},
        columns=("layer", "calls", "boxes in plot_model"),
        rows=[(name, calls[name], boxes[name]) for name in graph.layers],
    )
