"""Functions that an exported ensemble leans on, as text; which of them it needs is for its members to say."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

from components.codegen.ensemble_voices import Head, Voice
from components.codegen.layout import Line
from components.ensembles.trees import MOST_FEATURES


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

LAYER_FEATURES = '''
def layer_features(part, x):
    """Return what the part of a network gives for each row, side by side."""
    return flatten(keras.tree.flatten(part.predict(x, batch_size=256, verbose=0)))
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


def needed(voices: Sequence[Voice], heads: Mapping[str, Head]) -> list[str]:
    """The functions that these members and heads lean on."""
    trees, networks = any(voice.tree for voice in voices), any(not voice.tree for voice in voices)
    asked = any(not voice.tree and not voice.silent for voice in voices)
    classes = any(head.classes for head in heads.values())
    plain = not all(head.classes for head in heads.values())
    chosen = [
        (TRAINED_WEIGHTS, networks),
        (SHARES, asked and classes),
        (NUMBERS, plain),
        (CLASS_NUMBERS, classes),
        (FLATTEN, trees),
        (LAYER_FEATURES, any(voice.on is not None for voice in voices)),
        (TREE_SHARES, trees and classes),
        (TREE_NUMBERS, trees and plain),
        (ACCURACY, classes),
        (ERROR, plain),
    ]
    return [text for text, wanted in chosen if wanted]
