"""Search spaces: what may vary, what counts after what was chosen, and the experiment that values make."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from components.experiment import Data, Experiment, Training
from components.graph import Graph, Layer, ancestors
from components.searching.search_space import (
    Dimension,
    SearchSpace,
    SpaceError,
    apply,
    check_space,
    choose,
    grid,
    pointed_at,
    space_from_json,
    space_to_json,
)
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
