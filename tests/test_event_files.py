"""Event files: the stock TensorBoard, started on a run's folder, finds every kind of thing through its own interface."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import replace

import pytest

from components.experiment import experiment_to_json
from components.inside.event_files import write_events
from components.store import Store
from components.training.running import run_job
from presets import ARCHITECTURES
from tests.browser.pages import free_port


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> Store:
    return Store(f"sqlite:///{tmp_path_factory.mktemp('home')}/store.db")


@pytest.fixture(scope="module")
def run(store) -> str:
    """A finished run with two embeddings."""
    experiment = ARCHITECTURES["question_answering"].experiment
    experiment = replace(experiment, training=replace(experiment.training, epochs=2, callbacks=()))
    experiment = replace(experiment, data=replace(experiment.data, config={"rows": 200}))
    run_id = store.create_run("me", experiment_to_json(experiment), "qa")
    run_job(store.url, run_id)
    assert store.run(run_id).state == "finished"
    return run_id


@pytest.fixture(scope="module")
def board(store, run, tmp_path_factory) -> Iterator[str]:
    """The address of a TensorBoard that looks at the run's folder."""
    folder = tmp_path_factory.mktemp("logs")
    write_events(store, run, folder / run)
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "tensorboard.main",
        "--logdir",
        str(folder),
        "--port",
        str(port),
        "--load_fast=false",
    ]
    with subprocess.Popen(
        [*command, "--host", "127.0.0.1"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        address = f"http://127.0.0.1:{port}"
        try:
            wait_until_read(address, run)
            yield address
        finally:
            server.terminate()


def wait_until_read(address: str, run: str) -> None:
    """Until the server answers and has read both parts of the run."""
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        try:
            if {f"{run}/train", f"{run}/validation"} <= set(ask(address, "runs")):
                return
        except OSError:
            pass
        time.sleep(0.3)
    raise TimeoutError("TensorBoard did not read the run")


def ask(address: str, route: str, **query: str):
    """What TensorBoard says."""
    with urllib.request.urlopen(f"{address}/data/{route}?{urllib.parse.urlencode(query)}", timeout=30) as answer:
        text = answer.read().decode()
    return json.loads(text) if text[:1] in "[{" else text


def test_scalars_are_the_records_of_training_and_validation(board, store, run):
    for part, prefix in (("train", ""), ("validation", "val_")):
        points = ask(board, "plugin/scalars/scalars", run=f"{run}/{part}", tag="epoch/loss")
        recorded = [r.values[f"{prefix}loss"] for r in store.records(run, kinds=("epoch",))]
        assert [value for _, _, value in points] == pytest.approx(recorded, rel=1e-5)


def test_all_three_kinds_of_histogram_are_found(board, run):
    tags = ask(board, "plugin/histograms/tags")[f"{run}/train"]
    assert {tag.partition("/")[0] for tag in tags} == {"weights", "activations", "gradients"}
    name = next(tag for tag in tags if tag.startswith("gradients/"))
    (_, _, bins), *_ = ask(board, "plugin/histograms/histograms", run=f"{run}/train", tag=name)
    assert sum(count for *_, count in bins) > 0


def test_the_graph_is_found(board, run):
    assert ask(board, "plugin/graphs/info")[f"{run}/train"]["run_graph"]
    graph = ask(board, "plugin/graphs/graph", run=f"{run}/train")
    assert "node" in graph
    assert "joined" in graph or "answer" in graph


def test_the_projector_has_vectors_and_words_of_each_embedding(board, run):
    config = ask(board, "plugin/projector/info", run=f"{run}/train")
    names = [entry["tensorName"] for entry in config["embeddings"]]
    assert sorted(names) == ["embedded_question", "embedded_text"]
    words = ask(board, "plugin/projector/metadata", run=f"{run}/train", name="embedded_text").splitlines()
    assert "kitchen" in words
