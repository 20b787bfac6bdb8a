"""Ensemble → Python: its members' models and trees, their data and the weights of their average in one file that runs."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from components.codegen import model_functions, printable, separated
from components.codegen.data import (
    chosen_dataset,
    data_call,
    data_source,
    fed,
    input_arrays,
    select_function,
)
from components.codegen.errors import CodeError
from components.codegen.layout import Call, Keyword, Line, call, listing, literal, statement, string, table
from components.codegen.naming import Names
from components.codegen.training import compile_call, fit_call
from components.ensembles.trees import MOST_FEATURES, RECIPES, SEED, Recipe
from components.experiment import Callback, Data, Experiment, Training
from components.graph import output_names
from components.own_callbacks import writes_files
from components.settings import CALLBACKS

MANY = "MultiOutputRegressor"
"""Scikit-learn's wrapper for trees that predict one number at a time."""

DIGITS = 9
"""Of a weight, behind the point."""

ENSEMBLE_NAMES = (
    *("SEED", "TRAINED", "WEIGHTS", "Path", "np", "main", "data", "split", "inputs", "targets", "model", "members"),
    *("trained", "train_members", "ask", "average", "shares", "numbers", "class_numbers", "accuracy", "error"),
    *("flatten", "tree_shares", "tree_numbers", "said", "rows", "trees", "together", "wanted", "head", "one", MANY),
    *(name for recipe in RECIPES.values() for name in (recipe.classifier, recipe.regressor)),
)
"""Names that the file itself uses; the data function and the members get others."""


@dataclass(frozen=True)
class Voice:
    """A member as the file has it: its name, and its experiment; trees stand on the experiment's data.

    `monitor` is the value by which a network's best epoch is chosen; `tree` the kind of the trees, "" for a network.
    """

    name: str
    experiment: Experiment
    monitor: str = "val_loss"
    tree: str = ""


@dataclass(frozen=True)
class Head:
    """One question that all members answer: whether it names classes, and the weight of each member's answer."""

    classes: bool
    weights: Sequence[float]


@dataclass(frozen=True)
class Part:
    """A member by its name in the file, and its functions: the one that gets it ready and the one that asks it."""

    key: str
    train: str
    ask: str


def generate_ensemble(title: str, voices: Sequence[Voice], heads: Mapping[str, Head]) -> str:
    """The ensemble as a Python file, formatted as `ruff format` does; `heads` by the array of their true values.

    All voices are of the same rows. Networks take their weights from an `.npz` file of the same name where it
    lies beside, under the names of `keyed`; else they are trained as they were. Raises CodeError as `generate_code`
    does, and when two outputs of a member answer the same question.
    """
    dataset = chosen_dataset(voices[0].experiment.data)
    if dataset is None:
        raise CodeError("An ensemble's members were trained on data, and these name none; choose other runs.")
    names = Names(ENSEMBLE_NAMES)
    function, source = data_source(dataset, names)
    keys = [key for key, _ in keyed(voices)]
    members = Members(names, heads, voices[0].experiment.seed)
    parts = [part for key, voice in zip(keys, voices, strict=True) for part in members.functions(key, voice)]
    blocks = [
        source,
        *parts,
        *(lines_of(text) for text in needed(voices, heads)),
        train_lines(members.parts),
        ask_lines(members.parts),
        lines_of(AVERAGE),
        main_lines(data_call(function, dataset, rows_of(voices)), heads),
        [Line('if __name__ == "__main__":'), Line("    main()")],
    ]
    uses_layers = any("layers." in line.text for block in blocks for line in block)
    head = head_lines(title, voices, heads, keys, uses_layers)
    return "\n".join(line.text for line in separated([head, *blocks])) + "\n"


def rows_of(voices: Sequence[Voice]) -> Data:
    """The data of all, with their seed named where the members have others."""
    first = voices[0].experiment
    alike = all(voice.experiment.seed == first.data_seed for voice in voices)
    return replace(first.data, seed=None if alike else first.data_seed)


