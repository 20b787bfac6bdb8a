"""Tests of what the canvas is told: views of graphs, the patches between them, and its words."""

import json
import re
import tomllib
from copy import deepcopy
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dashboard.canvas
from components.edits import EDITS, apply_edit
from components.graph import Graph, GraphError, Json, Layer, Node
from components.layers import LAYERS
from components.weaving import Loom
from dashboard.canvas.labels import LABELS
from dashboard.canvas.view import BLANK, describe_shape, is_automatic, patch_between, splice_between, view_of
from tests.graphs import dense_graphs, edits

CONFIG = Path(__file__).parents[1] / ".streamlit/config.toml"
FOLDER = Path(dashboard.canvas.__file__).parent


def siamese() -> Graph:
    """Two inputs through one shared nested model."""
    inner = Loom()
    encoder = inner.graph(inner("Dense", inner.input("image", [4]), units=8))
    loom = Loom()
    left = loom.model("encoder", encoder, loom.input("left", [4]))
    right = loom.again("encoder", loom.input("right", [4]))
    return loom.graph(loom("Concatenate", left, right, name="pair"))


def chain(length: int) -> Graph:
    """A long row of dense layers."""
    loom = Loom()
    reference = loom.input("features", [8])
    for index in range(length):
        reference = loom("Dense", reference, name=f"dense_{index}", units=8)
    return loom.graph(reference)


def patched(view: Json, patch: Json) -> Json:
    """The view as the browser has it after the patch."""
    view = deepcopy({**view, **{key: value for key, value in patch.items() if key not in {"nodes", "order"}}})
    changes = patch.get("nodes", {})
    order = [node for node in view["order"] if changes.get(node, ...) is not None]
    if "order" in patch:
        at, drop, put = (patch["order"][key] for key in ("at", "drop", "put"))
        order[at : at + drop] = put
    else:
        order += [node for node in changes if node not in view["nodes"]]
    nodes = {node: {**BLANK, **view["nodes"].get(node, {}), **(changes.get(node) or {})} for node in order}
    return {**view, "nodes": nodes, "order": order}


def test_a_node_says_what_it_is_where_it_lies_and_what_leaves_it() -> None:
    inspection = {
        "nodes": {
            "left": {"outputs": [{"shape": [None, 4], "dtype": "int32"}], "parameters": 0},
            "pair": {"outputs": [{"shape": [None, 16], "dtype": "float32"}], "parameters": 0},
        },
        "problems": [],
        "models": {},
    }
    view = view_of(siamese(), {"left": (10, 20.04)}, inspection)
    left, pair = view["nodes"]["left"], view["nodes"]["pair"]
    assert (left["title"], left["detail"], left["family"]) == ("Input", "left", "Input")
    assert (left["x"], left["y"], left["shape"]) == (10, 20.0, "(None, 4) · int32")
    assert pair["inputs"] == ["encoder", "encoder_1"]
    assert pair["exits"] == [0]
    assert pair["shape"] == "(None, 16)"
    assert view["outputs"] == ["pair"]


def test_shared_and_nested_calls_are_marked() -> None:
    nodes = view_of(siamese(), {}, None)["nodes"]
    first, second = nodes["encoder"], nodes["encoder_1"]
    assert first["nested"]
    assert first["calls"] == second["calls"] == 2
    assert first["band"] == second["band"] == 0
    assert nodes["pair"]["band"] is None
    assert first["doors"] == 1


def test_without_an_inspection_shapes_are_unknown_and_nothing_is_wrong() -> None:
    view = view_of(siamese(), {}, None)
    assert all(node["shape"] is None and node["parameters"] is None for node in view["nodes"].values())
    assert view["problems"] == []


