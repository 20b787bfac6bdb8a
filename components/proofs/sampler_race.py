"""Random, Bayesian and genetic search on one space and one budget, beside a setting drawn blindly."""

from __future__ import annotations

import statistics
from dataclasses import replace

from components.graph import Json, Layer
from components.proofs.exhibit import exhibit, lines
from components.proofs.fitting import read_all
from components.searching.again import search_again
from components.searching.bench import Bench, open_data
from components.searching.pointing import pointed_at
from components.searching.samplers import SAMPLERS
from components.searching.scoring import best_of
from components.searching.search_space import SearchSpace
from components.searching.studies import Plan
from components.searching.trials import best_so_far

RACING = ("random", "tpe", "genetic")


def prove_json(experiments: list[Json], options: Json) -> Json:
    """Each sampler's best validation accuracy trial by trial; the claim is that each finds better than a blind draw does.

    What varies: the learning rate, and of the option `layer` the units, the activation, and whether it is there at all,
    so that its units count only where it is.
    """
    experiment = read_all(experiments)[0]
    layer, trials, epochs = str(options["layer"]), int(options.get("trials", 12)), int(options.get("epochs", 8))
    assert isinstance(experiment.graph.layers[layer], Layer)
    space = SearchSpace((pointed_at(experiment, "training", parameter="learning_rate"),))
    for place, parameter in (("present", ""), ("layer", "units"), ("layer", "activation")):
        space = space.plus(pointed_at(experiment, place, layer, parameter))
    plan = Plan(space, ("random",), trials, epochs, "none", "val_accuracy")
    bench = Bench(open_data(experiment))
    start = replace(experiment, training=replace(experiment.training, epochs=epochs))
    as_it_stands = best_of(bench, start, plan).value or 0.0
    scores: dict[str, list[float]] = {}
    for sampler in RACING:
        told: list[float] = []
        search_again(bench, experiment, replace(plan, samplers=(sampler,)), told.append)
        scores[sampler] = told
    best = {sampler: max(told) for sampler, told in scores.items()}
    blind = statistics.fmean(scores["random"])
    return exhibit(
        min(best.values()) > blind,
        "After {trials} trials of {epochs} epochs each: random {random:.1%}, TPE {tpe:.1%}, genetic {genetic:.1%}; a "
        "setting drawn blindly has {blind:.1%} on average, and the preset’s own, which people found, {start:.1%}.",
        {"trials": trials, "epochs": epochs, "start": as_it_stands, "blind": blind, **best},
        charts=[
            lines(
                "Best so far",
                "trial",
                "validation accuracy",
                {SAMPLERS[name].title: best_so_far(s, True) for name, s in scores.items()},
            )
        ],
        columns=("search", "best", "first trial"),
        rows=[(SAMPLERS[name].title, f"{best[name]:.1%}", f"{told[0]:.1%}") for name, told in scores.items()],
    )
