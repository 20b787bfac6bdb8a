"""What the training form offers: Keras's optimizers, losses, metrics and callbacks, in Keras's own words."""

from __future__ import annotations

from dataclasses import dataclass

from components.parameters import Parameter, boolean, choice, integer, number, text


@dataclass(frozen=True)
class Setting:
    """One choice: Keras's name for it, what it means in a sentence, and the arguments that a form asks for."""

    name: str
    summary: str
    parameters: tuple[Parameter, ...] = ()
    needs_validation: bool = False
    """Whether it watches validation data by default, so that training without any is refused."""


def by_name(*settings: Setting) -> dict[str, Setting]:
    """The settings in their order, by name."""
    return {setting.name: setting for setting in settings}


def learning_rate(default: float) -> tuple[Parameter, ...]:
    """The one argument that every optimizer has."""
    return (number("learning_rate", default, "How far each step goes.", least=0),)


OPTIMIZERS = by_name(
    Setting("Adam", "Adapts the step of each weight to its recent gradients; a good first choice.", learning_rate(0.001)),
    Setting("SGD", "Plain steps down the gradient; wants a larger learning rate.", learning_rate(0.01)),
    Setting("RMSprop", "Divides each step by the recent size of its gradient; liked for recurrent layers.", learning_rate(0.001)),
    Setting("AdamW", "Adam that also shrinks the weights a little at every step.", learning_rate(0.001)),
    Setting("Nadam", "Adam that looks one step ahead.", learning_rate(0.001)),
    Setting("Adamax", "Adam that goes by the largest recent gradient.", learning_rate(0.001)),
    Setting("Adagrad", "Takes smaller and smaller steps where there were many; for rare features.", learning_rate(0.001)),
    Setting("Adadelta", "Adagrad that forgets what is long ago; wants a learning rate near 1.", learning_rate(0.001)),
    Setting("Ftrl", "For wide, sparse linear models.", learning_rate(0.001)),
    Setting("Lion", "Goes by the sign of the gradient alone; wants a small learning rate.", learning_rate(0.001)),
    Setting("Lamb", "Adam for very large batches.", learning_rate(0.001)),
    Setting("Adafactor", "Adam that saves memory on large matrices.", learning_rate(0.001)),
)

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
    Setting("poisson", "For counts."),
    Setting("kl_divergence", "For a softmax; the target is a distribution."),
    Setting("hinge", "For a score; the target is −1 or 1."),
    Setting("squared_hinge", "For a score; the target is −1 or 1, and large errors weigh heavily."),
    Setting("binary_focal_crossentropy", "For a sigmoid with few ones; easy rows weigh less."),
    Setting("cosine_similarity", "For vectors of which only the direction matters."),
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
)

MONITOR = text("monitor", "val_loss", "The value that is watched: loss, val_loss, or a metric's name.")
MODE = choice("mode", "auto", ("auto", "min", "max"), "Whether lower or higher is better; auto knows for Keras's own.")
CALLBACKS = by_name(
    Setting(
        "EarlyStopping",
        "Stops when the watched value has stopped improving for `patience` epochs.",
        (
            MONITOR,
            integer("patience", 0, least=0, help="How many epochs without improvement are allowed."),
            number("min_delta", 0, "What counts as improvement.", least=0),
            MODE,
            number("baseline", None, "A value that must be beaten at all."),
            boolean("restore_best_weights", False, "Whether the weights of the best epoch come back at the end."),
            integer("start_from_epoch", 0, least=0, help="Epochs to wait before watching."),
        ),
        needs_validation=True,
    ),
    Setting(
        "ModelCheckpoint",
        "Keeps the model's weights on disk, of every epoch or of the best.",
        (
            text("filepath", required=True, help="The file to keep; {epoch} in it is the epoch's number."),
            MONITOR,
            boolean("save_best_only", False, "Whether only a better epoch is kept."),
            boolean("save_weights_only", False, "Whether the weights are kept without the model."),
            MODE,
        ),
        needs_validation=True,
    ),
    Setting(
        "ReduceLROnPlateau",
        "Lowers the learning rate when the watched value has stopped improving.",
        (
            MONITOR,
            number("factor", 0.1, "What the learning rate is multiplied by.", least=0, most=1),
            integer("patience", 10, least=0, help="How many epochs without improvement are allowed."),
            MODE,
            number("min_delta", 0.0001, "What counts as improvement.", least=0),
            integer("cooldown", 0, least=0, help="Epochs to rest after a drop."),
            number("min_lr", 0.0, "The learning rate that is not gone below.", least=0),
        ),
        needs_validation=True,
    ),
    Setting(
        "CSVLogger",
        "Writes every epoch's values as a line of a table.",
        (
            text("filename", required=True, help="The file to write."),
            text("separator", ",", "What stands between two values."),
            boolean("append", False, "Whether an existing file goes on."),
        ),
    ),
    Setting(
        "TerminateOnNaN",
        "Stops as soon as the loss is not a number.",
        (boolean("raise_error", False, "Whether the stop is an error."),),
    ),
    Setting(
        "TensorBoard",
        "Writes logs that the stock TensorBoard opens.",
        (
            text("log_dir", "logs", "The folder to write to."),
            integer("histogram_freq", 0, least=0, help="Every how many epochs weights are drawn; 0 is never."),
            boolean("write_graph", True, "Whether the graph is written."),
        ),
    ),
)

STARTS = {
    "EarlyStopping": {"patience": 5, "restore_best_weights": True},
    "ModelCheckpoint": {"filepath": "best.keras", "save_best_only": True},
    "ReduceLROnPlateau": {"factor": 0.5, "patience": 3},
    "CSVLogger": {"filename": "training.csv"},
}
"""What a freshly chosen callback begins with: valid, and sensible on toy data."""
