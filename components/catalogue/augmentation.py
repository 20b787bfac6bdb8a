"""Images made another size, and random changes of them while training."""

from components.catalogue.kinds import LayerKind
from components.catalogue.vocabulary import DATA_FORMAT, INTERPOLATION, SEED
from components.parameters import Parameter, boolean, choice, integer, number

SIZE = (integer("height", "Rows of the result."), integer("width", "Columns of the result."))
ALWAYS = "How often it happens: a share, or a least and a most."
UP_TO = "How strong it is: up to this, or between two numbers."
VALUE_RANGE = Parameter(
    "value_range", "numbers", [0, 255], length=2, help="The least and the greatest value of a pixel."
)
FILL_MODE = choice("fill_mode", "What fills the empty border.", "reflect", "reflect", "wrap", "constant", "nearest")
FILL_VALUE = number("fill_value", "What the border holds when it is constant.", 0.0)
COARSE = INTERPOLATION.but(choices=("nearest", "bilinear"))
FLIPS = ("horizontal_and_vertical", "horizontal", "vertical")


def strength(
    name: str, help: str, default: float | None = None, least: float = 0, most: float | None = 1, **more: object
) -> Parameter:
    """How strong a change is: a number, or a least and a most; required when it has no default."""
    facts = {"required": default is None, **more}
    return Parameter(name, "numbers", default, least=least, most=most, length=2, help=help, **facts)  # type: ignore[arg-type]


FACTOR = strength("factor", UP_TO)
OFTEN = strength("factor", ALWAYS, 1.0)
ALONG = strength("height_factor", "How far up and down, as a share of the height.", least=-1)
ACROSS = strength("width_factor", "How far sideways, as a share of the width.", least=-1)
SHEAR = "How far it leans: up to this, or between two numbers."
EDGES = (FILL_MODE, COARSE, SEED, FILL_VALUE, DATA_FORMAT)
RANGED = (FACTOR, VALUE_RANGE)


def optional(name: str) -> Parameter:
    """One of the changes that a colour jitter is made of."""
    return strength(name, "How strong this part is; without it, none.", required=False)


RESIZING = (
    *(*SIZE, INTERPOLATION, boolean("crop_to_aspect_ratio", False, "Whether the sides are cut rather than squeezed.")),
    boolean("pad_to_aspect_ratio", False, "Whether a border is added rather than squeezed."),
    *(FILL_MODE.but(default="constant", choices=("constant",)), FILL_VALUE),
    *(boolean("antialias", False, "Whether it is blurred first when it gets smaller."), DATA_FORMAT),
)
JITTER = (
    *(VALUE_RANGE, optional("brightness_factor"), optional("contrast_factor"), optional("saturation_factor")),
    *(optional("hue_factor"), SEED, DATA_FORMAT),
)
ERASING = (
    *(OFTEN, strength("scale", "How large the patch is, as a share of the image: least and most.", [0.02, 0.33])),  # type: ignore[arg-type]
    *(number("fill_value", "What fills the patch; without it, noise.", required=False), VALUE_RANGE, SEED, DATA_FORMAT),
)
BLUR = (
    *(OFTEN, Parameter("kernel_size", "integers", 3, least=1, length=2, help="The size of the blur; odd numbers.")),
    *(strength("sigma", "How wide the blur is: up to this, or between two numbers.", 1.0, most=None), VALUE_RANGE),
    *(DATA_FORMAT, SEED),
)
ELASTIC = (
    *(OFTEN, strength("scale", "How strong the bending is: a number, or a least and a most.", 1.0), COARSE),
    *(FILL_MODE, FILL_VALUE, VALUE_RANGE, SEED, DATA_FORMAT),
)
PERSPECTIVE = (
    *(OFTEN, number("scale", "How far the corners move.", 1.0, least=0, most=1), COARSE, FILL_VALUE, SEED, DATA_FORMAT),
)
SHEARING = (
    *(strength("x_factor", SHEAR, 0.0), strength("y_factor", SHEAR, 0.0), COARSE, FILL_MODE, FILL_VALUE),
    *(DATA_FORMAT, SEED),
)
SOLARIZATION = (
    strength("addition_factor", "What is added to the inverted pixels, up to this.", 0.0),
    strength("threshold_factor", "Pixels above are inverted; up to this.", 0.0),
    *(VALUE_RANGE, SEED),
)
AUG_MIX = (
    *(VALUE_RANGE, integer("num_chains", "How many chains of changes are mixed.", 3)),
    *(integer("chain_depth", "How many changes a chain has.", 3), strength("factor", UP_TO, 0.3)),
    number("alpha", "How evenly the chains are mixed.", 1.0, least=0),
    *(boolean("all_ops", True, "Whether all kinds of changes are used."), COARSE, SEED, DATA_FORMAT),
)
RAND_AUGMENT = (
    *(VALUE_RANGE, integer("num_ops", "How many changes each image gets.", 2), strength("factor", UP_TO, 0.5)),
    *(COARSE, SEED, DATA_FORMAT),
)
CLAHE = (
    *(VALUE_RANGE, number("clip_limit", "How far contrast may rise.", 4.0, least=0)),
    *(
        Parameter("tile_grid_size", "integers", [8, 8], least=1, length=2, help="Into how many tiles it is cut."),
        DATA_FORMAT,
    ),
)


