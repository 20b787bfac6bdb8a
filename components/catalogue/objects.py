"""The classes that an initialiser, a regulariser or a constraint may be spelled out as, with their parameters."""

from __future__ import annotations

from collections.abc import Mapping

from components.parameters import Parameter, choice, integer, number

Classes = Mapping[str, tuple[Parameter, ...]]

SEED = integer("seed", "A number that makes the random draws repeatable.", least=0, required=False)
FAN = (
    SEED,
    integer(
        "input_axes", "The axis that counts as the inputs; without it, the last but one.", least=None, required=False
    ),
    integer("output_axes", "The axis that counts as the outputs; without it, the last.", least=None, required=False),
)
GAIN = number("gain", "What the whole matrix is multiplied by.", 1.0)
SPREAD = (
    number("mean", "The middle of the draws.", 0.0),
    number("stddev", "How far the draws spread around it.", 0.05, least=0),
    SEED,
)
BOUNDS = (number("minval", "The least that is drawn.", -0.05), number("maxval", "The most that is drawn.", 0.05), SEED)
SCALED = (
    number("scale", "What the variance is multiplied by.", 1.0, least=0),
    choice("mode", "What the variance is divided by.", "fan_in", "fan_in", "fan_out", "fan_avg"),
    choice(
        *("distribution", "What is drawn from.", "truncated_normal"),
        *("truncated_normal", "untruncated_normal", "uniform"),
    ),
    *FAN,
)

INITIALIZER_OBJECTS: Classes = {
    "Constant": (number("value", "What every weight begins with.", 0.0),),
    "GlorotNormal": FAN,
    "GlorotUniform": FAN,
    "HeNormal": FAN,
    "HeUniform": FAN,
    "Identity": (GAIN,),
    "LecunNormal": FAN,
    "LecunUniform": FAN,
    "Ones": (),
    "Orthogonal": (GAIN, SEED),
    "RandomNormal": SPREAD,
    "RandomUniform": BOUNDS,
    "TruncatedNormal": SPREAD,
    "VarianceScaling": SCALED,
    "Zeros": (),
}

ABSOLUTE = number("l1", "The price per absolute value: it pushes to zero.", 0.01, least=0)
SQUARE = number("l2", "The price per square: it keeps small.", 0.01, least=0)

REGULARIZER_OBJECTS: Classes = {
    "L1": (ABSOLUTE,),
    "L2": (SQUARE,),
    "L1L2": (ABSOLUTE.but(default=0.0), SQUARE.but(default=0.0)),
    "OrthogonalRegularizer": (
        number("factor", "The price of not being at right angles.", 0.01, least=0),
        choice("mode", "What is to be at right angles.", "rows", "rows", "columns"),
    ),
}

ALONG = integer("axis", "The axis along which lengths are taken.", 0, least=None)
LONGEST = number("max_value", "The longest that is left as it is.", 2, least=0)

CONSTRAINT_OBJECTS: Classes = {
    "MaxNorm": (LONGEST, ALONG),
    "MinMaxNorm": (
        number("min_value", "The shortest that is left as it is.", 0.0, least=0),
        LONGEST.but(default=1.0),
        number("rate", "How strictly the rule is held, 1 at once.", 1.0, least=0, most=1),
        ALONG,
    ),
    "NonNeg": (),
    "UnitNorm": (ALONG,),
}
