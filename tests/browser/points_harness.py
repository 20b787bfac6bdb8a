"""A page with nothing but points on it, made up: `?count=`, `?dimensions=`, `?colour=`, `?numbers=1` for no classes, `?pictures=1`.

They have two epochs, between which they move; what was chosen is written below as JSON, for the tests.
"""

from __future__ import annotations

import base64
import io
import json
import math

import numpy as np
import streamlit as st
from PIL import Image

from components.graph import Json
from dashboard.points import mount_points
from dashboard.points.pages import cast_of, page_of

CLASSES = 10


def answer(count: int, dimensions: int, epoch: int, numbers: bool) -> Json:
    """Clusters, as the engine would tell of them after an epoch."""
    random = np.random.default_rng(0)
    kinds = random.integers(0, CLASSES, count)
    centres = random.normal(size=(CLASSES, dimensions)) * (1 + epoch)
    points = centres[kinds] + random.normal(size=(count, dimensions)) * 0.5
    said = np.where(random.random(count) < 0.1, (kinds + 1) % CLASSES, kinds)
    names = [] if numbers else [f"kind {kind}" for kind in range(CLASSES)]
    tell = (lambda values: (values / 3).tolist()) if numbers else (lambda values: [names[value] for value in values])
    return {
        "points": points.tolist(), "rows": list(range(count)), "labels": [f"word {row}" for row in range(count)],
        "output": "kind", "classes": tell(kinds), "predictions": tell(said), "class_names": names,
        "mistakes": [] if numbers else (kinds != said).tolist(), "variance": [0.5, 0.2], "trustworthiness": 0.9,
        "note": None, "epoch": epoch,
    }  # fmt: skip


def sheet(count: int) -> Json:
    """A picture for each point, each of one grey."""
    columns = math.ceil(math.sqrt(count))
    greys = np.arange(columns * columns, dtype=np.uint8).reshape(columns, columns).repeat(32, 0).repeat(32, 1)
    file = io.BytesIO()
    Image.fromarray(greys).save(file, "png")
    return {"png": base64.b64encode(file.getvalue()).decode(), "side": 32, "columns": columns, "cast": 0}


st.set_page_config(layout="wide")
st.html("<style>.stMainBlockContainer { padding: 1rem; max-width: 30rem } .stAppHeader { display: none }</style>")
asked = st.query_params.to_dict()
epochs = [
    answer(int(asked.get("count", 300)), int(asked.get("dimensions", 2)), epoch, "numbers" in asked) for epoch in (0, 1)
]
data: Json = {
    "run": "made up", "epoch": None, "film": None, "casts": {"0": cast_of(epochs[0])},
    "pages": [page_of(epoch, 0, "dense") for epoch in epochs], "colour": asked.get("colour", "classes"), "empty": "",
}  # fmt: skip
if "pictures" in asked:
    data["sprites"] = sheet(len(epochs[0]["rows"]))
mount_points("points", data, on_chosen=lambda: None)
chosen = st.session_state["points"].get("chosen")
st.html(f"<div id='summary' hidden>{json.dumps(chosen)}</div>")
