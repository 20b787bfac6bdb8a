"""Two labels learned by one network against two networks that share nothing."""

from __future__ import annotations

import numpy as np

from components.graph import Json, output_names
from components.proofs.exhibit import exhibit, lines
from components.proofs.fitting import fit, mean_over, read_all


def prove_json(experiments: list[Json], options: Json) -> Json:
    """Mean validation accuracy by epoch over some seeds; `experiments` are the joint one and the separate.

    The validation labels are right, those of the training data often wrong: whoever learns them by heart gets worse.
    The claim is about the last epoch, the same for both; what each reached at its best is told beside it.
    """
    joint, separate = read_all(experiments)
    seeds, epochs = range(int(options.get("seeds", 3))), int(options.get("epochs", 20))
    names = output_names(joint.graph)
    curves: dict[str, list[float]] = {}
    values: dict[str, float] = {}
    rows = []
    for title, experiment in (("joint", joint), ("separate", separate)):
        fits = [fit(experiment, epochs=epochs, seed=seed) for seed in seeds]
        heads = {name: mean_over(fits, f"val_{name}_accuracy") for name in names}
        curves[title] = np.mean(list(heads.values()), axis=0).tolist()
        bests = [np.mean([f.history[f"val_{name}_accuracy"] for name in names], axis=0).max() for f in fits]
        values |= {title: curves[title][-1], f"{title}_best": float(np.mean(bests))}
        rows.append((title, *(f"{head[-1]:.1%}" for head in heads.values())))
    return exhibit(
        values["joint"] > values["separate"],
        "Mean accuracy after {epochs} epochs over {seeds} seeds: {joint:.1%} trained jointly, {separate:.1%} trained "
        "apart; at each one's best epoch {joint_best:.1%} and {separate_best:.1%}.",
        {"seeds": len(seeds), "epochs": epochs, **values},
        charts=[lines("Validation accuracy, mean of both heads", "epoch", "accuracy", curves)],
        columns=("trained", *names),
        rows=rows,
    )
