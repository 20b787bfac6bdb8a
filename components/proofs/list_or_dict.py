"""Several inputs fed as a list and as a dict of names, in their order and in another."""

from __future__ import annotations

from typing import Any

import numpy as np

from components.graph import Json
from components.proofs.exhibit import exhibit
from components.proofs.fitting import prepared, read_all, rows_of

ROWS = 200


def prove_json(experiments: list[Json], options: Json) -> Json:
    """Ask one model four times: by list, by names, by names in the other order, and by the list exchanged."""
    experiment = read_all(experiments)[0]
    model, splits = prepared(experiment)
    x = rows_of(splits["validation"][0], ROWS)
    names = list(experiment.graph.inputs)
    ways: dict[str, Any] = {
        f"[{', '.join(names)}]": x,
        "dict, same order": dict(zip(names, x, strict=True)),
        "dict, other order": dict(zip(reversed(names), reversed(x), strict=True)),
        f"[{', '.join(reversed(names))}]": x[::-1],
    }
    answers = {way: np.asarray(model.predict(fed, verbose=0)) for way, fed in ways.items()}
    right, *named, _ = answers.values()
    changed = {way: float(np.mean(right.argmax(axis=-1) != found.argmax(axis=-1))) for way, found in answers.items()}
    return exhibit(
        all(np.array_equal(right, found) for found in named) and list(changed.values())[-1] > 0.1,
        "Fed by names, in either order, the model gives exactly the answers of the list. Fed with the list exchanged it "
        "raises no error, and {changed:.0%} of {count} answers are others.",
        {"changed": list(changed.values())[-1], "count": ROWS},
        columns=("fed as", "answers that are others"),
        rows=[(way, f"{share:.0%}") for way, share in changed.items()],
    )
