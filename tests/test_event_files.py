"""Event files: the stock TensorBoard, started on a run's folder, finds every kind of thing through its own interface."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from components.building import build_model
from components.experiment import experiment_to_json
from components.graph import Graph, Layer, Node
from components.inside.event_files import finish_events_job, finite, write_projector
from components.inside.event_logs import EventLog, read_events
from components.inside.layer_points import LayerPoints, Target, open_run, to_pixels
from components.inside.sprites import SPRITE
from components.runs import Record
from components.store import Store, event_folder
from components.training.checkpoints import LAST, pack_state
from components.training.reporting import RunShelf
from components.training.running import Job, run_job
from dashboard.boards import command_for
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


@contextmanager
def opened_board(command: str) -> Iterator[str]:
    """The address of the TensorBoard that the command starts, on a port of its own."""
    port = free_port()
    beside = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    with subprocess.Popen(
        f"exec {command} --port {port}", shell=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env={**os.environ, "PATH": beside},
    ) as server:  # fmt: skip
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


@pytest.fixture(scope="module")
def board(store, run) -> Iterator[str]:
    """The address of a TensorBoard that was started with the run's command."""
    with opened_board(command_for(event_folder(store.url) / run)) as address:
        wait_until_read(address)
        yield address


@pytest.fixture(scope="module")
def gallery(store, pictures) -> Iterator[str]:
    """The same for the run on pictures."""
    with opened_board(command_for(event_folder(store.url) / pictures)) as address:
        wait_until_read(address)
        yield address


def wait_until_read(address: str) -> None:
    """Until the server answers and has read both parts of the run."""
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        try:
            if {"train", "validation"} <= set(ask(address, "runs")):
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
        points = ask(board, "plugin/scalars/scalars", run=part, tag="epoch/loss")
        recorded = [r.values[f"{prefix}loss"] for r in store.records(run, kinds=("epoch",))]
        assert [value for _, _, value in points] == pytest.approx(recorded, rel=1e-5)


def test_all_three_kinds_of_histogram_are_found(board):
    tags = ask(board, "plugin/histograms/tags")["train"]
    assert {tag.partition("/")[0] for tag in tags} == {"weights", "activations", "gradients"}
    name = next(tag for tag in tags if tag.startswith("gradients/"))
    (_, _, bins), *_ = ask(board, "plugin/histograms/histograms", run="train", tag=name)
    assert sum(count for *_, count in bins) > 0


def test_the_graph_is_found(board):
    assert ask(board, "plugin/graphs/info")["train"]["run_graph"]
    graph = ask(board, "plugin/graphs/graph", run="train")
    assert "node" in graph
    assert "joined" in graph or "answer" in graph


def test_the_projector_has_vectors_and_words_of_each_embedding(board):
    config = ask(board, "plugin/projector/info", run="train")
    names = [entry["tensorName"] for entry in config["embeddings"]]
    assert sorted(names) == ["embedded_question", "embedded_text", "joined_outputs"]
    words = ask(board, "plugin/projector/metadata", run="train", name="embedded_text").splitlines()
    assert "kitchen" in words


def test_the_projector_has_what_the_network_makes_of_each_picture_with_its_thumbnail(gallery, store, pictures):
    (entry,) = ask(gallery, "plugin/projector/info", run="train")["embeddings"]
    side = entry["sprite"]["singleImageDim"]
    assert side == [SPRITE, SPRITE]
    name = entry["tensorName"]
    labels = ask(gallery, "plugin/projector/metadata", run="train", name=name).splitlines()
    assert labels[0].split("\t") == ["label", "true", "predicted"]
    vectors = np.frombuffer(fetch(gallery, "plugin/projector/tensor", run="train", name=name), "float32")
    assert vectors.size == (len(labels) - 1) * entry["tensorShape"][1]
    sheet = tf.io.decode_png(fetch(gallery, "plugin/projector/sprite_image", run="train", name=name)).numpy()
    opened = open_run(store.run(pictures).experiment)
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


# While a run goes on


def steps(folder: Path, tag: str = "epoch/loss") -> list[tuple[int, float, float]]:
    """Step, time and value of every event of a tag in the files of a folder."""
    return [
        (event.step, event.wall_time, float(tf.make_ndarray(value.tensor)))
        for file in sorted(folder.glob("events.*"))
        for event in read_events(file)
        for value in event.summary.value
        if value.tag == tag
    ]


def graphs(folder: Path) -> int:
    """How often a graph stands in the files of a folder."""
    events = [event for file in sorted(folder.glob("events.*")) for event in read_events(file)]
    return sum(event.HasField("graph_def") for event in events)


def epoch(number: int, loss: float) -> Record:
    return Record("epoch", number, number, {"loss": loss, "val_loss": loss})


def mark(kind: str, number: int) -> Record:
    return Record("mark", number, number, {"mark": kind, "text": ""})


@pytest.fixture
def log(store) -> EventLog:
    """The event log of a run that was just created."""
    return EventLog(store, store.create_run("me", experiment_to_json(ARCHITECTURES["spirals"].experiment)))


def test_each_epoch_bears_the_time_when_it_ended_and_is_there_before_the_run_ends(store, log, monkeypatch):
    monkeypatch.setattr("components.inside.event_logs.EVERY", 0.0)
    began = time.time()
    log([epoch(1, 0.5)])
    time.sleep(0.2)
    log([epoch(2, 0.4)])
    found = steps(event_folder(store.url) / log.run_id / "train")
    assert [(step, loss) for step, _, loss in found] == [(1, 0.5), (2, pytest.approx(0.4))]
    times = [when for _, when, _ in found]
    assert began <= times[0] < times[1] - 0.15 < time.time()
    log.close()


