"""The points' pages and film: packed without loss, told once, worked out nearest first and gone when their epochs are."""

from __future__ import annotations

import base64
import json
import re
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import numpy as np
import pytest
import uvicorn
from starlette.applications import Starlette
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from components.experiment import experiment_from_json
from components.graph import call_names, calls_within, embeddings_in
from components.runs import Record
from components.store import SharedRun, Store
from components.training.surfaces import Surface
from dashboard import backstage, points, signing_in
from dashboard.films import MOST_FILMS, ROUTES, Film, epoch_in, film_of
from dashboard.panels.inside.projection import inputs_of
from dashboard.points.film import ProjectionFilm
from dashboard.points.labels import LABELS
from dashboard.points.pages import cast_of, packed, page_of, unpacked
from dashboard.points.surfaces import SurfaceFilm
from dashboard.points.surfaces import page_of as surface_page
from dashboard.workspace import COOKIE
from tests.browser.pages import free_port
from tests.test_projections import MINE, phrase_graph, phrases, run  # noqa: F401

FOLDER = Path(points.__file__).parent


def answer(**changes) -> dict:
    """What the engine says of three points."""
    return {
        "points": [[0.5, -1.25], [3.0, 4.0], [0.0, 7.5]], "rows": [0, 4, 9], "labels": ["a", "b" * 200, "c"],
        "output": "kind", "classes": ["sun", "moon", "sun"], "predictions": ["moon", "moon", "sun"],
        "mistakes": [True, False, False], "class_names": ["moon", "sun"], "variance": [0.5, 0.25],
        "trustworthiness": 0.97, "note": None, "epoch": 4, **changes,
    }  # fmt: skip


# Pages


def test_points_are_packed_as_they_are():
    page = page_of(answer(), 0, "dense")
    assert unpacked(page) == answer()["points"]
    assert (page["epoch"], page["dimensions"]) == (4, 2)
    assert len(packed(np.zeros((10_000, 2)).tolist())) < 110_000
    solid = page_of(answer(points=[[1.0, 2.0, 3.0]] * 3), 0, "dense")
    assert (solid["dimensions"], unpacked(solid)[2]) == (3, [1.0, 2.0, 3.0])


def test_classes_are_places_among_their_names_and_long_labels_are_cut():
    cast, page = cast_of(answer()), page_of(answer(), 0, "dense")
    assert (cast["names"], cast["truth"], page["said"]) == (["moon", "sun"], [1, 0, 1], [0, 0, 1])
    assert len(cast["labels"][1]) == 60
    json.dumps([cast, page], allow_nan=False)


def test_numbers_instead_of_classes_are_told_as_numbers():
    told = answer(classes=[0.5, 1.0, float("nan")], predictions=[0.25, 1.123456789, 2.0], mistakes=[], class_names=[])
    cast, page = cast_of(told), page_of(told, 0, "dense")
    assert (cast["names"], cast["truth"], page["said"]) == ([], [0.5, 1.0, None], [0.25, 1.1235, 2.0])
    json.dumps([cast, page], allow_nan=False)


def test_points_without_anything_true_of_them_have_neither():
    told = answer(classes=[], predictions=[], mistakes=[], class_names=[], output=None)
    assert cast_of(told)["truth"] is page_of(told, 0, "embed")["said"] is None


def test_a_page_says_how_far_to_trust_it():
    said = page_of(answer(note="A note."), 0, "dense")
    for part in ("3 points of dense", "75 %", "0.97", "1 of them"):
        assert part in said["sentence"]
    assert said["note"] == "A note."


# Labels


def test_every_english_text_of_the_scripts_is_a_label():
    source = "".join(path.read_text() for path in FOLDER.glob("*.js"))
    said = set(re.findall(r'say\("([^"]+)"', source)) | {"error", "value"}
    assert said == set(LABELS)


@pytest.mark.parametrize("script", sorted(FOLDER.glob("*.js")), ids=lambda path: path.name)
def test_every_script_says_what_it_owns_and_is_short(script):
    lines = script.read_text().splitlines()
    assert lines[0].startswith(f"// {script.stem.capitalize()}: ")
    assert len(lines) <= 250


