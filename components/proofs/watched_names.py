"""A callback that watches a value which will not exist is refused before training, by the names that there are."""

from __future__ import annotations

from dataclasses import replace

from components.checks import check_training, logged_names
from components.experiment import Callback
from components.graph import Json
from components.proofs.exhibit import exhibit
from components.proofs.fitting import fit, read_all


def prove_json(experiments: list[Json], options: Json) -> Json:
    """Let EarlyStopping watch the option `monitor`; then fit one epoch and see whether the names told are those logged."""
    experiment, watched = read_all(experiments)[0], str(options["monitor"])
    told = logged_names(experiment)
    logged = list(fit(experiment, epochs=1).history)
    return exhibit(
        bool(refusal(experiment, watched)) and not any(refusal(experiment, name) for name in told) and set(told) == set(logged),
        "“{monitor}” was refused before training: {refused}. One epoch of fit then logged {count} values.",
        {"monitor": watched, "refused": refusal(experiment, watched).rstrip(".") or "no", "count": len(logged)},
        columns=("value", "told before training", "logged by fit"),
        rows=[(name, tick(name in told), tick(name in logged)) for name in dict.fromkeys([*told, *logged, watched])],
    )  # fmt: skip


def refusal(experiment, monitor: str) -> str:
    """What is said against watching that value; empty where it may be watched."""
    callbacks = (Callback("EarlyStopping", {"monitor": monitor}),)
    said = check_training(replace(experiment, training=replace(experiment.training, callbacks=callbacks)))
    return said[0] if said else ""


def tick(true: bool) -> str:
    """A sign for yes or no."""
    return "✓" if true else "–"
