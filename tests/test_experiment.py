"""The Experiment's forms: JSON and link keep everything, and what is broken is refused with a sentence."""

import base64
import json
import zlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.drawing.layout import layout_graph
from components.experiment import (
    MOST_BYTES,
    VERSION,
    Callback,
    Data,
    Experiment,
    ExperimentError,
    Training,
    check_experiment,
    dump,
    experiment_from_json,
    experiment_to_json,
    read_experiment,
    write_experiment,
)
from components.graph import Graph
from components.links import checksum, experiment_from_link, experiment_to_link
from dashboard.editing import new_document
from presets import ARCHITECTURES
from tests.graphs import dense_graphs


@st.composite
def experiments(draw):
    graph = draw(dense_graphs())
    training = Training(
        losses=dict.fromkeys(graph.outputs, "mse"),
        metrics=dict.fromkeys(graph.outputs, ("mae",)),
        epochs=draw(st.integers(1, 10_000)),
        callbacks=(Callback("EarlyStopping", {"patience": 3}),),
    )
    name = draw(st.text(max_size=50).filter(lambda text: text.isprintable()))
    return Experiment(name, graph, Data("numbers", {"rows": 5}), training, seed=draw(st.integers(0, 99)))


@given(experiments())
def test_json_and_link_keep_everything(experiment):
    assert experiment_from_json(experiment_to_json(experiment)) == experiment
    assert read_experiment(write_experiment(experiment)) == experiment
    assert experiment_from_link(experiment_to_link(experiment)) == experiment


@given(experiments(), st.integers(min_value=0), st.integers(1, 255))
def test_a_damaged_link_is_refused_not_guessed(experiment, place, change):
    link = bytearray(experiment_to_link(experiment), "ascii")
    for damaged in (link[: place % len(link)], [*link[: place % len(link)], change % 128, *link[place % len(link) :]]):
        text = bytes(damaged).decode("ascii")
        try:
            assert experiment_from_link(text) == experiment  # characters outside the alphabet are skipped
        except ExperimentError as error:
            assert "link" in str(error)  # noqa: PT017


def content() -> dict:
    from components.weaving import Loom

    loom = Loom()
    graph = loom.graph(loom("Dense", loom.input("x", [2]), units=1))
    return experiment_to_json(Experiment("small", graph, Data("numbers")))


def test_rows_keep_a_seed_of_their_own_and_older_files_need_none():
    plain = Experiment("Wine", Graph(), Data("wine"), seed=4)
    assert "seed" not in experiment_to_json(plain)["data"]
    assert plain.data_seed == 4
    own = replace(plain, data=Data("wine", seed=0))
    assert own.data_seed == 0
    assert experiment_from_json(experiment_to_json(own)) == own
    assert own.fingerprint != plain.fingerprint
    with pytest.raises(ExperimentError, match="missing or of the wrong type"):
        experiment_from_json(experiment_to_json(own) | {"data": {"dataset": "wine", "seed": "x"}})


def test_the_fingerprint_ignores_name_and_layout_only():
    plain = experiment_from_json(content())
    moved = experiment_from_json({**content(), "name": "other", "layout": {"x": [1, 2]}})
    reseeded = experiment_from_json({**content(), "seed": 1})
    assert plain.fingerprint == moved.fingerprint != reseeded.fingerprint


@pytest.mark.parametrize("text", [b"", b"no json", b"[]", b"{}", b'{"layerloom": 1}', b"[" * 100_000, b"\xff\xfe"])
def test_what_is_no_experiment_is_refused_with_a_remedy(text):
    with pytest.raises(ExperimentError, match=r"; .+\."):
        read_experiment(text)


def test_a_newer_form_is_named():
    with pytest.raises(ExperimentError, match="newer Layerloom"):
        experiment_from_json({**content(), "layerloom": VERSION + 1})


def test_a_file_too_large_is_refused_before_it_is_read():
    with pytest.raises(ExperimentError, match="at most 4 MB"):
        read_experiment(b" " * (MOST_BYTES + 1))


