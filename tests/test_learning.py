"""Learning: every architecture on its own data, with its seed, falls below a stated loss in a stated number of epochs."""

import math

import pytest

from components.proofs.fitting import fit
from presets import ARCHITECTURES

QUICK = {
    # name: (epochs, the loss that the last one stays below)
    "spirals": (3, 0.57),
}
SLOW: dict = {}
PLOTTED = ("social_posts_full", "inception_v3", "xception", "dual_camera")
"""Of 14 to 24 million parameters: at the sizes of the notes, to be drawn and counted."""


def check(name, epochs, most):
    experiment = ARCHITECTURES[name].experiment
    history = fit(experiment, epochs=epochs, seed=0).history
    assert all(map(math.isfinite, history["loss"]))
    assert history["loss"][-1] < most
    assert history["loss"] == sorted(history["loss"], reverse=True)


@pytest.mark.parametrize("name", QUICK)
def test_the_loss_falls(name):
    check(name, *QUICK[name])


@pytest.mark.soak
@pytest.mark.parametrize("name", SLOW)
def test_the_loss_falls_in_more_than_a_moment(name):
    check(name, *SLOW[name])


def test_every_architecture_is_walked():
    assert {*QUICK, *SLOW, *PLOTTED} == set(ARCHITECTURES)
    assert all(ARCHITECTURES[name].parameters > 14_000_000 for name in PLOTTED)
