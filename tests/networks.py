"""Large networks for the tests: those that ship at the size of their papers, and towers of any number of calls."""

from __future__ import annotations

from components.graph import Graph
from components.weaving import Loom
from presets import ARCHITECTURES


def inception_v3() -> Graph:
    """InceptionV3 with its top."""
    return ARCHITECTURES["inception_v3"].experiment.graph


def xception() -> Graph:
    """Xception with its top."""
    return ARCHITECTURES["xception"].experiment.graph


def residual_tower(nodes: int) -> Graph:
    """A chain of dense residual blocks with about so many calls, every fourth a shortcut over three."""
    loom = Loom()
    x = loom.input("features", [8])
    for _ in range(max(1, (nodes - 2) // 4)):
        inner = loom("Dense", x, units=8, activation="relu")
        inner = loom("Dropout", inner, rate=0.1)
        x = loom("Add", loom("Dense", inner, units=8), x)
    return loom.graph(loom("Dense", x, units=1))