SENT = "~asl4C7iMUvnmlwFxQVIwzmGuBPNSQrsAdmUaxtcAQqQRnGliagMa_YS3IvZBYqoBFUyUoniqQIqoST0xFRxvoGAB1mRjoGBoYgLTAYg2YHUBFFd1jDyVyiIoNAA"
"""A link that somebody got: it has to open for ever, whatever becomes of the packings."""


def small(**changes) -> Experiment:
    """One Dense layer with its positions."""
    read = experiment_from_json({**content(), "layout": {"x": [0, 0], "dense": [40, 100]}})
    return replace(read, **changes)


def test_links_that_were_sent_open_for_ever():
    sent = experiment_from_link(SENT)
    assert [node.id for node in sent.graph.nodes] == ["x", "y"]
    assert sent.layout == {"x": (0.0, 0.0), "y": (40.0, 100.0)}
    body = zlib.compress(dump(experiment_to_json(small())), 9)  # as links were before they bore a mark
    assert experiment_from_link(base64.urlsafe_b64encode(checksum(body) + body).decode().rstrip("=")) == small()


def test_a_link_of_a_later_packing_is_named_as_newer():
    with pytest.raises(ExperimentError, match="newer Layerloom"):
        experiment_from_link("~z" + experiment_to_link(small())[2:])
    with pytest.raises(ExperimentError, match="not whole"):
        experiment_from_link(experiment_to_link(small())[:-5])


@pytest.mark.parametrize("layout", [{}, "automatic", {"x": (1.5, 2.0), "dense": (3.0, 4.25)}, {"x": (1.0, 2.0)}])
def test_positions_travel_along_and_the_automatic_ones_for_free(layout):
    experiment = small(layout=layout_graph(small().graph) if layout == "automatic" else layout)
    assert experiment_from_link(experiment_to_link(experiment)) == experiment


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_the_link_of_every_preset_fits_into_a_message(name):
    experiment = new_document(ARCHITECTURES[name].experiment).experiment  # as the Share dialog has it
    link = f"https://layerloom.example.org/studio?link={experiment_to_link(experiment)}"
    assert experiment_from_link(experiment_to_link(experiment)) == experiment
    assert len(link) < (4_000 if name == "inception_v3" else 2_000)


def test_a_link_that_inflates_without_end_is_refused():
    body = zlib.compress(b"0" * 50_000_000, 9)
    link = base64.urlsafe_b64encode(checksum(body) + body).decode()
    with pytest.raises(ExperimentError, match="at most"):
        experiment_from_link(link[:60_001] if len(link) > 60_000 else link)


@pytest.mark.parametrize(
    ("name", "value"), [("epochs", 0), ("epochs", 2.5), ("batch_size", -1), ("learning_rate", 0), ("epochs", True)]
)
def test_a_number_out_of_range_is_refused_with_the_range(name, value):
    changed = json.loads(json.dumps(content()))
    changed["training"][name] = value
    with pytest.raises(ExperimentError, match=f"{name} is a .*number from"):
        experiment_from_json(changed)


def test_a_good_experiment_passes():
    experiment = experiment_from_json(content())
    assert check_experiment(experiment) is experiment


@pytest.mark.parametrize(
    ("part", "field", "value"),
    [
        ("data", "config", []),
        ("data", "inputs", {"a": 3}),
        ("data", "dataset", None),
        ("training", "losses", []),
        ("training", "losses", {"a": {}}),
        ("training", "loss_weights", {"a": "heavy"}),
        ("training", "optimizer", {}),
        ("training", "metrics", {"a": [1]}),
    ],
)
def test_a_field_of_another_type_is_refused_in_a_sentence(part, field, value):
    content = experiment_to_json(ARCHITECTURES["spirals"].experiment)
    content[part][field] = value
    with pytest.raises(ExperimentError, match="wrong type"):
        experiment_from_json(content)
