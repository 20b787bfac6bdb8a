"""Each output's share of the total loss, with all weights 1 and with the experiment's loss weights."""

from __future__ import annotations

from dataclasses import replace

from components.graph import Json, output_names
from components.proofs.exhibit import bars, exhibit
from components.proofs.fitting import fit, read_all


def prove_json(experiments: list[Json], options: Json) -> Json:
    """Train both ways: shares of the first epoch, and how far the option `output`, which is weighted up, has come."""
    experiment = read_all(experiments)[0]
    plain = replace(experiment, training=replace(experiment.training, loss_weights={}))
    epochs, watched = int(options.get("epochs", 6)), str(options["output"])
    names, weights = output_names(experiment.graph), dict(experiment.training.loss_weights)
    before, after = (fit(chosen, epochs=epochs).history for chosen in (plain, experiment))
    ways = {"weights 1": shares_of(before, names, {}), "weighted": shares_of(after, names, weights)}
    loss = f"{watched}_loss"
    return exhibit(
        ways["weighted"][watched] > ways["weights 1"][watched] and after[loss][-1] < before[loss][-1],
        "{output} makes {share:.0%} of the first epoch's total loss with all weights 1, and {more:.0%} with the weights; "
        "after {epochs} epochs its own loss is {plain:.3f} without them and {weighted:.3f} with them.",
        {"output": watched, "share": ways["weights 1"][watched], "more": ways["weighted"][watched], "epochs": epochs,
         "plain": before[loss][-1], "weighted": after[loss][-1]},
        charts=[bars("Share of the total loss in the first epoch", "", "share", list(ways),
                     {name: [found[name] for found in ways.values()] for name in names}, stacked=True)],
        columns=("output", "weight", "loss at the end, weights 1", "loss at the end, weighted"),
        rows=[(n, f"{weights.get(n, 1):g}", f"{before[n + '_loss'][-1]:.3g}", f"{after[n + '_loss'][-1]:.3g}") for n in names],
    )  # fmt: skip


def shares_of(history: dict[str, list[float]], names: list[str], weights: dict[str, float]) -> dict[str, float]:
    """What each weighted loss contributes to the first epoch's total, from 0 to 1."""
    weighted = {name: history[f"{name}_loss"][0] * weights.get(name, 1.0) for name in names}
    total = sum(weighted.values()) or 1.0
    return {name: value / total for name, value in weighted.items()}
