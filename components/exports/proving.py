"""Proving: the exported file is executed in a process of its own, and its model's outputs are compared with ours.

Only code that we wrote from an experiment is executed, never a text that a person gave.
"""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import keras
import numpy as np

from components.building import build_model
from components.codegen import Style, generate_code
from components.experiment import Experiment, experiment_from_json
from components.exports import proving_child
from components.graph import Graph, Json, output_names
from components.inside.layer_points import open_run
from components.store import Store
from components.training.reporting import RunShelf

ROWS = 64
"""Of the test data on which the two models are compared."""

SECONDS = 120
"""The longest that the file's process may take, most of which Keras takes to be imported."""

CLOSE = 1e-6
"""Outputs that differ by no more are the same; for outputs above 1, relative to the largest."""

UNKNOWN_AXIS = 5
"""The length of an axis that the graph leaves open, in inputs that are made up."""


class ProofError(ValueError):
    """A proof that could not be carried out; its text says why."""


def prove_run_json(store_url: str, run_id: str, epoch: int | str | None = None, style: Style = "functional") -> Json:
    """The proof of a run's file of that style with the weights after an epoch (a number, "best", None: the latest).

    `{"epoch", "rows", "parameters", "difference", "largest", "same", "outputs": [{"name", "shape", "difference"}],
    "seconds"}`; `difference` is the largest between two outputs, `largest` the largest output. Raises ProofError.
    """
    store = Store(store_url)
    run = store.run(run_id)
    opened = open_run(run.experiment)
    with opened.lock:
        reached = opened.load(RunShelf(store, run_id, None), run.epoch, epoch)
        x = opened.splits["test"][0]
        rows = [array[:ROWS] for array in (x if isinstance(x, list) else [x])]
        return {"epoch": reached, **prove(opened.experiment, opened.model, rows, style)}


def prove_experiment_json(experiment: Json, style: Style = "functional") -> Json:
    """The proof of an experiment that was not trained: with fresh weights and made-up inputs; `epoch` is None."""
    read = experiment_from_json(experiment)
    return {"epoch": None, **prove(read, build_model(read.graph, seed=read.seed), made_up_inputs(read.graph), style)}


def made_up_inputs(graph: Graph) -> list[np.ndarray]:
    """Seeded rows of the inputs' shapes: whole numbers 0 and 1 where the input takes whole numbers."""
    random = np.random.default_rng(0)
    arrays = []
    for node in graph.inputs:
        config = graph.layer_of(graph.node(node)).config  # type: ignore[union-attr]
        shape = (ROWS, *(size or UNKNOWN_AXIS for size in config["shape"]))
        dtype = str(config.get("dtype") or "float32")
        if dtype == "string":
            raise ProofError("Made-up inputs are numbers, and this model reads text; train it first, on its data.")
        arrays.append((random.random(shape) if "float" in dtype else random.integers(0, 2, shape)).astype(dtype))
    return arrays


def prove(
    experiment: Experiment, model: keras.Model, inputs: Sequence[np.ndarray], style: Style = "functional"
) -> Json:
    """Our model and the file's, with the same weights, on the same rows."""
    importlib.import_module("presets")  # whose datasets the file carries
    began = time.perf_counter()
    theirs = run_file(generate_code(experiment, style), model.get_weights(), inputs)
    ours = proving_child.answer(model, list(inputs))
    outputs = list(map(compared, output_names(experiment.graph), ours, theirs))
    return {
        "rows": len(inputs[0]),
        "parameters": model.count_params(),
        "difference": max(output["difference"] for output in outputs),
        "largest": max(output["largest"] for output in outputs),
        "same": all(output["same"] for output in outputs),
        "outputs": outputs,
        "seconds": time.perf_counter() - began,
    }


def compared(name: str, ours: np.ndarray, theirs: np.ndarray) -> Json:
    """One output of both models; places where both say no number are alike."""
    if ours.shape != theirs.shape:
        raise ProofError(f"The file's output “{name}” has the shape {theirs.shape}, and ours {ours.shape}.")
    with np.errstate(invalid="ignore"):  # infinity less infinity is no number, and is looked at below
        apart = np.abs(np.asarray(ours, float) - np.asarray(theirs, float))
    apart[np.isnan(ours) & np.isnan(theirs) | (ours == theirs)] = 0.0
    difference = float(np.max(np.nan_to_num(apart, nan=np.inf), initial=0.0))
    largest = float(np.max(np.abs(np.nan_to_num(ours)), initial=0.0))
    same = difference <= CLOSE * max(1.0, largest)
    return {"name": name, "shape": list(ours.shape), "difference": difference, "largest": largest, "same": same}


# The process


def run_file(source: str, weights: Sequence[np.ndarray], inputs: Sequence[np.ndarray]) -> list[np.ndarray]:
    """What the file's model says of the inputs, with those weights; ProofError when the file fails or takes too long."""
    with tempfile.TemporaryDirectory(prefix="layerloom-proof-") as name:
        folder = Path(name)
        (folder / "exported.py").write_text(source, encoding="utf-8")
        np.savez(folder / "weights.npz", *weights)
        np.savez(folder / "inputs.npz", *inputs)
        execute([sys.executable, "-I", proving_child.__file__, name], folder)
        return proving_child.held_arrays(folder / "outputs.npz")


def execute(command: Sequence[str], folder: Path) -> None:
    """Run the command in the folder to its end, with nothing of our surroundings but what Python needs."""
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=surroundings(folder),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise ProofError(
            f"The exported file may run for {SECONDS} seconds, and it took longer; try again when less is running."
        ) from error
    if done.returncode != 0:
        lines = done.stderr.decode(errors="replace").strip().splitlines() or [f"it ended with {done.returncode}"]
        raise ProofError(f"The exported file did not run: {lines[-1][:300]}; please report it with the experiment.")


KEPT = ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH", "KERAS_BACKEND", "OMP_NUM_THREADS")


def surroundings(folder: Path, environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment of the process: its home is the folder, and it sees no graphics card and none of our settings."""
    kept = {name: environment[name] for name in KEPT if name in environment}
    return {**kept, "HOME": str(folder), "CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "3"}
