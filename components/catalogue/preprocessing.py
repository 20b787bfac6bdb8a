"""Preprocessing layers that are pure data: what was learned from the data beforehand stands in their config."""

from components.catalogue.kinds import LayerKind
from components.catalogue.vocabulary import DATA_FORMAT, TRAINABLE
from components.parameters import Parameter, boolean, choice, integer, number, text

NUM_BINS = integer("num_bins", "How many numbers the values are spread over.")
MANY_HOT = choice("output_mode", "How a row's integers become one row.", "multi_hot", "multi_hot", "one_hot", "count")
HASHED = choice("output_mode", "Integers, or rows of ones and zeros.", "int", "int", "one_hot")
BINNED = HASHED.but(choices=("int", "one_hot", "multi_hot", "count"))
LOOKED_UP = HASHED.but(choices=("int", "one_hot", "multi_hot", "count", "tf_idf"))
SALT = Parameter("salt", "integers", least=0, length=2, help="Another hash; one number or two.")
MAX_TOKENS = integer("max_tokens", "The most words that are told apart.", required=False)
NUM_OOV = integer("num_oov_indices", "Over how many numbers unknown words are spread.", 1, least=0)
INVERT = boolean("invert", False, "Whether numbers become words again.")
PAD = boolean("pad_to_max_tokens", False, "Whether rows are as long as the most words allow.")
WEIGHTS = Parameter("idf_weights", "numbers", help="For tf_idf, how rare each word is.")
WORDS = Parameter("vocabulary", "texts", help="The known words, in the order of their numbers.")
NUMBERS = WORDS.but(type="integers", help="The known integers, in the order of their numbers.")
ENCODING = text("encoding", "How bytes stand for letters.", "utf-8")
WINDOW = choice("window", "The shape of the window.", "hann", "hann", "hamming", "boxcar")
STEP = "How many samples further the next window begins"

AXES = Parameter(
    "axis", "integers", -1, choices=(None,), help="The axis or axes with a mean each; without it, one mean for all."
)
MEAN = Parameter("mean", "numbers", help="The mean that is taken off: one number, or one for each feature.")
VARIANCE = Parameter("variance", "numbers", least=0, help="The variance that is divided by: one number, or one each.")
BOUNDARIES = Parameter("bin_boundaries", "numbers", help="Where one bin ends and the next begins, in rising order.")
RARELY = number("epsilon", "How exact learned boundaries are.", 0.01, least=0, most=1)

