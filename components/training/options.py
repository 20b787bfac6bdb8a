"""How a fit goes: what may be chosen beside its model and its data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import keras

from components.graph import Json
from components.training.checkpoints import Shelf
from components.training.pacing import Announce
from components.training.recording import Recorder
from components.training.steering import Controls
from components.training.surfaces import Surface

Probe = Callable[[int, bool], Iterable[tuple[str, Json]]]
"""Called with the number of epochs done and whether that was the last; gives records as (kind, values)."""


@dataclass(frozen=True)
class Options:
    """How a fit goes, beside its model and data.

    Rows are shuffled by a permutation that depends on `seed` and the epoch alone. `record` takes what happens as (kind,
    epoch, step, values); `control` is asked between chunks for (command, value) pairs. States of epochs are kept on
    `shelf`. `probes` are called after epochs as long as they take no more than `probe_share` of the time (None: after
    every epoch). `surface` is a grid of points, for an input of two features, at which the outputs are recorded.
    `earlier` are the logs, by epochs done, of the fit that this one resumes: its best state stays where it is better.
    `elder` is the shelf of a fit that this one branches off from: its callbacks remember what those of the other did.
    `loss_weights` are the variables that the model was compiled with as loss weights, and `regularisation` the strength
    of its penalties (see `scale_penalties`), which a control may set.

    `compilation` is "graph" (bit-equal to `fit(shuffle=False)` in the same order), "xla" (as soon as it is compiled)
    or "auto": graph first, then whichever is measured to be faster. `announce` is told what the fit waits for.
    """

    epochs: int
    batch_size: int = 32
    seed: int = 0
    shuffle: bool = True
    record: Recorder = lambda kind, epoch, step, values: None
    control: Controls | None = None
    shelf: Shelf | None = None
    probes: Sequence[Probe] = ()
    probe_share: float | None = 0.1
    surface: Surface | None = None
    initial_epoch: int = 0
    earlier: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    elder: Shelf | None = None
    loss_weights: Mapping[str, keras.Variable] = field(default_factory=dict)
    regularisation: keras.Variable | None = None
    compilation: str = "auto"
    announce: Announce = lambda text: None
