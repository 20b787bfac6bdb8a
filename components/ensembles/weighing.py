"""Weighing: how the answers of several members are put together, and what each of them adds; NumPy and SciPy only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

MOST_MEMBERS = 12

EPSILON = 1e-7
"""The least probability that a logarithm is taken of."""

ROUNDS, DRAWS = 40, 60
"""Of random search: so many rounds of so many draws, each round nearer to the best so far."""


@dataclass(frozen=True)
class Answers:
    """What each member says of the same rows, and what is true.

    `predictions` is float [members, rows, width]: shares of classes, or numbers. `target` is int [rows] for classes and
    float [rows, width] for numbers.
    """

    predictions: np.ndarray
    target: np.ndarray
    classes: bool

    @property
    def members(self) -> int:
        """How many there are."""
        return len(self.predictions)

    def without(self, member: int) -> Answers:
        """The same without one member."""
        return Answers(np.delete(self.predictions, member, axis=0), self.target, self.classes)

    def put_together(self, weights: np.ndarray) -> np.ndarray:
        """The weighted average; float [rows, width]."""
        return np.tensordot(weights, self.predictions, axes=1)

    def loss(self, weights: np.ndarray) -> float:
        """Cross-entropy for classes, mean squared error for numbers: both convex in the weights."""
        return loss_of(self.put_together(weights), self.target, self.classes)

    def score(self, weights: np.ndarray) -> float:
        """Accuracy for classes, root of the mean squared error for numbers."""
        return score_of(self.put_together(weights), self.target, self.classes)


def loss_of(prediction: np.ndarray, target: np.ndarray, classes: bool) -> float:
    """Cross-entropy of shares, or mean squared error of numbers."""
    if classes:
        shares = prediction[np.arange(len(target)), target] / np.maximum(prediction.sum(axis=1), EPSILON)
        return float(-np.log(np.clip(shares, EPSILON, 1.0)).mean())
    return float(np.square(prediction - target).mean())


def score_of(prediction: np.ndarray, target: np.ndarray, classes: bool) -> float:
    """Accuracy, or the root of the mean squared error."""
    if classes:
        return float((prediction.argmax(axis=1) == target).mean())
    return float(np.sqrt(np.square(prediction - target).mean()))


# Weights


def plain_average(answers: Answers, seed: int = 0) -> np.ndarray:
    """Every member counts alike."""
    return np.full(answers.members, 1.0 / answers.members)


def best_member(answers: Answers, seed: int = 0) -> np.ndarray:
    """The one with the lowest loss, alone."""
    corners = np.eye(answers.members)
    return corners[int(np.argmin([answers.loss(corner) for corner in corners]))]


def random_search(answers: Answers, seed: int = 0) -> np.ndarray:
    """The best of many random weights, first from anywhere, then ever nearer to the best so far."""
    random = np.random.default_rng(seed)
    best = start_of(answers)
    lowest = answers.loss(best)
    for turn in range(ROUNDS):
        reach = 0.8**turn
        for drawn in random.dirichlet(np.ones(answers.members), DRAWS):
            tried = (1 - reach) * best + reach * drawn
            found = answers.loss(tried)
            if found < lowest:
                best, lowest = tried, found
    return best


def nelder_mead(answers: Answers, seed: int = 0) -> np.ndarray:
    """The simplex of J. Nelder and R. Mead, "A Simplex Method for Function Minimization", 1965.

    It moves freely; the absolute values of where it stands, made to add up to 1, are the weights. It is begun again
    where it ended, since a simplex can shrink too early.
    """
    at = start_of(answers)
    for _ in range(4):
        options = {"xatol": 1e-6, "fatol": 1e-10, "maxiter": 400 * answers.members, "adaptive": answers.members > 4}
        found = minimize(lambda x: answers.loss(as_weights(x)), at + 1e-3, method="Nelder-Mead", options=options)
        at = lower_of(answers, at, as_weights(found.x))
    return at


def convex_stacking(answers: Answers, seed: int = 0) -> np.ndarray:
    """The weights of least loss that are not negative and add up to 1, by their gradient.

    L. Breiman, "Stacked Regressions", 1996.
    """
    start = start_of(answers)
    adds_up = {"type": "eq", "fun": lambda w: w.sum() - 1.0, "jac": lambda w: np.ones_like(w)}
    found = minimize(
        answers.loss,
        (start + plain_average(answers)) / 2,
        method="SLSQP",
        bounds=[(0.0, 1.0)] * answers.members,
        constraints=[adds_up],
        options={"maxiter": 300, "ftol": 1e-12},
    )
    return lower_of(answers, start, as_weights(found.x))


def start_of(answers: Answers) -> np.ndarray:
    """The better of the plain average and the best member: so none that begins here ends worse than either."""
    return lower_of(answers, plain_average(answers), best_member(answers))


def lower_of(answers: Answers, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The weights with the lower loss."""
    return one if answers.loss(one) <= answers.loss(other) else other


def as_weights(x: np.ndarray) -> np.ndarray:
    """Absolute values that add up to 1."""
    size = np.abs(x)
    total = size.sum()
    return size / total if total > 0 else np.full(len(x), 1.0 / len(x))


METHODS: Mapping[str, tuple[str, Callable[[Answers, int], np.ndarray]]] = {
    "best": ("Best member", best_member),
    "plain": ("Plain average", plain_average),
    "random": ("Random search", random_search),
    "nelder_mead": ("Nelder–Mead", nelder_mead),
    "stacking": ("Convex stacking", convex_stacking),
}
"""Ways to put members together: title, and the function that finds the weights."""


# Diversity


def errors_of(answers: Answers) -> np.ndarray:
    """How far each member is from the truth in each row; float [members, rows].

    For classes what is missing of the true class's share, for numbers the signed error, averaged over the width.
    """
    if answers.classes:
        return 1.0 - answers.predictions[:, np.arange(len(answers.target)), answers.target]
    return (answers.predictions - answers.target).mean(axis=2)


def correlation(answers: Answers) -> np.ndarray:
    """How much the members' errors go together, −1 to 1; 0 where a member has none; float [members, members]."""
    errors = errors_of(answers)
    centred = errors - errors.mean(axis=1, keepdims=True)
    size = np.sqrt(np.square(centred).sum(axis=1))
    sizes = np.outer(size, size)
    together = np.divide(centred @ centred.T, sizes, out=np.zeros_like(sizes), where=sizes > 0)
    np.fill_diagonal(together, 1.0)
    return np.clip(together, -1.0, 1.0)


def disagreement(answers: Answers) -> np.ndarray:
    """The share of rows in which two members name another class, or the mean distance of their numbers."""
    if answers.classes:
        named = answers.predictions.argmax(axis=2)
        return (named[:, None, :] != named[None, :, :]).mean(axis=2)
    return np.abs(answers.predictions[:, None] - answers.predictions[None, :]).mean(axis=(2, 3))


def wrong(answers: Answers) -> np.ndarray:
    """Who is wrong where: 0 or 1 for classes, the size of the error for numbers; float [members, rows]."""
    if answers.classes:
        return (answers.predictions.argmax(axis=2) != answers.target).astype(float)
    return np.abs(answers.predictions - answers.target).mean(axis=2)


def contributions(answers: Answers, find: Callable[[Answers, int], np.ndarray], seed: int = 0) -> list[float]:
    """How much the loss grows when a member is left out and the weights are found anew; negative: it did harm."""
    if answers.members < 2:
        return [0.0] * answers.members
    whole = answers.loss(find(answers, seed))
    left = [answers.without(member) for member in range(answers.members)]
    return [one.loss(find(one, seed)) - whole for one in left]