def test_problems_sit_at_their_node_without_their_edits() -> None:
    fix = {"label": "Insert a Dense", "edits": [{"edit": "add_node"}]}
    inspection = {
        "nodes": {},
        "problems": [
            {"node": "pair", "message": "First.", "fixes": [fix]},
            {"node": "pair", "message": "Second.", "fixes": []},
            {"node": None, "message": "Whole.", "fixes": []},
        ],
        "models": {"encoder": {"nodes": {}, "problems": [{"node": "dense", "message": "Inner.", "fixes": []}]}},
    }
    view = view_of(siamese(), {}, inspection)
    assert [problem["message"] for problem in view["nodes"]["pair"]["more"]] == ["Second."]
    assert view["nodes"]["pair"]["problem"] == {"message": "First.", "fixes": [{"label": "Insert a Dense"}]}
    assert view["nodes"]["encoder"]["inside"] == 1
    assert view["problems"] == [{"node": None, "message": "Whole.", "fixes": []}]


def test_every_kind_of_the_catalogue_can_be_drawn() -> None:
    for kind, entry in LAYERS.items():
        graph = Graph({"it": Layer(kind, dict(entry.start))}, (Node("it", "it"),))
        node = view_of(graph, {}, None)["nodes"]["it"]
        assert node["title"]
        assert f".family-{node['family']} " in (FOLDER / "canvas.css").read_text(), node["family"]


def test_names_that_say_nothing_new_are_left_out() -> None:
    assert is_automatic("dense_3", "Dense")
    assert is_automatic("max_pooling2d", "MaxPooling2D")
    assert not is_automatic("answer", "Dense")


def test_shapes_read_as_python_writes_them() -> None:
    assert describe_shape({"shape": [None, 8], "dtype": "float32"}) == "(None, 8)"
    assert describe_shape({"shape": [None], "dtype": "int64"}) == "(None,) · int64"


@given(dense_graphs(), st.lists(edits(), max_size=6))
@settings(max_examples=60, deadline=None)
def test_a_patch_turns_the_old_view_into_the_new(graph: Graph, changes: list[Json]) -> None:
    for change in changes:
        before = view_of(graph, {}, None)
        try:
            graph = apply_edit(graph, change)
        except GraphError:
            continue
        after = view_of(graph, {}, None)
        assert patched(before, json.loads(json.dumps(patch_between(before, after)))) == after


@given(st.lists(st.integers(0, 5)), st.lists(st.integers(0, 5)))
def test_a_splice_turns_one_list_into_the_other(old: list[int], new: list[int]) -> None:
    splice = splice_between(list(map(str, old)), list(map(str, new)))
    result = list(map(str, old))
    result[splice["at"] : splice["at"] + splice["drop"]] = splice["put"]
    assert result == list(map(str, new))


def test_an_edit_of_a_thousand_nodes_sends_less_than_two_kilobytes() -> None:
    graph = chain(1000)
    before = view_of(graph, {}, None)
    for change in (
        {"edit": "insert_on_edge", "id": "relu", "kind": "ReLU", "target": "dense_500", "place": 0},
        {"edit": "delete_nodes", "ids": ["dense_500"]},
        {"edit": "configure", "layer": "dense_500", "config": {"units": 9}},
        {"edit": "add_call", "id": "again", "layer": "dense_3", "inputs": ["dense_7"]},
        {"edit": "group", "ids": ["dense_10", "dense_11"], "name": "pair"},
    ):
        after = view_of(apply_edit(graph, change), {}, None)
        assert len(json.dumps(patch_between(before, after))) < 2000, change["edit"]