def keyed(voices: Iterable[Voice]) -> list[tuple[str, Voice]]:
    """Each voice with the name that the file, and the file of weights, knows it by."""
    names = Names()
    return [(names.claim(voice.name.lower()), voice) for voice in voices]


# The head


def head_lines(
    title: str, voices: Sequence[Voice], heads: Mapping[str, Head], keys: Sequence[str], uses_layers: bool
) -> list[Line]:
    """Docstring, imports, seed and weights."""
    weights = {
        head: table({key: literal(round(float(w), DIGITS)) for key, w in zip(keys, one.weights, strict=True)})
        for head, one in heads.items()
    }
    return [
        Line(f'"""{printable(title) or "An ensemble"}: an ensemble, exported from Layerloom.'),
        Line(),
        *lines_of(ABOUT),
        Line('"""'),
        Line(),
        Line("from pathlib import Path"),
        Line(),
        Line("import keras"),
        Line("import numpy as np"),
        *([Line("from keras import layers")] if uses_layers else []),
        *tree_imports(voices, heads),
        Line(),
        Line(f"SEED = {int(voices[0].experiment.seed)}"),
        Line('TRAINED = Path(__file__).with_suffix(".npz")'),
        *statement(table(weights), "WEIGHTS = ", indent=0),
    ]


ABOUT = """
Run it: it trains its members and says how they do together. Where the file of their
trained weights lies beside it, under the same name, the networks are not trained again.
"""


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


# Members


class Members:
    """The functions of the members; what several have in common is written once."""

    def __init__(self, names: Names, heads: Mapping[str, Head], seed: int) -> None:
        self.names, self.heads, self._seed = names, heads, seed
        self.parts: list[Part] = []
        self._known: dict[str, str] = {}

    def functions(self, key: str, voice: Voice) -> list[list[Line]]:
        """The functions of one member that were not written yet."""
        part = Part(key, self.names.claim(f"{'fit' if voice.tree else 'train'}_{key}"), self.names.claim(f"ask_{key}"))
        self.parts.append(part)
        return self.of_trees(part, voice) if voice.tree else self.of_network(part, voice)

    def of_network(self, part: Part, voice: Voice) -> list[list[Line]]:
        """Select, build, train and ask."""
        experiment = voice.experiment
        selecting = select_function(experiment, "dict", "select_arrays")
        select, new = self.once("\n".join(line.text for line in selecting), "select_arrays")
        written = [select_function(experiment, "dict", select)] if new else []
        build, new = self.once(experiment.graph.fingerprint, f"build_{part.key}")
        if new:
            written += model_functions(replace(experiment, name=part.key), self.names, False, build)
        training = replace(experiment, training=at_home(experiment.training, voice.monitor))
        seed = "SEED" if experiment.seed == self._seed else str(int(experiment.seed))
        return [*written, train_function(part, select, build, training, seed), self.ask_function(part, experiment)]

    def once(self, what: str, wanted: str) -> tuple[str, bool]:
        """The name of a function, and whether it is yet to be written."""
        new = what not in self._known
        if new:
            self._known[what] = self.names.claim(wanted)
        return self._known[what], new

    def ask_function(self, part: Part, experiment: Experiment) -> list[Line]:
        """How a network is asked."""
        asked = heads_of(experiment)
        if len(set(asked)) < len(asked):
            raise CodeError(f"“{part.key}” answers the same question twice; leave it out.")
        places = ["said"] if len(asked) == 1 else [f"said[{place}]" for place in range(len(asked))]
        answers = {
            head: call("shares" if self.heads[head].classes else "numbers", place)
            for head, place in zip(asked, places, strict=True)
        }
        return [
            Line(f"def {part.ask}(model, inputs):"),
            Line('    """Return what the model says of the rows, by head."""'),
            *statement(fed(input_arrays(experiment), "dict"), "x = "),
            Line("    said = model.predict(x, verbose=0)"),
            *statement(table(answers), "return "),
        ]

    def of_trees(self, part: Part, voice: Voice) -> list[list[Line]]:
        """Fit and ask."""
        arrays = listing(f"inputs[{string(array)}]" for array in arrays_of(voice.experiment))
        rows = statement(call("flatten", arrays), "rows = ")
        made = {head: unfitted(voice.tree, one.classes) for head, one in self.heads.items()}
        wanted = {head: target_for(voice.tree, head, one.classes) for head, one in self.heads.items()}
        asked = {
            head: call("tree_shares" if one.classes else "tree_numbers", f"trees[{string(head)}]", "rows")
            for head, one in self.heads.items()
        }
        return [
            [
                Line(f"def {part.train}(data):"),
                Line('    """Return trees for each head, fitted on the inputs side by side."""'),
                Line('    inputs, targets = data["train"]'),
                *rows,
                *statement(table(made), "trees = "),
                *statement(table(wanted), "wanted = "),
                Line("    for head, one in trees.items():"),
                Line("        one.fit(rows, wanted[head])"),
                Line("    return trees"),
            ],
            [
                Line(f"def {part.ask}(trees, inputs):"),
                Line('    """Return what the trees say of the rows, by head."""'),
                *rows,
                *statement(table(asked), "return "),
            ],
        ]


