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

import numpy as np
import pytest
import tensorflow as tf

from components.experiment import experiment_to_json
from components.inside.event_files import SPRITE, finite, write_events
from components.inside.layer_points import LayerPoints, Target, open_run, to_pixels
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
def pictures(store) -> str:
    """A finished run on pictures."""
    experiment = ARCHITECTURES["inception_digits"].experiment
    experiment = replace(experiment, training=replace(experiment.training, epochs=1, callbacks=()))
    run_id = store.create_run("me", experiment_to_json(experiment), "digits")
    run_job(store.url, run_id)
    assert store.run(run_id).state == "finished"
    return run_id


@pytest.fixture(scope="module")
def board(store, run, pictures, tmp_path_factory) -> Iterator[str]:
    """The address of a TensorBoard that looks at the runs' folder."""
    folder = tmp_path_factory.mktemp("logs")
    for run_id in (run, pictures):
        write_events(store, run_id, folder / run_id)
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
            wait_until_read(address, pictures)
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
    text = fetch(address, route, **query).decode()
    return json.loads(text) if text[:1] in "[{" else text


def fetch(address: str, route: str, **query: str) -> bytes:
    """What TensorBoard sends."""
    with urllib.request.urlopen(f"{address}/data/{route}?{urllib.parse.urlencode(query)}", timeout=30) as answer:
        return answer.read()


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
    assert sorted(names) == ["embedded_question", "embedded_text", "joined_outputs"]
    words = ask(board, "plugin/projector/metadata", run=f"{run}/train", name="embedded_text").splitlines()
    assert "kitchen" in words


def test_the_projector_has_what_the_network_makes_of_each_picture_with_its_thumbnail(board, store, pictures):
    (entry,) = ask(board, "plugin/projector/info", run=f"{pictures}/train")["embeddings"]
    side = entry["sprite"]["singleImageDim"]
    assert side == [SPRITE, SPRITE]
    name = entry["tensorName"]
    labels = ask(board, "plugin/projector/metadata", run=f"{pictures}/train", name=name).splitlines()
    assert labels[0].split("\t") == ["label", "true", "predicted"]
    vectors = np.frombuffer(fetch(board, "plugin/projector/tensor", run=f"{pictures}/train", name=name), "float32")
    assert vectors.size == (len(labels) - 1) * entry["tensorShape"][1]
    sheet = tf.io.decode_png(fetch(board, "plugin/projector/sprite_image", run=f"{pictures}/train", name=name)).numpy()
    opened = open_run(json.dumps(store.run(pictures).experiment, sort_keys=True))
    images = opened.splits["validation"][0]
    across = sheet.shape[1] // SPRITE
    assert across * across >= len(labels) - 1
    for place in (0, 1, len(labels) - 2):
        top, left = (place // across) * SPRITE, (place % across) * SPRITE
        drawn = sheet[top : top + SPRITE, left : left + SPRITE]
        row = int(labels[place + 1].split("\t")[0])
        plain = tf.image.resize(to_pixels(images)[row], [SPRITE, SPRITE], "nearest").numpy()
        np.testing.assert_array_equal(drawn, plain)
        assert drawn.max() > 100


def test_points_that_are_no_numbers_are_left_out_with_all_that_belongs_to_them():
    points = np.array([[1.0, 2.0], [np.nan, 1.0], [3.0, 4.0]], "float32")
    target = Target("out", ("a", "b", "c"), ("a", "a", "c"), ("a", "b", "c"))
    kept = finite(LayerPoints(points, np.array([4, 5, 6]), ("x", "y", "z"), 1, target))
    assert kept.rows.tolist() == [4, 6]
    assert kept.labels == ("x", "z")
    assert (kept.target.classes, kept.target.predictions) == (("a", "c"), ("a", "c"))
