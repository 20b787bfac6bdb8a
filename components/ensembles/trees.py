"""Trees: scikit-learn's forests on a network's data, its inputs flattened side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

TREES: Mapping[str, str] = {
    "random_forest": "Random forest",
    "gradient_boosting": "Gradient boosting",
    "extra_trees": "Extra trees",
}
"""The kinds of trees, by name, and their titles."""


@dataclass(frozen=True)
class Recipe:
    """How trees of a kind are made: the classes of `sklearn.ensemble` for classes and for numbers, and their settings."""

    classifier: str
    regressor: str
    settings: Mapping[str, Any]


RECIPES: Mapping[str, Recipe] = {
    "random_forest": Recipe("RandomForestClassifier", "RandomForestRegressor", {"n_estimators": 200, "n_jobs": 1}),
    "gradient_boosting": Recipe("HistGradientBoostingClassifier", "HistGradientBoostingRegressor", {"max_iter": 100}),
    "extra_trees": Recipe("ExtraTreesClassifier", "ExtraTreesRegressor", {"n_estimators": 200, "n_jobs": 1}),
}
"""The same kinds, as scikit-learn makes them."""

SEED = 0
"""Of all trees, unless another is asked for."""

MOST_FEATURES = 4_000
"""Columns that boosting is given; of more it takes evenly spread ones."""


@dataclass
class FittedTrees:
    """Trees that were fitted for one head."""

    model: Any
    classes: int

    def predict(self, x: Any) -> np.ndarray:
        """Shares of all classes, float [rows, classes], or numbers, float [rows, width]."""
        rows = flatten(x)
        if not self.classes:
            said = self.model.predict(rows)
            return said.reshape(len(rows), -1)
        shares = np.zeros((len(rows), self.classes))
        shares[:, self.model.classes_.astype(int)] = self.model.predict_proba(rows)
        return shares


def fit_tree(kind: str, x: Any, target: np.ndarray, classes: bool, seed: int = SEED) -> FittedTrees:
    """Trees of that kind on arrays of inputs and the target of one head, which names classes or holds numbers."""
    rows, wanted = flatten(x), target.reshape(len(target), -1)
    model = make_trees(kind, classes, seed)
    if classes:
        named = (wanted.argmax(axis=1) if wanted.shape[1] > 1 else wanted[:, 0]).astype(int)
        return FittedTrees(model.fit(rows, named), int(named.max()) + 1)
    if wanted.shape[1] > 1 and kind == "gradient_boosting":
        from sklearn.multioutput import MultiOutputRegressor

        model = MultiOutputRegressor(model)
    return FittedTrees(model.fit(rows, wanted if wanted.shape[1] > 1 else wanted[:, 0]), 0)


def make_trees(kind: str, classes: bool, seed: int) -> Any:
    """Trees of that kind, not yet fitted."""
    from sklearn import ensemble

    recipe = RECIPES[kind]
    make = getattr(ensemble, recipe.classifier if classes else recipe.regressor)
    return make(**recipe.settings, random_state=seed)


def flatten(x: Any) -> np.ndarray:
    """All inputs as one row of numbers each, float [rows, features]."""
    arrays = x if isinstance(x, (list, tuple)) else [x]
    flat = np.concatenate([np.asarray(array).reshape(len(array), -1) for array in arrays], axis=1).astype("float32")
    if flat.shape[1] <= MOST_FEATURES:
        return flat
    return flat[:, np.linspace(0, flat.shape[1] - 1, MOST_FEATURES).round().astype(int)]