# What can be projected


def test_every_call_can_be_chosen_those_in_nested_models_too(run):  # noqa: F811
    graph = phrase_graph()
    names = list(calls_within(graph))
    assert {"both", "both:1", "nested", "nested/deep", "embed"} <= set(names)
    outer = [call_names(graph)[node.id] for node in graph.nodes if node.id not in graph.inputs]
    assert sorted(name for name in names if "/" not in name) == sorted(outer)
    assert list(embeddings_in(graph)) == ["embed"]
    assert inputs_of(graph) == ["text", "picture"]


# Films


class Said(Film):
    def work(self, shown):
        pass


def test_of_each_name_the_newest_is_told_in_the_order_of_saying():
    film = Said("a run")
    film.tell("one", 1)
    film.tell("two", 2)
    known, texts = film.news(0)
    assert texts == ["1", "2"]
    film.tell("one", 3)
    assert film.news(known) == (3, ["3"])
    assert film.news(0)[1] == ["2", "3"]
    film.forget("two")
    assert film.news(0)[1] == ["3"]


def test_the_film_watched_longest_ago_is_let_go():
    first = film_of("film 0", lambda: Said("a run"))
    assert film_of("film 0", lambda: Said("another")) is first
    for number in range(1, MOST_FILMS + 1):
        film_of(f"film {number}", lambda: Said("a run"))
    assert film_of("film 0", lambda: Said("another")) is not first


@pytest.mark.parametrize(
    ("text", "epoch"), [("7", 7), ("", None), (None, None), ("-1", None), ("9" * 30, None), ("x", None)]
)
def test_what_a_browser_says_is_an_epoch_or_the_newest(text, epoch):
    assert epoch_in(text) == epoch


class Ready:
    state = "ready"


@pytest.fixture
def shown(run, monkeypatch) -> SharedRun:  # noqa: F811
    """The run of the phrases; what the engine is asked is answered here, by the same functions."""
    from components.inside import projections

    url, run_id, _ = run

    def call(function: str, *arguments):
        future: Future = Future()
        try:
            future.set_result(getattr(projections, function.rpartition(".")[2])(*arguments))
        except Exception as error:
            future.set_exception(error)
        return future

    monkeypatch.setattr(backstage, "store", lambda: Store(url))
    monkeypatch.setattr(backstage, "engine", Ready)
    monkeypatch.setattr(backstage, "call_later", call)
    Store(url).update_run(run_id, state="finished")
    return SharedRun(Store(url), run_id)


def film(shown: SharedRun, **changes) -> ProjectionFilm:
    options = {"split": "validation", "output": None}
    request = {"run": shown.run().id, "layer": "read", "what": "outputs", "method": "pca", "dimensions": 2, "most": 50}
    return ProjectionFilm({**request, "options": options, **changes})


def first(made: ProjectionFilm, epoch: int = 3) -> dict:
    """The first page, as the view asks for it."""
    from components.inside.projections import project_layer_json

    return made.page_of(project_layer_json(*made.arguments(epoch)))


def until_at_rest(made: ProjectionFilm, shown: SharedRun) -> None:
    for _ in range(8):
        made.advance(shown)


def test_the_other_kept_epochs_follow_the_first_each_begun_from_the_one_beside_it(shown):
    made = film(shown)
    page = first(made)
    until_at_rest(made, shown)
    assert sorted(made.pages) == [0, 3]
    assert (len(made.casts), page["cast"]) == (1, 0)
    assert made.nearest(2)["epoch"] == 0
    assert made.nearest(9)["epoch"] == 3
    told = [json.loads(text) for text in made.news(0)[1]]
    assert [next(iter(message)) for message in told] == ["cast", "page", "sprites", "page"]
    before, after = (np.array(unpacked(made.pages[epoch])) for epoch in (0, 3))
    assert ((before * after).sum(axis=0) >= 0).all(), "no axis is mirrored"


