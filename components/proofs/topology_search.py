"""A search over topologies: how often a layer stands in a row, and what its sealed test says of the winner."""

from __future__ import annotations

from dataclasses import replace

from components.building import build_model
from components.graph import Json
from components.proofs.exhibit import bars, exhibit
from components.proofs.fitting import read_all
from components.searching.applying import apply
from components.searching.bench import Bench, open_data, read_test
from components.searching.conditions import grid
from components.searching.pointing import pointed_at
from components.searching.scoring import best_of
from components.searching.search_space import SearchSpace
from components.searching.studies import Plan
from components.training.running import compile_model


def prove_json(experiments: list[Json], options: Json) -> Json:
    """Every combination of the option `first` being there or not and the option `second` repeating 0 to 2 times.

    The claim: the topology decides. The best is clearly better than the emptiest, on the sealed test too.
    """
    experiment = read_all(experiments)[0]
    epochs = int(options.get("epochs", 20))
    there = pointed_at(experiment, "present", str(options["first"]))
    depth = pointed_at(experiment, "repeat", str(options["second"])).but(least=0, most=2)
    space, data = SearchSpace((there, depth)), open_data(experiment)
    plan, bench, test = Plan(space, ("grid",), 6, epochs, "none", "val_accuracy"), Bench(data), read_test(experiment)
    training = replace(experiment.training, epochs=epochs)
    names, validation, tested, rows = [], [], [], []
    for values in grid(space, experiment.graph):
        tried = replace(apply(experiment, values, space), training=training)
        best = best_of(bench, tried, plan, keeps=True)
        model = build_model(tried.graph, seed=tried.seed)
        compile_model(model, tried, data)
        model.set_weights(best.weights)
        score = float(model.evaluate(*test, batch_size=256, verbose=0, return_dict=True)["accuracy"])
        names.append(str(int(values[there.name]) + int(values[depth.name])))
        validation.append(float(best.value or 0.0))
        tested.append(score)
        rows.append(
            (str(values[there.name]), values[depth.name], model.count_params(), f"{best.value:.1%}", f"{score:.1%}")
        )
    winner, emptiest = validation.index(max(validation)), names.index("0")
    return exhibit(
        validation[winner] > validation[emptiest] and tested[winner] > tested[emptiest],
        "Of {count} topologies the one with {layers} hidden layers scored best on validation, {best:.1%}, and {test:.1%} "
        "on the sealed test; without any, {empty:.1%} and {empty_test:.1%}.",
        {"count": len(rows), "layers": names[winner], "best": validation[winner], "test": tested[winner],
         "empty": validation[emptiest], "empty_test": tested[emptiest]},
        charts=[
            bars("Hidden layers of each topology", "hidden layers", "accuracy",
                 [f"{name} ({place + 1})" for place, name in enumerate(names)],
                 {"validation": validation, "test": tested})
        ],
        columns=(there.name, depth.name, "parameters", "validation", "test"),
        rows=rows,
    )  # fmt: skip