def test_what_a_person_went_back_on_stands_there_no_more_and_the_rest_keeps_its_time(store, log):
    folder = event_folder(store.url) / log.run_id
    log([epoch(number, float(number)) for number in (1, 2, 3)])
    log.flush()
    before = steps(folder / "train")
    log([mark("rewound", 1), epoch(2, 20.0)])
    log.close()
    for part in ("train", "validation"):
        assert [(step, loss) for step, _, loss in steps(folder / part)] == [(1, 1.0), (2, 20.0)]
    assert steps(folder / "train")[0] == before[0]


def test_a_run_that_was_killed_and_goes_on_adds_to_what_is_there(store, log):
    folder = event_folder(store.url) / log.run_id / "train"
    log([epoch(1, 1.0), epoch(2, 2.0), epoch(3, 3.0)])
    log.flush()
    (file,) = folder.glob("events.*")
    file.write_bytes(file.read_bytes()[:-5])  # half an event, as a kill leaves it
    again = EventLog(store, log.run_id)
    again([mark("resumed", 2), epoch(3, 30.0), epoch(4, 40.0)])
    again.close()
    assert [(step, loss) for step, _, loss in steps(folder)] == [(1, 1.0), (2, 2.0), (3, 30.0), (4, 40.0)]


def test_a_run_that_fails_has_event_files_of_the_epochs_before(store, monkeypatch):
    experiment = ARCHITECTURES["spirals"].experiment
    experiment = replace(experiment, training=replace(experiment.training, epochs=3, callbacks=()))
    run_id = store.create_run("me", experiment_to_json(experiment))

    def train(self):
        trained(self)
        raise RuntimeError("the disk broke")

    trained = Job.train
    monkeypatch.setattr(Job, "train", train)
    run_job(store.url, run_id)
    assert store.run(run_id).state == "failed"
    folder = event_folder(store.url) / run_id / "train"
    assert [step for step, _, _ in steps(folder)] == [1, 2, 3]
    assert graphs(folder) == 1
    assert np.loadtxt(folder / "deeper_outputs.tsv").shape[1] == 32
    assert 'tensor_name: "deeper_outputs"' in (folder / "projector_config.pbtxt").read_text()


def test_the_graph_is_there_while_the_run_goes_on(store, log, monkeypatch):
    monkeypatch.setattr("components.inside.event_logs.EVERY", 0.0)
    folder = event_folder(store.url) / log.run_id / "train"
    log.follow(build_model(ARCHITECTURES["spirals"].experiment.graph))
    log([epoch(1, 1.0)])
    log._drawing.join()
    log([epoch(2, 2.0)])
    assert graphs(folder) == 1
    log([mark("rewound", 1)])
    log.close()
    assert (graphs(folder), len(steps(folder))) == (1, 1)


def test_a_run_that_was_killed_at_once_gets_its_graph_afterwards(store):
    run_id = store.create_run("me", experiment_to_json(ARCHITECTURES["spirals"].experiment))
    for _ in range(2):  # whoever finishes it again finds it there
        finish_events_job(store.url, run_id)
    folder = event_folder(store.url) / run_id / "train"
    assert graphs(folder) == 1
    assert not (folder / "projector_config.pbtxt").exists()  # nothing was trained


def test_a_run_that_goes_back_and_on_again_has_each_step_once(store):
    experiment = ARCHITECTURES["spirals"].experiment
    experiment = replace(experiment, training=replace(experiment.training, epochs=3, callbacks=()))
    run_id = store.create_run("me", experiment_to_json(experiment))
    run_job(store.url, run_id)
    store.send(run_id, "rewind", 1)
    run_job(store.url, run_id)
    assert store.run(run_id).state == "finished"
    found = steps(event_folder(store.url) / run_id / "train")
    assert [step for step, _, _ in found] == [1, 2, 3]
    recorded = [r.values["loss"] for r in store.records(run_id, kinds=("epoch",))][-2:]
    assert [loss for _, _, loss in found][1:] == pytest.approx(recorded, rel=1e-5)


def test_an_embedding_inside_a_nested_model_is_projected_too(store, tmp_path):
    reader = Graph(
        {"text": Layer("InputLayer", {"shape": [40], "dtype": "int32"}), "embed": Layer("Embedding", {"input_dim": 2000, "output_dim": 4}), "mean": Layer("GlobalAveragePooling1D")},
        (Node("text", "text"), Node("embed", "embed", ("text",)), Node("mean", "mean", ("embed",))),
        ("mean",),
    )  # fmt: skip
    graph = Graph(
        {"review": Layer("InputLayer", {"shape": [40], "dtype": "int32"}), "reader": reader, "praise": Layer("Dense", {"units": 1, "activation": "sigmoid"})},
        (Node("review", "review"), Node("reader", "reader", ("review",)), Node("praise", "praise", ("reader",))),
        ("praise",),
    )  # fmt: skip
    experiment = replace(ARCHITECTURES["review_convnet"].experiment, graph=graph)
    run_id = store.create_run("me", experiment_to_json(experiment))
    shelf = RunShelf(store, run_id, None)
    shelf[LAST] = pack_state(build_model(graph, seed=1), 0)
    write_projector(shelf, store.run(run_id), tmp_path)
    assert 'tensor_name: "reader/embed"' in (tmp_path / "projector_config.pbtxt").read_text()
    assert len(np.loadtxt(tmp_path / "reader_embed.tsv")) == 2000


def test_the_command_names_the_runs_own_folder_and_survives_a_shell():
    assert shlex.split(command_for(Path("/a home/it's/run"))) == ["tensorboard", "--logdir", "/a home/it's/run"]