def heads_of(experiment: Experiment) -> list[str]:
    """The array that each output is compared with."""
    return [str(experiment.data.targets.get(name, name)) for name in output_names(experiment.graph)]


def arrays_of(experiment: Experiment) -> list[str]:
    """The array that feeds each input."""
    doors = [experiment.graph.node(node).layer for node in experiment.graph.inputs]
    return [str(experiment.data.inputs.get(name, name)) for name in doors]


def at_home(training: Training, monitor: str) -> Training:
    """The training as a file repeats it: the weights of the best epoch are kept, and no files are written."""
    ours = [
        callback for callback in training.callbacks if callback.kind in CALLBACKS and not writes_files(callback.kind)
    ]
    best = {"monitor": monitor, "patience": training.epochs, "restore_best_weights": True}
    if not any(callback.kind == "EarlyStopping" and callback.config.get("restore_best_weights") for callback in ours):
        ours.append(Callback("EarlyStopping", best))
    return replace(training, callbacks=tuple(ours))


def train_function(part: Part, select: str, build: str, experiment: Experiment, seed: str) -> list[Line]:
    """How a network is got ready."""
    return [
        Line(f"def {part.train}(data):"),
        Line('    """Return the model, trained before or now, with the weights of its best epoch."""'),
        Line(f"    keras.utils.set_random_seed({seed})"),
        Line(f"    model = {build}()"),
        Line("    if TRAINED.exists():"),
        Line(f"        return trained(model, {string(part.key)})"),
        *(Line(f'    x_{split}, y_{split} = {select}(*data["{split}"])') for split in ("train", "validation")),
        *statement(compile_call(experiment)),
        *statement(fit_call(experiment.training)),
        Line("    return model"),
    ]


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


# What members have in common


def needed(voices: Sequence[Voice], heads: Mapping[str, Head]) -> list[str]:
    """The functions that these members and heads lean on."""
    trees, networks = any(voice.tree for voice in voices), any(not voice.tree for voice in voices)
    classes = any(head.classes for head in heads.values())
    plain = not all(head.classes for head in heads.values())
    chosen = [
        (TRAINED_WEIGHTS, networks),
        (SHARES, networks and classes),
        (NUMBERS, plain),
        (CLASS_NUMBERS, classes),
        (FLATTEN, trees),
        (TREE_SHARES, trees and classes),
        (TREE_NUMBERS, trees and plain),
        (ACCURACY, classes),
        (ERROR, plain),
    ]
    return [text for text, wanted in chosen if wanted]


def lines_of(text: str) -> list[Line]:
    """A text's lines, without empty ones around it."""
    return [Line(line) for line in textwrap.dedent(text).strip("\n").split("\n")]


TRAINED_WEIGHTS = '''
def trained(model, name):
    """Return the model with the weights that lie under that name in the file beside."""
    with np.load(TRAINED) as arrays:
        own = sorted(key for key in arrays if key.startswith(f"{name}."))
        model.set_weights([arrays[key] for key in own])
    return model
'''