def kind(name: str, summary: str, *parameters: Parameter, **start: object) -> LayerKind:
    """A layer of one image."""
    return LayerKind(name, "Preprocessing", summary, parameters, start=start)


KINDS = (
    kind("Resizing", "Makes images one size.", *RESIZING, height=32, width=32),
    kind("CenterCrop", "Keeps the middle of an image.", *SIZE, DATA_FORMAT, height=24, width=24),
    kind("RandomFlip", "Mirrors images at random.", choice("mode", "Which way.", FLIPS[0], *FLIPS), SEED, DATA_FORMAT),
    kind(
        "RandomRotation",
        "Turns images at random.",
        FACTOR.but(least=-1, help="How far, in full turns."),
        *EDGES,
        factor=0.1,
    ),
    kind("RandomTranslation", "Moves images at random.", ALONG, ACROSS, *EDGES, height_factor=0.1, width_factor=0.1),
    kind("RandomZoom", "Zooms images at random.", ALONG, ACROSS.but(required=False), *EDGES, height_factor=0.1),
    kind("RandomShear", "Leans images at random.", *SHEARING, x_factor=0.2),
    kind("RandomPerspective", "Looks at images from the side at random.", *PERSPECTIVE, scale=0.2),
    kind("RandomElasticTransform", "Bends images like rubber at random.", *ELASTIC),
    kind("RandomBrightness", "Makes images lighter or darker.", FACTOR.but(least=-1), VALUE_RANGE, SEED, factor=0.2),
    kind("RandomContrast", "Changes the contrast at random.", *RANGED, SEED, factor=0.2),
    kind("RandomSaturation", "Makes colours stronger or paler.", *RANGED, DATA_FORMAT, SEED, factor=0.5),
    kind("RandomHue", "Shifts colours around the wheel.", *RANGED, DATA_FORMAT, SEED, factor=0.2),
    kind("RandomColorJitter", "Changes brightness, contrast and colours at random.", *JITTER, brightness_factor=0.2),
    kind("RandomColorDegeneration", "Takes colour away at random.", *RANGED, DATA_FORMAT, SEED, factor=0.5),
    kind("RandomGrayscale", "Turns some images grey.", strength("factor", ALWAYS, 0.5), DATA_FORMAT, SEED),
    kind("RandomInvert", "Turns some images into their negative.", OFTEN, VALUE_RANGE, SEED, DATA_FORMAT),
    kind("RandomSharpness", "Sharpens or blurs at random.", *RANGED, DATA_FORMAT, SEED, factor=0.5),
    kind("RandomGaussianBlur", "Blurs at random.", *BLUR),
    kind(
        "RandomPosterization",
        "Leaves fewer shades.",
        FACTOR.but(least=1, most=8, help="How many bits are kept."),
        VALUE_RANGE,
        DATA_FORMAT,
        SEED,
        factor=4,
    ),
    kind("RandomErasing", "Blots out a random patch.", *ERASING),
    kind("Solarization", "Inverts what is bright.", *SOLARIZATION, threshold_factor=0.5),
    kind("AutoContrast", "Stretches each image to the whole range.", VALUE_RANGE),
    kind("ContrastLimitedAdaptiveHistogramEqualization", "Spreads brightness evenly, tile by tile.", *CLAHE),
    kind("AugMix", "Mixes several chains of random changes.", *AUG_MIX),
    kind("RandAugment", "Applies a few random changes.", *RAND_AUGMENT),
)