def test_pictures_come_once_on_one_sheet(shown):
    made = film(shown)
    first(made)
    until_at_rest(made, shown)
    [sprites] = [json.loads(text)["sprites"] for text in made.news(0)[1] if "sprites" in text[:12]]
    assert (sprites["side"], sprites["columns"], sprites["cast"]) == (32, 8, 0)
    assert not any("sprites" in text[:12] for text in words_of(film(shown, layer="embed", what="weights"), shown))


def words_of(made: ProjectionFilm, shown: SharedRun) -> list[str]:
    first(made)
    until_at_rest(made, shown)
    return made.news(0)[1]


def test_of_a_run_that_goes_on_only_the_newest_epoch_and_the_one_looked_at_are_worked_out(shown):
    backstage.store().update_run(shown.run().id, state="running")
    made = film(shown)
    until_at_rest(made, shown)
    assert made.pages == {}, "nothing is told before the first picture was asked for"
    first(made)
    until_at_rest(made, shown)
    assert sorted(made.pages) == [3]
    made.looked = 1
    until_at_rest(made, shown)
    assert sorted(made.pages) == [0, 3]


def test_an_epoch_that_was_taken_back_is_forgotten_and_told(shown):
    made = film(shown)
    first(made)
    until_at_rest(made, shown)
    made.keep({**made.pages[3], "epoch": 8})
    made.looked = 0
    made.advance(shown)
    assert sorted(made.pages) == [0, 3]
    assert '{"until": 3}' in made.news(0)[1]


def test_the_frames_of_a_t_sne_come_with_what_their_points_are(shown):
    made = film(
        shown, method="tsne", options={"split": "validation", "output": None, "iterations": 60, "perplexity": 5}
    )
    made.follow_frames("frames")
    from components.inside.projections import FrameWriter, layer_points

    url, run_id = backstage.store().url, shown.run().id
    found = layer_points(Store(url), run_id, "read", "outputs", None, {"most": 50})
    writer = FrameWriter(Store(url), "frames", found, 2)
    writer.introduce(found)
    writer(20, np.zeros((50, 2)))
    made.advance(shown)
    cast, frame = [json.loads(text) for text in made.news(0)[1]]
    assert len(cast["cast"]["labels"]) == 50
    assert (frame["frame"]["iteration"], frame["frame"]["cast"]) == (20, 0)
    first(made)
    assert json.loads(made.news(0)[1][-2]) == {"frame": None}


def test_what_is_no_layer_ends_no_film(shown):
    made = film(shown)
    first(made)
    made.request = {**made.request, "layer": "gone"}
    until_at_rest(made, shown)
    assert sorted(made.pages) == [3]
    assert experiment_from_json(shown.run().experiment).name == "Phrases"


# Surfaces

GRID = Surface((-1.0, 0.0), (1.0, 4.0), size=3)


def surface_record(epoch: int, *outputs: np.ndarray, seq: int = 0) -> Record:
    return Record("surface", epoch, 10 * epoch, GRID.pack(outputs), seq)


def bytes_of(page: dict) -> list[int]:
    return list(base64.b64decode(page["values"]))


def test_a_probability_is_a_byte_and_a_number_lies_in_its_own_range():
    share = np.linspace(0, 1, 9)[:, None]
    page = surface_page(surface_record(4, share), 0, bounded=True)
    assert (page["epoch"], page["size"], page["low"], page["high"]) == (4, 3, [-1.0, 0.0], [1.0, 4.0])
    assert bytes_of(page) == pytest.approx(share[:, 0] * 255, abs=1)
    number = surface_page(surface_record(4, 40 * share - 10), 0, bounded=False)
    assert (number["range"], bytes_of(number)[0], bytes_of(number)[-1]) == ([-10.0, 30.0], 0, 255)