INTEGER_LOOKUP = (
    *(MAX_TOKENS, NUM_OOV, integer("mask_token", "The integer that is padding.", least=None, required=False)),
    integer("oov_token", "What unknown integers become when numbers are turned back.", -1, least=None),
    *(
        NUMBERS,
        choice("vocabulary_dtype", "The kind of integers.", "int64", "int64", "int32"),
        WEIGHTS,
        INVERT,
        LOOKED_UP,
    ),
    *(PAD, choice("oov_method", "How unknown integers are spread.", "floormod", "floormod", "farmhash"), SALT),
)
STRING_LOOKUP = (
    *(MAX_TOKENS, NUM_OOV, text("mask_token", "The word that is padding.", required=False)),
    *(text("oov_token", "What unknown words become when numbers are turned back.", "[UNK]"), WORDS, WEIGHTS, INVERT),
    *(LOOKED_UP, PAD, ENCODING, SALT),
)
STANDARDIZE = ("lower_and_strip_punctuation", "lower", "strip_punctuation")
TEXT_VECTORIZATION = (
    MAX_TOKENS,
    choice("standardize", "What is made of the text first.", STANDARDIZE[0], None, *STANDARDIZE),
    choice("split", "Where a text is cut into words.", "whitespace", None, "whitespace", "character"),
    Parameter("ngrams", "integers", least=1, help="Words side by side that count as one more: up to so many."),
    *(HASHED.but(choices=("int", "multi_hot", "count", "tf_idf")),),
    integer("output_sequence_length", "Texts are cut or padded to so many words.", required=False),
    *(PAD, WORDS, WEIGHTS, ENCODING),
)
MEL = (
    *(integer("fft_length", "The length of the Fourier transform.", 2048), integer("sequence_stride", f"{STEP}.", 512)),
    integer("sequence_length", "How many samples a window has; without it, as many as the transform.", required=False),
    *(WINDOW, integer("sampling_rate", "Samples per second.", 16000)),
    *(
        integer("num_mel_bins", "How many bands of pitch.", 128),
        number("min_freq", "The lowest, in hertz.", 20.0, least=0),
    ),
    number("max_freq", "The highest, in hertz; without it, half the sampling rate.", required=False, least=0),
    *(
        boolean("power_to_db", True, "Whether power is told in decibels."),
        number("top_db", "The range of decibels.", 80.0),
    ),
    *(number("mag_exp", "The power that sizes are raised to.", 2.0), number("min_power", "The least power.", 1e-10)),
    number("ref_power", "The power that counts as 0 decibels.", 1.0),
)
MODES = ("log", "magnitude", "psd", "real", "imag", "angle", "stft")
STFT = (
    *(
        choice("mode", "What is told of each pitch.", "log", *MODES),
        integer("frame_length", "Samples per window.", 256),
    ),
    integer("frame_step", f"{STEP}; without it, half a window.", required=False),
    integer("fft_length", "The length of the Fourier transform; without it, a power of 2.", required=False),
    *(WINDOW, boolean("periodic", False, "Whether the window is periodic.")),
    choice("scaling", "What the sizes are relative to.", "density", None, "density", "spectrum"),
    choice("padding", "Whether the ends are padded so that no sample is lost.", "valid", "valid", "same"),
    *(boolean("expand_dims", False, "Whether an axis of one channel is added."), DATA_FORMAT, TRAINABLE),
)


def kind(name: str, summary: str, *parameters: Parameter, **start: object) -> LayerKind:
    """A layer of one input."""
    return LayerKind(name, "Preprocessing", summary, parameters, start=start)


KINDS = (
    kind(
        *("Rescaling", "Multiplies by a factor and adds an offset."),
        Parameter("scale", "numbers", required=True, help="The factor: one number, or one for each channel."),
        Parameter("offset", "numbers", 0.0, help="What is added: one number, or one for each channel."),
        scale=1 / 255,
    ),
    kind(
        *("Normalization", "Takes off a known mean and divides by a known spread.", AXES, MEAN, VARIANCE),
        boolean("invert", False, "Whether it goes the other way: back to the original numbers."),
        axis=None,
        mean=0.0,
        variance=1.0,
    ),
    kind(
        *("Discretization", "Puts numbers into bins.", BOUNDARIES, NUM_BINS.but(required=False), RARELY, BINNED),
        bin_boundaries=[-1.0, 0.0, 1.0],
    ),
    kind(
        *("CategoryEncoding", "Turns class numbers into ones and zeros."),
        *(integer("num_tokens", "How many classes there are.", required=False), MANY_HOT),
        num_tokens=10,
    ),
    kind(
        *("Hashing", "Spreads any integers or words over a fixed number of them.", NUM_BINS),
        *(
            text("mask_value", "What is padding and becomes 0.", required=False),
            SALT,
            HASHED.but(choices=BINNED.choices),
        ),
        num_bins=64,
    ),
    LayerKind(
        *("HashedCrossing", "Preprocessing", "One number for what several features are together."),
        (NUM_BINS, HASHED),
        arity=(2, None),
        start={"num_bins": 64},
        handover="list",
    ),
    kind("IntegerLookup", "Gives known integers their place in a list.", *INTEGER_LOOKUP, vocabulary=[1, 2, 3]),
    kind("StringLookup", "Gives known words their place in a list.", *STRING_LOOKUP, vocabulary=["yes", "no"]),
    kind(
        "TextVectorization",
        "Cuts text into words and gives each its number.",
        *TEXT_VECTORIZATION,
        vocabulary=["yes", "no"],
    ),
    kind("MelSpectrogram", "Turns sound into bands of pitch over time.", *MEL),
    kind("STFTSpectrogram", "Turns sound into frequencies over time.", *STFT),
)
