"""Saving: a run's trained model as a file for Keras, for TensorFlow Lite or for ONNX."""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from components.graph import Json
from components.inside.layer_points import open_run
from components.store import Store
from components.training.reporting import RunShelf


class SavingError(ValueError):
    """A model that a form cannot hold; the text says which and what to choose instead."""


def save_run_json(store_url: str, run_id: str, form: str, epoch: int | str | None = None) -> Json:
    """A run's model with the weights after an epoch (a number, "best", None: the latest).

    `form` is one of FORMS. `{"file": base 64, "epoch"}`. Raises SavingError when the form cannot hold the model.
    """
    if form not in FORMS:
        raise SavingError(f"A model is saved as one of {', '.join(FORMS)}, and not as “{form[:40]}”; choose one.")
    store = Store(store_url)
    run = store.run(run_id)
    opened = open_run(run.experiment)
    with opened.lock, tempfile.TemporaryDirectory(prefix="layerloom-saving-") as folder:
        reached = opened.load(RunShelf(store, run_id, None), run.epoch, epoch)
        content = save_model(opened.model, form, Path(folder))
    return {"file": base64.b64encode(content).decode(), "epoch": reached}


def save_model(model: keras.Model, form: str, folder: Path) -> bytes:
    """The model in that form; `folder` is an empty one to work in."""
    try:
        return FORMS[form](model, folder)
    except Exception as error:  # converters raise whatever they like
        first = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
        raise SavingError(
            f"This model has a layer that cannot be saved as {form} ({first}); save it as .keras instead."
        ) from error


def as_keras(model: keras.Model, folder: Path) -> bytes:
    """A `.keras` file: `keras.models.load_model` opens it, in its safe mode too."""
    model.save(folder / "model.keras")
    return (folder / "model.keras").read_bytes()


def as_tflite(model: keras.Model, folder: Path) -> bytes:
    """A TensorFlow Lite file that takes one row at a time: only so do recurrent layers become operations of its own."""
    model.export(folder / "saved", verbose=False, input_signature=signature(model, rows=1))
    return tf.lite.TFLiteConverter.from_saved_model(str(folder / "saved")).convert()


def as_onnx(model: keras.Model, folder: Path) -> bytes:
    """An ONNX file, through Keras's own export."""
    model.export(folder / "model.onnx", format="onnx", verbose=False, input_signature=signature(model))
    return (folder / "model.onnx").read_bytes()


def signature(model: keras.Model, rows: int | None = None) -> list[Any]:
    """What goes in, for Keras's export, which else knows it only of a model that was called before."""
    inputs = [keras.InputSpec(dtype=t.dtype, shape=(rows, *t.shape[1:]), name=t.name) for t in model.inputs]
    return inputs if len(inputs) == 1 else [inputs]


FORMS: Mapping[str, Callable[[keras.Model, Path], bytes]] = {"keras": as_keras, "tflite": as_tflite, "onnx": as_onnx}
