"""Whether a Siamese network says the same of (a, b) as of (b, a)."""

from __future__ import annotations

import numpy as np

from components.graph import Json
from components.proofs.exhibit import bars, exhibit
from components.proofs.fitting import fit, read_all

SAME = 1e-6


def prove_json(experiments: list[Json], options: Json) -> Json:
    """|f(a, b) − f(b, a)| after some epochs: for the concatenated experiment, then for the symmetric one."""
    read = read_all(experiments)
    apart = [swap(fit(experiment, epochs=int(options.get("epochs", 3)))) for experiment in read]
    names = [experiment.name for experiment in read]
    return exhibit(
        apart[0] > 1e-3 and apart[1] < SAME,
        "Swapping the two sentences moves the concatenated answer by up to {concatenated:.3f}, "
        "the symmetric one by at most {symmetric:.2g}.",
        {"concatenated": apart[0], "symmetric": apart[1]},
        charts=[bars("Largest |f(a, b) − f(b, a)|", "", "difference", names, {"difference": apart})],
    )


def swap(fitted) -> float:
    """The largest change of an answer when the inputs change places."""
    first, second = (array[:200] for array in fitted.splits["validation"][0])
    answers = [fitted.model.predict(pair, verbose=0) for pair in ([first, second], [second, first])]
    return float(np.max(np.abs(answers[0] - answers[1])))
