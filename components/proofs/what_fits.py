"""Which widths and strides of a convolution fit where its output is added, by Keras's own answer."""

from __future__ import annotations

from itertools import product

from components.edits import configure
from components.graph import Json, Layer
from components.inspecting import inspect_graph
from components.proofs.exhibit import exhibit
from components.proofs.fitting import read_all


def prove_json(experiments: list[Json], options: Json) -> Json:
    """Build the option `layer` with half, the same and twice its filters, and with strides 1 and 2."""
    graph, layer = read_all(experiments)[0].graph, str(options["layer"])
    chosen = graph.layers[layer]
    assert isinstance(chosen, Layer)
    own = chosen.config
    now = (own["filters"], own.get("strides", 1))
    found = {
        tried: inspect_graph(configure(graph, layer, {**own, "filters": tried[0], "strides": tried[1]}))["problems"]
        for tried in product((now[0] // 2, now[0], 2 * now[0]), (1, 2))
    }
    fitting = [tried for tried, problems in found.items() if not problems]
    return exhibit(
        fitting == [now],
        "Of {count} ways to build “{layer}” {fit} fit: as it is, with {filters} filters and stride {stride}, it has "
        "{problems} problems.",
        {"count": len(found), "layer": layer, "fit": len(fitting), "filters": now[0], "stride": now[1],
         "problems": len(found[now])},
        columns=("filters", "stride", "what Keras says"),
        rows=[(*tried, problems[0]["message"] if problems else "✓") for tried, problems in found.items()],
    )  # fmt: skip
