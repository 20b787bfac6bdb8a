"""Feature maps: what a layer makes of one sample, map by map, and the filters with which a convolution looks."""

from __future__ import annotations

import json

import numpy as np

from components.graph import Graph, Json, call_names, calls_of, source_of
from components.inside.layer_points import LayerError, OpenRun, open_run
from components.store import Store
from components.training.reporting import RunShelf

MOST_MAPS = 32
LARGEST = 64
"""Pixels of a map's longer side; larger ones are thinned."""


def feature_maps_json(
    store_url: str, run_id: str, layer: str, row: int, epoch: int | None = None, split: str = "validation"
) -> Json:
    """What the layer gives for one row: `{"epoch", "row", "rows", "shape", "maps", "size", "filters", "terms"}`.

    `maps` holds at most 32 maps of a layer whose outputs are images, [height, width] each, and `size` is the norm of
    all of them; `filters` those of a convolution, averaged over its input channels, or nothing. `terms` are what an
    Add, a Concatenate or another merge joins: `{"layer", "shape", "maps", "size"}` each, in its order. Raises
    LayerError for a layer without maps.
    """
    store = Store(store_url)
    run = store.run(run_id)
    opened = open_run(json.dumps(run.experiment, sort_keys=True))
    with opened.lock:
        reached = opened.load(RunShelf(store, run_id, None), run.epoch, epoch)
        return {"epoch": reached, **maps_of(opened, layer, row, split)}


def maps_of(opened: OpenRun, layer: str, row: int, split: str) -> Json:
    """The maps with the model as it stands."""
    x = opened.splits[split][0]
    x = x if isinstance(x, list) else [x]
    row = min(max(row, 0), len(x[0]) - 1)
    one = [array[row : row + 1] for array in x]
    given = next(iter(opened.computed(layer, one)))[0]
    if given.ndim != 4:
        raise LayerError(f"Maps are what a layer makes of an image, and “{layer}” gives none; choose a convolution.")
    return {
        "row": row,
        "rows": len(x[0]),
        **drawn(given),
        "filters": filters_of(opened, layer),
        "terms": [
            {"layer": call, **drawn(term)}
            for call in terms_of(opened.experiment.graph, layer)
            if (term := next(iter(opened.computed(call, one)))[0]).ndim == 4
        ],
    }


def drawn(given: np.ndarray) -> Json:
    """The maps of a batch of one, [1, height, width, channels]."""
    return {
        "shape": list(given.shape[1:]),
        "maps": [small(given[0, :, :, i]) for i in range(min(given.shape[-1], MOST_MAPS))],
        "size": round(float(np.linalg.norm(np.nan_to_num(given.astype(float)))), 4),
    }


def terms_of(graph: Graph, layer: str) -> list[str]:
    """The calls that a merge joins at its first call, in its order; none for other layers."""
    node = next(iter(calls_of(graph, layer)), None) if layer in graph.layers else None
    if node is None or len(node.inputs) < 2:
        return []
    calls = call_names(graph)
    sources = [source_of(reference) for reference in node.inputs]
    return [source if source in graph.inputs else calls[source] for source in sources]


def filters_of(opened: OpenRun, layer: str) -> Json:
    """The kernels of a convolution over an image, [height, width] each; none for other layers."""
    try:
        weights = opened.find(layer).weights
    except LayerError:
        return []
    kernel = next((np.asarray(w) for w in weights if len(w.shape) == 4), None)
    if kernel is None or min(kernel.shape[:2]) < 2:
        return []
    averaged = kernel.mean(axis=2) if kernel.shape[3] > 1 else kernel[:, :, :, 0]
    return [small(averaged[:, :, i]) for i in range(min(averaged.shape[-1], MOST_MAPS))]


def small(picture: np.ndarray) -> list[list[float]]:
    """The picture, thinned where it is large, as plain numbers."""
    step = -(-max(picture.shape) // LARGEST)
    return np.round(np.nan_to_num(picture[::step, ::step].astype(float)), 4).tolist()
