"""Settings: what the training form offers. Keras's optimizers, losses, metrics and callbacks, in Keras's own words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from components.parameters import Parameter, boolean, choice, integer, number, text


@dataclass(frozen=True)
class Setting:
    """One choice: Keras's name for it, what it means in a sentence, and the arguments that a form asks for.

    `start` is what a freshly chosen one begins with, valid and sensible on toy data.
    """

    name: str
    summary: str
    parameters: tuple[Parameter, ...] = ()
    title: str = ""
    start: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "title", self.title or title_of(self.name))


def title_of(name: str) -> str:
    """`"mean_squared_error"` → `"Mean squared error"`; a class keeps its name."""
    return name.replace("_", " ").capitalize() if name.islower() else name


def by_name(*settings: Setting) -> dict[str, Setting]:
    """The settings in their order, by name."""
    return {setting.name: setting for setting in settings}


# Optimizers


def learning_rate(default: float) -> Parameter:
    """The argument that every optimizer begins with."""
    return number("learning_rate", "How far each step goes.", default, least=0)


def share(name: str, default: float, what: str) -> Parameter:
    """How much of a running mean is kept at each step."""
    return number(name, f"How much of the running mean of {what} is kept at each step.", default, least=0, most=1)


def decay(name: str = "weight_decay", default: float | None = None) -> Parameter:
    """How much the weights shrink."""
    return number(name, "How much of each weight is taken off at every step.", default, least=0, required=False)


def optional(name: str, help: str) -> Parameter:
    """A number that is not used unless it is set."""
    return number(name, help, required=False, least=0)


BETA_1, BETA_2 = share("beta_1", 0.9, "the gradient"), share("beta_2", 0.999, "its square")
RHO = share("rho", 0.9, "the squared gradient")
EPSILON = number("epsilon", "A small number that keeps divisions away from zero.", 1e-7, least=0)
MOMENTUM = number("momentum", "How much of the last step is taken again.", 0.0, least=0, most=1)
AMSGRAD = boolean("amsgrad", False, "Whether the largest squared gradient so far is used.")
NESTEROV = boolean("nesterov", False, "Whether the gradient is taken where the momentum leads.")
ACCUMULATOR = number("initial_accumulator_value", "What the sum of squares begins with.", 0.1, least=0)
EMA = (
    boolean("use_ema", False, "Whether a running mean of the weights is kept beside them."),
    share("ema_momentum", 0.99, "the weights"),
    integer("ema_overwrite_frequency", "Every how many steps the mean replaces the weights.", required=False),
)
SHARED = (
    decay(),
    optional("clipnorm", "Each gradient is shortened to this length."),
    optional("clipvalue", "Each number of a gradient is cut to this size."),
    optional("global_clipnorm", "All gradients together are shortened to this length."),
    *EMA,
    optional("loss_scale_factor", "The loss is multiplied by this and the gradient divided."),
    integer("gradient_accumulation_steps", "How many batches are added up before a step.", least=2, required=False),
)
"""What every optimizer of Keras has at its end."""

FREE = SHARED[1:]
"""The same for those that have a weight decay of their own place."""

LEAP = tuple(
    number(f"muon_{letter}", "A coefficient of the iteration.", value)
    for letter, value in zip("abc", (3.4445, -4.775, 2.0315), strict=True)
)
MUON = (
    *(learning_rate(0.001), share("adam_beta_1", 0.9, "the gradient"), share("adam_beta_2", 0.999, "its square")),
    *(decay("adam_weight_decay", 0.004), EPSILON, decay(default=0.004), *FREE),
    boolean("exclude_embeddings", True, "Whether embeddings are left to Adam."),
    *(*LEAP, number("adam_lr_ratio", "Adam's learning rate as a share of Muon's.", 1, least=0)),
    *(MOMENTUM.but(default=0.95), integer("ns_steps", "How many iterations make a step orthogonal.", 5)),
    *(NESTEROV.but(default=True), number("rms_rate", "The size of a step.", 0.2, least=0)),
)
FTRL = (
    *(learning_rate(0.001), number("learning_rate_power", "How fast steps get smaller.", -0.5, most=0), ACCUMULATOR),
    number("l1_regularization_strength", "The price per absolute value of a weight.", 0.0, least=0),
    number("l2_regularization_strength", "The price per square of a weight.", 0.0, least=0),
    number("l2_shrinkage_regularization_strength", "The price per square that only shrinks.", 0.0, least=0),
    number("beta", "What is added to the learning rate's divisor.", 0.0, least=0),
)
ADAFACTOR = (
    *(learning_rate(0.001), number("beta_2_decay", "How fast the running mean forgets less.", -0.8, most=0)),
    *(EPSILON.but(name="epsilon_1", default=1e-30), EPSILON.but(name="epsilon_2", default=0.001)),
    number("clip_threshold", "Steps are shortened to this size.", 1.0, least=0),
    boolean("relative_step", True, "Whether steps get smaller by themselves."),
)
WARMUP = integer("warmup_steps", "Over how many steps the learning rate rises.", 0, least=0)

OPTIMIZERS = by_name(
    Setting(
        *("Adam", "Adapts the step of each weight to its recent gradients; a good first choice."),
        (learning_rate(0.001), BETA_1, BETA_2, EPSILON, AMSGRAD, *SHARED),
    ),
    Setting(
        *("SGD", "Plain steps down the gradient; wants a larger learning rate."),
        (learning_rate(0.01), MOMENTUM, NESTEROV, *SHARED),
    ),
    Setting(
        *("RMSprop", "Divides each step by the recent size of its gradient; liked for recurrent layers."),
        (
            learning_rate(0.001),
            RHO,
            MOMENTUM,
            EPSILON,
            boolean("centered", False, "Whether the gradient's mean is taken off."),
            *SHARED,
        ),
    ),
    Setting(
        *("AdamW", "Adam that also shrinks the weights a little at every step."),
        (learning_rate(0.001), decay(default=0.004), BETA_1, BETA_2, EPSILON, AMSGRAD, *FREE),
    ),
    Setting("Nadam", "Adam that looks one step ahead.", (learning_rate(0.001), BETA_1, BETA_2, EPSILON, *SHARED)),
    Setting(
        *("Adamax", "Adam that goes by the largest recent gradient."),
        (learning_rate(0.001), BETA_1, BETA_2, EPSILON, *SHARED),
    ),
    Setting(
        *("Adagrad", "Takes smaller and smaller steps where there were many; for rare features."),
        (learning_rate(0.001), ACCUMULATOR, EPSILON, *SHARED),
    ),
    Setting(
        *("Adadelta", "Adagrad that forgets what is long ago; wants a learning rate near 1."),
        (learning_rate(0.001), RHO.but(default=0.95), EPSILON, *SHARED),
    ),
    Setting("Ftrl", "For wide, sparse linear models.", (*FTRL, *SHARED)),
    Setting(
        *("Lion", "Goes by the sign of the gradient alone; wants a small learning rate."),
        (learning_rate(0.001), BETA_1, BETA_2.but(default=0.99), *SHARED),
    ),
    Setting("Lamb", "Adam for very large batches.", (learning_rate(0.001), BETA_1, BETA_2, EPSILON, *SHARED)),
    Setting("Adafactor", "Adam that saves memory on large matrices.", (*ADAFACTOR, *SHARED)),
    Setting("Muon", "Steps that turn matrices evenly in all directions; Adam for the rest.", MUON),
    Setting(
        *("ScheduleFreeAdamW", "AdamW that needs no plan for its learning rate."),
        (learning_rate(0.0025), BETA_1, BETA_2, EPSILON.but(default=1e-8), WARMUP, *SHARED),
    ),
)


# Losses and metrics

CLASSES = "whole numbers that name a class"
LOSSES = by_name(
    Setting("sparse_categorical_crossentropy", f"For a softmax over classes; the target is {CLASSES}."),
    Setting("categorical_crossentropy", "For a softmax over classes; the target is a row of ones and zeros."),
    Setting("binary_crossentropy", "For a sigmoid; the target is 0 or 1."),
    Setting("mean_squared_error", "For numbers; large errors weigh heavily."),
    Setting("mse", "For numbers; large errors weigh heavily (the short name of mean_squared_error)."),
    Setting("mean_absolute_error", "For numbers; every error weighs by its size."),
    Setting("mae", "For numbers; every error weighs by its size (the short name of mean_absolute_error)."),
    Setting("huber", "For numbers; large errors weigh no more than by their size."),
    Setting("log_cosh", "For numbers; a smooth huber."),
    Setting("mean_squared_logarithmic_error", "For numbers above 0 of very different size."),
    Setting("mean_absolute_percentage_error", "For numbers; errors as a share of the target."),
    Setting("poisson", "For counts; the output is above 0."),
    Setting("kl_divergence", "For a softmax; the target is a distribution."),
    Setting("hinge", "For a score; the target is −1 or 1."),
    Setting("squared_hinge", "For a score; the target is −1 or 1, and large errors weigh heavily."),
    Setting("categorical_hinge", "For scores of classes; the target is a row of ones and zeros."),
    Setting("binary_focal_crossentropy", "For a sigmoid with few ones; easy rows weigh less."),
    Setting(
        "categorical_focal_crossentropy", "For a softmax with rare classes; the target is a row of ones and zeros."
    ),
    Setting("cosine_similarity", "For vectors of which only the direction matters."),
    Setting("dice", "For masks of an image; how much of them does not overlap."),
    Setting("tversky", "For masks of an image, with misses and false alarms weighed apart."),
)

METRICS = by_name(
    Setting("accuracy", "The share of right answers."),
    Setting("mae", "The mean size of the error."),
    Setting("mse", "The mean square of the error."),
    Setting("RootMeanSquaredError", "The root of the mean square of the error, in the target's own units."),
    Setting("R2Score", "How much of the target's spread is explained; 1 is all."),
    Setting("AUC", "How well a sigmoid's scores separate zeros from ones."),
    Setting("Precision", "Of those called 1, the share that is."),
    Setting("Recall", "Of those that are 1, the share that was found."),
    Setting("mape", "The mean error as a share of the target."),
    Setting("sparse_top_k_categorical_accuracy", "The share of rows whose class is among the five likeliest."),
    Setting("top_k_categorical_accuracy", "The same for targets that are rows of ones and zeros."),
    Setting("binary_accuracy", "The share of right yes and no answers."),
    Setting("sparse_categorical_accuracy", f"The share of right classes; the target is {CLASSES}."),
    Setting("categorical_accuracy", "The share of right classes; the target is a row of ones and zeros."),
    Setting("cosine_similarity", "How much output and target point the same way."),
)


def default_loss(units: int, activation: str | None, classes: int = 0) -> tuple[str, str]:
    """The usual loss and metric of a head of that many units; `classes` is how many its target tells apart, 0 for numbers.

    A head of one sigmoid answers yes or no, a softmax tells classes apart, all else gives numbers.
    """
    if activation == "sigmoid" and classes in (0, 2):
        return "binary_crossentropy", "accuracy"
    if activation == "softmax" or (classes > 2 and units >= classes):
        return "sparse_categorical_crossentropy", "accuracy"
    return "mean_squared_error", "mae"


# Callbacks

MONITOR = text("monitor", "The value that is watched: loss, val_loss, or a metric's name.", "val_loss")
MODE = choice("mode", "Whether lower or higher is better; auto knows for Keras's own.", "auto", "auto", "min", "max")
VERBOSE = integer("verbose", "Whether it says what it does: 0 or 1.", 0, least=0, most=1)
PATIENCE = integer("patience", "How many epochs without improvement are allowed.", 0, least=0)
MIN_DELTA = number("min_delta", "What counts as improvement.", 0, least=0)
EVERY = text("save_freq", "How often: epoch, which is after each.", "epoch")

WRITTEN: Mapping[str, str] = {"filepath": "best.keras", "filename": "training.csv", "log_dir": "logs"}
"""The arguments that name a file or folder to write, and the name used where none is given."""

EARLY_STOPPING = (
    *(
        MONITOR,
        MIN_DELTA,
        PATIENCE,
        VERBOSE,
        MODE,
        number("baseline", "A value that must be beaten at all.", required=False),
    ),
    boolean("restore_best_weights", False, "Whether the weights of the best epoch come back at the end."),
    integer("start_from_epoch", "Epochs to wait before watching.", 0, least=0),
)
MODEL_CHECKPOINT = (
    *(text("filepath", "The file to keep; {epoch} in it is the epoch's number."), MONITOR, VERBOSE),
    boolean("save_best_only", False, "Whether only a better epoch is kept."),
    boolean("save_weights_only", False, "Whether the weights are kept without the model."),
    *(MODE, EVERY, number("initial_value_threshold", "What the first epoch must beat to be kept.", required=False)),
)
REDUCE_LR = (
    *(MONITOR, number("factor", "What the learning rate is multiplied by.", 0.1, least=0, most=1)),
    *(PATIENCE.but(default=10), VERBOSE, MODE, MIN_DELTA.but(default=0.0001)),
    integer("cooldown", "Epochs to rest after a drop.", 0, least=0),
    number("min_lr", "The learning rate that is not gone below.", 0.0, least=0),
)
CSV_LOGGER = (
    *(text("filename", "The file to write."), text("separator", "What stands between two values.", ",")),
    boolean("append", False, "Whether an existing file goes on."),
)
TENSORBOARD = (
    text("log_dir", "The folder to write to.", WRITTEN["log_dir"]),
    integer("histogram_freq", "Every how many epochs weights are drawn; 0 is never.", 0, least=0),
    boolean("write_graph", True, "Whether the graph is written."),
    boolean("write_images", False, "Whether weights are also drawn as images."),
    boolean("write_steps_per_second", False, "Whether the speed is written."),
    choice("update_freq", "How often values are written.", "epoch", "epoch", "batch"),
    integer("profile_batch", "Which batch is measured in detail; 0 is none.", 0, least=0),
    integer("embeddings_freq", "Every how many epochs embeddings are kept; 0 is never.", 0, least=0),
)

CALLBACKS = by_name(
    Setting(
        *("EarlyStopping", "Stops when the watched value has stopped improving for `patience` epochs.", EARLY_STOPPING),
        start={"patience": 5, "restore_best_weights": True},
    ),
    Setting(
        *("ModelCheckpoint", "Keeps the model's weights on disk, of every epoch or of the best.", MODEL_CHECKPOINT),
        start={"filepath": WRITTEN["filepath"], "save_best_only": True},
    ),
    Setting(
        *("ReduceLROnPlateau", "Lowers the learning rate when the watched value has stopped improving.", REDUCE_LR),
        start={"factor": 0.5, "patience": 3},
    ),
    Setting(
        *("CSVLogger", "Writes every epoch's values as a line of a table.", CSV_LOGGER),
        start={"filename": WRITTEN["filename"]},
    ),
    Setting(
        *("TerminateOnNaN", "Stops as soon as the loss is not a number."),
        (boolean("raise_error", False, "Whether the stop is an error."),),
    ),
    Setting("TensorBoard", "Writes logs that the stock TensorBoard opens.", TENSORBOARD),
)
