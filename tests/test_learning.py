"""Learning: every architecture on its own data, with its seed, falls below a stated loss in stated epochs and time."""

import math
from dataclasses import replace

import pytest

from components.proofs.fitting import fit
from presets import ARCHITECTURES

pytestmark = pytest.mark.timeout(20)
"""The bound for each: in twenty seconds on two cores a person has seen it learn."""

# By name: epochs, and the loss on the training data that the last one stays below.
QUICK = {
    "spirals": (3, 0.57),
    "word_families": (3, 0.08),
    "bottleneck": (3, 2.2),
    "bottleneck_shortcut": (3, 1.3),
    "dual_camera_small": (2, 2.5),
    "residual_different_size": (2, 2.28),
    "question_answering": (3, 0.85),
    "social_posts": (3, 3.0),
    "inception_digits": (3, 1.4),
    "residual_digits": (3, 0.65),
    "dense_digits": (3, 0.8),
    "clothes_price": (3, 1.6),
    "genre_and_period": (3, 3.13),
    "genre_apart": (3, 3.07),
    "review_convnet": (3, 0.58),
    "residual_stack": (3, 1.7),
    "siamese_symmetric": (6, 0.15),
    "siamese_features": (2, 0.69),
    "residual_same_size": (1, 2.29),
    "siamese_lstm": (6, 0.4),
    "inception_module": (1, 2.29),
    "question_answering_full": (1, 6.1),
    "normalised_digits": (1, 1.7),
    "renormalised_digits": (1, 1.7),
    "social_posts_full": (3, 15.0),
}
SLOW = {
    "separable_classifier": (7, 1.7),
    "convolution_classifier": (3, 1.7),
}
"""Each takes ten seconds of a core; that they train at all is tested by their exported files."""

STUCK = {"plain_stack": (3, 2.25)}
"""Twenty layers deep without a shortcut: made to show that it hardly learns, so its loss stays above."""

FEWER = {"social_posts_full": {"rows": 64}}
"""Data of which fewer rows tell as much: each step moves fourteen million parameters."""

PLOTTED = ("inception_v3", "xception", "dual_camera")
"""Of 21 to 24 million parameters: at the sizes of the notes, to be drawn and counted."""


def fitted(name, epochs):
    experiment = ARCHITECTURES[name].experiment
    data = replace(experiment.data, config={**experiment.data.config, **FEWER.get(name, {})})
    return fit(replace(experiment, data=data), epochs=epochs, seed=0).history


def check(name, epochs, most):
    history = fitted(name, epochs)
    assert all(map(math.isfinite, history["loss"]))
    assert history["loss"][-1] < most
    assert epochs == 1 or history["loss"][-1] < history["loss"][0]


@pytest.mark.parametrize("name", QUICK)
def test_the_loss_falls(name):
    check(name, *QUICK[name])


@pytest.mark.soak
@pytest.mark.parametrize("name", SLOW)
def test_the_loss_falls_in_more_than_a_moment(name):
    check(name, *SLOW[name])


@pytest.mark.parametrize("name", STUCK)
def test_the_loss_of_a_plain_stack_stays_where_it_was(name):
    epochs, least = STUCK[name]
    assert fitted(name, epochs)["loss"][-1] > least


def test_every_architecture_is_walked():
    assert {*QUICK, *SLOW, *STUCK, *PLOTTED} == set(ARCHITECTURES)
    assert all(ARCHITECTURES[name].parameters > 20_000_000 for name in PLOTTED)