def test_what_is_inside_a_model_weighs_on_no_edit() -> None:
    inner = chain(200)
    loom = Loom()
    left = loom.model("eye", inner, loom.input("left", [8]))
    graph = loom.graph(loom("Dense", loom("Dense", left, units=8, name="one"), units=8, name="two"))
    grouped = {"edit": "group", "ids": ["eye", "one"], "name": "pair"}
    for start, change in (
        (graph, {"edit": "add_call", "id": "eye_1", "layer": "eye", "inputs": ["left"]}),
        (graph, {"edit": "duplicate", "nodes": {"eye": "eye_1"}, "layers": {"eye": "eye_1"}}),
        (graph, grouped),
        (apply_edit(graph, grouped), {"edit": "ungroup", "id": "pair"}),
        (inner, {"edit": "group", "ids": [f"dense_{index}" for index in range(60, 100)], "name": "body"}),
    ):
        patch = patch_between(view_of(start, {}, None), view_of(apply_edit(start, change), {}, None))
        assert len(json.dumps(patch)) < 1200, change["edit"]


def test_ungrouping_tells_of_each_new_card_and_no_more() -> None:
    inner = chain(100)
    loom = Loom()
    graph = loom.graph(loom.model("eye", inner, loom.input("left", [8])))
    patch = patch_between(
        view_of(graph, {}, None), view_of(apply_edit(graph, {"edit": "ungroup", "id": "eye"}), {}, None)
    )
    assert len(json.dumps(patch)) < 100 * 200


# What the page and the files beside must agree on


def sources() -> dict[str, str]:
    return {path.name: path.read_text() for path in sorted(FOLDER.glob("*.js"))}


def test_every_word_of_the_interface_can_be_translated() -> None:
    text = "\n".join(sources().values())
    said = set(re.findall(r'\bsay\("((?:[^"\\]|\\.)*)"', text))
    said |= set(re.findall(r'\b(?:label|group): "((?:[^"\\]|\\.)*)"', sources()["acts.js"]))
    for hand, deed in re.findall(r'^  \["([^"]*)", "([^"]*)"\],$', sources()["sheets.js"], re.MULTILINE):
        said |= {hand, deed}
    assert said == set(LABELS)


def test_every_module_says_what_it_owns_and_stays_short() -> None:
    for name, text in sources().items():
        assert text.startswith("// "), name
        assert len(text.splitlines()) < 400, name


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_edges_stand_out_from_the_ground(theme: str) -> None:
    colours = tomllib.loads(CONFIG.read_text())["theme"][theme]
    mix = re.search(
        r"--edge: color-mix\(in srgb, var\(--accent\) (\d+)%, var\(--paper\)\)", (FOLDER / "canvas.css").read_text()
    )
    assert mix
    accent, paper = rgb(colours["primaryColor"]), rgb(colours["backgroundColor"])
    edge = [a * int(mix[1]) / 100 + b * (1 - int(mix[1]) / 100) for a, b in zip(accent, paper, strict=True)]
    brighter, darker = sorted((luminance(edge), luminance(paper)), reverse=True)
    assert (brighter + 0.05) / (darker + 0.05) >= 3


def rgb(colour: str) -> list[float]:
    return [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]


def luminance(colour: list[float]) -> float:
    """Relative, as WCAG defines it."""
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in colour]
    return sum(weight * value for weight, value in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_both_sides_leave_out_the_same_of_a_record() -> None:
    there = re.search(r"export const BLANK = (\{.*?\n\});", sources()["edits.js"], re.DOTALL)
    assert there
    assert json.loads(re.sub(r"(\w+):", r'"\1":', there[1]).replace(",\n}", "}")) == BLANK


def test_the_canvas_sends_only_edits_that_exist() -> None:
    session = {"many", "move", "undo", "redo", "tidy", "open", "close", "new", "fix", "block", "copy", "resync"}
    sent = set(re.findall(r'\bedit: "(\w+)"', "\n".join(sources().values())))
    assert sent <= set(EDITS) | session


def test_no_two_acts_share_a_key() -> None:
    lists = re.findall(r"\bkeys: \[(.*?)\],\s+(?:when|run)", sources()["acts.js"])
    chords = [chord for keys in lists for chord in re.findall(r'"([^"]+)"', keys)]
    assert len(chords) == len(set(chords))
    assert {"/", "c", "?", "Delete", "Mod+z"} <= set(chords)
