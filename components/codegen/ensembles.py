"""Ensemble → Python: its members' models and trees, their data and the weights of their average in one file that runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from components.codegen import model_functions, printable, separated
from components.codegen.data import (
    chosen_dataset,
    data_call,
    data_source,
    fed,
    input_arrays,
    select_function,
)
from components.codegen.ensemble_texts import AVERAGE, lines_of, needed
from components.codegen.ensemble_trees import MANY, tree_functions, tree_imports
from components.codegen.ensemble_voices import Head, Part, Voice, heads_of, keyed
from components.codegen.errors import CodeError
from components.codegen.layout import Call, Line, call, literal, statement, string, table
from components.codegen.naming import Names
from components.codegen.training import compile_call, fit_call
from components.ensembles.trees import RECIPES
from components.experiment import Callback, Data, Experiment, Training
from components.own_callbacks import writes_files
from components.settings import CALLBACKS

DIGITS = 9
"""Of a weight, behind the point."""

ENSEMBLE_NAMES = (
    *("SEED", "TRAINED", "WEIGHTS", "Path", "np", "main", "data", "split", "inputs", "targets", "model", "members"),
    *("trained", "train_members", "ask", "average", "shares", "numbers", "class_numbers", "accuracy", "error"),
    *("flatten", "tree_shares", "tree_numbers", "said", "rows", "trees", "together", "wanted", "head", "one", MANY),
    *("layer_features", "network", "layer", "part", "fitted"),
    *(name for recipe in RECIPES.values() for name in (recipe.classifier, recipe.regressor)),
)
"""Names that the file itself uses; the data function and the members get others."""


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
        train_lines(members.parts, voices),
        ask_lines([part for part, voice in zip(members.parts, voices, strict=True) if not voice.silent]),
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


# The head


def head_lines(
    title: str, voices: Sequence[Voice], heads: Mapping[str, Head], keys: Sequence[str], uses_layers: bool
) -> list[Line]:
    """Docstring, imports, seed and weights."""
    speaking = [key for key, voice in zip(keys, voices, strict=True) if not voice.silent]
    weights = {
        head: table({key: literal(round(float(w), DIGITS)) for key, w in zip(speaking, one.weights, strict=True)})
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
        return tree_functions(part, voice, self.heads) if voice.tree else self.of_network(part, voice)

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
        written.append(train_function(part, select, build, training, seed))
        return written if voice.silent else [*written, self.ask_function(part, experiment)]

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


# Together


def train_lines(parts: Sequence[Part], voices: Sequence[Voice]) -> list[Line]:
    """`train_members`: trees on a network's layer are fitted when the network is there."""
    plain = {part.key: call(part.train, "data") for part, one in zip(parts, voices, strict=True) if one.on is None}
    later = [
        statement(
            call(part.train, "data", f"members[{string(parts[voice.on].key)}]"), f"members[{string(part.key)}] = "
        )
        for part, voice in zip(parts, voices, strict=True)
        if voice.on is not None
    ]
    return [
        Line("def train_members(data):"),
        Line('    """Return all members by name, ready to be asked."""'),
        *statement(table(plain), "members = " if later else "return "),
        *(line for lines in later for line in lines),
        *([Line("    return members")] if later else []),
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
