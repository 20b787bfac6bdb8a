"""Catching up: a probe that is compiled while the fit goes on already; the epochs until then are looked at afterwards."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from components.graph import Json
from components.inside.histograms import Found, LayerProbe
from components.training.checkpoints import is_kept

logger = logging.getLogger(__name__)

Late = Callable[[str, int, Json], None]
"""Takes a record of an epoch that is over for a while: (kind, epoch, values)."""

MOST_BYTES = 100_000_000
"""What the weights that wait to be looked at may take."""


PATIENCE = 5.0
"""Seconds that a fit which was stopped waits for what is to be told of it."""


@dataclass(eq=False)
class Kept:
    """An epoch's weights, and what was seen in them as soon as they were looked at."""

    epoch: int
    weights: list[np.ndarray]
    found: Found | None = None


class LateProbe:
    """A LayerProbe that never makes a fit wait.

    It is compiled in a thread of its own. The weights of the epochs until then are kept, and that thread looks at them
    with variables of its own, so that the fit is not disturbed; `late` is told of them, in their order, at the first
    call after that.
    """

    def __init__(self, probe: LayerProbe, late: Late) -> None:
        self.probe, self.late = probe, late
        self._kept: list[Kept] = []
        self._bytes = 0
        self._ready = False
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._catch_up, name="probe")

    def __call__(self, epoch: int, last: bool = False) -> Found:
        """Records as (kind, values) after that many epochs; none while it is being compiled, unless it is `last`."""
        self._forget_from(epoch)
        if self._thread.ident is None:
            self._keep(epoch)
            self._thread.start()
        if last:
            self._thread.join()
        elif self._must_wait(epoch):
            return []
        if not self._ready:
            return []
        told = self._tell()
        return [] if epoch in told else self.probe(epoch)

    def settle(self) -> None:
        """Tell of what waits to be told still: a fit may be stopped before its last epoch, or at once after its first.

        A model that takes longer than PATIENCE to be compiled is not waited for: whoever stopped the fit waits for it.
        """
        if self._thread.ident is not None:
            self._thread.join(PATIENCE)
            if self._ready:
                self._tell()

    def _must_wait(self, epoch: int) -> bool:
        """Whether the thread is still at work; then it finds the weights of this epoch too."""
        with self._lock:
            if self._thread.is_alive() and not self._ready and is_kept(epoch):
                self._keep(epoch)
            return not self._ready

    def _keep(self, epoch: int) -> None:
        if self._bytes > MOST_BYTES or any(kept.epoch == epoch for kept in self._kept):
            return
        weights = [variable.value.numpy().copy() for variable in self.probe.model.weights]
        self._bytes += sum(array.nbytes for array in weights)
        self._kept.append(Kept(epoch, weights))

    def _forget_from(self, epoch: int) -> None:
        """Whoever comes to an epoch again went back: what was there before is no longer true."""
        with self._lock:
            self._kept = [kept for kept in self._kept if kept.epoch < epoch]

    def _tell(self) -> set[int]:
        """Tell of all that was looked at late; the epochs."""
        told, self._kept = self._kept, []
        for kept in told:
            for kind, values in kept.found or ():
                self.late(kind, kept.epoch, values)
        return {kept.epoch for kept in told}

    # The thread

    def _catch_up(self) -> None:
        try:
            while (kept := self._next()) is not None:
                kept.found = self.probe.look(kept.epoch, kept.weights)
                kept.weights = []
        except Exception:  # whatever a layer does not bear: the fit goes on without being looked into
            logger.exception("This model could not be looked into")

    def _next(self) -> Kept | None:
        """The weights to look at next; without any the probe has caught up."""
        with self._lock:
            found = next((kept for kept in self._kept if kept.found is None), None)
            self._ready = found is None
            return found
