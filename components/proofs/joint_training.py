"""Two labels learned by one network against two networks that share nothing."""

from __future__ import annotations

import numpy as np

from components.graph import Json, output_names
from components.proofs.exhibit import bars, exhibit
from components.proofs.fitting import fit, read_all


def prove_json(experiments: list[Json], options: Json) -> Json:
    """The mean of the best validation accuracies over some seeds; `experiments` are the joint one and the separate."""
    joint, separate = read_all(experiments)
    seeds, epochs = range(int(options.get("seeds", 3))), int(options.get("epochs", 25))
    names = output_names(joint.graph)
    found = {}
    for title, experiment in (("joint", joint), ("separate", separate)):
        fits = [fit(experiment, epochs=epochs, seed=seed) for seed in seeds]
        found[title] = [float(np.mean([max(f.history[f"val_{n}_accuracy"]) for f in fits])) for n in names]
    means = {title: float(np.mean(values)) for title, values in found.items()}
    return exhibit(
        means["joint"] > means["separate"],
        "Mean accuracy over {seeds} seeds: {joint:.1%} trained jointly, {separate:.1%} trained apart.",
        {"seeds": len(seeds), **means},
        charts=[bars("Best validation accuracy", "", "accuracy", names, found)],
        columns=("trained", *names),
        rows=[(title, *(f"{value:.1%}" for value in values)) for title, values in found.items()],
    )
