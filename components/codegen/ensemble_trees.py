"""Trees in an exported ensemble: how they are imported, fitted and asked, on the inputs or on a network's layer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from components.codegen.calls import layer_call
from components.codegen.data import fed, input_arrays
from components.codegen.ensemble_voices import Head, Part, Voice, arrays_of
from components.codegen.layout import Call, Expression, Keyword, Line, call, listing, literal, statement, string, table
from components.codegen.naming import Names
from components.ensembles.reaching import reach
from components.ensembles.trees import RECIPES, SEED, Recipe
from components.graph import Graph, Layer, calls_within

MANY = "MultiOutputRegressor"
"""Scikit-learn's wrapper for trees that predict one number at a time."""


# Imports


def tree_imports(voices: Sequence[Voice], heads: Mapping[str, Head]) -> list[Line]:
    """What is taken from scikit-learn."""
    wanted = [class_of(RECIPES[voice.tree], one.classes) for voice in voices if voice.tree for one in heads.values()]
    lines = imported("sklearn.ensemble", sorted(set(wanted))) if wanted else []
    return [*lines, *(imported("sklearn.multioutput", [MANY]) if wraps(voices, heads) else [])]


def imported(module: str, wanted: Sequence[str]) -> list[Line]:
    """`from module import a, b`, wrapped where it is too long for a line."""
    line = f"from {module} import {', '.join(wanted)}"
    if len(line) <= 88:
        return [Line(line)]
    return [Line(f"from {module} import ("), *(Line(f"    {name},") for name in wanted), Line(")")]


def class_of(recipe: Recipe, classes: bool) -> str:
    """The class of scikit-learn that makes the trees."""
    return recipe.classifier if classes else recipe.regressor


def wraps(voices: Iterable[Voice], heads: Mapping[str, Head]) -> bool:
    """Whether some trees predict one number at a time and need the wrapper."""
    return any(voice.tree == "gradient_boosting" for voice in voices) and not all(h.classes for h in heads.values())


# Functions


def tree_functions(part: Part, voice: Voice, heads: Mapping[str, Head]) -> list[list[Line]]:
    """Fit and ask."""
    return [fit_function(part, voice, heads), ask_function(part, voice, heads)]


def fit_function(part: Part, voice: Voice, heads: Mapping[str, Head]) -> list[Line]:
    """How trees are got ready; those on a network's layer come back with the part of the network below them."""
    made = {head: unfitted(voice.tree, one.classes) for head, one in heads.items()}
    wanted = {head: target_for(voice.tree, head, one.classes) for head, one in heads.items()}
    fitting = [
        Line('    inputs, targets = data["train"]'),
        *rows_lines(voice),
        *statement(table(made), "trees = "),
        *statement(table(wanted), "wanted = "),
        Line("    for head, one in trees.items():"),
        Line("        one.fit(rows, wanted[head])"),
    ]
    if voice.on is None:
        return [
            Line(f"def {part.train}(data):"),
            Line('    """Return trees for each head, fitted on the inputs side by side."""'),
            *fitting,
            Line("    return trees"),
        ]
    return [
        Line(f"def {part.train}(data, network):"),
        Line('    """Return the network up to a layer, and trees for each head on what that gives."""'),
        *Source().part_of(voice.experiment.graph, voice.call),
        *fitting,
        Line("    return part, trees"),
    ]


LOCAL = ("data", "network", "part", "inputs", "targets", "rows", "trees", "wanted", "head", "one", "keras", "np")
"""What functions that fit trees call otherwise."""


class Source:
    """What is made on the way to a call in a network, as source; see `components.ensembles.reaching`."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self._names = Names(LOCAL)
        self._known: dict[tuple[str, str], str] = {}

    def part_of(self, graph: Graph, name: str) -> list[Line]:
        """`part = …`, the network up to the call of that name."""
        outputs = reach(self, "network", graph, calls_within(graph)[name].way)
        return [*self.lines, *statement(call("keras.Model", "network.input", outputs), "part = ")]

    def kept(self, wanted: str, made: Expression) -> str:
        """A variable that holds what was made."""
        variable = self._names.claim(wanted)
        self.lines += statement(made, f"{variable} = ")
        return variable

    def layer(self, model: str, name: str) -> str:
        """The model's layer of that name, fetched once."""
        if (model, name) not in self._known:
            self._known[model, name] = self.kept(name, call(f"{model}.get_layer", string(name)))
        return self._known[model, name]

    def outputs(self, layer: str) -> str:
        """What a layer gives that is called once."""
        return f"{layer}.output"

    def call(self, layer: str, held: Layer | Graph, inputs: Sequence[Expression]) -> Expression:
        """What a layer, as the graph holds it, gives for other tensors."""
        return layer_call(layer, held, inputs)

    def item(self, outputs: Expression, place: int) -> str:
        """One of several tensors."""
        several = outputs if isinstance(outputs, str) else self.kept("several", outputs)
        return f"{several}[{place}]"

    def part(self, model: str, outputs: Expression) -> str:
        """The model up to those tensors."""
        return self.kept(f"inside_{model}", call("keras.Model", f"{model}.input", outputs))


def ask_function(part: Part, voice: Voice, heads: Mapping[str, Head]) -> list[Line]:
    """How trees are asked."""
    asked = {
        head: call("tree_shares" if one.classes else "tree_numbers", f"trees[{string(head)}]", "rows")
        for head, one in heads.items()
    }
    return [
        Line(f"def {part.ask}({'trees' if voice.on is None else 'fitted'}, inputs):"),
        Line('    """Return what the trees say of the rows, by head."""'),
        *([] if voice.on is None else [Line("    part, trees = fitted")]),
        *rows_lines(voice),
        *statement(table(asked), "return "),
    ]


def rows_lines(voice: Voice) -> list[Line]:
    """What the trees are given."""
    if voice.on is None:
        arrays = listing(f"inputs[{string(array)}]" for array in arrays_of(voice.experiment))
        return statement(call("flatten", arrays), "rows = ")
    return statement(call("layer_features", "part", fed(input_arrays(voice.experiment), "dict")), "rows = ")


def unfitted(kind: str, classes: bool) -> Call:
    """`RandomForestClassifier(n_estimators=200, n_jobs=1, random_state=0)`."""
    recipe = RECIPES[kind]
    settings = [Keyword(name, literal(value)) for name, value in recipe.settings.items()]
    made = Call(class_of(recipe, classes), (*settings, Keyword("random_state", literal(SEED))))
    return call(MANY, made) if not classes and kind == "gradient_boosting" else made


def target_for(kind: str, head: str, classes: bool) -> Call:
    """The true values as trees of the kind take them."""
    target = f"targets[{string(head)}]"
    if classes:
        return call("class_numbers", target)
    several = call("numbers", target)
    return several if kind == "gradient_boosting" else call("np.squeeze", several)
