"""Several inputs fed as a list and as a dict of names: the same answers; a list in another order is another question."""

from __future__ import annotations

import numpy as np

from components.graph import Json
from components.proofs.exhibit import exhibit
from components.proofs.fitting import prepared, read_all, rows_of


def prove_json(experiments: list[Json], options: Json) -> Json:
    """Ask one model three times: by list, by names, and by names in reversed order."""
    experiment = read_all(experiments)[0]
    model, splits = prepared(experiment)
    x = rows_of(splits["validation"][0], 200)
    names = list(experiment.graph.inputs)
    named = dict(zip(names, x, strict=True))
    by_list = model.predict(x, verbose=0)
    by_name = model.predict(named, verbose=0)
    backwards = model.predict({name: named[name] for name in reversed(names)}, verbose=0)
    apart = [float(np.max(np.abs(by_list - other))) for other in (by_name, backwards)]
    return exhibit(
        max(apart) == 0,
        "On {count} rows the list and the dict give the same answers: they differ by {apart:.1e}. "
        "The order of a dict does not matter, since names do the matching.",
        {"count": len(x[0]), "apart": max(apart)},
        columns=("fed as", "differs from the list by"),
        rows=[(f"[{', '.join(names)}]", "–"), ("dict, same order", f"{apart[0]:.1e}"), ("dict, reversed", f"{apart[1]:.1e}")],
    )  # fmt: skip
