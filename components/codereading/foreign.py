"""Foreign styles: what to say, line by line, of a source that builds its model with another framework than Keras."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

FRAMEWORKS: Mapping[str, str] = {
    "equinox": "Equinox", "flax": "Flax", "haiku": "Haiku", "jax": "JAX", "lightgbm": "LightGBM", "lightning": "PyTorch Lightning",
    "mxnet": "MXNet", "paddle": "Paddle", "pytorch_lightning": "PyTorch Lightning", "sklearn": "scikit-learn", "torch": "PyTorch",
    "xgboost": "XGBoost",
}  # fmt: skip
"""By the module that is imported, what the framework is called."""

IN_KERAS: Mapping[str, str] = {
    "AvgPool": "AveragePooling2D", "AvgPool2d": "AveragePooling2D", "BatchNorm": "BatchNormalization",
    "BatchNorm1d": "BatchNormalization", "BatchNorm2D": "BatchNormalization", "BatchNorm2d": "BatchNormalization",
    "Conv": "Conv2D", "Conv1d": "Conv1D", "Conv2D": "Conv2D", "Conv2d": "Conv2D", "Dense": "Dense", "Dropout": "Dropout",
    "Embed": "Embedding", "Embedding": "Embedding", "Flatten": "Flatten", "GRU": "GRU", "LSTM": "LSTM", "LayerNorm": "LayerNormalization",
    "Linear": "Dense", "LogisticRegression": "Dense", "MLPClassifier": "Dense", "MLPRegressor": "Dense", "MaxPool2D": "MaxPooling2D",
    "MaxPool2d": "MaxPooling2D", "MultiheadAttention": "MultiHeadAttention", "ReLU": "ReLU", "Sequential": "Sequential", "Sigmoid": "Activation",
    "Softmax": "Softmax", "Tanh": "Activation",
}  # fmt: skip
"""Their classes, and Keras's that does the like."""


def foreign_notes(module: ast.Module) -> Iterator[tuple[int, str]]:
    """A note on every import, class and layer of another framework."""
    known: dict[str, str] = {}
    for node in ast.walk(module):
        for bound, framework in bound_by(node):
            known[bound] = framework
            yield node.lineno, f"This imports {framework}, and only Keras is read; write the model in Keras's layers."  # type: ignore[attr-defined]
    for node in ast.walk(module):
        if isinstance(node, ast.ClassDef):
            yield from notes_on_class(node, known)
        elif isinstance(node, ast.Call) and root_of(node.func) in known:
            yield from note_on_call(node, known[root_of(node.func)])


def bound_by(node: ast.AST) -> Iterator[tuple[str, str]]:
    """The names that an import of another framework brings, and what that is called."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            if framework := FRAMEWORKS.get(alias.name.partition(".")[0]):
                yield alias.asname or alias.name.partition(".")[0], framework
    elif isinstance(node, ast.ImportFrom):
        source = FRAMEWORKS.get((node.module or "").partition(".")[0])
        yield from ((alias.asname or alias.name, source) for alias in node.names if source)


def root_of(node: ast.expr) -> str:
    """The first name of a dotted one; empty where there is none."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def notes_on_class(node: ast.ClassDef, known: Mapping[str, str]) -> Iterator[tuple[int, str]]:
    """A note on a model that is a class of another framework."""
    framework = next((known[root_of(base)] for base in node.bases if root_of(base) in known), None)
    if framework:
        name = node.name[:40]
        yield node.lineno, f"The class {name} is a model of {framework}; build it as a functional Keras model instead."


def note_on_call(node: ast.Call, framework: str) -> Iterator[tuple[int, str]]:
    """A note on what a class of another framework makes."""
    name = node.func.attr if isinstance(node.func, ast.Attribute) else root_of(node.func)
    if name[:1].isupper():
        like = IN_KERAS.get(name)
        remedy = f"Keras has {like} for it" if like else "replace it by a layer of Keras"
        yield node.lineno, f"“{name[:40]}” is {framework}'s and was not read; {remedy}."