def test_of_many_classes_the_leading_one_comes_first_and_then_how_sure_the_model_is():
    said = np.eye(3)[[0, 1, 2, 0, 1, 2, 0, 1, 2]] * 0.7 + 0.1
    page = surface_page(surface_record(1, said), 0, bounded=True)
    assert page["classes"] == 3
    assert bytes_of(page)[:9] == [0, 1, 2] * 3
    assert bytes_of(page)[9] == pytest.approx(0.8 * 255, abs=1)


def test_each_output_has_its_own_page_and_what_is_no_number_is_drawn_as_nothing():
    record = surface_record(2, np.full((9, 1), 0.25), np.full((9, 1), np.nan))
    assert bytes_of(surface_page(record, 0, bounded=True)) == [64] * 9
    assert bytes_of(surface_page(record, 1, bounded=True)) == [0] * 9
    old = {name: value for name, value in surface_record(1, np.full((9, 1), 1.0)).values.items() if name != "heads"}
    assert bytes_of(surface_page(Record("surface", 1, 1, old), 0, bounded=True)) == [255] * 9


def test_surfaces_are_told_thinned_and_what_a_rewind_took_back_is_not():
    made = SurfaceFilm("a run", 0, True)
    share = np.linspace(0, 1, 9)[:, None]
    made.take([surface_record(epoch, share) for epoch in range(1, 501)])
    told = [json.loads(text)["page"]["epoch"] for text in made.news(0)[1]]
    assert (len(told), told[0], told[-1]) == (60, 1, 500)
    known = made.news(0)[0]
    made.take([Record("mark", 100, 1000, {"mark": "rewound"}), surface_record(101, share)])
    assert [next(iter(json.loads(text))) for text in made.news(known)[1]] == ["until", "page"]
    assert max(json.loads(text)["page"]["epoch"] for text in made.news(0)[1] if "page" in text) == 101


def test_new_records_are_told_once(shown):
    store = backstage.store()
    made = SurfaceFilm(shown.run().id, 0, True)
    store.append(shown.run().id, [surface_record(1, np.zeros((9, 1)))])
    made.advance(shown)
    known, texts = made.news(0)
    made.advance(shown)
    assert (len(texts), made.news(known)[1]) == (1, [])


# The socket


@pytest.fixture
def address() -> Iterator[str]:
    """A real server of the films' sockets alone."""
    port = free_port()
    server = uvicorn.Server(
        uvicorn.Config(Starlette(routes=ROUTES), port=port, log_level="error", ws="websockets-sansio")
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"ws://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)
    assert not thread.is_alive(), "open sockets keep no server from ending"


def listen(address: str, run_id: str, name: str, workspace: str = MINE):
    return connect(f"{address}/runs/{run_id}/films/{name}", additional_headers={"Cookie": f"{COOKIE}={workspace}"})


def test_a_film_is_told_to_who_owns_its_run_and_hears_where_he_stands(shown, address):
    run_id = shown.run().id
    made = film_of("told/film", lambda: film(shown))
    first(made)
    with listen(address, run_id, "told/film") as socket:
        socket.send("0")
        told = [json.loads(socket.recv(timeout=10)) for _ in range(4)]
    assert [next(iter(message)) for message in told] == ["cast", "page", "sprites", "page"]
    assert (told[-1]["page"]["epoch"], made.looked) == (0, 0)


@pytest.mark.parametrize(("name", "workspace"), [("told/hidden", "s" * 40), ("told/nothing", MINE)])
def test_nobody_else_is_told_and_what_is_no_film_is_closed(shown, address, name, workspace):
    film_of("told/hidden", lambda: film(shown)).tell("secret", 1)
    with listen(address, shown.run().id, name, workspace) as socket, pytest.raises(ConnectionClosed) as closed:
        socket.recv(timeout=10)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4404


def test_where_people_sign_in_the_cookie_of_a_workspace_opens_no_film(shown, address, monkeypatch):
    monkeypatch.setattr(signing_in, "is_wanted", lambda: True)
    film_of("told/signed", lambda: film(shown)).tell("secret", 1)
    with listen(address, shown.run().id, "told/signed") as socket, pytest.raises(ConnectionClosed) as closed:
        socket.recv(timeout=10)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4404
