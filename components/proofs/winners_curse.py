"""The best of many trials where there is nothing to learn: how far validation and a sealed test part, trial by trial."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from components.building import build_model
from components.graph import Json, output_names
from components.proofs.exhibit import exhibit, lines
from components.proofs.fitting import read_all
from components.searching.bench import Bench, open_data, read_test
from components.searching.honesty import reorder, shuffle_targets
from components.searching.scoring import best_of
from components.searching.search_space import SearchSpace
from components.searching.studies import Plan
from components.training.running import compile_model


def prove_json(experiments: list[Json], options: Json) -> Json:
    """Labels are shuffled, so that every score is luck; trials differ in their learning rate alone.

    The claim: the winner of all trials looks better on validation than on the test, and further so than one trial does on
    average.
    """
    experiment = read_all(experiments)[0]
    trials, epochs = int(options.get("trials", 40)), int(options.get("epochs", 2))
    head = output_names(experiment.graph)[0]
    data = shuffle_targets(open_data(experiment), 0)
    x, y = read_test(experiment)
    test = (x, reorder(y, np.random.default_rng(1)))
    plan = Plan(SearchSpace(), ("random",), trials, epochs, "none", "val_accuracy")
    training = replace(experiment.training, epochs=epochs, callbacks=())
    experiment, bench = replace(experiment, training=training), Bench(data)
    model = build_model(experiment.graph, seed=0)
    compile_model(model, experiment, data)
    validation, tested = [], []
    for rate in np.geomspace(3e-4, 0.3, trials):
        trial = replace(experiment, training=replace(training, learning_rate=float(rate)))
        best = best_of(bench, trial, plan, keeps=True)
        model.set_weights(best.weights)
        validation.append(float(best.value or 0.0))
        tested.append(float(model.evaluate(*test, batch_size=256, verbose=0, return_dict=True)["accuracy"]))
    leader = [int(np.argmax(validation[: count + 1])) for count in range(trials)]
    gap = validation[leader[-1]] - tested[leader[-1]]
    usual = float(np.mean(np.subtract(validation, tested)))
    return exhibit(
        gap > max(0.0, usual),
        "Labels are shuffled: nothing can be known. The best of {trials} trials has {validation:.1%} on validation and "
        "{test:.1%} on the sealed test, {gap:.1%} apart; a trial that nobody chose is {usual:.1%} apart on average.",
        {"trials": trials, "validation": validation[leader[-1]], "test": tested[leader[-1]], "gap": gap, "usual": usual},
        charts=[
            lines(f"The leader of the search for {head}", "trials", "accuracy", {
                "on validation, where it was chosen": [validation[place] for place in leader],
                "on the sealed test": [tested[place] for place in leader],
            })
        ],
        columns=("trials", "best on validation", "the same on the test"),
        rows=[
            (count, f"{validation[leader[count - 1]]:.1%}", f"{tested[leader[count - 1]]:.1%}")
            for count in (1, trials // 8, trials // 2, trials) if count
        ],
    )  # fmt: skip
