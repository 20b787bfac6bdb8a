"""Regularization layers: noise and prices that keep a network from learning by heart."""

from components.catalogue.kinds import LayerKind
from components.catalogue.vocabulary import DATA_FORMAT, RATE, SEED
from components.parameters import Parameter, number

NOISE_SHAPE = Parameter(
    "noise_shape", "shape", help="The shape of the drop, batch first; 1 where all of an axis drops together."
)
STDDEV = number("stddev", "The standard deviation of the noise.", least=0)
L1 = number("l1", "The price per absolute value of an output.", 0.0, least=0)
L2 = number("l2", "The price per square of an output.", 0.0, least=0)
HALF, SOME = {"rate": 0.5}, {"rate": 0.2}

KINDS = (
    LayerKind(
        "Dropout",
        "Regularization",
        "Drops some numbers at random while training.",
        (RATE, NOISE_SHAPE, SEED),
        start=HALF,
    ),
    LayerKind(
        "SpatialDropout1D",
        "Regularization",
        "Drops whole channels of a sequence while training.",
        (RATE, SEED),
        start=SOME,
    ),
    LayerKind(
        "SpatialDropout2D",
        "Regularization",
        "Drops whole channels of an image while training.",
        (RATE, DATA_FORMAT, SEED),
        start=SOME,
    ),
    LayerKind(
        "SpatialDropout3D",
        "Regularization",
        "Drops whole channels of a volume while training.",
        (RATE, DATA_FORMAT, SEED),
        start=SOME,
    ),
    LayerKind(
        "AlphaDropout",
        "Regularization",
        "Dropout that keeps mean and spread, made for selu.",
        (RATE, NOISE_SHAPE, SEED),
        start=SOME,
    ),
    LayerKind(
        "GaussianDropout",
        "Regularization",
        "Multiplies by random numbers around 1 while training.",
        (RATE, SEED),
        start=SOME,
    ),
    LayerKind(
        "GaussianNoise",
        "Regularization",
        "Adds random numbers around 0 while training.",
        (STDDEV, SEED),
        start={"stddev": 0.1},
    ),
    LayerKind(
        "ActivityRegularization",
        "Regularization",
        "Adds a price for large outputs to the loss.",
        (L1, L2),
        start={"l2": 0.01},
    ),
)
