"""Networks and trees put together, and one member that answers for other rows: plain against weighted averages."""

from __future__ import annotations

import numpy as np

from components.ensembles.ensembling import make_answers
from components.ensembles.trees import fit_tree
from components.ensembles.weighing import METHODS, correlation
from components.graph import Json
from components.proofs.exhibit import bars, exhibit
from components.proofs.fitting import fit, read_all


def prove_json(experiments: list[Json], options: Json) -> Json:
    """Weights are found on validation data and judged on test; `seeds` networks, extra trees, and a broken network.

    The claim: the plain average is worse than its best member, and no weighted one is, on validation data.
    """
    experiment = read_all(experiments)[0]
    seeds, epochs = int(options.get("seeds", 2)), int(options.get("epochs", 12))
    fitted = fit(experiment, epochs=epochs)
    fits = [fitted, *(fit(experiment, epochs=epochs, seed=1 + n, splits=fitted.splits) for n in range(seeds - 1))]
    train, splits = fitted.splits["train"], fitted.splits
    forest = fit_tree("extra_trees", train[0], np.asarray(train[1]), classes=True)
    names = [*(f"network {n + 1}" for n in range(seeds)), "extra trees", "broken"]

    def ask(split: str) -> list[np.ndarray]:
        said = [one.model.predict(splits[split][0], verbose=0) for one in fits]
        order = np.random.default_rng(0).permutation(len(said[0]))
        return [*said, forest.predict(splits[split][0]), said[0][order]]

    chosen = make_answers(ask("validation"), np.asarray(splits["validation"][1]), classes=True)
    judged = make_answers(ask("test"), np.asarray(splits["test"][1]), classes=True)
    weights = {title: find(chosen, 0) for title, find in METHODS.values()}
    loss = {title: chosen.loss(one) for title, one in weights.items()}
    best, plain = loss["Best member"], loss["Plain average"]
    weighted = [loss[title] for title in weights if title not in ("Best member", "Plain average")]
    together = correlation(chosen)
    return exhibit(
        plain > best and max(weighted) <= best,
        "With one broken member the plain average has loss {plain:.3f} on validation where the best member alone has "
        "{best:.3f}; weighted, at most {weighted:.3f}. Two networks’ errors go together by {alike:.2f}, a network’s and "
        "the trees’ by {unlike:.2f}.",
        {"plain": plain, "best": best, "weighted": max(weighted), "alike": float(together[0, 1]),
         "unlike": float(together[0, seeds])},
        charts=[bars("Weights", "member", "weight", names, {title: list(one) for title, one in weights.items()})],
        columns=("put together", "loss on validation", "accuracy on validation", "accuracy on test"),
        rows=[
            (title, f"{loss[title]:.3f}", f"{chosen.score(one):.1%}", f"{judged.score(one):.1%}")
            for title, one in weights.items()
        ],
    )  # fmt: skip
