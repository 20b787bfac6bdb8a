"""Search spaces: what may vary, what counts after what was chosen, and the experiment that values make."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from components.building import build_model
from components.edits import apply_edit
from components.experiment import Data, Experiment, Training
from components.graph import Graph, Layer, ancestors
from components.searching.applying import apply
from components.searching.conditions import choose, grid
from components.searching.pointing import alternatives, offering, pointed_at
from components.searching.search_space import (
    Dimension,
    SearchSpace,
    SpaceError,
    space_from_json,
    space_to_json,
)
from components.searching.space_checks import check_space
from components.weaving import Loom
from presets import ARCHITECTURES


def chain() -> Experiment:
    """Two hidden layers with noise between them."""
    loom = Loom()
    x = loom("Dense", loom.input("x", [4]), name="first", units=8, activation="relu")
    x = loom("Dense", loom("Dropout", x, name="drop", rate=0.2), name="second", units=8)
    graph = loom.graph(loom("Dense", x, name="out", units=3, activation="softmax"))
    return Experiment("Chain", graph, Data("wine"), Training(losses={"out": "sparse_categorical_crossentropy"}))


def branches() -> Experiment:
    """Three branches into one merge."""
    loom = Loom()
    x = loom.input("x", [4])
    arms = [loom("Dense", x, name=name, units=8) for name in ("left", "middle", "right")]
    merged = loom("Concatenate", *arms, name="merge")
    graph = loom.graph(loom("Dense", merged, name="out", units=3, activation="softmax"))
    return Experiment("Branches", graph, Data("wine"))


UNITS = Dimension("units", "layer", "first", "units", least=4, most=32, whole=True, log=True)
RATE = Dimension("rate", "training", parameter="learning_rate", least=1e-4, most=1e-1, log=True)
DROP = Dimension("drop", "present", "drop", choices=(True, False))
SHARE = Dimension("share", "layer", "drop", "rate", least=0.0, most=0.5, step=0.1)
DEPTH = Dimension("depth", "repeat", "second", least=0, most=3, whole=True)


def test_values_reach_layers_and_training_and_leave_the_original_alone():
    before = chain()
    after = apply(before, {"units": 16, "rate": 0.02}, SearchSpace((UNITS, RATE)))
    assert after.graph.layers["first"].config["units"] == 16
    assert after.training.learning_rate == 0.02
    assert before == chain()


def test_a_layer_is_left_out_and_what_it_fed_is_fed_by_its_input():
    graph = apply(chain(), {"drop": False}, SearchSpace((DROP,))).graph
    assert "drop" not in graph.layers
    assert graph.node("second").inputs == ("first",)
    assert apply(chain(), {"drop": True}, SearchSpace((DROP,))) == chain()


@pytest.mark.parametrize("times", [0, 1, 2, 3])
def test_a_node_repeats_with_weights_of_its_own(times):
    graph = apply(chain(), {"depth": times}, SearchSpace((DEPTH,))).graph
    copies = [name for name, layer in graph.layers.items() if name.startswith("second")]
    assert len(copies) == times
    assert ancestors(graph, "out") == {"x", "first", "drop", *copies}


def test_copies_have_the_parameters_chosen_for_the_original():
    wide = Dimension("wide", "layer", "second", "units", choices=(8, 24))
    graph = apply(chain(), {"depth": 3, "wide": 24}, SearchSpace((DEPTH, wide))).graph
    assert [layer.config["units"] for name, layer in graph.layers.items() if name.startswith("second")] == [24] * 3


def test_branches_are_cut_down_to_one_and_never_to_none():
    space = SearchSpace(tuple(pointed_at(branches(), "branch", "merge", arm) for arm in ("left", "middle", "right")))
    left, middle, right = space.names
    two = apply(branches(), {left: False}, space).graph
    assert two.node("merge").inputs == ("middle", "right")
    assert "left" not in two.layers
    one = apply(branches(), {left: False, right: False}, space).graph
    assert "merge" not in one.layers
    assert one.node("out").inputs == ("middle",)
    with pytest.raises(SpaceError, match="none would be left"):
        apply(branches(), {left: False, middle: False, right: False}, space)


def test_the_last_branch_is_not_asked_about():
    space = SearchSpace(tuple(pointed_at(branches(), "branch", "merge", arm) for arm in ("left", "middle", "right")))
    assert choose(space, branches().graph, lambda _: False) == dict.fromkeys(space.names[:2], False)
    assert check_space(branches(), space) == []
    assert len(grid(space, branches().graph)) == 7


def test_a_cut_branch_asks_nothing_about_its_layers():
    cut = [pointed_at(branches(), "branch", "merge", arm) for arm in ("left", "middle")]
    units = Dimension("left.units", "layer", "left", "units", choices=(4, 8))
    space = SearchSpace((units, *cut))
    # Both there: two widths; only the left one: two; only others: one; neither: one.
    assert len(grid(space, branches().graph)) == 6
    assert len(grid(SearchSpace((units, cut[0])), branches().graph)) == 3
    assert list(choose(space, branches().graph, lambda one: one.choices[0])) == [
        *(one.name for one in cut),
        "left.units",
    ]
    assert list(choose(space, branches().graph, lambda one: one.choices[-1] if one.place == "branch" else 4)) == [
        one.name for one in cut
    ]


def tower() -> Experiment:
    """A late merge one of whose branches is a merge of its own, over a layer; and a nested model in the other."""
    loom = Loom()
    x = loom.input("x", [4])
    early = loom("Add", loom("Dense", x, name="a", units=4), loom("Dense", x, name="b", units=4), name="early")
    late = loom("Concatenate", early, loom("Dense", x, name="c", units=4), name="late")
    graph = loom.graph(loom("Dense", late, name="out", units=3, activation="softmax"))
    return Experiment("Tower", graph, Data("wine"))


def test_a_branch_that_is_cut_takes_all_that_led_to_it_alone():
    experiment = tower()
    early, late = pointed_at(experiment, "branch", "early", "a"), pointed_at(experiment, "branch", "late", "early")
    units = pointed_at(experiment, "layer", "a", "units").but(least=None, most=None, whole=False, choices=(2, 4))
    deep = pointed_at(experiment, "repeat", "b").but(least=0, most=2)
    space = SearchSpace((units, early, deep, late))
    gone = choose(space, experiment.graph, lambda one: {late.name: False, early.name: True}.get(one.name, 1))
    assert gone == {late.name: False}
    kept = choose(space, experiment.graph, lambda one: {early.name: False}.get(one.name, 1))
    assert list(kept) == [late.name, early.name, deep.name]
    distinct = {apply(experiment, values, space).fingerprint for values in grid(space, experiment.graph)}
    # Every point is another experiment, but for the last branch that stays when its layer repeats no times.
    assert len(grid(space, experiment.graph)) == 1 + 3 * (2 + 1)
    assert len(distinct) == len(grid(space, experiment.graph))


def test_one_of_several_layers_or_blocks_stands_in_a_place():
    experiment = chain()
    loom = Loom()
    x = loom.input("in", [8])
    block = loom.graph(loom("Add", loom("Dense", x, name="inside", units=8, activation="relu"), x, name="sum"))
    base = Dimension("first is a", "kind", "second")
    kind = offering(base, {**alternatives(experiment.graph.layers["second"]), "residual": block})
    units = Dimension("second.units", "layer", "second", "units", choices=(8, 16))
    inside = Dimension("inside", "layer", "inside", "activation", choices=("relu", "tanh"), path=("second",))
    space = SearchSpace((units, inside)).plus(kind)
    assert check_space(experiment, SearchSpace((kind, units, inside.but(only_if=(kind.name, ("residual",)))))) == []
    assert space_from_json(json.loads(json.dumps(space_to_json(space)))) == space
    points = grid(space, experiment.graph)
    # A width where a Dense layer stands, an activation where the block does.
    assert len(points) == 4
    made = apply(experiment, {kind.name: "residual", "inside": "tanh"}, space)
    assert isinstance(made.graph.layers["second"], Graph)
    assert made.graph.layers["second"].layers["inside"].config["activation"] == "tanh"
    with pytest.raises(SpaceError, match="Nothing is known that could stand"):
        pointed_at(experiment, "kind", "second")
    rnn = ARCHITECTURES["siamese_lstm"].experiment
    name = next(name for name, one in rnn.graph.layers.items() if isinstance(one, Layer) and one.kind == "LSTM")
    offered = pointed_at(rnn, "kind", name)
    assert offered.choices == ("LSTM", "GRU", "SimpleRNN")
    assert check_space(rnn, SearchSpace((offered,))) == []
    assert apply(rnn, {offered.name: "GRU"}, SearchSpace((offered,))).graph.layers[name].kind == "GRU"
    for broken, sentence in (
        (kind.but(owner="x"), "not there, or an input"),
        (kind.but(choices=("Dense", "other")), "nothing stands behind it"),
        (kind.but(options=(("Dense", Layer("Dense", {"units": -1})), ("residual", block))), "units is a whole number"),
    ):
        assert sentence in check_space(experiment, SearchSpace((broken,)))[0]


def test_a_block_of_grouped_layers_repeats_with_weights_of_its_own():
    doors = {"first": {"shape": [8]}}
    edit = {"edit": "group", "ids": ["drop", "second"], "name": "block", "doors": doors}
    grouped = apply_edit(chain().graph, edit)
    experiment = replace(chain(), graph=grouped)
    node = next(node.id for node in grouped.nodes if node.layer == "block")
    depth = pointed_at(experiment, "repeat", node).but(least=0, most=3)
    shape = pointed_at(experiment, "layer", "second", "activation", ("block",)).but(choices=("relu", "tanh"))
    space = SearchSpace((shape,)).plus(depth)
    assert check_space(experiment, space) == []
    assert len(grid(space, grouped)) == 1 + 3 * 2
    made = apply(experiment, {depth.name: 3, shape.name: "tanh"}, space).graph
    blocks = [layer for layer in made.layers.values() if isinstance(layer, Graph)]
    assert [block.layers["second"].config["activation"] for block in blocks] == ["tanh"] * 3
    assert build_model(made).count_params() == (4 * 8 + 8) + 3 * (8 * 8 + 8) + (8 * 3 + 3)


def test_parameters_of_a_layer_that_is_left_out_do_not_count():
    space = SearchSpace((DROP, SHARE))
    asked: list[str] = []

    def ask(dimension):
        asked.append(dimension.name)
        return {"drop": False, "share": 0.3}[dimension.name]

    assert choose(space, chain().graph, ask) == {"drop": False}
    assert asked == ["drop"]
    assert choose(space, chain().graph, lambda one: {"drop": True, "share": 0.3}[one.name]) == {
        "drop": True,
        "share": 0.3,
    }


def test_conditions_of_a_persons_own():
    optimizer = Dimension("optimizer", "training", parameter="optimizer", choices=("Adam", "SGD"))
    fast = RATE.but(only_if=("optimizer", ("SGD",)))
    space = SearchSpace((optimizer, fast))
    assert set(choose(space, chain().graph, lambda one: "Adam" if one.choices else 0.01)) == {"optimizer"}
    assert set(choose(space, chain().graph, lambda one: "SGD" if one.choices else 0.01)) == {"optimizer", "rate"}
    assert "does not come before" in check_space(chain(), SearchSpace((fast, optimizer)))[0]
    assert (
        "never is" in check_space(chain(), SearchSpace((optimizer, RATE.but(only_if=("optimizer", ("Adagrad?",))))))[0]
    )


def test_a_grid_has_each_combination_once_and_what_does_not_count_adds_none():
    points = grid(SearchSpace((DROP, SHARE)), chain().graph)
    assert len(points) == 7  # six shares with the layer, and one without it
    assert points.count({"drop": False}) == 1
    with pytest.raises(SpaceError, match="A grid tries every value, and “rate” has too many"):
        grid(SearchSpace((RATE,)))
    huge = SearchSpace(tuple(DEPTH.but(name=str(n), most=9) for n in range(6)))
    with pytest.raises(SpaceError, match="at most 10,000 points"):
        grid(huge)


def test_json_keeps_everything_zeros_too():
    space = SearchSpace((DROP, SHARE, DEPTH, UNITS, RATE.but(only_if=("drop", (True,)))))
    assert space_from_json(json.loads(json.dumps(space_to_json(space)))) == space
    for broken in (3, [{"nam": 1}], [["x"]], None):
        with pytest.raises(SpaceError, match="is a list of dimensions"):
            space_from_json(broken)


@pytest.mark.parametrize(
    ("dimension", "sentence"),
    [
        (UNITS.but(least=32, most=4), "goes from less to more"),
        (RATE.but(least=0.0), "A log scale begins above 0"),
        (RATE.but(step=0.1), "A log scale has no steps"),
        (SHARE.but(step=0.9), "A step is above 0 and fits the range"),
        (UNITS.but(least=4.5), "takes whole numbers"),
        (UNITS.but(most=float("nan")), "goes between two numbers"),
        (UNITS.but(least=None), "needs a range or choices"),
        (UNITS.but(owner="gone"), "no longer in this experiment"),
        (UNITS.but(parameter="unitz"), "no longer in this experiment"),
        (UNITS.but(least=0, log=False), "units is a whole number of at least 1"),
        (SHARE.but(most=1.5), "rate is a number"),
        (UNITS.but(choices=(8,)), "a choice between two values"),
        (UNITS.but(choices=(8, [3, 3])), "A choice is a number, a word or a switch"),
        (DROP.but(owner="out"), "An output is always there"),
        (DROP.but(owner="x"), "has one input"),
        (DROP.but(owner="nowhere"), "a node that is not there"),
        (DEPTH.but(most=90), "repeats from 0 to 12"),
        (UNITS.but(place="colour"), "A dimension varies one of"),
        (Dimension("weight", "training", "nobody", "loss_weight", least=0.1, most=2), "belongs to an output"),
        (Dimension("optimizer", "training", parameter="optimizer", choices=("Adam", "Adan")), "did you mean"),
    ],
)
def test_each_rule_has_its_sentence(dimension, sentence):
    found = check_space(chain(), SearchSpace((dimension,)))
    assert len(found) == 1
    assert sentence in found[0]
    assert found[0].endswith((".", "?"))


def test_what_is_wrong_with_a_space_as_a_whole():
    assert "this space is empty" in check_space(chain(), SearchSpace())[0]
    assert "Names of dimensions are unique" in check_space(chain(), SearchSpace((UNITS, UNITS)))[0]
    assert "at most 40" in check_space(chain(), SearchSpace((UNITS,) * 41))[0]
    assert check_space(chain(), SearchSpace((DROP, DEPTH, UNITS, RATE, SHARE))) == []


@pytest.mark.parametrize("name", sorted(ARCHITECTURES))
def test_whatever_is_pointed_at_is_a_sound_dimension(name):
    experiment = ARCHITECTURES[name].experiment
    space = SearchSpace()
    for parameter in ("learning_rate", "batch_size", "optimizer"):
        space = space.plus(pointed_at(experiment, "training", parameter=parameter))
    for layer, held in list(experiment.graph.layers.items())[:20]:
        if isinstance(held, Layer) and "units" in held.config:
            space = space.plus(pointed_at(experiment, "layer", layer, "units"))
        if isinstance(held, Layer) and held.kind == "Dropout":
            space = space.plus(pointed_at(experiment, "layer", layer, "rate"))
    assert check_space(experiment, space) == []


def test_what_decides_on_presence_comes_first_and_goes_with_its_conditions():
    space = SearchSpace((SHARE,)).plus(DROP).plus(RATE.but(only_if=("drop", (True,))))
    assert space.names == ("drop", "share", "rate")
    assert space.minus("drop").dimensions == (SHARE, RATE)


def test_parameters_inside_a_nested_model():
    inner = chain().graph
    loom = Loom()
    outer = loom.graph(loom("Dense", loom.input("x", [4]), name="out", units=3))
    nested = Graph({**outer.layers, "block": inner}, outer.nodes, outer.outputs)
    experiment = replace(chain(), graph=nested)
    dimension = pointed_at(experiment, "layer", "first", "units", ("block",))
    assert dimension.name == "block/first.units"
    assert (dimension.least, dimension.most) == (2, 32)
