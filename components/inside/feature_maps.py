"""Feature maps: what a layer makes of one sample, map by map, and the filters with which a convolution looks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from components.graph import Call, Json, calls_within
from components.inside.layer_points import LayerError, OpenRun, open_run, row_in
from components.inside.sprites import pictures_of, png_of
from components.store import Store
from components.training.reporting import RunShelf

MOST_MAPS = 32
LARGEST = 64
"""Pixels of a map's longer side; larger ones are thinned."""


def feature_maps_json(
    store_url: str, run_id: str, layer: str, row: int, epoch: int | None = None, split: str = "validation"
) -> Json:
    """What a layer gives at one call for one row: `{"epoch", "row", "rows", "shape", "maps", "size", "filters",
    "terms", "sample"}`.

    `layer` is the name of a call, `name:1` a second one, `model/name` one inside a nested model. `maps` holds at most
    32 maps of outputs that are images, [height, width] each; a sequence is one map, [channels, steps], and a vector one
    of [1, units]. `size` is the norm of all of them; `filters` those of a convolution, averaged over its input
    channels where it looks at images, or nothing. `terms` are what an Add, a Concatenate or another merge joins:
    `{"layer", "shape", "maps", "size"}` each, in its order. `sample` is the row itself as `sample_json` gives it.
    Raises LayerError for a layer that the model has not, or that gives something else.
    """
    store = Store(store_url)
    run = store.run(run_id)
    opened = open_run(run.experiment)
    with opened.lock:
        reached = opened.load(RunShelf(store, run_id, None), run.epoch, epoch)
        return {"epoch": reached, **maps_of(opened, layer, row, split)}


def maps_of(opened: OpenRun, layer: str, row: int, split: str) -> Json:
    """The maps with the model as it stands."""
    x = opened.splits[split][0]
    x = x if isinstance(x, list) else [x]
    row = min(max(row, 0), len(x[0]) - 1)
    one = [array[row : row + 1] for array in x]
    terms = calls_within(opened.experiment.graph).get(layer, Call("", ())).terms
    return {
        "row": row,
        "rows": len(x[0]),
        **drawn(given_by(opened, layer, one), layer),
        "filters": filters_of(opened, layer),
        "terms": [{"layer": term, **drawn(given_by(opened, term, one), term)} for term in terms],
        "sample": row_in(opened, row, split),
    }


def given_by(opened: OpenRun, call: str, one: Sequence[np.ndarray]) -> np.ndarray:
    """What a call gives for a batch of one."""
    return next(iter(opened.computed(call, one)))[0]


def drawn(given: np.ndarray, layer: str) -> Json:
    """The maps of a batch of one: of an image one for each channel, of a sequence or a vector a single strip."""
    if given.ndim == 4:
        maps = [small(given[0, :, :, place]) for place in range(min(given.shape[-1], MOST_MAPS))]
    elif given.ndim in (2, 3):
        maps = [strip(given[0].T if given.ndim == 3 else given)]
    else:
        raise LayerError(
            f"Maps are of images, sequences and vectors, and “{layer}” gives something else; choose another."
        )
    return {
        "shape": list(given.shape[1:]),
        "maps": maps,
        "size": round(float(np.linalg.norm(np.nan_to_num(given.astype(float)))), 4),
    }


def filters_of(opened: OpenRun, layer: str) -> Json:
    """The kernels of a convolution: over an image [height, width] each, over a sequence [channels, steps]; else none."""
    try:
        found = opened.find(layer)
    except LayerError:
        return []
    if not hasattr(found, "kernel_size"):
        return []
    across = min(len(found.kernel_size), 2)
    kernel = next((np.asarray(w) for w in found.weights if len(w.shape) == across + 2), None)
    if kernel is None or max(kernel.shape[:across]) < 2:
        return []
    pictures = kernel.transpose(2, 1, 0) if across == 1 else averaged(kernel)
    return [small(picture) for picture in pictures[:MOST_MAPS]]


def averaged(kernel: np.ndarray) -> np.ndarray:
    """A kernel over images, [height, width, in, out], as [out, height, width]; one that gives one map, by what comes in."""
    over = kernel.mean(axis=2) if kernel.shape[3] > 1 else kernel[:, :, :, 0]
    return over.transpose(2, 0, 1)


def samples_json(store_url: str, run_id: str, count: int = 24, split: str = "validation") -> Json:
    """The first rows of the data, to choose one by its looks: `{"row", "label", "picture"}` each.

    `picture` is the address of a PNG that carries itself, or None where data are no pictures.
    """
    opened = open_run(Store(store_url).run(run_id).experiment)
    x = opened.splits[split][0]
    x = x if isinstance(x, list) else [x]
    rows = np.arange(min(count, len(x[0])))
    pictures = pictures_of(opened, rows, split)
    labels = opened.labels_of([array[rows] for array in x], rows)
    return [
        {"row": int(row), "label": labels[row], "picture": None if pictures is None else png_of(pictures[row])}
        for row in rows
    ]


def small(picture: np.ndarray) -> list[list[float]]:
    """The picture, thinned where it is large, as plain numbers."""
    step = -(-max(picture.shape) // LARGEST)
    return plain(picture[::step, ::step])


def strip(values: np.ndarray) -> list[list[float]]:
    """Channels by steps, each thinned by itself: many steps leave the channels as they are."""
    down, across = (-(-size // LARGEST) for size in values.shape)
    return plain(values[::down, ::across])


def plain(values: np.ndarray) -> list[list[float]]:
    """Numbers that a page can take."""
    return np.round(np.nan_to_num(values.astype(float)), 4).tolist()