SHARES = '''
def shares(said):
    """Return the shares of all classes; a single probability is that of yes."""
    said = said.reshape(len(said), -1)
    return np.concatenate([1 - said, said], axis=1) if said.shape[1] == 1 else said
'''

NUMBERS = '''
def numbers(said):
    """Return the numbers of each row side by side."""
    return said.reshape(len(said), -1)
'''

CLASS_NUMBERS = '''
def class_numbers(target):
    """Return the classes as whole numbers, also where they come as ones and zeros."""
    target = target.reshape(len(target), -1)
    return (target.argmax(axis=1) if target.shape[1] > 1 else target[:, 0]).astype(int)
'''

FLATTEN = f'''
def flatten(arrays):
    """Return all inputs of a row side by side; of very many, evenly spread ones."""
    rows = np.concatenate([one.reshape(len(one), -1) for one in arrays], axis=1)
    kept = np.linspace(0, rows.shape[1] - 1, min(rows.shape[1], {MOST_FEATURES}))
    return rows.astype("float32")[:, kept.round().astype(int)]
'''

TREE_SHARES = '''
def tree_shares(trees, rows):
    """Return the shares of all classes; 0 for those that the trees never saw."""
    seen = trees.classes_.astype(int)
    said = np.zeros((len(rows), seen.max() + 1))
    said[:, seen] = trees.predict_proba(rows)
    return said
'''

TREE_NUMBERS = '''
def tree_numbers(trees, rows):
    """Return the numbers of each row side by side."""
    return trees.predict(rows).reshape(len(rows), -1)
'''

ACCURACY = '''
def accuracy(said, target):
    """Return the share of rows whose class is the one with the largest share."""
    return float((said.argmax(axis=1) == class_numbers(target)).mean())
'''

ERROR = '''
def error(said, target):
    """Return the root of the mean squared error."""
    return float(np.sqrt(np.square(said - numbers(target)).mean()))
'''

AVERAGE = '''
def average(said, weights):
    """Return the weighted average of what the members say of one head."""
    width = max(one.shape[1] for one in said.values())
    wide = {k: np.pad(s, ((0, 0), (0, width - s.shape[1]))) for k, s in said.items()}
    return sum(weight * wide[key] for key, weight in weights.items())
'''


# Together


def train_lines(parts: Sequence[Part]) -> list[Line]:
    """`train_members`."""
    made = table({part.key: call(part.train, "data") for part in parts})
    return [
        Line("def train_members(data):"),
        Line('    """Return all members by name, ready to be asked."""'),
        *statement(made, "return "),
    ]


def ask_lines(parts: Sequence[Part]) -> list[Line]:
    """`ask`."""
    said = table({part.key: call(part.ask, f"members[{string(part.key)}]", "inputs") for part in parts})
    return [
        Line("def ask(members, inputs):"),
        Line('    """Return what the members say together, by head: shares of classes, or numbers."""'),
        *statement(said, "said = "),
        Line("    return {"),
        Line("        head: average({key: said[key][head] for key in weights}, weights)"),
        Line("        for head, weights in WEIGHTS.items()"),
        Line("    }"),
    ]


def main_lines(made: Call, heads: Mapping[str, Head]) -> list[Line]:
    """`main`: on validation data, and on test when it is asked to."""
    judged = [
        statement(
            call(
                "print",
                "split",
                string(f"{head}: accuracy" if one.classes else f"{head}: error"),
                call("accuracy" if one.classes else "error", f"together[{string(head)}]", f"targets[{string(head)}]"),
            )
        )
        for head, one in heads.items()
    ]
    return [
        Line('def main(split="validation"):'),
        Line('    """Train the members and print how they do together.'),
        Line(),
        Line("    Their weights were found on validation data, so those flatter them; ask for"),
        Line('    "test" once, at the end.'),
        Line('    """'),
        *statement(made, "data = "),
        Line("    members = train_members(data)"),
        Line("    inputs, targets = data[split]"),
        Line("    together = ask(members, inputs)"),
        *(line for lines in judged for line in lines),
    ]
